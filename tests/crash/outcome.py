"""What an evening left behind that must be the same, however often the process died."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.crash.client import Client


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that must be the same, however often the process died."""

    chat: dict[str, list[str]]
    promised: list[tuple[str, ...]]
    undelivered: list[tuple[str, ...]]
    alerts: list[tuple[str, ...]]
    audit: list[tuple[str, ...]]
    timers: list[tuple[str, ...]]
    nudges: list[tuple[str, ...]]
    figures: Any
    signals: list[tuple[str, ...]]
    files: list[tuple[str, ...]]


async def outcome(client: Client) -> Outcome:
    chat = {}
    for channel in ("team", "host", "managers"):
        seen = await client.messages(channel, "manager")
        assert len({message["id"] for message in seen}) == len(seen)
        chat[channel] = sorted(f"{message['author']['id']}: {message['text']}" for message in seen)
    with client.served.rows() as rows:

        def table(sql: str) -> list[tuple[str, ...]]:
            return [tuple(str(value) for value in row) for row in rows.execute(sql)]

        figures = json.loads(rows.execute("select figures from sessions").fetchone()[0])
        return Outcome(
            chat=chat,
            promised=table("select key, channel, kind from messages order by key"),
            undelivered=table("select message, op, state from outbox where state != 'sent'"),
            alerts=table("select id, kind, opened_s, state, resolved_at, by, by_at from alerts order by id"),
            # A press repeated because its answer was lost finds the work done: that refusal is in the audit, rightly.
            audit=table(
                "select at, actor, action, subject, before, after from audit where action != 'refused' "
                "order by subject, id"
            ),
            timers=[
                (*row[:3], re.sub(r", \d+ s late", "", row[3]))
                for row in table(
                    "select kind, subject, due_at, outcome from timers where kind != 'NudgeDue' order by kind, subject"
                )
            ],
            nudges=table("select kind, subject, state, why from nudges order by kind, subject, state"),
            figures=figures,
            signals=table("select session, kind, at, count(*) from signals group by 1, 2, 3 order by 1, 2, 3"),
            files=table("select name, media_type from files order by name"),
        )


def differences(expected: Outcome, found: Outcome) -> Iterator[str]:
    """One line for each part that is not the same."""
    for name in Outcome.__dataclass_fields__:
        wanted, got = getattr(expected, name), getattr(found, name)
        if wanted != got:
            lost, more = Counter(_lines(wanted)) - Counter(_lines(got)), Counter(_lines(got)) - Counter(_lines(wanted))
            yield f"{name}: lost {list(lost.elements())}, new or doubled {list(more.elements())}"


def _lines(value: Any) -> list[str]:
    """Rows, however they are kept, as lines that can be counted."""
    if isinstance(value, dict):
        return [f"{name}: {line}" for name, inner in value.items() for line in _lines(inner)]
    return [str(row) for row in value] if isinstance(value, list) else [str(value)]
