// A long list of rows of one height, of which only those in sight are in the document.

import { h } from "./markup.js";

const SPARE = 8;
// Browsers lay nothing out that is higher than some tens of millions of pixels.
const HIGHEST = 8e6;
// On paper a list is as high as its rows: these are enough of them.
const HIGHEST_ROOM = 6000;

export class VirtualList {
  // `row(i)` makes the element of a row, `height` is that of each, in pixels; `label` names the list; `inTable`: its rows are a table's.
  constructor({ height, row, label, inTable = false, onrange = () => {} }) {
    this.height = height;
    this.row = row;
    this.onrange = onrange;
    this.count = 0;
    this.rows = new Map();
    this.top = 0;  // where it is scrolled to, and how high it is: asking the browser would make it lay out the page in between
    this.room = 0;
    this.wanted = null;
    this.inner = h("div", { class: "list-inner", role: inTable ? "presentation" : "list", "aria-label": inTable ? null : label });
    this.element = h("div", { class: "list", tabindex: "0", role: inTable ? "rowgroup" : "group", "aria-label": `${label}, scrolls` }, this.inner);
    this.element.addEventListener("scroll", () => {
      this.top = this.element.scrollTop;
      this.show();
    }, { passive: true });
    new ResizeObserver(() => this.measure()).observe(this.element);
  }

  measure() {
    this.room = Math.min(this.element.clientHeight, HIGHEST_ROOM);
    this.top = this.element.scrollTop;
    if (this.wanted !== null && this.room) this.reveal(this.wanted);
    this.show();
  }

  // How many pixels of the list one of the screen stands for.
  get factor() { return Math.max(1, (this.count * this.height) / HIGHEST); }

  resize(count) {
    this.count = count;
    this.inner.style.height = `${Math.min(count * this.height, HIGHEST)}px`;
    this.top = Math.min(this.top, Math.max(0, Math.min(count * this.height, HIGHEST) - this.room));
    this.refresh();
  }

  // Make the rows in sight anew.
  refresh() {
    for (const element of this.rows.values()) element.remove();
    this.rows.clear();
    this.show();
  }

  // Change those in sight, each by `change(element, i)`.
  each(change) { for (const [i, element] of this.rows) change(element, i); }

  show() {
    const top = this.top * this.factor;
    const first = Math.max(0, Math.floor(top / this.height) - SPARE);
    const last = Math.min(this.count, Math.ceil((top + this.room) / this.height) + SPARE);
    for (const [i, element] of this.rows) {
      if (i < first || i >= last) {
        element.remove();
        this.rows.delete(i);
      }
    }
    const come = document.createDocumentFragment();
    for (let i = first; i < last; i += 1) {
      let element = this.rows.get(i);
      if (!element) {
        element = this.row(i);
        element.classList.add("list-row");
        this.rows.set(i, element);
        come.append(element);
      } else if (this.factor === 1) {
        continue;
      }
      element.style.transform = `translateY(${i * this.height - top + this.top}px)`;
    }
    this.inner.append(come);
    if (last > first) this.onrange(first, last);
  }

  // Scroll so that a row is in sight, with some around it, if it is not.
  reveal(i) {
    this.wanted = this.room ? null : i;
    if (!this.room) return;
    const at = (i * this.height) / this.factor, margin = Math.min(this.room / 4, 3 * this.height);
    if (at - margin >= this.top && at + this.height + margin <= this.top + this.room) return;
    const most = Math.max(0, Math.min(this.count * this.height, HIGHEST) - this.room);
    const to = Math.max(0, Math.min(most, Math.round(at - this.room * 0.4)));
    if (to === this.top) return;
    this.top = to;
    this.element.scrollTop = to;
    this.show();
  }
}
