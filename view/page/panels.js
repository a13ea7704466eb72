// What stands beside the log: the record, the lists, the alerts and what a dummy would answer, each as of a place.

import { get, isServed, of } from "./api.js";
import { fill, h } from "./markup.js";
import { VirtualList } from "./list.js";
import { tree } from "./tree.js";
import { clock, moment, spaced } from "./words.js";

// A row of tabs over panels: { key: [name, panel] }, each panel with an `element` and `go(place, with)`.
export class Tabs {
  constructor(panels, { label, onturn }) {
    this.panels = panels;
    this.onturn = onturn;
    this.buttons = new Map();
    this.bar = h("div", { class: "tabs", role: "tablist", "aria-label": label, onkeydown: (event) => this.key(event) });
    this.element = h("section", { class: "card panels", "aria-label": label }, this.bar);
    for (const [key, [name, panel]] of Object.entries(panels)) {
      const tab = h("button", { type: "button", role: "tab", id: `tab-${key}`, "aria-controls": `panel-${key}`, onclick: () => this.turn(key, true), text: name });
      const box = h("div", { class: "panel", role: "tabpanel", id: `panel-${key}`, "aria-labelledby": `tab-${key}`, tabindex: "0", hidden: true }, panel.element);
      this.buttons.set(key, [tab, box]);
      this.bar.append(tab);
      this.element.append(box);
    }
    this.turn(Object.keys(panels)[0], false);
  }

  turn(key, told) {
    if (!(key in this.panels)) return;
    this.key_ = key;
    for (const [name, [tab, box]] of this.buttons) {
      tab.setAttribute("aria-selected", String(name === key));
      tab.tabIndex = name === key ? 0 : -1;
      box.hidden = name !== key;
    }
    if (this.place !== undefined) this.panels[key][1].go(this.place, this.other);
    if (told) this.onturn(key);
  }

  get current() { return this.key_; }

  go(place, other) {
    this.place = place;
    this.other = other;
    this.panels[this.key_][1].go(place, other);
  }

  key(event) {
    const keys = [...this.buttons.keys()], at = keys.indexOf(this.key_);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: keys.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const key = keys[(to + keys.length) % keys.length];
    this.turn(key, true);
    this.buttons.get(key)[0].focus();
  }
}

export class RecordPanel {
  constructor(film) {
    this.film = film;
    this.said = h("p", { class: "said" });
    this.body = h("tbody");
    this.element = h("div", { class: "record" }, this.said, h("table", { class: "fields" },
      h("caption", { class: "unseen", text: "The record at this place" }), this.body));
  }

  go(place) {
    const record = this.film.record(place), before = this.film.record(Math.max(0, place - 1));
    const doubt = this.film.doubt(place);
    this.said.textContent = doubt ? `${doubt[1]}: ${doubt[2]}` : "";
    this.said.hidden = !doubt;
    if (record === this.shown && this.before === before) return;
    this.shown = record;
    this.before = before;
    const isChanged = (name) => name in before && JSON.stringify(before[name]) !== JSON.stringify(record[name]);
    fill(this.body, Object.entries(record).map(([name, value]) => h("tr", { class: isChanged(name) ? "changed" : null },
      h("th", { scope: "row", text: name }), h("td", {}, tree(value, Array.isArray(value) && value.length < 9 ? 1 : 0),
        isChanged(name) && (before[name] === null || typeof before[name] !== "object") && h("span", { class: "was", text: `was ${before[name]}` })))));
    if (!Object.keys(record).length) fill(this.body, h("tr", {}, h("td", { class: "said", text: "it was not there yet" })));
  }
}

export class ListsPanel {
  constructor(film) {
    this.film = film;
    this.element = h("div", { class: "lists" });
  }

  go(place) {
    const now = this.film.story.kinds.map(({ name }) => [name, this.film.there(name, place)]);
    const key = JSON.stringify(now.map(([, spans]) => spans.map((span) => [span.key, span.from])));
    if (key === this.shown) return;
    this.shown = key;
    fill(this.element, now.map(([name, spans]) => h("section", {}, h("h3", {}, spaced(name), h("span", { class: "count", text: String(spans.length) })),
      spans.map((span) => tree(span.record, 0, span.key || "–")))));
  }
}

export class AlertsPanel {
  constructor(film, { ongo }) {
    this.film = film;
    this.ongo = ongo;
    this.list = new VirtualList({ height: 44, label: "Alerts", row: (i) => this.row(i) });
    this.message = h("div", { class: "viewer", "aria-live": "polite" });
    this.element = h("div", { class: "alerts" }, this.list.element, this.message);
  }

  go(place) {
    this.place = place;
    const alerts = this.film.alerts ?? [];
    if (this.list.count !== alerts.length) this.list.resize(alerts.length);
    else this.list.refresh();
    const at = alerts.findLastIndex((alert) => alert.place <= place);
    if (at >= 0) this.list.reveal(at);
  }

  row(i) {
    const alert = this.film.alerts[i];
    return h("div", { role: "listitem", class: `alert-row${alert.place <= this.place ? "" : " to-come"}` },
      h("div", {}, h("button", { type: "button", class: "link", onclick: () => this.show(i), text: spaced(alert.type) }), h("span", { class: "mono", text: alert.id }),
        h("time", { class: "mono", text: clock(alert.t) }), h("span", { class: `certainty ${alert.certainty}`, title: alert.reason ?? "", text: alert.certainty })),
      h("div", { class: "text", text: alert.what || "–" }));
  }

  async show(i) {
    const alert = this.film.alerts[i];
    this.ongo(alert.place);
    fill(this.message, h("h3", { text: `${spaced(alert.type)} of ${alert.id}` }), h("p", { class: "said", text: [alert.nodes.join(", "), `${moment(alert.t)} UTC`, alert.reason].filter(Boolean).join(" · ") }));
    try {
      const { payload } = await get(of(this.film.ref, `/alerts/${i}`));
      this.message.append(tree(payload, 2));
    } catch (error) {
      this.message.append(h("p", { class: "said", text: error.message }));
    }
  }
}

export class AnswersPanel {
  constructor(film) {
    this.film = film;
    const asked = film.story.asked ?? [];
    this.select = h("select", { "aria-label": "Address of the API", onchange: () => this.ask() }, asked.map((address) => h("option", { value: address, text: `GET /api/${address}` })));
    this.body = h("div", { class: "answer", "aria-live": "polite" });
    this.element = h("div", { class: "answers" }, isServed && asked.length ? this.select : isServed ? h("p", { class: "said", text: "A dummy answers of what was captured." }) : h("p", { class: "said", text: "A dummy answers where this page is served: gracetape view." }), this.body);
  }

  go(place) {
    this.place = place;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.ask(), 120);
  }

  async ask() {
    if (!isServed || !this.select.value) return;
    this.asking?.abort();
    this.asking = new AbortController();
    const address = this.select.value;
    try {
      const found = await get(of(this.film.ref, `/answers?place=${this.place}&address=${encodeURIComponent(address)}`), this.asking.signal);
      fill(this.body, h("p", { class: "said", text: `${found.status} as of place ${this.place}` }), tree(found.body, 2));
    } catch (error) {
      if (error.name !== "AbortError") fill(this.body, h("p", { class: "error", text: error.message }));
    }
  }
}
