"""The demo's day on Discord, Telegram and the web chat at once, its bot killed: `python -m tests.crash.three_chats`.

Prints what became of every message and writes it into docs/reliability.md. Needs the test extras and a system that can
fork; takes some two minutes on two cores that do nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.account import Account
from tests.crash.demo_day import DemoDay, lived, speak
from tests.crash.effects import Effects, differences, effects, summaries, unanswered
from tests.crash.ledgers import accounts
from tests.crash.page import PAGE, Three, page, read
from tests.crash.strikes import Blow, Model, blows
from tests.swift import swift_folder

SEED, KILLS = 20270312, 20
DAYS = ((True, 300.0), (False, 1.0))
"""On `run.py serve`, or on the launcher, which runs the loops as in production; and how long Discord knows a nonce, in
seconds: as long as the real one does, or less than a bot needs to come back."""


@dataclass(slots=True)
class Seen:
    """What was found once a day was over. `broken`: promises that were, in words."""

    model: Model
    effects: Effects
    accounts: dict[str, Account]
    summaries: dict[str, Counter[str]]
    used: Counter[tuple[str, str]]
    struck: Counter[str]
    starts: int
    missed: int
    unseen: int
    interactions: int
    broken: list[str] = field(default_factory=list)


async def look(day: DemoDay) -> Seen:
    life, hands, say = day.life, day.hands, speak()
    found = Seen(
        await life.model(day.begun), effects(life), await accounts(life, say), await summaries(life, say),
        hands.used, life.struck, life.served.starts, life.missed, len(hands.unseen), len(hands.asked_of_discord),
    )  # fmt: skip
    found.broken += [f"{chat}: {line}" for chat, account in found.accounts.items() for line in account.broken()]
    found.broken += [f"not answered: {line}" for line in await unanswered(hands)]
    first, *others = found.summaries.values()
    found.broken += [f"the summaries differ: {first - one}, {one - first}" for one in others if one != first]
    wrong = [*await life.places.discord.violations(), *await life.places.ask("noted_violations")]
    return dataclasses.replace(found, broken=[*found.broken, *map(str, wrong)])


async def undisturbed(folder: Path, *, is_fresh: bool) -> Seen:
    """`is_fresh`: on the real `run.py serve`."""
    async with lived(folder, is_fresh=is_fresh) as day:
        return await look(day)


async def killed(folder: Path, model: Seen, strikes: dict[int, Blow], *, is_fresh: bool, remembered_s: float) -> Seen:
    async with lived(folder, strikes, is_fresh=is_fresh, remembered_s=remembered_s) as day:
        found = await look(day)
        found.broken += differences(model.effects, found.effects, day.hands)
        return found


async def measure(seed: int, kills: int) -> tuple[Three, list[str]]:
    with swift_folder() as folder:
        models, days = [], []
        for number, (is_fresh, remembered_s) in enumerate(DAYS):
            model = await undisturbed(folder / f"undisturbed{number}", is_fresh=is_fresh)
            strikes, name = blows(model.model, random.Random(f"{seed} {number}"), kills), folder / f"killed{number}"
            days.append(await killed(name, model, strikes, is_fresh=is_fresh, remembered_s=remembered_s))
            models.append(model)
    return figures(seed, models, days), [line for day in (*models, *days) for line in day.broken]


def figures(seed: int, models: Sequence[Seen], days: Sequence[Seen]) -> Three:
    """Of the killed days; a summary is counted in words."""
    chats = {chat: Account() for chat in models[0].accounts}
    for day in days:
        for chat, account in day.accounts.items():
            chats[chat].add(account)
    struck = sum((day.struck for day in days), Counter[str]())
    used = sum((day.used for day in days), Counter[tuple[str, str]]())
    return Three(
        seed=seed,
        days=len(days),
        starts=sum(day.starts for day in days),
        struck=dict(sorted(struck.items())),
        missed=sum(day.missed for day in days),
        unseen=sum(day.unseen for day in days),
        interactions=sum(day.interactions for day in days),
        used={chat: {what: used[chat, what] for what in ("say", "press")} for chat in sorted(chats)},
        summary_words=models[0].summaries["web"].total(),
        broken=sum(len(day.broken) for day in (*models, *days)),
        chats={chat: Three.counts(account) for chat, account in sorted(chats.items())},
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--kills", type=int, default=KILLS, help="on each day")
    parser.add_argument("--dry", action="store_true", help="leave the page alone")
    asked = parser.parse_args()
    found, broken = asyncio.run(measure(asked.seed, asked.kills))
    if not asked.dry:
        known = read(PAGE.read_text("utf-8"))
        PAGE.write_text(page(dataclasses.replace(known, three=found)), "utf-8")
    sys.stdout.write("".join(f"BROKEN {line}\n" for line in broken))
    sys.stdout.write(f"{sum(found.struck.values())} kills on {found.days} days: {found.struck}\n")
    for chat, counts in found.chats.items():
        sys.stdout.write(f"{chat}: {', '.join(f'{name} {count}' for name, count in counts.items())}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
