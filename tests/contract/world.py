"""One bot on one chat, lived through by a script, with everything that was said written down and checked on the way."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.core.delivery import Outcome, Refused
from bot.core.outline import to_text
from bot.core.records import Delivery
from bot.core.reply import Reply, Secret, button_id, buttons_of
from handlers import COMMANDS
from tests.contract.driver import Driver, Key, Place, RefusedError, Seen
from tests.contract.reading import Reading, differences, flat, pictures, pressable
from tests.front_door import Bot
from tests.other_chat import OtherChat, Square

_OWN = (
    (re.compile(r"\bm\d+\b"), "m#"),  # counts whatever was said
    (re.compile(r"[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}"), "CODE"),
    (re.compile(r"\b(?:web|discord|telegram):(?:@?-?\d+|team|host|managers)\b"), "CHAT:PLACE"),
    (re.compile(r"([(（])(?:web|discord|telegram)(:m#)?([)）])"), r"\1CHAT\2\3"),
)
"""What every chat has its own of."""
_LONG = 90
"""Characters: what is said in passing is cut in some chats."""


class Fence(Square):
    """The second chat's far end, with a place that can be shut."""

    def __init__(self) -> None:
        super().__init__()
        self.shut = False

    async def deliver(self, delivery: Delivery) -> Outcome:
        return Refused("the channel is gone") if self.shut else await super().deliver(delivery)


@dataclass(slots=True)
class Ledger:
    """What was done and what arrived, by chat."""

    said: set[str] = field(default_factory=set)
    pressed: set[str] = field(default_factory=set)
    carried: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    wants: set[str] = field(default_factory=set)
    filled: set[str] = field(default_factory=set)
    refused: int = 0
    edited: set[str] = field(default_factory=set)


@dataclass(slots=True)
class World:
    """`words`: what people read, the same in every chat; `raw`: what this chat was given; `wrong`: what should not be.

    `fence`: the far end of a second chat, "other". `stack`: closed at the end.
    """

    bot: Bot
    driver: Driver
    fence: Fence
    stack: AsyncExitStack
    ledger: Ledger = field(default_factory=Ledger)
    words: list[str] = field(default_factory=list)
    raw: list[Any] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _known: dict[str, str] = field(default_factory=dict)
    _read: dict[str, list[str]] = field(default_factory=dict)
    _kinds: dict[str, str] = field(default_factory=dict)
    _received_as: dict[str, dict[str, Any]] = field(default_factory=dict)

    # -- time and signals ------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self.bot.now

    async def advance(self, to: datetime | None = None, **by: float) -> None:
        await self.bot.advance(to, **by)
        await self.look()

    async def send(self, *lines: dict[str, Any], room: str = "us_main") -> None:
        answer = await self.bot.send(list(lines), room)
        assert answer.status == 202, answer.body
        await self.bot.advance(self.now)

    # -- what people do --------------------------------------------------------

    async def say(self, line: str, person: str = "boss", place: Place = "team", *, own: bool = False) -> Seen:
        """A command that must be done. `own`: its words are about this chat, so no other says the same."""
        command, _ = COMMANDS.find(line.removeprefix("/").split())
        self.ledger.said.add(command.path)
        self._note(f"{self._time()} {person} in {place}: {_same(line)}")
        try:
            seen = await self.driver.say(person, line, place)
        except RefusedError as error:
            raise AssertionError(f"{line} was refused: {error}") from error
        await self._answered(seen, person, own=own)
        await self.look()
        return seen

    async def no(self, line: str, person: str = "boss", place: Place = "team", *, own: bool = False) -> str:
        """A command that must be refused, to its author alone; gives what they were told."""
        self._note(f"{self._time()} {person} in {place}: {_same(line)}")
        try:
            seen = await self.driver.say(person, line, place)
        except RefusedError as error:
            return self._refusal(error.seen, own=own)
        raise AssertionError(f"{line} was not refused: {seen.text}")

    async def press(
        self, seen: Seen, command: str, person: str = "boss", fields: Mapping[str, str] | None = None, *,
        own: bool = False, **args: str,
    ) -> Seen:  # fmt: skip
        """Presses the button for a command (with these arguments, where several are alike), which must be done."""
        key = self._key(seen, command, args)
        self.ledger.pressed.add(command)
        if fields:
            self.ledger.filled.add(command)
        self._pressing(person, key, fields, own=own)
        try:
            answer = await self.driver.press(person, seen, key, fields or {})
        except RefusedError as error:
            raise AssertionError(f"{command} was refused: {error}") from error
        await self._answered(answer, person, own=own, is_form=bool(fields))
        await self.look()
        return answer

    async def no_press(
        self, seen: Seen, command: str, person: str = "boss", fields: Mapping[str, str] | None = None, **args: str
    ) -> str:
        """A press that must be refused, to the presser alone."""
        key = self._key(seen, command, args)
        self._pressing(person, key, fields)
        try:
            answer = await self.driver.press(person, seen, key, fields or {})
        except RefusedError as error:
            return self._refusal(error.seen)
        raise AssertionError(f"{command} was not refused: {answer.text}")

    async def link(self, person: str) -> None:
        await self.driver.link(person)

    async def elsewhere(self, account: str, line: str) -> None:
        """An account of the second chat types something, which must be done."""
        self._note(f"{self._time()} other {account}: {_same(line)}")
        await OtherChat(self.bot).say(account, line)

    # -- what people read ------------------------------------------------------

    async def look(self) -> list[Seen]:
        """Reads all places; what is new or changed since the last time is checked and written down."""
        shown = await self.driver.shown()
        now = self.now
        for seen in shown:
            fingerprint = repr((seen.text, [(key.label, key.button) for key in seen.keys], len(seen.pictures)))
            before = self._known.get(f"{seen.place} {seen.message}")
            if fingerprint == before:
                continue
            self._known[f"{seen.place} {seen.message}"] = fingerprint
            kind, reply = await self._promised(seen)
            self.ledger.kinds.add(kind)
            how = "shows" if before is None else "now shows"
            if before is not None:
                self.ledger.edited.add(kind)
            self._note(f"{self._time()} {seen.place} {how} {kind}:", *self._news(seen, reply, now))
            self._check(kind, seen, reply, now)
            self._received(seen, kind)
        return shown

    def _received(self, seen: Seen, kind: str) -> None:
        """Kept are a message's first and last state, and how many there were."""
        name = f"{seen.place} {seen.message}"
        if name not in self._received_as:
            self._received_as[name] = {"at": self._time(), "place": seen.place, "kind": kind, "first": seen.raw}
            self.raw.append(self._received_as[name])
        else:
            kept = self._received_as[name]
            kept |= {"edits": kept.get("edits", 0) + 1, "last": _changed(kept["first"], seen.raw)}

    async def find(self, kind: str, place: str | None = None, *, text: str = "") -> Seen:
        """The newest message of a kind."""
        shown = await self.driver.shown()
        there = [seen for seen in shown if place in (None, seen.place) and text in seen.text]
        found = [seen for seen in there if await self._kind(seen) == kind]
        assert found, f"there is no {kind} in {place or 'any place'}: {shown}"
        return found[-1]

    async def kinds(self) -> list[str]:
        return [await self._kind(seen) for seen in await self.driver.shown()]

    async def _kind(self, seen: Seen) -> str:
        """Of what message; it never changes."""
        name = seen.message or ""
        if name not in self._kinds:
            self._kinds[name] = (await self._promised(seen))[0]
        return self._kinds[name]

    # -- checks ----------------------------------------------------------------

    async def _promised(self, seen: Seen) -> tuple[str, Reply]:
        assert seen.message is not None
        found = await self.bot.app.store.read(lambda tx: tx.outbox.message(seen.message or ""))
        assert found is not None, f"nobody promised {seen}"
        return found.kind, found.reply

    async def _answered(self, seen: Seen, person: str, *, own: bool = False, is_form: bool = False) -> None:
        self.raw.append({"at": self._time(), "answer to": person, "private": seen.is_private, "message": seen.raw})
        if seen.message is None:
            asked = is_form and self.driver.asks_aloud
            self._note(f"  in passing: {'(that it is done)' if is_form else self._in_passing(seen, own=own)}")
            if not asked and not seen.is_private:
                self.wrong.append(f"a notice is for the presser alone: {seen.text}")
            return
        reply = await self.reply_of(seen.message)
        alone = " alone" if reply.private else ""
        self._note(f"  answered{alone}:", *(["(of this chat)"] if own else self._script(reply, self.now)))
        self._check("answer", seen, reply, self.now, person)

    async def reply_of(self, message: str) -> Reply:
        """An answer as it is kept."""

        def work(tx: Any) -> Reply | None:
            promised = tx.outbox.message(message)
            kept = promised or tx.chats.answer(message) or tx.webchat.get(message)
            return None if kept is None else kept.reply

        found = await self.bot.app.store.read(work)
        assert found is not None, f"{message} is kept nowhere"
        return found

    def _refusal(self, seen: Seen, *, own: bool = False) -> str:
        self.ledger.refused += 1
        self.raw.append({"at": self._time(), "refusal": seen.raw})
        has_more = " → " in seen.text or len(seen.text.strip().splitlines()) > 1
        instead = ", with a line to type instead" if has_more else ""
        self._note(f"  refused{instead}: {self._in_passing(seen, own=own)}")
        if self.driver.refuses_alone and not seen.is_private:
            self.wrong.append(f"a refusal is for whoever asked alone: {seen.text}")
        return seen.text

    def _in_passing(self, seen: Seen, *, own: bool) -> str:
        """The beginning of its first paragraph, or all of it where that is short."""
        if own:
            return "(of this chat)"
        text = flat(self.reading().without_stamps(seen.text.strip().partition("\n\n")[0]).partition("\n/")[0])
        return _same(text.lstrip("⛔ "))[:_LONG]

    def _check(self, kind: str, seen: Seen, reply: Reply, now: datetime, person: str | None = None) -> None:
        reading = self.reading(person)
        about = f"{self.driver.chat} {kind} {seen.message}"
        secrets = [block for block in reply.blocks if isinstance(block, Secret)]
        if not secrets:  # the one who asked is shown it, and it is kept nowhere to compare with
            found = differences(reply, seen, reading, self.driver.spelled)
            self.wrong += [f"{about}: {one}" for one in found]
        there = {key.button for key in seen.keys}
        self.ledger.carried |= {key.command for key in seen.keys}
        self.ledger.wants |= {key.command for key in seen.keys if key.wants}
        must = {button_id(seen.message or "", button): button for button in pressable(reply, now)}
        may = {button_id(seen.message or "", button) for button in buttons_of(reply)}
        self.wrong += [f"{about}: no button for {must[name].command}" for name in must if name not in there]
        self.wrong += [f"{about}: {name} is no button of it" for name in there - may]
        if reply.private and not seen.is_private:
            self.wrong.append(f"{about}: it is for one person alone, and all see it")
        if len(pictures(reply)) != len(seen.pictures):
            self.wrong.append(f"{about}: {len(seen.pictures)} of {len(pictures(reply))} pictures")

    def reading(self, person: str | None = None) -> Reading:
        del person  # nobody of the cast has a language or a zone beside the team's
        team = self.bot.app.ports.team
        return Reading(self.bot.app.words, team.language, team.zone)

    # -- writing it down -------------------------------------------------------

    def _key(self, seen: Seen, command: str, args: Mapping[str, str]) -> Key:
        fitting = [key for key in seen.keys if key.command == command and args.items() <= dict(key.args).items()]
        assert fitting, f"no button for {command} {args} on {seen.text!r}: {seen.keys}"
        return fitting[0]

    def _pressing(self, person: str, key: Key, fields: Mapping[str, str] | None, *, own: bool = False) -> None:
        with_what = "" if own else f" {dict(key.args)}"
        with_what += f" with {dict(fields)}" if fields else ""
        self._note(f"{self._time()} {person} presses {key.command}{with_what}")

    def _script(self, reply: Reply, now: datetime) -> list[str]:
        reading = self.reading()
        lines = _same(to_text(reply, reading.line)).splitlines()
        buttons = [f"({reading.line(button.label)})" for button in pressable(reply, now)]
        return [f"    {line}" for line in (*lines, *([" ".join(buttons)] if buttons else []))]

    def _news(self, seen: Seen, reply: Reply, now: datetime) -> list[str]:
        """The whole of a new message, of one that was edited the lines that went and came."""
        name, lines = f"{seen.place} {seen.message}", self._script(reply, now)
        before, self._read[name] = self._read.get(name), lines
        if before is None:
            return lines
        return [f"  {line}" for line in difflib.ndiff(before, lines) if line[0] in "+-"]

    def _note(self, *lines: str) -> None:
        self.words += lines

    def _time(self) -> str:
        return (self.now + timedelta(0)).strftime("%d %H:%M:%S")


def _same(text: str) -> str:
    for pattern, told in _OWN:
        text = pattern.sub(told, text)
    return text


def _changed(before: Any, after: Any) -> Any:
    """What is not as it was, as far as that can be told apart."""
    if isinstance(before, dict) and isinstance(after, dict):
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        return {name: _changed(before.get(name), after.get(name)) for name in names}
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [_changed(old, new) if old != new else "…" for old, new in zip(before, after, strict=True)]
    return after
