"""Whether somebody may do what they ask for: the one check behind every command, button, form and completion.

It runs in a transaction, on what is stored just then: a role that was taken back a moment ago is gone.
"""

from __future__ import annotations

from bot.core.command import Actor, Command, Context
from bot.core.errors import ForbiddenError
from bot.core.model import Role
from bot.core.ports import Tx
from bot.core.reply import Listing, Msg, msg
from bot.core.rights import ANYWHERE, OVERALL, Place, Rights

_NAMED = 5
"""So many people are named whom one could ask."""


def at_all(tx: Tx, actor: Actor, command: Command) -> None:
    """Before the request is even read: what is wrong with it is nobody's business who could not make it anywhere.

    Raises:
        ForbiddenError: there is no place where this person has the command's role.
    """
    rights = tx.people.rights(actor.person)
    if rights.highest < command.role:
        raise _refusal(tx, command, command.role, ANYWHERE, rights)


def here(tx: Tx, command: Command, request: object, context: Context) -> None:
    """What this very request is about decides.

    Raises:
        ForbiddenError: the role at that place is too low; it says who may.
        UserError: what the request names does not exist.
    """
    needed = command.role if command.more is None else max(command.role, command.more.find(tx, request, context))
    rights = tx.people.rights(context.actor.person)
    if rights.at(OVERALL) >= needed:
        return  # wherever it is; what is wrong with the request its handler says best
    place = command.where.find(tx, request, context)
    if rights.at(place) < needed:
        raise _refusal(tx, command, needed, place, rights)


def _refusal(tx: Tx, command: Command, needed: Role, place: Place, rights: Rights) -> ForbiddenError:
    path = f"/{command.path}"
    if rights.highest == Role.NOBODY:
        granting = who_may(tx, Role.MANAGER, OVERALL)
        return ForbiddenError("forbidden.nobody", about=place.room, command=path, who=granting)
    may = who_may(tx, needed, place)
    if place == ANYWHERE:
        return ForbiddenError(
            "forbidden.anywhere", command=path, needed=_role(needed), have=_role(rights.highest), who=may
        )
    return ForbiddenError(
        "forbidden", about=place.room, command=path, needed=_role(needed), have=_role(rights.at(place)),
        place=place.told, who=may,
    )  # fmt: skip


def _role(role: Role) -> Msg:
    return msg(f"role.{role.name.lower()}")


def who_may(tx: Tx, needed: Role, place: Place) -> Listing:
    """Names of people who could do it, those with just enough first."""
    able = [
        (rights.at(place), tx.people.get(slug))
        for slug, rights in tx.people.all_rights().items()
        if rights.at(place) >= needed
    ]
    able.sort(key=lambda row: row[0])
    return Listing(tuple(person.name for _, person in able[:_NAMED] if person is not None))
