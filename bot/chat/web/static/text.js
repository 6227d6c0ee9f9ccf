// The page's words: they come from the server in the reader's language, never from this code.

let strings = {};
let language = "en";

export function setStrings(newStrings, newLanguage) {
  strings = newStrings;
  language = newLanguage;
  document.documentElement.lang = newLanguage;
}

export const currentLanguage = () => language;

/** The text for `key`, its {placeholders} filled in one pass (braces inside values stay as they are). */
export function t(key, params = {}) {
  const text = strings[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? String(params[name]) : whole));
}

export const roleName = (role) => (strings[`web.role.${role}`] ? t(`web.role.${role}`) : role);

export function languageName(code) {
  try {
    return new Intl.DisplayNames([language], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}
