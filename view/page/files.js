// The files of an object as of a place, each by its versions; and one of them as it is shown, by its kind.

import { get, isServed, of } from "./api.js";
import { append, button, fill, h } from "./markup.js";
import { tree } from "./tree.js";
import { bytes, moment } from "./words.js";

// How each kind of file is shown, of those that view/files.py tells apart: a row of this table for each of its table.
const SHOWN = {
  text: (file) => h("pre", { class: "contents", tabindex: "0", text: file.text }),
  json: (file) => tree(file.value, 2),
  tables: (file) => file.tables.map(table),
  picture: (file, address) => h("a", { class: "picture", href: address, download: file.name, title: "Download it" },
    h("img", { src: address, alt: `${file.name}, as it was uploaded` })),
  sky: (file, address) => [h("dl", { class: "facts sky-facts" }, file.facts.map(([name, value]) => h("div", { class: "fact" }, h("dt", { text: name }), h("dd", { text: value })))),
    file.pictures.map((which) => drawn(`${address}/pictures/${which}`, { sky: skyWords(file), distance: `How probable each distance is, for ${file.name}` }[which]))],
  absent: (file) => h("p", { class: "said", text: `Its contents are not in this archive: ${file.absent}.` }),
  other: () => h("p", { class: "said", text: "Files of this kind are not shown here: download it." }),
};

// A picture that the server draws, on the paper of the page.
const drawn = (address, alt) => h("picture", { class: "drawn" }, h("source", { media: "(prefers-color-scheme: dark)", srcset: `${address}?dark=true` }),
  h("img", { src: address, alt, loading: "lazy" }));

const skyWords = (file) => `Sky map ${file.name}: ${file.facts.map(([name, value]) => `${name} ${value}`).join("; ")}`;

// A table of a LIGO_LW document.
function table(found) {
  const left = found.count - found.rows.length;
  return h("div", { class: "ligolw", tabindex: "0", role: "group", "aria-label": found.name },
    h("table", {}, h("caption", { text: `${found.name} · ${found.count} row${found.count === 1 ? "" : "s"}` }),
      h("thead", {}, h("tr", {}, found.columns.map((name) => h("th", { scope: "col", class: "mono", text: name })))),
      h("tbody", {}, found.rows.map((row) => h("tr", {}, row.map((cell) => h("td", { class: "mono", text: cell })))))),
    left > 0 && h("p", { class: "said", text: `${left} more rows` }));
}

export class FilesPanel {
  constructor(film) {
    this.film = film;
    this.body = h("tbody");
    this.viewer = h("div", { class: "viewer", "aria-live": "polite" });
    this.element = h("div", { class: "files" },
      h("table", {}, h("thead", {}, h("tr", {}, ["File", "Versions", "Size", "Came (UTC)", ""].map((name) => h("th", { scope: "col", text: name })))), this.body), this.viewer);
  }

  go(place) {
    if (this.place === place) return;
    this.place = place;
    const names = new Map();
    for (const file of this.film.files(place)) names.set(file.name, [...(names.get(file.name) ?? []), file]);
    fill(this.body, [...names].map(([name, versions]) => this.row(name, versions)));
    if (!names.size) fill(this.body, h("tr", {}, h("td", { colspan: "5", class: "said", text: "no files at this place" })));
  }

  row(name, versions) {
    const newest = versions.at(-1);
    return h("tr", {}, h("td", { class: "mono name", text: name }),
      h("td", {}, versions.map((file) => h("button", { type: "button", class: "version", "aria-label": `Show ${name} version ${file.version}`,
        onclick: () => this.show(`${name},${file.version}`), text: String(file.version) }))),
      h("td", { class: "number", text: "absent" in newest ? "absent" : bytes(newest.size), title: newest.absent ?? newest.sha256 ?? "" }),
      h("td", { class: "mono", text: moment(this.film.time(newest.from)) }),
      h("td", {}, isServed && !("absent" in newest) && h("a", { href: of(this.film.ref, `/files/${encodeURIComponent(`${name},${newest.version}`)}`),
        download: name, "aria-label": `Download ${name}`, text: "download" })));
  }

  // Show the contents of a version of a file below the list.
  async show(fullName) {
    this.viewing = fullName;
    const close = button("✕", "Close this file", () => { this.viewing = null; fill(this.viewer); });
    const heading = h("h3", { class: "mono", tabindex: "-1", text: fullName });
    fill(this.viewer, h("div", { class: "viewer-head" }, heading, close));
    heading.focus();
    const known = this.film.story.files.find((file) => `${file.name},${file.version}` === fullName);
    let file;
    try {
      file = known && "absent" in known ? { kind: "absent", ...known } : await get(of(this.film.ref, `/files/${encodeURIComponent(fullName)}/shown`));
    } catch (error) {
      if (this.viewing === fullName) this.viewer.append(h("p", { class: "error", text: error.message }));
      return;
    }
    if (this.viewing !== fullName) return;
    const address = of(this.film.ref, `/files/${encodeURIComponent(fullName)}`);
    append(this.viewer, [h("p", { class: "said mono", text: [bytes(file.size), file.sha256 && `sha256 ${file.sha256}`].filter(Boolean).join(" · ") }),
      file.said && h("p", { class: "said", text: file.said }), (SHOWN[file.kind] ?? SHOWN.other)(file, address)]);
    if (file.whole === false) this.viewer.append(h("p", { class: "said", text: "This is its beginning: download it for the rest." }));
  }
}
