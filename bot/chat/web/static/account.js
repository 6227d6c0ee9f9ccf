// With a sign-in: who this browser is, where else they are signed in, and the way out.

import * as api from "./api.js";
import { openDialog } from "./dialogs.js";
import { avatar, h } from "./dom.js";
import { roleName, t } from "./text.js";
import { dayAndTime } from "./time.js";

/** `left()`: this browser is signed out now. */
export async function openAccount(person, left) {
  const failure = h("p", { class: "form-about", role: "alert" });
  const list = h("ul", { class: "sessions" });
  const act = (work) => async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    failure.textContent = "";
    try {
      await work();
    } catch (error) {
      failure.textContent = error.message;
    } finally {
      button.disabled = false;
    }
  };
  const leave = (everywhere) => act(async () => {
    await api.signOut({ everywhere });
    dialog.close();
    left();
  });
  const draw = async () => {
    const { sessions } = await api.sessions();
    list.replaceChildren(...sessions.map((session) => sessionRow(session, act(async () => {
      await api.signOut({ session: session.id });
      await draw();
    }))));
  };
  const dialog = openDialog(t("web.account.title"), h("div", { class: "form" },
    h("div", { class: "account" }, avatar(person), h("span", { class: "person-words" },
      h("span", { class: "person-name" }, person.name), h("span", { class: "person-role" }, roleName(person.role)))),
    h("h3", { class: "account-title" }, t("web.account.sessions")), list, failure,
    h("div", { class: "actions" },
      h("button", { type: "button", class: "button", on: { click: leave(false) } }, t("web.account.out")),
      h("button", { type: "button", class: "button danger", on: { click: leave(true) } }, t("web.account.everywhere")))));
  await draw().catch((error) => { failure.textContent = error.message; });
}

function sessionRow(session, end) {
  return h("li", { class: "session", data: { session: session.id } },
    h("span", { class: "person-words" },
      h("span", { class: "person-name" }, session.device, session.here && h("em", {}, ` · ${t("web.account.here")}`)),
      h("span", { class: "person-role" }, t("web.account.seen", { when: dayAndTime(new Date(session.seen)) })),
      h("span", { class: "person-role" }, t("web.account.since", { when: dayAndTime(new Date(session.since)) }))),
    !session.here && h("button", { type: "button", class: "button", on: { click: end } }, t("web.account.out")));
}

/** The page of somebody who is not signed in. */
export function signedOut() {
  return h("main", { class: "gate" }, h("div", { class: "gate-card" },
    h("img", { src: "static/icon.svg", alt: "", width: 48, height: 48 }),
    h("h1", {}, t("web.out.title")), h("p", { class: "gate-about" }, t("web.out.about")),
    h("a", { class: "button", href: "join" }, t("web.out.code"))));
}
