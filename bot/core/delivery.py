"""What a chat platform answers when a message is handed to it, and what it must be able to do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bot.core.command import Actor, Command
from bot.core.errors import ForbiddenError, NotFoundError
from bot.core.handling import Offer
from bot.core.ports import Tx
from bot.core.records import Delivery
from bot.core.reply import Line, Note, Reply, When, msg
from bot.core.vitals import Standing


@dataclass(frozen=True, slots=True)
class Sent:
    """`ref` is the platform's own id of the message, needed to edit it."""

    ref: str


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """The destination asked to wait; the message did not arrive. Nothing but this destination is concerned.

    `is_away`: it did not ask, its chat cannot be reached; once that is over nothing waits any longer. `spares_urgent`:
    what is urgent may be said there all the same.
    """

    seconds: float
    why: str
    is_away: bool = False
    spares_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """The platform will never take this message; others it may."""

    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The destination takes nothing any more: the bot was removed, the channel deleted, the user blocked it."""

    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have arrived or not: no answer, or the connection was lost after the request had gone out."""

    why: str


@dataclass(frozen=True, slots=True)
class TooLate:
    """It has not arrived, and is no longer worth saying. Only a chat that knows what it has can tell."""


Outcome = Sent | RetryAfter | Rejected | Refused | Unknown | TooLate


class Chat(Protocol):
    """One chat platform. Delivering the same row twice must not post twice where the platform makes that possible."""

    @property
    def idempotent_s(self) -> float | None:
        """Seconds since a row's first attempt within which delivering it again posts nothing new.

        math.inf: for ever, as the platform knows a message by its id; None: never.
        """
        ...

    async def deliver(self, delivery: Delivery) -> Outcome:
        """Hands one row over; what readers see is `shown(delivery)`.

        An exception counts as a failure before arrival; say Unknown where it may have arrived.
        """
        ...


class Client(Chat, Protocol):
    """A chat with a connection of its own, which comes and goes."""

    async def start(self) -> None:
        """Begins to connect, in the background, and stays connected from then on; returns at once."""
        ...

    async def stop(self) -> None:
        """Ends the connection, in bounded time."""
        ...

    def standing(self) -> Standing: ...


def shown(delivery: Delivery) -> Reply:
    """What its readers get: a repeat says first that it is one."""
    if not delivery.repeat:
        return delivery.reply
    return replace(delivery.reply, blocks=(Note(msg("relay.repeat")), *delivery.reply.blocks))


class Meter(Protocol):
    """Counts what became of deliveries."""

    def count(self, delivery: Delivery, outcome: str, at: datetime) -> None:
        """`outcome`: sent, paused, failed, refused, rejected, unknown, uncertain, repeated or expired."""
        ...


Keep = Callable[[Tx, Reply], None]
"""Writes the answer down in the transaction that does what was asked: a killed process did both or neither."""


class Runner(Protocol):
    """The one way in for whatever people type or press; rights, audit and errors are handled behind it."""

    async def actor(
        self, chat: str, account: str, name: str, channel: str = "team", marks: Collection[str] | None = None,
        address: str = "",
    ) -> Actor:  # fmt: skip
        """Who that account is: the person it is linked to, or somebody without rights. `name` is the chat's.

        `marks`: what the account is in its chat just now (roles, administrator of a group); None: not known now.
        `address`: the place, as in destinations.
        """
        ...

    async def typed(self, actor: Actor, words: tuple[str, ...], keyed: Mapping[str, str], keep: Keep) -> Reply:
        """Raises UserError with what to type instead; then nothing was done and nothing kept."""
        ...

    async def pressed(self, actor: Actor, message: str, button: str, fields: Mapping[str, str], keep: Keep) -> Reply:
        """Raises UserError; a button that nobody made is one too."""
        ...

    async def may_begin(self, actor: Actor, command: Command, known: Mapping[str, str]) -> None:
        """Before somebody is asked for the rest of a command: raises UserError for what no answer could mend.

        `known`: the arguments given so far, by name.
        """
        ...

    async def not_shown(self, actor: Actor, message: str) -> NotFoundError:
        """Somebody pressed a button of a message they cannot see: what to raise, once it is in the audit."""
        ...

    async def kept_out(self, actor: Actor, error: ForbiddenError) -> None:
        """Somebody wanted to speak in a channel (the actor's) that is not theirs: puts it into the audit."""
        ...

    async def offers(self, actor: Actor, command: Command, completer: str) -> list[Offer]:
        """Values for an argument that this person may use there, the likeliest first."""
        ...


Moment = Callable[[When], str | None]


class Reader(Protocol):
    """Words for one reader."""

    def line(self, line: Line) -> str: ...


class Words(Protocol):
    """The catalogues: a reader for a language (BCP 47) and a zone (IANA)."""

    def reader(self, language: str, zone: str = "UTC", moment: Moment | None = None) -> Reader:
        """`moment` draws an instant in its own way, or gives None to leave it to the words."""
        ...
