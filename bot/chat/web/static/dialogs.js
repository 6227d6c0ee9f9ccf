// Windows above the chat: a button's form, a picture in full size, the keyboard's keys; and short notices.

import { h, iconButton } from "./dom.js";
import { failureLine } from "./message.js";
import { t } from "./text.js";

const NOTICE_MS = 6000;

/** A modal dialog; the browser keeps the focus inside, Esc closes it. Returns it opened, with `body` inside. */
export function openDialog(title, body, className = "") {
  const dialog = h("dialog", { class: `dialog ${className}`, "aria-labelledby": "dialog-title" },
    h("div", { class: "dialog-frame" },
      h("header", { class: "dialog-head" }, h("h2", { id: "dialog-title", dir: "auto" }, title),
        iconButton("close", t("web.close"), () => dialog.close())),
      body));
  const opener = document.activeElement;
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (opener?.isConnected) opener.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * Asks for a button's fields. `submit(fields)` rejects with a Refusal to keep the dialog, and what was typed, open.
 * `about`: what the button belongs to.
 */
export function openForm(button, about, submit) {
  const failure = h("div", {});
  const send = h("button", { type: "submit", class: `button ${button.style === "danger" ? "danger" : "primary"}` }, button.label);
  const inputs = button.form.map((field) => h("textarea", { name: field.name, rows: 2, required: field.required, id: `field-${field.name}` }));
  const form = h("form", { class: "form", on: { keydown: submitOnEnter } },
    about && h("p", { class: "form-about", dir: "auto" }, about),
    button.form.map((field, index) => h("label", { class: "field" },
      h("span", {}, field.label, !field.required && h("em", {}, ` ${t("web.complete.optional")}`)), inputs[index])),
    failure, h("div", { class: "actions end" },
      h("button", { type: "button", class: "button plain", on: { click: () => dialog.close() } }, t("web.cancel")), send));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (send.disabled) return;
    send.disabled = true;
    try {
      await submit(Object.fromEntries(inputs.map((input) => [input.name, input.value.trim()])));
      dialog.close();
    } catch (error) {
      failure.replaceChildren(failureLine({ text: error.message, tryInstead: null }, {}));
    } finally {
      send.disabled = false;
    }
  });
  const dialog = openDialog(button.label, form);
  inputs[0].focus();
}

function submitOnEnter(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  if (event.target.tagName !== "TEXTAREA") return;
  event.preventDefault();
  event.currentTarget.requestSubmit();
}

export function openImage(block) {
  openDialog(block.alt, h("img", { class: "full-image", src: block.url, alt: block.alt }), "wide");
}

export function openKeys() {
  const rows = [
    [["/"], "web.keys.composer"], [["Alt", "↑"], "web.keys.up"], [["Alt", "↓"], "web.keys.down"], [["↑"], "web.keys.history"],
    [["Tab"], "web.keys.tab"], [["Shift", "Enter"], "web.keys.newline"], [["Esc"], "web.keys.escape"], [["?"], "web.keys.help"],
  ];
  openDialog(t("web.keys.title"), h("dl", { class: "keys" }, rows.map(([keys, key]) =>
    h("div", {}, h("dt", {}, keys.map((name) => h("kbd", {}, name))), h("dd", {}, t(key))))));
}

/** A short notice in the corner; with `act` it can be tapped. Alerts stay until tapped, or until `about` is dismissed. */
export function notice(text, { tone = "normal", act = null, about = "" } = {}) {
  let stack = document.querySelector(".notices");
  if (!stack) document.body.append(stack = h("div", { class: "notices", role: "status" }));
  const node = h(act ? "button" : "div", { class: `notice tone-${tone}`, type: act ? "button" : null, dir: "auto", data: { about } }, text);
  node.addEventListener("click", () => {
    node.remove();
    act?.();
  });
  stack.append(node);
  while (stack.children.length > 3) stack.firstChild.remove();
  if (tone !== "alert") setTimeout(() => node.remove(), NOTICE_MS);
}

export function dismiss(about) {
  for (const node of document.querySelectorAll(".notice")) if (node.dataset.about === about) node.remove();
}
