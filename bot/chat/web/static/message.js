// One message: who, when, to whom, how loud, and its blocks.

import { avatar, h, hidden, icon } from "./dom.js";
import { renderBlocks } from "./blocks.js";
import { t } from "./text.js";
import { fullTime, shortTime } from "./time.js";

const LOUD = ["alert", "warning", "error", "good"];

/**
 * `context`: {grouped, forMe, acts, nameOf(id), failure: {text, tryInstead}|null}. Grouped messages leave out what
 * the message above already says; `forMe`: addressed to the reader where nobody else is, so the name adds nothing.
 */
export function renderMessage(message, context) {
  const { author } = message;
  const bot = author.kind === "bot";
  const classes = ["message", `tone-${message.tone}`, bot ? "by-bot" : "by-person"];
  if (context.grouped) classes.push("grouped");
  if (message.private) classes.push("private");
  if (bot && (LOUD.includes(message.tone) || message.blocks.some(isStructured))) classes.push("carded");
  return h("article", { class: classes.join(" "), data: { id: message.id }, tabindex: -1 },
    context.grouped ? time(message, "gutter") : avatar(author),
    h("div", { class: "message-main" },
      head(message, context),
      h("div", { class: "card" }, card(message, context)),
      context.failure && failureLine(context.failure, context.acts)));
}

const isStructured = (block) => !["text", "note"].includes(block.type);

function head(message, context) {
  const { author } = message;
  return h("header", { class: "message-head" },
    h("span", { class: "author" }, author.name),
    author.kind === "bot" && h("span", { class: "bot-tag" }, t("web.bot")),
    message.to && !context.forMe && h("span", { class: "to" }, `@${context.nameOf(message.to)}`),
    !context.grouped && time(message, ""),
    message.op === "edit" && h("span", { class: "edited" }, t("web.edited")),
    message.private && h("span", { class: "private-mark" }, icon("lock"), t("web.private")));
}

function time(message, className) {
  const at = new Date(message.at);
  return h("time", { class: className, datetime: message.at, title: fullTime(at) }, shortTime(at));
}

/** A loud message says how loud beside its heading, or above its text; good news only by its sign. */
function card(message, context) {
  const blocks = [body(message, context)].flat();
  const { tone } = message;
  if (!LOUD.includes(tone)) return blocks;
  const tag = tone === "good"
    ? h("div", { class: "tone-tag" }, icon(tone), hidden(t("web.tone.good")))
    : h("div", { class: "tone-tag" }, icon(tone), t(`web.tone.${tone}`));
  const beside = tone === "good" ? ["heading", "text", "say"] : ["heading"];
  if (!beside.includes(message.blocks[0]?.type)) return [tag, blocks];
  const [first, ...rest] = blocks;
  return [h("div", { class: "title-row" }, tag, first), rest];
}

function body(message, context) {
  if (message.author.kind === "bot") return renderBlocks(message, context.acts);
  const command = message.text.startsWith("/");
  return h("p", { class: command ? "text command" : "text", dir: "auto" }, message.text);
}

/** What went wrong with a press, and the line to type instead, one tap from the message box. */
export function failureLine(failure, acts) {
  return h("div", { class: "failure", role: "alert" }, icon("error"),
    h("span", { dir: "auto" }, failure.text),
    failure.tryInstead && tryButton(failure.tryInstead, acts));
}

export function tryButton(line, acts) {
  return h("button", { type: "button", class: "try", title: t("web.try.title"), on: { click: () => acts.insert(line) } },
    hidden(t("web.try.title")), h("code", { dir: "auto" }, line));
}

export function daySeparator(name) {
  return h("div", { class: "day", role: "separator" }, h("span", {}, name));
}

export function newSeparator() {
  return h("div", { class: "new-line", role: "separator" }, h("span", {}, t("web.new")));
}
