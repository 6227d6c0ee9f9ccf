"""What the outbox's rows add up to: for /status, /why, /delivery list and the metrics."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from bot.core.records import Delivery, Dwell, Traffic
from storage.destinations import state_from
from storage.outbox_rows import DELIVERY, delivery_of
from storage.rows import Repo, instant, instant_or_none, read_instant

_PARKED = "(select destination from destination_state where parked_at is not null)"


class Figures(Repo):
    def counts(self, since: datetime | None = None) -> Mapping[str, int]:
        sql = """select state, count(*) as n from outbox
            where ? is null or created_at >= ? group by state order by state"""
        text = instant_or_none(since)
        return {row["state"]: row["n"] for row in self.rows(sql, [text, text])}

    def waiting_kinds(self, destination: str, now: datetime) -> Mapping[str, int]:
        sql = """select m.kind, count(*) as n from outbox o join messages m on m.id = o.message
            where o.state = 'new' and o.destination = ?
                and (o.op = 'edit' or o.may_have_arrived = 1 or m.expires_at is null or m.expires_at > ?)
            group by m.kind order by n desc, m.kind"""
        return {row["kind"]: row["n"] for row in self.rows(sql, [destination, instant(now)])}

    def traffic(self, since: datetime) -> list[Traffic]:
        states = {row["destination"]: state_from(row) for row in self.rows("select * from destination_state")}
        waiting = {
            row["destination"]: row
            for row in self.rows(
                "select destination, count(*) as n, min(created_at) as oldest from outbox "
                "where state in ('new', 'sending') group by destination"
            )
        }
        done: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for row in self.rows(
            "select destination, state, count(*) as n, sum(repeat) as repeated from outbox "
            "where done_at >= ? group by destination, state",
            [instant(since)],
        ):
            done[row["destination"]][row["state"]] += row["n"]
            done[row["destination"]]["repeated"] += row["repeated"]
        found = []
        for name in sorted({*states, *waiting, *done}):
            queue, was = waiting.get(name), done[name]
            oldest = None if queue is None else read_instant(queue["oldest"])
            figures = (was[state] for state in ("sent", "failed", "expired", "uncertain", "repeated"))
            found.append(Traffic(name, states.get(name), 0 if queue is None else queue["n"], oldest, *figures))
        return found

    def undelivered(self, since: datetime, limit: int) -> list[Delivery]:
        sql = f"""{DELIVERY} where o.id in (
                select id from outbox where state = 'new' and destination in {_PARKED}
                union all select id from outbox where done_at >= ? and state in ('failed', 'uncertain'))
            order by coalesce(o.done_at, o.created_at) desc, o.id desc limit ?"""  # noqa: S608 - literals
        return [delivery_of(row) for row in self.rows(sql, [instant(since), limit])]

    def dwell(self, since: datetime) -> list[Dwell]:
        waits: dict[str, list[float]] = defaultdict(list)
        for row in self.rows(
            "select m.kind, o.created_at, o.sent_at from outbox o join messages m on m.id = o.message "
            "where o.done_at >= ? and o.state = 'sent'",
            [instant(since)],
        ):
            waited = read_instant(row["sent_at"]) - read_instant(row["created_at"])
            waits[row["kind"]].append(waited.total_seconds())
        return [
            Dwell(kind, len(values), _at(values, 0.5), _at(values, 0.99), max(values))
            for kind, values in sorted(waits.items())
        ]

    def depth(self) -> list[tuple[str, str, int]]:
        sql = f"""select destination, iif(destination in {_PARKED}, 'parked', state) as state, count(*) as n from outbox
            where state in ('new', 'sending') group by 1, 2 order by 1, 2"""  # noqa: S608 - literals
        return [(row["destination"], row["state"], row["n"]) for row in self.rows(sql)]


def _at(values: list[float], share: float) -> float:
    """The smallest value that at least `share` of them do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
