"""The first steps of a new installation: what is there already, and the line that does what comes next."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.command import Actor, CommandTable
from bot.core.mending import first_product
from bot.core.model import Role
from bot.core.ports import Team, Tx

_EVER = datetime(2000, 1, 1, tzinfo=UTC)


def steps(tx: Tx, actor: Actor, table: CommandTable, team: Team, now: datetime) -> dict[str, Any]:
    """Steps from an empty database to a planned show, for whoever can take them; none for the rest."""
    if actor.role < Role.OPERATOR:
        return {"steps": [], "room": None, "next": []}
    rooms = [item.slug for item in tx.rooms.all() if actor.rights.sees(item)]
    room = rooms[0] if rooms else "us_main"
    first = tx.rooms.get(room)
    hosts = [profile.person for profile in tx.people.hosts()]
    host = hosts[0] if hosts else "mia"
    is_planned = bool(tx.shows.following(_EVER, rooms=rooms)) or any(map(tx.sessions.latest, rooms))
    has_products = any(map(tx.rooms.products, rooms))
    found = (
        ("room", "room add", bool(rooms), "/room add us_main us"),
        (
            "product",
            "product add",
            has_products,
            "/product add us_main US-MAIN-1 19.90" if first is None else first_product(first),
        ),
        ("host", "host add", bool(hosts), f"/host add mia name=Mia zone={team.zone}"),
        ("show", "show plan", is_planned, f"/show plan {room} fri 20:00 length=2h host={host}"),
    )
    # With a show planned the newcomer has arrived, whatever was left out on the way.
    return {
        "room": room if rooms else None,
        "next": _onward(room, host, now.astimezone(ZoneInfo(team.zone)).date()),
        "steps": [
            {"id": name, "done": is_done or is_planned, "line": line, "may": actor.role >= table.get(path).role}
            for name, path, is_done, line in found
        ],
    }


def _onward(room: str, host: str, today: date) -> list[str]:
    """From one show to a month: the hours that suit a room, the next month of it, what all rooms look like then."""
    first = (today.replace(day=1) + timedelta(days=31)).replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return [
        f"/slot suggest {room}",
        f"/show plan {room} every tue,thu 20:00 from {first} until {last} host={host}",
        "/matrix",
        "/help when",
    ]
