"""The one path by which typed lines, pressed buttons, timers and ticks reach their handlers.

Rights are checked here and nowhere else, against whoever typed or pressed: before anything is answered, so that a
refusal can be private, and once more in the transaction that acts. A handler of a timer writes in the same transaction
that marks the timer done, so a killed process does it again or not at all, never half.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from bot.core import allowance
from bot.core.command import Actor, Command, CommandTable, Context, bind
from bot.core.delivery import Keep
from bot.core.errors import ConflictError, ForbiddenError, NotFoundError, UserError
from bot.core.events import DROPPED_AFTER_S, TIMERS, TimerFired
from bot.core.handling import Asking, Completer, EventHandlers, Offer, Offers, Prepared, TickHandler, TimerHandler
from bot.core.live import LiveSession
from bot.core.newcomer import newcomer
from bot.core.ports import Ports, Store, Tx
from bot.core.records import Account, AuditEntry, Timer
from bot.core.refusals import Refusals
from bot.core.reply import Reply
from bot.core.rights import place_of

log = structlog.get_logger()

T = TypeVar("T")

_RETRY_S = 60
_TOGETHER = 12
"""Timers that are handed over side by side at most."""
_CAP = 60
"""Characters of an id that is not ours which the audit keeps, where nothing is ever taken out."""


class _Answering:
    """A store that checks a command's right and keeps its answer in the very transaction that does what was asked.

    Were the answer kept afterwards, a process killed between the two would have acted without a word, and would act
    again when asked again. Were the right only checked before, one taken back meanwhile would still be used.
    """

    def __init__(
        self, store: Store, may: Callable[[Tx], None], is_gone: Callable[[Tx], bool], keep: Callable[[Tx, Reply], None]
    ) -> None:
        self._store, self._may, self._is_gone, self._keep = store, may, is_gone, keep
        self.has_kept = False

    async def write(self, work: Callable[[Tx], T]) -> T:
        def both(tx: Tx) -> tuple[T, bool]:
            was_gone = False
            if not self.has_kept:  # what follows the answer is the bot's own work, and things have moved
                self._may(tx)
                was_gone = self._is_gone(tx)
            result = work(tx)
            if was_gone:  # only now: the handler can say better what has happened meanwhile
                raise ConflictError("button.gone")
            answer = result[0] if isinstance(result, tuple) and result else result
            if self.has_kept or not isinstance(answer, Reply):
                return result, self.has_kept
            self._keep(tx, answer)
            return result, True

        result, self.has_kept = await self._store.write(both)
        return result

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self._store.read(work)


class Dispatch:
    """Runs commands and whatever has fallen due."""

    def __init__(
        self,
        ports: Ports,
        events: EventHandlers,
        on_tick: TickHandler,
        completers: Mapping[str, Completer],
        note: Callable[[str, str], None] = lambda _what, _reference: None,
    ) -> None:
        """`note` is told of everything unforeseen: what it happened in, and its reference in the log."""
        self._ports, self._events, self._on_tick, self._completers = ports, events, on_tick, completers
        self._note, self._refusals = note, Refusals()

    @property
    def commands(self) -> CommandTable:
        return self._ports.commands

    async def actor(
        self, chat: str, account: str, name: str, channel: str = "team", marks: Collection[str] | None = None,
        address: str = "",
    ) -> Actor:  # fmt: skip
        team = self._ports.team
        if chat != "web":
            await self._saw(chat, account, name, marks)

        def work(tx: Tx) -> Actor:
            person = tx.people.by_account(chat, account)
            if person is None:
                stranger = f"{chat}:{account}"
                rights = tx.people.rights(stranger)
                return Actor(stranger, name, rights, team.language, team.zone, chat, channel, account, address)
            language, zone = person.language or team.language, person.zone or team.zone
            rights = tx.people.rights(person.slug)
            return Actor(person.slug, person.name, rights, language, zone, chat, channel, account, address)

        return await self._ports.store.read(work)

    async def _saw(self, chat: str, account: str, name: str, marks: Collection[str] | None) -> None:
        """Keeps what an account is in its chat; whoever has a role of ours by that is a person here from then on."""
        now = self._ports.clock.now()

        def news(tx: Tx) -> bool:
            seen = tx.chats.account(chat, account)
            is_known = (
                seen is not None and name in ("", seen.name) and (marks is None or seen.marks == frozenset(marks))
            )
            return not is_known or (bool(seen and seen.marks) and self._is_to_join(tx, chat, account))

        def work(tx: Tx) -> None:
            seen = tx.chats.account(chat, account)
            called = name or (seen.name if seen else "")
            tx.chats.saw(chat, account, called, now, marks)
            if self._is_to_join(tx, chat, account):
                person = newcomer(tx, called, fallback=chat)
                tx.people.save(person)
                tx.people.link(Account(chat, account, person.slug, now))
                joined = {f"{chat}:{account}": person.slug}
                tx.audit.add(AuditEntry(now, person.slug, chat, "link", person.slug, after=joined))

        if await self._ports.store.read(news):
            await self._ports.store.write(work)

    @staticmethod
    def _is_to_join(tx: Tx, chat: str, account: str) -> bool:
        seen = tx.chats.account(chat, account)
        if seen is None or tx.people.by_account(chat, account) is not None:
            return False
        return any(row.mark in seen.marks for row in tx.chats.mark_roles(chat))

    async def typed(self, actor: Actor, words: tuple[str, ...], keyed: Mapping[str, str], keep: Keep) -> Reply:
        command, used = self.commands.find(words)
        try:
            await self._ports.store.read(lambda tx: allowance.at_all(tx, actor, command))
            request = _as_meant(command, bind(command, words[used:], keyed), actor)
            return await self._run(command, request, self._context(actor, None), None, keep)
        except ForbiddenError as refused:
            await self._refused(actor, None, command.path, refused)
            raise

    async def pressed(self, actor: Actor, message: str, button: str, fields: Mapping[str, str], keep: Keep) -> Reply:
        meant = await self._ports.store.read(lambda tx: tx.outbox.button(message, button))
        if meant is None or meant.command not in self.commands:
            raise await self.not_shown(actor, message)
        command = self.commands.get(meant.command)
        try:
            await self._ports.store.read(lambda tx: allowance.at_all(tx, actor, command))
            request = bind(command, (), {**fields, **meant.args})
            return await self._run(command, request, self._context(actor, message), (message, button), keep)
        except (ForbiddenError, NotFoundError, ConflictError) as refused:
            await self._refused(actor, message, command.path, refused)
            raise

    async def may_begin(self, actor: Actor, command: Command, known: Mapping[str, str]) -> None:
        """Raises UserError for what no answer to what is still missing could mend."""
        missing = {item.name: item.arg.example for item in command.parameters if item.required}
        try:
            await self._ports.store.read(lambda tx: allowance.at_all(tx, actor, command))
            request = _as_meant(command, bind(command, (), {**missing, **known}), actor)
            await self._ports.store.read(lambda tx: allowance.here(tx, command, request, self._context(actor, None)))
        except ForbiddenError as refused:
            await self._refused(actor, None, command.path, refused)
            raise
        except NotFoundError:  # it may be the example that is not there: the command itself will say
            return

    async def not_shown(self, actor: Actor, message: str) -> NotFoundError:
        """A button that is not there, or not for them to see: what to raise, once it is in the audit."""
        error = NotFoundError("button.unknown")
        await self._refused(actor, message[:_CAP], message[:_CAP], error)
        return error

    async def kept_out(self, actor: Actor, error: ForbiddenError) -> None:
        """Somebody wanted to speak in a channel (the actor's) that is not theirs: puts it into the audit."""
        await self._refused(actor, None, actor.channel, error)

    async def offers(self, actor: Actor, command: Command, completer: str) -> Offers:
        """Values for an argument that this person may use there, the likeliest first, labelled in their language."""
        find = self._completers.get(completer)
        if find is None:
            return []
        say = self._ports.words.reader(actor.language, actor.zone).line
        asking = Asking(actor, self._ports.clock.now(), self._ports, say)

        def work(tx: Tx) -> Offers:
            rights = tx.people.rights(actor.person)
            if rights.highest < command.role:
                return []
            places = {room.slug: place_of(room) for room in tx.rooms.all(archived=True)}
            found: dict[tuple[str, str], Offer] = {}
            for offer in find(tx, asking):
                if offer.room is None or (offer.room in places and rights.at(places[offer.room]) >= command.role):
                    found.setdefault((offer.value, offer.label), offer)
            return list(found.values())

        return await self._ports.store.read(work)

    def _context(self, actor: Actor, message: str | None) -> Context:
        return Context(actor, self._ports, self._ports.clock.now(), message)

    async def _refused(self, actor: Actor, message: str | None, subject: str, error: UserError) -> None:
        """Who tried what in vain is kept: somebody may be trying doors. What comes too thick is counted."""
        entry = AuditEntry(
            self._ports.clock.now(), actor.person, f"{actor.chat}:{message}" if message else actor.chat, "refused",
            subject, detail={"why": error.message.key} | actor.elsewhere,
            channel=actor.channel, room=error.about if isinstance(error, ForbiddenError) else None,
        )  # fmt: skip
        entries = self._refusals.to_keep(entry)

        def work(tx: Tx) -> None:
            for one in entries:
                tx.audit.add(one)

        if entries:
            await self._ports.store.write(work)

    async def _run(
        self, command: Command, request: Any, context: Context, pressed: tuple[str, str] | None, keep: Keep
    ) -> Reply:
        def may(tx: Tx) -> None:
            allowance.here(tx, command, request, context)

        def is_gone(tx: Tx) -> bool:
            meant = None if pressed is None else tx.outbox.button(*pressed)
            return meant is not None and not meant.is_current

        def final(answer: Reply) -> Reply:
            return Reply(answer.blocks, answer.tone, private=True) if command.private else answer

        await self._ports.store.read(may)
        store = _Answering(self._ports.store, may, is_gone, lambda tx, answer: keep(tx, final(answer)))
        context = replace(context, ports=replace(self._ports, store=store))
        try:
            answer = final(await command.run(request, context))
        except UserError:
            raise
        except Exception as error:
            reference = secrets.token_hex(3)
            log.exception("command_failed", command=command.path, reference=reference)
            self._note(f"/{command.path}", reference)
            raise UserError("internal", reference=reference) from error
        if not store.has_kept:  # it only looked something up
            await self._ports.store.write(lambda tx: keep(tx, answer))
        return answer

    async def next_due(self) -> datetime | None:
        """The instant of the next timer or tick."""
        timer = await self._ports.store.read(lambda tx: tx.timers.next_due())
        tick = self._ports.live.next_due()
        return min((at for at in (timer, tick) if at is not None), default=None)

    async def run_due(self, beat: Callable[[], None] = lambda: None) -> int:
        """Runs everything due by now, oldest first; returns how many things ran. `beat` is called after each."""
        ran = 0
        while True:
            now = self._ports.clock.now()
            tick = self._ports.live.earliest()
            due = await self._ports.store.read(lambda tx, now=now: tx.timers.due(now, _TOGETHER))  # type: ignore[misc]
            timers = self._together([timer for timer in due if tick is None or timer.due_at <= tick.judge_at])
            if timers:
                await asyncio.gather(*(self._fire(timer, now) for timer in timers))
            elif tick is not None and tick.judge_at <= now:
                await self._tick(tick, now)
            else:
                return ran
            ran += len(timers) or 1
            beat()

    def _together(self, due: list[Timer]) -> list[Timer]:
        """The first ones that may be handed over side by side: they are written in their order, and committed at once.

        What is prepared beforehand must see what those before it have done.
        """
        plain = list(itertools.takewhile(lambda timer: not isinstance(self._handler(timer), Prepared), due))
        return plain or due[:1]

    def _handler(self, timer: Timer) -> TimerHandler | Prepared:
        return self._events[TIMERS[timer.kind]]

    async def _tick(self, live: LiveSession, now: datetime) -> None:
        try:
            await self._on_tick(live, now, self._ports)
        except Exception:
            reference = secrets.token_hex(3)
            log.exception("tick_failed", room=live.session.room, reference=reference)
            self._note(live.session.room, reference)
            # Its memory may have been read anew: hold what is there now, or the tick would be tried without a pause.
            (self._ports.live.get(live.session.id) or live).hold(now + timedelta(seconds=_RETRY_S))

    async def _fire(self, timer: Timer, now: datetime) -> None:
        event = TIMERS[timer.kind](timer.subject, timer.due_at, now)
        limit = DROPPED_AFTER_S.get(timer.kind)
        if limit is not None and event.late_s > limit:
            log.warning("timer_dropped", kind=timer.kind, subject=timer.subject, late_s=event.late_s)
            await self._ports.store.write(lambda tx: tx.timers.done(timer, now, f"dropped: {event.late_s} s late"))
            return
        try:
            await self._apply(timer, event, self._handler(timer))
        except Exception:
            reference = secrets.token_hex(3)
            log.exception("timer_failed", kind=timer.kind, subject=timer.subject, reference=reference)
            self._note(f"{timer.kind} {timer.subject}", reference)
            later = now + timedelta(seconds=_RETRY_S)
            await self._ports.store.write(lambda tx: tx.timers.set(timer.kind, timer.subject, later))

    async def _apply(self, timer: Timer, event: TimerFired, handler: TimerHandler | Prepared) -> None:
        outcome = f"done, {event.late_s} s late" if event.late_s > 1 else "done"
        ports = self._ports
        if isinstance(handler, Prepared):
            prepared = await handler.prepare(event, ports)

            def work(tx: Tx) -> None:
                if _is_due(tx, timer):
                    handler.apply(tx, event, ports, prepared)
                    tx.timers.done(timer, event.now, outcome)
        else:

            def work(tx: Tx) -> None:
                if _is_due(tx, timer):
                    handler(tx, event, ports)
                    tx.timers.done(timer, event.now, outcome)

        await ports.store.write(work)


def _as_meant(command: Command, request: Any, actor: Actor) -> Any:
    """What is typed in a room's own place and names no room is about that room, also where rights are looked at."""
    is_about_it = command.where.is_meant and actor.room is not None and request.room is None
    return replace(request, room=actor.room) if is_about_it else request


def _is_due(tx: Tx, timer: Timer) -> bool:
    """Whether it still is: somebody may have moved or cancelled it since it was looked up."""
    rows = tx.timers.of_subject(timer.subject)
    return any(row.id == timer.id and row.done_at is None and row.due_at == timer.due_at for row in rows)
