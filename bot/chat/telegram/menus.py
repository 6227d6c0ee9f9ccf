"""The menus of commands that Telegram shows, by place, role and language; set anew where they have changed."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Coroutine
from typing import Any

import structlog
import telegram
from telegram.error import TelegramError

from bot.chat.desk import Incoming, Parts
from bot.core.command import Actor
from bot.core.excerpt import excerpt
from bot.core.model import Role
from bot.core.ports import Tx
from bot.core.slash import MOST_COMMANDS, menu

log = structlog.get_logger()

_CHAT = "telegram"
_LANGUAGES = (("", None), ("en", "en"), ("zh", "zh-CN"))
"""Telegram's code with the language of ours; "" is for everybody else and in the team's."""
_ABOUT = 256
_AGAIN_S = (15.0, 60.0, 300.0, 1800.0)
"""Seconds between tries while Telegram does not take a menu."""
_AGAIN_AT_EARLIEST_S = 60.0


class Menus:
    """What is allowed is looked at when a command comes; a menu only shows what is worth trying."""

    def __init__(self, bot: telegram.Bot, parts: Parts) -> None:
        self._bot, self._parts = bot, parts
        self._tasks: set[asyncio.Task[None]] = set()
        self._has: dict[str, tuple[Role, str]] = {}
        self._failed_at: dict[str, float] = {}

    def begin(self) -> None:
        """Those for everybody, and for the administrators of groups in which they have a role."""
        self._go(self._surely())

    def look(self, incoming: Incoming, actor: Actor) -> None:
        """Whoever has just done something gets the menu of their role, in their language."""
        if actor.role == Role.NOBODY or "/" in incoming.address:
            return
        name, wanted = f"{incoming.address} {incoming.account}", (actor.role, actor.language)
        failed_at = self._failed_at.get(name)
        is_too_soon = failed_at is not None and asyncio.get_running_loop().time() - failed_at < _AGAIN_AT_EARLIEST_S
        if self._has.get(name) != wanted and not is_too_soon:
            self._has[name] = wanted
            self._go(self._of_person(incoming, actor, name))

    async def settle(self) -> None:
        """Until what is under way is set."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _go(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _surely(self) -> None:
        for wait_s in (*_AGAIN_S, None):
            try:
                await self._of_all()
            except TelegramError as error:
                log.warning("telegram_menu_not_set", kind=type(error).__name__)
                if wait_s is None:
                    return
                await asyncio.sleep(wait_s)
                continue
            return

    async def _of_all(self) -> None:
        for code, language in _LANGUAGES:
            spoken = language or self._parts.team.language
            await self._set("default", telegram.BotCommandScopeDefault(), Role.NOBODY, spoken, code)
            await self._set("groups", telegram.BotCommandScopeAllGroupChats(), Role.VIEWER, spoken, code)
        rows = await self._parts.store.read(lambda tx: tx.chats.mark_roles(_CHAT))
        roles: dict[str, Role] = {}
        for row in rows:
            group, _, what = row.mark.rpartition(":")
            if what == "administrator":
                roles[group] = max(row.role, roles.get(group, Role.VIEWER))
        for group, role in roles.items():
            scope = telegram.BotCommandScopeChatAdministrators(int(group))
            await self._set(f"admins {group}", scope, role, self._parts.team.language, "")

    async def _of_person(self, incoming: Incoming, actor: Actor, name: str) -> None:
        scope: telegram.BotCommandScope = (
            telegram.BotCommandScopeChat(int(incoming.account))
            if incoming.is_private
            else telegram.BotCommandScopeChatMember(int(incoming.address), int(incoming.account))
        )
        try:
            await self._set(name, scope, actor.role, actor.language, "")
        except TelegramError as error:
            log.warning("telegram_menu_not_set", kind=type(error).__name__)
            self._failed_at[name] = asyncio.get_running_loop().time()
            self._has.pop(name, None)

    async def _set(self, name: str, scope: telegram.BotCommandScope, role: Role, language: str, code: str) -> None:
        say = self._parts.words.reader(language).line
        rows = [(entry.word, excerpt(say(entry.about), _ABOUT)) for entry in menu(self._parts.commands, role)]
        rows = rows[:MOST_COMMANDS]
        print_ = hashlib.blake2s(json.dumps(rows).encode(), digest_size=8).hexdigest()
        fact = f"telegram.menu {self._bot.id} {name} {code}".rstrip()
        if await self._parts.store.read(lambda tx: tx.fact(fact)) == print_:
            return
        await self._bot.set_my_commands(rows, scope=scope, language_code=code or None)

        def work(tx: Tx) -> None:
            tx.remember(fact, print_)

        await self._parts.store.write(work)
