// What happened in a shard around an outage, as the server has seen it: a lane for each node, the
// outage as a band, and all steps in words.

import { h, s, setText, Keyed } from './dom.js';
import { clock, duration, relative } from './format.js';

const LANE = 44;
const TOP = 26;
const AXIS = 26;
const SIDE = 8;
const CALLED_BEFORE_MS = 60_000;

/** The state of a node after a change, for the style sheet, the legend and the lanes. */
function stateOf(change) {
  switch (change.phase) {
    case 'primary':
      return change.serving ? 'primary' : 'primary-waits';
    case 'replica':
      return change.serving ? 'replica' : 'replica-waits';
    default:
      return change.phase;
  }
}

const LEGEND = [
  ['primary', 'answers as the primary'],
  ['primary-waits', 'leads, does not answer'],
  ['replica', 'answers as a replica'],
  ['replica-waits', 'follows, does not answer'],
  ['starting', 'starts or catches up'],
  ['silent', 'silent'],
  ['down', 'down'],
];

/** A change in words, which depend on the state before. */
export function describe(change, before) {
  const answered = before?.serving ?? false;
  switch (change.phase) {
    case 'primary':
      if (change.serving) return before?.phase === 'primary' ? 'answers as the primary' : 'leads and answers';
      return answered ? 'stops answering' : 'leads; does not answer yet';
    case 'replica':
      if (change.serving) return 'answers as a replica';
      return answered ? 'stops answering' : 'has caught up; does not answer yet';
    case 'starting':
      return before?.phase === 'primary' ? 'has given up the leadership' : 'starts';
    case 'silent':
      return 'falls silent: sockets stay open, nothing is answered';
    case 'down':
      return 'is down';
    case 'left':
      return 'has left the shard';
    default:
      return change.phase;
  }
}

/** The time, the steps and the lanes of an outage. */
export function storyOf(outage, changes, events, nowMs) {
  const endMs = outage.lastedMs === undefined ? null : outage.beginMs + outage.lastedMs;
  const called = events.find((event) =>
    event.Message === `FailoverShard API called for shard ${outage.shard}` &&
    event.timeMs <= outage.beginMs + 1 && event.timeMs > outage.beginMs - CALLED_BEFORE_MS);
  const back = endMs === null ? undefined : changes.find((change) =>
    change.node === outage.from && change.serving && change.timeMs > outage.beginMs);
  const beginMs = called ? Math.min(called.timeMs, outage.beginMs) : outage.beginMs;
  // A node that has handed over is back before the next one answers.
  const lastMs = Math.max(back?.timeMs ?? nowMs, endMs ?? 0);

  const steps = [];
  const lanes = new Map();
  const before = new Map();
  for (const change of changes) {
    if (!lanes.has(change.node)) lanes.set(change.node, []);
    lanes.get(change.node).push(change);
    if (change.timeMs >= beginMs - 1 && change.timeMs <= lastMs + 1) {
      steps.push({
        timeMs: change.timeMs,
        order: change.number,
        who: change.node,
        text: describe(change, before.get(change.node)),
        kind: 'node',
      });
    }
    before.set(change.node, change);
  }
  for (const event of events) {
    if (event.timeMs >= beginMs - 1 && event.timeMs <= lastMs + 1_000) {
      steps.push({ timeMs: event.timeMs, order: 0, who: 'event', text: event.Message, kind: 'event' });
    }
  }
  if (endMs !== null) {
    steps.push({
      timeMs: endMs,
      order: Infinity,
      who: 'outage',
      text: `is over: no primary answered for ${duration(outage.lastedMs)}`,
      kind: 'outage',
    });
  }
  // The events tell milliseconds, the changes microseconds.
  steps.sort((a, b) => a.timeMs - b.timeMs || a.order - b.order);
  return { beginMs, endMs, lastMs, backMs: back?.timeMs, steps, lanes };
}

export class Timeline {
  element;
  #svg;
  #steps;
  #caption;
  #zoom = 'whole';
  #buttons;
  #given = null;
  #drawn = '';
  #observer;

  constructor() {
    this.#svg = s('svg', { class: 'timeline', role: 'img', 'aria-label': 'Timeline of a failover' });
    this.#caption = h('p', { class: 'timeline-caption' });
    const list = h('ol', { class: 'steps' });
    this.#steps = new Keyed(list, () => stepPart());
    this.#buttons = [['whole', 'Until the node is back'], ['outage', 'The outage']].map(([name, label]) =>
      h('button', { type: 'button', 'aria-pressed': String(name === this.#zoom), onclick: () => this.#zoomTo(name) }, label));
    const legend = h('ul', { class: 'legend' },
      LEGEND.map(([state, label]) => h('li', {}, h('span', { class: 'swatch', 'data-state': state }), label)),
      h('li', {}, h('span', { class: 'swatch', 'data-state': 'outage' }), 'no primary answers'));
    this.element = h('div', { class: 'story' },
      this.#caption,
      h('div', { class: 'segments', role: 'group', 'aria-label': 'What the timeline shows' }, this.#buttons),
      this.#svg,
      legend,
      h('h3', {}, 'Step by step'),
      list);
    this.#observer = new ResizeObserver(() => this.#draw());
    this.#observer.observe(this.element);
  }

  #zoomTo(name) {
    this.#zoom = name;
    ['whole', 'outage'].forEach((each, n) => this.#buttons[n].setAttribute('aria-pressed', String(each === name)));
    this.#draw();
  }

  /** @param shorten makes the names of nodes shorter */
  update(outage, changes, events, nowMs, shorten) {
    const story = storyOf(outage, changes, events, nowMs);
    this.#given = { outage, story, shorten };
    this.#steps.update(
      story.steps.map((step) => ({ ...step, at: step.timeMs - outage.beginMs, who: shorten(step.who) })),
      (step) => `${step.kind}/${step.timeMs}/${step.who}/${step.text}`);
    const from = shorten(outage.from);
    setText(this.#caption, story.endMs === null
      ? `Since ${clock(outage.beginMs, true)} no primary of shard ${outage.shard} answers; before, ${from} did.`
      : `${clock(outage.beginMs, true)}: ${duration(outage.lastedMs)} from the last moment in which ${from} took `
        + `commands to the first in which ${outage.to === outage.from ? 'it' : shorten(outage.to)} did. `
        + `${story.backMs === undefined
          ? `${from} is not back yet.`
          : `${from} was back after ${duration(story.backMs - outage.beginMs)}.`} A client also needs time to notice, and to connect again.`);
    this.#draw();
  }

  #draw() {
    const given = this.#given;
    const width = Math.floor(this.element.clientWidth);
    if (!given || width < 50) return;
    const { outage, story, shorten } = given;
    const mark = JSON.stringify([width, this.#zoom, outage, story.steps.length, story.backMs === undefined ? story.lastMs : 0]);
    if (mark === this.#drawn) return;
    this.#drawn = mark;
    const [fromMs, toMs] = this.#window(outage, story);
    const lanes = [...story.lanes.entries()].sort(([a], [b]) => a.localeCompare(b));
    const height = TOP + lanes.length * LANE + AXIS;
    const inner = width - 2 * SIDE;
    const x = (ms) => SIDE + Math.max(0, Math.min(1, (ms - fromMs) / (toMs - fromMs))) * inner;
    this.#svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#svg.setAttribute('height', height);
    this.#svg.setAttribute('aria-label',
      `Timeline of ${lanes.length} nodes; no primary answered for ${duration(outage.lastedMs)}. The steps follow as a list.`);
    const bandEnd = story.endMs ?? story.lastMs;
    const bandWidth = Math.max(2, x(bandEnd) - x(outage.beginMs));
    const nodes = [
      ...this.#axis(fromMs, toMs, outage.beginMs, width, height),
      ...lanes.flatMap(([name, changes], n) => this.#lane(shorten(name), changes, n, x, fromMs, Math.min(toMs, story.lastMs))),
      s('rect', { class: 'outage', x: x(outage.beginMs), y: TOP - 6, width: bandWidth, height: lanes.length * LANE + 6 }),
      this.#bandLabel(outage, x(outage.beginMs), bandWidth, width),
    ];
    this.#svg.replaceChildren(...nodes);
  }

  #window(outage, story) {
    const bandEnd = story.endMs ?? story.lastMs;
    if (this.#zoom === 'outage') {
      const pad = Math.max(1, (bandEnd - outage.beginMs) * 0.2);
      return [outage.beginMs - pad, bandEnd + pad];
    }
    const pad = Math.max(2, (story.lastMs - story.beginMs) * 0.06);
    return [story.beginMs - pad, story.lastMs + pad];
  }

  #bandLabel(outage, left, bandWidth, width) {
    const text = outage.lastedMs === undefined ? 'no primary answers' : `${duration(outage.lastedMs)} without a primary`;
    const isRight = left + bandWidth / 2 > width / 2;
    return s('text', {
      class: 'outage-label',
      x: isRight ? left + bandWidth : left,
      y: 14,
      'text-anchor': isRight ? 'end' : 'start',
    }, text);
  }

  #lane(name, changes, n, x, fromMs, toMs) {
    const y = TOP + n * LANE;
    const parts = [s('text', { class: 'lane-name', x: SIDE, y: y + 12 }, name)];
    changes.forEach((change, i) => {
      const end = changes[i + 1]?.timeMs ?? Infinity;
      if (end <= fromMs || change.timeMs >= toMs || change.phase === 'left') return;
      const left = x(change.timeMs);
      const rect = s('rect', {
        class: 'span',
        'data-state': stateOf(change),
        x: left,
        y: y + 17,
        width: Math.max(1, x(Math.min(end, toMs)) - left),
        height: 18,
      });
      rect.append(s('title', {}, `${name} ${describe(change, changes[i - 1])} at ${clock(change.timeMs, true)}`));
      parts.push(rect);
    });
    return parts;
  }

  #axis(fromMs, toMs, zeroMs, width, height) {
    const step = niceStep((toMs - fromMs) / Math.max(2, Math.floor(width / 110)));
    const parts = [];
    for (let at = Math.ceil((fromMs - zeroMs) / step) * step; at <= toMs - zeroMs; at += step) {
      const px = SIDE + ((at + zeroMs - fromMs) / (toMs - fromMs)) * (width - 2 * SIDE);
      parts.push(s('line', { class: 'grid', x1: px, x2: px, y1: TOP, y2: height - AXIS + 4 }));
      const anchor = px < 30 ? 'start' : px > width - 30 ? 'end' : 'middle';
      parts.push(s('text', { class: 'tick', x: px, y: height - 8, 'text-anchor': anchor },
        at === 0 ? '0' : tickText(at, step)));
    }
    return parts;
  }

  dispose() {
    this.#observer.disconnect();
  }
}

/** 1, 2 or 5 times a power of ten. */
function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
}

function tickText(ms, step) {
  const [value, unit, size] = Math.abs(ms) >= 1_000 || step >= 1_000 ? [ms / 1_000, 's', step / 1_000] : [ms, 'ms', step];
  const digits = Math.max(0, -Math.floor(Math.log10(size) + 1e-9));
  return `${value < 0 ? '\u2212' : ''}${Math.abs(value).toFixed(digits)} ${unit}`;
}

function stepPart() {
  const at = h('span', { class: 'at' });
  const who = h('span', { class: 'who' });
  const text = h('span', { class: 'what' });
  const element = h('li', {}, at, who, text);
  return {
    element,
    update(step) {
      element.dataset.kind = step.kind;
      setText(at, relative(step.at));
      setText(who, step.who);
      setText(text, step.text);
    },
  };
}
