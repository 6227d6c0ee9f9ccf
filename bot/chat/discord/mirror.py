"""A show as one of a server's scheduled events: what it says, and the steps to how it should stand. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.chat.discord.markdown import NOTHING, Speak, clean, cut, cut_plain, escaped, flat
from bot.core.model import Room, Show
from bot.core.reply import msg

SCHEDULED, ACTIVE, COMPLETED, CANCELED = 1, 2, 3, 4
_EXTERNAL, _GUILD_ONLY = 3, 2
_NAME, _LOCATION, _LINE = 100, 100, 300
_MARKER = re.compile(r"^showcaller:(\S+)$", re.MULTILINE)
_TARGET = {"live": ACTIVE, "ended": COMPLETED, "cancelled": CANCELED, "skipped": CANCELED}


@dataclass(frozen=True, slots=True)
class Event:
    """What readers see of a show. Times in UTC."""

    show: str
    name: str
    start: datetime
    end: datetime
    location: str
    description: str

    def fields(self) -> dict[str, Any]:
        """As Discord takes it, for making and for changing one."""
        return {
            "name": self.name,
            "scheduled_start_time": self.start.isoformat(),
            "scheduled_end_time": self.end.isoformat(),
            "entity_metadata": {"location": self.location},
            "description": self.description,
            "entity_type": _EXTERNAL,
            "privacy_level": _GUILD_ONLY,
        }


def event_of(show: Show, room: Room | None, host: str | None, plain: Speak) -> Event:
    """`host` is the host's name. The last line of the description is the marker by which it is found again."""
    title = flat(clean(show.title or (room and room.theme) or ""))
    called = flat(clean(room.name if room else show.room))
    where = flat(clean(f"{room.platform} {room.handle or ''}" if room else show.room))
    lines = [] if host is None else [f"{plain(msg('show.field.host'))}: {clean(host)}"]
    about = [cut(escaped(flat(line)), _LINE) for line in lines]
    return Event(
        show.id,
        cut_plain(called if title == NOTHING else f"{called}: {title}", _NAME),
        show.starts_at,
        show.starts_at + timedelta(seconds=max(show.duration_s, 60)),
        cut_plain(where, _LOCATION),
        "\n".join([*about, f"showcaller:{show.id}"]),
    )


def show_of(description: str | None) -> str | None:
    """The show whose event bears this description; None: it is nobody's of ours."""
    found = _MARKER.findall(description or "")
    return found[-1] if found else None


def steps(state: str, event: Event, known: Mapping[str, Any], status: int, now: datetime) -> Sequence[dict[str, Any]]:
    """The changes that bring an event to what the show's `state` asks for; () where it stands right.

    `known` are the fields it was last given, `status` is how it stands at Discord.
    """
    target = _TARGET.get(state, SCHEDULED)
    if target == SCHEDULED:
        if event.fields() == known or event.start <= now:
            return ()
        return (event.fields(),) if status == SCHEDULED else ({"status": COMPLETED},)  # begun: a new one is made
    if target == ACTIVE:
        return ({"status": ACTIVE},) if status == SCHEDULED else ()
    if status == ACTIVE:
        return ({"status": COMPLETED},)
    return ({"status": CANCELED},) if target == CANCELED else ({"status": ACTIVE}, {"status": COMPLETED})
