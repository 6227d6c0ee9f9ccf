"""What a person can do in any chat, so that the same scenario runs in each: say a line, press a button, read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Place = Literal["team", "host", "managers"]
PLACES: tuple[Place, ...] = ("team", "host", "managers")


@dataclass(frozen=True, slots=True)
class Key:
    """A button as somebody sees it. `command` and `args`: what it stands for; `button`: our id of it.

    `wants`: the fields that it asks for before anything is done.
    """

    label: str
    command: str
    args: Mapping[str, str]
    message: str
    button: str
    wants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as its readers see it, all markup drawn.

    `message`: our id of it; None for what is shown in passing. `place`: the purpose whose channel it stands in; "host"
    for a direct message, for an answer where it was asked for. `is_private`: one person alone sees it. `pictures` and
    `files`: the bytes. `raw`: as the chat was given it, without what changes from run to run.
    """

    message: str | None
    place: str
    text: str
    keys: tuple[Key, ...] = ()
    is_private: bool = False
    pictures: tuple[bytes, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    raw: Any = None


class RefusedError(Exception):
    """The chat told the person no, and why; `seen` is how."""

    def __init__(self, seen: Seen) -> None:
        super().__init__(seen.text)
        self.seen = seen


class Driver(Protocol):
    """One chat. After `say` and `press` everything that came of it has been delivered."""

    chat: str
    team: str
    """The destination of the team's messages."""
    refuses_alone: bool
    """Whether a refusal is seen by nobody but whoever asked; else it stands where it was asked."""
    asks_aloud: bool
    """Whether what a button asks for is asked and answered where all can see it."""

    def spelled(self, line: str) -> str:
        """A line to be typed, as this chat tells people to type it."""
        ...

    async def link(self, person: str) -> None:
        """From now on the person has an account here and can be reached by direct messages, as far as there are any."""
        ...

    async def say(self, person: str, line: str, place: Place) -> Seen:
        """Types the command, or fills in what the line says; gives the answer.

        Raises:
            RefusedError: the bot refused it.
        """
        ...

    async def press(self, person: str, seen: Seen, key: Key, fields: Mapping[str, str]) -> Seen:
        """Presses a button of what is seen and fills in what it asks for; gives the answer.

        Raises:
            RefusedError: the bot refused it.
            AssertionError: the button cannot be reached, or asks for other fields than it `wants`.
        """
        ...

    async def shown(self) -> list[Seen]:
        """Every message that was promised and stands here, in all places and direct messages, in the order it came."""
        ...
