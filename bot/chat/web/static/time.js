// Times as the reader sees them: in the person's own zone, by the show's clock (which a demo runs faster).

import { currentLanguage, t } from "./text.js";

let zone = "UTC";
let clock = { now: new Date().toISOString(), speed: 1, kind: "real" };
let heardAt = Date.now();
const formats = new Map();

export function setZone(name) {
  zone = name;
  formats.clear();
}

export function setClock(news) {
  clock = news;
  heardAt = Date.now();
  formats.clear();
}

/** The show's present instant. A virtual clock stands still between two messages from the server. */
export function now() {
  const speed = clock.kind === "virtual" ? 0 : Number(clock.speed) || 1;
  return new Date(new Date(clock.now).getTime() + (Date.now() - heardAt) * speed);
}

export const clockSpeed = () => (clock.kind === "real" ? null : clock.speed);

function format(name, options) {
  if (!formats.has(name)) {
    formats.set(name, new Intl.DateTimeFormat(currentLanguage(), { timeZone: zone, hourCycle: "h23", ...options }));
  }
  return formats.get(name);
}

export const shortTime = (at) => format("short", { hour: "2-digit", minute: "2-digit" }).format(at);

export const dayAndTime = (at) => `${dayName(at)} ${shortTime(at)}`;

export const timeWithZone = (at) =>
  format("zoned", { hour: "2-digit", minute: "2-digit", timeZoneName: "short" }).format(at);

/** The full date, the second and the zone's name: for the tooltip. */
export const fullTime = (at) =>
  `${format("full", { dateStyle: "full", timeStyle: "long" }).format(at)} (${zone})`;

export const dayKey = (at) => format("key", { year: "numeric", month: "2-digit", day: "2-digit" }).format(at);

export function dayName(at) {
  const today = now();
  if (dayKey(at) === dayKey(today)) return t("web.day.today");
  if (dayKey(at) === dayKey(new Date(today.getTime() - 86400e3))) return t("web.day.yesterday");
  const sameYear = format("year", { year: "numeric" });
  const year = sameYear.format(at) === sameYear.format(today) ? undefined : "numeric";
  return format(`day${year}`, { weekday: "long", day: "numeric", month: "long", year }).format(at);
}
