"""What people write: commands, answers to questions, and what is neither."""

from __future__ import annotations

from dataclasses import dataclass

import telegram

from bot.chat.desk import Incoming
from bot.chat.parse import masked
from bot.chat.telegram import flows
from bot.chat.telegram.answers import Answers
from bot.chat.telegram.documents import Documents
from bot.chat.telegram.door import Door
from bot.chat.telegram.greeting import Greeting
from bot.chat.telegram.guide import Guide
from bot.chat.telegram.heard import LINK, Line, is_by_a_person, line_of, typed_in
from bot.core.chats_port import Flow
from bot.core.errors import UserError
from bot.core.reply import Code, Text, msg, reply

_OWN = ("start", "stop", "cancel")
_LACKS = ("command.missing", "note.nothing")
"""Errors that say no more than that something is still to be given."""


@dataclass(frozen=True, slots=True)
class Talk:
    door: Door
    answers: Answers
    guide: Guide
    greeting: Greeting
    documents: Documents

    async def heard(self, update: telegram.Update, message: telegram.Message) -> Incoming | None:
        """Who said it; None where it is not for the bot, or by nobody who has rights by themselves.

        Captions and what was forwarded are no commands: somebody else may have written them. A file that was sent is
        another matter.
        """
        if message.document is not None:
            return await self.documents.heard(update, message)
        user, text = message.from_user, typed_in(message)
        if user is None or text is None or message.forward_origin is not None:
            return None
        line = line_of(text, self.door.name)
        if not is_by_a_person(message):
            if line is not None and line.is_addressed and message.sender_chat is not None:
                await self.greeting.anonymous(update, message)
            return None
        is_private = message.chat.type == telegram.Chat.PRIVATE
        if line is None and not is_private and message.reply_to_message is None:
            return None
        if not await self.door.hears(user):
            return None
        incoming = await self.door.incoming(update, user, message)
        if is_private and (line is None or line.first not in ("start", "stop")):
            await self.door.met(incoming.account, is_reachable=True)
        if line is None:
            await self._words(incoming, message, text)
        elif line.first in _OWN:
            await self._own(incoming, line, user)
        else:
            await self._command(incoming, line)
            await self.door.nod(message)
        return incoming

    async def _command(self, incoming: Incoming, line: Line) -> None:
        words, keyed = line.typed.words, line.typed.keyed
        try:
            command, used = self.door.parts.commands.find(words)
        except UserError as error:
            is_anybodys = not incoming.is_private and not line.is_addressed
            if not (is_anybodys and error.try_instead in (None, "/help")):  # nothing of ours is like it: another bot's
                await self.answers.refused(incoming, error, line.text)
            return
        told = masked(line.text, command, used)
        try:
            try:
                await self.answers.typed(incoming, words, keyed, is_private=command.private)
            except UserError as error:
                if error.message.key not in _LACKS:
                    raise
                await self.guide.for_command(incoming, command, words[used:], keyed)
        except UserError as error:
            await self.answers.refused(incoming, error, told)

    async def _own(self, incoming: Incoming, line: Line, user: telegram.User) -> None:
        """What no command of the table is: a bot on Telegram is started and stopped, and its questions end."""
        if line.first == "cancel":
            flow = await self.guide.open_flow(incoming)
            if flow is not None:
                await self.guide.cancelled(flow)
            elif incoming.is_private or line.is_addressed:
                await self.door.tell(incoming, reply(Text(msg("tg.ask.none"))))
        elif not incoming.is_private:
            if line.is_addressed:
                await self.door.tell(incoming, await self.greeting.to_group(incoming.address))
        elif line.first == "stop":
            await self.greeting.stopped(incoming, user)
        else:
            await self._started(incoming, line, user)

    async def _started(self, incoming: Incoming, line: Line, user: telegram.User) -> None:
        """A link's code is spent at once, unless the account is somebody's already: others can send such links too."""
        await self.door.met(incoming.account, is_reachable=True)
        code = line.payload.removeprefix(LINK) if line.payload.startswith(LINK) else ""
        if not code:
            await self.greeting.started(incoming, user)
        elif await self.greeting.is_somebody(incoming):
            await self.answers.shown(incoming, reply(Text(msg("tg.start.linked")), Code(f"/link code={code}")))
        else:
            try:
                await self.answers.typed(incoming, ("link",), {"code": code}, is_private=True)
            except UserError as error:
                await self.answers.refused(incoming, error)

    async def _words(self, incoming: Incoming, message: telegram.Message, text: str) -> None:
        flow = await self.guide.open_flow(incoming)
        if flow is not None and (incoming.is_private or self._answers(message, flow)):
            try:
                await self.guide.written(incoming, flow, text)
            except UserError as error:
                await self.answers.refused(incoming, error)
        elif incoming.is_private:
            await self.door.tell(incoming, reply(Text(msg("tg.hint"))))

    def _answers(self, message: telegram.Message, flow: Flow) -> bool:
        """In a group, only a reply to the question is one. In a topic all seem to reply to what opened it."""
        asked, question = message.reply_to_message, flows.of_detail(flow.detail).question
        if asked is None or asked.from_user is None or asked.from_user.id != self.door.bot.id:
            return False
        return asked.message_id == question if question is not None else asked.forum_topic_created is None
