// What the browser remembers. Storage that is full or switched off must never stop the chat.

function from(area) {
  return {
    get(name, otherwise = null) {
      try {
        return JSON.parse(area().getItem(`showcaller.${name}`)) ?? otherwise;
      } catch {
        return otherwise;
      }
    },
    set(name, value) {
      try {
        area().setItem(`showcaller.${name}`, JSON.stringify(value));
      } catch {
        // Remembered for this page only.
      }
    },
    forget(name) {
      try {
        area().removeItem(`showcaller.${name}`);
      } catch {
        // Nothing was kept.
      }
    },
  };
}

/** Shared by every tab. */
export const kept = from(() => localStorage);
/** This tab only, so that one browser can be three people in three tabs. */
export const tab = from(() => sessionStorage);

const THEMES = ["system", "light", "dark"];

export function theme() {
  return document.documentElement.dataset.theme ?? "system";
}

/** Goes to the next theme. Kept as a bare word, not JSON: theme.js reads it before any module is loaded. */
export function nextTheme() {
  const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length];
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem("showcaller.theme", next);
  } catch {
    // Kept for this page only.
  }
  return next;
}
