// The signs on buttons, drawn as lines, so that no font need have them.

const SIGNS = {
  first: "M4 3v10M13 3 6 8l7 5z", back: "M11 3 4 8l7 5z", on: "M5 3l7 5-7 5z", last: "M12 3v10M3 3l7 5-7 5z", minus: "M3 8h10", plus: "M3 8h10M8 3v10",
  whole: "M2 8h12M5 5 2 8l3 3M11 5l3 3-3 3", close: "M4 4l8 8M12 4l-8 8", help: "M6 6a2 2 0 1 1 3 1.7c-.7.4-1 .8-1 1.8M8 12v.5",
};
const SPACE = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(SPACE, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS(SPACE, "path");
  path.setAttribute("d", SIGNS[name]);
  svg.append(path);
  return svg;
}
