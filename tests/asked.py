"""What the tests of escalation share: shows with a question due, and how its messages and its story stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.evenings import minutes_of_chat, on_air, scripted
from tests.front_door import SHOW_AT

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
WHEN = SHOW_AT.strftime("%Y-%m-%d %H:%M")
GOING_ON = (("opened", "warning"), *[("going_on", "warning")] * 9)
_CHANNELS = ("team", "managers", "host")


async def of_kind(bot, kind, channel=None, person="boss"):
    """The messages of a kind as they stand, oldest first; "ask" is every kind of further copy."""
    found = []
    for name in [channel] if channel else _CHANNELS:
        stored = await bot.app.store.read(lambda tx, name=name: tx.webchat.since(name, 0, "boss"))
        kinds = {message.id: message.kind for message in stored}
        shown = sorted(await bot.messages(name, person), key=lambda message: int(message["id"][1:]))
        for message in shown:
            own = kinds.get(message["id"], "")
            if kind in (own, own.partition(".")[0]):
                found.append(message | {"channel": name})
    return found


async def one(bot, kind, channel, person="boss"):
    """The only one there is."""
    found = await of_kind(bot, kind, channel, person)
    assert 1 == len(found), [message["text"] for message in found]
    return found[0]


def labels(message):
    return [button["label"] for button in message["buttons"]]


async def story(bot, subject):
    """What /why says of its questions, below their heading."""
    lines = (await bot.ok(f"/why {subject}")).text.splitlines()
    return [line.removeprefix("- ") for line in lines[lines.index("Whom it was put to") + 1 :]]


async def counts(bot, kind=None):
    """Questions by how they ended; of one kind, where given."""

    def work(tx):
        if kind is None:
            return dict(tx.asks.counts())
        found = [tx.asks.get(f"q{number}") for number in range(1, 30)]
        return [ask.outcome for ask in found if ask is not None and ask.kind == kind]

    return await bot.app.store.read(work)


async def ready(bot, room="us_main", *, ticked=True, **plan):
    """A show at SHOW_AT, and it is T-10: go or no-go? `ticked`: nothing required is open."""
    await bot.room(room)
    show = await bot.plan(room, WHEN, **plan)
    await bot.advance(SHOW_AT - 59 * MINUTE)

    def tick(tx):
        for item in tx.checklists.items(show):
            tx.checklists.save(replace(item, state="done", by="olga", at=bot.now) if ticked else item)

    await bot.app.store.write(tick)
    await bot.advance(SHOW_AT - 10 * MINUTE)
    return show


async def rung(bot):
    """On air, with a cold-room alert that opened half a minute ago and goes on; nobody has taken it."""
    await on_air(bot)
    await scripted(bot, *GOING_ON, ("cleared", "notice"))
    await minutes_of_chat(bot, 1.4, 4)
