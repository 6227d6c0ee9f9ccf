"""What a person may do, and where: one role that holds everywhere, and others that hold in a matrix or a room.

Roles only add up: where several scopes cover a room, the highest role counts. Whether a command is allowed is decided
in bot/dispatch.py and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.core.model import Role, Room
from bot.core.reply import Msg, msg


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a role was granted. `name` is the matrix or the room's slug, empty for everywhere."""

    kind: Literal["everywhere", "matrix", "room"] = "everywhere"
    name: str = ""

    @property
    def told(self) -> Msg:
        return msg(f"scope.{self.kind}", name=self.name) if self.name else msg("scope.everywhere")


EVERYWHERE = Scope()


@dataclass(frozen=True, slots=True)
class Grant:
    person: str
    scope: Scope
    role: Role


@dataclass(frozen=True, slots=True)
class Place:
    """What a request is about: a room (with its matrix), a matrix, everything there is, or nothing of anybody's."""

    kind: Literal["anywhere", "everywhere", "matrix", "room"]
    matrix: str | None = None
    room: str | None = None

    @property
    def told(self) -> Msg:
        return msg(f"scope.{self.kind}", name=self.room or self.matrix) if self.matrix else msg("scope.everywhere")


ANYWHERE = Place("anywhere")
"""A request that touches nobody's room (/help, /me): any role, wherever it was granted, is enough."""
OVERALL = Place("everywhere")
"""A request that touches every room, those of tomorrow too: only a role that holds everywhere is enough."""


def place_of(room: Room) -> Place:
    return Place("room", room.matrix, room.slug)


@dataclass(frozen=True, slots=True)
class Rights:
    """All roles of one person. Somebody without any is nobody here."""

    everywhere: Role = Role.NOBODY
    matrices: Mapping[str, Role] = field(default_factory=dict)
    rooms: Mapping[str, Role] = field(default_factory=dict)

    @property
    def highest(self) -> Role:
        return max(self.everywhere, *self.matrices.values(), *self.rooms.values(), Role.NOBODY)

    def at(self, place: Place) -> Role:
        """The role that counts there."""
        if place.kind == "anywhere":
            return self.highest
        return max(
            self.everywhere,
            self.matrices.get(place.matrix or "", Role.NOBODY),
            self.rooms.get(place.room or "", Role.NOBODY),
        )

    def sees(self, room: Room) -> bool:
        """Whether lists show the room to this person."""
        return self.at(place_of(room)) >= Role.VIEWER

    def with_more(self, grants: Iterable[Grant]) -> Rights:
        """With these roles as well; where two meet, the higher one counts."""
        everywhere, matrices, rooms = self.everywhere, dict(self.matrices), dict(self.rooms)
        for grant in grants:
            if grant.scope.kind == "everywhere":
                everywhere = max(everywhere, grant.role)
                continue
            held = matrices if grant.scope.kind == "matrix" else rooms
            held[grant.scope.name] = max(held.get(grant.scope.name, Role.NOBODY), grant.role)
        return Rights(everywhere, matrices, rooms)

    def in_scope(self, scope: Scope) -> Role:
        """What was granted in exactly this scope."""
        match scope.kind:
            case "everywhere":
                return self.everywhere
            case "matrix":
                return self.matrices.get(scope.name, Role.NOBODY)
            case "room":
                return self.rooms.get(scope.name, Role.NOBODY)


def rights_of(role: Role, grants: tuple[Grant, ...] = ()) -> Rights:
    """`role` holds everywhere; `grants` are one person's others."""
    return Rights(
        role,
        {grant.scope.name: grant.role for grant in grants if grant.scope.kind == "matrix"},
        {grant.scope.name: grant.role for grant in grants if grant.scope.kind == "room"},
    )


LEAST_OF_CHANNEL: Mapping[str, Role] = {"team": Role.VIEWER, "host": Role.HOST, "managers": Role.MANAGER}
"""What somebody must be somewhere to be told what is said in a channel."""


def needed_to_hand_out(role: Role) -> Role:
    """Who may grant a role, or take it back: managers up to operator, admins the rest."""
    return Role.MANAGER if role <= Role.OPERATOR else Role.ADMIN
