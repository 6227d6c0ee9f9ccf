"""The go / no-go question and its copies, as they stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.core import checklist
from bot.core.escalation import Audience
from bot.core.model import ChecklistItem, Show
from bot.core.ports import Tx
from bot.core.reply import (
    Actions,
    Block,
    Button,
    Field,
    Heading,
    Item,
    Items,
    Note,
    Reply,
    Text,
    Tone,
    When,
    msg,
    reply,
)
from handlers import asking, cards, lookup

REASON = (Field("reason", msg("arg.reason")),)
ASKED_BEFORE = timedelta(minutes=10)
"""The question is put so long before the start."""
_TONES: dict[str, Tone] = {"go": "good", "no_go": "error"}


def card(tx: Tx, show: Show, items: Sequence[ChecklistItem]) -> Reply:
    """The question as the operators get it, with what is still open."""
    title = Heading(msg("checklist.go_title", room=show.room, when=_starts(show)))
    return _drawn(show, [title, *_open_items(show, items), *verdict(tx, show, items)])


def copy(tx: Tx, show: Show, items: Sequence[ChecklistItem], audience: Audience) -> Reply:
    """The question as a further step puts it: called by name, and what it means that nobody has answered."""
    if audience == "host":
        return _for_host(tx, show)
    if not _is_asking(tx, show):
        return card(tx, show, items)
    who = asking.names(tx, audience, (show.room,))
    blocks: list[Block] = [Heading(msg("ask.go.call", who=who, room=show.room, when=_starts(show)))]
    blocks.append(Text(msg("ask.go.means", when=_starts_here(show))))
    if audience == "managers":  # the operators have the list above
        blocks += _open_items(show, items)
    return _drawn(show, [*blocks, *verdict(tx, show, items)])


def _for_host(tx: Tx, show: Show) -> Reply:
    """Without buttons: the answer is not the host's to give."""
    if _is_asking(tx, show):
        text = msg("ask.go.host", room=show.room, when=_starts_here(show))
        return reply(Heading(text), Text(msg("ask.go.means_host")), tone="warning")
    title = Heading(msg("ask.go.room_at", room=show.room, when=_starts_here(show)))
    stands = _closed(show) or _said(tx, show) or [Text(msg("ask.go.nobody_host"))]
    return _drawn(show, [title, *stands])


def redraw(tx: Tx, show: Show, items: Sequence[ChecklistItem], now: datetime) -> None:
    """Edits the question, wherever it was put, to how it stands; one put before the show was moved says that."""
    posted = cards.keys(tx, "go", show.id)
    if not posted:
        return
    copies = dict(asking.copies_of(tx, asking.latest(tx, show.id, asking.GO)))
    waits = show.state in ("planned", "go", "no_go") and now < show.starts_at - ASKED_BEFORE
    for key in posted:
        is_old = waits or key != posted[-1]
        tx.outbox.edit(key, moved(show) if is_old else card(tx, show, items), now)
    for key, audience in asking.copies(tx, show.id, asking.GO):
        is_old = waits or key not in copies
        tx.outbox.edit(key, moved(show) if is_old else copy(tx, show, items, audience), now)


def moved(show: Show) -> Reply:
    """What stands in the place of a question about an earlier time."""
    text = Heading(msg("checklist.go_moved", room=show.room, when=When(show.starts_at, show.zone)))
    return _drawn(show, [text, *(_closed(show) or [Note(msg("checklist.go_again"))])])


def verdict(tx: Tx, show: Show, items: Sequence[ChecklistItem]) -> list[Block]:
    """What was said, by whom; whom it goes to next; the two buttons."""
    waiting = len(checklist.open_required(items))
    go = Button(msg("button.go"), "checklist go", {"show": show.id}, "primary")
    no_go = Button(msg("button.no_go"), "checklist no_go", {"show": show.id}, "danger", form=REASON)
    if closed := _closed(show):
        return [*closed, *asking.standing(tx, show.id, asking.GO)]
    left: list[Block] = [Note(msg("checklist.still_open", n=waiting))] if waiting else []
    if show.state == "go":
        return [*_said(tx, show), *left, Actions((no_go,))]
    left = left or [Note(msg("checklist.all_done"))]
    waits = asking.standing(tx, show.id, asking.GO) if show.state == "planned" else []
    return [*_said(tx, show), *left, *waits, Actions((go, no_go))]


def _closed(show: Show) -> list[Block]:
    """Why there is nothing left to say go to."""
    if show.is_off:
        return [Note(msg("checklist.cancelled"))]
    return [Note(msg("checklist.closed"))] if show.state in ("live", "ended") else []


def _said(tx: Tx, show: Show) -> list[Block]:
    """Go or no-go, by whom, and when."""
    if show.state not in ("go", "no_go"):
        return []
    said = Note(msg(f"checklist.is_{show.state}"))
    somebody = lookup.who_did(tx, show.id, f"checklist.{show.state}")
    return [said, *([Note(msg("ask.answered_by", who=somebody[0], when=somebody[1]))] if somebody else [])]


def _is_asking(tx: Tx, show: Show) -> bool:
    question = asking.latest(tx, show.id, asking.GO)
    return question is not None and question.is_open and show.state == "planned"


def _open_items(show: Show, items: Sequence[ChecklistItem]) -> list[Block]:
    waiting = checklist.open_required(items) if show.state in ("planned", "no_go") else []
    lines = tuple(
        Item(
            msg(f"checklist.item.{item.key}"),
            item.state,
            buttons=(Button(msg("button.waive"), "checklist waive", {"show": show.id, "item": item.key}, form=REASON),),
        )
        for item in waiting
    )
    return [Items(lines, title=msg("checklist.go_open", n=len(lines)))] if lines else []


def _drawn(show: Show, blocks: list[Block]) -> Reply:
    return reply(*blocks, tone=_TONES.get(show.state, "warning"))


def _starts(show: Show) -> When:
    return When(show.starts_at, show.zone, "time")


def _starts_here(show: Show) -> When:
    """On the reader's clock: for what has to be done by then, and for a host, as in cues."""
    return When(show.starts_at, style="time")
