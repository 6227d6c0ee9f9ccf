"""People: who is here, one's own settings, and what planning needs to know of hosts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from bot.core import availability
from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, UserError
from bot.core.markets import MARKETS
from bot.core.model import HostProfile, Person, Role
from bot.core.ports import Ports, Tx
from bot.core.reply import (
    Block,
    Code,
    Facts,
    Heading,
    Item,
    Items,
    Line,
    Listing,
    Note,
    Reply,
    Span,
    Text,
    msg,
    reply,
)
from bot.core.zones import zone as check_zone
from handlers import borne, conflicts, lookup
from handlers.lookup import record
from handlers.rooms import check_language, check_slug

_LONGEST_NAME = 60
_LONGEST_REST_S = 24 * 3600
_MOST = 12
"""Markets or languages one host can have."""

Language = Annotated[str | None, Arg("zh-CN", kind="choice", choices=("en", "zh-cn", "team"), keyed=True)]
Zone = Annotated[str | None, Arg("Asia/Shanghai", keyed=True, completer="zone")]
Name = Annotated[str | None, Arg("Mia Chen", keyed=True)]
Speaks = Annotated[str | None, Arg("en,es", keyed=True)]
Hours = Annotated[str | None, Arg(availability.EXAMPLE, keyed=True)]
Rest = Annotated[int | None, Arg("8h", kind="duration", keyed=True)]
Reached = Annotated[str | None, Arg("dm", kind="choice", choices=("dm", "channel"), keyed=True)]
Markets = Annotated[str | None, Arg("us,uk", keyed=True)]
PersonSlug = Annotated[str, Arg("mia", completer="person", help="arg.who")]


@dataclass(frozen=True, slots=True)
class Me:
    name: Name = None
    language: Language = None
    zone: Zone = None
    speaks: Speaks = None
    hours: Hours = None
    rest: Rest = None
    reach: Reached = None


@dataclass(frozen=True, slots=True)
class AddPerson:
    slug: Annotated[str, Arg("lena", help="arg.person_slug")]
    name: Name = None
    zone: Zone = None
    language: Language = None


@dataclass(frozen=True, slots=True)
class AddHost:
    slug: Annotated[str, Arg("mia", help="arg.host_slug")]
    name: Name = None
    zone: Zone = None
    language: Annotated[str | None, Arg("zh-CN", kind="choice", choices=("en", "zh-cn"), keyed=True)] = None
    speaks: Speaks = None
    markets: Markets = None
    hours: Hours = None
    rest: Rest = None


@dataclass(frozen=True, slots=True)
class EditHost:
    host: Annotated[str, Arg("mia", completer="host")]
    name: Name = None
    zone: Zone = None
    speaks: Speaks = None
    markets: Markets = None
    hours: Hours = None
    rest: Rest = None
    reach: Reached = None


@dataclass(frozen=True, slots=True)
class ListHosts:
    pass


def check_name(text: str) -> str:
    """A name as people read it, blanks folded.

    Raises:
        UserError: it is too long, or has characters nobody can see.
    """
    name = " ".join(text.split())
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise UserError("signin.name", most=_LONGEST_NAME, try_instead="name=Mia")
    return name


def _changed_person(old: Person, request: Any) -> Person:
    """What the request says of the person; "team" goes back to the team's language."""
    language = old.language
    if (wanted := getattr(request, "language", None)) is not None:
        language = {"zh-cn": "zh-CN", "team": None}.get(wanted, wanted)
    if request.zone is not None:
        check_zone(request.zone)
    return replace(
        old,
        name=check_name(request.name) if getattr(request, "name", None) else old.name,
        language=language,
        zone=request.zone or old.zone,
        speaks=old.speaks if request.speaks is None else tuple(_language(item) for item in _listed(request.speaks)),
    )


def _changed_host(old: HostProfile, request: Any) -> HostProfile:
    if request.rest is not None and request.rest > _LONGEST_REST_S:
        raise UserError("host.bad_rest", rest=Span(request.rest), try_instead="rest=8h")
    markets = getattr(request, "markets", None)
    return replace(
        old,
        markets=old.markets if markets is None else tuple(_market(item) for item in _listed(markets)),
        hours=old.hours if request.hours is None else _hours(request.hours),
        rest_s=old.rest_s if request.rest is None else request.rest,
        reach=getattr(request, "reach", None) or old.reach,
    )


def _hours(text: str) -> tuple[availability.Window, ...]:
    return () if text.lower() == "any" else availability.parse(text)


def _listed(text: str) -> list[str]:
    """Names between commas; "any" is none in particular."""
    items = [item.strip().lower() for item in text.replace("，", ",").replace(";", ",").split(",") if item.strip()]
    if len(items) > _MOST:
        raise UserError("list.too_long", most=_MOST, try_instead=",".join(items[:3]))
    return [] if items == ["any"] else list(dict.fromkeys(items))


def _language(code: str) -> str:
    """As codes are written: zh-CN, also where somebody typed zh-cn."""
    return re.sub(r"-[a-z]{2}$", lambda region: region[0].upper(), check_language(code, try_instead="speaks=en,es"))


def _market(name: str) -> str:
    if name not in MARKETS:
        known = lookup.near(name, list(MARKETS))
        raise UserError("market.unknown", market=name[:60], known=known, try_instead="markets=us,uk")
    return name


def _as_typed(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}h{minutes}m" if minutes else f"{hours}h"


def _differs(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    names = [name for name in after if after[name] != before[name]]
    return {name: before[name] for name in names}, {name: after[name] for name in names}


def _told(person: Person, profile: HostProfile | None) -> dict[str, Any]:
    """As the audit keeps it: what can be typed again."""
    told: dict[str, Any] = {
        "name": person.name, "language": person.language, "zone": person.zone, "speaks": list(person.speaks),
    }  # fmt: skip
    if profile is not None:
        told |= {
            "markets": list(profile.markets), "hours": availability.told(profile.hours),
            "rest": _as_typed(profile.rest_s), "reach": profile.reach,
        }  # fmt: skip
    return told


def _save(tx: Tx, ctx: Context, action: str, old: tuple[Person, HostProfile | None], request: Any) -> Person:
    """Keeps what the request changes of a person and, where they host, of their profile; in the audit as one."""
    person, profile = _changed_person(old[0], request), old[1]
    if profile is not None:
        profile = _changed_host(profile, request)
    elif request.hours is not None or request.rest is not None or getattr(request, "reach", None) is not None:
        raise ConflictError("me.no_host", try_instead=f"/host add {person.slug}")
    before, after = _differs(_told(*old), _told(person, profile))
    if after:
        tx.people.save(person)
        if profile is not None:
            tx.people.save_host(profile)
        record(tx, ctx, action, person.slug, before, after)
        if "rest" in after:
            conflicts.review_host(tx, ctx.ports, person.slug)
    return person


async def me(request: Me, ctx: Context) -> Reply:
    """Shows one's settings, and changes them."""

    def work(tx: Tx) -> Reply:
        old = lookup.person(tx, ctx.actor.person)
        new = _save(tx, ctx, "me", (old, tx.people.host(old.slug)), request)
        profile = tx.people.host(new.slug)
        blocks: list[Block] = [Heading(new.name), _person_facts(tx, new, profile, ctx.ports)]
        blocks.append(Note(msg("me.how")))
        if profile is not None:
            blocks.append(Note(msg("me.how_host")))
        return reply(*blocks)

    return await ctx.ports.store.write(work)


def _person_facts(tx: Tx, person: Person, profile: HostProfile | None, ports: Ports) -> Facts:
    team = ports.team
    roles = borne.lines(tx, person.slug, ports)
    told = msg("value", value=Listing(tuple(roles))) if roles else msg("role.nobody")
    rows: list[tuple[Line, Line]] = [(msg("me.role"), told)]
    rows += [
        (msg("me.language"), person.language or msg("me.team_value", value=team.language)),
        (msg("me.zone"), person.zone or msg("me.team_value", value=team.zone)),
    ]
    if person.speaks:
        rows.append((msg("me.speaks"), msg("value", value=Listing(person.speaks))))
    accounts = [f"{item.chat}: {item.account}" for item in tx.people.accounts(person.slug)]
    rows.append((msg("me.accounts"), msg("value", value=Listing(tuple(accounts)))))
    if profile is not None:
        rows += _host_rows(profile)
    return Facts(tuple(rows))


def _host_rows(profile: HostProfile) -> list[tuple[Line, Line]]:
    hours = availability.told(profile.hours)
    markets = msg("value", value=Listing(profile.markets)) if profile.markets else msg("host.any")
    return [
        (msg("host.field.markets"), markets),
        (msg("host.field.hours"), hours or msg("host.not_said")),
        (msg("host.field.rest"), msg("value", value=Span(profile.rest_s))),
        (msg("host.field.reach"), msg(f"reach.{profile.reach}")),
    ]


async def add_person(request: AddPerson, ctx: Context) -> Reply:
    """Somebody new, who may look; what else they may do is granted."""
    slug = check_slug(request.slug)

    def work(tx: Tx) -> Reply:
        _unknown(tx, slug, f"/grant {slug} operator")
        blank = Person(slug, slug, Role.VIEWER)
        person = _changed_person(blank, _Wanted(request.name, request.zone, request.language))
        tx.people.save(person)
        record(tx, ctx, "person.add", slug, after={"name": person.name, "role": "viewer"})
        return reply(Text(msg("person.added", name=person.name)), Code(f"/grant {slug} operator"), tone="good")

    return await ctx.ports.store.write(work)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a new person is asked for by the commands that make one."""

    name: str | None
    zone: str | None
    language: str | None
    speaks: str | None = None


def _unknown(tx: Tx, slug: str, try_instead: str) -> None:
    if tx.people.get(slug) is not None:
        raise ConflictError("person.exists", person=slug, try_instead=try_instead)


async def add_host(request: AddHost, ctx: Context) -> Reply:
    """A new host, or somebody who is here already and hosts from now on."""
    slug = check_slug(request.slug)

    def work(tx: Tx) -> Reply:
        known = tx.people.get(slug)
        if tx.people.host(slug) is not None:
            raise ConflictError("host.exists", person=slug, try_instead=f"/host edit {slug}")
        new = _changed_person(known or Person(slug, slug, Role.HOST), request)
        host = replace(new, role=max(new.role, Role.HOST))
        tx.people.save(host)
        profile = _changed_host(HostProfile(slug), request)
        tx.people.save_host(profile)
        before = None if known is None else {"role": known.role.name.lower()} | _told(known, None)
        record(tx, ctx, "host.add", slug, before, {"role": host.role.name.lower()} | _told(host, profile))
        zone = host.zone or ctx.ports.team.zone
        room = next((item.slug for item in tx.rooms.all() if ctx.actor.rights.sees(item)), None)
        following = "/room add us_main us" if room is None else f"/show plan {room} fri 20:00 host={slug}"
        return reply(
            Text(msg("host.added", name=host.name, zone=zone)), Code(following),
            tone="good",
        )  # fmt: skip

    return await ctx.ports.store.write(work)


async def edit_host(request: EditHost, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        person = lookup.person(tx, request.host, try_instead="/host add {slug}")
        profile = tx.people.host(person.slug)
        if profile is None:
            raise ConflictError("person.no_host", person=person.slug, try_instead=f"/host add {person.slug}")
        new = _save(tx, ctx, "host.edit", (person, profile), request)
        after = tx.people.host(new.slug) or profile
        if (new, after) == (person, profile):
            raise UserError("edit.nothing", try_instead=f'/host edit {new.slug} hours="{availability.EXAMPLE}"')
        return reply(Text(msg("host.edited", name=new.name)), _person_facts(tx, new, after, ctx.ports), tone="good")

    return await ctx.ports.store.write(work)


async def list_hosts(_request: ListHosts, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        items = []
        for profile in tx.people.hosts():
            person = lookup.person(tx, profile.person)
            zone = person.zone or ctx.ports.team.zone
            markets = msg("value", value=Listing(profile.markets)) if profile.markets else msg("host.any")
            hours = availability.told(profile.hours) or msg("host.not_said")
            items.append(
                Item(
                    msg("host.line", host=person.slug, name=person.name, zone=zone),
                    note=msg("host.note", markets=markets, hours=hours),
                )
            )
        if not items:
            return reply(Text(msg("host.none")), Code("/host add mia name=Mia"))
        return reply(Items(tuple(items), title=msg("host.list_title", n=len(items))))

    return await ctx.ports.store.read(work)
