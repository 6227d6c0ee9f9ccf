"""Text laid out in embeds within Discord's limits, in reading order.

An embed is drawn as title, description, fields, picture. What would have to be drawn above something already there
starts the next embed; so does a description or a set of fields that is full. When the message is full, the rest is left
out and a line says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.chat.discord.markdown import NOTHING, cut, cut_plain, units, without_pings

Json = dict[str, Any]

MOST_EMBEDS, MOST_FIELDS = 10, 25
TITLE, DESCRIPTION, NAME, VALUE, FOOTER, ALL = 256, 4_096, 256, 1_024, 2_048, 6_000
LINE, NAMED = 2_000, 500
"""How long one line may be: of prose, and of what names something."""

_KEPT_BACK = 300
"""Room in each description, and in the message, for the line that says that something is missing."""
_SCRAP, _LONG = 40, 400
"""A line is left out whole unless it is so long, and there is so much room."""
_BLANK = "\u200b"
_FENCE = "```"
_ENDS_CODE = re.compile("`(?=``)")
"""A sign of a run that would close the frame; with a blank behind it, none of the run does."""


@dataclass(frozen=True, slots=True)
class Span:
    """Escaped text within its markup."""

    body: str
    open: str = ""
    close: str = ""

    def __str__(self) -> str:
        return f"{self.open}{self.body}{self.close}"


Row = tuple[Span, ...]
"""One line of a description."""


@dataclass(slots=True)
class _Embed:
    title: str = ""
    description: str = ""
    fields: list[Json] = field(default_factory=list)
    image: str | None = None
    aside: Json | None = None

    def is_empty(self) -> bool:
        return not (self.title or self.description or self.fields or self.image)


class Layout:
    """Takes what a message says, piece after piece; `embeds` is what is sent.

    `is_cut`: something is missing. The text that says so is handed to `embeds` and has at most 250 units.
    """

    def __init__(self, color: int, footer: str) -> None:
        self._color, self._footer = color, cut_plain(footer, 100)
        self._all: list[_Embed] = [_Embed()]
        self._left = ALL - units(self._footer) - _KEPT_BACK
        self._is_full = False
        self.is_cut = False

    @property
    def _last(self) -> _Embed:
        return self._all[-1]

    def title(self, text: str) -> bool:
        """Takes escaped text as the message's title; False if there is one, or facts or a picture are above it."""
        if self._last.title or self._last.fields or self._last.image or len(self._all) > 1:
            return False
        self._last.title = self._spent(self._cut(text, TITLE))
        return True

    def write(self, row: Row, gap: str = "\n") -> None:
        """A line below everything so far; `gap` is what parts it from the line above."""
        if self._is_full or not self._below_all():
            return
        text = "".join(map(str, row))
        room = self._room(gap)
        if units(text) > room and self._last.description and units(text) <= self._left and self._next():
            room = self._room(gap)
        if units(text) > room:
            text = _shortened(row, room) if room >= _SCRAP and units(text) > _LONG else ""
            self._full()
        if text:
            self._append(text, gap)

    def code(self, lines: Sequence[str], gap: str = "\n") -> None:
        """Lines in a typeface of equal widths, shown as they are."""
        lines = [without_pings(_ENDS_CODE.sub(f"`{_BLANK}", line)) for line in lines]
        if self._is_full or not any(line.strip() for line in lines) or not self._below_all():
            return
        frame = 2 * units(_FENCE) + 2
        whole = sum(units(line) + 1 for line in lines) + frame
        if whole > self._room(gap) and self._last.description and whole <= self._left:
            self._next()
        room, kept = self._room(gap) - frame, []
        for line in lines:
            if units(line) + 1 > room:
                self._full()
                kept += [cut_plain(line, room - 1)] if room >= _SCRAP and units(line) > _LONG else []
                break
            kept.append(line)
            room -= units(line) + 1
        if any(line.strip() for line in kept):
            self._append("\n".join([_FENCE, *kept, _FENCE]), gap)

    def fact(self, name: str, value: str, *, inline: bool) -> None:
        """A pair of escaped texts."""
        if self._is_full or not self._for_field():
            return
        name, value = self._cut(name, NAME), self._cut(value, VALUE)
        if units(name) + units(value) > self._left:
            self._full()
            return
        self._last.fields.append({"name": self._spent(name), "value": self._spent(value), "inline": inline})
        self._last.aside = None

    def aside(self, text: str) -> bool:
        """A short escaped line right below facts, in the same embed; False if there are none above, or no room.

        It is a field: there Discord draws no small print and no headings.
        """
        last = self._last
        if self._is_full or not last.fields or last.image or units(text) + 1 > min(self._left, VALUE):
            return False
        if last.aside is not None and units(last.aside["value"]) + units(text) < VALUE:
            last.aside["value"] += "\n" + text
            self._left -= 1
        elif len(last.fields) < MOST_FIELDS:
            last.aside = {"name": _BLANK, "value": text, "inline": False}
            last.fields.append(last.aside)
            self._left -= 1
        else:
            return False
        self._spent(text)
        return True

    def image(self, filename: str) -> bool:
        """An attached picture; False if no embed is left for it."""
        if self._last.image and not self._next():
            self.is_cut = True
            return False
        self._last.image = filename
        return True

    def embeds(self, says_cut: str) -> tuple[Json, ...]:
        """The embeds as Discord takes them; `says_cut` (escaped) stands below all if anything is missing."""
        if self.is_cut:
            self._say_cut(says_cut)
        drawn = [embed for embed in self._all if not embed.is_empty()] or [_Embed(description=_BLANK)]
        found = [self._json(embed) for embed in drawn]
        if self._footer:
            found[-1]["footer"] = {"text": self._footer}
        return tuple(found)

    # -- room ------------------------------------------------------------------

    def _say_cut(self, text: str) -> None:
        last = self._last
        if (last.fields or last.image) and len(self._all) < MOST_EMBEDS:
            self._all.append(_Embed(description=text))
        elif last.description:
            last.description += f"\n\n{text}"
        else:
            last.description = text

    def _room(self, gap: str) -> int:
        """Units that one more line may have."""
        used = units(self._last.description)
        return min(DESCRIPTION - _KEPT_BACK - used, self._left) - (len(gap) if used else 0)

    def _append(self, text: str, gap: str) -> None:
        if self._last.description:
            text = gap + text
        self._last.description += self._spent(text)

    def _below_all(self) -> bool:
        return not (self._last.fields or self._last.image) or self._next()

    def _for_field(self) -> bool:
        return (len(self._last.fields) < MOST_FIELDS and not self._last.image) or self._next()

    def _next(self) -> bool:
        if len(self._all) == MOST_EMBEDS:
            self._full()
            return False
        self._all.append(_Embed())
        return True

    def _full(self) -> None:
        self._is_full = self.is_cut = True

    def _cut(self, text: str, limit: int) -> str:
        shorter = cut(text or NOTHING, limit)
        self.is_cut |= shorter != (text or NOTHING)
        return shorter

    def _spent(self, text: str) -> str:
        self._left -= units(text)
        return text

    def _json(self, embed: _Embed) -> Json:
        made: Json = {"color": self._color}
        if embed.title:
            made["title"] = embed.title
        if embed.description:
            made["description"] = embed.description
        if embed.fields:
            made["fields"] = embed.fields
        if embed.image:
            made["image"] = {"url": f"attachment://{embed.image}"}
        return made


def _shortened(row: Row, room: int) -> str:
    """As much of the row as fits, its markup closed."""
    done = ""
    for span in row:
        left = room - units(done)
        if units(str(span)) <= left:
            done += str(span)
            continue
        left -= units(span.open) + units(span.close)
        return done + (f"{span.open}{cut(span.body, left)}{span.close}" if left > 1 else "")
    return done
