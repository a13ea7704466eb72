// What differs between two places: the record, each list and the files, field by field.

import { fill, h } from "./markup.js";
import { leaf } from "./tree.js";
import { moment } from "./words.js";

export class ComparePanel {
  constructor(film, { onwith }) {
    this.film = film;
    this.onwith = onwith;
    this.said = h("p", { class: "said" });
    this.body = h("tbody");
    this.table = h("table", { class: "differences" }, h("thead", {}, h("tr", {}, ["What", "Before", "After"].map((name) => h("th", { scope: "col", text: name })))), this.body);
    this.element = h("div", { class: "compare" }, h("div", { class: "bar" },
      h("button", { type: "button", onclick: () => this.onwith(this.place), text: "Hold this place" }),
      h("button", { type: "button", onclick: () => this.onwith(null), text: "Let go" })), this.said, this.table);
  }

  go(place, other) {
    this.place = place;
    this.table.hidden = other === null;
    if (other === null) {
      this.said.textContent = "Hold a place, then go to another one: what differs between the two is told here.";
      fill(this.body);
      return;
    }
    const [before, after] = other <= place ? [other, place] : [place, other];
    const rows = differences(this.film.state(before), this.film.state(after));
    this.said.textContent = `${moment(this.film.time(before))} (place ${before}) and ${moment(this.film.time(after))} (place ${after}): ${rows.length ? `${rows.length} differences` : "no difference"}`;
    fill(this.body, rows.slice(0, 2000).map(({ path, old, now }) => h("tr", {}, h("th", { scope: "row", class: "mono", text: path.join(" › ") }),
      h("td", { class: "old" }, shownValue(old)), h("td", { class: "new" }, shownValue(now)))));
  }
}

function shownValue(value) {
  if (value === undefined) return h("span", { class: "said", text: "–" });
  if (value === null || typeof value !== "object") return leaf(value);
  const text = JSON.stringify(value);
  return h("span", { class: "mono", text: text.length > 400 ? `${text.slice(0, 400)} …` : text });
}

// The fields in which two values differ, as { path, old, now }; undefined where one has none.
export function differences(old, now, path = []) {
  if (old === now) return [];
  const areObjects = isPlain(old) && isPlain(now);
  if (!areObjects) return JSON.stringify(old) === JSON.stringify(now) ? [] : [{ path, old, now }];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((key) => differences(old[key], now[key], [...path, key]));
}

const isPlain = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
