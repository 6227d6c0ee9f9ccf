"""Plan files that are Excel workbooks, without trusting them: what they unpack to is looked at before they are opened.

openpyxl reads their XML with defusedxml where that is installed, and it is a dependency.
"""

from __future__ import annotations

import io
import itertools
import operator
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import range_boundaries

from bot.calendars.limits import Deadline
from bot.calendars.sheets import MAX_COLUMNS, Line, read_table
from bot.core.errors import UserError
from bot.core.excerpt import excerpt
from bot.core.plan_file import Findings, Known
from bot.core.plan_table import Cell
from bot.core.reply import Listing, msg

MOST_UNPACKED = 24 * 1024 * 1024
"""Bytes of all parts together."""
MOST_RATIO = 150
"""Unpacked to packed, of a part above a megabyte: a sheet of nothing but the same line has about 60."""
_LARGE = 1024 * 1024
MOST_PARTS = 500
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]{0,200}?ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')
MOST_MERGED = 2_000
_NOTHING = itertools.repeat(EMPTY_CELL)

Area = tuple[int, int, int, int]
"""First column, first row, last column, last row; from 1."""


def read_workbook(data: bytes, known: Known, found: Findings, deadline: Deadline) -> None:
    """The first sheet that is not hidden."""
    _check_parts(data)
    values = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    formulas = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
    try:
        deadline.check()
        shown = [sheet for sheet in values.worksheets if sheet.sheet_state == "visible"]
        if not shown:
            raise UserError("plan.empty")
        if len(shown) > 1:
            others = Listing(tuple(excerpt(str(sheet.title), 40) for sheet in shown[1:8]))
            found.note(msg("plan.note.one_sheet", sheet=excerpt(str(shown[0].title), 40), others=others))
        merged = _merged(data, shown[0])
        lines = _lines(shown[0], formulas[shown[0].title], deadline)
        read_table(_spread(lines, merged), known, found)
    finally:
        values.close()
        formulas.close()


def _check_parts(data: bytes) -> None:
    """What the zip says of itself: zipfile unpacks no more of a part than its entry says.

    Raises:
        UserError: it unpacks to too much, or is encrypted.
        BadZipFile: it is none.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        infos = parts.infolist()
    total = sum(info.file_size for info in infos)
    if total > MOST_UNPACKED or len(infos) > MOST_PARTS:
        raise UserError("plan.bomb", size=total // _LARGE, most=MOST_UNPACKED // _LARGE)
    for info in infos:
        if info.file_size > _LARGE and info.file_size > MOST_RATIO * info.compress_size:
            raise UserError("plan.bomb", size=info.file_size // _LARGE, most=MOST_UNPACKED // _LARGE)
        if info.flag_bits & 1:
            raise UserError("plan.encrypted")


def _merged(data: bytes, sheet: Any) -> list[Area]:
    """Areas of merged cells; openpyxl knows them only where it has all of a sheet in memory."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        text = parts.read(sheet._worksheet_path)  # noqa: SLF001 - there is no face for it
    names = _MERGED.findall(text)
    if len(names) > MOST_MERGED:
        raise UserError("plan.too_merged", most=MOST_MERGED)
    return [range_boundaries(name.decode()) for name in names]


def _lines(sheet: Any, with_formulas: Any, deadline: Deadline) -> Iterator[tuple[int, list[Cell | None]]]:
    """Rows with their numbers, those with nothing in them left out; the declared size is not believed."""
    sheet.reset_dimensions()
    with_formulas.reset_dimensions()
    rows = zip(sheet.iter_rows(max_col=MAX_COLUMNS), with_formulas.iter_rows(max_col=MAX_COLUMNS), strict=False)
    for number, (cells, sources) in enumerate(rows, start=1):
        if number % 64 == 0:
            deadline.check()
        if not any(map(operator.is_not, cells, _NOTHING)) and not any(map(operator.is_not, sources, _NOTHING)):
            continue  # a cell far below makes a million of these
        places = (f"{get_column_letter(column)}{number}" for column in range(1, len(cells) + 1))
        yield number, [_cell(*each) for each in zip(cells, sources, places, strict=False)]


def _cell(cell: Any, source: Any, place: str) -> Cell | None:
    value = cell.value
    if value is None and source.data_type == "f":
        return Cell(UserError("plan.formula", try_instead="20:00", cell=place), place)
    if cell.data_type == "e":
        return Cell(UserError("plan.cell_error", cell=place, value=excerpt(str(value), 20)), place)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, str | int | float | datetime | date | time | timedelta):
        return Cell(value, place)
    return Cell(str(value), place)


def _spread(lines: Iterator[tuple[int, list[Cell | None]]], merged: list[Area]) -> Iterator[Line]:
    """A value merged down its column holds for each of its rows; one that goes over several columns is a problem.

    Unless nothing is beside it: then it is a title.
    """
    values: dict[Area, Cell] = {}
    for number, cells in lines:
        has_any = any(cells)
        for area in merged:
            column, top, right, bottom = area
            if not top <= number <= bottom or column > len(cells):
                continue
            here = cells[column - 1]
            if column != right and here is not None and _is_data(cells, area):
                cells[column - 1] = Cell(UserError("plan.merged", area=_name(area)), _name(area))
            elif column == right and number == top and here is not None:
                values[area] = here
            elif column == right and has_any and area in values:
                cells[column - 1] = values[area]
        yield msg("plan.at.row", row=str(number)), cells


def _is_data(cells: list[Cell | None], area: Area) -> bool:
    """Beside a title that goes over the whole table there is nothing."""
    return any(cell is not None for number, cell in enumerate(cells, start=1) if not area[0] <= number <= area[2])


def _name(area: Area) -> str:
    return f"{get_column_letter(area[0])}{area[1]}:{get_column_letter(area[2])}{area[3]}"
