"""The rules of a checklist: what an item may become, what ticks itself, what still stands in the way of a go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.errors import ConflictError
from bot.core.model import ChecklistItem
from bot.core.reply import Msg, When, msg


@dataclass(frozen=True, slots=True)
class Progress:
    """`settled` are done or waived; `open_required` stand in the way of a go."""

    settled: int
    total: int
    open_required: int


def name(item: ChecklistItem) -> Msg:
    return msg(f"checklist.item.{item.key}")


def open_required(items: Sequence[ChecklistItem]) -> list[ChecklistItem]:
    """Required items that are neither done nor waived; blocked ones are still open."""
    return [item for item in items if item.required and item.state in ("open", "blocked")]


def progress(items: Sequence[ChecklistItem]) -> Progress:
    settled = sum(item.state in ("done", "waived") for item in items)
    return Progress(settled, len(items), len(open_required(items)))


def by_facts(items: Sequence[ChecklistItem], facts: Mapping[str, bool], at: datetime) -> list[ChecklistItem]:
    """The items that the facts tick, or open again after ticking them themselves, at the instant `at` (UTC).

    What a person ticked, unticked, blocked or waived is theirs: facts do not touch it.
    """
    changed = []
    for item in items:
        holds = facts.get(item.auto or "")
        if holds and item.state == "open":
            changed.append(replace(item, state="done", by=None, at=at))
        elif holds is False and item.state == "done" and item.by is None:
            changed.append(replace(item, state="open", at=None))
    return changed


def ticked(item: ChecklistItem, by: str, at: datetime) -> ChecklistItem:
    """Raises ConflictError when it is ticked already, naming who was first."""
    if item.state == "done":
        when = When(item.at, style="time") if item.at else None
        raise ConflictError("checklist.already", item=name(item), who=item.by or msg("checklist.facts"), when=when)
    return replace(item, state="done", by=by, at=at, reason=None)


def unticked(item: ChecklistItem, by: str, at: datetime) -> ChecklistItem:
    """Open again, and from now on a person's: facts no longer tick it. Raises ConflictError when it is open anyway."""
    if item.state == "open":
        raise ConflictError("checklist.is_open", item=name(item))
    return replace(item, state="open", by=by, at=at, reason=None, auto=None)


def blocked(item: ChecklistItem, by: str, at: datetime, reason: str) -> ChecklistItem:
    """Raises ConflictError when it is blocked for this very reason already: its owner was told."""
    if item.state == "blocked" and item.reason == reason:
        raise ConflictError("checklist.is_blocked", item=name(item), who=item.by)
    return replace(item, state="blocked", by=by, at=at, reason=reason)


def waived(item: ChecklistItem, by: str, at: datetime, reason: str) -> ChecklistItem:
    """Raises ConflictError when there is nothing left to waive."""
    if item.state in ("done", "waived"):
        raise ConflictError("checklist.no_need", item=name(item))
    return replace(item, state="waived", by=by, at=at, reason=reason)
