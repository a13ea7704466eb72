// A film (see view/film.py): the whole story of an object, and its state at any place of it.

const CHECKPOINT = 64;

export class Film {
  constructor(story) {
    this.story = story;
    this.id = story.id;
    this.ref = story.ref;
    this.last = story.places.length;
    this.times = story.places;
    this.own = story.entries.filter((entry) => entry.of === this.id);
    this.byN = new Map(this.own.filter((entry) => entry.n !== null).map((entry) => [entry.n, entry]));
    this.records = [[0, {}]];
    this.alerts = null;
  }

  get first() { return this.own.length ? this.own[0].place : 0; }

  // Seconds since 1970 of a place; that of the first one before it.
  time(place) { return this.times[Math.max(0, Math.min(place, this.last) - 1)] ?? 0; }

  // The last entry of the object at or before a place.
  entryAt(place) { return this.own[this.countAt(place) - 1] ?? null; }

  // How many of its entries have happened at a place.
  countAt(place) { return upTo(this.own, place, (entry) => entry.place); }

  // The last place at or before a time.
  placeAt(time) { return upTo(this.times, time, (t) => t); }

  // The record of the object at a place: each change makes a new one, which shares what it does not change.
  record(place) {
    const changes = this.story.record;
    const wanted = upTo(changes, place, (change) => change[0]);
    let at = Math.min(Math.floor(wanted / CHECKPOINT), this.records.length - 1);
    let [done, record] = this.records[at];
    for (; done < wanted; done += 1) {
      record = patched(record, changes[done][1]);
      if ((done + 1) % CHECKPOINT === 0 && (done + 1) / CHECKPOINT === this.records.length) this.records.push([done + 1, record]);
    }
    return record;
  }

  // What there is of a kind at a place, as spans.
  there(kind, place) { return (this.story.spans[kind] ?? []).filter((span) => span.from <= place && (span.to === null || place < span.to)); }

  files(place) { return this.story.files.filter((file) => file.from <= place); }

  tags(entry, place) { return (entry.tags ?? []).filter(([, from, to]) => from <= place && (to === null || place < to)).map(([tag]) => tag); }

  // Everything at a place, as one value: what two places are compared by.
  state(place) {
    const lists = this.story.kinds.map(({ name }) => [name, Object.fromEntries(this.there(name, place).map((span) => [span.key, span.record]))]);
    const files = Object.fromEntries(this.files(place).map((file) => [`${file.name},${file.version}`, { size: file.size, sha256: file.sha256 ?? null }]));
    return { record: this.record(place), ...Object.fromEntries(lists), files };
  }

  // How sure the state at a place is, if not quite.
  doubt(place) { return this.story.doubts[upTo(this.story.doubts, place, (doubt) => doubt[0]) - 1] ?? null; }
}

// How many items of a sorted list have a key of at most `most`.
export function upTo(items, most, key) {
  let low = 0, high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(items[middle]) <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}

// A record after a patch: [new] sets, 0 takes away, an object goes inside.
export function patched(old, change) {
  const found = { ...old };
  for (const [name, how] of Object.entries(change)) {
    if (Array.isArray(how)) found[name] = how[0];
    else if (how === 0) delete found[name];
    else found[name] = patched(found[name], how);
  }
  return found;
}
