// A long list of rows of one height, of which only those in sight are in the document.

import { h } from "./markup.js";

const SPARE = 8;
// Browsers lay nothing out that is higher than some tens of millions of pixels.
const HIGHEST = 8e6;

export class VirtualList {
  // `row(i)` makes the element of a row, `height` is that of each, in pixels; `label` names the list; `inTable`: its rows are a table's.
  constructor({ height, row, label, inTable = false, onrange = () => {} }) {
    this.height = height;
    this.row = row;
    this.onrange = onrange;
    this.count = 0;
    this.rows = new Map();
    this.inner = h("div", { class: "list-inner", role: inTable ? "presentation" : "list", "aria-label": inTable ? null : label });
    this.element = h("div", { class: "list", tabindex: "0", role: inTable ? "rowgroup" : "group", "aria-label": `${label}, scrolls` }, this.inner);
    this.element.addEventListener("scroll", () => this.show(), { passive: true });
    new ResizeObserver(() => this.show()).observe(this.element);
  }

  resize(count) {
    this.count = count;
    this.inner.style.height = `${Math.min(count * this.height, HIGHEST)}px`;
    this.refresh();
  }

  // Make the rows in sight anew.
  refresh() {
    for (const element of this.rows.values()) element.remove();
    this.rows.clear();
    this.show();
  }

  show() {
    const { scrollTop, clientHeight } = this.element;
    const factor = Math.max(1, (this.count * this.height) / HIGHEST);
    const top = scrollTop * factor;
    const first = Math.max(0, Math.floor(top / this.height) - SPARE);
    const last = Math.min(this.count, Math.ceil((top + clientHeight) / this.height) + SPARE);
    for (const [i, element] of this.rows) {
      if (i < first || i >= last) {
        element.remove();
        this.rows.delete(i);
      }
    }
    for (let i = first; i < last; i += 1) {
      let element = this.rows.get(i);
      if (!element) {
        element = this.row(i);
        element.classList.add("list-row");
        this.rows.set(i, element);
        this.inner.append(element);
      }
      element.style.transform = `translateY(${i * this.height - top + scrollTop}px)`;
    }
    if (last > first) this.onrange(first, last);
  }

  // Scroll so that a row is in sight, with some around it, if it is not.
  reveal(i) {
    const factor = Math.max(1, (this.count * this.height) / HIGHEST);
    const { scrollTop, clientHeight } = this.element;
    const top = (i * this.height) / factor, margin = Math.min(clientHeight / 4, 3 * this.height);
    if (top - margin < scrollTop || top + this.height + margin > scrollTop + clientHeight) this.element.scrollTop = top - clientHeight * 0.4;
  }
}
