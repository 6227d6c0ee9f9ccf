"""Odd texts through the whole bot to both servers: what is refused, what is broken, who is mentioned by accident.

    python -m tests.transport.fuzz --messages 2000 --seed 7

Every message goes to both chats; then the same texts are typed as arguments in each, and stand as names in rooms,
shows, products and people whose days are lived through. Exit 1 where one of the figures that must be 0 is not.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from bot.chat.discord import client
from bot.core.model import Money, Product
from bot.core.records import Post
from bot.core.reply import Reply, encode
from tests.chat.odd_texts import DISCORD, TELEGRAM, blocks, texts
from tests.chat.telegram_app import ACCOUNTS, TEAM
from tests.front_door import SHOW_AT
from tests.servers.discord_people import NotPossible
from tests.servers.telegram_markup import covered
from tests.transport.seen import until
from tests.transport.stage import Stage, on_stage

LONGEST = 10_000
CALLS = tuple(piece for piece in DISCORD + TELEGRAM if "@" in piece or "tg:" in piece)
"""What calls somebody where it is not made harmless: a good part of all texts has one."""
BATCH = 100
_LINE = 4_000
"""Characters that people can type: Telegram's own limit is 4,096."""
_PATIENCE_S = 300.0
T = TypeVar("T")


@dataclass
class Figures:
    """What the servers saw; each list must be empty. `chars`: of the replies and names that went in, as stored."""

    messages: int = 0
    chars: int = 0
    typed: int = 0
    discord_requests: int = 0
    telegram_requests: int = 0
    refused: list[str] = field(default_factory=list)
    """Answers 400 and 413: over-long, broken markup."""
    undelivered: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    mentioned: list[str] = field(default_factory=list)
    """Pinged without being meant, or made a mention, link or tag by the chat itself."""
    failed: list[str] = field(default_factory=list)
    """What nobody foresaw, by the bot's log."""

    def wrong(self) -> dict[str, list[str]]:
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in found.items() if isinstance(value, list) and value}

    def lines(self) -> Iterator[str]:
        for one in fields(self):
            value = getattr(self, one.name)
            yield f"{one.name:<18} {len(value) if isinstance(value, list) else value}"
        for name, found in self.wrong().items():
            yield from (f"  {name}: {n}x {text}" for text, n in Counter(found).most_common(20))


def drawn(strategy: st.SearchStrategy[T], n: int, seeded: int) -> list[T]:
    """So many examples, the same for the same seed."""
    found: list[T] = []

    @seed(seeded)
    @settings(
        max_examples=n, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(strategy)
    def gather(example: T) -> None:
        found.append(example)

    gather()
    return (found * (n // max(1, len(found)) + 1))[:n]


def of_people(stage: Stage) -> st.SearchStrategy[str]:
    """Odd texts in which the ids are of people who are there: a mention that gets through pings somebody.

    Without halves of characters (lone surrogates), which no chat delivers.
    """
    member, account = stage.members["vera"], str(ACCOUNTS["vera"])

    def real(text: str) -> str:
        text = text.encode("utf-8", "ignore").decode()
        return text.replace("1234567890123456789", member).replace("123456789", account)

    odd, calls = texts(longest=LONGEST), st.sampled_from(CALLS)
    return st.one_of(odd, odd, st.tuples(calls, odd).map(" ".join), st.tuples(odd, calls).map("".join)).map(real)


def replies(text: st.SearchStrategy[str]) -> st.SearchStrategy[Reply]:
    return st.builds(Reply, blocks=st.lists(blocks(text), min_size=1, max_size=8).map(tuple))


@contextmanager
def _quick() -> Iterator[None]:
    with patch.object(client, "GUILDS_S", 0.05):
        yield


async def fuzz(folder: Path, messages: int, seeded: int) -> Figures:
    """`messages` to each chat, and a tenth as many typed lines in each."""
    figures = Figures()
    with _quick():
        async with on_stage(folder, is_strict=False) as stage:
            await stage.bot.room()
            await _as_messages(stage, messages, seeded, figures)
            await _mentions(stage, figures, meant="max", commands=())
            await _as_arguments(stage, max(3, messages // 20), seeded, figures)
            await _as_names(stage, max(1, messages // 200), seeded, figures)
            await _mentions(stage, figures, meant=None, commands=("bot_command",))  # the bot's own texts name commands
            await _judge(stage, figures)
    return figures


async def _as_messages(stage: Stage, messages: int, seeded: int, figures: Figures) -> None:
    said = drawn(replies(of_people(stage)), messages, seeded)
    figures.messages, figures.chars = len(said), sum(len(encode(one)) for one in said)
    for start in range(0, len(said), BATCH):
        batch = list(enumerate(said[start : start + BATCH], start))
        await stage.app.store.write(lambda tx, batch=batch: [_promise(tx, stage, *one) for one in batch])
        await _settled(stage)


def _promise(tx: Any, stage: Stage, number: int, said: Reply) -> None:
    """In turn to the three channels and a person; urgent, and calling Max, or not: what is shown where differs."""
    where: Any = ("team", "host", "managers")[number % 3]
    olga = (f"discord:@{stage.members['olga']}", f"telegram:@{ACCOUNTS['olga']}") if number % 5 == 0 else ()
    post = Post(
        f"fuzz{number}", where, "session", replace(said, private=False), urgent=number % 2 == 0,
        pings=("max",) if number % 4 < 2 else (), only=olga,
    )  # fmt: skip
    tx.outbox.post(post, stage.bot.now)


async def _settled(stage: Stage) -> None:
    """Until everything has been sent, by both chats' outboxes and answers."""
    sql = "select count(*) from outbox where state in ('new', 'sending') and destination not like 'web:%'"
    await until(lambda: _none(stage, sql), _PATIENCE_S)
    await stage.telegram.until(lambda: not stage.telegram.pending(), _PATIENCE_S)
    await stage.app.clients["telegram"].quiet()
    await until(lambda: _none(stage, sql), _PATIENCE_S)


async def _none(stage: Stage, sql: str) -> bool:
    return bool(await stage.app.store.read(lambda tx: tx.db.execute(sql).fetchone()[0]) == 0)


# -- as arguments and names ------------------------------------------------------


async def _as_arguments(stage: Stage, n: int, seeded: int, figures: Figures) -> None:
    odd = drawn(st.tuples(of_people(stage), of_people(stage)), n, seeded + 1)
    for number, (name, more) in enumerate(odd):
        told = {"slug": f"fz{number}", "market": "us", "name": name[:_LINE], "theme": more[:_LINE]}
        lines: Sequence[tuple[str, dict[str, str]]] = (
            ("room add", told),
            ("room info", {"room": more[:_LINE]}),
            ("why", {"id": name[:_LINE]}),
        )
        for line, options in lines:
            figures.typed += await _slash(stage, line, options)
        typed = [
            f'/product add us_main F{number} 9.90 name="{name}" points="{more}"',
            f"/room info {more}",
            f"/show plan {name} fri 20:00",
            f"/{name}",
        ]
        for line in typed:
            stage.telegram.types(ACCOUNTS["boss"], line[:_LINE], TEAM)
            figures.typed += 1
        await _settled(stage)


async def _slash(stage: Stage, line: str, options: dict[str, str]) -> int:
    """1 where Discord's own client lets somebody type it."""
    kept = {name: text for name, text in options.items() if text.strip() and text.isprintable()}
    try:
        asked = await stage.discord.slash(stage.members["boss"], line, kept, stage.channels["team"])
    except NotPossible:
        return 0
    await stage.discord.settled(asked, _PATIENCE_S)
    return 1


async def _as_names(stage: Stage, n: int, seeded: int, figures: Figures) -> None:
    """Names of any length, as an import or an older version may have left them, on a day lived to the no-show."""
    odd = [text.ljust(LONGEST, "@")[:LONGEST] for text in drawn(of_people(stage), 4 * n, seeded + 2)]
    figures.chars += sum(map(len, odd))
    base = await stage.app.store.read(lambda tx: tx.rooms.get("us_main"))
    for number in range(n):
        room, name = f"odd{number}", odd[4 * number : 4 * number + 4]

        def work(tx: Any, room: str = room, name: Sequence[str] = tuple(name)) -> None:
            tx.rooms.save(replace(base, slug=room, name=name[0], theme=name[1], handle=name[2]))
            tx.rooms.save_product(Product(room, "P1", name[3], Money.parse("9.90", "USD"), selling_points=(name[0],)))
            tx.people.save(replace(tx.people.get("mia"), name=name[1]))

        await stage.app.store.write(work)
        show = await stage.bot.plan(room, when=f"2027-03-{12 + number} 20:00")
        await stage.app.store.write(
            lambda tx, show=show, name=name: tx.shows.save(replace(tx.shows.get(show), title=name[2]))
        )
    for line, options in (
        ("room list", {}), ("show list", {}), ("host list", {}), ("room info", {"room": "odd0"}),
        ("product list", {"room": "odd0"}), ("now", {}), ("status", {}),
    ):  # fmt: skip
        figures.typed += await _slash(stage, line, options)
        text = " ".join([f"/{line}", *options.values()])
        stage.telegram.types(ACCOUNTS["boss"], text, TEAM)
        figures.typed += 1
        await _settled(stage)
    for at in (SHOW_AT - timedelta(minutes=59), SHOW_AT - timedelta(minutes=9), SHOW_AT + timedelta(minutes=4)):
        await stage.bot.advance(at)
        await _settled(stage)


# -- what came of it -------------------------------------------------------------


async def _mentions(stage: Stage, figures: Figures, *, meant: str | None, commands: Sequence[str]) -> None:
    """Who was called, and what a chat made a mention, link or tag of by itself.

    `meant`: who alone may be called so far; None: anybody but Vera, whom nothing of ours ever calls.
    """
    member, account = (stage.members[meant], ACCOUNTS[meant]) if meant else (stage.members["vera"], ACCOUNTS["vera"])
    for each in await stage.discord.messages(deleted=True):
        pinged = [who for who in each["pinged"] if (who == member) is (meant is None) or who == "everyone"]
        figures.mentioned += [f"discord pinged {who}" for who in pinged]
    for message in stage.telegram.said(deleted=True):
        for version in message.history:
            links = [one["user"]["id"] for one in version.entities if one["type"] == "text_mention"]
            figures.mentioned += [f"telegram called {who}" for who in links if (who == account) is (meant is None)]
            figures.mentioned += [
                f"telegram made a {one['type']} of {covered(version.text or '', one)[:40]!r}"
                for one in version.found
                if one["type"] not in commands
            ]


async def _judge(stage: Stage, figures: Figures) -> None:
    for each in await stage.discord.requests():
        figures.discord_requests += 1
        if each["status"] in (400, 413):
            figures.refused.append(f"discord {each['method']} {each['path'][:30]} {each['status']}")
    for one in stage.telegram.asked(polls=True):
        figures.telegram_requests += 1
        if one.status in (400, 413) and "not a forum" not in one.description:  # which is how the bot learns of it
            figures.refused.append(f"telegram {one.method}: {one.description}")
    sql = "select destination, kind, o.state, error from outbox o join messages m on m.id = o.message"
    rows = await stage.app.store.read(lambda tx: tx.db.execute(f"{sql} where o.state = 'failed'").fetchall())
    figures.undelivered += [f"{row[0].partition(':')[0]} {row[1]} {row[3]}" for row in rows]
    figures.violations += [*await stage.discord.violations(), *map(str, stage.telegram.violations())]
    level = ("error", "critical")
    figures.failed += [entry["event"] for entry in stage.logs if entry["log_level"] in level]


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--messages", type=int, default=2000)
    asked.add_argument("--seed", type=int, default=1)
    chosen = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(fuzz(Path(folder), chosen.messages, chosen.seed))
    sys.stdout.write("\n".join(figures.lines()) + "\n")
    return 1 if figures.wrong() else 0


if __name__ == "__main__":
    sys.exit(main())
