"""A minute to take a deed back: the offer that goes with its answer, and what every way of taking back needs.

A command that destroys something says, after `record`, `deed = undo.offer(tx, ctx, "room.archive", ...)` and puts
`*undo.blocks(deed)` into its answer; how it is taken back is one row in handlers/takeback.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from bot.core.command import Context
from bot.core.errors import ConflictError
from bot.core.model import Role
from bot.core.ports import Tx
from bot.core.records import AuditEntry, Channel, Deed
from bot.core.reply import Actions, Block, Button, Msg, Note, Reply, When, msg
from bot.core.rights import OVERALL, Place, place_of
from handlers import lookup

UNDO_S = 60
"""For so long a deed may be taken back; seconds."""

_CHANNELS: tuple[Channel, ...] = ("team", "host", "managers")


def _room_of(tx: Tx, deed: Deed) -> Place:
    slug, _ = lookup.place_of_deed(tx, deed.action, deed.subject)
    return OVERALL if slug is None else place_of(lookup.room(tx, slug))


def _as_the_command(_deed: Deed) -> Role:
    return Role.NOBODY


@dataclass(frozen=True, slots=True)
class Way:
    """How one kind of deed is taken back.

    `take_back` checks that the thing still is as the deed left it (else it raises `changed`), restores exactly what
    was before, audits it with `record` and tells whoever had been told; its reply is the answer to the press.
    `instead` is the line to type once it is too late for that. Whoever may do the deed's command at `place` may take
    it back; `needed` is for a deed that took a higher role than its command does.
    """

    take_back: Callable[[Tx, Deed, Context], Reply]
    instead: Callable[[Tx, Deed, Context], str]
    place: Callable[[Tx, Deed], Place] = _room_of
    needed: Callable[[Deed], Role] = _as_the_command


def offer(tx: Tx, ctx: Context, action: str, subject: str, before: object, after: object, *, entries: int = 1) -> Deed:
    """Keeps what the deed changed, in the deed's own transaction and after its audit entries about `subject`.

    `before` and `after`: small JSON values with all that taking it back needs. `entries`: how many the deed has written
    about the subject.
    """
    entry = tx.audit.of_subject(subject)[-entries]
    if entry.action != action or entry.number is None:
        raise LookupError(f"{action} of {subject} is not in the audit: record it before its undo is offered")
    deed = Deed(
        tx.next_id("u"), ctx.actor.person, action, subject, ctx.actor.channel, entry.number,
        ctx.now, ctx.now + timedelta(seconds=UNDO_S), before, after,
    )  # fmt: skip
    tx.undo.add(deed)
    return deed


def blocks(deed: Deed) -> tuple[Block, ...]:
    """What the deed's answer says and shows: until when, and the button."""
    button = Button(msg("button.undo"), "undo", {"deed": deed.id}, until=deed.until)
    return Note(msg("undo.until", when=When(deed.until, style="exact"))), Actions((button,))


def name(deed: Deed) -> Msg:
    """The deed in the words of its command."""
    return msg(f"cmd.{deed.action}")


def record(
    tx: Tx, ctx: Context, deed: Deed, subject: str, before: object, after: object, *,
    nth: int = 0, room_slug: str | None = None,
) -> None:  # fmt: skip
    """The audit's entry of taking back. It names the entry taken back: the deed's `nth` about the subject."""
    mine = [entry.number for entry in tx.audit.of_subject(subject) if _is_of(entry, deed)]
    detail = {"action": deed.action, "deed": deed.id, "undoes": mine[nth]}
    lookup.record(tx, ctx, "undo", subject, before, after, room_slug=room_slug, detail=detail)


def wrote(tx: Tx, deed: Deed, subject: str) -> bool:
    """Whether the deed has an entry of its own about the subject."""
    return any(_is_of(entry, deed) for entry in tx.audit.of_subject(subject))


def changed(tx: Tx, deed: Deed, entries: Iterable[AuditEntry], try_instead: str) -> ConflictError:
    """Something is not as the deed left it: whoever wrote the last of these entries since then has changed it."""
    later = [entry for entry in entries if (entry.number or 0) > deed.entry and not _is_of(entry, deed)]
    if not later:
        return ConflictError("undo.changed", what=name(deed), subject=deed.subject, try_instead=try_instead)
    last = max(later, key=lambda entry: entry.number or 0)
    return ConflictError(
        "undo.changed_by", what=name(deed), subject=deed.subject, who=lookup.name(tx, last.actor),
        did=lookup.what_was_done(last), when=When(last.at, style="exact"), try_instead=try_instead,
    )  # fmt: skip


def _is_of(entry: AuditEntry, deed: Deed) -> bool:
    """Whether the entry was written by the deed itself, which may have written several."""
    is_later = (entry.number or 0) >= deed.entry
    return is_later and (entry.action, entry.actor, entry.at) == (deed.action, deed.person, deed.made_at)


def told(deed: Deed, *also: Channel) -> list[Channel]:
    """Channels that saw the deed, `also` among them; they are to hear of its undo."""
    return [channel for channel in _CHANNELS if channel in {deed.channel, *also}]


def by(ctx: Context) -> Note:
    """Who took it back."""
    return Note(msg("undo.by", who=ctx.actor.name))
