// The messages of the channel on screen: keeps its place while others arrive, edits in place, marks what is new.

import { h, icon } from "./dom.js";
import { daySeparator, newSeparator, renderMessage } from "./message.js";
import { t } from "./text.js";
import { dayKey, dayName } from "./time.js";

const GROUP_MS = 5 * 60e3;
const SHOWN_AT_FIRST = 200;
const NEAR_BOTTOM_PX = 60;

export class Feed {
  /** `hooks`: meId, acts, nameOf(id), failureOf(id), guidance(channel) -> node, onRead(). */
  constructor(hooks) {
    this.hooks = hooks;
    this.list = h("div", { class: "feed-list" });
    this.pill = h("button", { type: "button", class: "pill", hidden: true, on: { click: () => this.toBottom(true) } });
    this.scroller = h("div", { class: "feed", id: "messages", tabindex: 0, role: "log", "aria-live": "off", on: { scroll: () => this.scrolled() } }, this.list);
    this.node = h("div", { class: "feed-frame" }, this.scroller, this.pill);
    this.nodes = new Map();
    this.waiting = [];
    this.stuck = true;
    // Pictures that load late and rows that unfold must not push the newest message out of sight.
    this.observer = new ResizeObserver(() => this.stuck && this.toBottom());
    this.observer.observe(this.list);
    this.observer.observe(this.scroller);
  }

  stop() {
    this.observer.disconnect();
  }

  show(channel) {
    this.channel = channel;
    this.shown = SHOWN_AT_FIRST;
    this.newFrom = channel.messages.find((message) => channel.unread.has(message.id))?.id ?? null;
    this.scroller.setAttribute("aria-label", channel.name);
    this.node.dataset.channel = channel.id;
    this.waiting = [];
    this.draw();
    this.toBottom();
    this.markLine?.scrollIntoView({ block: "start" });
    this.scrolled();
  }

  draw() {
    this.nodes.clear();
    this.markLine = null;
    this.list.replaceChildren();
    const { messages } = this.channel;
    const first = Math.max(0, messages.length - this.shown);
    if (messages.length === 0) this.list.append(this.hooks.guidance(this.channel));
    if (first > 0) this.list.append(this.earlierButton());
    for (let index = first; index < messages.length; index += 1) this.append(index, index === first);
    this.markLatest();
  }

  earlierButton() {
    return h("button", { type: "button", class: "earlier", on: { click: () => this.earlier() } }, t("web.earlier"));
  }

  earlier() {
    const fromBottom = this.scroller.scrollHeight - this.scroller.scrollTop;
    this.shown += SHOWN_AT_FIRST;
    this.draw();
    this.scroller.scrollTop = this.scroller.scrollHeight - fromBottom;
  }

  append(index, isFirst) {
    const message = this.channel.messages[index];
    const before = isFirst ? null : this.channel.messages[index - 1];
    const at = new Date(message.at);
    const newDay = !before || dayKey(new Date(before.at)) !== dayKey(at);
    if (newDay) this.list.append(daySeparator(dayName(at)));
    if (message.id === this.newFrom) {
      this.markLine = newSeparator();
      this.list.append(this.markLine);
    }
    const grouped = !newDay && message.id !== this.newFrom && follows(before, message);
    const node = this.render(message, grouped);
    this.nodes.set(message.id, node);
    this.list.append(node);
  }

  render(message, grouped) {
    return renderMessage(message, {
      grouped, forMe: message.to === this.hooks.meId && (message.private || message.channel === "host"), acts: this.hooks.acts(message), nameOf: this.hooks.nameOf, failure: this.hooks.failureOf(message.id),
    });
  }

  /** Many messages have come at once. */
  refresh() {
    const wasStuck = this.stuck;
    this.draw();
    if (wasStuck) this.toBottom();
    this.scrolled();
  }

  /** A message the store has just taken in; `change` is "new" or "edit". */
  update(message, change) {
    if (change === "edit") {
      this.redraw(message.id)?.classList.add("flash");
      return;
    }
    const { messages } = this.channel;
    const index = messages.findIndex((other) => other.id === message.id);
    if (index !== messages.length - 1 || messages.length === 1) {
      this.draw();
    } else {
      this.shown += 1;
      this.append(index, index === 0);
      this.markLatest();
    }
    this.nodes.get(message.id)?.classList.add("arriving");
    if (this.stuck) this.toBottom();
    if (this.stuck && document.visibilityState === "visible") this.seen();
    else this.waiting.push(message);
    this.drawPill();
  }

  /** Draws one message again and puts the keyboard focus back where it was. Returns the new node. */
  redraw(id) {
    const old = this.nodes.get(id);
    if (!old) return null;
    const message = this.channel.byId.get(id);
    const focus = old.contains(document.activeElement) ? document.activeElement : null;
    const open = [...old.querySelectorAll(".item.open .more")].map((more) => more.dataset.path);
    const node = this.render(message, old.classList.contains("grouped"));
    this.nodes.set(id, node);
    old.replaceWith(node);
    for (const path of open) byPath(node, path)?.click();
    if (focus) (byPath(node, focus.dataset.path) ?? node).focus({ preventScroll: true });
    this.markLatest();
    return node;
  }

  /** The newest line for the host is the large one. */
  markLatest() {
    for (const node of this.list.querySelectorAll(".latest")) node.classList.remove("latest");
    const latest = this.channel.messages.findLast((message) => message.author.kind === "bot" && !message.private);
    if (latest) this.nodes.get(latest.id)?.classList.add("latest");
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    // A picture that has just loaded lengthens the list before the observer is told: the reader has not moved.
    const isStill = this.stuck && Math.abs(scrollTop - this.placedAt) < 2;
    this.stuck = isStill || Math.abs(this.restPlace() - scrollTop) < NEAR_BOTTOM_PX || scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PX;
    if (this.stuck) this.seen();
    this.drawPill();
  }

  /** The reader is looking at the newest message. */
  seen() {
    if (document.visibilityState !== "visible") return;
    this.waiting = [];
    this.hooks.onRead();
    this.drawPill();
  }

  toBottom(smooth = false) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.scroller.scrollTo({ top: this.restPlace(), behavior: smooth && !calm ? "smooth" : "instant" });
    if (smooth) this.scroller.focus({ preventScroll: true });
    else this.placedAt = this.scroller.scrollTop;
  }

  /** The bottom, or the top of a newest message taller than the window: what happened comes before the details. */
  restPlace() {
    const { scrollHeight, clientHeight } = this.scroller;
    const bottom = scrollHeight - clientHeight;
    const last = this.list.lastElementChild;
    if (!last?.classList.contains("message")) return bottom;
    return Math.min(bottom, last.offsetTop - this.list.offsetTop);
  }

  drawPill() {
    this.pill.hidden = this.stuck;
    const count = this.waiting.length;
    this.pill.classList.toggle("alert", this.waiting.some((message) => message.tone === "alert"));
    this.pill.replaceChildren(icon("down"), count ? t("web.jump.new", { count }) : t("web.jump"));
  }
}

const byPath = (node, path) => (path ? node.querySelector(`[data-path="${CSS.escape(path)}"]`) : null);

function follows(before, message) {
  return before.author.id === message.author.id && before.tone === "normal" && message.tone === "normal"
    && before.to === message.to && !before.private && !message.private
    && Date.parse(message.at) - Date.parse(before.at) < GROUP_MS;
}
