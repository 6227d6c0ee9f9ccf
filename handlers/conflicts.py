"""Shows that are in each other's way: at planning, and whenever something changes later; each with its fixes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.command import Context
from bot.core.conflicts import Conflict
from bot.core.model import Show
from bot.core.ports import Ports, Tx
from bot.core.reply import Block, Reply


@dataclass(frozen=True, slots=True)
class Again:
    """The command that is refused, and what it was given: a fix is the same command with another `when` or `host`.

    Of a command that takes `despite` (a reason), a manager's override is the same command with it.
    """

    command: str
    args: Mapping[str, str] = field(default_factory=dict)


def of(tx: Tx, shows: Sequence[Show], now: datetime) -> list[Conflict]:
    """Conflicts of shows as they would stand, errors first, without what a manager has allowed.

    A show with the id of a saved one stands instead of it; one that is not saved yet may have the id "". What is over
    by plan at `now` is not looked at.
    """
    return []


def blocks(tx: Tx, found: Sequence[Conflict], ctx: Context | Ports, again: Again | None = None) -> list[Block]:
    """Each conflict with its fixes as buttons; with `again` they go for the command instead of saved shows."""
    return []


def refuse(tx: Tx, ctx: Context, found: Sequence[Conflict], again: Again) -> Reply | None:
    """The answer that nothing was done, if there is an error among them; return it before anything is written."""
    return None


def allow(tx: Tx, ctx: Context, found: Sequence[Conflict], reason: str) -> None:
    """Keeps that these (of saved shows) may stand, and why; in the audit."""


def review(tx: Tx, ports: Ports, shows: Sequence[Show], ctx: Context | None = None) -> None:
    """After a change of these shows, or of what their conflicts hang on: tells the team what is new, and what is gone.

    With `ctx` the answer to the command has told its own place already.
    """
