"""Plan files as people and programs make them, and how a test reads one."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime

import openpyxl

from bot.calendars.reader import read
from bot.core.plan_file import Known
from prompts.catalogue import Catalogues

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
ZONES = {"us_main": "America/New_York", "th_main": "Asia/Bangkok"}
WORDS = Catalogues.load()
READER = WORDS.reader("en", "Asia/Shanghai")


def on(text: str) -> datetime:
    """A wall time."""
    return datetime.fromisoformat(text)


def told(name: str, data: bytes, *, room: str | None = None, now: datetime = NOW):
    return read(name, data, Known(ZONES, now, room), time.monotonic)


def said(file):
    """Problems as a person reads them, each with where it is and what to put there."""
    return [
        f"{READER.line(one.where)}: {READER.line(one.what)}" + (f" [{one.try_instead}]" if one.try_instead else "")
        for one in file.problems
    ]  # fmt: skip


def noted(file):
    return [READER.line(note) for note in file.notes]


def book(fill, **names) -> bytes:
    made = openpyxl.Workbook()
    fill(made.active, made)
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


def calendar(*events: str, head: str = "") -> bytes:
    """Each event by its own lines; the UIDs count from 1."""
    body = "".join(
        f"BEGIN:VEVENT\nUID:{number}\n{event}\nEND:VEVENT\n" if "UID:" not in event
        else f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n"
        for number, event in enumerate(events, start=1)
    )  # fmt: skip
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n{head}{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()
