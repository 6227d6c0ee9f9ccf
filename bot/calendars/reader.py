"""Reads plan files in a thread of its own, one at a time, whatever kind they are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from bot.calendars.limits import Deadline
from bot.core.errors import UserError
from bot.core.plan_file import MAX_FILE, Findings, Known, PlanFile
from bot.core.reply import msg

if TYPE_CHECKING:
    from collections.abc import Mapping

log = structlog.get_logger(__name__)

Read = Callable[[bytes, Known, Findings, Deadline], None]

_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_BY_ENDING: Mapping[str, str] = {
    "ics": "ics", "ical": "ics", "ifb": "ics", "csv": "csv", "tsv": "csv", "txt": "csv", "xlsx": "xlsx", "xlsm": "xlsx",
}  # fmt: skip


class Reader:
    """`monotonic`: the machine's own clock, in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._one_at_a_time = asyncio.Lock()

    async def read(self, name: str, data: bytes, known: Known) -> PlanFile:
        async with self._one_at_a_time:
            return await asyncio.to_thread(read, name, data, known, self._monotonic)


def read(name: str, data: bytes, known: Known, monotonic: Callable[[], float]) -> PlanFile:
    """What the file says; one that cannot be read is one problem."""
    found = Findings()
    try:
        _read(name, data, known, found, Deadline(monotonic))
    except UserError as error:
        found.wrong(msg("plan.at.file"), error)
    except Exception as error:  # noqa: BLE001 - three libraries on hostile bytes: whatever they raise, the file is bad
        log.warning("plan_file_unreadable", kind=kind_of(name, data), why=type(error).__name__)
        found.wrong(msg("plan.at.file"), UserError("plan.broken", try_instead="plan.csv", kind=kind_of(name, data)))
    return found.told()


def kind_of(name: str, data: bytes) -> str:
    """By what it begins with, since a name is quickly wrong; a text by its name."""
    if data.startswith(_ZIP):
        return "xlsx"
    if data.lstrip(b"\xef\xbb\xbf\r\n\t ")[:15].upper() == b"BEGIN:VCALENDAR":
        return "ics"
    return _BY_ENDING.get(name.rpartition(".")[2].lower(), "csv" if "." not in name else "")


def _read(name: str, data: bytes, known: Known, found: Findings, deadline: Deadline) -> None:
    if len(data) > MAX_FILE:
        raise UserError("plan.too_large", size=-(-len(data) // 1024), most=MAX_FILE // 1024)
    if not data.strip():
        raise UserError("plan.empty")
    if data.startswith(_OLD_OFFICE):
        raise UserError("plan.old_office")
    if not known.zones:
        raise UserError("plan.no_rooms", try_instead="/room add us_main us")
    match kind_of(name, data):
        case "xlsx":
            from bot.calendars.workbook import read_workbook  # noqa: PLC0415 - a second to load, and rarely needed

            read_workbook(data, known, found, deadline)
        case "ics":
            from bot.calendars.read import read_calendar  # noqa: PLC0415 - same

            read_calendar(data, known, found, deadline)
        case "csv":
            from bot.calendars.sheets import read_csv  # noqa: PLC0415 - same

            read_csv(data, known, found, deadline)
        case _:
            raise UserError("plan.unknown_kind", name=name[:60])
