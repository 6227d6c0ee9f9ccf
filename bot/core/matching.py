"""Which offers fit what somebody has typed so far; the same in every chat.

Compared without case, accents and widths, with "_", "-" and "/" as spaces: "sao paulo" finds America/Sao_Paulo.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence

from bot.core.handling import Offer

MOST_OFFERS = 25
"""As many as Discord shows, and as anybody reads."""

_ACCENTS = re.compile("[\u0300-\u036f]+")  # only these: in Thai and in the scripts of India a mark is a letter
_GAPS = re.compile(r"[\s_/\-‐-―]+")
# Letters with a stroke and ligatures are letters of their own to Unicode, and not on most keyboards.
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
_LONGEST = 100


@functools.lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """What is compared: lower case, no accents, half width, one space between words."""
    plain = text if text.isascii() else _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return _GAPS.sub(" ", plain.casefold().translate(_PLAIN)).strip()


def matching(offers: Sequence[Offer], typed: str, limit: int = MOST_OFFERS) -> list[Offer]:
    """At most `limit` offers that fit, the best first; among equals, and where nothing is typed, in the order given.

    First those called exactly so, then those whose value begins so, those whose label or another name does, those in
    which a word does, those that contain it, and last those in which words begin like each word of it.
    """
    wanted = folded(typed[:_LONGEST])
    if not wanted:
        return list(offers[:limit])
    words = wanted.split(" ")
    shelves: tuple[list[Offer], ...] = ([], [], [], [], [], [])
    for offer in offers:
        rank = _rank(offer, wanted, words)
        if rank is not None:
            shelves[rank].append(offer)
    return [offer for shelf in shelves for offer in shelf][:limit]


def _rank(offer: Offer, wanted: str, words: Sequence[str]) -> int | None:
    names = _names(offer.value, offer.label, offer.also)
    if f"\n{wanted}\n" in names:
        return 0
    if names.startswith(f"\n{wanted}"):
        return 1
    if f"\n{wanted}" in names:
        return 2
    if f" {wanted}" in names:
        return 3
    if wanted in names:
        return 4
    is_in_words = len(words) > 1 and all(f" {word}" in names or f"\n{word}" in names for word in words)
    return 5 if is_in_words else None


@functools.lru_cache(maxsize=8192)
def _names(value: str, label: str, also: tuple[str, ...]) -> str:
    """Everything an offer is found by, one name a line, its value first."""
    return "\n" + "".join(f"{folded(name)}\n" for name in (value, label, *also))
