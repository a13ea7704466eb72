// What happens now: alerts as they go out or are heard, each open to its message, and the keys of a replay.

import { get, post } from "./api.js";
import { append, button, fill, h } from "./markup.js";
import { VirtualList } from "./list.js";
import { addressOf } from "./place.js";
import { tree } from "./tree.js";
import { clock, offset, spaced } from "./words.js";

// The moves of a replay: what is shown, how it is called, its key.
const MOVES = [
  ["back", "◂", "Back by one message", "ArrowLeft"], ["pause", "❚❚", "Pause or go on", " "], ["step", "▸", "The next message now", "ArrowRight"],
  ["next", "▸▸", "To the next alert that is not a log entry", "n"], ["slower", "−", "Slower", "-"], ["faster", "+", "Faster", "+"],
];
// Types of alerts that one may go to.
const KINDS = ["new", "update", "label_added", "label_removed", "signoff", "voevent", "log"];

export class LivePage {
  constructor(what) {
    this.alerts = [];
    this.open = null;
    this.following = true;
    this.moving = Promise.resolve();
    this.list = new VirtualList({ height: 28, label: "Alerts", row: (i) => this.row(i) });
    this.list.element.addEventListener("scroll", () => {
      const { scrollTop, clientHeight, scrollHeight } = this.list.element;
      this.following = scrollTop + clientHeight > scrollHeight - 60;
    }, { passive: true });
    this.message = h("section", { class: "card message", "aria-label": "Message" }, h("p", { class: "said", text: "Choose an alert to see its message." }));
    this.facts = h("dl", { class: "facts", "aria-live": "off" });
    this.listener = h("section", { class: "card listener", "aria-label": "Listener", hidden: true });
    this.said = h("p", { class: "error", role: "alert" });
    this.bar = this.moves();
    this.count = h("span", { class: "count" });
    this.element = h("main", { class: "live", id: "main" }, h("div", { class: "title" }, h("h1", { text: what }), this.facts), this.bar, this.said,
      h("div", { class: "columns" }, h("section", { class: "card log", "aria-label": "Alerts" }, h("h2", {}, "Alerts", this.count), this.list.element),
        h("div", { class: "stack" }, this.listener, this.message)));
    this.onkey = (event) => this.key(event);
    document.addEventListener("keydown", this.onkey);
    this.listen();
  }

  moves() {
    const kind = h("select", { "aria-label": "Type of alert to go to" }, KINDS.map((name) => h("option", { value: name, text: spaced(name) })));
    this.pause = null;
    const buttons = MOVES.map(([word, sign, label]) => {
      const made = button(sign, label, () => this.move(word), { class: "move" });
      if (word === "pause") this.pause = made;
      return made;
    });
    return h("div", { class: "card moves", role: "toolbar", "aria-label": "Replay", hidden: true }, h("div", { class: "group" }, buttons),
      h("div", { class: "seek" }, h("span", { class: "said", text: "to the next" }), kind, button("Go", "Go to the next alert of this type", () => this.move("seek", kind.value))),
      (this.progress = h("progress", { max: "1", value: "0", "aria-label": "How much was sent" })));
  }

  listen() {
    this.source = new EventSource("/api/live");
    this.source.addEventListener("alerts", (event) => this.add(JSON.parse(event.data)));
    this.source.addEventListener("state", (event) => this.stand(JSON.parse(event.data)));
    this.source.onerror = () => {
      if (this.state?.over) this.source.close();
      else this.said.textContent = "The command that is shown here does not answer: it has ended, or too many pages look on.";
    };
    this.source.onopen = () => { this.said.textContent = ""; };
  }

  add(alerts) {
    // A command that was started anew at the same port counts anew.
    if (this.alerts.length && alerts[0].number <= this.alerts.at(-1).number) this.alerts = [];
    for (const alert of alerts) this.alerts.push(alert);
    this.count.textContent = this.alerts.length.toLocaleString("en");
    this.list.count = this.alerts.length;
    this.list.inner.style.height = `${Math.min(this.alerts.length * this.list.height, 8e6)}px`;
    if (this.following) this.list.element.scrollTop = this.list.element.scrollHeight;
    this.list.show();
  }

  row(i) {
    const alert = this.alerts[i];
    const line = h("button", { type: "button", class: `live-row${this.open === alert.number ? " current" : ""}`, "aria-current": this.open === alert.number ? "true" : null,
      onclick: () => this.show(alert) },
    h("time", { class: "mono", text: clock(alert.time) }), h("span", { class: "n", text: alert.n ?? "" }), h("b", { class: "mono", text: alert.id ?? "–" }),
    h("span", { class: `chip ${kindOf(alert.type)}`, text: spaced(alert.type) }), h("span", { class: "text", text: alert.what.slice(0, 200) }),
    !["exact", "recorded"].includes(alert.certainty) && h("span", { class: "said", text: alert.certainty }),
    h("span", { class: "file mono", text: alert.topics.join(", ") }));
    return h("div", { role: "listitem" }, line);
  }

  async show(alert) {
    this.open = alert.number;
    this.list.refresh();
    const head = h("h2", { tabindex: "-1" }, `${alert.id ?? ""} ${spaced(alert.type)}`, h("span", { class: "count", text: `${offset(alert.offset)} · ${alert.topics.join(", ")}` }));
    fill(this.message, head);
    head.focus({ preventScroll: true });
    try {
      const message = await get(`/api/live/messages/${alert.number}`);
      if (this.open !== alert.number) return;
      append(this.message, [alert.n !== null && this.hasArchive && h("p", {}, h("a", { href: addressOf(alert.id, { n: alert.n }), text: `${alert.id} as of log ${alert.n}` })), tree(message, 2)]);
    } catch (error) {
      if (this.open === alert.number) this.message.append(h("p", { class: "error", text: error.message }));
    }
  }

  stand(state) {
    this.state = state;
    this.bar.hidden = !state.moves || state.over;
    this.pause.textContent = state.paused ? "▶" : "❚❚";
    this.pause.setAttribute("aria-pressed", String(Boolean(state.paused)));
    const facts = [["state", state.over || state.stopped ? "ended" : state.paused ? "paused" : state.moves ? "plays" : "goes on"]];
    if (state.moves) {
      facts.push(["sent", state.total === null ? state.sent : `${state.sent} of ${state.total}`], ["played", offset(state.elapsed)],
        ["speed", state.speed === null ? "as fast as possible" : `× ${state.speed}`]);
      if (state.next_in !== null && state.speed && !state.paused) facts.push(["next in", offset(Math.round(state.next_in / state.speed * 10) / 10).replace("+", "")]);
      this.progress.max = Math.max(state.total ?? 1, 1);
      this.progress.value = state.total === null ? 0 : state.sent;
    }
    fill(this.facts, facts.map(([name, value]) => h("div", { class: "fact" }, h("dt", { text: name }), h("dd", { text: String(value) }))));
    this.showListener(state.listener);
  }

  showListener(listener) {
    this.listener.hidden = !listener;
    if (!listener) return;
    if (listener.said) {
      fill(this.listener, h("h2", { text: "Listener" }), h("p", { class: "said", text: listener.said }));
      return;
    }
    const names = ["name", "state", "alerts", "tasks", "queue", "errors"].filter((name) => listener.children.some((child) => name in child));
    fill(this.listener, h("h2", {}, "Listener", h("span", { class: "count", text: `${listener.running ? "runs" : "is down"} · ${listener.accepted} accepted` })),
      h("table", {}, h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col", text: name })))),
        h("tbody", {}, listener.children.map((child) => h("tr", {}, names.map((name) => h("td", { class: "mono", text: String(child[name] ?? "") })))))),
      listener.children.flatMap((child) => Object.entries(child.states ?? {}).slice(-20).map(([graceid, checks]) => h("p", { class: "checks" }, h("b", { class: "mono", text: graceid }),
        Object.entries(checks).map(([check, is]) => h("span", { class: `chip check-${is}`, text: `${check} ${is}` }))))));
  }

  // One after the other: a replay that is told to go elsewhere, and then to take a step, is not to take the step first.
  move(word, value = null) {
    this.said.textContent = "";
    this.moving = this.moving.then(() => this.ask(word, value));
  }

  async ask(word, value) {
    try {
      const state = await post("/api/live/moves", { do: word, value });
      // How the replay stands is told by the events alone: this answer may be older than the last of them.
      this.said.textContent = state.said ?? "";
    } catch (error) {
      this.said.textContent = error.message;
    }
  }

  key(event) {
    if (!this.state?.moves || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (event.key === " " && event.target.closest("button")) return;
    const move = MOVES.find(([, , , key]) => key === event.key || (key === "+" && event.key === "="));
    if (!move) return;
    event.preventDefault();
    this.move(move[0]);
  }

  close() {
    document.removeEventListener("keydown", this.onkey);
    this.source.close();
  }
}

function kindOf(type) {
  if (type.startsWith("label")) return "label";
  if (type.startsWith("signoff")) return "signoff";
  if (type === "voevent" || type.startsWith("gcn")) return "voevent";
  if (type === "log") return "log";
  return type.startsWith("event_") ? "member" : "alert";
}
