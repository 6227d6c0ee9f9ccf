"""Bytes of a text file to text, whatever program on whatever computer wrote them."""

from __future__ import annotations

import codecs

from bot.core.errors import UserError
from bot.core.reply import Msg, msg

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),  # begins like UTF-16's, so it goes first
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_ASCII_LAST = 0x7F
_COMMON = range(0xB0, 0xF8)
"""First bytes of GB 2312's hanzi; the second is 0xA1 at least."""
_SIGNS = range(0xA1, 0xAA)
"""First bytes of GB 2312's punctuation and full-width letters."""
_GB2312_FIRST = 0xA1
_FOUR_BYTES = range(0x30, 0x3A)
"""A second byte in this range begins a character of four bytes."""
_MOSTLY = 0.9


def text_of(data: bytes) -> tuple[str, Msg | None]:
    """The text, and a note of what its encoding was taken for, where that is not UTF-8.

    By the mark at the beginning; else UTF-8 if it is valid; else GB18030 if what would be hanzi are nearly all of the
    common set, for accented letters of Windows-1252 before plain ones pass for the rarest; else Windows-1252.

    Raises:
        UserError: it is none of them.
    """
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            text = _decoded(data, codec)
            if text is None:
                raise UserError("plan.bad_encoding", encoding=name)
            return text, None if name == "UTF-8" else _note(name)
    text = _decoded(data, "utf-8")
    if text is not None:
        return text, None
    chinese, western = _decoded(data, "gb18030"), _decoded(data, "cp1252")
    if chinese is not None and (western is None or _is_common_chinese(data)):
        return chinese, _note("GB18030")
    if western is not None:
        return western, _note("Windows-1252")
    raise UserError("plan.unknown_encoding")


def _note(name: str) -> Msg:
    return msg("plan.note.encoding", encoding=name)


def _decoded(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeError:
        return None


def _is_common_chinese(data: bytes) -> bool:
    """Whether nearly all characters beyond ASCII, read as GB18030, are in GB 2312 (`data` is valid GB18030)."""
    common = others = at = 0
    while at < len(data):
        first = data[at]
        if first <= _ASCII_LAST:
            at += 1
            continue
        second = data[at + 1]
        is_common = (first in _COMMON or first in _SIGNS) and second >= _GB2312_FIRST
        common, others = common + is_common, others + (not is_common)
        at += 4 if second in _FOUR_BYTES else 2
    return common >= _MOSTLY * (common + others)
