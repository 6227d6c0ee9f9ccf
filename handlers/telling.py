"""Telling everybody else of what somebody did: wherever a channel's messages go, but not where the answer stands."""

from __future__ import annotations

from dataclasses import replace

from bot.core.command import Context
from bot.core.ports import Tx
from bot.core.records import Post


def tell_others(tx: Tx, ctx: Context, post: Post, room: str | None = None) -> None:
    """Promises it to each place of its channel that is not the one where `ctx` is answered; `room`: whose it is.

    A channel may be in several chats, and whoever acts in a private chat is read by nobody else.
    """
    places = tx.outbox.bound(post.channel, room)
    others = tuple(name for name in places if name != answered_in(ctx))
    if others:
        tx.outbox.post(replace(post, only=others, room=room), ctx.now)


def answered_in(ctx: Context) -> str:
    """The destination where the answer stands."""
    actor = ctx.actor
    return f"{actor.chat}:{actor.address or actor.channel}"
