"""The Discord chat: one connection, what comes in through it, and what goes out."""

from __future__ import annotations

import math

import discord
import structlog

from bot.chat.desk import Parts
from bot.chat.discord.answering import Answering
from bot.chat.discord.client import BotClient, Hooks, aim, tame
from bot.chat.discord.coming import stands
from bot.chat.discord.connection import Connection
from bot.chat.discord.deliver import Outbound
from bot.chat.discord.events import Events
from bot.chat.discord.interactions import Interactions
from bot.chat.discord.late import Late
from bot.chat.discord.marks import Marks
from bot.chat.discord.mirroring import Mirroring
from bot.chat.discord.permissions import invitation, missing_on
from bot.chat.discord.places import Servers
from bot.chat.discord.syncing import Syncing
from bot.chat.discord.tree import Names, Slashes, slash_commands
from bot.core.delivery import Client, Outcome, RetryAfter
from bot.core.ports import Tx
from bot.core.records import Delivery
from bot.core.reply import Line, Listing, msg
from bot.core.vitals import Standing

log = structlog.get_logger()

CHAT = "discord"
_NOT_UP_S = 10.0
"""Seconds until a message is tried again while there is no connection; it goes out as soon as there is one."""


def discord_chat(parts: Parts, *, token: str, api_base: str = "", gateway_url: str = "") -> Client:
    """The chat, not connected yet."""
    tame()
    aim(api_base, gateway_url)
    return DiscordChat(parts, token)


class DiscordChat:
    """What the rest of the program sees of Discord. Nothing in here may take anything else down."""

    idempotent_s: float | None = math.inf
    """A post that may have arrived is looked up by our id, which it carries."""

    def __init__(self, parts: Parts, token: str) -> None:
        self._parts = parts
        self._line = parts.words.reader(parts.team.language, parts.team.zone).line
        slashes = Slashes(parts.commands)
        self.mirroring = Mirroring(lambda: self._events if self.connection.is_up else None)
        self.marks = Marks(self._client, parts.store, parts.clock)
        desk = parts.desk(CHAT, "here", stands)
        self._late = Late(desk, parts.clock)
        self._interactions = Interactions(
            parts, desk, slashes, Answering(parts, desk, slashes.as_slash), self.mirroring.soon,
            self._look, self.marks,
        )  # fmt: skip
        self._syncing = Syncing(parts.store)
        self._outbound: Outbound | None = None
        self._events: Events | None = None
        self.connection = Connection(self._make, token, parts.clock, parts.words.reader("en").line)
        self.places = Servers(self._client)

    def _client(self) -> BotClient | None:
        return self.connection.client if self.connection.is_up else None

    def _look(self) -> None:
        self.places.seen()

    def _make(self) -> BotClient:
        parts, mine = self._parts, self._interactions
        client = BotClient(Hooks(self._up, self.connection.down, self._let_in, mine.act, mine.stale))
        for command in slash_commands(parts.commands, parts.words, mine.slash, mine.complete):
            client.tree.add_command(command)
        about = (client, parts.store, parts.clock, parts.words, parts.team)
        self._outbound, self._events = Outbound(*about), Events(*about)
        return client

    async def start(self) -> None:
        await self._late.gather()
        self.connection.start()
        self.mirroring.start()
        self.marks.start()

    async def stop(self) -> None:
        self._syncing.stop()
        await self._interactions.close()
        await self.mirroring.stop()
        await self.marks.stop()
        await self.connection.stop()

    async def _up(self) -> None:
        client = self.connection.client
        if client is None:
            return
        self.connection.up()
        for server in client.guilds:
            if not server.unavailable:
                _complain(server)
        self.places.seen()
        if client.tree.translator is None:
            await client.tree.set_translator(Names(self._parts.words))
        self._syncing.begin(client)
        self.mirroring.soon()
        await self._parts.reached(CHAT)
        if self._outbound is not None:
            await self._late.say(self._outbound)

    async def _let_in(self, server: discord.Guild) -> None:
        """Perhaps again: what was parked there because the bot was gone is sent, as far as it is still worth it."""
        _complain(server)
        self.places.seen()
        here = {f"{CHAT}:{channel.id}" for channel in server.text_channels}

        def work(tx: Tx) -> None:
            for state in tx.outbox.parked():
                if state.destination in here:
                    tx.outbox.expire_late(state.destination, self._parts.clock.now())
                    tx.outbox.unpark(state.destination)

        await self._parts.store.write(work)

    # -- what goes out ---------------------------------------------------------

    async def deliver(self, delivery: Delivery) -> Outcome:
        if self._outbound is None or not self.connection.is_up:
            return RetryAfter(_NOT_UP_S, "Discord is not connected", is_away=True)
        outcome = await self._outbound.deliver(delivery)
        if delivery.show is not None:
            self.mirroring.soon()
        return outcome

    # -- how it stands ---------------------------------------------------------

    def standing(self) -> Standing:
        connection = self.connection
        why = None if connection.why is None else self._line(connection.why)
        return Standing("Discord", why, connection.since, tuple(map(self._line, self._notes())))

    def _notes(self) -> list[Line]:
        notes: list[Line] = [] if self._syncing.note is None else [self._syncing.note]
        client = self.connection.client
        if self.connection.is_up and client is not None and client.application_id and not client.guilds:
            notes.append(msg("discord.note.nowhere", link=invitation(client.application_id)))
        bound = frozenset() if self._events is None else self._events.servers
        for group in self.places.seen():
            if group.missing and (not bound or group.id in bound):
                named = Listing(tuple(msg(f"permission.{name}") for name in group.missing))
                notes.append(msg("discord.note.lacks", server=group.name, missing=named))
        return [*notes, *self.mirroring.notes]


def _complain(server: discord.Guild) -> None:
    missing = missing_on(server)
    if missing:
        log.warning("discord_permissions_missing", server=server.id, missing=",".join(missing))
