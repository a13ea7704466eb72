// What the page shows, as its address says it: #/ is the list, #/S220609hl?n=20&with=35&tab=files an object at a place.

export function readAddress(hash = window.location.hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const asked = Object.fromEntries(new URLSearchParams(query));
  return { ref: decodePart(path), asked };
}

export function addressOf(ref, asked = {}) {
  const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== null && value !== undefined && value !== ""));
  const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  return `#/${encodeURIComponent(ref).replaceAll("%40", "@")}${text ? `?${text}` : ""}`;
}

function decodePart(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// A place of a film as an address says it: its own log entry's number where there is one, else the count of places.
export function nameOfPlace(film, place) {
  if (place >= film.last) return {};
  const entry = film.entryAt(place);
  return entry && entry.place === place && entry.n !== null && entry === lastAt(film, place) ? { n: entry.n } : { place };
}

function lastAt(film, place) {
  return film.own[film.countAt(place) - 1];
}

// The place that an address means; the end where it says none, or none that there is.
export function placeOf(film, text, counted) {
  if (counted !== undefined && counted !== null && /^\d{1,9}$/.test(counted)) return Math.min(Number(counted), film.last);
  const entry = /^\d{1,9}$/.test(text ?? "") ? film.byN.get(Number(text)) : null;
  return entry ? entry.place : film.last;
}
