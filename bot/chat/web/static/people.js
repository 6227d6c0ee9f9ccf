// Who is in the chat, and which of them this tab is.

import { avatar, h, icon } from "./dom.js";
import { openDialog } from "./dialogs.js";
import { roleName, t } from "./text.js";

export function personLine(person, isMe) {
  return [
    avatar(person),
    h("span", { class: "person-words" },
      h("span", { class: "person-name" }, person.name),
      h("span", { class: "person-role" }, roleName(person.role), isMe && ` · ${t("web.people.you")}`)),
    person.scripted && h("span", { class: "scripted", title: t("web.people.scripted.title") }, icon("script"), t("web.people.scripted")),
  ];
}

/** The switcher. `pick(person)`: resolves when the server knows, rejects with a Refusal. */
export function openPeople(people, meId, pick) {
  const failure = h("p", { class: "form-about", role: "alert" });
  const anyScripted = people.some((person) => person.scripted);
  const dialog = openDialog(t("web.people.title"), h("div", { class: "form" },
    h("p", { class: "form-about" }, t("web.people.about"), anyScripted && ` ${t("web.people.about.scripted")}`),
    h("ul", { class: "people-list" }, people.map((person) => h("li", {}, h("button", {
      type: "button", class: "person", "aria-current": person.id === meId ? "true" : null, data: { person: person.id },
      on: {
        click: async () => {
          try {
            await pick(person);
            dialog.close();
          } catch (error) {
            failure.textContent = error.message;
          }
        },
      },
    }, personLine(person, person.id === meId))))),
    failure));
  dialog.querySelector("[aria-current]")?.focus();
}
