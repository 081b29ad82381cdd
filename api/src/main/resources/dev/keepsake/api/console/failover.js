// Calls FailoverShard in one of the three modes.
//
// FailoverShard has no parameter for the mode: a cluster's tag names it. So the tag is set for the
// call, and gets its former value once the server has begun to make the primary fail.

import { ApiError } from './api.js';

const TAG = 'keepsake:failover-mode';

export const MODES = [
  {
    name: 'crash',
    label: 'Crash',
    help: 'The engine is killed and all sockets are reset, as when a process ends.',
  },
  {
    name: 'silent',
    label: 'Silence',
    help: 'Sockets stay open and nothing is answered, as when a machine hangs. The lease has to run out.',
  },
  {
    name: 'handover',
    label: 'Hand over',
    help: 'The primary answers what it has accepted, and hands over: a planned change.',
  },
];

// A state that arrives directly after the call may be from before it; the next one is not.
const STATES_AFTER_CALL = 2;

export class Failovers {
  #api;
  #under = new Map();

  constructor(api) {
    this.#api = api;
  }

  #key(cluster) {
    return `${cluster.region}/${cluster.cluster}/${cluster.incarnation}`;
  }

  /** Whether a call of this page is under way. */
  isBusy(cluster) {
    return this.#under.has(this.#key(cluster));
  }

  /**
   * Calls FailoverShard. Returns when the server has accepted the call.
   *
   * @param arn the cluster's
   * @param onProblem gets a text when the tag could not be set back later
   */
  async call(cluster, arn, shard, mode, onProblem) {
    const key = this.#key(cluster);
    const call = { cluster, shard, arn, before: undefined, isSet: false, states: 0, onProblem };
    this.#under.set(key, call);
    try {
      const tags = await this.#api.call('ListTags', { ResourceArn: arn }, cluster.region);
      call.before = tags.TagList.find((tag) => tag.Key === TAG)?.Value;
      if (call.before !== mode) {
        await this.#tag(call, mode);
        call.isSet = true;
      }
      await this.#api.call(
        'FailoverShard', { ClusterName: cluster.cluster, ShardName: shard }, cluster.region);
      call.isAccepted = true;
    } catch (problem) {
      if (problem instanceof ApiError) {
        await this.#setBack(call);
        this.#under.delete(key);
      } else {
        call.isAccepted = true; // as far as anybody knows
      }
      throw problem;
    }
  }

  /** Looks whether the server has begun with a call, in a state of the stream. */
  observe(state) {
    for (const [key, call] of this.#under) {
      if (!call.isAccepted || ++call.states < STATES_AFTER_CALL) continue;
      const now = state.clusters.find((cluster) => this.#key(cluster) === key);
      if (now?.failover?.stage === 'called') continue;
      call.isAccepted = false; // not twice
      this.#setBack(call).finally(() => this.#under.delete(key));
    }
  }

  #tag(call, value) {
    return this.#api.call(
      'TagResource', { ResourceArn: call.arn, Tags: [{ Key: TAG, Value: value }] }, call.cluster.region);
  }

  async #setBack(call) {
    if (!call.isSet) return;
    try {
      if (call.before !== undefined) await this.#tag(call, call.before);
      else {
        await this.#api.call(
          'UntagResource', { ResourceArn: call.arn, TagKeys: [TAG] }, call.cluster.region);
      }
    } catch (problem) {
      call.onProblem(`The cluster keeps the tag ${TAG}, which could not be set back: ${problem.message}`);
    }
  }
}
