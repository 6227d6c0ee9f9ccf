"""Who changed what, searched: by person, room or show, the newest first."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from bot.core.command import Arg, Context
from bot.core.errors import NotFoundError, UserError
from bot.core.model import Role
from bot.core.ports import Tx
from bot.core.records import AuditEntry
from bot.core.reply import Block, Code, Heading, Item, Items, Line, Msg, Note, Reply, Text, When, msg, reply
from handlers import lookup

_MOST = 50
_CAP = 80
"""Characters of one value that are shown; all of it is kept."""
_CHANNELS = ("team", "host", "managers")
_AT_THE_DOOR = ("signin", "claim", "signout")
"""What is also done on a page that has no channel."""
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)")
_STATES = {
    "show_state": {"planned", "go", "no_go", "live", "ended", "cancelled", "skipped"},
    "room_state": {"active", "archived"},
}
_ROLES = {role.name.lower() for role in Role}


@dataclass(frozen=True, slots=True)
class Audit:
    who: Annotated[str | None, Arg("mei", keyed=True, completer="person")] = None
    room: Annotated[str | None, Arg("us_main", keyed=True, completer="room")] = None
    show: Annotated[str | None, Arg("us_main-0312", keyed=True, completer="show")] = None
    n: Annotated[int, Arg("20", kind="integer", keyed=True, help="arg.audit_n", least=1, most=_MOST)] = 20


async def audit(request: Audit, ctx: Context) -> Reply:
    """The newest entries that fit every filter given, times in the reader's zone."""
    if not 1 <= request.n <= _MOST:
        raise UserError("audit.bad_n", n=request.n, most=_MOST, try_instead=f"/audit n={_MOST}")

    def work(tx: Tx) -> Reply:
        who = None if request.who is None else _person(tx, request.who)
        room = None if request.room is None else lookup.room(tx, request.room).slug
        show = None if request.show is None else lookup.show(tx, request.show, ctx).id
        filters = " ".join(
            f"{name}={value}" for name, value in (("who", who), ("room", room), ("show", show)) if value is not None
        )
        found = tx.audit.newest(request.n + 1, actor=who, room=room, show=show)
        if not found:
            return _nothing(filters)
        blocks: list[Block] = [Heading(msg("audit.of", filters=filters) if filters else msg("audit.all"))]
        blocks.append(Items(tuple(_item(tx, entry, ctx.actor.zone) for entry in found[: request.n])))
        if len(found) > request.n:
            blocks += _more(request.n, filters)
        return reply(*blocks)

    return await ctx.ports.store.read(work)


def _person(tx: Tx, slug: str) -> str:
    if tx.people.get(slug) is None:
        known = [item.slug for item in tx.people.all()]
        near = lookup.near(slug, known)
        raise NotFoundError("person.unknown", person=slug[:_CAP], known=near, try_instead="/audit")
    return slug


def _nothing(filters: str) -> Reply:
    if filters:
        return reply(Text(msg("audit.none_of", filters=filters)), Code("/audit"))
    return reply(Text(msg("audit.none")), Code("/help"))


def _more(n: int, filters: str) -> list[Block]:
    if n == _MOST:
        return [Note(msg("audit.older_narrow", n=n)), Code("/audit who=NAME room=ROOM show=SHOW")]
    return [Note(msg("audit.older", n=n)), Code(f"/audit {filters} n={min(n * 2, _MOST)}".replace("  ", " "))]


def _item(tx: Tx, entry: AuditEntry, zone: str) -> Item:
    what = lookup.what_was_done(entry)
    subject = entry.subject
    if entry.action == "refused" and subject != entry.via.partition(":")[2]:
        subject = f"/{subject}"  # a command, not the message whose button was gone
    line = msg("audit.line", when=When(entry.at), who=lookup.name(tx, entry.actor), what=what, subject=subject)
    change = _change(_in_zone(entry.before, zone), _in_zone(entry.after, zone))
    where = _where(entry)
    return Item(line, note=where if change is None else msg("audit.note", change=change, where=where))


def _where(entry: AuditEntry) -> Line:
    chat, _, button = entry.via.partition(":")
    channel: Line = msg("audit.no_channel")
    if entry.channel is None and entry.action in _AT_THE_DOOR:
        return chat
    if entry.channel is not None:
        channel = msg(f"web.channel.{entry.channel}") if entry.channel in _CHANNELS else entry.channel
    if button:
        return msg("audit.where_button", chat=chat, channel=channel, message=button)
    return msg("audit.where", chat=chat, channel=channel)


def _in_zone(value: object, zone: str) -> object:
    """The same with every instant as the reader's clock shows it."""
    if isinstance(value, dict):
        return {name: _in_zone(item, zone) for name, item in value.items()}
    if isinstance(value, list):
        return [_in_zone(item, zone) for item in value]
    if isinstance(value, str) and _STAMP.fullmatch(value):
        return f"{datetime.fromisoformat(value).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
    return value


def _change(before: object, after: object) -> Msg | str | None:
    """What was there and what came instead; None where the action says it all."""
    if isinstance(before, dict) and isinstance(after, dict):
        return _fields(before, after)
    match before, after:
        case [str(name), *was], [str(again), *now] if name == again:  # one thing's name, then what was said of it
            return _of(name, was, now)
        case str(was), {"state": str(now), **more}:
            change = _states(was, now)
            return msg("audit.note", change=change, where=_short(more)) if any(more.values()) else change
        case str(was), str(now):
            return _states(was, now)
    if before is not None:
        return msg("change", old=_short(before), new=_short(after))
    return None if after in (None, [], {}) else _short(after)


def _fields(before: Mapping[str, object], after: Mapping[str, object]) -> Msg | None:
    """Each that changed; of the others only the scope, without which a role says nothing."""
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if not changed:
        return None
    fields = [_of(name, before.get(name), after.get(name)) for name in changed]
    told = functools.reduce(lambda told, field: msg("audit.fields", told=told, field=field), fields)
    scope = after.get("scope")
    return told if scope is None or "scope" in changed else msg("audit.note", change=told, where=_scope(str(scope)))


def _scope(written: str) -> Msg | str:
    return msg("scope.everywhere") if written == "everywhere" else written


def _states(was: str, now: str) -> Msg:
    """A show's or a room's state before and after, in words; what is neither stands as it is kept."""
    for kind, known in _STATES.items():
        if {was, now} <= known:
            return msg("change", old=msg(f"{kind}.{was}"), new=msg(f"{kind}.{now}"))
    return msg("change", old=_short(was), new=_short(now))


def _of(name: Msg | str, before: object, after: object) -> Msg:
    old, new = (_role(value) if name == "role" else _short(value) for value in (before, after))
    return msg("audit.field", name=name, change=msg("change", old=old, new=new))


def _role(value: object) -> Msg | str:
    return msg(f"role.{value}") if value in _ROLES else _short(value)


def _short(value: object) -> Msg | str:
    text = "" if value is None else lookup.told(value)
    if not text:
        return msg("none")
    return text if len(text) <= _CAP else f"{text[: _CAP - 1]}…"
