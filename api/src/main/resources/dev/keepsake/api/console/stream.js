// Reads the stream of live values, and connects again when it ends.

import { ApiError } from './api.js';

const STALE_AFTER_MS = 5_000;
const AGAIN_MAX_MS = 10_000;

/** Splits server-sent events into their data. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += value;
      for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
        const event = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (event.startsWith('data: ')) yield event.slice(6);
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

export class Live {
  #api;
  #onState;
  #onStatus;
  #abort = null;
  #pause = null;
  #pauseMs = 0;
  #stale = null;

  /**
   * @param onState gets each state
   * @param onStatus gets `connecting`, `live`, `stale`, `lost` or `key`, and a reason
   */
  constructor(api, onState, onStatus) {
    this.#api = api;
    this.#onState = onState;
    this.#onStatus = onStatus;
  }

  /** Connects, now. */
  start() {
    clearTimeout(this.#pause);
    this.#abort?.abort();
    this.#abort = new AbortController();
    this.#run(this.#abort);
  }

  async #run(abort) {
    this.#onStatus('connecting', '');
    let reason = 'the server has closed the stream';
    try {
      const body = await this.#api.stream(abort.signal);
      for await (const data of events(body)) {
        this.#pauseMs = 0;
        this.#heard();
        this.#onState(JSON.parse(data));
      }
    } catch (problem) {
      if (abort.signal.aborted) return;
      if (problem instanceof ApiError && problem.needsKey) {
        clearTimeout(this.#stale);
        this.#onStatus('key', problem.message);
        return;
      }
      reason = problem instanceof ApiError ? problem.message : 'the server does not answer';
      if (!(problem instanceof ApiError || problem instanceof TypeError)) console.error(problem);
    }
    if (abort.signal.aborted) return;
    clearTimeout(this.#stale);
    this.#onStatus('lost', reason);
    this.#pauseMs = Math.min(AGAIN_MAX_MS, Math.max(500, this.#pauseMs * 2));
    this.#pause = setTimeout(() => this.start(), this.#pauseMs);
  }

  #heard() {
    this.#onStatus('live', '');
    clearTimeout(this.#stale);
    this.#stale = setTimeout(() => this.#onStatus('stale', ''), STALE_AFTER_MS);
  }
}
