// The strip above the time line: all of it at once, how dense it is where, and which part of it the lanes show.

import { h } from "./markup.js";

const HEIGHT = 26;

export class Overview {
  // `onmove(share)` is called with where the middle of the part in sight is to be, as a share of the whole.
  constructor(onmove) {
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.window = h("div", { class: "window" });
    this.element = h("div", { class: "overview" }, this.canvas, this.window);
    const move = (event) => {
      const box = this.element.getBoundingClientRect();
      onmove((event.clientX - box.left) / box.width);
    };
    this.element.addEventListener("pointerdown", (event) => {
      this.element.setPointerCapture(event.pointerId);
      move(event);
    });
    this.element.addEventListener("pointermove", (event) => { if (event.buttons) move(event); });
  }

  // Draw how many of `us`, which are in order, fall into each few pixels of a domain.
  draw(us, [from, to], width, colour) {
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = HEIGHT * ratio;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${HEIGHT}px`;
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const bins = new Uint32Array(Math.max(1, Math.ceil(width / 4)));
    for (const u of us) bins[Math.max(0, Math.min(bins.length - 1, Math.floor((((u - from) / (to - from)) * width) / 4)))] += 1;
    const most = Math.log1p(bins.reduce((a, b) => Math.max(a, b), 1));
    context.fillStyle = colour;
    bins.forEach((count, i) => {
      if (!count) return;
      const high = Math.max(2, (Math.log1p(count) / most) * (HEIGHT - 6));
      context.fillRect(i * 4, HEIGHT - 2 - high, 3, high);
    });
  }

  // Mark the part in sight, as shares of the whole.
  show(from, to) {
    this.window.style.left = `${100 * from}%`;
    this.window.style.width = `${100 * Math.max(0.004, to - from)}%`;
    this.element.classList.toggle("whole", from <= 0.001 && to >= 0.999);
  }
}
