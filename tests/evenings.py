"""Shows for the tests of what happens in them: lived through, scripted, or long over."""

from __future__ import annotations

import random
from datetime import timedelta

from bot.core.model import Session
from bot.core.records import StoredSignal
from bot.core.reply import Msg, Span
from bot.core.verdict import NO_NEWS, Finding, Outlook, Verdict
from bot.core.watch import Watch
from tests.front_door import SHOW_AT


async def minutes_of_chat(bot, minutes, per_minute, seed=1):
    """Ten-second batches with about so many comments a minute; the gauge stays at 300."""
    dice = random.Random(f"{seed}-{bot.now}")
    for _ in range(round(minutes * 6)):
        await bot.advance(seconds=10)
        n = sum(dice.random() < per_minute / 600 for _ in range(100))
        await bot.send([bot.line("concurrent", n=300), *([bot.line("comment", n=n)] if n else [])])


async def on_air(bot, **plan):
    """A room with a host and products, its two-hour show begun."""
    await bot.room()
    await bot.plan(**{"length": "2h", **plan})
    await bot.advance(SHOW_AT)
    await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=300)])


class Scripted:
    """A cold-room rule that says at its ticks what the test tells it to."""

    id = "cold_room"
    form = 0

    def __init__(self, verdicts):
        self.verdicts = verdicts

    def evaluate(self, tick, *, silent):
        return self.verdicts.get(tick.index, NO_NEWS["judging"])

    def dump(self):
        return {}

    def restore(self, state):
        pass


async def scripted(bot, *steps, session="x1"):
    """From now on a minute each: ("opened" | "going_on" | "cleared", severity)."""
    live = bot.app.ports.live.get(session)
    verdicts = {}
    for minute, (kind, severity) in enumerate(steps, 1):
        lasted = Span(60 * minute + 120)
        key = "alert.cold_room.cleared" if kind == "cleared" else "alert.cold_room.reason"
        reason = Msg(key, {"n": 2, "usual": 30, "viewers": 300, "p": 0.97, "lasted": lasted})
        verdicts[live.judged + 6 * minute] = Verdict("judging", **{kind: Finding(reason, {"ratio": 0.07}, severity)})
    judging(bot, session, Scripted(verdicts))


class Judging(Scripted):
    """A cold-room rule that never rings, and holds its room for cold with this probability."""

    def __init__(self, cold):
        super().__init__({})
        self.cold = cold

    def outlook(self):
        return Outlook(30, self.cold, is_slow=False)


def judging(bot, session, rule):
    """From the next tick on the session has this rule and no other."""
    live = bot.app.ports.live.get(session)
    live.watch = Watch([rule])
    live.watch.restore({"next": live.judged + 1})


async def past_show(bot, number, *, cold=True, minutes=45, room="us_main"):
    """A show of `number` days ago that is over, cold from its 25th to its 35th minute, as it is stored."""
    dice = random.Random(number)
    start = bot.now - timedelta(days=number)
    session = Session(f"x{100 + number}", room, None, start, "settled", start + timedelta(minutes=minutes), "stream")
    lines = []
    for second in range(0, minutes * 60, 10):
        at = start + timedelta(seconds=second + 5)
        is_cold = cold and 25 * 60 <= second < 35 * 60
        n = sum(dice.random() < (0.004 if is_cold else 0.07) for _ in range(100))
        lines.append((StoredSignal(at, "own", {"kind": "concurrent", "n": 300}), None))
        if n:
            lines.append((StoredSignal(at, "own", {"kind": "comment", "n": n}), None))

    def work(tx):
        tx.sessions.save(session)
        tx.signals.store(room, session.id, lines)

    await bot.app.store.write(work)
    return session
