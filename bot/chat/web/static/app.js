// Starts the chat for one person and joins its parts; picking somebody else starts it again as them.

import * as api from "./api.js";
import { openAccount, signedOut } from "./account.js";
import * as bell from "./bell.js";
import { copy } from "./clip.js";
import { Composer } from "./composer.js";
import { dismiss, notice, openForm, openImage, openKeys } from "./dialogs.js";
import { h } from "./dom.js";
import { Feed } from "./feed.js";
import { Guide } from "./guide.js";
import { Live } from "./live.js";
import { kept, nextTheme, tab } from "./memory.js";
import { tryButton } from "./message.js";
import { openPeople } from "./people.js";
import { Shell } from "./shell.js";
import { Store } from "./store.js";
import { setStrings, t } from "./text.js";
import { setClock, setZone } from "./time.js";

/** Roles that a plan file is for. */
const PLANNERS = new Set(["operator", "manager", "admin"]);

const RETRY_MS = 2000;
const DRAWN_AT_ONCE = 30;
const OWN_MESSAGE_WAIT_MS = 1500;

class App {
  constructor(me, people, channels) {
    this.me = me;
    this.people = people.people;
    this.switchable = people.switchable;
    this.store = new Store(channels, me.person?.id ?? null);
    this.pending = new Map();
    this.failures = new Map();
    this.feed = new Feed({
      meId: this.store.personId, acts: (message) => this.actsFor(message), nameOf: (id) => this.nameOf(id), failureOf: (id) => this.failures.get(id) ?? null,
      guidance: (channel) => this.guidance(channel), onRead: () => this.read(),
    });
    this.listeners = new AbortController();
    const upload = PLANNERS.has(me.person?.role) ? api.upload : null;
    this.composer = new Composer({
      send: (...line) => this.say(...line), upload, personId: me.person?.id, signal: this.listeners.signal,
    });
    this.guide = new Guide({ insert: (line) => this.composer.put(line) });
    this.shell = new Shell({ me, feed: this.feed.node, guide: this.guide.node, composer: this.composer.node, acts: this.shellActs() });
  }

  shellActs() {
    return {
      go: (id) => this.go(id),
      people: () => (this.me.sign_in ? openAccount(this.me.person, () => this.leave())
        : openPeople(this.people, this.me.person?.id, (person) => this.pick(person))),
      bell: () => bell.openBell(() => this.shell.drawBell()),
      theme: () => { nextTheme(); this.shell.drawTheme(); },
      keys: openKeys,
      retry: () => this.live.now(),
      takeOver: () => this.takeOver(),
    };
  }

  async start() {
    await Promise.all([this.catchUp(), this.guide.refresh()]);
    document.getElementById("app").replaceChildren(this.shell.node);
    this.shell.drawPeople(this.people, this.switchable);
    this.go(this.firstChannel());
    this.listen();
    this.live = new Live({
      person: api.person(), after: () => this.store.newestRev(),
      on: {
        state: (connected) => this.drawConnection(connected),
        open: () => this.catchUpSafely(),
        message: (message) => this.receive(message, true),
        clock: (clock) => { setClock(clock); this.shell.tick(); },
        people: () => this.reloadPeople(),
        ended: () => this.leave(),
      },
    });
    api.whenSignedOut(() => this.leave());
  }

  drawConnection(connected) {
    this.shell.drawConnection(connected);
    // A socket refused for want of a session looks like a lost one; a request is told which it was.
    if (!connected && this.me.sign_in) api.me().catch(() => {});
  }

  /** Signed out, here or from elsewhere. */
  leave() {
    this.composer.forget();
    this.stop();
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    run();
  }

  stop() {
    api.whenSignedOut(null);
    this.live?.stop();
    this.feed.stop();
    this.shell.stop();
    this.listeners.abort();
  }

  firstChannel() {
    const asked = decodeURIComponent(location.hash.slice(1));
    const usual = this.me.person?.role === "host" ? "host" : null;
    const ids = [...this.store.channels.keys()];
    return [asked, usual].find((id) => this.store.channels.has(id)) ?? ids[0];
  }

  /** Fetches what each channel is missing; only then do its revisions count as received without a hole. */
  async catchUp() {
    await Promise.all([...this.store.channels.values()].map(async (channel) => {
      const { messages } = await api.messages(channel.id, channel.cursor);
      // Drawing a long absence message by message would hold up the page; it is drawn once.
      const many = messages.length > DRAWN_AT_ONCE;
      for (const message of messages) this.receive(message, Boolean(this.live), many);
      this.store.synced(channel.id);
      if (many && this.live && channel.id === this.current) this.feed.refresh();
    }));
    this.inStep = true;
  }

  async catchUpSafely() {
    this.inStep = false;
    try {
      await this.catchUp();
    } catch {
      clearTimeout(this.catching);
      this.catching = setTimeout(() => this.catchUpSafely(), RETRY_MS);
    }
  }

  receive(message, isLive, drawnLater = false) {
    if (!message) return;
    const change = this.store.take(message);
    if (!change || !this.live) return;
    if (this.inStep) this.store.synced(message.channel);
    if (message.channel === this.current && !drawnLater) this.feed.update(message, change);
    if (change === "new" && isLive) this.tellAbout(message);
    this.guide.heard();
    this.drawChannels();
  }

  tellAbout(message) {
    if (message.author.id === this.store.personId) return;
    const isAlert = message.tone === "alert";
    const here = message.channel === this.current;
    if (here || isAlert) this.shell.speak(`${message.author.name}: ${message.text}`, isAlert);
    const forOthers = message.to && message.to !== this.store.personId;
    if (!(message.notify || isAlert) || forOthers) return;
    bell.announce(message, () => this.go(message.channel));
    if (here) return;
    const name = this.store.channels.get(message.channel).name;
    const text = message.text.split("\n").slice(0, 2).join(" · ").slice(0, 160);
    notice(t("web.elsewhere", { channel: name, text }), { tone: message.tone, about: message.channel, act: () => this.go(message.channel) });
  }

  go(id) {
    const channel = this.store.channels.get(id);
    if (!channel) return;
    this.current = id;
    history.replaceState(null, "", `#${encodeURIComponent(id)}`);
    this.shell.node.dataset.channel = id;
    dismiss(id);
    this.feed.show(channel);
    this.composer.show(channel);
    this.guide.show(id);
    this.drawChannels();
  }

  step(by) {
    const ids = [...this.store.channels.keys()];
    this.go(ids[(ids.indexOf(this.current) + by + ids.length) % ids.length]);
  }

  read() {
    if (this.store.read(this.current)) this.drawChannels();
  }

  drawChannels() {
    const channels = [...this.store.channels.values()].map((channel) => ({ channel, unread: this.store.unread(channel.id) }));
    this.shell.drawChannels(channels, this.current);
    this.shell.drawTitle(this.store.totalUnread());
  }

  async say(channel, text, nonce) {
    await this.takeOverIfScripted();
    const { reply, message_id: id, line } = await api.say(channel, text, nonce);
    this.feed.toBottom();
    this.receive(reply, false);
    // Our own words come back through the WebSocket; should they not, they are fetched.
    setTimeout(() => id && !this.store.channels.get(channel)?.byId.has(id) && this.catchUpSafely(), OWN_MESSAGE_WAIT_MS);
    return line;
  }

  actsFor(message) {
    return {
      press: (button, group, about) => this.press(message, button, group, about),
      pending: (group) => this.pending.get(group) ?? null,
      showImage: openImage,
      insert: (text) => this.composer.put(text),
      copy: async (text) => {
        await copy(text);
        notice(t("web.copied"));
      },
    };
  }

  press(message, button, group, about) {
    if (button.form.length === 0) {
      this.pressNow(message, button, group, {}).catch((error) => {
        this.failures.set(message.id, { text: error.message, tryInstead: error.tryInstead });
        this.feed.redraw(message.id);
      });
    } else {
      openForm(button, about, (fields) => this.pressNow(message, button, group, fields));
    }
  }

  async pressNow(message, button, group, fields) {
    this.pending.set(group, button.id);
    this.failures.delete(message.id);
    this.feed.redraw(message.id);
    try {
      await this.takeOverIfScripted();
      const { reply, notice: words } = await api.press(message.id, button.id, fields);
      this.receive(reply, false);
      if (words) notice(words);
    } finally {
      this.pending.delete(group);
      this.feed.redraw(message.id);
    }
  }

  nameOf(id) {
    return this.people.find((person) => person.id === id)?.name ?? id;
  }

  guidance(channel) {
    const known = ["team", "host", "managers"].includes(channel.id) ? channel.id : "other";
    return h("div", { class: "guidance" }, h("h2", {}, t("web.empty.title", { channel: channel.name })), h("p", {}, t(known === "team" && this.guide.isLeading ? "web.empty.first" : `web.empty.${known}`)),
      known === "team" && !this.guide.isLeading && h("div", { class: "guidance-tries" }, ["/help", "/show plan ", "/status"].map((line) => tryButton(line, { insert: (text) => this.composer.put(text) }))));
  }

  /** A script plays this person: acting as them means taking them over first. Nobody yet: asks who. */
  async takeOverIfScripted() {
    if (!this.me.person) {
      this.shell.acts.people();
      throw new api.Refusal(0, t("web.people.choose"));
    }
    const mine = this.people.find((person) => person.id === this.me.person?.id);
    if (!mine?.scripted) return;
    await api.pick(mine.id);
    remember(mine.id);
    await this.reloadPeople();
    notice(t("web.watching.taken", { name: mine.name }));
  }

  async takeOver() {
    try {
      await this.takeOverIfScripted();
      this.composer.focus();
    } catch (error) {
      notice(error.message, { tone: "error" });
    }
  }

  async reloadPeople() {
    try {
      const { people, switchable } = await api.people();
      this.people = people;
      this.switchable = switchable;
      this.shell.drawPeople(people, switchable);
    } catch {
      // The next reconnection asks again.
    }
  }

  async pick(person) {
    await api.pick(person.id);
    this.stop();
    remember(person.id);
    // Everybody starts in the channel they work in.
    history.replaceState(null, "", location.pathname);
    run();
  }

  listen() {
    const { signal } = this.listeners;
    document.addEventListener("keydown", (event) => this.key(event), { signal });
    document.addEventListener("visibilitychange", () => this.shown(), { signal });
    for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, bell.wakeSound, { signal, passive: true });
  }

  shown() {
    if (document.visibilityState !== "visible") return;
    this.live.now();
    this.catchUpSafely();
    this.feed.scrolled();
  }

  key(event) {
    if (document.querySelector("dialog[open]") || event.isComposing) return;
    const arrow = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (arrow && (event.altKey || event.ctrlKey) && !event.shiftKey && !event.metaKey) {
      event.preventDefault();
      this.step(arrow);
      return;
    }
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.matches("input, textarea")) return;
    if (event.key === "/") this.composer.focus("/");
    else if (event.key === "?") openKeys();
    else return;
    event.preventDefault();
  }
}

function remember(id) {
  api.setPerson(id);
  tab.set("person", id);
  kept.set("person", id);
}

/** Who this tab is: what it was before, else who was picked last in this browser. */
async function identify() {
  const id = tab.get("person") ?? kept.get("person");
  api.setPerson(id);
  try {
    return await api.me();
  } catch (error) {
    if (!id || error.status === 0 || error.status >= 500) throw error;
    // Somebody of an earlier database.
    tab.forget("person");
    kept.forget("person");
    api.setPerson(null);
    return api.me();
  }
}

/** Returns whether it could: without words there is nothing to show. */
async function showSignedOut(root) {
  try {
    const { strings, language } = await api.welcome();
    setStrings(strings, language);
    root.replaceChildren(signedOut());
    return true;
  } catch {
    return false;
  }
}

async function run() {
  const root = document.getElementById("app");
  try {
    const me = await identify();
    if (me.person && !api.person()) api.setPerson(me.person.id);
    setStrings(me.strings, me.language);
    setZone(me.person?.zone ?? me.zone);
    setClock(me.clock);
    const [people, { channels }] = await Promise.all([api.people(), api.channels()]);
    if (!people.switchable) api.setPerson(null);
    await new App(me, people, channels).start();
  } catch (error) {
    if (error.status === 401 && await showSignedOut(root)) return;
    root.replaceChildren(h("div", { class: "boot", role: "status" }, h("p", {}, error.message)));
    setTimeout(run, RETRY_MS);
  }
}

run();
