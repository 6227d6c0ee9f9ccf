"""A second chat for tests, with accounts of its own: what any chat does with a line or a press, without its wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.chat.parse import parse
from bot.core.reply import Reply


@dataclass(slots=True)
class OtherChat:
    """`say` and `press` raise what the person would be told."""

    bot: Any
    name: str = "other"

    async def say(self, account: str, line: str, channel: str = "team") -> Reply:
        dispatch = self.bot.app.dispatch
        actor = await dispatch.actor(self.name, account, f"Nick of {account}", channel)
        typed = parse(line)
        return await dispatch.typed(actor, typed.words, typed.keyed, lambda tx, reply: None)

    async def press(self, account: str, message: str, button: str, channel: str = "team") -> Reply:
        dispatch = self.bot.app.dispatch
        actor = await dispatch.actor(self.name, account, f"Nick of {account}", channel)
        return await dispatch.pressed(actor, message, button, {}, lambda tx, reply: None)

    async def link(self, account: str, person: str) -> Reply:
        """The person asks in the web chat for a code and types it here."""
        return await self.say(account, await code_for(self.bot, person))


async def code_for(bot: Any, person: str) -> str:
    """The line with the code, as the person who asked was shown it, once."""
    answer = await bot.ok("/link", person)
    secrets = [block["text"] for block in answer.body["reply"]["blocks"] if block["type"] == "secret"]
    assert len(secrets) == 1
    return secrets[0]
