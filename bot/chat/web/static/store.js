// Messages by channel, each kept once in its newest revision, and what is unread.

import { kept } from "./memory.js";

export class Store {
  constructor(channels, personId) {
    this.personId = personId;
    this.channels = new Map();
    for (const channel of channels) {
      this.channels.set(channel.id, { ...channel, messages: [], byId: new Map(), newest: 0, cursor: 0, unread: new Set() });
    }
    this.readRevs = kept.get(this.readName(), {});
    for (const channel of channels) {
      // Never seen before, or a fresh database whose revisions start again: what is there now counts as read.
      const read = this.readRevs[channel.id];
      if (read === undefined || read > channel.last_rev) this.readRevs[channel.id] = channel.last_rev;
    }
  }

  readName() {
    return `read.${this.personId ?? ""}`;
  }

  /** Takes a message in. Returns "new", "edit" or null (already known, or of a channel we cannot see). */
  take(message) {
    const channel = this.channels.get(message.channel);
    if (!channel) return null;
    channel.newest = Math.max(channel.newest, message.rev);
    const known = channel.byId.get(message.id);
    if (known) {
      if (known.rev > message.rev || (known.rev === message.rev && !tellsMore(message, known))) return null;
      // An edit keeps the place of the post.
      const edit = { ...message, sortAt: known.sortAt, sortRev: known.sortRev };
      channel.byId.set(message.id, edit);
      channel.messages[channel.messages.indexOf(known)] = edit;
      return "edit";
    }
    this.insert(channel, { ...message, sortAt: Date.parse(message.at), sortRev: message.rev });
    const fresh = message.rev > this.readRevs[channel.id];
    if (fresh && message.author.id !== this.personId) channel.unread.add(message.id);
    return "new";
  }

  insert(channel, message) {
    channel.byId.set(message.id, message);
    let place = channel.messages.length;
    while (place > 0 && comesAfter(channel.messages[place - 1], message)) place -= 1;
    channel.messages.splice(place, 0, message);
  }

  /** Everything up to the newest known message has been received without a hole. */
  synced(channelId) {
    const channel = this.channels.get(channelId);
    channel.cursor = channel.newest;
  }

  newestRev() {
    return Math.max(0, ...[...this.channels.values()].map((channel) => channel.cursor));
  }

  /** Marks the channel read; returns whether anything changed. */
  read(channelId) {
    const channel = this.channels.get(channelId);
    const changed = channel.unread.size > 0;
    channel.unread.clear();
    if (channel.newest > this.readRevs[channelId]) {
      this.readRevs[channelId] = channel.newest;
      kept.set(this.readName(), this.readRevs);
    }
    return changed;
  }

  unread(channelId) {
    const channel = this.channels.get(channelId);
    const unread = [...channel.unread].map((id) => channel.byId.get(id));
    return { count: unread.length, alert: unread.some((message) => message.tone === "alert") };
  }

  totalUnread() {
    let count = 0;
    for (const channel of this.channels.values()) count += channel.unread.size;
    return count;
  }
}

/** Only the answer to whoever asked has a secret's text; the same message by another way comes without it. */
function tellsMore(message, known) {
  const told = (blocks) => blocks.filter((block) => block.type === "secret" && !block.gone).length;
  return told(message.blocks) > told(known.blocks);
}

function comesAfter(a, b) {
  return a.sortAt > b.sortAt || (a.sortAt === b.sortAt && a.sortRev > b.sortRev);
}
