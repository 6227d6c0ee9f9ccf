"""The chats round the bot as people know them: channels, groups and roles by their names, and what the bot may not do.

Places and marks are typed as CHAT:ADDRESS and CHAT:MARK, as a platform writes a mention of them, or by name.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from bot.core.command import Context
from bot.core.errors import NotFoundError, UserError
from bot.core.places_port import LACKING, ChatMark, ChatPlace, Group
from bot.core.ports import Ports, Tx
from bot.core.records import Channel
from bot.core.reply import Item, Items, Line, Listing, Msg, msg
from bot.core.rights import LEAST_OF_CHANNEL
from handlers import lookup

PURPOSES: tuple[Channel, ...] = ("team", "host", "managers")
WEB = ("web:team", "web:host", "web:managers")
_MENTION = re.compile(r"<(?:#|@&)(\d+)>")
_CAP = 60


@dataclass(frozen=True, slots=True)
class PlaceThere:
    """A place of a chat, with the group it is in."""

    chat: str
    group: Group
    place: ChatPlace

    @property
    def name(self) -> str:
        """As it is typed: the destination."""
        return f"{self.chat}:{self.place.address}"

    @property
    def told(self) -> str:
        return _of(self.place.name, self.group)

    @property
    def calls(self) -> str:
        return self.place.name


@dataclass(frozen=True, slots=True)
class MarkThere:
    """What an account can be in a group of a chat."""

    chat: str
    group: Group
    mark: ChatMark

    @property
    def name(self) -> str:
        """As it is typed: CHAT:MARK."""
        return f"{self.chat}:{self.mark.mark}"

    @property
    def told(self) -> str:
        return _of(self.mark.name, self.group)

    @property
    def calls(self) -> str:
        return self.mark.name


T = TypeVar("T", PlaceThere, MarkThere)


def _of(name: str, group: Group) -> str:
    return name if name == group.name else f"{name} ({group.name})"


@dataclass(frozen=True, slots=True)
class Around:
    """All there is. `unreachable`: chats that could not be asked just now, whose part is as it was seen last."""

    groups: Mapping[str, tuple[Group, ...]]
    unreachable: tuple[str, ...] = ()

    def places(self) -> Iterator[PlaceThere]:
        for chat, groups in self.groups.items():
            for group in groups:
                yield from (PlaceThere(chat, group, place) for place in group.places)

    def marks(self) -> Iterator[MarkThere]:
        for chat, groups in self.groups.items():
            for group in groups:
                yield from (MarkThere(chat, group, mark) for mark in group.marks)

    def near(self, ctx: Context) -> Around:
        """The chat somebody asks from, if it has places; else all. The group they are in comes first."""
        chat, address = ctx.actor.chat, ctx.actor.address

        def is_elsewhere(group: Group) -> bool:
            return all(place.address != address for place in group.places)

        groups = self.groups.get(chat)
        return self if groups is None else Around({chat: tuple(sorted(groups, key=is_elsewhere))}, self.unreachable)

    def told(self, destination: str) -> Line:
        """A destination as people know it; one that nobody knows any more as it is typed."""
        if destination in WEB:
            return msg("setup.web", channel=msg(f"web.channel.{destination.partition(':')[2]}"))
        return next((found.told for found in self.places() if found.name == destination), destination)

    def mark_told(self, chat: str, mark: str) -> str:
        name = f"{chat}:{mark}"
        return next((found.told for found in self.marks() if found.name == name), name)


def seen(ports: Ports) -> Around:
    """As the chats were seen last; asks nobody."""
    return Around({chat: places.seen() for chat, places in ports.places.items()})


async def look(ctx: Context) -> Around:
    """Asks every chat; what is found is what `seen` gives from then on, so that a right is checked for the same."""
    chats = list(ctx.ports.places.items())
    found = await asyncio.gather(*(places.look() for _, places in chats))
    unreachable = tuple(chat for (chat, _), now in zip(chats, found, strict=True) if now is None)
    return Around(seen(ctx.ports).groups, unreachable)


def here(ctx: Context) -> str | None:
    """The destination of where something was typed; None where that is the web chat or a private chat."""
    actor = ctx.actor
    is_place = actor.chat in ctx.ports.places and actor.address and not actor.address.startswith("@")
    return f"{actor.chat}:{actor.address}" if is_place else None


def place(around: Around, text: str, ctx: Context) -> PlaceThere:
    """The place that was named.

    Raises:
        NotFoundError: there is none, or its chat cannot be asked.
        UserError: several are called so.
    """
    found = _named(around.places(), text, ctx)
    if len(found) == 1:
        return found[0]
    if found:
        raise _several("setup.place_which", found, text, "place")
    chat = text.partition(":")[0]
    if chat in around.unreachable:
        raise NotFoundError("setup.unreachable", chat=chat.capitalize(), try_instead="/setup")
    known = [item.name for item in around.near(ctx).places()] or list(WEB)
    raise NotFoundError(
        "setup.place_unknown", place=text[:_CAP], known=lookup.near(text, known), try_instead=f"place={known[0]}"
    )


def mark(around: Around, text: str, ctx: Context) -> MarkThere:
    """What was named that an account can be; raises as `place` does."""
    found = _named(around.marks(), text, ctx)
    if len(found) == 1:
        return found[0]
    if found:
        raise _several("setup.mark_which", found, text, "mark")
    chat = text.partition(":")[0]
    if chat in around.unreachable:
        raise NotFoundError("setup.unreachable", chat=chat.capitalize(), try_instead="/setup")
    known = [item.name for item in around.near(ctx).marks()]
    raise NotFoundError("setup.mark_unknown", mark=text[:_CAP], known=lookup.near(text, known), try_instead="/setup")


def mark_or_none(ports: Ports, text: str, ctx: Context) -> MarkThere | None:
    """As `mark`, of what was seen last, without a word where it is not to be found."""
    found = _named(seen(ports).marks(), text, ctx)
    return found[0] if len(found) == 1 else None


def typed(text: str, ctx: Context) -> str:
    """What was named as CHAT:NAME, whether or not there is such a thing (any more)."""
    if (mention := _MENTION.fullmatch(text)) is not None:
        return f"{ctx.actor.chat}:{mention[1]}"
    return text if ":" in text else f"{ctx.actor.chat}:{text}"


def _named(items: Iterable[T], text: str, ctx: Context) -> list[T]:
    everything = list(items)
    exact = [item for item in everything if item.name in (text, typed(text, ctx), f"{ctx.actor.chat}:{text}")]
    if exact:
        return exact[:1]
    called = text.casefold().lstrip("#@")
    same = [item for item in everything if item.calls.casefold().lstrip("#@") == called]
    own = [item for item in same if item.chat == ctx.actor.chat]
    return own or same


def _several(key: str, found: list[PlaceThere] | list[MarkThere], text: str, option: str) -> UserError:
    names = Listing(tuple(msg("setup.named", name=item.name, told=item.told) for item in found))
    return UserError(key, name=text[:_CAP], known=names, try_instead=f"{option}={found[0].name}")


def what(purpose: str, room: str | None) -> Msg:
    """What a binding brings: "messages for the team, of all rooms"."""
    of = msg("setup.of_all") if room is None else msg("setup.of_room", room=room)
    return msg("setup.what", purpose=msg(f"setup.purpose.{purpose}"), of=of)


def where_lines(tx: Tx, around: Around, room: str | None = None) -> list[Msg]:
    """Each purpose with its places; without a room also what rooms have for themselves."""
    lines = [_line(around, purpose, tx.outbox.bound(purpose, room)) for purpose in PURPOSES]
    if room is not None:
        return lines
    for item in tx.rooms.all():
        for purpose in PURPOSES:
            bound = tx.outbox.bound(purpose, item.slug)
            if any((purpose, item.slug) in tx.outbox.purposes(name) for name in bound):
                told = _listing(around, bound)
                lines.append(msg("setup.line_room", purpose=purpose_name(purpose), room=item.slug, places=told))
    return lines


def of_room(tx: Tx, room: str, ctx: Context) -> list[Items]:
    """Where a room's messages go, of what this person may read; nothing where that is the web chat alone."""
    around = seen(ctx.ports)
    mine = [purpose for purpose in PURPOSES if ctx.actor.role >= LEAST_OF_CHANNEL[purpose]]
    bound = {purpose: tx.outbox.bound(purpose, room) for purpose in mine}
    if all(name in WEB for names in bound.values() for name in names):
        return []
    items = tuple(Item(_line(around, purpose, names)) for purpose, names in bound.items())
    return [Items(items, title=msg("setup.where"))]


def _line(around: Around, purpose: Channel, bound: tuple[str, ...]) -> Msg:
    return msg("setup.line", purpose=purpose_name(purpose), places=_listing(around, bound))


def purpose_name(purpose: Channel) -> Msg:
    return msg(f"setup.for.{purpose}")


def _listing(around: Around, destinations: tuple[str, ...]) -> Listing:
    return Listing(tuple(around.told(name) for name in destinations))


def lacks(missing: Iterable[str], title: Msg) -> list[Items]:
    """Permissions that the bot lacks, each with what does not work without it; nothing where it has all."""
    items = tuple(_lack(permission) for permission in missing)
    return [Items(items, title=title)] if items else []


def _lack(permission: str) -> Item:
    if permission not in LACKING:
        return Item(permission.replace("_", " "), note=msg("lack.other"))
    return Item(msg(f"permission.{permission}"), note=msg(f"lack.{permission}"))
