"""Plan files that are tables: CSV with any of the usual separators and encodings."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from bot.calendars.decoding import text_of
from bot.calendars.limits import Deadline
from bot.core.errors import UserError
from bot.core.plan_file import MAX_LINES, Findings, Known
from bot.core.plan_table import Cell, Row, columns, line_of, recognised
from bot.core.reply import Msg, msg

MAX_COLUMNS = 40
LOOK_FOR_HEADINGS = 10
"""Lines in which the headings may stand: some have a title above."""
LONGEST_CELL = 2_000
"""Characters; no column takes more."""
_SEPARATORS = ",;\t，"
_ENOUGH = 2

Line = tuple[Msg, list[Cell | None]]
"""A line of a table with its place; None: an empty cell."""


def read_csv(data: bytes, known: Known, found: Findings, deadline: Deadline) -> None:
    text, note = text_of(data)
    if note is not None:
        found.note(note)
    if "\0" in text:
        raise UserError("plan.not_text")
    read_table(_csv_lines(text, deadline), known, found)


def _csv_lines(text: str, deadline: Deadline) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    begins = 1
    try:
        for cells in reader:
            deadline.check()
            where = msg("plan.at.line", line=str(begins))
            begins = reader.line_num + 1
            if len(cells) > MAX_COLUMNS:
                raise UserError("plan.too_wide", where=where, most=MAX_COLUMNS)
            yield where, [Cell(text, "") if text.strip() else None for text in cells]
    except csv.Error as error:  # a field that never ends
        raise UserError("plan.bad_csv", where=msg("plan.at.line", line=str(begins)), try_instead='"') from error


def _separator(text: str) -> str:
    """The one that the first lines with anything in them have most of, outside quotation marks."""
    head = [line for line in text[:20_000].splitlines() if line.strip()][:LOOK_FOR_HEADINGS]
    unquoted = "".join("".join(line.split('"')[::2]) for line in head)
    return max(_SEPARATORS, key=lambda sign: (unquoted.count(sign), -_SEPARATORS.index(sign)))


def read_table(lines: Iterable[Line], known: Known, found: Findings) -> None:
    """Headings first, then one show or series a row; empty rows are passed over."""
    rows = ((where, cells) for where, cells in lines if any(cells))
    headings, rest = _headings(rows)
    if headings is None:
        raise UserError("plan.empty")
    where, cells = headings
    names = [("" if cell is None else str(cell.value), _place(where, cell)) for cell in cells]
    fields = columns(names, found, known)
    if fields is None:
        return
    titles = {number: names[number][0].strip() for number in fields}
    for count, (where, row) in enumerate(rest, start=1):
        if count > MAX_LINES:
            raise UserError("plan.too_long", most=MAX_LINES)
        _read_row(where, row, fields, titles, known, found)


def _headings(rows: Iterator[Line]) -> tuple[Line | None, Iterator[Line]]:
    """The first line in which two headings of ours stand, else the first line; and the lines after it."""
    looked: list[Line] = []
    for line in rows:
        names = [str(cell.value) for cell in line[1] if cell is not None]
        if recognised(names) >= min(_ENOUGH, len(names)):
            return line, rows
        looked.append(line)
        if len(looked) == LOOK_FOR_HEADINGS:
            break
    return (looked[0] if looked else None), iter(())


def _place(where: Msg, cell: Cell | None) -> Msg:
    return msg("plan.at.cell", cell=cell.at) if cell is not None and cell.at else where


def _read_row(
    where: Msg, row: Sequence[Cell | None], fields: dict[int, str], titles: dict[int, str], known: Known,
    found: Findings,
) -> None:  # fmt: skip
    cells: dict[str, Cell] = {}
    for number, field in fields.items():
        cell = row[number] if number < len(row) else None
        if cell is None:
            continue
        if isinstance(cell.value, UserError):
            found.wrong(where, cell.value)
            return
        if isinstance(cell.value, str) and len(cell.value) > LONGEST_CELL:
            found.wrong(where, UserError("plan.cell_too_long", cell=cell.at or titles[number], most=LONGEST_CELL))
            return
        cells[field] = cell if cell.at else Cell(cell.value, titles[number])
    if not cells:
        return
    try:
        found.lines.append(line_of(Row(where, cells), known))
    except UserError as error:
        found.wrong(where, error)
