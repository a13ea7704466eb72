// Three ways to lay an object's story out from left to right, and the marks of the axis for each.
// All reckon in `u`: seconds since `base`, their logarithm, or the count of places.

import { clock, day, offset } from "./words.js";

const MODES = ["time", "log", "entries"];
const LEAST = { time: 2e-6, log: 1e-4, entries: 2 };
const DECADES = [0, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400, 2 * 86400, 7 * 86400, 30 * 86400, 90 * 86400, 365 * 86400, 3650 * 86400];

export class Layout {
  constructor(film, mode) {
    this.film = film;
    this.mode = MODES.includes(mode) ? mode : "time";
    this.zero = film.story.zero ?? film.times[0] ?? 0;
    this.base = Math.floor(Math.min(this.zero, film.times[0] ?? this.zero));
    this.least = LEAST[this.mode];
    this.places = Float64Array.from({ length: film.last + 1 }, (_, place) => this.ofTime(film.time(place), place));
    this.whole = this.wholeDomain();
  }

  // Where something lies that happened at a time, after a place.
  ofTime(t, place) {
    if (this.mode === "entries") return place;
    const seconds = t - this.base;
    return this.mode === "log" ? Math.log10(1 + Math.max(0, seconds)) : seconds;
  }

  ofPlace(place) { return this.places[Math.max(0, Math.min(place, this.film.last))]; }

  // The last place at or before `u`.
  placeAt(u) {
    if (this.mode === "entries") return Math.max(0, Math.min(this.film.last, Math.round(u)));
    return this.film.placeAt(this.timeAt(u));
  }

  timeAt(u) {
    if (this.mode === "entries") return this.film.time(Math.round(u));
    return this.base + (this.mode === "log" ? 10 ** u - 1 : u);
  }

  // All there is, with a little room on both sides.
  wholeDomain() {
    const first = this.mode === "entries" ? 0 : this.ofTime(Math.min(this.zero, this.film.times[0] ?? this.zero), 0);
    const last = this.ofPlace(this.film.last);
    const room = Math.max((last - first) * 0.025, this.mode === "entries" ? 1 : this.mode === "log" ? 0.05 : 0.5);
    return [first - room, last + room];
  }

  // Marks between two ends: { u, label, below }.
  marks([from, to], count) {
    if (this.mode === "entries") return this.marksOfPlaces(from, to, count);
    if (this.mode === "log") return this.marksOfDecades(from, to, count);
    return to - from < 20 ? this.marksOfSeconds(from, to, count) : this.marksOfDates(from, to, count);
  }

  below(u) { return offset(Math.round((u + this.base - this.zero) * 1e6) / 1e6); }

  marksOfDates(from, to, count) {
    const scale = d3.scaleUtc().domain([new Date((this.base + from) * 1000), new Date((this.base + to) * 1000)]);
    return scale.ticks(count).map((date) => {
      const t = date.getTime() / 1000, u = t - this.base;
      const isDay = t % 86400 === 0;
      return { u, label: isDay ? day(t) : t % 60 === 0 ? clock(t).slice(0, 5) : clock(t), strong: isDay, below: this.below(u) };
    });
  }

  marksOfSeconds(from, to, count) {
    const step = d3.tickStep(from, to, count);
    const decimals = Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));
    return d3.ticks(from, to, count).map((u) => {
      const whole = Math.floor(u + 1e-9);
      const fraction = decimals ? (u - whole).toFixed(decimals).slice(1) : "";
      return { u, label: clock(this.base + whole) + fraction, strong: Math.abs(u - whole) < 1e-9, below: this.below(u) };
    });
  }

  marksOfDecades(from, to, count) {
    const start = this.zero - this.base;
    if (10 ** to - 10 ** from < 4) return this.marksOfSeconds(10 ** from - 1, 10 ** to - 1, count).map((mark) => ({ ...mark, u: Math.log10(1 + mark.u) }));
    const found = [];
    let last = -Infinity;
    for (const seconds of DECADES) {
      const u = Math.log10(1 + seconds + start);
      if (u < from || u > to || u - last < ((to - from) / count) * 0.6) continue;
      last = u;
      found.push({ u, label: offset(seconds), below: clock(this.zero + seconds, 0), strong: seconds === 0 });
    }
    return found;
  }

  marksOfPlaces(from, to, count) {
    return d3.ticks(Math.max(0, from), Math.min(this.film.last, to), count).filter((u) => Number.isInteger(u)).map((u) => {
      const entry = this.film.entryAt(u);
      return { u, label: u === 0 ? "" : `${u}`, strong: false, below: u === 0 ? "" : clock(this.film.time(u), 0), entry };
    });
  }
}
