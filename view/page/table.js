// The time line's twin for those who do not see it: every event on it as a row of a table, a page at a time.

import { button, fill, h } from "./markup.js";
import { lanesOf, words } from "./lanes.js";
import { moment, spaced } from "./words.js";

const ROWS = 100;

export class TableTwin {
  constructor(film, ongo) {
    this.film = film;
    this.ongo = ongo;
    this.start = 0;
    this.body = h("tbody");
    this.said = h("span", { class: "said", "aria-live": "polite" });
    this.element = h("div", { class: "twin" },
      h("div", { class: "bar" }, button("◀", "Earlier rows", () => this.turn(-ROWS)), this.said, button("▶", "Later rows", () => this.turn(ROWS))),
      h("table", {}, h("caption", { class: "unseen", text: "All that is on the time line, in order" }),
        h("thead", {}, h("tr", {}, ["Time (UTC)", "Lane", "Object", "What", "Until (UTC)"].map((name) => h("th", { scope: "col", text: name })))), this.body));
  }

  // The alerts have come. Who has turned to other rows stays at them.
  refresh() {
    const first = this.turned ? this.rows[this.start][1] : null;
    this.rows = null;
    if (this.place === undefined || !this.element.offsetParent) return;
    this.go(this.place);
    const at = first ? this.rows.findIndex(([, item]) => item === first || (item.place ?? item.from) >= (first.place ?? first.from)) : -1;
    if (at < 0) return;
    this.start = Math.floor(at / ROWS) * ROWS;
    this.turned = true;
    this.show();
  }

  gather() {
    const rows = [];
    for (const lane of lanesOf(this.film, new Set(["member"]))) {
      for (const item of lane.items ?? []) rows.push([lane.depth ? "Members" : lane.name, item]);
      for (const span of lane.type === "member" ? [...lane.spans.map((one) => ({ ...one, said: `${one.key} is a member` })), ...lane.preferred.map((one) => ({ ...one, said: `${one.key} is preferred` }))] : []) rows.push(["Members", span]);
    }
    const time = (item) => item.t ?? this.film.time(item.place ?? item.from);
    this.rows = rows.sort((a, b) => (a[1].place ?? a[1].from) - (b[1].place ?? b[1].from) || time(a[1]) - time(b[1]));
  }

  turn(by) {
    this.turned = true;
    this.start = Math.max(0, Math.min(this.start + by, Math.floor((this.rows.length - 1) / ROWS) * ROWS));
    this.show();
  }

  // Show the rows around a place.
  go(place) {
    if (!this.rows) this.gather();
    const at = this.rows.findLastIndex(([, item]) => (item.place ?? item.from) <= place);
    this.place = place;
    this.turned = false;
    this.start = Math.max(0, Math.floor(Math.max(0, at) / ROWS) * ROWS);
    this.show();
  }

  show() {
    const shown = this.rows.slice(this.start, this.start + ROWS);
    this.said.textContent = `rows ${this.rows.length ? this.start + 1 : 0} to ${this.start + shown.length} of ${this.rows.length}`;
    fill(this.body, shown.map(([lane, item]) => {
      const place = item.place ?? item.from;
      const [what] = item.said ? [item.said] : words(item);
      return h("tr", { "aria-current": place === this.place ? "step" : null },
        h("td", { class: "mono" }, h("button", { type: "button", class: "link", onclick: () => this.ongo(place), text: moment(item.t ?? this.film.time(place)) })),
        h("td", { text: lane }), h("td", { class: "mono", text: item.entry?.of ?? item.alert?.id ?? this.film.id }),
        h("td", { text: item.entry ? `${item.entry.n ?? ""} ${spaced(item.entry.act)}: ${what}` : what }),
        h("td", { class: "mono", text: item.to === undefined ? "" : item.to === null ? "–" : moment(this.film.time(item.to)) }));
    }));
  }
}
