// JSON as a tree that folds.

import { h } from "./markup.js";

const MOST_ITEMS = 200;

// A value as an element; objects and lists are folded deeper than `open` levels.
export function tree(value, open = 1, name = null) {
  const label = name === null ? null : [h("span", { class: "tree-name", text: name }), " "];
  if (value === null || typeof value !== "object") return h("div", { class: "tree-leaf" }, label, leaf(value));
  const entries = Array.isArray(value) ? value.map((item, i) => [i, item]) : Object.entries(value);
  const brackets = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (!entries.length) return h("div", { class: "tree-leaf" }, label, h("span", { class: "tree-sign", text: brackets.join("") }));
  const summary = h("summary", {}, label, h("span", { class: "tree-sign", text: `${brackets[0]}${entries.length}${brackets[1]}` }));
  const branch = h("details", { class: "tree", open: open > 0 }, summary);
  let filled = false;
  const unfold = () => {
    if (filled || !branch.open) return;
    filled = true;
    addSome(branch, entries, open, 0);
  };
  branch.addEventListener("toggle", unfold);
  unfold();
  return branch;
}

function addSome(branch, entries, open, start) {
  for (const [key, item] of entries.slice(start, start + MOST_ITEMS)) branch.append(tree(item, open - 1, String(key)));
  const left = entries.length - start - MOST_ITEMS;
  if (left > 0) {
    const more = h("button", { type: "button", class: "quiet", onclick: () => { more.remove(); addSome(branch, entries, open, start + MOST_ITEMS); } },
      `${left} more`);
    branch.append(more);
  }
}

// A number, a text or a truth, coloured by what it is.
export function leaf(value) {
  if (typeof value === "string") return h("span", { class: "value-text", text: value });
  return h("span", { class: `value-${value === null ? "null" : typeof value}`, text: String(value) });
}
