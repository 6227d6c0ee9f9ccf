"""Kills at every statement boundary and at random moments, spread over evenings, and what came of each."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.account import Account, accounts
from tests.crash.client import Boundary, Client, Strike, Told
from tests.crash.day import live
from tests.crash.evening import Evening
from tests.crash.killer import relevant
from tests.crash.moments import random_strikes
from tests.crash.outcome import Outcome, differences
from tests.crash.town import Rules, Town, faults

WINDOW_S = 300.0
SHORT_WINDOW_S = 48.0
"""So short that a restart may come too late for it."""
HONEST = {"nonce": Rules.honest(WINDOW_S), "plain": Rules.honest(None)}
SHUTTING = {"nonce": Rules.honest(WINDOW_S), "plain": Rules.honest(None, shuts_at="alert.cold_room")}
"""The alert's channel refuses it and all that follows, until somebody has pressed the button that asks it again."""
_BAD, _SLOW = 0.1, 0.3
"""Shares of what the chats are asked, at random moments."""
Name = tuple[str, int]
Strikes = Mapping[int, Strike | Boundary]

_PHASES = (("room", "setting up"), ("reminder", "before the show"), ("stream", "on air"), ("end", "after the show"))


@dataclass
class Learner(Client):
    """Notes the statements of every request, and of a start (not the first one, which makes the tables)."""

    started: list[str] = field(default_factory=list)
    traces: list[list[str]] = field(default_factory=list)

    async def _ask(self, what: str, call: Callable[[], Awaitable[Told]]) -> Told:
        if not self.took:
            await self._die()
            self.started = await self.arm(None)
        await self.arm(None)
        told = await super()._ask(what, call)
        self.traces.append(await self.arm(None))
        return told


@dataclass(frozen=True, slots=True)
class Model:
    """The undisturbed evening: how it ends, and where it can be killed."""

    outcome: Outcome
    evening: Evening
    boundaries: list[list[Name]]
    start: list[Name]

    def phase(self, request: int) -> str:
        return next(name for stage, name in reversed(_PHASES) if self.evening.stages[stage] <= request)


@dataclass(slots=True)
class Tally:
    """What a sweep found. `kills` by phase and boundary; `broken` has a line for each promise that was not kept."""

    evenings: int = 0
    starts: int = 0
    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    missed: list[tuple[int, Boundary]] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def add(self, evening: Evening, found: dict[str, Account]) -> None:
        self.evenings += 1
        self.starts += evening.client.served.starts
        for chat, account in found.items():
            self.accounts.setdefault(chat, Account()).add(account)
            self.broken += [f"{evening.client.served.folder.name}: {chat}: {line}" for line in account.broken()]


class Sweep:
    """Evenings with two chats beside the web: one that knows a nonce, one that does not."""

    def __init__(self, town: Town, folder: Path) -> None:
        self._town, self._folder = town, folder

    async def learn(self, chats: Mapping[str, Rules] = SHUTTING) -> Model:
        """An evening nobody disturbs."""
        name = "undisturbed" if chats is SHUTTING else "quiet"
        outcome, evening, found = await self.evening(name, {}, chats=chats, client=Learner)
        broken = [line for account in found.values() for line in account.broken()]
        assert not broken, broken
        learner = evening.client
        assert isinstance(learner, Learner)
        boundaries = [relevant(trace) for trace in learner.traces]
        return Model(outcome, evening, boundaries, relevant(learner.started))

    async def evening(
        self,
        name: str,
        strikes: Strikes,
        *,
        client: Callable[..., Client] = Client,
        chats: Mapping[str, Rules] = SHUTTING,
        has_loops: bool = False,
    ) -> tuple[Outcome, Evening, dict[str, Account]]:
        folder = self._folder / name
        folder.mkdir(parents=True)
        houses, jobs = [], {}
        for chat, rules in chats.items():
            house, jobs[chat] = await self._town.open(folder, chat, rules)
            houses.append(house)
        outcome, evening = await live(folder, dict(strikes), chats=jobs, has_loops=has_loops, client=client)
        return outcome, evening, accounts(evening.client.served, houses)

    def _forget(self, name: str) -> None:
        shutil.rmtree(self._folder / name)

    async def boundaries(self, model: Model, name: str, strikes: Mapping[int, Boundary], tally: Tally) -> None:
        """One evening, killed before these statements."""
        try:
            outcome, evening, found = await self.evening(name, strikes)
        except BaseException:
            tally.missed += strikes.items()
            raise
        tally.add(evening, found)
        tally.broken += [f"{name}: {line}" for line in _unlike(model, outcome)]
        reached = set(evening.client.reached)
        tally.missed += [(number, strike) for number, strike in strikes.items() if number not in reached]
        for number in reached:
            tally.kills[model.phase(number), strikes[number].at[0]] += 1
        deaths = Counter(death.boundary[0] for death in evening.client.served.died())
        left = deaths - Counter(strikes[number].at[0] for number in reached)
        tally.kills.update({("starting again", name): count for name, count in left.items()})
        self._forget(name)

    async def moments(self, model: Model, name: str, seed: str, kills: int, tally: Tally) -> None:
        """One evening as in production, its loops running, killed at random moments of real time.

        The chats have troubles of their own meanwhile; `model` is an evening with none.
        """
        spread = random.Random(seed)
        strikes = random_strikes(model.evening, spread, kills)
        windows = {"nonce": spread.choice((WINDOW_S, SHORT_WINDOW_S)), "plain": None}
        chats = {chat: Rules.honest(window_s, faults(spread, _BAD, _SLOW)) for chat, window_s in windows.items()}
        outcome, evening, found = await self.evening(name, strikes, chats=chats, has_loops=True)
        tally.add(evening, found)
        tally.broken += [f"{name}: {line}" for line in _unlike(model, outcome, but=("undelivered", "chat", "nudges"))]
        for number, strike in strikes.items():
            tally.kills[model.phase(number), "between two" if strike.after_s is None else "while asked"] += 1
        self._forget(name)


def _unlike(model: Model, outcome: Outcome, but: tuple[str, ...] = ("undelivered",)) -> list[str]:
    """Beside what the chats received: alerts, timers, audit and figures are as if nothing had happened.

    Where chats were slow and the bot was away for minutes, something may have expired, and a nudge may have lost its
    slot to another reason: then `chat` and `nudges` are left out, and each message of the web chat is accounted for
    like those of the others.
    """
    return [line for line in differences(model.outcome, outcome) if line.partition(":")[0] not in but]


def plan(model: Model, spread: random.Random) -> list[dict[int, Boundary]]:
    """Every boundary of every request once, over as few evenings as there are boundaries in the longest request.

    Every fourth kill is followed by one in the start after it, each of the start's boundaries in turn.
    """
    evenings = max(len(names) for names in model.boundaries)
    plans: list[dict[int, Boundary]] = [{} for _ in range(evenings)]
    count = 0
    for number, names in enumerate(model.boundaries):
        order = spread.sample(range(evenings), len(names))
        for evening, name in zip(order, names, strict=True):
            then = model.start[count // 4 % len(model.start)] if model.start and count % 4 == 0 else None
            plans[evening][number] = Boundary(name, then)
            count += 1
    return plans
