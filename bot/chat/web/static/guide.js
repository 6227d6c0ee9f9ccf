// The first steps of a new installation: above the message box until a show is planned, each with its line to send.

import * as api from "./api.js";
import { h, hidden, icon, iconButton } from "./dom.js";
import { tryButton } from "./message.js";
import { roleName, t } from "./text.js";

const WAIT_MS = 120;

export class Guide {
  /** `insert(line)`: puts a line into the message box. */
  constructor({ insert }) {
    this.insert = insert;
    this.node = h("section", { class: "guide", "aria-label": t("web.guide.title"), hidden: true });
    this.steps = [];
    this.next = [];
    this.isFollowed = false;
  }

  /** There is still something to do before the first show. */
  get isLeading() {
    return this.steps.some((step) => !step.done);
  }

  /** Something has happened that may have been one of the steps. */
  heard() {
    if (!this.isFollowed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), WAIT_MS);
  }

  async refresh() {
    try {
      const { steps, room, next } = await api.guide();
      this.steps = steps;
      this.room = room;
      this.next = next;
    } catch {
      return; // The next message asks again.
    }
    // Who comes to a team at work is shown nothing; who was led sees that they have arrived.
    this.isFollowed ||= this.isLeading;
    this.draw();
  }

  show(channelId) {
    this.channelId = channelId;
    this.draw();
  }

  draw() {
    this.node.hidden = !this.isFollowed || this.channelId !== "team";
    if (this.node.hidden) return;
    this.node.replaceChildren(...(this.isLeading ? this.leading() : this.arrived()));
  }

  leading() {
    const next = this.steps.find((step) => !step.done);
    const count = this.steps.filter((step) => step.done).length;
    return [
      h("header", { class: "guide-head" }, h("h2", {}, t("web.guide.title")),
        h("span", { class: "guide-count" }, t("web.progress", { done: count, total: this.steps.length }))),
      h("ol", { class: "guide-steps" }, this.steps.map((step) => h("li", {
        class: `guide-step${step.done ? " done" : ""}${step === next ? " next" : ""}`, "aria-current": step === next ? "step" : null, data: { step: step.id },
      }, step.done && [icon("check"), hidden(t("web.state.done"))], t(`web.guide.${step.id}`)))),
      h("p", { class: "guide-help" }, t(`web.guide.${next.id}.help`)),
      next.may
        ? h("div", { class: "guide-line" }, tryButton(next.line, { insert: this.insert }))
        : h("p", { class: "guide-help" }, t("web.guide.needs", { role: roleName("manager") })),
    ];
  }

  arrived() {
    return [
      h("header", { class: "guide-head" }, icon("good"), h("h2", {}, t("web.guide.arrived")),
        iconButton("close", t("web.close"), () => this.leave())),
      h("p", { class: "guide-help" }, t("web.guide.arrived.help", { room: this.room ?? "ROOM" })),
      h("div", { class: "guide-line" }, this.next.map((line) => tryButton(line, { insert: this.insert }))),
    ];
  }

  leave() {
    this.isFollowed = false;
    this.draw();
  }
}
