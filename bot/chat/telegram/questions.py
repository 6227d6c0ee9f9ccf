"""How a question looks and where it stands: in the place of the one before, or below what was written since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import telegram
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.chat.desk import Incoming
from bot.chat.telegram import flows
from bot.chat.telegram.answers import at
from bot.chat.telegram.door import CHAT, Door
from bot.chat.telegram.flows import CANCEL, SKIP, TYPE, Asking, Question
from bot.chat.telegram.heard import asked_in
from bot.chat.telegram.render import Ping, render
from bot.chat.telegram.task import Address
from bot.chat.telegram.wire import markup
from bot.core.chats_port import Flow
from bot.core.command import Actor
from bot.core.errors import UserError
from bot.core.reply import Block, Facts, Heading, Line, Note, Reply, Text, decode, msg

_LONGEST_EXAMPLE = 64
"""Of what stands in the field for typing."""


@dataclass(frozen=True, slots=True)
class How:
    """`wrong`: why it is asked again. `is_page`: other keys of the same question. `is_forced`: words are wanted.

    `is_below`: something was written since the last question, so that this one is a message of its own.
    """

    wrong: UserError | None = None
    is_page: bool = False
    is_forced: bool = False
    is_below: bool = False


HERE = How()


def title_of(asking: Asking) -> Line:
    return msg("command.line", path=asking.path, rest="") if asking.kind == "command" else decode(asking.path)


def question_of(asking: Asking, question: Question, wrong: UserError | None, *, is_group: bool) -> Reply:
    blocks: list[Block] = [Heading(title_of(asking))]
    if wrong is not None:
        blocks.append(Text(wrong.message))
    shown = tuple((name, text) for name, text in asking.given.items() if text)
    if shown:
        blocks.append(Facts(shown))
    blocks.append(Text(msg("tg.ask.needed", what=question.help)))
    if question.parameter is not None and not question.is_secret:
        blocks.append(Note(msg("tg.ask.example", example=question.parameter.arg.example)))
    if is_group:
        blocks.append(Note(msg("tg.ask.tap_or_reply" if asking.options else "tg.ask.by_reply")))
    elif asking.options:
        blocks.append(Note(msg("tg.ask.tap_or_write")))
    return Reply(tuple(blocks))


@dataclass(frozen=True, slots=True)
class Questions:
    door: Door

    async def options(self, actor: Actor, asking: Asking, question: Question) -> list[tuple[str, str]]:
        """Values with the labels they are shown by, the likeliest first."""
        if question.parameter is None:
            return []
        arg, say = question.parameter.arg, self.door.reader(actor).line
        if arg.choices:
            return [(value, say(msg(f"choice.{question.name}.{value}"))) for value in arg.choices]
        if arg.kind == "flag":
            return [("yes", say(msg("tg.ask.yes"))), ("no", say(msg("tg.ask.no")))]
        if arg.completer is None:
            return []
        command = self.door.parts.commands.get(asking.path)
        offers = await self.door.parts.runner.offers(actor, command, arg.completer)
        return [(offer.value, offer.alone) for offer in offers[: flows.MOST_OPTIONS]]

    async def put(self, flow: Flow, asking: Asking, question: Question, actor: Actor, how: How) -> int:
        """Shows the question; the message it stands in now."""
        chat, is_group = _chat(flow), not flow.address.startswith("@")
        is_by_reply = is_group and (how.is_forced or not asking.options)  # a message has keys, or asks for a reply
        html = render(
            question_of(asking, question, how.wrong, is_group=is_group),
            self.door.reader(actor).line,
            await self._called(flow) if is_by_reply and asking.kind == "press" else (),
        )[0].html
        keys = _forced(question) if is_by_reply else self._keys(flow, asking, question, actor)
        before = asking.question
        if (
            before is not None
            and not is_by_reply
            and not how.is_below
            and await self._changed(chat, before, html, keys)
        ):
            return before
        if before is not None:
            await self._bare(chat, before)
        asked = asked_in(f"{CHAT}:0:{asking.said}")
        place = {} if asked is None else at(asked)
        return (await self.door.say(chat, html, reply_markup=keys, **place)).message_id

    def _keys(self, flow: Flow, asking: Asking, question: Question, actor: Actor) -> Any:
        say, is_group = self.door.reader(actor).line, not flow.address.startswith("@")
        names = {CANCEL: say(msg("tg.ask.cancel")), TYPE: say(msg("tg.ask.type")), SKIP: say(msg("tg.ask.skip"))}
        return markup(flows.keys(flow.id, asking, names, can_type=is_group, can_skip=not question.required))

    async def _called(self, flow: Flow) -> tuple[Ping, ...]:
        """Whoever pressed a button is called by name: the field opens for those alone whom a message names."""
        known = await self.door.parts.store.read(lambda tx: tx.chats.account(CHAT, flow.account))
        return () if known is None else ((flow.account, known.name),)

    async def _changed(self, chat: int, message: int, html: str, keys: Any) -> bool:
        """False: it can no longer be changed."""
        await self.door.room(chat)
        try:
            await self.door.bot.edit_message_text(
                html, chat, message, parse_mode=ParseMode.HTML, reply_markup=keys,
                link_preview_options=telegram.LinkPreviewOptions(is_disabled=True),
            )  # fmt: skip
        except BadRequest as error:
            return "not modified" in error.message.lower()
        return True

    async def _bare(self, chat: int, message: int) -> None:
        """An earlier question keeps its words and loses its keys."""
        await self.door.room(chat)
        try:
            await self.door.bot.edit_message_reply_markup(chat, message, reply_markup=None)
        except BadRequest:
            return

    async def close(self, flow: Flow, asking: Asking, *blocks: Block) -> None:
        """The question no longer asks: it says what became of it."""
        if asking.question is None:
            return
        actor = await self.door.desk.actor(Incoming(asking.event, flow.account, "", flow.address))
        html = render(Reply(tuple(blocks)), self.door.reader(actor).line)[0].html
        await self._changed(_chat(flow), asking.question, html, None)


def _chat(flow: Flow) -> int:
    return Address.parse(flow.address).chat


def _forced(question: Question) -> telegram.ForceReply:
    example = None if question.parameter is None else question.parameter.arg.example[:_LONGEST_EXAMPLE]
    return telegram.ForceReply(selective=True, input_field_placeholder=example)
