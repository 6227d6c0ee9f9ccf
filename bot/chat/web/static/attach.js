// Bringing a plan file: by the paper clip, or dropped anywhere on the page.

import { h, iconButton } from "./dom.js";
import { t } from "./text.js";

const MOST_BYTES = 1024 * 1024;

export class Attach {
  /** `upload(file)`: resolves with the file's id. `brought(id)`, `refused(error)`: what came of it. */
  constructor({ upload, brought, refused, signal }) {
    this.upload = upload;
    this.brought = brought;
    this.refused = refused;
    this.chooser = h("input", {
      type: "file", class: "hidden", accept: ".csv,.tsv,.xlsx,.ics,text/csv,text/calendar", tabindex: "-1", "aria-hidden": "true",
      on: { change: () => this.take(this.chooser.files) },
    });
    this.button = iconButton("clip", t("web.attach"), () => this.chooser.click(), "clip");
    this.veil = h("div", { class: "drop-veil", hidden: true }, h("p", {}, t("web.attach.drop")));
    document.body.append(this.veil);
    this.watch(signal);
  }

  get nodes() {
    return [this.chooser, this.button];
  }

  /** Only files: text that is dragged belongs to whoever drags it. */
  watch(signal) {
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    let inside = 0;
    const over = (by) => (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      inside = Math.max(0, inside + by);
      this.veil.hidden = inside === 0;
    };
    document.addEventListener("dragenter", over(1), { signal });
    document.addEventListener("dragleave", over(-1), { signal });
    document.addEventListener("dragover", over(0), { signal });
    document.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      inside = 0;
      this.veil.hidden = true;
      this.take(event.dataTransfer.files);
    }, { signal });
    signal.addEventListener("abort", () => this.veil.remove());
  }

  async take(files) {
    const [file] = files;
    if (!file || this.busy) return;
    this.busy = true;
    this.button.classList.add("busy");
    try {
      if (file.size > MOST_BYTES) throw new Error(t("web.attach.large", { size: Math.ceil(file.size / 1024), most: MOST_BYTES / 1024 }));
      this.brought(await this.upload(file));
    } catch (error) {
      this.refused(error);
    } finally {
      this.busy = false;
      this.button.classList.remove("busy");
      this.chooser.value = "";  // or the same file, mended, could not be chosen again
    }
  }
}
