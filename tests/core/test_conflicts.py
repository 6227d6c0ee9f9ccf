"""Conflicts of plans at random are those that the rules, read word by word and pair by pair, say there are."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

from bot.core.conflicts import find, standing
from bot.core.model import Room, Show
from tests.clashing import BEGIN, HOUR, MARKETS, REST_H, Plan, plan

PLANS = 10_000
Name = tuple[str, frozenset[str]]


def by_the_words(plan: Plan) -> set[Name]:
    """Every pair against every rule, as the rules are told in docs/behaviour.md."""
    found: set[Name] = set()
    for one, two in combinations(plan.shows, 2):
        states = {one.state, two.state}
        if not states & {"cancelled", "skipped"} and states != {"ended"}:
            rules = of_ended(plan, one, two) if "ended" in states else of_pair(plan, one, two)
            found |= {(kind, frozenset((one.id, two.id))) for kind, holds in rules.items() if holds}
    return found


def of_pair(plan: Plan, one: Show, two: Show) -> dict[str, bool]:
    r1, r2 = plan.rooms[one.room], plan.rooms[two.room]
    in_two_rooms = one.room != two.room
    at_once = min(one.ends_at, two.ends_at) > max(one.starts_at, two.starts_at)
    themes = [(room.theme or "").strip().lower() for room in (r1, r2)]
    studios = [(room.studio or "").strip().lower() for room in (r1, r2)]
    is_one_market = r1.market.currency == r2.market.currency and r1.market.language == r2.market.language
    leads = plan.leads[one.id], plan.leads[two.id]
    apart_h = abs((one.starts_at - two.starts_at).total_seconds()) / HOUR
    return {
        "room": at_once and not in_two_rooms,
        "host": at_once and in_two_rooms and by_one_host(plan, one, two),
        "rest": not at_once and is_tiring(plan, one, two),
        "studio": at_once and in_two_rooms and studios[0] == studios[1] != "",
        "theme": at_once and in_two_rooms and is_one_market and themes[0] == themes[1] != "",
        "product": in_two_rooms and leads[0] == leads[1] is not None and apart_h < 24,
    }


def of_ended(plan: Plan, one: Show, two: Show) -> dict[str, bool]:
    return {"rest": is_tiring(plan, one, two)}


def by_one_host(plan: Plan, one: Show, two: Show) -> bool:
    is_human = all(plan.rooms[show.room].host_mode != "avatar" for show in (one, two))
    return is_human and one.host is not None and one.host == two.host


def is_tiring(plan: Plan, one: Show, two: Show) -> bool:
    between_h = (max(one.starts_at, two.starts_at) - min(one.ends_at, two.ends_at)).total_seconds() / HOUR
    at_once = min(one.ends_at, two.ends_at) > max(one.starts_at, two.starts_at)
    return by_one_host(plan, one, two) and (at_once or between_h < REST_H[one.host or ""])


def standings(plan: Plan, shows: list[Show]) -> list:
    return [
        standing(show, plan.rooms[show.room], rest_s=REST_H.get(show.host or "", 8) * HOUR, lead=plan.leads[show.id])
        for show in shows
    ]


def names(found: list) -> list[Name]:
    return [(conflict.kind, frozenset((conflict.show.id, conflict.other.id))) for conflict in found]


def test_ten_thousand_plans_have_the_conflicts_that_the_rules_say() -> None:
    rng = random.Random(6)
    kinds: set[str] = set()
    for _ in range(PLANS):
        made = plan(rng)
        found = names(find(standings(made, made.shows)))
        wanted = by_the_words(made)
        assert set(found) == wanted, made
        assert len(found) == len(wanted), made  # each is told once
        kinds |= {kind for kind, _pair in wanted}
    assert kinds == {"room", "host", "rest", "studio", "theme", "product"}


def test_of_some_shows_among_others_only_theirs_are_told() -> None:
    rng = random.Random(7)
    for _ in range(1_000):
        made = plan(rng)
        mine = rng.sample(made.shows, rng.randint(1, len(made.shows)))
        others = [show for show in made.shows if show not in mine]
        found = find(standings(made, mine), standings(made, others))
        counting = {show.id for show in mine if show.state in ("planned", "go", "no_go", "live")}
        assert set(names(found)) == {(kind, pair) for kind, pair in by_the_words(made) if pair & counting}
        assert all(conflict.show in mine for conflict in found)
        assert [conflict.is_error for conflict in found] == sorted((c.is_error for c in found), reverse=True)


def test_a_show_that_stands_elsewhere_meets_nothing_where_it_was() -> None:
    room = Room("r", "R", "tiktok", MARKETS[0])
    at = Show("a", "r", None, BEGIN.replace(tzinfo=None), "UTC", BEGIN, HOUR, "planned")
    moved = replace(at, starts_at=BEGIN + timedelta(hours=1))
    there = replace(at, id="b")
    both = [standing(show, room, rest_s=0, lead=None) for show in (at, there)]
    assert find([standing(moved, room, rest_s=0, lead=None)], both) == []


def test_shows_that_are_not_saved_yet_meet_each_other() -> None:
    room = Room("r", "R", "tiktok", MARKETS[0])
    first = Show("", "r", None, BEGIN.replace(tzinfo=None), "UTC", BEGIN, HOUR, "planned")
    second = replace(first, starts_at=BEGIN + timedelta(minutes=30))
    (found,) = find([standing(show, room, rest_s=0, lead=None) for show in (first, second)])
    assert (found.kind, found.show, found.other) == ("room", second, first)
