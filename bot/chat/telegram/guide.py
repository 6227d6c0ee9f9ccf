"""Asks for what a command or a button still lacks, one question at a time, with keys for the likely answers.

Each step is kept before it is asked, so that a restart goes on where it was. A question is sent past the outbox: it is
worth nothing later, and the update that led to it comes again if the bot was killed before it was asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.chat.desk import Incoming, is_notice
from bot.chat.telegram import flows
from bot.chat.telegram.answers import Answers
from bot.chat.telegram.door import CHAT, Door
from bot.chat.telegram.flows import CANCEL, SKIP, TYPE, Asking, Pressed
from bot.chat.telegram.notices import Notice, words_of
from bot.chat.telegram.questions import HERE, How, Questions, title_of
from bot.core.chats_port import Flow
from bot.core.command import Command
from bot.core.errors import UserError
from bot.core.ports import Tx
from bot.core.reply import Block, Button, Text, encode, msg

_LIVES = timedelta(hours=1)
_OPEN = "tg.ask.gone"


@dataclass(frozen=True, slots=True)
class Guide:
    door: Door
    answers: Answers
    questions: Questions

    # -- beginnings ---------------------------------------------------------------

    async def for_command(
        self, incoming: Incoming, command: Command, words: Sequence[str], keyed: dict[str, str]
    ) -> None:
        """`words` without those that name the command; something required is missing among them.

        Raises:
            UserError: no answer could mend it, as they have no rights there.
        """
        given = flows.given_of(command, words, keyed)
        await self.door.parts.runner.may_begin(await self.door.desk.actor(incoming), command, given)
        asking = Asking(
            "command", command.path, incoming.id, given, said=incoming.asked
        )  # fmt: skip
        await self._begin(incoming, asking)

    async def for_button(self, incoming: Incoming, button: Button, message: str, name: str, pressed: str) -> None:
        asking = Asking(
            "press", encode(button.label), incoming.id, {}, said=incoming.asked, message=message, button=name,
            pressed=pressed, fields=flows.of_form(button.form),
        )  # fmt: skip
        await self._begin(incoming, asking)

    async def _begin(self, incoming: Incoming, asking: Asking) -> None:
        """Whatever else this account was being asked there is over; the same update again goes on with its own flow."""

        def work(tx: Tx) -> Flow:
            before = tx.chats.flow_of(CHAT, incoming.address, incoming.account)
            if before is not None and flows.of_detail(before.detail).event == incoming.id:
                return before
            if before is not None:
                tx.chats.end_flow(before.id)
            flow = Flow(
                tx.next_id("f"), CHAT, incoming.address, incoming.account, asking.as_detail(),
                self.door.parts.clock.now(),
            )  # fmt: skip
            tx.chats.save_flow(flow)
            return flow

        flow = await self.door.parts.store.write(work)
        await self._ask(flow, flows.of_detail(flow.detail), incoming)

    # -- answers ------------------------------------------------------------------

    async def open_flow(self, incoming: Incoming) -> Flow | None:
        """What this account is in the middle of there."""
        found = await self.door.parts.store.read(lambda tx: tx.chats.flow_of(CHAT, incoming.address, incoming.account))
        return None if found is None or self._is_over(found) else found

    async def written(self, incoming: Incoming, flow: Flow, text: str) -> None:
        """An answer in words."""
        asking = flows.of_detail(flow.detail)
        question = flows.following(asking, self.door.parts.commands)
        if asking.event == incoming.id or question is None:  # it came again: the step was taken
            await self._ask(flow, asking, incoming)
            return
        try:
            flows.check(asking, question, text.strip(), self.door.parts.commands)
        except UserError as error:
            await self._ask(flow, asking, incoming, How(wrong=error, is_below=True))
            return
        await self._step(flow, asking, text.strip(), incoming, is_below=True)

    async def tapped(self, incoming: Incoming, key: Pressed) -> Notice | None:
        """A key under a question. None: nothing to tell."""
        flow = await self.door.parts.store.read(lambda tx: tx.chats.flow(key.flow))
        if flow is None or self._is_over(flow):
            known = await self.door.parts.store.read(lambda tx: tx.chats.is_taken(CHAT, incoming.id))
            return None if known else Notice(msg(_OPEN), is_alert=True)
        if (flow.account, flow.address) != (incoming.account, incoming.address):
            return Notice(msg("tg.ask.not_yours"), is_alert=True)
        asking = flows.of_detail(flow.detail)
        if key.what == CANCEL:
            await self.cancelled(flow)
        elif asking.event == incoming.id:
            await self._ask(flow, asking, incoming)
        elif key.step != asking.step:
            return Notice(msg("tg.ask.old"))
        elif key.page is not None:
            await self._ask(flow, replace(asking, page=key.page), incoming, How(is_page=True))
        elif key.what == TYPE:
            await self._ask(flow, replace(asking, options=()), incoming, How(is_forced=True))
        elif key.what == SKIP:
            await self._step(flow, asking, "", incoming)
        elif key.option is not None and key.option < len(asking.options):
            return await self._step(flow, asking, asking.options[key.option][0], incoming)
        return None

    async def cancelled(self, flow: Flow) -> None:
        asking = flows.of_detail(flow.detail)
        await self.door.parts.store.write(lambda tx: tx.chats.end_flow(flow.id))
        await self.questions.close(flow, asking, Text(msg("tg.ask.cancelled")))

    def _is_over(self, flow: Flow) -> bool:
        return self.door.parts.clock.now() - flow.at > _LIVES

    # -- steps --------------------------------------------------------------------

    async def _step(
        self, flow: Flow, asking: Asking, text: str, incoming: Incoming, *, is_below: bool = False
    ) -> Notice | None:
        """Takes an answer; the last one runs the line. What is given last is never kept: it may be a secret."""
        new = flows.answered(asking, text, incoming.id)
        if flows.following(new, self.door.parts.commands) is None:
            return await self._finish(flow, new, incoming, How(is_below=is_below))
        await self._ask(flow, new, incoming, How(is_below=is_below))
        return None

    async def _finish(self, flow: Flow, asking: Asking, incoming: Incoming, how: How = HERE) -> Notice | None:
        """Runs it; one answer that turns out to be wrong is asked for again."""
        incoming = replace(incoming, asked=asking.said)
        notice = None
        closing: list[Block] = [Text(msg("tg.ask.done", line=title_of(asking)))]
        try:
            if asking.kind == "command":
                command = self.door.parts.commands.get(asking.path)
                given = asking.filled(self.door.parts.commands)
                await self.answers.typed(incoming, command.path.split(), given, is_private=command.private)
            else:
                notice = await self._press(incoming, asking)
        except UserError as error:
            again = flows.asked_again(asking, error, self.door.parts.commands)
            if again is not None:
                await self._ask(flow, again, incoming, replace(how, wrong=error))
                return None
            await self.answers.refused(incoming, error, "" if self._has_secret(asking) else asking.line)
            closing = [Text(msg("tg.ask.failed", line=title_of(asking)))]
        await self.door.parts.store.write(lambda tx: tx.chats.end_flow(flow.id))
        if notice is not None and incoming.is_private:
            closing.append(Text(notice.line))
        await self.questions.close(flow, asking, *closing)
        return notice

    async def _press(self, incoming: Incoming, asking: Asking) -> Notice | None:
        answer = await self.door.desk.pressed(
            incoming, asking.message, asking.button, asking.pressed, asking.filled(self.door.parts.commands)
        )  # fmt: skip
        if not await self.answers.given(incoming, answer):
            await self.answers.point_to_start(incoming, answer.reply)
        actor = await self.door.desk.actor(incoming)
        return Notice(words_of(answer.reply, self.door.reader(actor))) if is_notice(answer.reply) else None

    def _has_secret(self, asking: Asking) -> bool:
        if asking.kind == "press":
            return False
        return any(item.arg.secret for item in self.door.parts.commands.get(asking.path).parameters)

    # -- questions ----------------------------------------------------------------

    async def _ask(self, flow: Flow, asking: Asking, incoming: Incoming, how: How = HERE) -> None:
        """Keeps the step, then asks."""
        question = flows.following(asking, self.door.parts.commands)
        if question is None:  # it was all there; the bot was killed before it ran
            await self._finish(flow, asking, incoming)
            return
        if question.is_secret and not incoming.is_private:
            await self.door.parts.store.write(lambda tx: tx.chats.end_flow(flow.id))
            raise UserError("tg.ask.secret_here", try_instead=f"/{asking.path}")
        actor = await self.door.desk.actor(incoming)
        if not how.is_page and not how.is_forced and question.name != asking.name:
            options = await self.questions.options(actor, asking, question)
            asking = replace(asking, name=question.name, options=options)
        flow = replace(flow, detail=asking.as_detail(), at=self.door.parts.clock.now())
        await self.door.parts.store.write(lambda tx: tx.chats.save_flow(flow))
        shown = await self.questions.put(flow, asking, question, actor, how)
        if shown != asking.question:
            kept = replace(flow, detail=replace(asking, question=shown).as_detail())
            await self.door.parts.store.write(lambda tx: tx.chats.save_flow(kept))
