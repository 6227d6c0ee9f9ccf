// Builds DOM nodes. Text always becomes text nodes, so nothing a viewer or a colleague types can turn into markup.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  team: "M5 9h14M5 15h14M10 4 8 20M16 4l-2 16",
  host: "M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5 11a7 7 0 0 0 14 0M12 18v3",
  managers: "M4 20V10M10 20V4M16 20v-7M21 20H3",
  bell: "M6 9a6 6 0 0 1 12 0c0 6 2.5 7 2.5 7h-17S6 15 6 9ZM10 20a2 2 0 0 0 4 0",
  bellOff: "M8 5a6 6 0 0 1 10 4c0 2.5.5 4.2 1 5.3M17 16H3.5S6 15 6 9M10 20a2 2 0 0 0 4 0M3 3l18 18",
  system: "M12 3a9 9 0 1 0 0 18ZM12 3a9 9 0 0 1 0 18",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
  dark: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z",
  send: "M4 12 20 4l-5 16-3.5-6.5L4 12ZM11.5 13.5 20 4",
  lock: "M6 11h12v9H6ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  check: "m5 12.5 4.5 4.5L19 7.5",
  blocked: "M12 6v8M12 18v.1",
  waived: "M6 12h12",
  script: "M7 5v14l12-7Z",
  close: "M6 6l12 12M18 6 6 18",
  clip: "m20 11-8.6 8.6a5 5 0 0 1-7-7l8.7-8.7a3.3 3.3 0 0 1 4.7 4.7l-8.6 8.6a1.7 1.7 0 0 1-2.4-2.4l8-7.9",
  copy: "M9 9h11v11H9ZM5 15H4V4h11v1",
  insert: "M20 5v6a3 3 0 0 1-3 3H5M9 10l-4 4 4 4",
  down: "M12 5v14M6 13l6 6 6-6",
  keys: "M3 6h18v12H3ZM7 10h.1M11 10h.1M15 10h.1M7 14h10",
  more: "M6 12h.1M12 12h.1M18 12h.1",
  alert: "M12 4 2.5 20h19ZM12 10v5M12 17.5v.1",
  warning: "M12 4 2.5 20h19ZM12 10v5M12 17.5v.1",
  good: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm-4 9.5 3 3 5-6",
  error: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 8v5M12 16v.1",
  plain: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8Z",
};

export function icon(name, className = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon ${className}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name] ?? ICONS.plain);
  svg.append(path);
  return svg;
}

/** An element. `on`: listeners; `data`: data-* attributes; true sets an empty attribute, false and null none. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "data") Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child);
  }
}

/** A button that shows an icon only: the label is what screen readers and the tooltip say. */
export function iconButton(name, label, onClick, className = "") {
  return h("button", { type: "button", class: `icon-button ${className}`, "aria-label": label, title: label, on: { click: onClick } },
    icon(name));
}

/** A round sign for a person; the same id always gets the same colour. */
export function avatar(person) {
  const bot = person.kind === "bot";
  const initial = Array.from(person.name.trim())[0] ?? "?";
  return h("span", { class: `avatar ${bot ? "bot" : `hue-${hue(person.id)}`}`, "aria-hidden": "true" },
    bot ? icon("host") : initial.toLocaleUpperCase());
}

const HUES = 8;

/** FNV-1a: short names that differ in one letter still get far apart. */
function hue(id) {
  let sum = 2166136261;
  for (const letter of id) sum = Math.imul(sum ^ letter.codePointAt(0), 16777619) >>> 0;
  return ((sum ^ (sum >>> 15)) >>> 0) % HUES;
}

export const hidden = (text) => h("span", { class: "hidden" }, text);
