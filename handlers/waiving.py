"""Waiving an item of a checklist, and taking that back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.core import checklist
from bot.core.command import Context
from bot.core.model import ChecklistItem, Show
from bot.core.ports import Tx
from bot.core.records import Deed
from bot.core.reply import Block, Note, Reply, Text, msg, reply
from handlers import checklists, undo
from handlers.checklists import ItemReason
from handlers.undo import Way


async def waive(request: ItemReason, ctx: Context) -> Reply:
    def change(item: ChecklistItem) -> ChecklistItem:
        return checklist.waived(item, ctx.actor.person, ctx.now, request.reason)

    def offer(tx: Tx, show: Show, old: ChecklistItem, new: ChecklistItem) -> Sequence[Block]:
        before = {"show": show.state, "item": _to_json(old)}
        after = {"key": new.key, "item": _to_json(new)}
        return undo.blocks(undo.offer(tx, ctx, "checklist.waive", show.id, before, after))

    return await checklists.change_item(request.show, request.item, ctx, "waive", change, offer)


def _to_json(item: ChecklistItem) -> dict[str, Any]:
    """What a change may change of an item."""
    at = None if item.at is None else item.at.isoformat()
    return {"state": item.state, "auto": item.auto, "by": item.by, "at": at, "reason": item.reason}


def _as(item: ChecklistItem, kept: dict[str, Any]) -> ChecklistItem:
    at = None if kept["at"] is None else datetime.fromisoformat(kept["at"])
    return replace(item, **{**kept, "at": at})


def _take_back(tx: Tx, deed: Deed, ctx: Context) -> Reply:
    show, key = tx.shows.get(deed.subject), deed.after["key"]
    item = tx.checklists.item(deed.subject, key)
    if show is None or item is None:
        raise undo.changed(tx, deed, (), "/show list")
    if show.state in ("live", "ended", "cancelled", "skipped"):
        raise checklists.too_late(show)
    entries = tx.audit.of_subject(show.id)
    if item != _as(item, deed.after["item"]):
        of_item = [entry for entry in entries if isinstance(entry.after, list) and entry.after[:1] == [key]]
        raise undo.changed(tx, deed, of_item, f"/checklist show {show.id}")
    if item.required and show.state == "go" != deed.before["show"]:  # said because of it, perhaps
        verdicts = [entry for entry in entries if entry.action == "checklist.go"]
        raise undo.changed(tx, deed, verdicts, f"/checklist untick {show.id} {key}")
    old = _as(item, deed.before["item"])
    tx.checklists.save(old)
    undo.record(tx, ctx, deed, show.id, [key, item.state, item.reason], [key, old.state, old.reason])
    checklists.redraw(tx, show.id, ctx.ports)
    left = len(checklist.open_required(tx.checklists.items(show.id)))
    text = msg("undo.not_waived", item=checklist.name(item))
    return reply(Text(text), Note(msg("checklist.left", n=left)), private=True)


def _instead(_tx: Tx, deed: Deed, _ctx: Context) -> str:
    return f"/checklist untick {deed.subject} {deed.after['key']}"


WAIVED = Way(_take_back, _instead)
"""How a waived item is what it was."""
