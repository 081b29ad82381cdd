// Plots of values by second, with the times when no primary answered.

import uPlot from './uPlot.esm.js';
import { h, setAttribute } from './dom.js';

const SHOWN_SECONDS = 300;
const COLOURS = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6'];

/** The present value of a colour of the style sheet, for a canvas. */
const probe = h('span', { class: 'unseen', 'aria-hidden': 'true' });

function colour(name) {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

export class Plot {
  element;
  #holder;
  #plot = null;
  #names = '';
  #bands = [];
  #format;
  #observer;
  #height;

  constructor(title, format, height = 150) {
    this.#format = format;
    this.#height = height;
    this.#holder = h('div', { class: 'plot', role: 'img' });
    this.element = h('figure', { class: 'plot-figure' }, h('figcaption', {}, title), this.#holder);
    this.title = title;
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(this.#holder);
    document.addEventListener('themechange', this.#onTheme);
  }

  #onTheme = () => {
    this.#plot?.destroy();
    this.#plot = null;
  };

  /**
   * @param names of the series
   * @param data columns, the first of which has seconds
   * @param bands pairs of seconds
   */
  update(names, data, bands) {
    const width = this.#holder.clientWidth;
    if (width === 0) return; // not shown
    this.#bands = bands;
    if (!this.#plot || this.#names !== names.join()) {
      this.#plot?.destroy();
      this.#names = names.join();
      this.#plot = new uPlot(this.#options(names, width), data, this.#holder);
    } else {
      this.#plot.setData(data, false);
    }
    const end = data[0].at(-1) ?? Date.now() / 1000;
    const begin = Math.max(end - SHOWN_SECONDS, data[0][0] ?? end - 1);
    this.#plot.setScale('x', { min: Math.min(begin, end - 30), max: end });
    const latest = names.map((name, n) => `${name} ${this.#format(data[n + 1].at(-1) ?? undefined)}`);
    setAttribute(this.#holder, 'aria-label', `${this.title}: ${latest.join(', ')}`);
  }

  #options(names, width) {
    const text = colour('--text-soft');
    const grid = { stroke: colour('--line'), width: 1 };
    const axis = { stroke: text, grid, ticks: grid, font: '11px system-ui, sans-serif' };
    return {
      width,
      height: this.#height,
      cursor: { y: false, drag: { x: false, y: false } },
      legend: { live: true },
      padding: [8, 8, 0, 0],
      scales: { y: { range: (_, min, max) => [0, Math.max(1, (max ?? 1) * 1.1)] } },
      axes: [
        { ...axis, size: 28, space: 70 },
        { ...axis, size: 62, space: 32, values: (_, splits) => splits.map((value) => this.#format(value)) },
      ],
      series: [
        { value: (_, value) => (value ? new Date(value * 1000).toLocaleTimeString() : '\u2013') },
        ...names.map((name, n) => ({
          label: name,
          stroke: colour(COLOURS[n % COLOURS.length]),
          width: 1.5,
          dash: n < COLOURS.length ? undefined : [4, 3],
          points: { show: false },
          value: (_, value) => this.#format(value ?? undefined),
        })),
      ],
      hooks: { drawClear: [(plot) => this.#drawBands(plot)] },
    };
  }

  #drawBands(plot) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.fillStyle = colour('--outage-band');
    for (const [from, to] of this.#bands) {
      const left = plot.valToPos(from, 'x', true);
      const right = plot.valToPos(to, 'x', true);
      const width = Math.max(right - left, 2 * devicePixelRatio);
      if (left + width < bbox.left || left > bbox.left + bbox.width) continue;
      ctx.fillRect(Math.max(left, bbox.left), bbox.top, width, bbox.height);
    }
    ctx.restore();
  }

  #resize() {
    const width = this.#holder.clientWidth;
    if (this.#plot && width > 0 && width !== this.#plot.width) {
      this.#plot.setSize({ width, height: this.#height });
    }
  }

  dispose() {
    this.#observer.disconnect();
    document.removeEventListener('themechange', this.#onTheme);
    this.#plot?.destroy();
  }
}
