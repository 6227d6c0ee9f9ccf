"""What becomes of an answer: promised by the desk already, or a secret, or for somebody who has not pressed Start."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import telegram

from bot.chat.desk import Answer, Incoming, refusal
from bot.chat.telegram.deliver import Outbound
from bot.chat.telegram.door import CHAT, Door, private
from bot.chat.telegram.heard import Asked, asked_in
from bot.chat.telegram.render import render
from bot.chat.telegram.task import Address
from bot.core.delivery import Refused, RetryAfter, Sent
from bot.core.errors import UserError
from bot.core.records import Post
from bot.core.reply import Reply, Secret, Text, msg, reply

MORE = "answer"
"""The deep link's payload of who has an answer waiting."""


_TRIES = 3
_LONGEST_WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Answers:
    door: Door
    outbound: Outbound

    async def before(self, incoming: Incoming, *, is_private: bool) -> None:
        """To be called before what answers privately is run: an answer that cannot be given must wait, not fail."""
        if is_private and not incoming.is_private and not await self.door.reaches(incoming.account):
            await self.door.keep_for(incoming.account)

    async def given(self, incoming: Incoming, answer: Answer) -> bool:
        """After the desk has answered. False: it lies where the asker must press Start first."""
        if any(isinstance(block, Secret) for block in answer.reply.blocks):
            return await self._show_secret(incoming, answer)
        is_elsewhere = answer.reply.private and not incoming.is_private and answer.message is not None
        return not is_elsewhere or await self.door.reaches(incoming.account)

    async def typed(self, incoming: Incoming, words: Sequence[str], keyed: dict[str, str], *, is_private: bool) -> None:
        """Runs a command's line, whoever answers; UserError as from the desk."""
        await self.before(incoming, is_private=is_private)
        answer = await self.door.desk.typed(incoming, tuple(words), keyed)
        if not await self.given(incoming, answer):
            await self.point_to_start(incoming, answer.reply)

    async def refused(self, incoming: Incoming, error: UserError, line: str = "") -> None:
        """In a group too it stands where the command was typed, as a reply to it."""
        await self.door.tell(incoming, refusal(error, line))

    async def shown(self, incoming: Incoming, answer: Reply) -> None:
        """In a private chat, past the outbox, which would keep the code that is in it; the event again, and again."""
        say = self.door.reader(await self.door.desk.actor(incoming)).line
        await self.door.say(int(incoming.account), render(answer, say)[0].html)

    async def point_to_start(self, incoming: Incoming, answer: Reply) -> None:
        """One line in the group with a button that opens the private chat."""
        is_secret = any(isinstance(block, Secret) for block in answer.blocks)
        actor = await self.door.desk.actor(incoming)
        say = self.door.reader(actor).line
        html = render(reply(Text(msg("tg.start.secret" if is_secret else "tg.start.first"))), say)[0].html
        key = telegram.InlineKeyboardButton(say(msg("tg.start.key")), url=self.door.link(MORE))
        await self.door.say(
            Address.parse(incoming.address).chat,
            html,
            reply_markup=telegram.InlineKeyboardMarkup([[key]]),
            **where(incoming),
        )

    async def _show_secret(self, incoming: Incoming, answer: Answer) -> bool:
        """To the asker's private chat alone, past the outbox, which keeps what passes through it."""
        for _ in range(_TRIES):
            outcome = await self.outbound.hand(f"@{incoming.account}", answer.message or "", answer.reply)
            if not isinstance(outcome, RetryAfter):
                break
            await asyncio.sleep(min(outcome.seconds, _LONGEST_WAIT_S))
        match outcome:
            case Sent(ref):
                await self.door.met(incoming.account, is_reachable=True)
                if answer.message is not None:
                    await self.door.desk.stood(answer.message, ref)
            case Refused():
                return False
            case _:
                await self._lost(incoming)
        return True

    async def _lost(self, incoming: Incoming) -> None:
        """Nobody knows whether a secret was seen: it is to be asked for again."""
        key, now = f"{CHAT}:{incoming.id}:lost", self.door.parts.clock.now()
        post = Post(
            key, "team", "answer", reply(Text(msg("tg.secret_lost")), tone="warning"), only=(private(incoming.account),)
        )
        await self.door.parts.store.write(lambda tx: tx.outbox.post(post, now))


def where(incoming: Incoming) -> dict[str, Any]:
    """Keyword arguments that put a message where the command was typed: as a reply to it, in its topic."""
    asked = asked_in(f"{CHAT}:{incoming.id}:{incoming.asked}")
    return {} if asked is None else at(asked)


def at(asked: Asked) -> dict[str, Any]:
    reply = telegram.ReplyParameters(asked.message, allow_sending_without_reply=True)
    return {"reply_parameters": reply, "message_thread_id": asked.topic}
