"""What a chat platform answers when a message is handed to it, and what it must be able to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.core.command import Actor, Command
from bot.core.errors import NotFoundError
from bot.core.handling import Offer
from bot.core.ports import Tx
from bot.core.records import Delivery
from bot.core.reply import Line, Reply


@dataclass(frozen=True, slots=True)
class Sent:
    """`ref` is the platform's own id of the message, needed to edit it."""

    ref: str


@dataclass(frozen=True, slots=True)
class RetryAfter:
    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The platform will never take it."""

    why: str


Outcome = Sent | RetryAfter | Rejected


class Chat(Protocol):
    """One chat platform. Delivering the same row twice must not post twice where the platform makes that possible."""

    async def deliver(self, delivery: Delivery) -> Outcome: ...


Keep = Callable[[Tx, Reply], None]
"""Writes the answer down in the transaction that does what was asked: a killed process did both or neither."""


class Runner(Protocol):
    """The one way in for whatever people type or press; rights, audit and errors are handled behind it."""

    async def actor(self, chat: str, account: str, name: str, channel: str = "team") -> Actor:
        """Who that account is: the person it is linked to, or somebody without rights. `name` is the chat's."""
        ...

    async def typed(self, actor: Actor, words: tuple[str, ...], keyed: Mapping[str, str], keep: Keep) -> Reply:
        """Raises UserError with what to type instead; then nothing was done and nothing kept."""
        ...

    async def pressed(self, actor: Actor, message: str, button: str, fields: Mapping[str, str], keep: Keep) -> Reply:
        """Raises UserError; a button that nobody made is one too."""
        ...

    async def not_shown(self, actor: Actor, message: str) -> NotFoundError:
        """Somebody pressed a button of a message they cannot see: what to raise, once it is in the audit."""
        ...

    async def offers(self, actor: Actor, command: Command, completer: str) -> list[Offer]:
        """Values for an argument that this person may use there, the likeliest first."""
        ...


class Reader(Protocol):
    """Words for one reader."""

    def line(self, line: Line) -> str: ...


class Words(Protocol):
    """The catalogues: a reader for a language (BCP 47) and a zone (IANA)."""

    def reader(self, language: str, zone: str = "UTC") -> Reader: ...
