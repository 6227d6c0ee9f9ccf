"""Times that Telegram shows each reader in their own zone: marked in a text here, tags in the end.

A mark is made of private-use characters, which `markup.clean` takes out of whatever people typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from telegram.constants import MessageEntityDateTimeFormats as Formats

from bot.core.delivery import Words
from bot.core.reply import Line, When, msg

MARKS = "\ue000-\ue0ff"
"""For a class of a regular expression."""
_FORMATS = {
    "full": Formats.LOCALIZED_WEEKDAY_LONG_DATE_SHORT_TIME,
    "date": Formats.LOCALIZED_WEEKDAY_LONG_DATE,
    "time": Formats.SHORT_TIME,
    "exact": Formats.LONG_TIME,
}
_LETTERS = sorted({letter for form in _FORMATS.values() for letter in form})
_DIGIT, _LETTER = 0xE010, 0xE020
_STAMP = re.compile("\ue000([\ue010-\ue019]+)([\ue020-\ue02f]*)\ue001([^\ue000-\ue002]*)\ue002")
_ANY = re.compile(f"[{MARKS}]")


def voice(words: Words, language: str, zone: str, *, in_group: bool) -> Callable[[Line], str]:
    """The words of a reader of `language` (BCP 47) in `zone` (IANA).

    In a group many read, each in a zone of their own: there a time that names no zone is shown in theirs, and one that
    does shows theirs when it is tapped. Who reads alone has said what zone they want.
    """
    plain = words.reader(language, zone).line
    if not in_group:
        return plain

    def moment(when: When) -> str:
        return _stamp(when, plain(msg("value", value=when)))

    return words.reader(language, zone, moment=moment).line


def _stamp(when: When, words: str) -> str:
    unix = int(when.at.timestamp())
    if unix < 0:
        return words
    digits = "".join(chr(_DIGIT + int(sign)) for sign in str(unix))
    shown = _FORMATS[when.style] if when.zone is None else ""
    form = "".join(chr(_LETTER + _LETTERS.index(letter)) for letter in shown)
    return f"\ue000{digits}{form}\ue001{words}\ue002"


def unmarked(text: str) -> str:
    """The words alone."""
    return _ANY.sub("", _STAMP.sub(lambda found: found[3], text))


def pieces(line: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A line cut at its marks: each piece with the tag it needs, if any."""
    at = 0
    for found in _STAMP.finditer(line):
        yield unmarked(line[at : found.start()]), ()
        unix = "".join(str(ord(sign) - _DIGIT) for sign in found[1])
        form = "".join(_LETTERS[ord(sign) - _LETTER] for sign in found[2])
        yield found[3], (f'tg-time unix="{unix}"' + (f' format="{form}"' if form else ""),)
        at = found.end()
    yield unmarked(line[at:]), ()
