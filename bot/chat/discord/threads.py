"""A thread per show under its checklist, for what only those need who follow it closely.

A thread made from a message has that message's id. Where it cannot be made, everything goes to the channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import discord

from bot.chat.discord.markdown import clean, cut_plain, flat
from bot.chat.discord.outcomes import HAS_THREAD
from bot.core.chats_port import Spot
from bot.core.delivery import Words
from bot.core.delivery_policy import QUIET_ABOUT_A_SHOW, family
from bot.core.ports import Clock, Store, Team, Tx
from bot.core.records import Delivery
from bot.core.reply import When, msg

_CHAT, _KIND = "discord", "thread"
_NAME = 100
_KEPT_OPEN_MIN: Literal[1440] = 1_440
_NOT_HERE = (400, 403, 404)


@dataclass(frozen=True, slots=True)
class _Base:
    """The checklist a thread hangs on: its message's id at Discord, and what the thread is called."""

    message: int
    name: str


@dataclass(frozen=True, slots=True)
class Threads:
    client: discord.Client
    store: Store
    clock: Clock
    words: Words
    team: Team

    async def places(self, delivery: Delivery, channel: int) -> tuple[int, ...]:
        """The thread that a post belongs into, made if need be; () for the channel itself."""
        show = delivery.show
        if show is None or delivery.direct or family(delivery.kind) not in QUIET_ABOUT_A_SHOW:
            return ()
        spot, base = await self.store.read(
            lambda tx: (tx.chats.spot(_CHAT, str(channel), _KIND, show), self._base(tx, show, delivery.destination))
        )
        if spot is not None and spot.ref is not None:
            return (int(spot.ref),)
        if base is None or not self._may(channel) or not await self._made(channel, base):
            return ()
        made = Spot(_CHAT, str(channel), _KIND, show, str(base.message), self.clock.now())
        await self.store.write(lambda tx: tx.chats.save_spot(made))
        return (base.message,)

    async def forget(self, delivery: Delivery, channel: int) -> None:
        """The thread takes nothing any more: it is gone, locked, or closed to the bot."""
        show = delivery.show or ""

        def work(tx: Tx) -> None:
            spot = tx.chats.spot(_CHAT, str(channel), _KIND, show)
            if spot is not None:
                tx.chats.drop_spot(spot)

        await self.store.write(work)

    async def reopen(self, thread: int) -> None:
        """Takes an archived thread out of the archive: nothing in it can be edited there."""
        await self.client.http.edit_channel(thread, archived=False)

    def _base(self, tx: Tx, show: str, destination: str) -> _Base | None:
        """None: this show's checklist does not stand in this channel."""
        checklist, planned = tx.outbox.by_key(f"checklist:{show}"), tx.shows.get(show)
        ref = None if checklist is None else tx.outbox.ref(checklist.id, destination)
        message = "" if ref is None else ref.rpartition(":")[2]
        if planned is None or not message.isdecimal():
            return None
        room = tx.rooms.get(planned.room)
        called = planned.room if room is None else room.name
        when = When(planned.starts_at, planned.zone)
        words = self.words.reader(self.team.language, self.team.zone)
        name = words.line(msg("discord.thread", room=clean(called), when=when))
        return _Base(int(message), cut_plain(flat(name), _NAME))

    def _may(self, channel: int) -> bool:
        """Whether the bot may make threads and write in them there, as far as known."""
        known = self.client.get_channel(channel)
        if known is None:
            return True
        if not isinstance(known, discord.TextChannel) or known.guild.me is None:
            return False
        has = known.permissions_for(known.guild.me)
        return has.create_public_threads and has.send_messages_in_threads

    async def _made(self, channel: int, base: _Base) -> bool:
        try:
            await self.client.http.start_thread_with_message(
                channel, base.message, name=base.name, auto_archive_duration=_KEPT_OPEN_MIN
            )
        except discord.HTTPException as error:
            if error.code == HAS_THREAD:
                return True
            if error.status in _NOT_HERE:
                return False
            raise
        return True
