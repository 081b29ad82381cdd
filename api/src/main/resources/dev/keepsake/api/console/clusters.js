// The page of clusters: a list, and the chosen cluster with its shards, outages and events.

import { ApiError } from './api.js';
import { badge, h, Keyed, setAttribute, setBadge, setText } from './dom.js';
import { MODES } from './failover.js';
import { bytes, clock, count, DASH, duration, rate } from './format.js';
import { lagOf } from './history.js';
import { eventsTable } from './lists.js';
import { Plot } from './plot.js';
import { Timeline } from './timeline.js';

const OPEN_SHARDS_MAX = 4;
const EVENTS_SHOWN = 25;

const keyOf = (cluster) => `${cluster.region}/${cluster.cluster}/${cluster.incarnation}`;

const TONES = {
  available: 'good',
  creating: 'busy',
  updating: 'busy',
  snapshotting: 'busy',
  deleting: 'busy',
  'create-failed': 'bad',
  'restore-failed': 'bad',
};

const PHASES = {
  down: ['bad', 'down'],
  starting: ['busy', 'starting'],
  replica: ['calm', 'replica'],
  primary: ['lead', 'primary'],
  silent: ['bad', 'silent'],
};

/** Names of nodes without the name of their cluster, as far as they begin with it. */
const shortener = (cluster) => (name) =>
  name.startsWith(`${cluster}-`) ? name.slice(cluster.length + 1) : name;

export class ClustersPage {
  element;
  #app;
  #list;
  #detail;
  #view = null;
  #empty;

  constructor(app) {
    this.#app = app;
    const items = h('ul', { class: 'cluster-list' });
    this.#list = new Keyed(items, () => listPart(app));
    this.#detail = h('div', { class: 'detail' });
    this.#empty = h('div', { class: 'empty', hidden: true },
      h('h1', {}, 'No cluster yet'),
      h('p', {}, 'Create one with any AWS client, for example:'),
      h('pre', {}, `aws memorydb create-cluster --endpoint-url ${location.origin} \\\n`
        + '    --cluster-name demo --node-type db.t4g.small --acl-name open-access \\\n'
        + '    --num-shards 2 --num-replicas-per-shard 1'));
    this.element = h('div', { class: 'clusters' },
      h('nav', { class: 'card side', 'aria-label': 'Clusters' }, items), this.#detail, this.#empty);
  }

  update(state, path) {
    const clusters = [...state.clusters].sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
    const chosen = clusters.find((each) => path[0] === each.region && path[1] === each.cluster) ?? clusters[0];
    const manyRegions = new Set(clusters.map((each) => each.region)).size > 1;
    this.#list.update(clusters.map((cluster) => ({ cluster, chosen: cluster === chosen, manyRegions })),
      (item) => keyOf(item.cluster));
    this.#empty.hidden = clusters.length > 0;
    this.#detail.hidden = clusters.length === 0;
    this.element.classList.toggle('is-empty', clusters.length === 0);
    if (!chosen) {
      this.#show(null);
      return;
    }
    if (this.#view?.key !== keyOf(chosen)) this.#show(new ClusterView(this.#app, chosen));
    this.#view.update(chosen, state);
  }

  #show(view) {
    this.#view?.dispose();
    this.#view = view;
    this.#detail.replaceChildren(...(view ? [view.element] : []));
  }

  dispose() {
    this.#show(null);
  }
}

function listPart(app) {
  const name = h('span', { class: 'name' });
  const status = badge('calm', '');
  const about = h('span', { class: 'soft' });
  const link = h('a', {}, h('span', { class: 'row' }, name, status), about);
  return {
    element: h('li', {}, link),
    update({ cluster, chosen, manyRegions }) {
      setAttribute(link, 'href', `#/clusters/${cluster.region}/${encodeURIComponent(cluster.cluster)}`);
      setAttribute(link, 'aria-current', chosen ? 'page' : null);
      setText(name, cluster.cluster);
      setBadge(status, TONES[cluster.status] ?? 'calm', cluster.status);
      const nodes = cluster.shards.reduce((sum, shard) => sum + shard.nodes.length, 0);
      const commands = cluster.shards.reduce(
        (sum, shard) => sum + (app.history.rates(cluster, shard).commands ?? 0), 0);
      const size = cluster.shards.length === 0
        ? 'does not run'
        : `${plural(cluster.shards.length, 'shard')}, ${plural(nodes, 'node')}, ${rate(commands)} commands/s`;
      setText(about, manyRegions ? `${cluster.region}: ${size}` : size);
    },
  };
}

const plural = (number, word) => `${count(number)} ${word}${number === 1 ? '' : 's'}`;

/** The chosen cluster. */
class ClusterView {
  element;
  key;
  #app;
  #facts = new Map();
  #status = badge('calm', '');
  #shards;
  #outages;
  #events;
  #eventsHolder;

  constructor(app, cluster) {
    this.#app = app;
    this.key = keyOf(cluster);
    const facts = ['Region', 'Engine', 'Endpoint', 'TLS', 'Node type', 'ACL', 'Parameter group'].map((name) => {
      const value = h('dd', {}, DASH);
      this.#facts.set(name, value);
      return h('div', {}, h('dt', {}, name), value);
    });
    const shards = h('div', { class: 'shards' });
    this.#shards = new Keyed(shards, (item) => new ShardView(app, item, cluster.shards.length <= OPEN_SHARDS_MAX));
    this.#outages = new OutagesView();
    this.#events = eventsTable('Events of the cluster and of its nodes, newest first');
    this.#eventsHolder = h('section', { class: 'card', 'aria-labelledby': 'events-title' },
      h('h2', { id: 'events-title' }, 'Events'), this.#events.element);
    this.element = h('article', { class: 'cluster' },
      h('div', { class: 'card head' },
        h('div', { class: 'row' }, h('h1', {}, cluster.cluster), this.#status),
        h('dl', { class: 'facts' }, facts)),
      shards,
      this.#outages.element,
      this.#eventsHolder);
  }

  update(cluster, state) {
    setBadge(this.#status, TONES[cluster.status] ?? 'calm', cluster.status);
    const recorded = this.#app.records.cluster(cluster.region, cluster.cluster);
    this.#updateFacts(cluster, recorded);
    this.#shards.update(
      cluster.shards.map((shard) => ({ cluster, shard, recorded })), (item) => item.shard.name);
    const events = this.#app.records.eventsOf(cluster.region, cluster.cluster);
    this.#outages.update(cluster, this.#app.history, events ?? [], state.timeMs);
    this.#events.update(events?.slice(0, EVENTS_SHOWN));
  }

  #updateFacts(cluster, recorded) {
    const endpoint = recorded?.ClusterEndpoint;
    const values = {
      Region: cluster.region,
      Engine: recorded && `${recorded.Engine} ${recorded.EnginePatchVersion ?? recorded.EngineVersion}`,
      Endpoint: endpoint?.Address && `${endpoint.Address}:${endpoint.Port}`,
      TLS: recorded && (recorded.TLSEnabled ? 'yes' : 'no'),
      'Node type': recorded?.NodeType,
      ACL: recorded?.ACLName,
      'Parameter group': recorded?.ParameterGroupName,
    };
    for (const [name, value] of Object.entries(values)) setText(this.#facts.get(name), value ?? DASH);
  }

  dispose() {
    this.#shards.dispose();
    this.#outages.dispose();
  }
}

/** A shard: its log, its nodes, a plot, and the buttons that fail it over. */
class ShardView {
  element;
  #app;
  #primary = badge('lead', '');
  #slots = h('span', { class: 'soft' });
  #figures = new Map();
  #nodes;
  #plot;
  #lag;
  #buttons;
  #reason = h('p', { class: 'message' });
  #problem = h('p', { class: 'problem', role: 'alert' });
  #item;

  constructor(app, item, isOpen) {
    this.#app = app;
    this.#item = item;
    const figures = [
      ['Commands', 'per second, of all nodes, also refused and redirected ones'],
      ['Written', 'to the log, per second'],
      ['Log end', 'the offset at which the log ends, in bytes of the stream'],
      ['Kept', 'data that the log still holds'],
      ['Since snapshot', 'data in the log that is not in the newest internal snapshot'],
      ['Term', 'the number of the newest leadership'],
    ].map(([name, title]) => {
      const value = h('dd', {}, DASH);
      this.#figures.set(name, value);
      return h('div', { title }, h('dt', {}, name), value);
    });
    const body = h('tbody', { role: 'rowgroup' });
    this.#nodes = new Keyed(body, () => nodePart());
    const columns = ['Node', 'Role', 'Answers', 'Applied offset', 'Lag', 'Clients', 'Commands/s'];
    const table = h('table', { class: 'nodes', role: 'table' },
      h('caption', { class: 'unseen' }, `Nodes of shard ${item.shard.name}`),
      h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' },
        columns.map((name, n) => h('th', { scope: 'col', role: 'columnheader', class: n > 2 ? 'number' : null }, name)))),
      body);
    this.#plot = new Plot('Commands per second, by node', rate);
    this.#lag = new Plot('Lag behind the log, by replica', bytes);
    this.#buttons = MODES.map((mode) =>
      h('button', { type: 'button', title: mode.help, 'data-mode': mode.name, onclick: () => this.#failOver(mode) }, mode.label));
    const id = `modes-${item.shard.name}`;
    const details = h('details', { class: 'card shard', open: isOpen },
      h('summary', {}, h('h2', {}, `Shard ${item.shard.name}`), this.#primary, this.#slots),
      h('dl', { class: 'figures' }, figures),
      table,
      h('div', { class: 'plots' }, this.#plot.element, this.#lag.element),
      h('div', { class: 'failover', role: 'group', 'aria-labelledby': id },
        h('h3', { id }, 'Fail over'),
        h('div', { class: 'row' }, this.#buttons),
        h('ul', { class: 'modes' }, MODES.map((mode) => h('li', {}, h('b', {}, mode.label), ` ${mode.help}`))),
        this.#reason,
        this.#problem));
    this.element = details;
  }

  update(item) {
    this.#item = item;
    const { cluster, shard, recorded } = item;
    const shorten = shortener(cluster.cluster);
    const rates = this.#app.history.rates(cluster, shard);
    const leader = shard.nodes.find((node) => node.name === shard.leader);
    if (!leader) setBadge(this.#primary, 'bad', 'no primary');
    else setBadge(this.#primary, leader.serving ? 'lead' : 'busy',
      `${shorten(leader.name)} ${leader.serving ? 'is the primary' : 'leads, does not answer'}`);
    const described = recorded?.Shards?.find((each) => each.Name === shard.name);
    setText(this.#slots, `slots ${described?.Slots ?? DASH}`);
    const since = shard.snapshotOffset === undefined ? undefined : shard.endOffset - shard.snapshotOffset;
    const figures = {
      Commands: `${rate(rates.commands)}/s`,
      Written: `${bytes(rates.written)}/s`,
      'Log end': count(shard.endOffset),
      Kept: bytes(shard.endOffset - shard.firstOffset),
      'Since snapshot': since === undefined ? `${DASH} (none yet)` : bytes(since),
      Term: count(shard.term),
    };
    for (const [name, value] of Object.entries(figures)) setText(this.#figures.get(name), value);
    this.#nodes.update(
      shard.nodes.map((node) => ({ node, shard, rates, shorten, described })), (each) => each.node.name);
    this.#updatePlots(cluster, shard, shorten);
    this.#updateButtons(cluster, shard, recorded);
  }

  #updatePlots(cluster, shard, shorten) {
    if (!this.element.open) return;
    const history = this.#app.history;
    const names = shard.nodes.map((node) => node.name);
    const bands = history.outages(cluster, shard.name).map((outage) => [
      outage.beginMs / 1000, (outage.beginMs + (outage.lastedMs ?? Date.now() - outage.beginMs)) / 1000]);
    this.#plot.update(names.map(shorten), history.series(cluster, shard, names, 'commands'), bands);
    this.#lag.element.hidden = names.length < 2;
    if (names.length > 1) this.#lag.update(names.map(shorten), history.series(cluster, shard, names, 'lag'), bands);
  }

  #updateButtons(cluster, shard, recorded) {
    const reason = this.#whyNot(cluster, shard, recorded);
    for (const button of this.#buttons) {
      // A disabled button would lose the focus, and screen readers could not find out why.
      setAttribute(button, 'aria-disabled', reason ? 'true' : null);
    }
    setText(this.#reason, reason ?? '');
  }

  /** Why the shard cannot be failed over now, or null. */
  #whyNot(cluster, shard, recorded) {
    const failover = cluster.failover;
    if (this.#app.failovers.isBusy(cluster) && !failover) return 'Waiting for the server to begin\u2026';
    if (failover) {
      const stage = {
        called: 'FailoverShard is called; no node has been made to fail yet.',
        failing: `${failover.failing} has been made to fail; no other node has taken over yet.`,
        promoted: `${failover.promoted} has taken over; ${failover.failing} is not back yet.`,
      }[failover.stage];
      return failover.shard === shard.name ? stage : `A failover of shard ${failover.shard} is under way.`;
    }
    if (cluster.status !== 'available') return `The cluster is ${cluster.status}.`;
    if (!recorded) return 'Waiting for DescribeClusters\u2026';
    if (shard.nodes.length < 2) return 'The shard has no replica that could take over.';
    return null;
  }

  async #failOver(mode) {
    const { cluster, shard, recorded } = this.#item;
    if (this.#whyNot(cluster, shard, recorded) !== null) return;
    setText(this.#problem, '');
    this.#app.announce(`FailoverShard is called for shard ${shard.name}: ${mode.label}.`);
    const onProblem = (text) => setText(this.#problem, text);
    try {
      const called = this.#app.failovers.call(cluster, recorded.ARN, shard.name, mode.name, onProblem);
      this.#updateButtons(cluster, shard, recorded);
      await called;
    } catch (problem) {
      onProblem(problem instanceof ApiError
        ? `Refused: ${problem.message}`
        : 'The server has not answered the call. It may be carried out all the same.');
    }
  }

  dispose() {
    this.#nodes.dispose();
    this.#plot.dispose();
    this.#lag.dispose();
  }
}

function nodePart() {
  const cell = (name, isNumber = true) =>
    h('td', { role: 'cell', 'data-label': name, class: isNumber ? 'number' : null });
  const name = h('th', { scope: 'row', role: 'rowheader' });
  const role = badge('calm', '');
  const answers = cell('Answers', false);
  const applied = cell('Applied offset');
  const lag = cell('Lag');
  const clients = cell('Clients');
  const commands = cell('Commands/s');
  const roleCell = cell('Role', false);
  roleCell.append(role);
  return {
    element: h('tr', { role: 'row' }, name, roleCell, answers, applied, lag, clients, commands),
    update({ node, shard, rates, shorten, described }) {
      const endpoint = described?.Nodes.find((each) => each.Name === node.name)?.Endpoint;
      setText(name, shorten(node.name));
      setAttribute(name, 'title', endpoint ? `${node.name} at ${endpoint.Address}:${endpoint.Port}` : node.name);
      setBadge(role, ...(PHASES[node.phase] ?? ['calm', node.phase]));
      setText(answers, node.serving ? 'yes' : 'no');
      setAttribute(answers, 'data-no', node.serving ? null : 'true');
      setText(applied, count(node.appliedOffset));
      setText(lag, bytes(lagOf(shard, node)));
      setText(clients, count(node.clients));
      setText(commands, rate(rates.nodes.get(node.name)));
    },
  };
}

/** The outages of a cluster, and the timeline of one of them. */
class OutagesView {
  element;
  #select;
  #chosen = 'newest';
  #options = '';
  #timeline = new Timeline();
  #none;
  #holder;

  constructor() {
    this.#select = h('select', { id: 'outage', onchange: () => { this.#chosen = this.#select.value; } });
    this.#none = h('p', { class: 'soft' },
      'No outage since the server began. A failover shows here what happened, and for how long no primary answered.');
    this.#holder = h('div', {}, h('label', { class: 'row' }, 'Outage ', this.#select), this.#timeline.element);
    this.element = h('section', { class: 'card', 'aria-labelledby': 'outages-title' },
      h('h2', { id: 'outages-title' }, 'Failovers'), this.#none, this.#holder);
  }

  update(cluster, history, events, nowMs) {
    const outages = history.outages(cluster).reverse();
    this.#none.hidden = outages.length > 0;
    this.#holder.hidden = outages.length === 0;
    if (outages.length === 0) return;
    const shorten = shortener(cluster.cluster);
    const valueOf = (outage) => `${outage.number}@${outage.beginMs}`;
    const labels = outages.map((outage) =>
      `${clock(outage.beginMs, true)}  shard ${outage.shard}  ${duration(outage.lastedMs)}  `
      + `${shorten(outage.from)} \u2192 ${outage.to ? shorten(outage.to) : DASH}`);
    const options = JSON.stringify([outages.map(valueOf), labels]);
    if (options !== this.#options) {
      this.#options = options;
      this.#select.replaceChildren(
        h('option', { value: 'newest' }, `Newest: ${labels[0]}`),
        ...outages.map((outage, n) => h('option', { value: valueOf(outage) }, labels[n])));
      this.#select.value = this.#chosen;
      if (this.#select.selectedIndex < 0) {
        this.#chosen = 'newest';
        this.#select.value = this.#chosen;
      }
    }
    const shown = outages.find((outage) => valueOf(outage) === this.#chosen) ?? outages[0];
    this.#timeline.update(
      shown, history.changes(cluster, shown.shard), events, nowMs, shorten);
  }

  dispose() {
    this.#timeline.dispose();
  }
}
