"""What a date is in its market, for whoever shows dates: holiday, sale day, season."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core.model import Show
from bot.core.occasions import occasions_msg
from bot.core.ports import Ports
from bot.core.reply import Line, Msg, msg


def beside(ports: Ports, zone: str, at: datetime, language: str | None = None) -> Msg | None:
    """What the day of the instant is in the market of the zone; None where it is nothing but a day.

    `language` (BCP 47) of whoever reads it; None: the team's.
    """
    day = at.astimezone(ZoneInfo(zone)).date()
    return occasions_msg(ports.occasions.on(zone, day, language or ports.team.language))


def row(ports: Ports, show: Show, language: str | None = None) -> list[tuple[Line, Line]]:
    """A row of facts about a show; none on a day that is nothing but a day."""
    found = beside(ports, show.zone, show.starts_at, language)
    return [] if found is None else [(msg("show.field.occasion"), found)]


def with_state(ports: Ports, show: Show, language: str | None = None) -> Msg:
    """The note of a show in a list: its state, and what its day is."""
    state = msg(f"show_state.{show.state}")
    found = beside(ports, show.zone, show.starts_at, language)
    return state if found is None else msg("show.beside", state=state, occasion=found)
