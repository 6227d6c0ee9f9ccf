"""Which sibling takes a room's viewers, and who arrived: what holds for every matrix."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core import handoff
from bot.core.handoff import CALM, STAYS, OnAir, Partner
from bot.core.model import Market, Room

NOW = datetime(2027, 3, 13, 1, tzinfo=UTC)
US, US_WEST, UK = (
    Market("America/New_York", "en-US", "USD"),
    Market("America/Los_Angeles", "en", "USD"),
    Market("Europe/London", "en-GB", "GBP"),
)
SLUGS = ("here", "one", "two", "three")


@st.composite
def matrices(draw):
    """Up to four rooms, who is on air, and who is next."""
    rooms = [
        Room(
            slug,
            slug,
            draw(st.sampled_from(["tiktok", "shopee"])),
            draw(st.sampled_from([US, US_WEST, UK])),
            archived_at=draw(st.sampled_from([None, None, NOW])),
            matrix=draw(st.sampled_from(["main", "main", "other"])),
            siblings=tuple(draw(st.lists(st.sampled_from([*SLUGS, "gone"]), max_size=3))),
        )
        for slug in SLUGS
    ]
    minutes = st.integers(-60, 48 * 60)
    there = st.builds(
        OnAir,
        st.none() | minutes.map(lambda n: NOW + timedelta(minutes=n)),
        st.booleans(),
        st.booleans(),
        st.none() | st.sampled_from([0.0, 0.1, CALM, 0.3, 0.99]),
    )
    on_air = draw(st.dictionaries(st.sampled_from(SLUGS), there))
    ahead = draw(st.dictionaries(st.sampled_from(SLUGS), minutes.map(lambda n: NOW + timedelta(minutes=n))))
    return rooms, on_air, ahead


def may_take(room, other):
    """Of the brief's own words, read again: no code of the choice is used."""
    is_market = (room.market.currency, room.market.language[:2]) == (other.market.currency, other.market.language[:2])
    is_sibling = other.slug in room.siblings if room.siblings else other.matrix == room.matrix
    return other.slug != room.slug and other.archived_at is None and is_market and is_sibling


def stays(there):
    return there.is_heard and there.until is not None and there.until >= NOW + STAYS


@given(matrices())
def test_at_the_end_viewers_go_to_a_sibling_that_stays_else_to_the_next_show_within_a_day(matrix):
    rooms, on_air, ahead = matrix
    here = rooms[0]
    live = [other for other in rooms if may_take(here, other) and other.slug in on_air and stays(on_air[other.slug])]
    found = handoff.at_end(here, rooms, on_air, ahead, NOW)
    if live:
        assert found in [Partner(other) for other in live]
        assert not on_air[found.room.slug].is_cold or all(on_air[other.slug].is_cold for other in live)
        return
    coming = {
        ahead[other.slug]
        for other in rooms
        if (other is here or may_take(here, other)) and other.slug in ahead
        and timedelta(0) < ahead[other.slug] - NOW <= timedelta(hours=24)
    }  # fmt: skip
    assert (found and found.starts_at) == min(coming, default=None)
    assert found is None or ahead[found.room.slug] == found.starts_at


@given(matrices())
def test_a_cold_rooms_viewers_go_only_where_it_is_surely_lively(matrix):
    rooms, on_air, _ = matrix
    here = rooms[0]
    lively = {
        other.slug: there.cold
        for other in rooms
        if may_take(here, other) and (there := on_air.get(other.slug)) is not None
        and stays(there) and not there.is_cold and there.cold is not None and there.cold <= CALM
    }  # fmt: skip
    found = handoff.when_cold(here, rooms, on_air, NOW)
    assert (found is None) == (not lively)
    if found is not None:
        assert found.starts_at is None
        same = [slug for slug in lively if next(r for r in rooms if r.slug == slug).platform == found.room.platform]
        assert lively[found.room.slug] == min(lively[slug] for slug in same)
        at_home = {room.slug for room in rooms if room.platform == here.platform} & lively.keys()
        assert found.room.slug in (at_home or lively)


SEEN = st.sets(st.tuples(st.sampled_from(["own", "poll"]), st.sampled_from("abcde")))


@given(SEEN, SEEN, SEEN)
def test_arrivals_are_people_of_one_source_who_were_here_and_not_there(here, before, after):
    found = handoff.arrived(here, before, after)
    sources = {source for source, _ in here} & {source for source, _ in after}
    if not sources:
        assert found is None, "unknown is never 0"
    else:
        assert found == sum(1 for viewer in here if viewer in after and viewer not in before)
