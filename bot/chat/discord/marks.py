"""What an account is on the bot's servers: the roles it has there, and that it is there at all.

Discord tells it with whatever somebody does on a server, of that server alone. In a direct message it tells nothing,
and without a privileged intent it does not say when somebody loses a role or has left; so it is asked.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import discord
import structlog

from bot.core.ports import Clock, Store, Tx

log = structlog.get_logger()

EVERY_S = 600.0
"""Real seconds between two looks at everybody who has a role of ours by one of Discord's."""
MOST = 200
"""Accounts looked at in one turn; of more, the next ones in the next turn."""
_KEPT_S, _PATIENCE_S = 60.0, 3.0
_CHAT = "discord"
_NOBODY_THERE = (10007, 10013)
"""Discord knows no such member, or no such user any more."""

News = Mapping[int, frozenset[str]]
"""What somebody is now, by server."""


def marks_on(server: int, roles: Iterable[int | str]) -> frozenset[str]:
    """Everybody on a server bears its own id, as Discord gives the role of everybody the server's id."""
    return frozenset(map(str, roles)) | {str(server)}


@dataclass(slots=True)
class Marks:
    """`client` gives None while it is not up. Times are the running loop's."""

    client: Callable[[], discord.Client | None]
    store: Store
    clock: Clock
    _asked: dict[tuple[int, str], tuple[float, frozenset[str]]] = field(default_factory=dict)
    _last: str = ""
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._stay(), name="discord-marks")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def of(self, interaction: discord.Interaction[Any]) -> frozenset[str] | None:
        """All marks of whoever acts, on every server, as far as they are known anew; None: nothing new is known."""
        user, account = interaction.user, str(interaction.user.id)
        if interaction.guild_id is not None and isinstance(user, discord.Member):
            # As Discord sends them: `roles` leaves out what is not in the library's memory, and with it their rights.
            news: News = {interaction.guild_id: marks_on(interaction.guild_id, user._roles)}  # noqa: SLF001
            self._asked.pop((interaction.guild_id, account), None)  # this is newer
        else:
            news = await self._ask(interaction.client, account, _KEPT_S)
        if not news:
            return None
        kept = await self.store.read(lambda tx: tx.chats.account(_CHAT, account))
        return _together(interaction.client, frozenset() if kept is None else kept.marks, news)

    async def turn(self) -> None:
        """Looks at everybody who has a role of ours by one of Discord's; who cannot be asked for stays as they were."""
        accounts = await self.store.read(lambda tx: tx.chats.bearers(_CHAT))
        start = bisect_right(accounts, self._last)
        for account in (accounts[start:] + accounts[:start])[:MOST]:
            client = self.client()
            if client is None:
                return
            await self._look_at(client, account)
            self._last = account

    async def _look_at(self, client: discord.Client, account: str) -> None:
        news = await self._ask(client, account, 0.0)
        kept = await self.store.read(lambda tx: tx.chats.account(_CHAT, account))
        marks = frozenset[str]() if kept is None else _together(client, kept.marks, news)
        if kept is None or kept.marks == marks:
            return

        def work(tx: Tx) -> None:
            now = tx.chats.account(_CHAT, account)
            if now is not None and now.marks == kept.marks:  # else they have just done something, which tells more
                tx.chats.saw(_CHAT, account, now.name, self.clock.now(), marks)

        await self.store.write(work)

    async def _stay(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.turn()
            except Exception as error:  # noqa: BLE001  # whatever it is, it must not end the loop
                log.warning("discord_marks_failed", kind=type(error).__name__)

    # -- asking ----------------------------------------------------------------

    async def _ask(self, client: discord.Client, account: str, kept_s: float) -> News:
        """Of the servers on which something gives a role of ours."""
        given = await self.store.read(lambda tx: {row.mark for row in tx.chats.mark_roles(_CHAT)})
        servers = [server for server in client.guilds if any(_is_of(server, mark) for mark in given)]
        found = {server.id: await self._member(client, server.id, account, kept_s) for server in servers}
        return {server: marks for server, marks in found.items() if marks is not None}

    async def _member(self, client: discord.Client, server: int, account: str, kept_s: float) -> frozenset[str] | None:
        now = asyncio.get_running_loop().time()
        at, known = self._asked.get((server, account), (0.0, None))
        if known is not None and now - at < kept_s:
            return known
        try:
            async with asyncio.timeout(_PATIENCE_S):
                member = await client.http.get_member(server, int(account))
            marks = marks_on(server, member["roles"])
        except discord.NotFound as error:
            if error.code not in _NOBODY_THERE:
                return None
            marks = frozenset()
        except Exception as error:  # noqa: BLE001  # the network's, whose kinds are many: what was known stays
            log.info("discord_member_unknown", kind=type(error).__name__)
            return None
        self._asked = {key: row for key, row in self._asked.items() if now - row[0] < _KEPT_S}
        self._asked[server, account] = now, marks
        return marks


def _is_of(server: discord.Guild, mark: str) -> bool:
    return mark == str(server.id) or (mark.isdecimal() and server.get_role(int(mark)) is not None)


def _together(client: discord.Client, old: frozenset[str], news: News) -> frozenset[str]:
    """With what is kept of other servers. What belongs to no server of the bot any more is forgotten.

    On the event loop only, as the library's memory is.
    """
    servers = list(client.guilds)
    others = [server for server in servers if server.id not in news]
    ours = [server for server in servers if server.id in news]
    is_all_known = client.is_ready() and not any(server.unavailable for server in servers)

    def stays(mark: str) -> bool:
        if any(_is_of(server, mark) for server in others):
            return True
        return not is_all_known and not any(_is_of(server, mark) for server in ours)

    return frozenset((*filter(stays, old), *(mark for marks in news.values() for mark in marks)))
