"""A show offered to the hosts who could do it: who is asked, the cards of it, and what ends it.

Taking one, and giving a show to somebody by name, are handlers/substitution.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import hosting, standin
from bot.core.events import OfferOver
from bot.core.model import HostProfile, Role, Show
from bot.core.planning_port import HostOffer, OfferEnd, OfferKind
from bot.core.ports import Ports, Tx
from bot.core.records import Post
from bot.core.reply import (
    Actions,
    Block,
    Button,
    Facts,
    Heading,
    Line,
    Listing,
    Msg,
    Note,
    Reply,
    Span,
    Tone,
    When,
    msg,
    reply,
)
from bot.core.rights import place_of
from bot.core.standin import Candidate
from handlers import asking, conflicts, lookup

KIND = "offer"
_HARD = ("host.doubt_market", "host.doubt_speaks")
_AROUND = timedelta(days=3)


def candidates(tx: Tx, show: Show, kind: OfferKind, ports: Ports) -> list[Candidate]:
    """Who is asked, the first choice first."""
    room, freedom = lookup.room(tx, show.room), conflicts.Freedom(tx, [show], ports.clock.now())
    if not hosting.needs_host(room):
        return []
    people, rights = {person.slug: person for person in tx.people.all()}, tx.people.all_rights()
    found: list[Candidate] = []
    for profile in tx.people.hosts():
        person = people.get(profile.person)
        if person is None or person.slug == show.host or rights[person.slug].at(place_of(room)) < Role.HOST:
            continue
        zone = person.zone or ports.team.zone
        doubts = {doubt.key for doubt in hosting.doubts(person, profile, show, room.market, zone=zone)}
        if not doubts & set(_HARD) and freedom.has(profile):
            found.append(Candidate(person, profile, "host.doubt_hours" not in doubts, _on_air_s(tx, show, profile)))
    return standin.ranked(found, kind)


def _on_air_s(tx: Tx, show: Show, profile: HostProfile) -> int:
    around = tx.shows.of_host(profile.person, show.starts_at - _AROUND, show.starts_at + _AROUND)
    return sum(other.duration_s for other in around if not other.is_off)


def is_free(tx: Tx, show: Show, host: str, now: datetime) -> bool:
    """Neither elsewhere then, nor with too little rest."""
    return conflicts.Freedom(tx, [show], now).has(tx.people.host(host) or HostProfile(host))


def open_of(tx: Tx, show: str) -> HostOffer | None:
    return next((offer for offer in tx.host_offers.of_show(show) if offer.closed_at is None), None)


def make(
    tx: Tx, show: Show, kind: OfferKind, asked: list[Candidate], ports: Ports, *, by: str | None
) -> HostOffer:  # fmt: skip
    """Puts the show to all of them, and tells the team."""
    now = ports.clock.now()
    until = standin.lasts_until(kind, now, show.starts_at, show.ends_at)
    people = tuple(one.person.slug for one in asked)
    offer = HostOffer(tx.next_id("o"), show.id, kind, show.host, people, by, now, until)
    tx.host_offers.save(offer)
    tx.timers.set("OfferOver", offer.id, until)
    for slug in people:
        card = to_host(tx, offer, show, slug, ports)
        tx.outbox.post(
            Post(_key(offer, slug), "host", KIND, card, show.id, to=slug, urgent=kind == "stand_in", expires_at=until),
            now,
        )
    tx.outbox.post(Post(_key(offer), "team", KIND, to_team(tx, offer, show), show.id, expires_at=until), now)
    return offer


def _key(offer: HostOffer, *to: str) -> str:
    return ":".join(("offer", offer.id, *to))


def is_about(key: str, offer: HostOffer) -> bool:
    """Whether a message of that key is one of the offer's."""
    return key == f"offer-over:{offer.id}" or key == _key(offer) or key.startswith(f"{_key(offer)}:")


def to_host(tx: Tx, offer: HostOffer, show: Show, slug: str, ports: Ports) -> Reply:
    """What a host who was asked reads: when it is for them, for whom, and the one tap."""
    person = tx.people.get(slug)
    zone = (person.zone if person else None) or ports.team.zone
    rows: list[tuple[Line, Line]] = [
        (msg("offer.your_time"), msg("value", value=When(show.starts_at, zone))),
        (msg("show.field.market_time"), msg("value", value=When(show.starts_at, show.zone))),
        (msg("show.field.length"), msg("value", value=Span(show.duration_s))),
    ]
    title = msg(f"offer.ask_{offer.kind}", room=lookup.room(tx, show.room).name, show=show.id)
    blocks: list[Block] = [Heading(title), Facts(tuple(rows)), *_state(tx, offer, zone, reader=slug)]
    if offer.closed_at is None:
        take = Button(msg("button.take"), "offer take", {"offer": offer.id}, "primary", until=offer.until)
        blocks.append(Actions((take,)))
    return reply(*blocks, tone="alert" if offer.kind == "stand_in" and offer.closed_at is None else "normal")


def to_team(tx: Tx, offer: HostOffer, show: Show) -> Reply:
    """What the operator sees: who was asked, and how it stands."""
    asked = Listing(tuple(lookup.name(tx, slug) for slug in offer.asked))
    instead = msg("none") if offer.instead_of is None else lookup.name(tx, offer.instead_of)
    rows: list[tuple[Line, Line]] = [
        (msg("show.field.market_time"), msg("value", value=When(show.starts_at, show.zone))),
        (msg("offer.so_far"), msg("value", value=instead)),
        (msg("offer.asked"), msg("value", value=asked)),
    ]
    blocks: list[Block] = [
        Heading(msg("offer.title", show=show.id, room=show.room)), Facts(tuple(rows)), *_state(tx, offer, show.zone)
    ]  # fmt: skip
    if offer.closed_at is None:
        blocks.append(Actions((Button(msg("button.withdraw"), "offer withdraw", {"offer": offer.id}),)))
    elif offer.outcome == "expired":
        again = Button(msg("button.offer_again"), "show offer", {"show": show.id}, "primary")
        blocks.append(Actions((again,)))
    tone: Tone = "good" if offer.outcome == "taken" else "warning" if offer.outcome == "expired" else "normal"
    return reply(*blocks, tone=tone)


def _state(tx: Tx, offer: HostOffer, zone: str, reader: str | None = None) -> list[Block]:
    return [Note(standing(tx, offer, zone, reader))]


def standing(tx: Tx, offer: HostOffer, zone: str, reader: str | None = None) -> Msg:
    """How it stands, in one sentence to `reader`."""
    if offer.outcome is None:
        return msg("offer.until", when=When(offer.until, zone))
    if offer.outcome == "taken" and offer.taken_by is not None:
        if offer.taken_by == reader:
            return msg("offer.yours")
        when = When(offer.closed_at or offer.until, style="time")
        return msg("offer.taken", who=lookup.name(tx, offer.taken_by), when=when)
    return msg(f"offer.{offer.outcome}")


def close(tx: Tx, offer: HostOffer, outcome: OfferEnd, ports: Ports, taken_by: str | None = None) -> HostOffer:
    """It is no longer to be had; whoever was asked reads so in the same message."""
    now = ports.clock.now()
    closed = replace(offer, outcome=outcome, closed_at=now, taken_by=taken_by)
    tx.host_offers.save(closed)
    tx.timers.cancel("OfferOver", offer.id)
    redraw(tx, closed, ports)
    return closed


def reopen(tx: Tx, offer: HostOffer, ports: Ports) -> None:
    """Whoever took it took it by mistake: it stands as before."""
    again = replace(offer, outcome=None, closed_at=None, taken_by=None)
    tx.host_offers.save(again)
    tx.timers.set("OfferOver", offer.id, offer.until)
    redraw(tx, again, ports)


def redraw(tx: Tx, offer: HostOffer, ports: Ports) -> None:
    show = tx.shows.get(offer.show)
    if show is None:
        return
    now = ports.clock.now()
    for slug in offer.asked:
        if tx.outbox.by_key(_key(offer, slug)) is not None:
            tx.outbox.edit(_key(offer, slug), to_host(tx, offer, show, slug, ports), now)
    if tx.outbox.by_key(_key(offer)) is not None:
        tx.outbox.edit(_key(offer), to_team(tx, offer, show), now)


def follow(tx: Tx, before: Show, after: Show, ports: Ports) -> None:
    """The show was changed: an open offer of it says so, or ends where there is nothing left to take.

    One that had ended with its show is open again where the show is to be held after all, with the same host.
    """
    offer = open_of(tx, after.id)
    if offer is None:
        if before.is_off and not after.is_off:
            _resume(tx, after, ports)
        return
    if after.is_off or after.state in ("live", "ended"):
        close(tx, offer, "show_off", ports)
    elif after.host != before.host:
        close(tx, offer, "withdrawn", ports)
    else:
        now = ports.clock.now()
        kind: OfferKind = "swap" if now < after.starts_at else "stand_in"  # put off to tomorrow, none is needed now
        until = standin.lasts_until(kind, offer.made_at, after.starts_at, after.ends_at)
        moved = replace(offer, kind=kind, until=until)
        tx.host_offers.save(moved)
        tx.timers.set("OfferOver", offer.id, max(until, now))
        redraw(tx, moved, ports)


def _resume(tx: Tx, show: Show, ports: Ports) -> None:
    last = next(reversed(tx.host_offers.of_show(show.id)), None)
    is_same = last is not None and last.outcome == "show_off" and last.instead_of == show.host
    if last is not None and is_same and ports.clock.now() < last.until:
        reopen(tx, last, ports)


def on_over(tx: Tx, event: OfferOver, ports: Ports) -> None:
    """Nobody took it in time: the operators are told, and may ask again or name somebody."""
    offer = tx.host_offers.get(event.subject)
    show = tx.shows.get(offer.show) if offer is not None else None
    if offer is None or show is None or offer.closed_at is not None:
        return
    close(tx, offer, "expired", ports)
    text = msg("offer.nobody", show=show.id, room=show.room, when=When(show.starts_at, show.zone))
    again = Button(msg("button.offer_again"), "show offer", {"show": show.id}, "primary")
    answer = reply(Heading(text), Note(msg("offer.nobody_help", show=show.id)), Actions((again,)), tone="warning")
    pings = asking.audience(tx, "operators", (show.room,))
    tx.outbox.post(Post(f"offer-over:{offer.id}", "team", KIND, answer, show.id, pings=pings), event.now)
