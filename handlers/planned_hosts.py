"""Whether somebody may host a show, and what speaks against it although they may."""

from __future__ import annotations

from bot.core import hosting
from bot.core.command import Context
from bot.core.errors import UserError
from bot.core.model import Role, Room, Show
from bot.core.ports import Tx
from bot.core.reply import Msg
from bot.core.rights import place_of
from handlers import lookup


def check(tx: Tx, slug: str, room: Room) -> None:
    """Raises UserError unless there is such a person and they host in the room."""
    person = lookup.person(tx, slug, try_instead="/host add {slug}")
    if tx.people.rights(person.slug).at(place_of(room)) < Role.HOST:
        raise UserError("person.no_host", person=slug, try_instead=f"/host add {slug}")


def doubts(tx: Tx, show: Show, ctx: Context) -> list[Msg]:
    """By what is known of the show's host: their hours, markets and languages."""
    person = tx.people.get(show.host) if show.host else None
    profile = tx.people.host(person.slug) if person else None
    if person is None or profile is None:
        return []
    zone = person.zone or ctx.ports.team.zone
    return hosting.doubts(person, profile, show, lookup.room(tx, show.room).market, (), zone=zone)
