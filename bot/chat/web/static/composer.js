// The message box: grows with its text, keeps what could not be sent, remembers what was.

import { Attach } from "./attach.js";
import { Completion } from "./complete.js";
import { h, iconButton } from "./dom.js";
import { tab } from "./memory.js";
import { failureLine } from "./message.js";
import { t } from "./text.js";

const REMEMBERED = 50;

export class Composer {
  /**
   * `send(channelId, text, nonce)`: resolves with the line as the server keeps it (without secret values), rejects with
   * a Refusal; the text stays until then. `upload(file)`: resolves with the file's id; null: files are not for this person.
   */
  constructor({ send, upload, personId, signal }) {
    this.send = send;
    this.historyName = `history.${personId ?? ""}`;
    this.history = tab.get(this.historyName, []);
    this.back = 0;
    this.drafts = new Map();
    this.input = h("textarea", {
      id: "composer", class: "composer-input", rows: 1, autocomplete: "off", spellcheck: "false", enterkeyhint: "send",
      on: { input: () => this.changed(), keydown: (event) => this.key(event), blur: () => this.completion.close() },
    });
    this.completion = new Completion(this.input, (text) => this.put(text));
    this.failure = h("div", { class: "composer-failure" });
    this.button = iconButton("send", t("web.composer.send"), () => this.submit(), "send");
    this.node = h("div", { class: "composer" }, this.completion.node, this.failure,
      h("div", { class: "composer-box" }, this.attached(upload, signal), this.input, this.button),
      h("p", { class: "composer-keys" }, t("web.composer.keys")));
  }

  /** The channel on screen changed: each has its own draft. */
  show(channel) {
    if (this.channel) this.drafts.set(this.channel.id, this.input.value);
    this.channel = channel;
    const label = t("web.composer.placeholder", { channel: channel.name });
    this.input.placeholder = label;
    this.input.setAttribute("aria-label", label);
    this.input.value = this.drafts.get(channel.id) ?? "";
    this.back = 0;
    this.failure.replaceChildren();
    this.completion.close();
    this.grow();
  }

  attached(upload, signal) {
    if (!upload) return [];
    const refused = (error) => this.fail(error);
    return new Attach({ upload, signal, refused, brought: (id) => this.bring(id) }).nodes;
  }

  /** A file is there: the line that uses it, which waits to be sent. A command that was begun goes on. */
  bring(id) {
    this.failure.replaceChildren();
    const begun = this.input.value.trimEnd();
    this.put(/^\/plan[ _]import$/.test(begun) ? `${begun} ${id}` : `/plan import ${id}`);
  }

  fail(error) {
    this.failure.replaceChildren(failureLine({ text: error.message, tryInstead: error.tryInstead }, { insert: (line) => this.put(line) }));
  }

  /** Puts a line into the box, ready to be changed or sent. */
  put(text) {
    this.input.value = text;
    this.input.focus();
    this.input.setSelectionRange(text.length, text.length);
    this.changed();
  }

  focus(start = "") {
    if (start && this.input.value === "") this.put(start);
    else this.input.focus();
  }

  changed() {
    this.back = 0;
    this.refresh();
  }

  refresh() {
    this.grow();
    this.completion.update(this.input.value, this.channel.id);
  }

  grow() {
    this.button.classList.toggle("ready", this.input.value.trim() !== "");
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight}px`;
  }

  key(event) {
    // Enter and arrows belong to the input method while it composes Chinese.
    if (event.isComposing || event.keyCode === 229 || event.altKey || event.ctrlKey || event.metaKey) return;
    const used = this.completion.key(event)
      || (event.key === "Enter" && !event.shiftKey && (this.submit(), true))
      || this.walkHistory(event);
    if (used) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  walkHistory(event) {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return false;
    if (this.back === 0 && (this.input.value !== "" || event.key === "ArrowDown")) return false;
    const back = this.back + (event.key === "ArrowUp" ? 1 : -1);
    if (back > this.history.length) return true;
    this.back = back;
    const text = back === 0 ? "" : this.history[this.history.length - back];
    this.input.value = text;
    this.input.setSelectionRange(text.length, text.length);
    this.grow();
    this.completion.close();
    return true;
  }

  async submit() {
    const text = this.input.value.trim();
    if (!text || this.sending) return;
    const { channel } = this;
    this.sending = true;
    this.node.classList.add("sending");
    this.input.readOnly = true;
    this.completion.close();
    this.failure.replaceChildren();
    try {
      this.remember(await this.send(channel.id, text, this.nonceFor(channel.id, text)));
      this.tried = null;
      this.drafts.delete(channel.id);
      if (this.channel === channel) this.input.value = "";
    } catch (error) {
      this.drafts.set(channel.id, text);
      this.fail(error);
    } finally {
      this.sending = false;
      this.node.classList.remove("sending");
      this.input.readOnly = false;
      this.back = 0;
      this.grow();
    }
  }

  /** A line tried again after a failure keeps its nonce; any other line gets a new one. */
  nonceFor(channelId, text) {
    if (this.tried?.text !== text || this.tried.channelId !== channelId) {
      const bytes = crypto.getRandomValues(new Uint8Array(12));
      this.tried = { channelId, text, nonce: Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("") };
    }
    return this.tried.nonce;
  }

  /** Whoever sits here next must not find what was typed. */
  forget() {
    tab.forget(this.historyName);
  }

  remember(text) {
    if (this.history.at(-1) !== text) this.history.push(text);
    this.history.splice(0, this.history.length - REMEMBERED);
    tab.set(this.historyName, this.history);
  }
}
