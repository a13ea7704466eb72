// Where the page's data comes from: the server, or, in a page that is one file, from inside of it. The same documents either way.

const inside = document.getElementById("embedded");
const answers = inside ? JSON.parse(inside.textContent) : null;

export const isServed = answers === null;

export class Refused extends Error {}

// The JSON at an address of the API; Refused, with one sentence, if there is none.
export async function get(address, signal) {
  if (answers) {
    if (address in answers) return answers[address];
    throw new Refused("this page was written into a file, which holds no more of it");
  }
  return read(() => fetch(address, { signal, headers: { Accept: "application/json" } }));
}

// Ask the server to do something; Refused, with one sentence, if it won't.
export function post(address, asked) {
  return read(() => fetch(address, { method: "POST", headers: { Accept: "application/json", "Content-Type": "application/json" }, body: JSON.stringify(asked) }));
}

async function read(ask) {
  let response;
  try {
    response = await ask();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("the server of this page does not answer: start gracetape view again");
  }
  const body = await response.json().catch(() => ({ error: `the server answered ${response.status}` }));
  if (!response.ok) throw new Refused(body.error || `the server answered ${response.status}`);
  return body;
}

// The address of an object, or of something of it.
export const of = (ref, rest = "") => `/api/objects/${encodeURIComponent(ref).replaceAll("%40", "@")}${rest}`;

// What the list answers in a page that is one file: all is there, so searching is finding words, and sorting is done here.
export function listedInside(category, query, sort) {
  const all = answers[`/api/objects?category=${category}`]?.objects ?? [];
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (row) => words.every((word) => JSON.stringify(row).toLowerCase().includes(word));
  const name = sort.replace(/^-/, "");
  const key = { superevent_id: "id", graceid: "id", t_0: "t0", gpstime: "t0" }[name] ?? name;
  const falling = sort.startsWith("-") ? -1 : 1;
  const compare = (a, b) => (a[key] === b[key] ? 0 : (a[key] ?? "") > (b[key] ?? "") ? falling : -falling);
  return all.filter(has).sort(sort ? compare : () => 0);
}
