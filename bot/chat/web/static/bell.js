// Desktop notifications and the sound: off until somebody asks for them, in a window that says what they do.

import { h } from "./dom.js";
import { openDialog } from "./dialogs.js";
import { kept } from "./memory.js";
import { t } from "./text.js";

let audio = null;

export const isOn = () => kept.get("sound", false) || notificationsOn();

function notificationsOn() {
  return kept.get("notifications", false) && "Notification" in window && Notification.permission === "granted";
}

/** Browsers keep sound silent until the first touch after loading; that touch wakes it. */
export function wakeSound() {
  if (!kept.get("sound", false)) return;
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
}

/** Two soft falling notes; an alert has three rising ones, so that it is known without looking. */
export function ring(isAlert) {
  wakeSound();
  if (!audio || audio.state !== "running") return;
  const notes = isAlert ? [659, 784, 988] : [784, 587];
  notes.forEach((pitch, index) => note(pitch, audio.currentTime + index * 0.16, isAlert ? 0.22 : 0.12));
}

function note(pitch, at, loudness) {
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.type = "sine";
  tone.frequency.value = pitch;
  volume.gain.setValueAtTime(0.0001, at);
  volume.gain.exponentialRampToValueAtTime(loudness, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.35);
  tone.connect(volume).connect(audio.destination);
  tone.start(at);
  tone.stop(at + 0.4);
}

/** Tells about a message that has just come. `open()`: brings its channel up. */
export function announce(message, open) {
  const isAlert = message.tone === "alert";
  if (kept.get("sound", false)) ring(isAlert);
  if (!notificationsOn() || document.visibilityState === "visible") return;
  const banner = new Notification(message.author.name, {
    body: message.text.slice(0, 200), tag: message.id, requireInteraction: isAlert, icon: "static/icon.svg",
  });
  banner.addEventListener("click", () => {
    window.focus();
    open();
    banner.close();
  });
}

/** The bell's window. `changed()`: the settings are other than before. */
export function openBell(changed) {
  const said = h("p", { class: "form-about", role: "status" });
  openDialog(t("web.bell.title"), h("div", { class: "form" },
    h("p", { class: "form-about" }, t("web.bell.about")),
    toggle("web.bell.notifications", "web.bell.notifications.help", notificationsOn(), async (on) => {
      const granted = on && (await askPermission(said));
      kept.set("notifications", granted);
      changed();
      return granted;
    }),
    toggle("web.bell.sound", "web.bell.sound.help", kept.get("sound", false), async (on) => {
      kept.set("sound", on);
      if (on) {
        wakeSound();
        await audio.resume();
        ring(false);
      }
      changed();
      return on;
    }),
    said));
}

async function askPermission(said) {
  if (!("Notification" in window)) {
    said.textContent = t("web.bell.unsupported");
    return false;
  }
  const answer = await Notification.requestPermission();
  said.textContent = answer === "granted" ? "" : t("web.bell.denied");
  return answer === "granted";
}

function toggle(label, help, on, change) {
  const box = h("input", { type: "checkbox", role: "switch", class: "switch", checked: on });
  box.addEventListener("change", async () => {
    box.checked = await change(box.checked);
  });
  return h("label", { class: "toggle" }, h("span", {}, h("strong", {}, t(label)), h("small", {}, t(help))), box);
}
