// One function per block type: the server's JSON in, DOM out. Data is only ever set as text.

import { h, hidden, icon } from "./dom.js";
import { languageName, t } from "./text.js";
import { now } from "./time.js";

/** A shorter checklist is taken in at a glance and needs no progress bar. */
const BAR_FROM = 4;

/**
 * The DOM for a message's blocks. `acts`: press(button, group, about), pending(group) -> button id or null,
 * showImage(block), copy(text), insert(text).
 */
export function renderBlocks(message, acts) {
  const stateful = message.blocks.flatMap((block) => (block.type === "items" ? block.items : [])).filter((item) => item.state !== "none");
  let barShown = stateful.length < BAR_FROM;
  return message.blocks.map((block, index) => {
    const render = RENDERERS[block.type];
    if (!render) return null;
    const node = render(block, { acts, path: `${message.id}:${index}` });
    if (barShown || block.type !== "items" || block.items.every((item) => item.state === "none")) return node;
    barShown = true;
    return [progressBar(stateful), node];
  });
}

const paragraph = (className) => (block) => h("p", { class: className, dir: "auto" }, block.text);

const RENDERERS = {
  heading: (block) => h("h3", { class: "heading", dir: "auto" }, block.text),
  text: paragraph("text"),
  note: paragraph("note"),
  code: renderCode,
  secret: renderSecret,
  facts: renderFacts,
  items: renderItems,
  table: renderTable,
  say: renderSay,
  image: renderImage,
  actions: (block, at) => h("div", { class: "actions" }, buttonRow(block.buttons, at, at.path, "")),
};

function renderCode(block, { acts }) {
  const isCommand = block.text.startsWith("/") && !block.text.includes("\n");
  return h("div", { class: "code" },
    h("pre", {}, h("code", {}, block.text)),
    isCommand && smallButton("insert", t("web.code.insert"), () => acts.insert(block.text)),
    smallButton("copy", t("web.code.copy"), () => acts.copy(block.text)));
}

function renderSecret(block, { acts }) {
  if (block.gone) return h("p", { class: "note" }, block.text);
  return h("div", { class: "secret" },
    block.qr && h("img", { class: "qr", src: block.qr, alt: t("web.secret.qr"), width: 200, height: 200 }),
    h("div", { class: "code" },
      h("pre", {}, h("code", {}, block.text)),
      smallButton("copy", t("web.code.copy"), () => acts.copy(block.text))),
    h("p", { class: "note" }, t("web.secret.once")));
}

function smallButton(iconName, label, onClick) {
  return h("button", { type: "button", class: "icon-button small", "aria-label": label, title: label, on: { click: onClick } }, icon(iconName));
}

function renderFacts(block) {
  return h("dl", { class: "facts" }, block.rows.map(([label, value]) =>
    h("div", { class: "fact" }, h("dt", { dir: "auto" }, label), h("dd", { dir: "auto" }, value))));
}

function renderTable(block) {
  const numeric = block.columns.map((_, column) => isNumeric(block.rows.map((row) => row[column] ?? "")));
  const cell = (tag, text, column) => h(tag, { class: numeric[column] ? "number" : null, dir: "auto", scope: tag === "th" ? "col" : null }, text);
  return h("div", { class: "table", tabindex: 0, role: "group", "aria-label": block.columns.join(", ") }, h("table", {},
    h("thead", {}, h("tr", {}, block.columns.map((text, column) => cell("th", text, column)))),
    h("tbody", {}, block.rows.map((row) => h("tr", {}, row.map((text, column) => cell("td", text, column)))))));
}

/** A column of figures: every cell with a digit in it has at most a currency's worth of letters around it. */
function isNumeric(cells) {
  const withDigits = cells.filter((cell) => /\d/.test(cell));
  return withDigits.length > 0 && withDigits.every((cell) => (cell.match(/\p{L}/gu) ?? []).length <= 3);
}

function renderSay(block, at) {
  return h("figure", { class: "say" },
    h("figcaption", { class: "say-about" },
      block.tactic && h("span", { class: "tactic" }, block.tactic),
      h("span", { class: "say-language" }, languageName(block.language))),
    h("blockquote", { class: "say-line", lang: block.language, dir: "auto" }, block.text),
    block.gloss && h("p", { class: "gloss", dir: "auto" }, block.gloss),
    block.buttons.length > 0 && h("div", { class: "actions" }, buttonRow(block.buttons, at, at.path, block.text)));
}

function renderImage(block, { acts }) {
  const image = h("img", { src: block.url, alt: block.alt, decoding: "async" });
  return h("button", { type: "button", class: "image", title: t("web.image.open"), on: { click: () => acts.showImage(block) } }, image);
}

/** Buttons of one group: while one is under way, none of them can be pressed. */
function buttonRow(buttons, at, group, about) {
  const pending = at.acts.pending(group);
  return buttons.map((button, index) => !isOver(button.until) && h("button", {
    type: "button",
    class: `button ${button.style}${pending === button.id ? " pending" : ""}`,
    data: { path: `${group}.${index}`, ...(button.until ? { until: button.until } : {}) },
    "aria-disabled": pending ? "true" : null,
    "aria-busy": pending === button.id ? "true" : null,
    on: { click: () => !at.acts.pending(group) && at.acts.press(button, group, about) },
  }, h("span", { dir: "auto" }, button.label)));
}

const isOver = (until) => Boolean(until) && new Date(until) <= now();

/** Takes away the buttons whose time is over by the show's clock; the server refuses them by then in any case. */
export function sweepButtons() {
  for (const button of document.querySelectorAll("button[data-until]")) {
    if (!isOver(button.dataset.until)) continue;
    if (button === document.activeElement) button.closest(".message")?.focus({ preventScroll: true });
    button.remove();
  }
}

function renderItems(block, at) {
  const stateful = block.items.filter((item) => item.state !== "none");
  const closed = stateful.filter(isClosed).length;
  return h("section", { class: `items${stateful.length ? " checklist" : ""}` },
    block.title && h("h4", { class: "items-title" }, h("span", { dir: "auto" }, block.title),
      stateful.length > 0 && h("span", { class: `items-count${closed === stateful.length ? " all" : ""}` }, `${closed}/${stateful.length}`)),
    h("ul", {}, block.items.map((item, index) => renderItem(item, { ...at, path: `${at.path}.${index}` }))));
}

const isClosed = (item) => item.state === "done" || item.state === "waived";
const STATE_ICONS = { done: "check", blocked: "blocked", waived: "waived" };

function renderItem(item, at) {
  const group = at.path;
  const words = h("span", { class: "item-words" },
    h("span", { class: "item-text", dir: "auto" }, item.text),
    item.note && h("span", { class: "item-note", dir: "auto" }, item.note));
  if (item.state === "none") {
    return h("li", { class: "item plain" }, words,
      item.buttons.length > 0 && h("div", { class: "item-actions" }, buttonRow(item.buttons, at, group, item.text)));
  }
  const box = h("span", { class: "box" }, STATE_ICONS[item.state] && icon(STATE_ICONS[item.state]));
  const said = hidden(t(`web.state.${item.state}`));
  // The first button of a checklist row is the row itself: tap to tick, tap again to untick.
  const [first, ...rest] = item.buttons;
  const taps = first && first.form.length === 0 && first.style !== "danger";
  const others = taps ? rest : item.buttons;
  return h("li", { class: `item state-${item.state}` },
    taps ? tickButton(first, group, item, at, [box, said, words]) : h("div", { class: "tick" }, box, said, words),
    others.length > 0 && otherActions(others, item, at, group));
}

function tickButton(button, group, item, at, children) {
  const pending = at.acts.pending(group);
  return h("button", {
    type: "button", class: `tick${pending === button.id ? " pending" : ""}`, title: button.label, data: { path: `${group}.tick` },
    "aria-disabled": pending ? "true" : null, "aria-busy": pending === button.id ? "true" : null,
    on: { click: () => !at.acts.pending(group) && at.acts.press(button, group, item.text) },
  }, children);
}

/** On a phone these hide behind a "more" button, so that rows stay one tap high. */
function otherActions(buttons, item, at, group) {
  const list = h("div", { class: "item-actions" }, buttonRow(buttons, at, group, item.text));
  const more = h("button", {
    type: "button", class: "icon-button more", "aria-expanded": "false", "aria-label": t("web.item.more", { item: item.text }),
    data: { path: `${group}.more` },
    on: { click: () => more.setAttribute("aria-expanded", String(list.parentElement.classList.toggle("open"))) },
  }, icon("more"));
  return [more, list];
}

function progressBar(items) {
  const count = (...states) => items.filter((item) => states.includes(item.state)).length;
  const blocked = count("blocked");
  const label = blocked
    ? t("web.progress.blocked", { done: count("done", "waived"), total: items.length, blocked })
    : t("web.progress", { done: count("done", "waived"), total: items.length });
  const part = (name, n) => {
    const bar = h("span", { class: `bar-${name}` });
    bar.style.flexGrow = String(n);
    return bar;
  };
  return h("div", { class: "progress" },
    h("div", { class: "bar", "aria-hidden": "true" }, part("done", count("done")), part("waived", count("waived")),
      part("blocked", blocked), part("open", count("open"))),
    h("span", { class: "progress-label" }, label));
}
