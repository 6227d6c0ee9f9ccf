"""What an account is in the team's groups: an administrator, a member. Roles of ours may be given to that.

Asked of Telegram when somebody does something, and kept for a minute; where it does not answer, what was known stays.
Where the bot may not ask, nobody is anything: whoever put it out must not keep what they were.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

import structlog
import telegram
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.core.ports import Store, Tx

log = structlog.get_logger()

_KEPT_S = 60.0
_KEPT_ELSEWHERE_S = 600.0
_PATIENCE_S = 3.0
_MOST_GROUPS = 20
_CHAT = "telegram"


def marks_of(group: int | str, member: telegram.ChatMember) -> frozenset[str]:
    """A creator is an administrator, and both are members."""
    is_member = member.status == "member" or (isinstance(member, telegram.ChatMemberRestricted) and member.is_member)
    if member.status in ("creator", "administrator"):
        return frozenset((f"{group}:administrator", f"{group}:member"))
    return frozenset((f"{group}:member",)) if is_member else frozenset()


class Marks:
    """Times are the running loop's."""

    def __init__(self, bot: telegram.Bot, store: Store) -> None:
        self._bot, self._store = bot, store
        self._known: dict[tuple[str, int], tuple[float, frozenset[str]]] = {}

    async def of(self, chat: telegram.Chat, account: int) -> frozenset[str] | None:
        """All marks of the account, as far as they are known anew; None: nothing new is known.

        In a group of the team that group is asked, in a private chat all of them, but seldom. Wherever they write, what
        they were elsewhere is looked at again, seldom too: whoever left is nothing there any more.
        """
        groups, kept = await self._store.read(lambda tx: (_groups(tx), tx.chats.account(_CHAT, str(account))))
        if not groups:
            return frozenset()
        here, is_private = str(chat.id), chat.type == telegram.Chat.PRIVATE
        before = groups & {mark.rpartition(":")[0] for mark in (kept.marks if kept else ())}
        asked = {here} & groups | before
        if is_private:
            asked |= frozenset(sorted(groups - before)[: max(0, _MOST_GROUPS - len(before))])
        found = await asyncio.gather(
            *(self._ask(group, account, _KEPT_S if group == here else _KEPT_ELSEWHERE_S) for group in asked)
        )
        news = {group: marks for group, marks in zip(asked, found, strict=True) if marks is not None}
        return await self._store.read(lambda tx: _together(tx, news, str(account))) if news else None

    async def learn(self, change: telegram.ChatMemberUpdated, now: datetime) -> None:
        """Telegram has told of a change by itself, as it does where the bot is an administrator."""
        user, group = change.new_chat_member.user, str(change.chat.id)
        account, marks = str(user.id), marks_of(group, change.new_chat_member)
        if group not in await self._store.read(_groups):
            return
        self._known[group, user.id] = self._now(), marks

        def work(tx: Tx) -> None:
            kept = tx.chats.account(_CHAT, account)
            if kept is not None and group in _groups(tx):
                tx.chats.saw(_CHAT, account, kept.name, now, _together(tx, {group: marks}, account))

        if not user.is_bot:
            await self._store.write(work)

    def forget(self, group: str) -> None:
        """The bot is in the group anew, or no longer."""
        for known in [key for key in self._known if key[0] == group]:
            del self._known[known]

    async def _ask(self, group: str, account: int, kept_s: float) -> frozenset[str] | None:
        known = self._known.get((group, account))
        if known is not None and self._now() - known[0] < kept_s:
            return known[1]
        try:
            async with asyncio.timeout(_PATIENCE_S):
                member = await self._bot.get_chat_member(int(group), account)
                marks = marks_of(group, member)
        except (Forbidden, BadRequest):  # the bot is not there any more, or knows no such account there
            marks = frozenset()
        except (TelegramError, TimeoutError, ValueError) as error:
            log.info("telegram_member_unknown", kind=type(error).__name__)
            return None
        self._clear()
        self._known[group, account] = self._now(), marks
        return marks

    def _clear(self) -> None:
        """What is too old to be used takes no memory."""
        if len(self._known) > 10_000:  # noqa: PLR2004
            now = self._now()
            self._known = {key: row for key, row in self._known.items() if now - row[0] < _KEPT_ELSEWHERE_S}

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _groups(tx: Tx) -> frozenset[str]:
    """Those that are bound to something, and those in which what somebody is gives a role of ours."""
    bound = (binding.destination.partition(":")[2] for binding in tx.outbox.bindings(_CHAT))
    given = (row.mark.rpartition(":")[0] for row in tx.chats.mark_roles(_CHAT))
    return frozenset(address for address in (*bound, *given) if address and not address.startswith("@"))


def _together(tx: Tx, news: Mapping[str, frozenset[str]], account: str) -> frozenset[str]:
    """With what is kept of the other groups, as long as they are the team's."""
    kept, groups = tx.chats.account(_CHAT, account), _groups(tx)
    old = frozenset() if kept is None else kept.marks
    others = (mark for mark in old if (group := mark.rpartition(":")[0]) not in news and group in groups)
    return frozenset((*others, *(mark for marks in news.values() for mark in marks)))
