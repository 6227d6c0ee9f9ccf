"""The ref of a message of ours: the Telegram messages it consists of, "101p,102" being a photo and a text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.chat.telegram.render import Slot

_LETTERS: dict[Slot, str] = {"text": "", "photo": "p", "document": "d"}
_SLOTS = {letter: slot for slot, letter in _LETTERS.items()}
_ONE = re.compile(r"([0-9]+)([pd]?)")


@dataclass(frozen=True, slots=True)
class Posted:
    """One Telegram message of ours: its id in its chat and what it is."""

    id: int
    slot: Slot


def to_ref(messages: list[Posted]) -> str:
    return ",".join(f"{one.id}{_LETTERS[one.slot]}" for one in messages)


def parse(ref: str) -> list[Posted]:
    """Raises ValueError where it is no ref of ours."""
    found = [_ONE.fullmatch(part) for part in ref.split(",")]
    if None in found:
        raise ValueError(f"{ref[:60]!r} is no ref of Telegram messages")
    return [Posted(int(one[1]), _SLOTS[one[2]]) for one in found if one is not None]


def stands(ref: str, pressed: str) -> bool:
    """Whether `pressed`, a Telegram message's id, is one of those the ref names; what the desk asks."""
    return pressed in {str(one.id) for one in parse(ref)}
