// The lanes of a film, from top to bottom: what happened as points, what held as spans, each member of a superevent in one.

import { plural, spaced } from "./words.js";

const ROW = 20;
const LANE = 26;

// Which colour each kind has; those that are not named share one.
const COLOURS = { log: "log", label: "label", file: "file", alert: "alert", signoff: "signoff", voevent: "voevent", member: "member" };

export const colourOf = (kind) => COLOURS[kind] ?? "other";

// The lanes: { key, name, kind, type: points | spans | member, items, rows, height, open (of what unfolds), depth }.
export function lanesOf(film, open, unit = 1) {
  const lanes = [logLane(film)];
  for (const kind of film.story.kinds) {
    const spans = film.story.spans[kind.name] ?? [];
    const lane = kind.numbered ? numberedLane(kind, spans, film) : spanLane(kind.name, spans, film.last);
    if (lane.items.length) lanes.push(lane);
  }
  lanes.splice(Math.min(2, lanes.length), 0, alertLane(film));
  lanes.push(...fileLanes(film, open), ...memberLanes(film, open));
  let top = 0;
  for (const lane of lanes) {
    lane.height = Math.round(lane.height * unit);
    lane.top = top;
    top += lane.height;
  }
  return lanes;
}

const laneTitle = (kind) => ({ voevent: "VOEvents", emobservation: "EM observations", embb: "EMBB logs" })[kind] ?? `${spaced(kind).replace(/^./, (c) => c.toUpperCase())}s`;

function logLane(film) {
  const items = film.own.map((entry) => ({ place: entry.place, t: entry.t, entry, sure: true }));
  return { key: "log", name: "Log", kind: "log", type: "points", items, height: LANE + 4, count: items.length };
}

function alertLane(film) {
  const items = (film.alerts ?? []).map((alert, i) => ({
    place: alert.place, t: alert.t, alert, number: i, sure: alert.certainty === "exact" || alert.certainty === "recorded",
  }));
  return { key: "alert", name: "Alerts", kind: "alert", type: "points", items, height: LANE + 4, count: items.length };
}

// Records that come and stay; where only the log tells of them, its entries, hollow.
function numberedLane(kind, spans, film) {
  const items = spans.filter((span) => !span.again).map((span) => ({ place: span.from, span, kind: kind.name, sure: true }));
  if (!items.length && kind.act) items.push(...film.own.filter((entry) => entry.act === kind.act).map((entry) => ({ place: entry.place, t: entry.t, entry, sure: false })));
  return { key: kind.name, name: laneTitle(kind.name), kind: kind.name, type: "points", items, height: LANE, count: items.length };
}

// Things that hold, in as few rows as they fit into.
function spanLane(kind, spans, last) {
  const ends = [];
  const items = spans.map((span) => {
    let row = ends.findIndex((end) => end <= span.from);
    if (row < 0) row = ends.length;
    ends[row] = span.to ?? last + 1;
    return { ...span, row, kind };
  });
  return { key: kind, name: laneTitle(kind), kind, type: "spans", items, rows: ends.length, height: ends.length * ROW + 8, count: items.length };
}

function fileLanes(film, open) {
  const byName = new Map();
  for (const file of [...film.story.files].sort((a, b) => a.from - b.from)) {
    if (!byName.has(file.name)) byName.set(file.name, []);
    byName.get(file.name).push({ place: file.from, file, sure: !("absent" in file) });
  }
  if (!byName.size) return [];
  const all = [...byName.values()].flat().sort((a, b) => a.place - b.place);
  const isOpen = open.has("file");
  const lanes = [{ key: "file", name: "Files", kind: "file", type: "points", items: all, height: LANE, count: all.length, unfolds: byName.size, open: isOpen }];
  if (isOpen) {
    for (const [name, items] of byName) {
      lanes.push({ key: `file ${name}`, name, kind: "file", type: "points", items, height: 20, depth: 1, versions: true, count: items.length });
    }
  }
  return lanes;
}

function memberLanes(film, open) {
  const spans = film.story.spans.member ?? [];
  const preferred = film.story.spans.preferred ?? [];
  const others = film.story.objects.filter((object) => object.id !== film.id);
  const names = [...new Set([...spans.map((span) => span.key), ...others.map((object) => object.id)])];
  if (!names.length) return [];
  const isOpen = open.has("member") || (names.length <= 12 && !open.has("no member"));
  const all = film.story.entries.filter((entry) => entry.of !== film.id).map((entry) => ({ place: entry.place, t: entry.t, entry, sure: true }));
  const heading = film.story.category === "superevent" ? "Members" : "Beside it";
  const lanes = [{ key: "member", name: heading, kind: "member", type: "points", items: isOpen ? [] : all, height: LANE, count: names.length, unfolds: names.length, open: isOpen }];
  for (const name of isOpen ? names : []) {
    const about = others.find((object) => object.id === name);
    const mine = spans.filter((span) => span.key === name);
    lanes.push({
      key: `member ${name}`, name, kind: "member", type: "member", depth: 1, height: LANE, ref: about ? name : null,
      said: about ? [about.pipeline ?? about.category, about.search].filter(Boolean).join(" ") : "not in this archive",
      items: all.filter((item) => item.entry.of === name), spans: mine, preferred: preferred.filter((span) => span.key === name),
    });
  }
  return lanes;
}

// What is said of an item where the pointer is, and in the table: [what, more].
export function words(item) {
  if (item.alert) return [`alert ${spaced(item.alert.type)}: ${item.alert.what}`, `${item.alert.certainty} · ${item.alert.nodes.join(", ")}`];
  if (item.file) return [`${item.file.name},${item.file.version}`, item.file.absent ?? ""];
  if (item.entry) return [item.entry.text, `${item.entry.of}${item.entry.n === null ? "" : ` log ${item.entry.n}`} · ${spaced(item.entry.act)}`];
  if (item.span) return [`${spaced(item.kind)} ${item.span.key}`, item.span.record?.voevent_type ?? ""];
  return [item.key, item.to === null ? "holds to the end" : ""];
}

export const summary = (lane) => (lane.unfolds ? plural(lane.unfolds, "name") : plural(lane.count ?? 0, "entry", "entries"));
