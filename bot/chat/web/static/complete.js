// Completion of slash commands: a list above the message box, and what the argument being typed means.

import * as api from "./api.js";
import { h } from "./dom.js";
import { t } from "./text.js";

const WAIT_MS = 70;

export class Completion {
  /** `take(text)`: a completion was accepted. The list is tied to `input` for screen readers. */
  constructor(input, take) {
    this.input = input;
    this.take = take;
    this.items = [];
    this.chosen = -1;
    this.list = h("ul", { class: "completions", id: "completions", role: "listbox", "aria-label": t("web.complete.label"), hidden: true });
    this.hint = h("div", { class: "hint", id: "hint", "aria-live": "polite", hidden: true });
    this.node = h("div", { class: "completion" }, this.list, this.hint);
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", "completions"], ["aria-expanded", "false"], ["aria-describedby", "hint"]]) {
      input.setAttribute(name, value);
    }
  }

  get open() {
    return !this.list.hidden;
  }

  /** The text changed: asks the server what could come next; an answer to an older text is thrown away. */
  update(text, channel) {
    clearTimeout(this.timer);
    this.asked?.abort();
    if (!text.startsWith("/") || text.includes("\n")) return this.close();
    this.timer = setTimeout(() => this.ask(text, channel), WAIT_MS);
    return undefined;
  }

  async ask(text, channel) {
    this.asked = new AbortController();
    try {
      const answer = await api.complete(text, channel, this.asked.signal);
      if (this.input.value === text) this.show(answer, text);
    } catch {
      // No completion is no reason to disturb somebody typing.
      this.close();
    }
  }

  show(answer, text) {
    this.items = answer.items ?? [];
    const complete = this.items.some((item) => item.insert.trim() === text.trim());
    // Enter must send a whole command as typed; only while its name is unfinished does it take the first proposal.
    this.chosen = this.items.length && !answer.usage && !complete ? 0 : -1;
    this.list.hidden = this.items.length === 0;
    this.input.setAttribute("aria-expanded", String(this.open));
    this.list.replaceChildren(...this.items.map((item, index) => this.option(item, index)));
    this.mark();
    this.showHint(answer);
  }

  option(item, index) {
    const option = h("li", { role: "option", id: `completion-${index}`, class: "option" },
      h("span", { class: "option-label" }, item.label),
      item.help && h("span", { class: "option-help" }, item.help));
    option.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.accept(index);
    });
    return option;
  }

  showHint(answer) {
    const args = answer.args ?? [];
    this.hint.hidden = !answer.usage;
    if (!answer.usage) return;
    const current = args.find((arg) => arg.current);
    this.hint.replaceChildren(h("div", { class: "usage" }, usageParts(answer.usage, args)));
    if (current) {
      this.hint.append(h("div", { class: "arg-help" },
        h("strong", {}, current.name), " ",
        h("span", {}, current.help),
        !current.required && h("span", { class: "optional" }, ` · ${t("web.complete.optional")}`),
        current.example && h("span", { class: "example" }, " · ", h("code", {}, current.example))));
    }
  }

  /** Returns whether the key was used up. */
  key(event) {
    if (event.key === "Escape" && (this.open || !this.hint.hidden)) {
      this.close();
      return true;
    }
    if (!this.open) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      const start = this.chosen === -1 && step === -1 ? 0 : this.chosen;
      this.chosen = (start + step + this.items.length) % this.items.length;
      this.mark();
      return true;
    }
    if (event.key === "Tab" && !event.shiftKey) {
      this.accept(Math.max(0, this.chosen));
      return true;
    }
    if (event.key === "Enter" && this.chosen >= 0) {
      this.accept(this.chosen);
      return true;
    }
    return false;
  }

  accept(index) {
    const text = this.items[index].insert;
    this.close();
    this.take(text);
  }

  mark() {
    [...this.list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === this.chosen)));
    const chosen = this.list.children[this.chosen];
    chosen?.scrollIntoView({ block: "nearest" });
    if (chosen) this.input.setAttribute("aria-activedescendant", chosen.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.list.hidden = true;
    this.hint.hidden = true;
    this.chosen = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

/** The usage line with the argument being typed set apart: "/show plan ROOM **WHEN** [for=]". */
function usageParts(usage, args) {
  const current = args.find((arg) => arg.current)?.name.toLowerCase();
  return usage.split(/(\s+)/).map((part) => {
    const name = part.replace(/[[\]=.…]/g, "").toLowerCase();
    return current && name === current ? h("mark", {}, part) : part;
  });
}
