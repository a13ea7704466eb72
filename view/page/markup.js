// Makes elements. Texts are texts: the only HTML that is read as such was cleaned by the server, and goes through one policy.

const policy = window.trustedTypes
  ? window.trustedTypes.createPolicy("gracetape", { createHTML: (html) => html })
  : { createHTML: (html) => html };

// An element with attributes (`on…`: listeners, `class`, `text`, `dataset`; null, undefined and false are left out) and children.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = value;
    else if (name === "dataset") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

// Children, any of which may be text, an element, a list of them, or nothing.
export function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
}

export function fill(element, ...children) {
  element.replaceChildren();
  return append(element, children);
}

// An element that holds HTML which the server has cleaned.
export function cleaned(tag, attributes, html) {
  const element = h(tag, attributes);
  element.innerHTML = policy.createHTML(html);
  return element;
}

// A button; `label` is what it is called where it shows a sign only.
export function button(text, label, onclick, attributes = {}) {
  return h("button", { type: "button", "aria-label": label, title: label, onclick, ...attributes }, text);
}
