// What the page has seen since it was opened: values by second, changes of nodes, and outages.

const SAMPLES_MAX = 600;
const KEPT_MAX = 2_000;

const clusterKey = (item) => `${item.region}/${item.cluster}/${item.incarnation}`;

/** Adds items that are not there yet; an item that is there is replaced, because an outage ends. */
function merge(kept, items, timeOf) {
  for (const item of items) kept.set(`${item.number}@${timeOf(item)}`, item);
  while (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value);
}

export class History {
  #samples = [];
  #changes = new Map();
  #outages = new Map();

  /** Adds a state of the stream. */
  add(state) {
    const shards = new Map();
    for (const cluster of state.clusters) {
      for (const shard of cluster.shards) {
        const nodes = new Map();
        for (const node of shard.nodes) {
          const applied = node.appliedOffset;
          nodes.set(node.name, {
            commands: node.commands,
            lag: lagOf(shard, node),
            applied,
          });
        }
        shards.set(`${clusterKey(cluster)}/${shard.name}`, { end: shard.endOffset, nodes });
      }
    }
    this.#samples.push({ timeMs: state.timeMs, shards });
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
    merge(this.#changes, state.changes, (change) => change.timeMs);
    const open = new Set(state.outages.map((outage) => `${outage.number}@${outage.beginMs}`));
    for (const [key, outage] of this.#outages) {
      // An outage without an end is gone when its shard has ended with it.
      if (outage.lastedMs === undefined && !open.has(key)) this.#outages.delete(key);
    }
    merge(this.#outages, state.outages, (outage) => outage.beginMs);
  }

  /** The newest rates of a shard, per second; undefined while they are not known. */
  rates(cluster, shard) {
    const key = `${clusterKey(cluster)}/${shard.name}`;
    const [before, now] = this.#samples.slice(-2);
    return now ? ratesBetween(before?.shards.get(key), now.shards.get(key), now.timeMs - before?.timeMs) : NO_RATES;
  }

  /** Columns for a plot: seconds, and a column for each of the nodes. */
  series(cluster, shard, names, what) {
    const key = `${clusterKey(cluster)}/${shard.name}`;
    const times = [];
    const columns = names.map(() => []);
    for (let i = 1; i < this.#samples.length; i++) {
      const before = this.#samples[i - 1];
      const now = this.#samples[i];
      times.push(now.timeMs / 1000);
      const shardNow = now.shards.get(key);
      const rates = ratesBetween(before.shards.get(key), shardNow, now.timeMs - before.timeMs);
      names.forEach((name, n) => {
        const value = what === 'commands' ? rates.nodes.get(name) : shardNow?.nodes.get(name)?.lag;
        columns[n].push(value ?? null);
      });
    }
    return [times, ...columns];
  }

  changes(cluster, shard) {
    return this.#of(this.#changes, cluster, shard).sort(
      (a, b) => a.timeMs - b.timeMs || a.number - b.number,
    );
  }

  /** Outages of a shard, or of all shards, oldest first. */
  outages(cluster, shard = null) {
    return this.#of(this.#outages, cluster, shard).sort((a, b) => a.beginMs - b.beginMs);
  }

  #of(kept, cluster, shard) {
    const key = clusterKey(cluster);
    return [...kept.values()].filter(
      (item) => clusterKey(item) === key && (shard === null || item.shard === shard),
    );
  }
}

const NO_RATES = { written: undefined, commands: undefined, nodes: new Map() };

/** How much of the log a node has not applied, in bytes; undefined while nobody knows. */
export function lagOf(shard, node) {
  if (node.appliedOffset === undefined || node.phase === 'primary') return undefined;
  return Math.max(0, shard.endOffset - node.appliedOffset);
}

function ratesBetween(before, now, ms) {
  if (!before || !now || !(ms > 0)) return NO_RATES;
  const perSecond = (a, b) => (a === undefined || b < a ? undefined : ((b - a) * 1000) / ms);
  const nodes = new Map();
  let commands = 0;
  for (const [name, node] of now.nodes) {
    const value = perSecond(before.nodes.get(name)?.commands, node.commands);
    nodes.set(name, value);
    commands += value ?? 0;
  }
  return { written: perSecond(before.end, now.end), commands, nodes };
}
