"""Discord is told the slash commands, once: again only when they have changed, as it counts how often it is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import discord
import structlog

from bot.chat.discord.client import BotClient
from bot.chat.discord.tree import payload_of
from bot.core.ports import Store
from bot.core.reply import Msg, msg

log = structlog.get_logger()

RETRY_S = 600.0
"""Real seconds until it is tried again."""
_FACT = "discord.commands"


@dataclass(slots=True)
class Syncing:
    """`note`: what an admin should know; None: Discord has the commands."""

    store: Store
    note: Msg | None = None
    _task: asyncio.Task[None] | None = None

    def begin(self, client: BotClient) -> None:
        """In the background; a sync that is still waiting for its next try begins anew."""
        self.stop()
        self._task = asyncio.create_task(self._run(client), name="discord-commands")

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self, client: BotClient) -> None:
        while True:
            try:
                await self._once(client)
            except Exception as error:  # noqa: BLE001  # whatever it is: the commands known so far go on working
                code = error.code if isinstance(error, discord.HTTPException) else None
                log.warning("discord_commands_not_synced", kind=type(error).__name__, code=code)
                self.note = msg("discord.note.sync", code=str(code or type(error).__name__))
                await asyncio.sleep(RETRY_S)
            else:
                self.note = None
                return

    async def _once(self, client: BotClient) -> None:
        told, digest = await payload_of(client.tree)
        known = f"{client.application_id}:{digest}"
        if await self.store.read(lambda tx: tx.fact(_FACT)) == known:
            return
        await client.tree.sync()
        await self.store.write(lambda tx: tx.remember(_FACT, known))
        log.info("discord_commands_synced", commands=len(told))
