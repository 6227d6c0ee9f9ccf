"""The scripted people of the demo: they answer what the bot asks, through the web chat's own front door.

Whoever is picked in the web chat is no longer played: their lines and presses are left to the person.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.core.model import Role
from bot.core.records import WebMessage
from bot.core.reply import Button, Item, Items, Msg, button_id, buttons_of, msg
from bot.demo.goods import ROOM
from bot.demo.matrix import HOST, MANAGER, OPERATOR, PLAN


class Door(Protocol):
    """The web chat's HTTP face."""

    async def say(self, person: str, channel: str, text: str) -> None: ...
    async def press(self, person: str, message: str, button: str, fields: dict[str, str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody does one thing at an instant: types a line, or presses a button of a message."""

    at: datetime
    person: str
    channel: str = "team"
    line: str | None = None
    message: str | None = None
    button: str | None = None
    reason: str | None = None
    always: bool = False
    """Done even for somebody picked meanwhile: there would be no day without it."""


_BY_ROLE = {Role.HOST: HOST, Role.OPERATOR: OPERATOR, Role.MANAGER: MANAGER}


class Cast:
    """Keeps what is still to be done; `played` are the people the script plays."""

    def __init__(
        self, played: set[str], starts_at: datetime, owner_of: Callable[[str], Role], tell: Callable[[Msg], str]
    ) -> None:
        self.played = played
        self._is_played = bool(played)
        self._tell = tell
        self._owner_of = owner_of
        self._steps: list[tuple[datetime, int, Step]] = []
        self._count = 0
        self._seen: set[tuple[str, str]] = set()
        self._starts_at = starts_at
        for step in _lines(starts_at, tell):
            self._add(step)

    def next_at(self) -> datetime | None:
        return self._steps[0][0] if self._steps else None

    async def act(self, now: datetime, door: Door) -> None:
        """Does everything whose time has come."""
        while self._steps and self._steps[0][0] <= now:
            _, _, step = heapq.heappop(self._steps)
            if step.person not in self.played and not (step.always and self._is_played):
                continue
            if step.line is not None:
                await door.say(step.person, step.channel, step.line)
            elif step.message is not None and step.button is not None:
                await door.press(step.person, step.message, step.button, {"reason": step.reason} if step.reason else {})

    def _add(self, step: Step) -> None:
        self._count += 1
        heapq.heappush(self._steps, (step.at, self._count, step))

    def on_shown(self, message: WebMessage, now: datetime) -> None:
        """Somebody will answer this message after a human while."""
        if message.reply is None or (message.id, message.kind) in self._seen:
            return
        self._seen.add((message.id, message.kind))
        for step in self._answers(message, now):
            self._add(step)

    def _answers(self, message: WebMessage, now: datetime) -> Iterator[Step]:
        kind = message.kind
        if kind == "checklist":
            yield from self._ticks(message, now)
        elif kind == "go":
            yield from self._press(message, "checklist go", OPERATOR, now + timedelta(seconds=75))
        elif kind == "alert.cold_room":
            yield from self._press(message, "alert ack", OPERATOR, now + timedelta(seconds=20))
        elif kind == "nudge.alert":
            yield from self._press(message, "prompt used", HOST, now + timedelta(seconds=25))
        elif kind in ("nudge.release", "nudge.cue", "nudge.hand_off"):
            yield from self._press(message, "cue done", HOST, now + timedelta(seconds=22))
        elif kind == "cue":
            yield from self._press(message, "cue done", OPERATOR, now + timedelta(seconds=26))

    def _press(
        self, message: WebMessage, command: str, person: str, at: datetime, reason: str | None = None
    ) -> Iterator[Step]:
        if message.reply is None:
            return
        found = next((button for button in buttons_of(message.reply) if button.command == command), None)
        if found is not None:
            yield Step(at, person, message=message.id, button=button_id(message.id, found), reason=reason)

    def _ticks(self, message: WebMessage, now: datetime) -> Iterator[Step]:
        """Everybody ticks what is theirs; one required item has to be waived, which is what a go / no-go is for."""
        open_items = (
            [item for block in message.reply.blocks if isinstance(block, Items) for item in block.items]
            if message.reply
            else []
        )
        waiting = [item for item in open_items if item.state == "open"]
        for place, item in enumerate(waiting):
            at = now + timedelta(seconds=120 + place * 150)
            key, tick = _tick(item)
            if key == "network_backup":
                waive = next((button for button in item.buttons if button.command == "checklist waive"), None)
                if waive is not None:
                    yield Step(
                        self._starts_at - timedelta(minutes=9, seconds=30),
                        OPERATOR,
                        message=message.id,
                        button=button_id(message.id, waive),
                        reason=self._tell(msg("demo.line.backup_reason")),
                    )
            elif tick is not None:
                yield Step(
                    at,
                    _BY_ROLE.get(self._owner_of(key), OPERATOR),
                    message=message.id,
                    button=button_id(message.id, tick),
                )


def _tick(item: Item) -> tuple[str, Button | None]:
    tick = next((button for button in item.buttons if button.command == "checklist tick"), None)
    return (tick.args["item"] if tick else "", tick)


def _lines(starts_at: datetime, tell: Callable[[Msg], str]) -> Iterator[Step]:
    """What people type of their own accord, in the team's language."""

    def at(seconds: int) -> datetime:
        return starts_at + timedelta(seconds=seconds)

    yield Step(at(-24 * 3600 - 300), OPERATOR, "team", PLAN.format(title=tell(msg("demo.line.title"))), always=True)
    yield Step(at(-24 * 3600 + 900), MANAGER, "team", tell(msg("demo.line.last_friday")))
    yield Step(at(-50 * 60), OPERATOR, "team", tell(msg("demo.line.lights")))
    yield Step(at(-11 * 60), OPERATOR, "team", "/status")
    yield Step(at(1200), OPERATOR, "team", "/now")
    yield Step(at(4640), OPERATOR, "team", f"/product edit {ROOM} DW-SERUM-30 stock=18")
    yield Step(at(6720), OPERATOR, "team", "/now")
    yield Step(at(9000 + 420), MANAGER, "managers", tell(msg("demo.line.well_done")))
