"""What is shown of a cue: to the host, to the operators, and in a line."""

from __future__ import annotations

from datetime import datetime

from bot.core.model import Cue, Show
from bot.core.ports import Tx
from bot.core.reply import Actions, Block, Button, Heading, Msg, Note, Reply, Text, When, msg, reply
from handlers import asking, handoff_card


def cue_text(tx: Tx, show: Show, cue: Cue) -> Msg:
    product = tx.rooms.product(show.room, cue.sku) if cue.sku else None
    if cue.kind == "segment":
        segment = next((item for item in tx.shows.segments(show.id) if item.starts_s == cue.at_s), None)
        return msg("cue.segment", segment=msg(f"segment.{segment.kind}") if segment else msg("segment.selling"))
    if cue.kind == "giveaway" and show.benefit:
        return msg("cue.giveaway_benefit", benefit=show.benefit)
    if cue.kind == "release" and product is not None:
        return msg("cue.release_price", product=product.name, price=product.price)
    if (hand_off := handoff_card.of_cue(tx, show, cue)) is not None:
        return handoff_card.title(tx, hand_off)
    return msg(f"cue.{cue.kind}", product=product.name if product else cue.sku or "")


def card_key(cue: Cue) -> str:
    """One card for each moment the cue is due at: a cue that was put off comes again, as a message of its own."""
    return f"cue:{cue.id}:{cue.at_s}"


def host_card(tx: Tx, show: Show, cue: Cue, at: datetime) -> Reply:
    buttons = (
        Button(msg("button.done"), "cue done", {"cue": cue.id}, "primary"),
        Button(msg("button.skip"), "cue skip", {"cue": cue.id}),
    )
    counted = cue.kind == "release" and cue.state in ("planned", "sent")
    return reply(
        Heading(cue_text(tx, show, cue)),
        *([Text(msg("cue.countdown_first"))] if counted else []),
        *_to_say(tx, show, cue),
        Note(_how_it_stands(cue, at)),
        *_who_has_it(tx, cue),
        *_left(cue, buttons),
        tone="good" if cue.state == "done" else "normal",
    )


def _to_say(tx: Tx, show: Show, cue: Cue) -> list[Block]:
    """The line of a hand-off."""
    hand_off = handoff_card.of_cue(tx, show, cue)
    return [] if hand_off is None else [handoff_card.say(hand_off)]


def _who_has_it(tx: Tx, cue: Cue) -> list[Block]:
    """What the host reads of the question: who answered, or that it has gone to the operators; nothing before that."""
    question = asking.latest(tx, cue.id, asking.CUE)
    return (
        asking.standing(tx, cue.id, asking.CUE) if question is not None and (question.steps or question.answer) else []
    )


def operator_card(tx: Tx, show: Show, cue: Cue, at: datetime, *, is_called: bool = False) -> Reply:
    """`is_called`: the copy that calls them by name, since the host has not answered."""
    buttons = (
        Button(msg("button.done"), "cue done", {"cue": cue.id}, "primary"),
        Button(msg("button.skip"), "cue skip", {"cue": cue.id}),
        Button(msg("button.delay"), "cue delay", {"cue": cue.id, "by": "5m"}),
    )
    title = msg("cue.operator", room=show.room, cue=cue_text(tx, show, cue))
    if is_called and cue.state in ("planned", "sent"):
        title = msg("ask.cue.call", who=asking.names(tx, "operators", (show.room,)), cue=title)
    return reply(
        Heading(title),
        *_to_say(tx, show, cue),
        Note(_how_it_stands(cue, at)),
        *asking.standing(tx, cue.id, asking.CUE),
        *_left(cue, buttons),
        tone="good" if cue.state == "done" else "normal",
    )


def _how_it_stands(cue: Cue, at: datetime) -> Msg:
    """When it is due, by the clock of whoever reads it; or what became of it."""
    if cue.state in ("done", "skipped"):
        return msg(f"cue.note_{cue.state}", when=When(at, style="time"))
    return msg("cue.at", when=When(at, style="time"))


def _left(cue: Cue, buttons: tuple[Button, ...]) -> list[Block]:
    return [] if cue.state in ("done", "skipped", "dropped") else [Actions(buttons)]
