// The time line: lanes drawn on a canvas, which zooms and pans, with a cursor for the place that the page shows.

import { icon } from "./icons.js";
import { button, fill, h } from "./markup.js";
import { Overview } from "./overview.js";
import { colourOf, lanesOf, words } from "./lanes.js";
import { Layout } from "./scale.js";
import { clock, moment, offset } from "./words.js";

const AXIS = 42;
const NEAR = 5;
const KEYS = [["← →", "one place back or on"], ["Page up, page down", "ten places"], ["Home, End", "the first and the last place"], ["a, A", "the next alert, the one before"],
  ["+ −", "zoom in and out"], ["Shift + ← →", "move what is in sight"], ["0", "show all"], ["wheel", "zoom where the pointer is"], ["Shift + wheel, drag", "move"]];
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const dark = window.matchMedia("(prefers-color-scheme: dark)");

export class Timeline {
  // `ongo(place)` is called where somebody points at a place, `onmode` where the layout changes.
  constructor(film, { mode = null, ongo, onmode }) {
    this.film = film;
    this.ongo = ongo;
    this.onmode = onmode;
    this.open = new Set();
    this.place = film.last;
    this.with = null;
    this.build();
    this.setMode(mode ?? naturalMode(film), false);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.stage);
    this.recolour = () => { this.colours = null; this.resize(); };
    dark.addEventListener("change", this.recolour);
  }

  close() {
    this.observer.disconnect();
    dark.removeEventListener("change", this.recolour);
  }

  // -- what it is made of

  build() {
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.future = h("div", { class: "future" });
    this.cursor = h("div", { class: "cursor" }, h("span", { class: "flag" }));
    this.other = h("div", { class: "cursor other", hidden: true }, h("span", { class: "flag" }));
    this.tip = h("div", { class: "tip", hidden: true });
    this.gutter = h("div", { class: "gutter" });
    this.hair = h("div", { class: "hair", hidden: true }, h("span"));
    this.stage = h("div", { class: "stage" }, this.canvas, this.future, this.hair, this.other, this.cursor, this.tip);
    this.overview = new Overview((share) => this.centre(share));
    this.modes = h("div", { class: "choice", role: "radiogroup", "aria-label": "Layout of the time line" }, ["time", "log", "entries"].map((mode) =>
      h("label", {}, h("input", { type: "radio", name: "layout", value: mode, onchange: () => this.setMode(mode, true) }), h("span", { text: mode }))));
    this.range = h("input", { type: "range", class: "scrub", min: "0", max: String(this.film.last), step: "1", "aria-label": "Place in the history" });
    this.range.addEventListener("input", () => this.ongo(Number(this.range.value)));
    this.help = helpDialog();
    const tools = h("div", { class: "tools" }, this.modes,
      h("div", { class: "group" }, button(icon("minus"), "Zoom out (-)", () => this.zoomBy(1 / 2)), button(icon("plus"), "Zoom in (+)", () => this.zoomBy(2)),
        button(icon("whole"), "Show all (0)", () => this.showAll())), h("div", { class: "group" }, button(icon("help"), "Keys", () => this.help.showModal())));
    const legend = h("p", { class: "legend said" }, h("span", { class: "hollow" }), "inferred, or absent", h("span", { class: "star", text: "★" }), "preferred");
    this.head = h("div", { class: "timeline-head" }, h("h2", { text: "Time line" }), legend, tools);
    this.steps = h("div", { class: "group" }, button(icon("first"), "First place (Home)", () => this.ongo(this.film.first)),
      button(icon("back"), "One place back (left arrow)", () => this.step(-1)), button(icon("on"), "One place on (right arrow)", () => this.step(1)),
      button(icon("last"), "Last place (End)", () => this.ongo(this.film.last)));
    this.element = h("section", { class: "timeline card", "aria-label": "Time line", tabindex: "0", onkeydown: (event) => this.key(event) },
      this.head, h("div", { class: "overview-row" }, h("div"), this.overview.element), h("div", { class: "lanes" }, this.gutter, this.stage),
      h("div", { class: "scrubber" }, this.steps, this.range), this.help);
    this.zoom = d3.zoom().scaleExtent([1, 1e14]).on("zoom", (event) => this.zoomed(event));
    d3.select(this.stage).call(this.zoom).on("dblclick.zoom", null);
    this.zoom.filter((event) => !event.button && !(event.type === "wheel" && event.shiftKey));
    this.stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.stage.addEventListener("click", (event) => this.click(event));
    this.stage.addEventListener("pointermove", (event) => this.hover(event));
    this.stage.addEventListener("pointerleave", () => { this.tip.hidden = this.hair.hidden = true; });
  }

  relane() {
    this.unit = parseFloat(getComputedStyle(document.documentElement).fontSize) / 14;
    this.axis = Math.round(AXIS * this.unit);
    this.lanes = lanesOf(this.film, this.open, this.unit);
    this.height = this.axis + this.lanes.reduce((sum, lane) => sum + lane.height, 0) + 6;
    this.stage.style.height = `${this.height}px`;
    const corner = h("div", { class: "gutter-axis" });
    corner.style.height = `${this.axis}px`;
    fill(this.gutter, corner, this.lanes.map((lane) => this.nameOf(lane)));
    for (const lane of this.lanes) lane.us = this.usOf(lane);
    this.resize();
  }

  nameOf(lane) {
    const row = h("div", { class: `lane-name depth-${lane.depth ?? 0}` });
    row.style.height = `${lane.height}px`;
    const swatch = h("span", { class: `swatch ${colourOf(lane.kind)}` });
    if (lane.unfolds) {
      const turn = () => {
        const key = lane.key;
        if (lane.open) { this.open.delete(key); this.open.add(`no ${key}`); } else { this.open.add(key); this.open.delete(`no ${key}`); }
        this.relane();
        this.gutter.querySelector(`[data-lane="${key}"]`)?.focus();
      };
      row.append(h("button", { type: "button", class: "unfold", "aria-expanded": String(lane.open), "data-lane": lane.key, onclick: turn }, swatch,
        h("span", { class: "lane-text", text: lane.name }), h("span", { class: "count", text: String(lane.unfolds) })));
    } else if (lane.type === "member") {
      row.append(lane.ref ? h("a", { href: `#/${lane.ref}`, class: "lane-text mono", text: lane.name }) : h("span", { class: "lane-text mono", text: lane.name }),
        h("span", { class: "said", text: lane.said }));
    } else {
      nameText(row, lane, swatch);
    }
    return row;
  }

  usOf(lane) {
    const layout = this.layout;
    return Float64Array.from(lane.items, (item) => {
      if (item.from !== undefined) return layout.ofPlace(item.from);
      return item.alert ? layout.ofTime(item.t, item.place) : layout.ofPlace(item.place);
    });
  }

  // The alerts have come.
  refresh() { this.relane(); }

  // -- layout, zoom and size

  setMode(mode, told) {
    this.layout = new Layout(this.film, mode);
    for (const input of this.modes.querySelectorAll("input")) input.checked = input.value === this.layout.mode;
    this.transform = d3.zoomIdentity;
    this.relane();
    d3.select(this.stage).property("__zoom", d3.zoomIdentity);
    if (told) this.onmode?.(this.layout.mode);
  }

  resize() {
    const width = this.stage.clientWidth, ratio = window.devicePixelRatio || 1;
    if (!width) return;
    if (width !== this.width && this.width) {
      const t = this.transform;
      this.transform = d3.zoomIdentity.translate((t.x * width) / this.width, 0).scale(t.k);
      d3.select(this.stage).property("__zoom", this.transform);
    }
    this.width = width;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${this.height}px`;
    const [from, to] = this.layout.whole;
    this.zoom.extent([[0, 0], [width, this.height]]).translateExtent([[0, 0], [width, this.height]])
      .scaleExtent([1, Math.max(1, (to - from) / this.layout.least)]);
    this.whole = d3.scaleLinear().domain([from, to]).range([0, width]);
    this.x = this.transform.rescaleX(this.whole);
    this.overview.draw(this.layout.places.subarray(1), this.layout.whole, width, this.palette().log);
    this.inSight();
    this.later();
  }

  // Tell the overview what is in sight.
  inSight() {
    const [from, to] = this.layout.whole, [left, right] = this.x.domain();
    this.overview.show((left - from) / (to - from), (right - from) / (to - from));
  }

  centre(share) {
    const { k } = this.transform;
    this.zoom.transform(d3.select(this.stage), d3.zoomIdentity.translate(Math.min(0, Math.max(this.width * (1 - k), this.width / 2 - k * share * this.width)), 0).scale(k));
  }

  zoomed(event) {
    this.transform = event.transform;
    if (!this.whole) return;
    this.x = this.transform.rescaleX(this.whole);
    this.inSight();
    this.later();
  }

  smoothly() { return calm.matches ? d3.select(this.stage) : d3.select(this.stage).transition().duration(160); }

  zoomBy(factor) { this.zoom.scaleBy(this.smoothly(), factor, [this.keepInSight(), 0]); }

  panBy(share) { this.zoom.translateBy(this.smoothly(), (share * this.width) / this.transform.k, 0); }

  showAll() { this.zoom.transform(this.smoothly(), d3.zoomIdentity); }

  keepInSight() {
    const at = this.x(this.layout.ofPlace(this.place));
    return at >= 0 && at <= this.width ? at : this.width / 2;
  }

  wheel(event) {
    if (!event.shiftKey) return;
    event.preventDefault();
    this.zoom.translateBy(d3.select(this.stage), -(event.deltaX || event.deltaY) / this.transform.k, 0);
  }

  // -- the place

  go(place, other = null) {
    this.place = place;
    this.with = other;
    this.range.value = String(place);
    const entry = this.film.entryAt(place);
    this.range.setAttribute("aria-valuetext", entry ? `${entry.n === null ? "" : `log entry ${entry.n}, `}${moment(this.film.time(place))}, ${entry.text.slice(0, 120)}` : "before it was there");
    this.placeCursor();
  }

  placeCursor() {
    if (!this.x) return;
    this.put(this.cursor, this.place);
    this.other.hidden = this.with === null;
    if (this.with !== null) this.put(this.other, this.with);
    const at = Math.max(0, Math.min(this.width, this.x(this.layout.ofPlace(this.place)) + 0.5));
    this.future.style.transform = `translateX(${at}px)`;
    this.range.style.setProperty("--done", `${(100 * this.place) / Math.max(1, this.film.last)}%`);
  }

  put(cursor, place) {
    const at = this.x(this.layout.ofPlace(place));
    cursor.style.transform = `translateX(${at}px)`;
    cursor.classList.toggle("left", at > this.width - 150);
    cursor.classList.toggle("outside", at < 0 || at > this.width);
    const entry = this.film.entryAt(place);
    const n = entry && entry.n !== null && entry.place === place ? `log ${entry.n}` : `place ${place}`;
    cursor.firstChild.textContent = `${n} · ${offset(Math.round((this.film.time(place) - this.layout.zero) * 1e6) / 1e6)}`;
  }

  step(by) { this.ongo(Math.max(0, Math.min(this.film.last, this.place + by))); }

  // The next alert after the place (or the one before it), of the same type as `type` if that is given.
  stepToAlert(by) {
    const places = [...new Set((this.film.alerts ?? []).map((alert) => alert.place))];
    const next = by > 0 ? places.find((place) => place > this.place) : places.findLast((place) => place < this.place);
    if (next !== undefined) this.ongo(next);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isScrub = event.target === this.range;
    if (!isScrub && event.target.matches("input, button, a, select") && !["+", "-", "0"].includes(event.key)) return;
    const keys = {
      ArrowLeft: () => (event.shiftKey ? this.panBy(0.25) : this.step(-1)), ArrowRight: () => (event.shiftKey ? this.panBy(-0.25) : this.step(1)),
      PageDown: () => this.step(10), PageUp: () => this.step(-10), Home: () => this.ongo(this.film.first), End: () => this.ongo(this.film.last),
      "+": () => this.zoomBy(2), "=": () => this.zoomBy(2), "-": () => this.zoomBy(1 / 2), 0: () => this.showAll(),
      a: () => this.stepToAlert(1), A: () => this.stepToAlert(-1),
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  }

  // -- the pointer

  itemAt(event) {
    const box = this.stage.getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top - this.axis;
    const lane = this.lanes.find((one) => y >= one.top && y < one.top + one.height);
    if (!lane || !lane.items.length) return { x, y, lane };
    if (lane.type === "spans") {
      const row = Math.floor((y - lane.top - 4) / (20 * this.unit));
      const item = lane.items.find((one) => one.row === row && this.x(this.layout.ofPlace(one.from)) <= x
        && x <= (one.to === null ? this.width : this.x(this.layout.ofPlace(one.to))));
      return { x, y, lane, item };
    }
    let best = null, least = 8, near = 0;
    const u = this.x.invert(x - 8);
    for (let i = lowerBound(lane.us, u); i < lane.us.length; i += 1) {
      const distance = Math.abs(this.x(lane.us[i]) - x);
      if (this.x(lane.us[i]) > x + 8) break;
      near += 1;
      if (distance < least) { least = distance; best = lane.items[i]; }
    }
    return { x, y, lane, item: best, near };
  }

  click(event) {
    if (event.defaultPrevented) return;
    const { x, item } = this.itemAt(event);
    const place = item ? item.place ?? item.from : this.layout.placeAt(this.x.invert(x));
    this.ongo(place);
  }

  hover(event) {
    const { x, y, item, near } = this.itemAt(event);
    this.hair.hidden = event.buttons > 0;
    this.hair.style.transform = `translateX(${x}px)`;
    const u = this.x.invert(x);
    this.hair.firstChild.textContent = this.layout.mode === "entries" ? `place ${this.layout.placeAt(u)}` : this.pointed(u);
    this.hair.classList.toggle("left", x > this.width - 130);
    if (event.buttons) { this.tip.hidden = true; return; }
    if (!item) { this.tip.hidden = true; return; }
    const [what, more] = words(item);
    const place = item.place ?? item.from;
    fill(this.tip, h("b", { text: what.slice(0, 240) }), h("span", { text: `${moment(item.t ?? this.film.time(place))} UTC` }), more && h("span", { text: more }),
      near > 1 && h("span", { text: `and ${near - 1} more here` }));
    this.tip.hidden = false;
    const right = x > this.width / 2;
    this.tip.style.left = right ? "auto" : `${x + 14}px`;
    this.tip.style.right = right ? `${this.width - x + 14}px` : "auto";
    this.tip.style.top = `${Math.max(0, y + this.axis - 10)}px`;
  }

  // The time under the pointer, as finely as a pixel tells it.
  pointed(u) {
    const t = this.layout.timeAt(u), pixel = Math.abs(this.layout.timeAt(this.x.invert(this.x(u) + 1)) - t);
    return `${clock(t, pixel < 1e-4 ? 6 : pixel < 0.1 ? 3 : 0)} ${offset(+(t - this.layout.zero).toFixed(pixel < 1e-4 ? 6 : pixel < 0.1 ? 3 : 0))}`;
  }

  // -- drawing

  later() {
    this.placeCursor();
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = null;
      this.draw();
    });
  }

  palette() {
    if (!this.colours) {
      const style = getComputedStyle(this.element);
      const get = (name) => style.getPropertyValue(`--${name}`).trim();
      this.colours = Object.fromEntries(["ink", "ink-2", "ink-3", "line", "grid", "surface", "log", "label", "file", "alert", "signoff", "voevent", "member", "other"].map((name) => [name, get(name)]));
      this.font = style.fontFamily;
    }
    return this.colours;
  }

  fontOf(size, weight = 400) { return `${weight} ${size * this.unit}px ${this.font}`; }

  draw() {
    if (!this.x || !this.element.isConnected) return;
    const context = this.canvas.getContext("2d"), ratio = window.devicePixelRatio || 1, colours = this.palette();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    this.drawAxis(context, colours);
    for (const lane of this.lanes) {
      context.fillStyle = colours.line;
      if (!lane.depth) context.fillRect(0, this.axis + lane.top - 0.5, this.width, 1);
      if (lane.type === "spans") this.drawSpans(context, lane, colours);
      else if (lane.type === "member") this.drawMember(context, lane, colours);
      else this.drawPoints(context, lane, colours, this.axis + lane.top + lane.height / 2);
    }
    this.placeCursor();
  }

  drawAxis(context, colours) {
    const marks = this.layout.marks(this.x.domain(), Math.max(2, Math.floor(this.width / (105 * this.unit))));
    context.textBaseline = "middle";
    context.textAlign = "left";
    let free = -Infinity;
    for (const mark of marks) {
      const x = Math.round(this.x(mark.u)) + 0.5;
      if (x < -80 || x > this.width) continue;
      context.strokeStyle = colours.grid;
      context.beginPath();
      context.moveTo(x, 4);
      context.lineTo(x, this.height);
      context.stroke();
      if (x < free) continue;
      context.font = this.fontOf(12, mark.strong ? 600 : 400);
      context.fillStyle = colours.ink;
      context.fillText(mark.label, x + 5, 13 * this.unit);
      free = x + 14 + context.measureText(mark.label).width;
      context.font = this.fontOf(11);
      context.fillStyle = colours["ink-3"];
      context.fillText(mark.below, x + 5, 29 * this.unit);
      free = Math.max(free, x + 14 + context.measureText(mark.below).width);
    }
  }

  // Points; those that would lie on each other are one bar, the higher the more there are.
  drawPoints(context, lane, colours, middle) {
    const colour = colours[colourOf(lane.kind)], us = lane.us, x = this.x;
    const end = x.invert(this.width + 10);
    let i = lowerBound(us, x.invert(-10));
    while (i < us.length && us[i] <= end) {
      const from = x(us[i]);
      let to = from, count = 1, sure = lane.items[i].sure ? 1 : 0;
      while (i + count < us.length) {
        const next = x(us[i + count]);
        if (next - to > NEAR * this.unit) break;
        to = Math.max(to, next);
        sure += lane.items[i + count].sure ? 1 : 0;
        count += 1;
      }
      if (to - from > 30 * this.unit && count > 24) this.drawDensity(context, us, i, count, colour, middle, (lane.depth ? 14 : 22) * this.unit);
      else this.drawBar(context, from, to, count, sure / count, colour, middle, lane.depth ? 14 : 20);
      i += count;
    }
  }

  // Where points lie close for long: how many there are at each few pixels.
  drawDensity(context, us, start, count, colour, middle, most) {
    const step = 4 * this.unit, bins = new Map();
    for (let i = start; i < start + count; i += 1) {
      const bin = Math.floor(this.x(us[i]) / step);
      bins.set(bin, (bins.get(bin) ?? 0) + 1);
    }
    let greatest = 1;
    for (const many of bins.values()) greatest = Math.max(greatest, many);
    context.fillStyle = colour;
    for (const [bin, many] of bins) {
      const high = Math.max(4 * this.unit, (most * Math.log1p(many)) / Math.log1p(greatest));
      context.fillRect(bin * step, middle - high / 2, step - 1, high);
    }
  }

  // One bar; what is sure is full, what is not is hollow, and where both lie on each other it is half full.
  drawBar(context, from, to, count, sure, colour, middle, most) {
    const unit = this.unit, high = unit * (count === 1 ? 8 : Math.min(most, 8 + 2.4 * Math.log2(count)));
    const wide = to - from + 8 * unit, left = from - 4 * unit;
    context.beginPath();
    context.roundRect(left, middle - high / 2, wide, high, Math.min(4 * unit, high / 2));
    context.fillStyle = sure === 1 ? colour : this.colours.surface;
    context.fill();
    if (sure < 1) {
      context.globalAlpha = sure ? 0.45 : 0.1;
      context.fillStyle = colour;
      context.fill();
      context.globalAlpha = 1;
      context.strokeStyle = colour;
      context.lineWidth = 1.5;
      context.stroke();
      context.lineWidth = 1;
    }
    const text = String(count);
    if (count > 2 && wide > unit * (7 * text.length + 8)) {
      context.font = this.fontOf(10, 600);
      context.textAlign = "center";
      context.fillStyle = sure === 1 ? this.colours.surface : this.colours.ink;
      context.fillText(text, left + wide / 2, middle + 0.5);
      context.textAlign = "left";
    }
  }

  drawSpans(context, lane, colours) {
    const colour = colours[colourOf(lane.kind)];
    for (const item of lane.items) {
      const from = Math.max(-6, this.x(this.layout.ofPlace(item.from)));
      const to = Math.min(this.width + 6, item.to === null ? this.width + 6 : this.x(this.layout.ofPlace(item.to)));
      if (to < -5 || from > this.width) continue;
      const unit = this.unit, y = this.axis + lane.top + 4 + item.row * 20 * unit;
      context.globalAlpha = 0.16;
      context.fillStyle = colour;
      context.beginPath();
      context.roundRect(from, y + 1, Math.max(3, to - from), 17 * this.unit, 3);
      context.fill();
      context.globalAlpha = 1;
      context.fillRect(from, y + 1, 3, 17 * this.unit);
      if (to - from > 24) {
        context.save();
        context.beginPath();
        context.rect(from, y, to - from - 2, 20 * this.unit);
        context.clip();
        context.font = this.fontOf(11.5, 500);
        context.fillStyle = colours.ink;
        context.fillText(item.key || "–", Math.max(from, 0) + 8, y + 10 * this.unit);
        context.restore();
      }
    }
  }

  drawMember(context, lane, colours) {
    const middle = this.axis + lane.top + lane.height / 2, colour = colours.member;
    const bar = (span, height, alpha) => {
      const from = Math.max(-6, this.x(this.layout.ofPlace(span.from)));
      const to = Math.min(this.width + 6, span.to === null ? this.width + 6 : this.x(this.layout.ofPlace(span.to)));
      context.globalAlpha = alpha;
      context.fillStyle = colour;
      context.beginPath();
      context.roundRect(from, middle - height / 2, Math.max(2, to - from), height, 3);
      context.fill();
      context.globalAlpha = 1;
      return from;
    };
    for (const span of lane.spans) bar(span, 4 * this.unit, 0.35);
    for (const span of lane.preferred) {
      const from = bar(span, 18 * this.unit, 0.2);
      context.font = this.fontOf(12);
      context.fillStyle = colour;
      context.fillText("★", Math.max(from, 0) + 6, middle + 1);
    }
    this.drawPoints(context, lane, colours, middle);
  }
}

function nameText(row, lane, swatch) {
  row.append(lane.depth ? h("span", { class: "lane-text", title: lane.name, text: lane.name }) : h("span", { class: "lane-plain" }, swatch,
    h("span", { class: "lane-text", text: lane.name }), h("span", { class: "count", text: String(lane.count ?? "") })));
}

// The first index at which a sorted array holds at least a value.
function lowerBound(values, least) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Along the logarithm of time where most of a story happens in a small part of it.
function naturalMode(film) {
  const span = film.time(film.last) - film.time(1);
  return span > 0 && film.time(Math.ceil(film.last / 2)) - film.time(1) < span / 8 ? "log" : "time";
}

function helpDialog() {
  const dialog = h("dialog", { "aria-label": "Keys of the time line" }, h("h2", { text: "Keys of the time line" }),
    h("dl", {}, KEYS.map(([key, what]) => [h("dt", { text: key }), h("dd", { text: what })])), h("form", { method: "dialog" }, h("button", { text: "Close" })));
  return dialog;
}
