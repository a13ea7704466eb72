// The list of an archive's objects: searched in the dummy's query language, sorted, and as long as it may be.

import { get, isServed, listedInside } from "./api.js";
import { fill, h } from "./markup.js";
import { VirtualList } from "./list.js";
import { addressOf } from "./place.js";
import { bytes, plural, rate } from "./words.js";

const PAGE = 200;
// On a narrow screen a row is two lines.
const narrow = window.matchMedia("(max-width: 700px)");
const heightOfRow = () => (narrow.matches ? 54 : 34);
const COLUMNS = {
  superevent: [["id", "superevent_id"], ["created (UTC)", "created"], ["far", "far"], ["preferred", "preferred_event"], ["labels", null], ["events", null], ["log", null], ["files", null], ["size", null]],
  event: [["id", "graceid"], ["created (UTC)", "created"], ["far", "far"], ["pipeline", "pipeline"], ["labels", null], ["superevent", "superevent"], ["log", null], ["files", null], ["size", null]],
};
const EXAMPLES = { superevent: "S220609hl   label: EM_READY   far < 1e-8", event: "G587369   pipeline: gstlal   far < 1e-8" };

export class ObjectsPage {
  constructor(about, asked) {
    this.about = about;
    this.category = categoryOf(about, asked);
    this.query = asked.q ?? "";
    this.sort = asked.sort ?? "-created";
    this.list = new VirtualList({ height: heightOfRow(), label: "Objects", inTable: true, row: (i) => this.row(i), onrange: (first, last) => this.need(first, last) });
    this.said = h("p", { class: "said", role: "status" });
    this.input = h("input", { type: "search", id: "query", value: this.query, spellcheck: "false", autocomplete: "off", autocapitalize: "off",
      placeholder: EXAMPLES[this.category], "aria-describedby": "query-said" });
    this.said.id = "query-said";
    const search = h("form", { class: "search", role: "search", onsubmit: (event) => { event.preventDefault(); this.find(); } },
      h("label", { for: "query", class: "unseen", text: "Query" }), this.input, h("button", { type: "submit", text: "Find" }));
    this.choice = h("div", { class: "choice", role: "radiogroup", "aria-label": "Kind of object" }, [["superevent", about.superevents], ["event", about.events]].map(([category, count]) =>
      h("label", {}, h("input", { type: "radio", name: "category", value: category, checked: category === this.category, onchange: () => this.turn(category) }),
        h("span", {}, `${category}s`, h("span", { class: "count", text: count.toLocaleString("en") })))));
    this.head = h("div", { class: "list-head row", role: "row" });
    this.table = h("div", { class: "objects-table", role: "table", "aria-label": "Objects" }, h("div", { role: "rowgroup" }, this.head), this.list.element);
    this.element = h("main", { class: "objects", id: "main" }, h("h1", { class: "unseen", text: `Objects of ${about.name}` }), h("div", { class: "objects-bar" }, this.choice, search), this.said,
      h("div", { class: "card", hidden: !about.captures && Object.keys(about.only_heard ?? {}).length > 0 }, this.table), onlyHeard(about.only_heard ?? {}));
    this.rerow = () => {
      this.list.height = heightOfRow();
      this.list.resize(this.list.count);
    };
    narrow.addEventListener("change", this.rerow);
    this.heads();
    this.load();
  }

  close() { narrow.removeEventListener("change", this.rerow); }

  heads() {
    const columns = COLUMNS[this.category];
    this.table.dataset.of = this.category;
    this.table.setAttribute("aria-colcount", String(columns.length));
    fill(this.head, columns.map(([name, sort]) => {
      const bare = this.sort.replace(/^-/, "");
      const order = sort && sort === bare ? (this.sort.startsWith("-") ? "descending" : "ascending") : null;
      return h("div", { role: "columnheader", class: `cell ${name.split(" ")[0]}`, "aria-sort": order },
        sort ? h("button", { type: "button", onclick: () => this.order(sort), text: `${name}${order === "ascending" ? " ↑" : order === "descending" ? " ↓" : ""}` }) : name);
    }));
  }

  turn(category) { this.ask({ category, sort: "-created" }); }

  order(sort) { this.ask({ sort: this.sort === `-${sort}` ? sort : `-${sort}` }); }

  find() { this.ask({ query: this.input.value.trim() }); }

  // Into the address, from which it is shown.
  ask(change) {
    const { category, query, sort } = { category: this.category, query: this.query, sort: this.sort, ...change };
    window.location.hash = addressOf("", { of: category === "event" ? "event" : null, q: query, sort: sort === "-created" ? null : sort });
  }

  // The same page for another address.
  show(asked) {
    const category = categoryOf(this.about, asked), query = asked.q ?? "", sort = asked.sort ?? "-created";
    if (category === this.category && query === this.query && sort === this.sort) return;
    Object.assign(this, { category, query, sort });
    this.input.value = query;
    this.input.placeholder = EXAMPLES[category];
    for (const input of this.choice.querySelectorAll("input")) input.checked = input.value === category;
    this.heads();
    this.load();
  }

  load() {
    this.found = new Map();
    this.asked = new Set();
    this.generation = (this.generation ?? 0) + 1;
    if (!isServed) {
      const all = listedInside(this.category, this.query, this.sort);
      all.forEach((row, i) => this.found.set(i, row));
      this.tell(all.length);
      return;
    }
    this.fetch(0);
  }

  need(first, last) {
    for (let page = Math.floor(first / PAGE); page <= Math.floor((last - 1) / PAGE); page += 1) this.fetch(page);
  }

  async fetch(page) {
    if (!isServed || this.asked.has(page)) return;
    this.asked.add(page);
    const generation = this.generation;
    const query = new URLSearchParams({ category: this.category, query: this.query, sort: this.sort, start: String(page * PAGE), count: String(PAGE) });
    try {
      const answer = await get(`/api/objects?${query}`);
      if (generation !== this.generation) return;
      answer.objects.forEach((row, i) => this.found.set(page * PAGE + i, row));
      this.tell(answer.total);
    } catch (error) {
      if (generation !== this.generation) return;
      this.said.textContent = error.message;
      this.said.classList.add("error");
      this.list.resize(0);
    }
  }

  tell(total) {
    this.said.classList.remove("error");
    this.said.textContent = `${plural(total, this.category)}${this.query ? " found" : ""}`;
    this.table.setAttribute("aria-rowcount", String(total + 1));
    this.list.resize(total);
  }

  row(i) {
    const row = this.found.get(i);
    if (!row) return h("div", { class: "row waiting", role: "row" }, h("div", { role: "cell", class: "cell", text: "…" }));
    const cell = (name, ...children) => h("div", { role: "cell", class: `cell ${name}` }, children);
    const labels = (row.labels ?? []).map((label) => h("span", { class: "tag", text: label }));
    const shared = [cell("id", h("a", { href: addressOf(row.id), text: row.gw_id ?? row.id }), row.versions > 1 && h("span", { class: "count", title: "versions", text: `@${row.versions}` }), row.heard && h("span", { class: "heard", title: `${row.heard} messages were heard live`, text: "heard" })),
      cell("created", String(row.created ?? "").replace(" UTC", "")), cell("far", rate(row.far))];
    const superevent = this.category === "superevent";
    const middle = row.problem ? [cell(superevent ? "preferred" : "pipeline", h("span", { class: "error", title: row.problem, text: row.problem })), cell("labels"), cell(superevent ? "events" : "superevent")] : superevent
      ? [cell("preferred", row.preferred_event ?? "", " ", h("span", { class: "said", text: [row.pipeline, row.search].filter(Boolean).join(" ") })), cell("labels", labels), cell("events", String(row.members ?? 0))]
      : [cell("pipeline", [row.group, row.pipeline, row.search].filter(Boolean).join(" ")), cell("labels", labels), cell("superevent", row.superevent ?? "")];
    return h("div", { class: "row", role: "row", "aria-rowindex": String(i + 2) }, shared, middle, cell("log", String(row.logs ?? 0)), cell("files", String(row.files ?? 0)), cell("size", row.bytes ? bytes(row.bytes) : "–"));
  }
}

const categoryOf = (about, asked) => (asked.of === "event" || (!about.superevents && about.events) ? "event" : "superevent");

// What was heard and never captured, which no query finds.
function onlyHeard(counts) {
  const rows = Object.entries(counts);
  return rows.length > 0 && h("details", { class: "only-heard", open: rows.length < 50 }, h("summary", { text: `${plural(rows.length, "object")} heard, never captured` }),
    h("ul", {}, rows.map(([graceid, count]) => h("li", {}, h("a", { class: "mono", href: addressOf(graceid), text: graceid }), h("span", { class: "count", text: plural(count, "message") })))));
}
