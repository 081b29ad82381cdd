// Pages that are tables: events, access control, and snapshots.

import { badge, h, Keyed, setText } from './dom.js';
import { bytes, dayAndClock, DASH } from './format.js';

const AGAIN_MS = 5_000;

/** A table that is updated in place. */
function table(caption, columns, create) {
  const body = h('tbody', { role: 'rowgroup' });
  const rows = new Keyed(body, create);
  const none = h('p', { class: 'soft' }, DASH);
  const element = h('div', { class: 'table' },
    h('table', { role: 'table' },
      h('caption', { class: 'unseen' }, caption),
      h('thead', { role: 'rowgroup' },
        h('tr', { role: 'row' }, columns.map((name) => h('th', { scope: 'col', role: 'columnheader' }, name)))),
      body),
    none);
  return {
    element,
    /** @param items undefined while they are not known */
    update(items, keyOf) {
      none.hidden = items !== undefined && items.length > 0;
      setText(none, items === undefined ? `${DASH} (not known yet)` : 'None.');
      element.firstElementChild.hidden = !none.hidden;
      if (items) rows.update(items, keyOf);
    },
  };
}

/** Cells that only show texts, or badges for pairs of tone and text. */
function textRow(columns, textsOf) {
  return () => {
    const cells = columns.map((name) => h('td', { role: 'cell', 'data-label': name }));
    return {
      element: h('tr', { role: 'row' }, cells),
      update(item) {
        textsOf(item).forEach((value, n) => {
          if (Array.isArray(value)) {
            if (cells[n].textContent !== value[1]) cells[n].replaceChildren(badge(...value));
          } else {
            setText(cells[n], value ?? DASH);
          }
        });
      },
    };
  };
}

/** The events that are given, newest first. */
export function eventsTable(caption) {
  const columns = ['Time', 'Source', 'Message'];
  const made = table(caption, columns, textRow(columns, ({ event }) =>
    [dayAndClock(event.timeMs), event.SourceName, event.Message]));
  return {
    element: made.element,
    update(events) {
      // Two events may be the same in everything that they say.
      const seen = new Map();
      made.update(events?.map((event) => {
        const text = `${event.timeMs}/${event.SourceName}/${event.Message}`;
        seen.set(text, (seen.get(text) ?? 0) + 1);
        return { event, key: `${text}/${seen.get(text)}` };
      }), (item) => item.key);
    },
  };
}

export class EventsPage {
  element;
  #app;
  #table = eventsTable('Events of the region, newest first');

  constructor(app) {
    this.#app = app;
    this.element = h('section', { class: 'card' }, h('h1', {}, 'Events'), this.#table.element);
  }

  update() {
    this.#table.update(this.#app.records.events(this.#app.region));
  }

  dispose() {}
}

/** A page whose lists are asked for again and again while it is shown. */
class AskingPage {
  element;
  #app;
  #problem = h('p', { class: 'problem', role: 'alert' });
  #region = null;
  #askedAt = -Infinity;
  #parts;

  /** @param parts objects with title, table, ask(api, region) and keyOf */
  constructor(app, title, parts) {
    this.#app = app;
    this.#parts = parts;
    this.element = h('div', { class: 'stack' }, h('h1', {}, title), this.#problem,
      parts.map((part) => h('section', { class: 'card' }, h('h2', {}, part.title), part.table.element)));
  }

  update() {
    const region = this.#app.region;
    if (region !== this.#region) {
      this.#region = region;
      this.#askedAt = -Infinity;
      for (const part of this.#parts) part.table.update(undefined, part.keyOf);
    }
    if (performance.now() - this.#askedAt >= AGAIN_MS) {
      this.#askedAt = performance.now();
      this.#ask(region);
    }
  }

  async #ask(region) {
    try {
      for (const part of this.#parts) {
        const items = await part.ask(this.#app.api, region);
        if (region === this.#region) part.table.update(items, part.keyOf);
      }
      setText(this.#problem, '');
    } catch (problem) {
      setText(this.#problem, problem.message);
    }
  }

  dispose() {}
}

const stateTone = (status) => (['active', 'available'].includes(status) ? 'good' : 'busy');

export function accessPage(app) {
  const acls = ['ACL', 'Status', 'Users', 'Clusters'];
  const users = ['User', 'Status', 'Authentication', 'Access string', 'ACLs'];
  return new AskingPage(app, 'Access control', [
    {
      title: 'ACLs',
      table: table('Access control lists', acls, textRow(acls, (acl) => [
        acl.Name, [stateTone(acl.Status), acl.Status], joined(acl.UserNames), joined(acl.Clusters)])),
      ask: async (api, region) => (await api.list('DescribeACLs', { MaxResults: 50 }, 'ACLs', region)).items,
      keyOf: (acl) => acl.Name,
    },
    {
      title: 'Users',
      table: table('Users', users, textRow(users, (user) => [
        user.Name, [stateTone(user.Status), user.Status], authentication(user.Authentication), user.AccessString,
        joined(user.ACLNames)])),
      ask: async (api, region) => (await api.list('DescribeUsers', { MaxResults: 50 }, 'Users', region)).items,
      keyOf: (user) => user.Name,
    },
  ]);
}

export function snapshotsPage(app) {
  const columns = ['Snapshot', 'Status', 'Cluster', 'Created', 'Shards', 'Size', 'Source'];
  return new AskingPage(app, 'Snapshots', [
    {
      title: 'Snapshots of the API',
      table: table('Snapshots, newest first', columns, textRow(columns, (snapshot) => {
        const shards = snapshot.ClusterConfiguration?.Shards ?? [];
        const times = shards.map((shard) => shard.SnapshotCreationTime).filter((time) => time !== undefined);
        return [
          snapshot.Name,
          [stateTone(snapshot.Status), snapshot.Status],
          snapshot.ClusterConfiguration?.Name,
          times.length > 0 ? dayAndClock(Math.max(...times) * 1000) : DASH,
          String(snapshot.ClusterConfiguration?.NumShards ?? DASH),
          sizes(shards),
          snapshot.Source,
        ];
      })),
      ask: async (api, region) =>
        (await api.list('DescribeSnapshots', { ShowDetail: true, MaxResults: 50 }, 'Snapshots', region)).items,
      keyOf: (snapshot) => snapshot.Name,
    },
  ]);
}

const joined = (names) => (names?.length > 0 ? names.join(', ') : DASH);

function authentication(given) {
  if (!given) return DASH;
  return given.PasswordCount === undefined ? given.Type : `${given.Type} (${given.PasswordCount})`;
}

/** The sum of the sizes, each of which is a text such as "12 B"; a dash when one is not known. */
function sizes(shards) {
  const found = shards.map((shard) => /^(\d+) B$/.exec(shard.Size ?? ''));
  if (found.length === 0 || found.includes(null)) return DASH;
  return bytes(found.reduce((sum, size) => sum + Number(size[1]), 0));
}
