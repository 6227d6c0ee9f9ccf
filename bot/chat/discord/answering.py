"""How one interaction is answered: at once where that is soon enough, else after Discord's "thinking".

Discord wants a first sign within three seconds and lets it decide who sees the answer. A refusal is for whoever asked
alone, whatever was said first. What cannot be shown any more is promised by the outbox instead.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

import discord
import structlog

from bot.chat.desk import Answer, Desk, Incoming, Parts, refusal
from bot.chat.discord.coming import language_of
from bot.chat.discord.markdown import Voice, voice
from bot.chat.discord.render import Drawn, render
from bot.chat.discord.sending import for_edit, for_post, pictures
from bot.core.command import Actor
from bot.core.errors import UserError
from bot.core.reply import Code, Reply, Secret

log = structlog.get_logger()

PROMPT_S = 0.15
"""Real seconds within which an answer is given without a "thinking" before it."""
LIMIT_S = 15.0
"""Real seconds that Discord has to take a word, and a look for it; the library itself would wait for minutes."""

_ACKNOWLEDGED = 40060
_GONE = frozenset((10062, 10015, 10008, 50027))
"""The interaction, its token or its message is not there any more."""
_NOBODYS = ""
_NOTHING_YET = "…"


class _Said(Enum):
    """What Discord has been told so far."""

    NOTHING = auto()
    THINKING = auto()
    QUIET = auto()
    """The press was acknowledged; nobody sees anything of it."""
    LOST = auto()
    """It could not be told: the answer cannot be given here."""


@dataclass(slots=True)
class Asked:
    """One interaction. `private`: its answer is for whoever asked alone, as far as is known before it is there.

    `line` is what they asked for as it would be typed; `actor` None until somebody has looked.
    """

    interaction: discord.Interaction[Any]
    incoming: Incoming
    private: bool
    line: str = ""
    actor: Actor | None = None

    @property
    def is_press(self) -> bool:
        """Something that was done on a message, which may be acknowledged without a word."""
        return self.interaction.message is not None


@dataclass(frozen=True, slots=True)
class Answering:
    """`as_slash` turns a line to type instead into Discord's way of writing it."""

    parts: Parts
    desk: Desk
    as_slash: Callable[[str], str]

    async def give(self, asked: Asked, work: Awaitable[Answer]) -> None:
        """Waits for the answer and gives it; raises nothing that people or Discord cause."""
        task = asyncio.ensure_future(self._outcome(asked, work))
        try:
            done, _ = await asyncio.wait({task}, timeout=PROMPT_S)
            said = _Said.NOTHING if done else await self._acknowledge(asked)
            answer = await task
        except asyncio.CancelledError:
            task.cancel()
            raise
        await self._show(asked, said, answer)

    async def refuse(self, asked: Asked, error: UserError) -> None:
        """For what is known to be wrong before anything was done."""
        await self._show(asked, _Said.NOTHING, self._refused(asked, error))

    async def aside(self, asked: Asked, drawn: Drawn) -> None:
        """Something drawn already, for whoever asked alone."""
        try:
            await asked.interaction.response.send_message(**for_post(drawn, {}), ephemeral=True)
        except Exception as error:  # noqa: BLE001  # nothing was done that could be lost
            _log_unshown(error)

    async def open(self, asked: Asked, window: discord.ui.Modal) -> None:
        try:
            await asked.interaction.response.send_modal(window)
        except Exception as error:  # noqa: BLE001  # as above
            _log_unshown(error)

    def voice(self, asked: Asked, *, private: bool) -> Voice:
        """Words in the asker's own language and zone, or for all in the team's."""
        team = self.parts.team
        return voice(self.parts.words, *(self.speech(asked) if private else (team.language, team.zone)))

    def speech(self, asked: Asked) -> tuple[str, str]:
        """Language and zone of whoever asked; of a stranger what Discord is set to, and the team's zone."""
        actor = asked.actor
        if actor is None or actor.person == f"{self.desk.chat}:{asked.incoming.account}":
            return language_of(asked.interaction), self.parts.team.zone
        return actor.language, actor.zone

    # -- what comes of it ------------------------------------------------------

    async def _outcome(self, asked: Asked, work: Awaitable[Answer]) -> Answer:
        try:
            return await work
        except UserError as error:
            return self._refused(asked, error)
        except Exception:
            reference = secrets.token_hex(3)
            log.exception("discord_failed", reference=reference)
            return self._refused(asked, UserError("internal", reference=reference))

    def _refused(self, asked: Asked, error: UserError) -> Answer:
        return Answer(refusal(error, asked.line), None)

    async def _acknowledge(self, asked: Asked) -> _Said:
        is_press = asked.is_press
        try:
            async with asyncio.timeout(LIMIT_S):
                await asked.interaction.response.defer(thinking=not is_press, ephemeral=asked.private and not is_press)
        except discord.HTTPException as error:
            if error.code != _ACKNOWLEDGED:
                _log_unshown(error)
                return _Said.LOST
        except Exception as error:  # noqa: BLE001  # the network's, whose kinds are many; the answer takes the other way
            _log_unshown(error)
            return _Said.LOST
        return _Said.QUIET if is_press else _Said.THINKING

    # -- showing it ------------------------------------------------------------

    async def _show(self, asked: Asked, said: _Said, answer: Answer) -> None:
        try:
            async with asyncio.timeout(LIMIT_S):
                ref = None if said is _Said.LOST else await self._put(asked, said, answer)
        except Exception as error:  # noqa: BLE001  # as above
            _log_unshown(error)
            ref = await _arrived(asked, answer)
            said = _Said.LOST if ref is None else said
        if said is _Said.LOST:
            await self.desk.fall_back(asked.incoming, answer)
        elif ref is not None and answer.message is not None:
            await self.desk.stood(answer.message, ref)

    async def _put(self, asked: Asked, said: _Said, answer: Answer) -> str | None:
        """Where it stands now; None where nothing is to be seen of it."""
        if not answer.reply.blocks:
            await self._say_nothing(asked, said)
            return None
        private = answer.reply.private or any(isinstance(block, Secret) for block in answer.reply.blocks)
        shown = self._as_typed_here(answer.reply)
        drawn = render(shown, self.voice(asked, private=private), answer.message or _NOBODYS)
        data = await self.parts.store.read(lambda tx: pictures(tx, drawn)) if drawn.pictures else {}
        interaction = asked.interaction
        if said is _Said.NOTHING:
            try:
                sent = await interaction.response.send_message(**for_post(drawn, data), ephemeral=private)
            except discord.HTTPException as error:
                if error.code != _ACKNOWLEDGED:
                    raise
                return await self._finish_earlier(asked, answer, drawn, data)
            return _ref(interaction, sent.message_id)
        if said is _Said.THINKING and private == asked.private:
            stood = await interaction.edit_original_response(**for_edit(drawn, data))
            return _ref(interaction, stood.id)
        if said is _Said.THINKING:
            await _unthink(interaction)
        followed = await interaction.followup.send(**for_post(drawn, data), ephemeral=private, wait=True)
        return _ref(interaction, followed.id)

    def _as_typed_here(self, reply: Reply) -> Reply:
        """Lines to type as Discord fills them in when they are pasted."""
        blocks = (
            replace(item, text=self.as_slash(item.text)) if isinstance(item, Code) else item for item in reply.blocks
        )
        return replace(reply, blocks=tuple(blocks))

    async def _finish_earlier(self, asked: Asked, answer: Answer, drawn: Drawn, data: Any) -> str | None:
        """An earlier process, or an earlier try of this request, has said something already."""
        if not asked.is_press:
            stood = await asked.interaction.edit_original_response(**for_edit(drawn, data))
            return _ref(asked.interaction, stood.id)
        if not answer.is_new:  # whether more than the acknowledgement arrived nobody knows
            await self.desk.fall_back(asked.incoming, answer)
        return None

    @staticmethod
    async def _say_nothing(asked: Asked, said: _Said) -> None:
        if said is _Said.THINKING:
            await _unthink(asked.interaction)
        elif said is _Said.NOTHING and asked.is_press:
            await asked.interaction.response.defer()


async def _arrived(asked: Asked, answer: Answer) -> str | None:
    """Where the answer stands whose request failed: Discord may have taken it all the same. Our id in it tells."""
    if answer.message is None:
        return None
    try:
        async with asyncio.timeout(LIMIT_S):
            found = await asked.interaction.original_response()
    except Exception:  # noqa: BLE001  # then nobody knows, and it is promised
        return None
    is_ours = any(embed.footer.text == answer.message for embed in found.embeds)
    return _ref(asked.interaction, found.id) if is_ours else None


async def _unthink(interaction: discord.Interaction[Any]) -> None:
    """Takes "thinking" away, ended first: else the next message is taken for it and as public, or refused."""
    await interaction.edit_original_response(content=_NOTHING_YET)
    await interaction.delete_original_response()


def _ref(interaction: discord.Interaction[Any], message: int | None) -> str | None:
    return None if message is None else f"{interaction.channel_id}:{message}"


def _log_unshown(error: Exception) -> None:
    """By its kind: the text of a network error may hold the interaction's token."""
    code = error.code if isinstance(error, discord.HTTPException) else None
    if code in _GONE:
        log.info("discord_interaction_gone", code=code)
    else:
        log.warning("discord_answer_not_shown", kind=type(error).__name__, code=code)
