"""Whether somebody may host a show."""

from __future__ import annotations

from bot.core.errors import UserError
from bot.core.model import Role, Room
from bot.core.ports import Tx
from bot.core.rights import place_of
from handlers import lookup


def check(tx: Tx, slug: str, room: Room) -> None:
    """Raises UserError unless there is such a person and they host in the room."""
    person = lookup.person(tx, slug, try_instead="/host add {slug}")
    if tx.people.rights(person.slug).at(place_of(room)) < Role.HOST:
        raise UserError("person.no_host", person=slug, try_instead=f"/host add {slug}")
