// The log of an object as of a place: the entry that the page stands at in full, and all of them in a list.

import { cleaned, fill, h } from "./markup.js";
import { VirtualList } from "./list.js";
import { clock, moment, spaced } from "./words.js";

export class LogPanel {
  constructor(film, { ongo, onfile }) {
    this.film = film;
    this.ongo = ongo;
    this.onfile = onfile;
    this.place = film.last;
    this.list = new VirtualList({ height: 26, label: "Log entries", row: (i) => this.row(i) });
    this.entry = h("div", { class: "entry", "aria-live": "polite", "aria-atomic": "true" });
    this.element = h("section", { class: "card log", "aria-label": "Log" }, h("h2", {}, "Log", (this.count = h("span", { class: "count" }))), this.entry, this.list.element);
    this.list.resize(film.own.length);
  }

  go(place) {
    const count = this.film.countAt(place);
    this.place = place;
    this.count.textContent = `${count.toLocaleString("en")} of ${this.film.own.length.toLocaleString("en")}`;
    this.current = count - 1;
    if (count) this.list.reveal(this.current);
    this.list.each((element, i) => this.mark(element, i));
    this.showEntry(this.film.own[this.current] ?? null);
  }

  // Mark a row as past, current or to come.
  mark(element, i) {
    const isCurrent = i === this.current;
    element.classList.toggle("to-come", this.film.own[i].place > this.place);
    if (isCurrent === element.classList.contains("current")) return;
    element.classList.toggle("current", isCurrent);
    if (isCurrent) element.setAttribute("aria-current", "step");
    else element.removeAttribute("aria-current");
  }

  row(i) {
    const entry = this.film.own[i];
    const row = h("div", { role: "listitem", class: "log-row", onclick: () => this.ongo(entry.place) },
    h("span", { class: "n", text: entry.n ?? "·" }), h("time", { class: "mono", text: clock(entry.t) }),
    h("span", { class: `act ${kindOfAct(entry)}`, text: "" }), h("span", { class: "text", text: entry.text.slice(0, 200) }),
    entry.file && h("span", { class: "file mono", text: `${entry.file},${entry.version ?? 0}` }));
    this.mark(row, i);
    return row;
  }

  showEntry(entry) {
    if (!entry) {
      fill(this.entry, h("p", { class: "said", text: "At this place the object was not there yet." }));
      return;
    }
    const tags = this.film.tags(entry, this.place);
    const body = entry.html !== undefined ? cleaned("div", { class: "comment" }, entry.html) : h("div", { class: "comment plain", text: entry.text });
    fill(this.entry, h("div", { class: "entry-head" }, h("b", { text: entry.n === null ? "no log entry" : `Log ${entry.n}` }),
      h("span", { class: `chip ${kindOfAct(entry)}`, text: spaced(entry.act) }), h("time", { class: "mono", text: `${moment(entry.t)} UTC` }),
      entry.who && h("span", { class: "who", text: entry.who })), body,
    (entry.file || tags.length > 0) && h("div", { class: "entry-foot" },
      entry.file && h("button", { type: "button", class: "link mono", onclick: () => this.onfile(`${entry.file},${entry.version ?? 0}`), text: `${entry.file},${entry.version ?? 0}` }),
      tags.map((tag) => h("span", { class: "tag", text: tag }))));
  }
}

// Which colour an entry has: that of what it did.
export function kindOfAct(entry) {
  const act = entry.act;
  if (act.startsWith("label")) return "label";
  if (act.startsWith("signoff")) return "signoff";
  if (act === "voevent") return "voevent";
  if (act.startsWith("event_") || act.includes("preferred") || act.includes("superevent") || act.includes("pipeline")) return "member";
  if (act === "created" || act === "updated" || act === "uploaded" || act === "replaced" || act === "confirmed") return "alert";
  if (entry.file) return "file";
  return "log";
}
