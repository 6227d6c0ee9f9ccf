// The page around the messages: channels, who you are, the clock, the bell, the banners.

import { isOn } from "./bell.js";
import { sweepButtons } from "./blocks.js";
import { avatar, h, hidden, icon, iconButton } from "./dom.js";
import { theme } from "./memory.js";
import { personLine } from "./people.js";
import { roleName, t } from "./text.js";
import { clockSpeed, fullTime, now, timeWithZone } from "./time.js";

const CHANNEL_ICONS = ["team", "host", "managers"];

export class Shell {
  /** `acts`: go(channelId), people(), bell(), theme(), keys(), retry(), takeOver(). */
  constructor({ me, acts, feed, guide, composer }) {
    this.me = me;
    this.acts = acts;
    this.tabs = h("ul", { class: "channels" });
    this.peopleBox = h("div", { class: "people-box" });
    this.title = h("h1", { class: "channel-name" });
    this.topic = h("p", { class: "topic", dir: "auto" });
    this.clock = h("time", { class: "clock" });
    this.lost = h("div", { class: "banner lost", role: "status", hidden: true }, h("span", { class: "dot" }), h("span", {}, t("web.lost")),
      h("button", { type: "button", class: "link", on: { click: acts.retry } }, t("web.lost.retry")));
    this.watching = h("div", { class: "banner watching", hidden: true });
    this.announcer = h("div", { class: "hidden", "aria-live": "polite" });
    this.alarm = h("div", { class: "hidden", role: "alert" });
    this.bellButton = iconButton("bellOff", t("web.bell.title"), acts.bell);
    this.themeButton = iconButton("system", "", acts.theme);
    this.node = h("div", { class: "shell" },
      h("a", { class: "skip", href: "#composer" }, t("web.skip")),
      this.sidebar(), this.main(feed, guide, composer), this.announcer, this.alarm);
    this.drawTheme();
    this.drawBell();
    this.tick();
    this.ticking = setInterval(() => this.tick(), 1000);
  }

  stop() {
    clearInterval(this.ticking);
  }

  sidebar() {
    return h("aside", { class: "sidebar" },
      h("div", { class: "team" }, h("img", { src: "static/icon.svg", alt: "", width: 28, height: 28 }),
        h("div", { class: "team-words" }, h("strong", { dir: "auto" }, this.me.team), h("span", {}, t("web.app")))),
      h("nav", { class: "nav", "aria-label": t("web.channels") }, h("h2", { class: "side-title" }, t("web.channels")), this.tabs),
      this.peopleBox,
      h("div", { class: "side-foot" }, this.meButton("me wide")));
  }

  meButton(className) {
    const { person } = this.me;
    const words = person
      ? [avatar(person), h("span", { class: "person-words" }, h("span", { class: "person-name" }, person.name), h("span", { class: "person-role" }, roleName(person.role)))]
      : [icon("plain"), h("span", { class: "person-words" }, t("web.people.choose"))];
    return h("button", { type: "button", class: className, title: t("web.people.title"), on: { click: this.acts.people } }, words, hidden(t("web.people.title")));
  }

  main(feed, guide, composer) {
    return h("main", { class: "main" },
      h("header", { class: "top" },
        h("div", { class: "top-words" }, this.title, this.topic),
        h("div", { class: "tools" }, this.clock, this.bellButton, this.themeButton,
          iconButton("keys", t("web.keys.title"), this.acts.keys, "keys-button"), this.meButton("me small"))),
      this.lost, feed, h("footer", { class: "foot" }, guide, this.watching, composer));
  }

  drawChannels(channels, currentId) {
    const focused = this.tabs.contains(document.activeElement);
    this.tabs.replaceChildren(...channels.map(({ channel, unread }, index) => h("li", {}, h("button", {
      type: "button", class: `channel${unread.count ? " unread" : ""}${unread.alert ? " alert" : ""}`, data: { channel: channel.id },
      "aria-current": channel.id === currentId ? "page" : null, on: { click: () => this.acts.go(channel.id) },
    }, icon(CHANNEL_ICONS.includes(channel.id) ? channel.id : CHANNEL_ICONS[0]),
    h("span", { class: "channel-label", dir: "auto" }, channel.name),
    unread.count > 0 && h("span", { class: "count", "aria-hidden": "true" }, unread.count > 99 ? "99+" : unread.count),
    unread.count > 0 && hidden(t("web.unread", { count: unread.count })),
    h("span", { class: "place", "aria-hidden": "true" }, index + 1)))));
    if (focused) this.tabs.querySelector("[aria-current]")?.focus();
    const current = channels.find(({ channel }) => channel.id === currentId)?.channel;
    this.title.textContent = current?.name ?? "";
    this.topic.textContent = current?.topic ?? "";
    this.topic.title = current?.topic ?? "";
  }

  drawPeople(people, switchable) {
    this.node.classList.toggle("fixed-person", !switchable);
    for (const button of this.node.querySelectorAll(".me")) button.disabled = !switchable;
    this.peopleBox.replaceChildren(h("h2", { class: "side-title" }, t("web.people")), h("ul", { class: "people" }, people.map((person) =>
      h("li", { class: "person-row" }, personLine(person, person.id === this.me.person?.id)))));
    const mine = people.find((person) => person.id === this.me.person?.id);
    this.watching.hidden = !(mine?.scripted ?? !this.me.person);
    if (this.watching.hidden) return;
    this.watching.replaceChildren(icon("script"),
      h("span", {}, mine ? t("web.watching", { name: mine.name }) : t("web.people.choose")),
      h("button", { type: "button", class: "button primary", on: { click: mine ? this.acts.takeOver : this.acts.people } },
        mine ? t("web.watching.take", { name: mine.name }) : t("web.people.title")));
  }

  drawConnection(connected) {
    this.lost.hidden = connected;
    this.node.classList.toggle("offline", !connected);
  }

  drawTheme() {
    const label = t(`web.theme.${theme()}`);
    this.themeButton.replaceChildren(icon(theme()));
    this.themeButton.title = label;
    this.themeButton.setAttribute("aria-label", label);
  }

  drawBell() {
    this.bellButton.replaceChildren(icon(isOn() ? "bell" : "bellOff"));
    this.bellButton.classList.toggle("on", isOn());
    this.bellButton.title = t(isOn() ? "web.bell.on" : "web.bell.off");
    this.bellButton.setAttribute("aria-label", this.bellButton.title);
  }

  drawTitle(unread) {
    const name = `${this.title.textContent} · ${this.me.team}`;
    document.title = unread ? `(${unread}) ${name}` : name;
    const sign = document.getElementById("favicon");
    const href = unread ? "static/icon-unread.svg" : "static/icon.svg";
    if (sign.getAttribute("href") !== href) sign.setAttribute("href", href);
  }

  tick() {
    const at = now();
    const speed = clockSpeed();
    this.clock.replaceChildren(timeWithZone(at), h("span", { class: "speed" }, speed ? ` · ${t("web.clock.speed", { speed })}` : ""));
    this.clock.title = fullTime(at);
    this.clock.dateTime = at.toISOString();
    sweepButtons();
  }

  /** For screen readers: alerts interrupt, the rest waits its turn. */
  speak(text, urgent) {
    (urgent ? this.alarm : this.announcer).textContent = text;
  }
}
