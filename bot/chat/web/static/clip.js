// Copying. Beyond this machine and without TLS browsers offer no clipboard, so there the older way has to do.

import { h } from "./dom.js";

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const box = h("textarea", { class: "hidden", readonly: true, "aria-hidden": "true" }, text);
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
}
