"""What every part of the Telegram chat's way in needs: who it was, a word to them, a promise to tell them something."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
import telegram
from telegram.constants import ParseMode, ReactionEmoji
from telegram.error import TelegramError
from telegram.helpers import create_deep_linked_url

from bot.chat.desk import Desk, Incoming, Parts
from bot.chat.telegram.heard import Asked, address_of, asked_of
from bot.chat.telegram.marks import Marks
from bot.chat.telegram.markup import clean
from bot.chat.telegram.strangers import Strangers
from bot.core.command import Actor
from bot.core.delivery import Reader
from bot.core.ports import Tx
from bot.core.records import Post
from bot.core.reply import Reply, without_secrets

log = structlog.get_logger()

CHAT = "telegram"
_NAME = 100
_NOD_S = 3.0
"""An answer that is not there by then has to be expected a while."""
_Message = telegram.Message | telegram.MaybeInaccessibleMessage
_ANSWER = "answer"

Room = Callable[[int], Awaitable[None]]
"""Waits until a chat may be written to, or raises telegram.error.RetryAfter."""


@dataclass(frozen=True, slots=True)
class Door:
    """`room`: to be awaited before anything is sent past the outbox. `wait`: seconds until an answer may be sent."""

    parts: Parts
    desk: Desk
    bot: telegram.Bot
    marks: Marks
    room: Room
    wait: Callable[[int], float]
    strangers: Strangers = field(default_factory=Strangers)

    @property
    def name(self) -> str:
        return self.bot.username

    def link(self, payload: str) -> str:
        """A deep link that opens the private chat with the bot, where Start is to be pressed."""
        return create_deep_linked_url(self.name, payload)

    # -- in ----------------------------------------------------------------------

    async def hears(self, user: telegram.User) -> bool:
        """Whether to do anything about what the account did: it is somebody's, or has not been answered too often."""
        account = str(user.id)
        known = await self.parts.store.read(lambda tx: tx.people.by_account(CHAT, account))
        return known is not None or self.strangers.may(account)

    async def incoming(self, update: telegram.Update, user: telegram.User, message: _Message) -> Incoming:
        """`message`: what was typed, or what carries the button that was pressed."""
        chat = message.chat
        asked = None if chat.type == telegram.Chat.PRIVATE else asked_of(message)
        marks = await self.marks.of(chat, user.id)
        address = await self._address(chat, asked)
        name = clean(user.full_name)[:_NAME]
        return Incoming(str(update.update_id), str(user.id), name, address, marks, "" if asked is None else str(asked))

    async def _address(self, chat: telegram.Chat, asked: Asked | None) -> str:
        """A topic that is bound by itself is a place of its own."""
        if asked is not None and asked.topic is not None:
            topic = f"{chat.id}/{asked.topic}"
            if await self.parts.store.read(lambda tx: tx.outbox.purposes(f"{CHAT}:{topic}")):
                return topic
        return address_of(chat)

    def reader(self, actor: Actor) -> Reader:
        return self.parts.words.reader(actor.language, actor.zone)

    # -- out ---------------------------------------------------------------------

    async def tell(self, incoming: Incoming, answer: Reply, *, only_here: bool = True) -> bool:
        """Promises an answer that no command gave, once for the event; False if the event was answered before.

        A private one goes to the account alone, unless it is to stand where the command was typed (`only_here`).
        """
        return await self.parts.store.write(lambda tx: self.promise(tx, incoming, answer, only_here=only_here))

    def promise(self, tx: Tx, incoming: Incoming, answer: Reply, *, only_here: bool = True) -> bool:
        now = self.parts.clock.now()
        if not tx.chats.take(CHAT, incoming.id, now):
            return False
        address = incoming.address if only_here else f"@{incoming.account}"
        if address == incoming.address:
            answer = replace(answer, private=False)
        person = tx.people.by_account(CHAT, incoming.account)
        post = Post(
            self.desk.key(incoming), self.desk.place(tx, incoming)[0], _ANSWER, without_secrets(answer),
            to=None if person is None else person.slug, urgent=True, only=(f"{CHAT}:{address}",),
        )  # fmt: skip
        tx.chats.answered(CHAT, incoming.id, tx.outbox.post(post, now))
        return True

    async def say(self, chat: int, html: str, **more: Any) -> telegram.Message:
        """Sends at once, past the outbox: a question of a flow, or a secret. Lost, it is asked for again.

        Raises:
            TelegramError: it did not arrive, or nobody knows.
        """
        await self.room(chat)
        return await self.bot.send_message(
            chat, html, parse_mode=ParseMode.HTML, link_preview_options=telegram.LinkPreviewOptions(is_disabled=True),
            **more,
        )  # fmt: skip

    async def nod(self, message: telegram.Message) -> None:
        """An answer that has to wait for its turn in the group: whoever typed sees that they were heard."""
        if self.wait(message.chat.id) < _NOD_S:
            return
        try:
            await self.bot.set_message_reaction(message.chat.id, message.message_id, ReactionEmoji.EYES)
        except TelegramError as error:  # not every group has reactions
            log.info("telegram_no_reaction", kind=type(error).__name__)

    # -- who can be reached --------------------------------------------------------

    async def reaches(self, account: str) -> bool:
        """Whether a private message would arrive, as far as anybody knows."""
        known = await self.parts.store.read(lambda tx: tx.chats.account(CHAT, account))
        return known is not None and known.is_reachable

    async def met(self, account: str, *, is_reachable: bool) -> None:
        """They have pressed Start, or blocked the bot. What waited for them goes out."""

        def is_news(tx: Tx) -> bool:
            known = tx.chats.account(CHAT, account)
            is_parked = tx.outbox.state_of(private(account)) is not None
            return known is None or known.is_reachable != is_reachable or (is_reachable and is_parked)

        def work(tx: Tx) -> None:
            tx.chats.reachable(CHAT, account, is_reachable=is_reachable, now=self.parts.clock.now())
            state = tx.outbox.state_of(private(account))
            if is_reachable and state is not None and state.parked_at is not None:
                tx.outbox.unpark(private(account))

        if await self.parts.store.read(is_news):
            await self.parts.store.write(work)

    async def keep_for(self, account: str) -> None:
        """Nothing can be sent to this account yet: what is promised to it waits until it has pressed Start."""
        await self.parts.store.write(
            lambda tx: tx.outbox.park(private(account), "has not pressed Start yet", self.parts.clock.now())
        )


def private(account: str) -> str:
    """The destination of messages to an account alone."""
    return f"{CHAT}:@{account}"
