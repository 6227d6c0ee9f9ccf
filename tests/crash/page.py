"""docs/reliability.md: the figures of a sweep, and the words around them. The figures stand in it as data, too."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bot.core.delivery_policy import KINDS, LIMIT_S, OTHER, KindPolicy
from tests.crash.account import Account
from tests.crash.sweep import SHORT_WINDOW_S, WINDOW_S, Tally
from tests.crash.three_page import Three, section

PAGE = Path(__file__).parents[2] / "docs/reliability.md"
_MADE = "<!-- Made by `python -m tests.crash.reliability`; do not edit. -->"
_DATA = "<!-- figures: "
_CHATS = ("web", "nonce", "plain")
_PHASES = ("setting up", "before the show", "on air", "after the show", "starting again")


@dataclass(frozen=True, slots=True)
class Part:
    """One sweep. `chats`: chat -> figure -> count; `kills`: phase -> boundary -> count."""

    evenings: int
    starts: int
    missed: int
    broken: int
    kills: dict[str, dict[str, int]]
    chats: dict[str, dict[str, int]]

    @classmethod
    def of(cls, tally: Tally) -> Self:
        kills: dict[str, dict[str, int]] = {}
        for (phase, name), count in sorted(tally.kills.items()):
            kills.setdefault(phase, {})[name] = count
        chats = {chat: _counts(account) for chat, account in sorted(tally.accounts.items())}
        return cls(tally.evenings, tally.starts, len(tally.missed), len(tally.broken), kills, chats)

    def killed(self) -> int:
        return sum(sum(names.values()) for names in self.kills.values())


def _counts(account: Account) -> dict[str, int]:
    values = {name: getattr(account, name) for name in Account.__slots__}
    return {name: len(value) if isinstance(value, list) else value for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Figures:
    """`known`: how many boundaries the undisturbed evening has. `three`: of the days on three chats."""

    seed: int
    known: int
    boundaries: Part
    moments: Part
    three: Three | None = None


def read(text: str) -> Figures:
    """The figures of a page."""
    line = next(line for line in text.splitlines() if line.startswith(_DATA))
    data: dict[str, Any] = json.loads(line.removeprefix(_DATA).removesuffix(" -->"))
    three = data.get("three")
    parts = (Part(**data["boundaries"]), Part(**data["moments"]))
    return Figures(data["seed"], data["known"], *parts, None if three is None else Three(**three))


def page(figures: Figures) -> str:
    data = f"{_DATA}{json.dumps(dataclasses.asdict(figures))} -->"
    way = _WAY.format(window_s=WINDOW_S, short_s=SHORT_WINDOW_S)
    three = [] if figures.three is None else [section(figures.three)]
    return "\n\n".join(["# Reliability", _MADE, _promise(), way, "\n".join(_results(figures)), *three, data]) + "\n"


_PROMISE = """\
What the bot promises to say is written down in the transaction that makes it true, and handed over afterwards.
However and whenever the process dies, a promise is kept, or is too late by its own rule, or is shown as uncertain:
none is lost. Said twice is only what a chat cannot recognise, if missing it would be worse than reading it again; it
is then marked as a repeat.

A process that dies between handing a message over and noting the answer does not know whether it arrived. What
happens then:

| Messages | Worth saying for | In the web chat | In a chat that knows a nonce for a while | In a chat without |
| --- | --- | --- | --- | --- |
{kinds}

An edit is always sent again: the message then reads as it should. A handler may set an end of its own: a nudge is
dropped once its moment is over. A repeat is sent once; if that stays without an answer too, the message is uncertain
and shown as such, as is what is not repeated. A nonce is relied on only while a call of at most {limit_s:g} s would
still end within its time."""


def _promise() -> str:
    kinds = [_kind(f"`{name}`", kind) for name, kind in sorted(KINDS.items())]
    return _PROMISE.format(kinds="\n".join([*kinds, _kind("any other", OTHER)]), limit_s=LIMIT_S)


def _kind(name: str, kind: KindPolicy) -> str:
    again = {"repeat": "once more, marked as a repeat", "drop": "not again: uncertain"}[kind.if_unknown]
    known = "sent again, recognised by its"
    return f"| {name} | {_length(kind.lasts_s)} | {known} id | {known} nonce; later as without | {again} |"


def _length(lasts_s: int) -> str:
    for unit, seconds in (("d", 86_400), ("h", 3_600)):
        if lasts_s % seconds == 0:
            return f"{lasts_s // seconds} {unit}"
    return f"{lasts_s // 60} min"


_WAY = """\
## How it is measured

A short show day is lived through over HTTP by a client that repeats what got no answer: planning, checklist, go, 36
minutes on air with a cold spell (alert, prompts, nudges, cues), summary, a late order. Every channel is bound to the
web chat and to two chats of a server outside the process: `nonce` knows a nonce for {window_s:g} s, `plain` knows
nothing. That server's journal is what is believed; the database is what is checked.

- *At boundaries*: from within SQLite's trace of the writer's connection the process kills itself with SIGKILL, before
  a statement that reads or writes outbox, messages, destinations, destination_state, timers, alerts, buttons, prompts
  or nudges, before the `begin` and the `commit` around it, and after the commit (`committed`). Every boundary the
  undisturbed day has, by name and number within its request, is struck once, in one of many runs of the whole day; a
  quarter of the kills is followed by one within the start after it. The team's channel of `plain` refuses the alert
  and all that follows, is parked, and is asked again by the button of the notice.
- *At random moments*: the loops run as in production, under a clock that is moved by hand, and the process is killed
  from outside while a request is answered or between two, at moments the seed draws as shares of what each request
  took on the undisturbed day. Meanwhile a tenth of what the chats are asked goes wrong (429, 500, silence or a broken
  line, with the message kept or not) and a third is answered slowly; on some days a nonce is known for {short_s:g} s
  only.

*Lost*: promised, and neither received, nor expired by its rule, nor shown as uncertain. *Doubled*: received again
without a right to it. *Came twice*: with that right, which is to be marked as a repeat, counted in the outbox, of a
kind that is repeated, and in a chat that could not know. *Otherwise wrong*: not shown as it stands in the database,
said to have expired when it came, never promised; a day that could not go on; alerts, timers, audit or figures other
than the undisturbed day's."""


def _results(figures: Figures) -> Iterator[str]:
    parts = {"At boundaries": figures.boundaries, "At random moments": figures.moments}
    yield from ("## What came of it", "")
    yield f"`python -m tests.crash.reliability --seed {figures.seed}`"
    yield ""
    yield "| | Evenings | Kills | Starts | Lost | Doubled | Otherwise wrong |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name, part in parts.items():
        lost, doubled = (_total(part, figure) for figure in ("lost", "doubled"))
        yield _row(name, part.evenings, part.killed(), part.starts, lost, doubled, part.broken - lost - doubled)
    yield ""
    yield f"The undisturbed day has {figures.known} boundaries; {figures.boundaries.missed} of them were not reached."
    for name, part in parts.items():
        yield from ("", f"### {name}: the chats", "")
        yield from _chats(part)
        yield from ("", f"### {name}: the kills", "")
        yield from _kills(part)


_FIGURES = {
    "promised": "messages promised",
    "received": "of them received",
    "lost": "lost",
    "doubled": "doubled",
    "twice": "came twice",
    "repeats": "tries marked as a repeat",
    "uncertain_came": "uncertain, had arrived",
    "uncertain_missing": "uncertain, had not arrived",
    "unanswered_repeats": "uncertain after a repeat",
    "expired": "expired",
    "edited": "edits received",
}


def _chats(part: Part) -> Iterator[str]:
    yield "| | " + " | ".join(f"`{chat}`" for chat in _CHATS) + " |"
    yield "| --- |" + " --- |" * len(_CHATS)
    for figure, name in _FIGURES.items():
        yield _row(name, *(part.chats[chat][figure] for chat in _CHATS))


def _kills(part: Part) -> Iterator[str]:
    phases = [phase for phase in _PHASES if phase in part.kills]
    yield "| Struck | " + " | ".join(phases) + " | in all |"
    yield "| --- |" + " --- |" * (len(phases) + 1)
    for name in sorted({name for names in part.kills.values() for name in names}):
        counts = [part.kills[phase].get(name, 0) for phase in phases]
        yield _row(f"`{name}`", *counts, sum(counts))
    yield _row("in all", *(sum(part.kills[phase].values()) for phase in phases), part.killed())


def _row(name: str, *counts: int) -> str:
    return f"| {name} | " + " | ".join(str(count) for count in counts) + " |"


def _total(part: Part, figure: str) -> int:
    return sum(chat[figure] for chat in part.chats.values())
