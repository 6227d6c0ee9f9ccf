"""Outbox row -> Telegram: posts of several parts, edits in place, pictures, topics; what became of it as an outcome.

Telegram has no key by which it would know a message again, so what arrived of a message of several parts is remembered
here while the process lives, and only what is missing is sent when its turn comes again.
"""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog
from telegram import Bot
from telegram import error as errors

from bot.chat.desk import Parts
from bot.chat.telegram import failures, refs
from bot.chat.telegram.heard import Asked, asked_in
from bot.chat.telegram.keyboard import Keyboard, keyboard
from bot.chat.telegram.moving import follow
from bot.chat.telegram.pace import Pace
from bot.chat.telegram.refs import Posted
from bot.chat.telegram.render import Piece, Slot, cut_off, redraw, render, repeated
from bot.chat.telegram.strangers import is_foreign
from bot.chat.telegram.task import Address, Task, in_words, make
from bot.chat.telegram.topics import Topics
from bot.chat.telegram.wire import Files, Wire, markup
from bot.core.delivery import Outcome, Refused, Rejected, RetryAfter, Sent, TooLate, shown
from bot.core.delivery_policy import QUIET_ABOUT_A_SHOW, family
from bot.core.records import Delivery
from bot.core.reply import Reply

log = structlog.get_logger()

_PATIENCE_S = 1.5
"""Seconds a message waits here for its turn; longer waits go back to the outbox, which knows what is urgent."""
_PATIENCE_BETWEEN_S = 20.0
"""Seconds the next part of a message waits, as its first parts stand already; below what a call may take."""
_UNDER_WAY, _SEEN = 200, 4_000
"""Posts and messages that are remembered."""


@dataclass(slots=True)
class _Progress:
    """How far a post of `given` has come. `in_doubt`: nobody knows whether the part after those `done` arrived.

    `answers`: the message that it is a reply to.
    """

    task: Task
    pieces: list[Piece]
    given: Reply
    done: list[Posted] = field(default_factory=list)
    in_doubt: bool = False
    answers: int | None = None
    is_silent: bool = False

    def mark(self) -> None:
        """The part in doubt is sent once more and says so; those before it are known to stand."""
        at = len(self.done)
        self.pieces[at] = repeated(self.pieces[at], self.task.say)
        self.in_doubt = False


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class _Recent(OrderedDict[_Key, _Value], Generic[_Key, _Value]):
    """Forgets the oldest."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: _Key, value: _Value) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > self._most:
            self.popitem(last=False)


class Outbound:
    """The outgoing half of the chat. `idempotent_s`: Telegram cannot tell a message sent twice."""

    idempotent_s: float | None = None

    def __init__(self, bot: Bot, parts: Parts, pace: Pace | None = None) -> None:
        os.environ.setdefault("PTB_TIMEDELTA", "true")  # else the library warns at each request to wait
        self._bot, self._parts = bot, parts
        self.pace = pace or Pace()
        self._wire, self._topics = Wire(bot), Topics(bot, parts.store, parts.clock)
        self._under_way: _Recent[int, _Progress] = _Recent(_UNDER_WAY)
        self._seen: _Recent[tuple[int, int], tuple[Slot, str, str]] = _Recent(_SEEN)

    async def deliver(self, delivery: Delivery) -> Outcome:
        """Hands one row of the outbox over; raises what means that it did not arrive."""
        try:
            address = Address.parse(delivery.destination.partition(":")[2])
        except ValueError:
            return Refused("this is no Telegram chat: an address is a number")

        async def work() -> Outcome:
            task = await self._task(address, delivery, shown(delivery))
            if delivery.op == "edit":
                return await self._edit_row(task, delivery)
            return await self._post_row(task, delivery)

        outcome = await self._meaning(address, work)
        if isinstance(outcome, Refused) and delivery.kind == "answer":
            foreign = await self._parts.store.read(lambda tx: is_foreign(tx, delivery.destination))
            return TooLate() if foreign else outcome  # else anybody could trouble the team by asking and going away
        return outcome

    async def hand(self, address: str, message: str, reply: Reply) -> Outcome:
        """Hands an answer over that is no row of the outbox (one with a secret); never tried again by itself."""
        where = Address.parse(address)

        async def work() -> Outcome:
            task = await make(self._parts, where, message, reply)
            return await self._post(_Progress(task, render(task.reply, task.say), reply), where.topic)

        return await self._meaning(where, work)

    async def turn(self, address: str, pressed: int, message: str, reply: Reply, view: str) -> Outcome:
        """Draws the keyboard under the message `pressed` anew, as its key asked ("~2")."""
        where = Address.parse(address)

        async def work() -> Outcome:
            task = await make(self._parts, where, message, reply)
            if wait := await self.pace.room(where.chat, urgent=True, patience_s=_PATIENCE_S):
                return wait
            keys = keyboard(reply, task.say, message, view)
            try:
                await self._bot.edit_message_reply_markup(where.chat, pressed, reply_markup=markup(keys))
            except errors.BadRequest as error:
                if not failures.is_unchanged(error):
                    raise
            return Sent(str(pressed))

        return await self._meaning(where, work)

    async def _task(self, address: Address, delivery: Delivery, reply: Reply) -> Task:
        is_answer = delivery.kind == "answer"
        pings = () if is_answer else delivery.pings  # it is a reply to them
        urgent = delivery.urgent and not is_answer  # what is kept for alerts must not be used up by questions
        return await make(self._parts, address, delivery.message, reply, urgent=urgent, pings=pings)

    # -- posts -----------------------------------------------------------------

    async def _post_row(self, task: Task, delivery: Delivery) -> Outcome:
        if delivery.repeat:
            await self._is_there()
        progress = self._under_way.get(delivery.id)
        if progress is None or not progress.done:
            progress = _Progress(task, render(task.reply, task.say, task.pings), delivery.reply)
            self._under_way[delivery.id] = progress
        elif progress.in_doubt:
            progress.mark()
        outcome = await self._post_somewhere(progress, delivery)
        if isinstance(outcome, Sent) and progress.given != delivery.reply:  # it was changed between two of its parts
            now = await self._task(task.address, delivery, delivery.reply)
            outcome = await self._edit(now, refs.parse(outcome.ref))
        if isinstance(outcome, Sent):
            self._under_way.pop(delivery.id, None)
        return outcome

    async def _is_there(self) -> None:
        """A repeat is made once, so not into a silence in which nobody would know of it either."""
        try:
            await self._bot.get_me()
        except errors.NetworkError as error:
            raise failures.NotReachedError(f"Telegram does not answer: {type(error).__name__}") from None

    async def _post_somewhere(self, progress: _Progress, delivery: Delivery) -> Outcome:
        """Into its topic; one that was deleted is made anew once, a closed one is left for the general one."""
        chat, own = progress.task.address.chat, progress.task.address.topic
        asked = await self._asked(delivery)
        progress.answers = None if asked is None else asked.message
        topic = own or (asked and asked.topic) or await self._topics.of(chat, delivery, progress.task.say)
        is_quiet = family(delivery.kind) in QUIET_ABOUT_A_SHOW and not progress.task.pings
        for _ in range(2):
            progress.is_silent = is_quiet and own is None and topic is not None
            try:
                return await self._post(progress, topic)
            except errors.BadRequest as error:
                if topic is None or own is not None:
                    raise
                if failures.is_topic_gone(error):
                    await self._topics.gone(chat, delivery)
                    topic = await self._topics.of(chat, delivery, progress.task.say)
                elif failures.says(error, "topic_closed"):
                    topic = None
                else:
                    raise
        progress.is_silent = False
        return await self._post(progress, None)

    async def _asked(self, delivery: Delivery) -> Asked | None:
        """Where the command was typed that this answers."""
        if delivery.kind != "answer":
            return None
        kept = await self._parts.store.read(lambda tx: tx.outbox.message(delivery.message))
        found = None if kept is None else asked_in(kept.key)
        return None if delivery.destination.startswith("telegram:@") else found

    async def _post(self, progress: _Progress, topic: int | None) -> Outcome:
        task = progress.task
        while len(progress.done) < len(progress.pieces):
            piece = progress.pieces[len(progress.done)]
            is_first, is_last = not progress.done, len(progress.done) == len(progress.pieces) - 1
            patience_s = _PATIENCE_S if is_first else _PATIENCE_BETWEEN_S
            if wait := await self.pace.room(
                task.address.chat, urgent=task.urgent or not is_first, patience_s=patience_s
            ):
                return wait
            keys = task.keys if is_last else ()
            progress.in_doubt = True
            try:
                posted = await self._wire.send(
                    task.address.chat,
                    piece,
                    task.files,
                    keys,
                    task.file_name,
                    topic,
                    is_silent=progress.is_silent,
                    answers=progress.answers if is_first else None,
                )
            except errors.TelegramError as error:
                progress.in_doubt = _may_have_arrived(error)
                if isinstance(error, errors.RetryAfter) and not is_first:
                    self.pace.hold(task.address.chat, failures.seconds_of(error))
                    continue  # parts of it stand: it waits here as long as it may
                if piece.slot == "photo" and is_first and failures.is_without_pictures(error):
                    progress.pieces = render(in_words(task.reply), task.say, task.pings)
                    continue
                if piece.document is not None and failures.is_without_files(error):
                    progress.pieces[-1] = cut_off(task.say)
                    continue
                raise
            progress.in_doubt = False
            progress.done.append(posted)
            self._seen[task.address.chat, posted.id] = (posted.slot, *_print(piece, keys, task.files))
        return Sent(refs.to_ref(progress.done))

    # -- edits -----------------------------------------------------------------

    async def _edit_row(self, task: Task, delivery: Delivery) -> Outcome:
        try:
            posted = refs.parse(delivery.ref or "")
        except ValueError:
            return Rejected("the message to edit is not there")
        return await self._edit(task, posted)

    async def _edit(self, task: Task, posted: list[Posted]) -> Outcome:
        """Part by part, those that read as before left out; then what is no longer needed goes."""
        pieces = redraw(task.reply, task.say, [one.slot for one in posted], task.pings)
        last = max(at for at, piece in enumerate(pieces) if not piece.is_empty)
        standing: list[Posted] = []
        for at, (one, piece) in enumerate(zip(posted, pieces, strict=True)):
            if not piece.is_empty:
                if isinstance(left := await self._edit_piece(task, one, piece, is_last=at == last), RetryAfter):
                    return left
                standing.append(left)
        for one, piece in zip(posted, pieces, strict=True):
            if piece.is_empty:
                if wait := await self._room_between(task):
                    return wait
                self._seen.pop((task.address.chat, one.id), None)
                if not await self._wire.take_away(task.address.chat, one):
                    standing.append(one)
        order = [one.id for one in posted]
        return Sent(refs.to_ref(sorted(standing, key=lambda one: order.index(one.id))))

    async def _edit_piece(self, task: Task, one: Posted, piece: Piece, *, is_last: bool) -> Posted | RetryAfter:
        chat, keys = task.address.chat, task.keys if is_last else ()
        before, new = self._seen.get((chat, one.id)), _print(piece, keys, task.files)
        if before is not None and before[1:] == new:
            return Posted(one.id, before[0])
        if wait := await self._room_between(task):
            return wait
        self._seen.pop((chat, one.id), None)  # until it is known what stands there
        same_file = before is not None and before[2] == new[1]
        try:
            one = await self._wire.edit(chat, one, piece, task.files, keys, task.file_name, same_file=same_file)
        except errors.BadRequest as error:
            if not failures.is_unchanged(error):
                raise
            one = Posted(one.id, piece.slot)  # an attempt before this one did it
        self._seen[chat, one.id] = (one.slot, *new)
        return one

    async def _room_between(self, task: Task) -> RetryAfter | None:
        return await self.pace.room(task.address.chat, urgent=task.urgent, patience_s=_PATIENCE_S)

    # -- what became of it -----------------------------------------------------

    async def _meaning(self, address: Address, work: Callable[[], Awaitable[Outcome]]) -> Outcome:
        try:
            return await work()
        except errors.ChatMigrated as moved:
            return await self._moved(address, moved.new_chat_id)
        except errors.TelegramError as error:
            meant = failures.outcome(error, is_private=address.is_private, is_topic=address.topic is not None)
        if isinstance(meant, RetryAfter):
            self.pace.hold(address.chat, meant.seconds)
        elif isinstance(meant, Rejected):
            log.warning("telegram_rejected", chat=address.chat, why=meant.why)
        elif isinstance(meant, Refused) and address.is_private:
            await self._unreachable(address.chat)
        return meant

    async def _moved(self, address: Address, to: int) -> Outcome:
        """The group became a supergroup; whoever was away when Telegram told of it hears of it here."""
        await self._parts.store.write(lambda tx: follow(tx, address.chat, to))
        log.info("telegram_group_moved", old=address.chat, new=to)
        return RetryAfter(1.0, "the group has become a supergroup, with another number")

    async def _unreachable(self, account: int) -> None:
        now = self._parts.clock.now()
        await self._parts.store.write(
            lambda tx: tx.chats.reachable("telegram", str(account), is_reachable=False, now=now)
        )


def _may_have_arrived(error: errors.TelegramError) -> bool:
    if isinstance(error, errors.BadRequest):
        return False
    if isinstance(error, errors.NetworkError):
        return not failures.is_before_arrival(error)
    return type(error) is errors.TelegramError


def _print(piece: Piece, keys: Keyboard, files: Files) -> tuple[str, str]:
    """What a message and its picture are known again by."""
    picture = "" if piece.file is None else hashlib.blake2s(files[piece.file][1]).hexdigest()
    whole = repr((piece.html, piece.document, keys, picture))
    return hashlib.blake2s(whole.encode("utf-8", "replace")).hexdigest(), picture
