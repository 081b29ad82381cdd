// What is recorded, as the AWS API describes it: clusters, with their shards, and events.

const CLUSTERS_EVERY_MS = 10_000;
const EVENTS_EVERY_MS = 4_000;
const EVENTS_MINUTES = 14 * 24 * 60; // older ones are not kept

/** Asks again when something has changed, or after a while; never twice at once. */
class Refreshed {
  #everyMs;
  #ask;
  #askedAt = -Infinity;
  #mark = null;
  #busy = false;

  constructor(everyMs, ask) {
    this.#everyMs = everyMs;
    this.#ask = ask;
  }

  /** @param mark another one than before makes it ask at once */
  async refresh(mark) {
    const now = performance.now();
    if (this.#busy || (mark === this.#mark && now - this.#askedAt < this.#everyMs)) return;
    this.#busy = true;
    this.#askedAt = now;
    this.#mark = mark;
    try {
      await this.#ask();
    } catch (problem) {
      this.#mark = null;
      console.warn(`${problem.type ?? problem.name}: ${problem.message}`);
    } finally {
      this.#busy = false;
    }
  }
}

export class Records {
  #api;
  #onChange;
  #clusters = new Map();
  #events = new Map();
  #ofClusters = new Map();
  #ofEvents = new Map();

  constructor(api, onChange) {
    this.#api = api;
    this.#onChange = onChange;
  }

  /** Looks for changes that a state of the stream shows. */
  refresh(state, regions) {
    const changed = state.changes.at(-1)?.number ?? 0;
    const outages = JSON.stringify(state.outages.slice(-1));
    for (const region of regions) {
      const recorded = state.clusters
        .filter((cluster) => cluster.region === region)
        .map((cluster) => [cluster.cluster, cluster.incarnation, cluster.status, cluster.failover]);
      const mark = JSON.stringify(recorded);
      this.#get(this.#ofClusters, region, () => new Refreshed(CLUSTERS_EVERY_MS, () => this.#askClusters(region)))
        .refresh(mark);
      this.#get(this.#ofEvents, region, () => new Refreshed(EVENTS_EVERY_MS, () => this.#askEvents(region)))
        .refresh(`${changed} ${outages} ${mark}`);
    }
  }

  #get(map, key, create) {
    if (!map.has(key)) map.set(key, create());
    return map.get(key);
  }

  async #askClusters(region) {
    const { items } = await this.#api.list(
      'DescribeClusters', { ShowShardDetails: true, MaxResults: 100 }, 'Clusters', region);
    this.#clusters.set(region, new Map(items.map((cluster) => [cluster.Name, cluster])));
    this.#onChange();
  }

  async #askEvents(region) {
    const { items } = await this.#api.list(
      'DescribeEvents', { Duration: EVENTS_MINUTES, MaxResults: 100 }, 'Events', region, 3);
    this.#events.set(region, items.map((event) => ({ ...event, timeMs: event.Date * 1000 })));
    this.#onChange();
  }

  /** A cluster as DescribeClusters returns it; undefined while that is not known. */
  cluster(region, name) {
    return this.#clusters.get(region)?.get(name);
  }

  /** The newest events of a region, newest first; undefined while they are not known. */
  events(region) {
    return this.#events.get(region);
  }

  /** The events of a cluster and of its nodes. */
  eventsOf(region, name) {
    const nodes = new Set(
      (this.cluster(region, name)?.Shards ?? []).flatMap((shard) => shard.Nodes.map((node) => node.Name)));
    return this.events(region)?.filter((event) =>
      (event.SourceType === 'cluster' && event.SourceName === name) ||
      (event.SourceType === 'node' && nodes.has(event.SourceName)));
  }
}
