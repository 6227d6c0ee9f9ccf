"""One recorded session on a virtual clock: its lines in order of time go in, alerts, nudges and the story come out.

A tick is judged when a line passes its end, never with a line of a later time, so that cutting a recording changes
nothing before the cut. Reading and writing files is left to bot/feeds/replay.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from bot.core.attention import Nudge, choose
from bot.core.facts import ProductFacts, PromptLine, ShowFacts
from bot.core.metrics import figures
from bot.core.reply import Msg, Span, msg
from bot.core.rules import rules_for
from bot.core.signal import SignalLike
from bot.core.story import AlertRow, ProductRow, PromptRow, Story
from bot.core.tally import Tally
from bot.core.tick import TICK_S
from bot.core.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bot.core.model import Room
    from bot.core.watch import Change, StateSpan

RESTART_S: Final = 600
"""A stream that starts again within this time of its end goes on with the same session."""
ALERT_LIVES_S: Final = 120
"""A host's nudge about an alert that found no slot by then is dropped."""
AFTER_ALERT_S: Final = 600
"""Orders are counted for this long after an alert rang."""
PROMPTED: Final = ("cold_room",)
"""Alerts that a host can answer by saying something."""
UNKNOWN_CURRENCY: Final = "XXX"
"""ISO 4217 for "no currency"; no amount is ever counted in it."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_STEP_S: Final = 60
_WATCHED: Final = frozenset({"stream", "pin"})

Prompts: TypeAlias = "Callable[[ShowFacts, Sequence[str]], Sequence[PromptLine]]"
"""Facts of the moment and the ids of the lines offered earlier in this session -> the lines to offer."""


class TimedSignal(SignalLike, Protocol):
    """`t`: seconds from the session's start."""

    @property
    def t(self) -> float | None: ...


@dataclass(slots=True)
class PlayedAlert:
    opened: Change
    lines: tuple[PromptLine, ...]
    resolved_s: int | None = None


@dataclass(slots=True)
class _Host:
    """The host's attention during one session; `told` are nudges.jsonl's lines."""

    pending: dict[str, Nudge] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    last_sent_s: float | None = None
    wake_s: float | None = None

    def offer(self, name: str, text: str, t_s: int) -> None:
        self.pending[name] = Nudge(name, "alert", t_s, t_s + ALERT_LIVES_S)
        self.texts[name] = text
        self.choose(t_s)

    def withdraw(self, name: str, t_s: float) -> None:
        """The alert is over before its nudge found a slot."""
        if name in self.pending:
            self._tell(self.pending[name], t_s, dropped="late")

    def choose(self, now_s: float) -> None:
        choice = choose(self.pending.values(), last_sent_s=self.last_sent_s, now_s=now_s)
        for nudge, why in choice.dropped:
            self._tell(nudge, now_s, dropped=why)
        if choice.send is not None:
            self._tell(choice.send, now_s)
            self.last_sent_s = now_s
        self.wake_s = choice.wake_s

    def until(self, now_s: float) -> None:
        """What the attention budget decides up to this moment."""
        while self.wake_s is not None and self.wake_s <= now_s:
            self.choose(self.wake_s)

    def _tell(self, nudge: Nudge, t_s: float, **fate: str) -> None:
        del self.pending[nudge.id]
        self.told.append({"t": t_s, "to": "host", "kind": nudge.kind, "text": self.texts[nudge.id], **fate})


class Playback:
    """`started_at` None: the recording does not say; `products` are what prompts may speak of."""

    def __init__(
        self, room: Room, started_at: datetime | None, products: tuple[ProductFacts, ...], prompts: Prompts
    ) -> None:
        self._room, self._started_at, self._products, self._prompts = room, started_at, products, prompts
        self._tally = Tally(None if room.market.currency == UNKNOWN_CURRENCY else room.market.currency)
        self._watch = Watch(rules_for(room.sensitivity))
        self.host = _Host()
        self.alerts: list[PlayedAlert] = []
        self._used: list[str] = []
        self._notes: list[Msg] = []
        self._on_air: str | None = None
        self._ended_s: float | None = None
        self._last_s = 0.0
        self._is_over = False

    @property
    def end_s(self) -> float:
        """The stream's end, or the last line where the recording does not tell it; seconds from the start."""
        return self._last_s if self._ended_s is None else self._ended_s

    def take(self, lines: Iterable[TimedSignal]) -> None:
        """The next lines in order of time. Counts go on after the stream's end (late orders), judging does not."""
        if self._is_over:
            return
        add = self._tally.add
        due_s = self._due_s
        t_s = self._last_s
        for line in lines:
            t_s = line.t or 0.0
            if t_s >= due_s:
                self._judge_until(t_s)
                due_s = self._due_s
            kind = line.kind
            if kind in _WATCHED:
                self._notice(line, t_s)
                due_s = self._due_s
                if self._is_over:
                    return
            add(line, t_s)
        self._last_s = t_s

    @property
    def _due_s(self) -> float:
        return math.inf if self._ended_s is not None else (self._watch.next_index + 1) * TICK_S

    def _notice(self, line: TimedSignal, t_s: float) -> None:
        if line.kind == "pin":
            self._on_air = line.sku if line.state == "released" else None if line.sku == self._on_air else self._on_air
        elif line.state == "ended" and self._ended_s is None:
            self._ended_s = max(t_s, 0.0)
        elif line.state in {"started", "resumed"} and self._ended_s is not None:
            gap_s = t_s - self._ended_s
            if gap_s > RESTART_S:
                self._is_over = True
                self._notes.append(msg("replay.note.second_session", gap=Span(round(gap_s))))
            else:
                self._ended_s = None
                self._judge_until(t_s)

    def _judge_until(self, t_s: float) -> None:
        """Judges every tick that has ended by now."""
        while (self._watch.next_index + 1) * TICK_S <= t_s:
            tick = self._tally.tick(self._watch.next_index)
            self.host.until(tick.ends_s)
            for change in self._watch.step(tick):
                self._answer(change)

    def _answer(self, change: Change) -> None:
        if change.kind == "opened":
            lines = self._lines(change) if change.rule in PROMPTED else ()
            self.alerts.append(PlayedAlert(change, lines))
            if lines:
                self.host.offer(str(len(self.alerts)), lines[0].text, change.t_s)
        elif change.kind == "cleared":
            for number, alert in enumerate(self.alerts, 1):
                if alert.opened.rule == change.rule and alert.resolved_s is None:
                    alert.resolved_s = change.t_s
                    self.host.withdraw(str(number), change.t_s)

    def _lines(self, change: Change) -> tuple[PromptLine, ...]:
        market = self._room.market
        facts = ShowFacts(
            language=market.language,
            currency=market.currency,
            now=(self._started_at or _EPOCH) + timedelta(seconds=change.t_s),
            platform=self._room.platform,
            products=self._products,
            on_air=self._on_air,
        )
        lines = tuple(self._prompts(facts, tuple(self._used)))
        self._used += [line.id for line in lines]
        return lines

    def finish(self) -> None:
        """What the attention budget still decides until the stream's end; what is left then has come too late."""
        self.host.until(self.end_s)
        for name in list(self.host.pending):
            self.host.withdraw(name, self.end_s)

    def spans(self) -> list[StateSpan]:
        return self._watch.spans(math.ceil(self.end_s))

    def story(self, title: str) -> Story:
        started_at = self._started_at or _EPOCH
        names = {product.sku: product.name for product in self._products}
        undated = (msg("replay.note.no_start"),) if self._started_at is None else ()
        return Story(
            room=self._room,
            title=title,
            show=None,
            host=None,
            started_at=started_at,
            ended_at=started_at + timedelta(seconds=self.end_s),
            state="provisional",
            figures=figures(self._tally, ended_s=self.end_s),
            products=tuple(
                ProductRow(sku, names.get(sku, sku), counts.clicks, counts.orders, counts.gmv_gross)
                for sku, counts in self._tally.products().items()
            ),
            segments=(),
            alerts=tuple(self._row(alert) for alert in self.alerts),
            timeline=self._tally.timeline(_STEP_S, self.end_s),
            releases=self._tally.releases(),
            nudges_dropped=sum("dropped" in nudge for nudge in self.host.told),
            notes=(*undated, *self._notes, *self._tally.notes(self.end_s)),
        )

    def _row(self, alert: PlayedAlert) -> AlertRow:
        opened_s = alert.opened.t_s
        return AlertRow(
            kind=alert.opened.rule,
            opened_s=opened_s,
            resolved_s=alert.resolved_s,
            reason=alert.opened.finding.reason,
            evidence=alert.opened.finding.evidence,
            prompts=tuple(
                PromptRow(line.tactic, line.text, line.language, "offered", opened_s) for line in alert.lines
            ),
            orders_next_10min=self._tally.between(opened_s, opened_s + AFTER_ALERT_S).orders,
        )
