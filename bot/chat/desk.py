"""The way in for chats beside the web one: who it was, what they typed or pressed, and what becomes of the answer.

An event of the platform is handled once, by its own id: the mark stands in the transaction that does what was asked, so
one that comes again, after a lost connection or a killed process, does nothing and gets the answer it had.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bot.core import allowance
from bot.core.chats_port import ChatAnswer
from bot.core.command import Actor, CommandTable
from bot.core.delivery import Keep, Runner, Words
from bot.core.errors import ForbiddenError, UserError
from bot.core.excerpt import whole
from bot.core.mending import whole_line
from bot.core.ports import Clock, Store, Team, Tx
from bot.core.records import Channel, Post
from bot.core.reply import Block, Button, Code, Line, Note, Reply, Secret, Text, button_id, buttons_of, without_secrets

Way = Literal["here", "outbox"]
"""How an answer reaches whoever asked: by the adapter at once, or as a promise of the outbox."""

_ANSWER = "answer"
ASIDE = "aside"
"""For the name of the message that was pressed: one that the platform shows to the presser alone."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What somebody did in a chat, as the platform tells it.

    `id` is the platform's own id of the event; `address` where it happened, as in destinations ("123", "@42"). `marks`:
    what the account is there just now, None where that is not known. `asked`: what the adapter wants to find again in
    the key of the promise when it delivers the answer, like the message to reply to.
    """

    id: str
    account: str
    name: str
    address: str
    marks: frozenset[str] | None = None
    asked: str = ""

    @property
    def is_private(self) -> bool:
        return self.address.startswith("@")


@dataclass(frozen=True, slots=True)
class Answer:
    """`message` is the answer's id, None where nothing is to be shown but a notice. `is_new`: False for a repeat."""

    reply: Reply
    message: str | None
    is_new: bool = True

    @property
    def is_notice(self) -> bool:
        """Short and for the presser alone: shown in passing, and not kept."""
        return is_notice(self.reply)


@dataclass(frozen=True, slots=True)
class Parts:
    """What every chat is given. `reached(chat)`: to be awaited whenever its connection is there (again)."""

    store: Store
    clock: Clock
    runner: Runner
    commands: CommandTable
    words: Words
    team: Team
    reached: Callable[[str], Awaitable[None]]

    def desk(self, chat: str, way: Way, stands: Callable[[str, str], bool]) -> Desk:
        return Desk(chat, self.store, self.clock, self.runner, self.commands, self.words, self.team, way, stands)


class _HandledError(Exception):
    """The same event was handled before."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One chat's way in. `way`: how answers leave.

    `stands(ref, pressed)`: whether the ref of a message of ours names the platform's message that was pressed. Where
    answers leave by the outbox, such names are a place's own ("101"), so that the place must be the same as well.
    """

    chat: str
    store: Store
    clock: Clock
    runner: Runner
    commands: CommandTable
    words: Words
    team: Team
    way: Way
    stands: Callable[[str, str], bool]

    async def actor(self, incoming: Incoming) -> Actor:
        channel, room = await self.store.read(lambda tx: (self.place(tx, incoming)[0], self._room_of(tx, incoming)))
        actor = await self.runner.actor(
            self.chat, incoming.account, whole(incoming.name), channel, incoming.marks, incoming.address
        )
        return replace(actor, room=room)

    def place(self, tx: Tx, incoming: Incoming) -> tuple[Channel, str | None]:
        """What the place is for: what it is bound to first; a private chat and an unbound place are the team's."""
        bound = tx.outbox.purposes(f"{self.chat}:{incoming.address}")
        return bound[0] if bound else ("team", None)

    def _room_of(self, tx: Tx, incoming: Incoming) -> str | None:
        """The room whose place it is, if it is one room's alone."""
        rooms = {room for _, room in tx.outbox.purposes(f"{self.chat}:{incoming.address}")}
        return next(iter(rooms)) if len(rooms) == 1 else None

    async def typed(self, incoming: Incoming, words: tuple[str, ...], keyed: Mapping[str, str]) -> Answer:
        """Raises UserError with what to type instead; then nothing was done and nothing kept."""
        actor = await self.actor(incoming)
        words, keyed = tuple(map(whole, words)), _wholes(keyed)
        return await self._once(
            incoming, actor, lambda keep: self.runner.typed(actor, words, keyed, keep), is_press=False
        )

    async def pressed(
        self, incoming: Incoming, message: str, button: str, pressed: str, fields: Mapping[str, str]
    ) -> Answer:
        """`pressed`: the platform's own name of the message the button was on.

        Raises:
            UserError: also for a button that is not on that message of ours, or not for this account.
        """
        actor = replace(await self.actor(incoming), room=None)  # a button says itself what it is about
        if not await self.store.read(lambda tx: self._is_there(tx, incoming, message, pressed)):
            raise await self.runner.not_shown(actor, message)
        fields = _wholes(fields)
        return await self._once(
            incoming, actor, lambda keep: self.runner.pressed(actor, message, button, fields, keep), is_press=True
        )

    async def form(self, incoming: Incoming, message: str, button: str, pressed: str) -> Button | None:
        """The button, where its form is to be filled in first; None also where pressing it will be refused anyway.

        Raises:
            UserError: as `pressed` does, for a button that is not there or not for this account.
        """
        actor = await self.actor(incoming)
        reply = await self.shown(incoming, message, pressed)

        def may(tx: Tx) -> bool:
            meant = tx.outbox.button(message, button)
            if meant is None or meant.command not in self.commands:
                return False
            try:
                allowance.at_all(tx, actor, self.commands.get(meant.command))
            except ForbiddenError:
                return False
            return True

        if not await self.store.read(may):
            return None
        found = next((item for item in buttons_of(reply) if button_id(message, item) == button), None)
        return found if found is not None and found.form else None

    async def shown(self, incoming: Incoming, message: str, pressed: str) -> Reply:
        """The message of ours that stands there, as it was told last.

        Raises:
            UserError: it does not stand there, or is not for this account.
        """

        def work(tx: Tx) -> Reply | None:
            if not self._is_there(tx, incoming, message, pressed):
                return None
            kept = tx.outbox.message(message) or tx.chats.answer(message)
            return None if kept is None else kept.reply

        reply = await self.store.read(work)
        if reply is None:
            raise await self.runner.not_shown(await self.actor(incoming), message)
        return reply

    def key(self, incoming: Incoming) -> str:
        """Of the promise to answer; no event is answered twice."""
        return ":".join(filter(None, (self.chat, incoming.id, incoming.asked)))

    def _is_there(self, tx: Tx, incoming: Incoming, message: str, pressed: str) -> bool:
        """Whether that message of ours stands where the press came from: ids can be made up."""
        if incoming.is_private and incoming.address != f"@{incoming.account}":
            return False
        answer = tx.chats.answer(message)
        if answer is not None:
            is_theirs = not answer.is_private or answer.account == incoming.account
            is_same = answer.ref is None or pressed == ASIDE or self.stands(answer.ref, pressed)
            return answer.chat == self.chat and answer.address == incoming.address and is_theirs and is_same
        here = f"{self.chat}:{incoming.address}"
        for destination, ref in tx.outbox.standing(message):
            if destination.partition(":")[0] != self.chat:
                continue
            if pressed == ASIDE or ref is None:  # shown aside, or it has arrived and that is not written down yet
                if _is_same(destination, here):
                    return True
            elif self.stands(ref, pressed) and (self.way == "here" or _is_same(destination, here)):
                return True
        return False

    async def _once(
        self, incoming: Incoming, actor: Actor, run: Callable[[Keep], Awaitable[Reply]], *, is_press: bool
    ) -> Answer:
        kept: list[str] = []

        def keep(tx: Tx, answer: Reply) -> None:
            if not tx.chats.take(self.chat, incoming.id, self.clock.now()):
                raise _HandledError
            if is_press and is_notice(answer):
                return
            kept[:] = [self._keep(tx, incoming, actor, answer)]
            tx.chats.answered(self.chat, incoming.id, kept[0])

        try:
            before = await self._before(incoming)
            if before is not None:
                return before
            reply = await run(keep)
        except _HandledError:
            return await self._before(incoming) or Answer(Reply(()), None, is_new=False)
        except UserError:
            before = await self._before(incoming)  # while this one was on its way, its twin did the work
            if before is None:
                raise
            return before
        return Answer(reply, kept[0] if kept else None)

    async def _before(self, incoming: Incoming) -> Answer | None:
        """What came of this event when it came the first time."""

        def work(tx: Tx) -> Answer | None:
            if not tx.chats.is_taken(self.chat, incoming.id):
                return None
            message = tx.chats.answer_to(self.chat, incoming.id)
            answer = None if message is None else tx.chats.answer(message)
            return Answer(Reply(()) if answer is None else answer.reply, message, is_new=False)

        return await self.store.read(work)

    def _keep(self, tx: Tx, incoming: Incoming, actor: Actor, answer: Reply) -> str:
        """A secret is never kept, and so never promised: its answer is handed to the adapter alone."""
        if self.way == "outbox" and not any(isinstance(block, Secret) for block in answer.blocks):
            address = f"@{incoming.account}" if answer.private else incoming.address
            post = Post(
                self.key(incoming), self.place(tx, incoming)[0], _ANSWER, answer, to=actor.person,
                urgent=True, only=(f"{self.chat}:{address}",),
            )  # fmt: skip
            return tx.outbox.post(post, self.clock.now())
        message = tx.next_id("m")
        tx.outbox.register(message, answer)
        tx.chats.keep_answer(
            ChatAnswer(
                message,
                self.chat,
                incoming.address,
                incoming.account,
                answer.private,
                without_secrets(answer),
                self.clock.now(),
            )
        )
        return message

    async def stood(self, message: str, ref: str) -> None:
        """The adapter has put an answer there."""
        await self.store.write(lambda tx: tx.chats.answer_stands(message, ref))

    async def unshown(self, since: datetime) -> list[tuple[Incoming, Answer]]:
        """What was answered from then on and stands nowhere, as far as anybody has told."""

        def work(tx: Tx) -> list[tuple[Incoming, Answer]]:
            return [
                (Incoming(event, kept.account, "", kept.address), Answer(kept.reply, kept.message, is_new=False))
                for event, kept in tx.chats.unshown(self.chat, since)
            ]

        return await self.store.read(work)

    async def fall_back(self, incoming: Incoming, answer: Answer, why: Line | None = None) -> None:
        """The answer cannot be given where it was asked for: it is promised to the place, or to the account alone."""
        if answer.message is None:
            return
        address = f"@{incoming.account}" if answer.reply.private else incoming.address
        key = f"{self.chat}:late:{incoming.id}"

        def work(tx: Tx) -> None:
            channel = self.place(tx, incoming)[0]
            told = without_secrets(answer.reply)
            told = told if why is None else replace(told, blocks=(Note(why), *told.blocks))
            post = Post(key, channel, _ANSWER, told, only=(f"{self.chat}:{address}",))
            tx.outbox.post(post, self.clock.now())

        await self.store.write(work)


def _wholes(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: whole(text) for name, text in texts.items()}


def _is_same(one: str, other: str) -> bool:
    """Topics of a place ("telegram:-100/45") are in it."""
    return one.partition("/")[0] == other.partition("/")[0]


def is_notice(answer: Reply) -> bool:
    """A short private answer to a press is shown to the presser and not kept."""
    return answer.private and all(isinstance(block, Text | Note) for block in answer.blocks)


def refusal(error: UserError, typed: str = "") -> Reply:
    """What somebody is told, and nobody else: what was wrong and what to type instead. `typed`: their whole line."""
    blocks: list[Block] = [Text(error.message)]
    line = whole_line(typed, error.try_instead, error.message)
    if line:
        blocks.append(Code(line))
    return replace(Reply(tuple(blocks)), tone="error", private=True)
