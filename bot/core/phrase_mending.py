"""What to type instead of a schedule phrase that was refused: always something that can be read."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator

from bot.core.errors import UserError
from bot.core.phrase_draft import EXAMPLE, LONGEST
from bot.core.phrase_words import VOCABULARY, month_day
from bot.core.phrases import Phrase
from bot.core.reply import Listing

_NEAR = 0.74
"""Two letters changed places in a word of six."""
_ENDS = re.compile(r"(?:[\s,;，；、]|(?<![a-z])(?:and|at|in|of|on|the|for)(?![a-z]))+$", re.IGNORECASE)
"""What would hang loose at the end of a shortened text."""
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.?")
_SALE_DAYS = dict.fromkeys(("双十一", "双11"), "11月11日") | dict.fromkeys(("双十二", "双12"), "12月12日")
_OF_YEAR = range(1, 13)
_QUESTIONS = 3
"""One answer may raise the next question: so many are answered before an example is given instead."""


def mended(error: UserError, text: str, read: Callable[[str], Phrase]) -> UserError:
    """The error with something to type instead that `read` understands, and with such readings only."""
    answers = (_leads(words, read, questions) for words, questions in _candidates(error, text) if len(words) <= LONGEST)
    instead = next((each for each in answers if each is not None), EXAMPLE)
    params = dict(error.message.params)
    readings = params.get("readings")
    if isinstance(readings, Listing):
        useful = tuple(each for each in readings.items if _leads(str(each), read, _QUESTIONS) is not None)
        params["readings"] = Listing(useful or (instead,))
    return UserError(error.message.key, try_instead=instead, **params)


def _candidates(error: UserError, text: str) -> Iterator[tuple[str, int]]:
    """What might do, the best first, and how many questions may be answered on the way."""
    if error.message.key == "schedule.unreadable":
        at, part = int(str(error.message.params["at"])), str(error.message.params["part"])
        before, after = text[: at - 1], text[at - 1 + len(part) :]
        if (day := _dotted_day(part)) is not None:
            yield f"{before}{day}{after}".strip(), _QUESTIONS
        for word in difflib.get_close_matches(part.lower(), VOCABULARY, n=3, cutoff=_NEAR):
            yield f"{before}{word}{after}".strip(), _QUESTIONS
        before = _ENDS.sub("", before)
        yield before.strip(), 0
        yield " ".join(f"{before} {after}".split()), 0
    if error.try_instead is not None:
        yield error.try_instead, _QUESTIONS
    readings = error.message.params.get("readings")
    if isinstance(readings, Listing):
        for each in readings.items:
            yield str(each), _QUESTIONS


def _dotted_day(part: str) -> str | None:
    """A date as sale days are called, 12.12 or 双十二, in words that are read; None: not one, or one that means two."""
    if part in _SALE_DAYS:
        return _SALE_DAYS[part]
    found = _DOTTED.fullmatch(part)
    if found is None:
        return None
    one, other = int(found[1]), int(found[2])
    # 12.12, 24.12 and 12.24 are one day each; 3.4 is two, and is left to whoever wrote it.
    days = {(day, month) for day, month in ((one, other), (other, one)) if month in _OF_YEAR}
    if len(days) != 1:
        return None
    ((day, month),) = days
    return month_day(month, day, chinese=False)


def _leads(text: str, read: Callable[[str], Phrase], questions: int) -> str | None:
    """The text where it is read; where it raises another question, what its first answer leads to."""
    try:
        read(text)
    except UserError as error:
        if questions and error.message.key == "schedule.ambiguous" and error.try_instead is not None:
            return _leads(error.try_instead, read, questions - 1)
        return None
    return text
