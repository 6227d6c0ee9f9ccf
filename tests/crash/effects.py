"""What a day on three chats left behind beside messages: what was done, and that whoever asked was answered."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from bot.core.outline import to_text
from bot.core.reply import Image, Line, Reply, Table, decode
from tests.crash.hands import Hands
from tests.crash.ledgers import discord_copies, promises, telegram_copies
from tests.crash.life import Life
from tests.crash.likeness import words

_PREPARING = ("link", "link.code", "setup.bind", "host.add")
"""Done before the day begins, with ids and times that are every run's own."""


@dataclass(frozen=True, slots=True)
class Effects:
    """`deeds`: what is in the audit as done, by whomever; the rest must be the same however often the bot died."""

    deeds: Counter[tuple[str, ...]]
    alerts: list[tuple[Any, ...]]
    signals: list[tuple[Any, ...]]
    figures: Any


def effects(life: Life) -> Effects:
    with life.served.rows() as rows:
        done = rows.execute("select action, subject, before, after from audit where action != 'refused'").fetchall()
        return Effects(
            Counter(tuple(map(str, row)) for row in done if row["action"] not in _PREPARING),
            [tuple(row) for row in rows.execute("select id, kind, opened_s, state, resolved_at from alerts")],
            [tuple(row) for row in rows.execute("select session, kind, at, count(*) from signals group by 1, 2, 3")],
            json.loads(rows.execute("select figures from sessions").fetchone()[0]),
        )


def differences(expected: Effects, found: Effects, hands: Hands) -> Iterator[str]:
    """Of a killed day from an undisturbed one. What nobody could press, as it never came, may be missing."""
    for deed, count in (found.deeds - expected.deeds).items():
        yield f"done {count} times more: {deed}"
    missing = expected.deeds - found.deeds
    if missing.total() > len(hands.unseen):
        yield f"not done: {list(missing.elements())}, and of these could not be pressed: {hands.unseen}"
    for name in ("alerts", "signals", "figures"):
        if getattr(expected, name) != getattr(found, name):
            yield f"other {name}: {getattr(found, name)}"


async def unanswered(hands: Hands) -> list[str]:
    """Interactions whose bot lived and that were not acknowledged, and presses on Telegram that were told nothing."""
    life = hands.life
    found = []
    for interaction, has_lived in hands.asked_of_discord.items():
        seen = await life.places.discord.interaction(interaction)
        if has_lived and (seen["acked_at"] is None or seen["loading"]):
            found.append(f"discord: {seen['kind']} {interaction}")
    found += [
        f"telegram: {one.data}" for one in await life.places.ask("answers") if not one.answers and not one.is_over
    ]
    return found


# -- the summaries -------------------------------------------------------------


async def summaries(life: Life, say: Callable[[Line], str]) -> dict[str, Counter[str]]:
    """Chat -> the words and figures of the newest summary in the managers' place there."""
    with life.served.rows() as rows:
        sql = "select w.id, w.reply from web_messages w join messages m on m.id = w.id where m.kind = 'summary'"
        [row] = rows.execute(sql).fetchall()
    found = {"web": _as_drawn(decode(row["reply"]), say)}
    refs = {one.destination: one.ref for one in promises(life, say) if one.message == row["id"]}
    places = life.places
    for chat, where, copies in (
        ("discord", f"discord:{places.channels['managers']}", await discord_copies(life)),
        ("telegram", f"telegram:{places.groups['managers']}", await telegram_copies(life)),
    ):
        ids = [name.strip("pd").rpartition(":")[2] for name in (refs[where] or "").split(",")]
        found[chat] = sum((one.says for one in copies if one.place == where and one.id in ids), Counter())
    return found


def _as_drawn(reply: Reply, say: Callable[[Line], str]) -> Counter[str]:
    """A picture is a picture there, and a table on a narrow screen says at each figure what it is."""
    found: Counter[str] = Counter()
    for block in reply.blocks:
        if isinstance(block, Table):
            for first, *others in block.rows:
                named = zip(block.columns[1:], others, strict=True)
                found += sum((words(say(line)) for pair in named for line in pair), words(say(first)))
        elif not isinstance(block, Image):
            found += words(to_text(replace(reply, blocks=(block,)), say))
    return found
