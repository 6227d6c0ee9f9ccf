// The page behind an invite link. The code is in the part of the address after #, which the browser sends to nobody; only
// the button's POST carries it, so a preview of the link uses nothing up.

import * as api from "./api.js";
import { h } from "./dom.js";
import { setStrings, t } from "./text.js";

const RETRY_MS = 2000;
const root = document.getElementById("app");
let team = "";

function show(...parts) {
  root.replaceChildren(h("main", { class: "gate" }, h("div", { class: "gate-card" },
    h("img", { src: "static/icon.svg", alt: "", width: 48, height: 48 }), parts)));
}

/** A form with one button. `submit()` rejects with a Refusal, which is shown below the fields. */
function form(fields, label, submit) {
  const failure = h("p", { class: "gate-failure", role: "alert" });
  const button = h("button", { type: "submit", class: "button primary" }, label);
  const node = h("form", { class: "form" }, fields, failure, button);
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    failure.textContent = "";
    try {
      await submit();
    } catch (error) {
      failure.textContent = error.message;
    } finally {
      button.disabled = false;
    }
  });
  return { node, failure };
}

function askCode(why = "") {
  const input = h("input", { name: "code", autocomplete: "one-time-code", autocapitalize: "characters", spellcheck: "false", required: true });
  const { node, failure } = form(h("label", { class: "field" }, h("span", {}, t("web.join.code")), input), t("web.join.look"), () => look(input.value));
  failure.textContent = why;
  show(h("h1", {}, t("web.join.title", { team })), h("p", { class: "gate-about" }, t("web.join.enter")), node);
}

async function look(code) {
  const { purpose, name } = await api.look(code);
  if (purpose === "first_admin") askName(code);
  else invite(code, name);
}

function invite(code, name) {
  const { node } = form([], t("web.join.as", { name }), () => join(code));
  show(h("h1", {}, t("web.join.title", { team })), h("p", { class: "gate-about", dir: "auto" }, t("web.join.for", { team, name })),
    node, h("p", { class: "gate-note" }, t("web.join.private")));
}

function askName(code) {
  const input = h("input", { name: "name", autocomplete: "name", maxlength: 60, required: true });
  const { node } = form(h("label", { class: "field" }, h("span", {}, t("web.join.name")), input), t("web.join.button"), () => join(code, input.value));
  show(h("h1", {}, t("web.join.claim")), h("p", { class: "gate-about" }, t("web.join.claim.about", { team })), node,
    h("p", { class: "gate-note" }, t("web.join.private")));
  input.focus();
}

async function join(code, name) {
  await api.join(code, name);
  // Worth nothing any more; until now it stayed, so that the page could be opened again in another browser.
  history.replaceState(null, "", location.pathname);
  location.replace("./");
}

async function start() {
  try {
    const { team: name, language, strings } = await api.welcome();
    setStrings(strings, language);
    team = name;
    document.title = t("web.join.title", { team });
  } catch (error) {
    if (error.status === 404) location.replace("./"); // no sign-in here: there is nothing to join
    else setTimeout(start, RETRY_MS);
    return;
  }
  const code = decodeURIComponent(location.hash.slice(1));
  if (!code) askCode();
  else await look(code).catch((error) => askCode(error.message));
}

addEventListener("hashchange", start);
start();
