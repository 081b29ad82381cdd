// The console: connects to the server, keeps what it has seen, and shows one page.

import { Api } from './api.js';
import { ClustersPage } from './clusters.js';
import { setAttribute, setText, h } from './dom.js';
import { Failovers } from './failover.js';
import { clock, duration } from './format.js';
import { History } from './history.js';
import { accessPage, EventsPage, snapshotsPage } from './lists.js';
import { Records } from './records.js';
import { canSign, Signer } from './signer.js';
import { Live } from './stream.js';

const THEME = 'keepsake-theme';
const THEMES = ['auto', 'light', 'dark'];
const DEFAULT_REGION = 'us-east-1';

const $ = (id) => document.getElementById(id);

const PAGES = {
  clusters: (app) => new ClustersPage(app),
  events: (app) => new EventsPage(app),
  access: accessPage,
  snapshots: snapshotsPage,
};

class App {
  api = new Api();
  history = new History();
  failovers = new Failovers(this.api);
  records = new Records(this.api, () => this.#update());
  region = DEFAULT_REGION;
  #state = null;
  #page = null;
  #pageName = null;
  #openOutages = new Set();
  #live = new Live(this.api, (state) => this.#onState(state), (status, reason) => this.#onStatus(status, reason));

  start() {
    addEventListener('hashchange', () => this.#update());
    $('region').addEventListener('change', () => {
      this.region = $('region').value;
      this.#update();
    });
    $('skip').addEventListener('click', (event) => {
      event.preventDefault(); // the hash names the page
      $('main').focus();
    });
    $('key-button').addEventListener('click', () => $('key').showModal());
    $('key-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#useKey();
    });
    this.#live.start();
  }

  /** Lets a screen reader say something. */
  announce(text) {
    setText($('announcer'), text);
  }

  async #useKey() {
    const id = $('key-id').value.trim();
    const secret = $('key-secret').value;
    if (!canSign()) {
      setText($('key-problem'),
        'This browser signs only on pages from this machine (http://localhost, http://127.0.0.1) or over TLS.');
      return;
    }
    this.api.signer = await Signer.of(id, secret);
    $('key-secret').value = '';
    setText($('key-problem'), '');
    $('key').close();
    this.#live.start();
  }

  #onState(state) {
    this.#state = state;
    this.history.add(state);
    this.failovers.observe(state);
    this.#announceOutages(state);
    const regions = [...new Set([DEFAULT_REGION, this.region, ...state.clusters.map((cluster) => cluster.region)])].sort();
    this.#updateRegions(regions);
    this.records.refresh(state, regions.filter((region) =>
      region === this.region || state.clusters.some((cluster) => cluster.region === region)));
    setText($('live-text'), `live, ${clock(state.timeMs)}`);
    this.#update();
  }

  #onStatus(status, reason) {
    setAttribute($('live'), 'data-state', status);
    document.body.classList.toggle('is-stale', status !== 'live' && this.#state !== null);
    if (status === 'live') return; // the time follows
    const text = {
      connecting: 'connecting',
      stale: this.#state ? `no news since ${clock(this.#state.timeMs)}` : 'no news',
      lost: `not connected: ${reason}`,
      key: 'needs a key',
    }[status];
    setText($('live-text'), text);
    if (status === 'key') {
      $('key-button').hidden = false;
      setText($('key-problem'), this.api.signer ? reason : '');
      if (!$('key').open) $('key').showModal();
    }
    if (status !== 'connecting') this.announce(text);
  }

  #announceOutages(state) {
    for (const outage of state.outages) {
      const key = `${outage.number}@${outage.beginMs}`;
      if (outage.lastedMs === undefined) {
        this.#openOutages.add(key);
      } else if (this.#openOutages.delete(key) || state.timeMs - outage.beginMs < 2_000 + outage.lastedMs) {
        this.announce(`Shard ${outage.shard} of ${outage.cluster}: ${outage.to} is the primary. `
          + `No primary answered for ${duration(outage.lastedMs)}.`);
      }
    }
  }

  #updateRegions(regions) {
    const select = $('region');
    if ([...select.options].map((option) => option.value).join() !== regions.join()) {
      select.replaceChildren(...regions.map((region) => h('option', { value: region }, region)));
      select.value = this.region;
    }
  }

  #update() {
    if (!this.#state) return;
    const [wanted, ...path] = location.hash.replace(/^#\//, '').split('/').map(decodeURIComponent);
    const name = Object.hasOwn(PAGES, wanted) ? wanted : 'clusters';
    if (name !== this.#pageName) {
      this.#page?.dispose();
      this.#page = PAGES[name](this);
      this.#pageName = name;
      $('main').replaceChildren(this.#page.element);
      for (const link of $('pages').children) {
        setAttribute(link, 'aria-current', link.hash === `#/${name}` ? 'page' : null);
      }
      $('region-label').hidden = name === 'clusters';
      document.title = name === 'clusters' ? 'Keepsake' : `${name[0].toUpperCase()}${name.slice(1)} \u2013 Keepsake`;
    }
    this.#page.update(this.#state, path);
  }
}

function startTheme() {
  let theme = 'auto';
  try {
    theme = THEMES.includes(localStorage.getItem(THEME)) ? localStorage.getItem(THEME) : 'auto';
  } catch {
    // storage may be forbidden; then the choice lasts as long as the page
  }
  const show = () => {
    document.documentElement.dataset.theme = theme;
    setText($('theme'), `Theme: ${theme}`);
    document.dispatchEvent(new Event('themechange'));
  };
  $('theme').addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    try {
      localStorage.setItem(THEME, theme);
    } catch {
      // as above
    }
    show();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
  show();
}

startTheme();
new App().start();
