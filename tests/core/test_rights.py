"""Roles add up: the highest that reaches a place counts there, and nothing reaches further than it was granted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import Market, Role, Room
from bot.core.rights import ANYWHERE, OVERALL, Grant, Place, Scope, needed_to_hand_out, place_of, rights_of

_names = st.sampled_from(["a", "b", "c"])
_roles = st.sampled_from([role for role in Role if role])
_grants = st.lists(
    st.builds(Grant, st.just("p"), st.builds(Scope, st.sampled_from(["matrix", "room"]), _names), _roles),
    unique_by=lambda grant: grant.scope,
).map(tuple)
_room = st.builds(
    lambda slug, matrix: Room(slug, slug, "tiktok", Market("UTC", "en", "USD"), matrix=matrix), _names, _names
)


@given(st.sampled_from(Role), _grants, _room)
def test_in_a_room_counts_the_highest_of_everywhere_its_matrix_and_itself(everywhere, grants, room):
    rights = rights_of(everywhere, grants)
    reaching = [everywhere] + [
        grant.role for grant in grants if grant.scope in (Scope("room", room.slug), Scope("matrix", room.matrix))
    ]
    assert max(reaching) == rights.at(place_of(room))
    assert rights.sees(room) == (max(reaching) >= Role.VIEWER)


@given(st.sampled_from(Role), _grants, _names)
def test_what_is_granted_in_part_never_counts_for_the_whole(everywhere, grants, matrix):
    rights = rights_of(everywhere, grants)
    assert everywhere == rights.at(OVERALL)
    of_matrix = [grant.role for grant in grants if grant.scope == Scope("matrix", matrix)]
    assert max([everywhere, *of_matrix]) == rights.at(Place("matrix", matrix))
    assert max([everywhere, *(grant.role for grant in grants)]) == rights.at(ANYWHERE) == rights.highest


def test_only_admins_make_managers_and_admins():
    needed = {role.name: needed_to_hand_out(role).name for role in Role}
    assert {
        "NOBODY": "MANAGER", "VIEWER": "MANAGER", "HOST": "MANAGER", "OPERATOR": "MANAGER",
        "MANAGER": "ADMIN", "ADMIN": "ADMIN",
    } == needed  # fmt: skip
