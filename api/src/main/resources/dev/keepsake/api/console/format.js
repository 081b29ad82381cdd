// Values as text. What is not known is a dash.

export const DASH = '\u2013';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

const isKnown = (value) => typeof value === 'number' && Number.isFinite(value);

/** Three significant digits, and all digits of whole numbers. */
function short(value) {
  if (value >= 100) return whole.format(value);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export const count = (value) => (isKnown(value) ? whole.format(value) : DASH);

export function rate(value) {
  if (!isKnown(value)) return DASH;
  return value === 0 || value >= 100 ? whole.format(value) : value.toFixed(1);
}

export function bytes(value) {
  if (!isKnown(value)) return DASH;
  if (value < 1024) return `${whole.format(value)} B`;
  let left = value;
  let unit = -1;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  do {
    left /= 1024;
    unit++;
  } while (left >= 1024 && unit < units.length - 1);
  return `${short(left)} ${units[unit]}`;
}

export function duration(ms) {
  if (!isKnown(ms)) return DASH;
  if (ms < 1000) return `${ms < 100 ? ms.toFixed(1) : whole.format(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** A time that is relative to another one, with its sign. */
export function relative(ms) {
  return `${ms < 0 ? '\u2212' : '+'}${duration(Math.abs(ms))}`;
}

const two = (number) => String(number).padStart(2, '0');

/** The time of day, in the time zone of the browser. */
export function clock(ms, millis = false) {
  if (!isKnown(ms)) return DASH;
  const date = new Date(ms);
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return millis ? `${text}.${String(date.getMilliseconds()).padStart(3, '0')}` : text;
}

/** Day and time of day, in the time zone of the browser. */
export function dayAndClock(ms) {
  if (!isKnown(ms)) return DASH;
  const date = new Date(ms);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${clock(ms, true)}`;
}
