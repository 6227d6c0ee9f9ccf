"""A pressed key: a button of ours, a view of a long keyboard, or an answer to a question that is being asked.

Whatever comes of it, Telegram is told, so that no key is left spinning. What a press names can be made up by anybody:
the desk looks whether that message of ours stands there, and for whom.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
import telegram
from telegram.error import BadRequest, TelegramError

from bot.chat.desk import Incoming, is_notice
from bot.chat.telegram import flows
from bot.chat.telegram.answers import MORE, Answers
from bot.chat.telegram.deliver import Outbound
from bot.chat.telegram.door import CHAT, Door
from bot.chat.telegram.guide import Guide
from bot.chat.telegram.keyboard import VIEW
from bot.chat.telegram.notices import Notice, of_answer, of_error
from bot.core.delivery import RetryAfter
from bot.core.errors import UserError
from bot.core.reply import msg

log = structlog.get_logger()

_LONGEST = 64


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """The answer lies in the private chat, and the presser must press Start there first."""


@dataclass(frozen=True, slots=True)
class Presses:
    door: Door
    answers: Answers
    guide: Guide
    outbound: Outbound

    async def pressed(self, update: telegram.Update, query: telegram.CallbackQuery) -> None:
        if query.message is None or query.data is None:  # of an inline message or a game: none of ours
            await self._tell(query, None)
            return
        if not await self.door.hears(query.from_user):
            await self._tell(query, None)
            return
        incoming = await self.door.incoming(update, query.from_user, query.message)
        actor = await self.door.desk.actor(incoming)
        reader = self.door.reader(actor)
        found: Notice | _Elsewhere | None
        try:
            found = await self._done(incoming, query.data[:_LONGEST], query.message.message_id)
        except UserError as error:
            found = of_error(error, reader)
        except Exception:
            await self._tell(query, Notice(msg("tg.again")).text(reader))
            raise
        if isinstance(found, _Elsewhere):
            await self._tell(query, None, url=self.door.link(MORE))
        elif found is None:
            await self._tell(query, None)
        else:
            await self._tell(query, found.text(reader), is_alert=found.is_alert)

    async def _done(self, incoming: Incoming, data: str, pressed: int) -> Notice | _Elsewhere | None:
        key = flows.pressed_in(data)
        if key is not None:
            return await self.guide.tapped(incoming, key)
        message, _, button = data.partition(":")
        if button.startswith(VIEW):
            return await self._turned(incoming, message, button, pressed)
        form = await self.door.desk.form(incoming, message, button, str(pressed))
        if form is not None and not await self._is_done(incoming):
            await self.guide.for_button(incoming, form, message, button, str(pressed))
            return None
        return await self._pressed(incoming, message, button, str(pressed))

    async def _pressed(self, incoming: Incoming, message: str, button: str, pressed: str) -> Notice | _Elsewhere | None:
        await self.answers.before(incoming, is_private=await self._is_private(message, button))
        answer = await self.door.desk.pressed(incoming, message, button, pressed, {})
        if not await self.answers.given(incoming, answer):
            return _Elsewhere()
        if not is_notice(answer.reply) or not answer.reply.blocks:
            return None
        return of_answer(answer.reply, self.door.reader(await self.door.desk.actor(incoming)))

    async def _turned(self, incoming: Incoming, message: str, view: str, pressed: int) -> Notice | None:
        reply = await self.door.desk.shown(incoming, message, str(pressed))
        outcome = await self.outbound.turn(incoming.address, pressed, message, reply, view)
        return Notice(msg("tg.slower")) if isinstance(outcome, RetryAfter) else None

    async def _is_done(self, incoming: Incoming) -> bool:
        return await self.door.parts.store.read(lambda tx: tx.chats.is_taken(CHAT, incoming.id))

    async def _is_private(self, message: str, button: str) -> bool:
        """Whether the button's command answers privately."""
        meant = await self.door.parts.store.read(lambda tx: tx.outbox.button(message, button))
        commands = self.door.parts.commands
        return meant is not None and meant.command in commands and commands.get(meant.command).private

    async def _tell(
        self, query: telegram.CallbackQuery, text: str | None, *, is_alert: bool = False, url: str | None = None
    ) -> None:
        """A press that is too old to be told anything is let be."""
        try:
            await self.door.bot.answer_callback_query(query.id, text, show_alert=is_alert, url=url)
        except BadRequest:
            return
        except TelegramError as error:
            log.warning("telegram_press_untold", kind=type(error).__name__)
