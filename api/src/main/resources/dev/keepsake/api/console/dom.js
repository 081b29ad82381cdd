// Builds and updates elements. Text from the server is only ever set as text, never as HTML.

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** An element of HTML. Attributes that begin with "on" are listeners. */
export const h = (name, attributes = {}, ...children) =>
  fill(document.createElement(name), attributes, children);

/** An element of SVG. */
export const s = (name, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children);

/** Sets a text, if it is another one. So selections and screen readers are left in peace. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute, or removes it for null. */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * Keeps the children of an element in step with a list: a child for each item, in the same order.
 * A child that remains is updated and not replaced, so it keeps its focus.
 */
export class Keyed {
  #parent;
  #parts = new Map();
  #create;

  /**
   * @param create makes the part of an item: an object with `element`, `update(item)` and perhaps `dispose()`
   */
  constructor(parent, create) {
    this.#parent = parent;
    this.#create = create;
  }

  update(items, keyOf) {
    const left = new Set(this.#parts.keys());
    let at = this.#parent.firstElementChild;
    for (const item of items) {
      const key = keyOf(item);
      left.delete(key);
      let part = this.#parts.get(key);
      if (!part) {
        part = this.#create(item);
        this.#parts.set(key, part);
      }
      part.update(item);
      if (part.element === at) at = at.nextElementSibling;
      else this.#parent.insertBefore(part.element, at);
    }
    for (const key of left) {
      const part = this.#parts.get(key);
      part.dispose?.();
      part.element.remove();
      this.#parts.delete(key);
    }
  }

  get size() {
    return this.#parts.size;
  }

  dispose() {
    for (const part of this.#parts.values()) part.dispose?.();
  }
}

/** A badge: a word whose colour only repeats what it says. */
export function badge(tone, text) {
  return h('span', { class: 'badge', 'data-tone': tone }, text);
}

export function setBadge(element, tone, text) {
  setAttribute(element, 'data-tone', tone);
  setText(element, text);
}
