// The page of one object: its time line, and all that is shown as of the place at which it stands.

import { get, of } from "./api.js";
import { ComparePanel } from "./compare.js";
import { Film } from "./film.js";
import { FilesPanel } from "./files.js";
import { LogPanel } from "./log.js";
import { fill, h } from "./markup.js";
import { AlertsPanel, AnswersPanel, ListsPanel, RecordPanel, Tabs } from "./panels.js";
import { addressOf, nameOfPlace, placeOf } from "./place.js";
import { TableTwin } from "./table.js";
import { Timeline } from "./timeline.js";
import { moment, offset, rate } from "./words.js";

export class EventPage {
  constructor(ref, story) {
    this.ref = ref;
    const film = (this.film = new Film(story));
    const ongo = (place) => this.go(place);
    this.facts = h("dl", { class: "facts" });
    this.labels = h("div", { class: "label-row", "aria-label": "Labels at this place", role: "group", hidden: !(story.spans.label ?? []).length });
    this.timeline = new Timeline(film, { ongo, onmode: (mode) => this.remember({ layout: mode === this.natural ? null : mode }) });
    this.natural = this.timeline.layout.mode;
    this.files = new FilesPanel(film);
    this.alerts = new AlertsPanel(film, { ongo });
    this.twin = new TableTwin(film, ongo);
    this.log = new LogPanel(film, { ongo, onfile: (name) => { this.tabs.turn("files", true); this.files.show(name); } });
    this.tabs = new Tabs({
      record: ["Record", new RecordPanel(film)], files: ["Files", this.files], lists: ["Lists", new ListsPanel(film)], alerts: ["Alerts", this.alerts],
      answers: ["Dummy", new AnswersPanel(film)], compare: ["Compare", new ComparePanel(film, { onwith: (place) => this.hold(place) })], table: ["Table", this.twin],
    }, { label: "What was there", onturn: (key) => this.remember({ tab: key === "record" ? null : key }) });
    const versions = story.versions.length > 1 && h("label", { class: "versions" }, "version ", h("select", { onchange: (event) => { window.location.hash = addressOf(event.target.value); } },
      story.versions.map((version) => h("option", { value: version.ref, selected: version.ref === story.ref, text: `${version.ref.split("@")[1]} · ${version.origin} ${String(version.completed).slice(0, 16).replace("T", " ")}` }))));
    this.element = h("main", { class: "event", id: "main" }, h("div", { class: "title" }, h("h1", { class: "mono", text: film.id }), this.facts, versions), this.labels,
      this.timeline.element, h("div", { class: "columns" }, this.log.element, this.tabs.element));
    this.ready = this.loadAlerts();
  }

  async loadAlerts() {
    try {
      this.film.alerts = await get(of(this.ref, "/alerts"));
    } catch (error) {
      this.timeline.head.append(h("p", { class: "error", text: error.message }));
      return;
    }
    this.timeline.refresh();
    this.twin.refresh();
    if (this.tabs.current === "alerts") this.alerts.go(this.place);
  }

  // Show what an address asks for.
  show(asked) {
    this.asked = asked;
    const film = this.film;
    const layout = asked.layout ?? this.natural, tab = asked.tab ?? "record";
    if (layout !== this.timeline.layout.mode) this.timeline.setMode(layout, false);
    if (tab !== this.tabs.current) this.tabs.turn(tab, false);
    const other = asked.with !== undefined ? placeOf(film, asked.with, null) : asked.withplace !== undefined ? placeOf(film, null, asked.withplace) : null;
    this.at(placeOf(film, asked.n, asked.place), other);
  }

  // Go to a place: at once, and into the address a little later, so that scrubbing is one step back and not a thousand.
  go(place) {
    this.at(place, this.other);
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.remember({ n: null, place: null, ...nameOfPlace(this.film, place) }), 250);
  }

  hold(place) {
    this.at(this.place, place);
    const name = place === null ? {} : nameOfPlace(this.film, place);
    this.remember({ with: name.n ?? null, withplace: place === null || "n" in name ? null : name.place ?? this.film.last });
  }

  at(place, other) {
    this.place = place;
    this.other = other;
    this.timeline.go(place, other);
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      this.showState();
    });
  }

  showState() {
    this.log.go(this.place);
    this.tabs.go(this.place, this.other);
    const record = this.film.record(this.place);
    const data = record.preferred_event_data ?? record;
    const facts = [["FAR", rate(record.far), typeof record.far === "number" ? `${record.far.toPrecision(4)} Hz` : ""], ["preferred", record.preferred_event],
      ["pipeline", [data.group, data.pipeline, data.search].filter(Boolean).join(" ")], ["instruments", data.instruments], ["superevent", record.superevent],
      ["created", this.film.own.length ? offset(Math.round((this.film.own[0].t - this.film.story.zero) * 10) / 10) : "", "after it was in the sky"],
      ["as of (UTC)", moment(this.film.time(this.place))]].filter(([, value]) => value);
    const labels = this.film.there("label", this.place), said = JSON.stringify([facts, labels.map((span) => [span.key, span.from])]);
    if (said === this.said) return;
    this.said = said;
    fill(this.facts, facts.map(([name, value, title]) => h("div", { class: "fact", title }, h("dt", { text: name }), h("dd", { text: value }))));
    fill(this.labels, labels.map((span) => h("span", { class: "chip label", title: `since ${moment(this.film.time(span.from))} UTC`, text: span.key })));
  }

  remember(change) {
    const asked = { ...this.asked, ...change };
    for (const [name, value] of Object.entries(asked)) if (value === null) delete asked[name];
    this.asked = asked;
    const address = addressOf(this.ref, asked);
    if (address !== window.location.hash) window.history.pushState(null, "", address);
  }

  close() {
    window.clearTimeout(this.timer);
    this.timeline.close();
  }
}
