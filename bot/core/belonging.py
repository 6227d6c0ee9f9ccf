"""What a subject (a show, offer, cue, alert, prompt, hand-off, session, room or product) belongs to."""

from __future__ import annotations

from bot.core.ports import Tx


def place(tx: Tx, subject: str) -> tuple[str | None, str | None]:
    """The room and the show that a subject belongs to."""
    cue = tx.shows.cue(subject)
    offer = tx.host_offers.get(subject)
    found = tx.shows.get(cue.show if cue is not None else offer.show if offer is not None else subject)
    if found is not None:
        return found.room, found.id
    part = tx.alerts.get(subject) or tx.alerts.prompt(subject) or tx.hand_offs.get(subject)
    session = tx.sessions.get(subject if part is None else part.session)
    if session is not None:
        return session.room, session.show
    slug = subject.partition("/")[0]  # products are named ROOM/SKU
    return (None, None) if tx.rooms.get(slug) is None else (slug, None)
