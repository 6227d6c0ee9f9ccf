"""What becomes of an interaction: a slash command, a press, a window that was filled in, a value being typed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import discord
import structlog
from discord import app_commands

from bot.chat import uploads
from bot.chat.desk import Answer, Desk, Parts
from bot.chat.discord import windows
from bot.chat.discord.answering import Answering, Asked
from bot.chat.discord.coming import WINDOW, filled_in, incoming_of, page_of, press_of, pressed_of, window_of
from bot.chat.discord.marks import Marks
from bot.chat.discord.render import more
from bot.chat.discord.tree import Given, Options, Slashes, asked_later
from bot.core.chats_port import Flow
from bot.core.command import Actor, Command
from bot.core.errors import NotFoundError, UserError
from bot.core.matching import matching
from bot.core.ports import Tx
from bot.core.reply import Button, button_id, buttons_of
from bot.core.slash import Leaf, Option

log = structlog.get_logger()

STOP_S = 2.0
"""Real seconds that answers under way have when the bot ends."""
FETCH_S = 30.0
"""Real seconds that fetching a file may take."""
_LONGEST_VALUE = 100
_OF_SERVERS = ("place", "mark")
"""Completers of what the servers have."""


@dataclass(frozen=True, slots=True)
class Interactions:
    """`done` is told after each: the plan may have changed. `look`: before what the servers have is offered."""

    parts: Parts
    desk: Desk
    slashes: Slashes
    answering: Answering
    done: Callable[[], None]
    look: Callable[[], object]
    marks: Marks
    _running: set[asyncio.Task[Any]] = field(default_factory=set)

    async def close(self) -> None:
        """Lets answers under way be given, in bounded time."""
        others = self._running - {asyncio.current_task()}
        if others:
            _, late = await asyncio.wait(others, timeout=STOP_S)
            for task in late:
                task.cancel()

    # -- slash commands --------------------------------------------------------

    async def slash(self, interaction: discord.Interaction[Any], leaf: Leaf, options: Given) -> None:
        line = self.slashes.line(leaf, options)
        asked = Asked(interaction, incoming_of(interaction), leaf.command.private, line)
        await self._safely(asked, self._slash(asked, leaf, options))

    async def _slash(self, asked: Asked, leaf: Leaf, given: Given) -> None:
        files = {name: value for name, value in given.items() if isinstance(value, discord.Attachment)}
        options = {name: value for name, value in given.items() if not isinstance(value, discord.Attachment)}
        if files:  # fetching them may take longer than Discord waits
            await self.answering.give(asked, self._with_files(asked, leaf, options, files))
            return
        missing = [option for option in asked_later(leaf) if option.name not in options]
        if missing:
            await self._ask(asked, leaf, options, missing)
            return
        typed = self.slashes.typed(leaf, options)
        await self.answering.give(asked, self._typed(asked, typed.words, typed.keyed))

    async def _with_files(
        self, asked: Asked, leaf: Leaf, options: Options, files: Mapping[str, discord.Attachment]
    ) -> Answer:  # fmt: skip
        """Each file is kept and its id stands in its place, as where files come first and commands after."""
        actor = await self._know(asked)
        await self.parts.store.read(lambda tx: uploads.may_bring(tx, actor, self.parts.commands))
        kept: dict[str, str | int | bool] = dict(options)
        for name, file in files.items():
            kept[name] = await self._brought(actor, file)
        typed = self.slashes.typed(leaf, kept)
        return await self.desk.typed(asked.incoming, typed.words, typed.keyed)

    async def _brought(self, actor: Actor, file: discord.Attachment) -> str:
        uploads.check_size(file.size)
        try:
            data = await asyncio.wait_for(file.read(), FETCH_S)
        except (discord.HTTPException, TimeoutError) as error:
            raise UserError("plan.not_fetched", file=file.filename) from error
        kind = file.content_type or ""
        now = self.parts.clock.now()
        upload = await self.parts.store.write(lambda tx: uploads.keep(tx, file.filename, kind, data, actor, now))
        return upload.id

    async def _typed(self, asked: Asked, words: tuple[str, ...], keyed: Mapping[str, str]) -> Answer:
        await self._know(asked)
        return await self.desk.typed(asked.incoming, words, keyed)

    async def _ask(self, asked: Asked, leaf: Leaf, options: Options, missing: Sequence[Option]) -> None:
        """Opens a window for what is missing. What was given is kept until it is sent in, also over a restart."""
        typed = self.slashes.typed(leaf, options)
        actor, incoming = await self._know(asked), asked.incoming
        await self.parts.runner.may_begin(actor, leaf.command, typed.keyed)
        flow = Flow(
            f"discord-{incoming.id}", self.desk.chat, incoming.address, incoming.account,
            {"words": list(typed.words), "keyed": dict(typed.keyed)}, self.parts.clock.now(),
        )  # fmt: skip

        def keep(tx: Tx) -> None:
            while (before := tx.chats.flow_of(self.desk.chat, incoming.address, incoming.account)) is not None:
                tx.chats.end_flow(before.id)
            tx.chats.save_flow(flow)

        await self.parts.store.write(keep)
        reader = self.parts.words.reader(*self.answering.speech(asked))
        window = windows.for_options(f"{WINDOW}{flow.id}", leaf, missing, reader)
        await self.answering.open(asked, window)

    # -- presses and windows ---------------------------------------------------

    async def act(self, interaction: discord.Interaction[Any]) -> None:
        asked = Asked(interaction, incoming_of(interaction), private=True)
        await self._safely(asked, self._act(asked))

    async def _act(self, asked: Asked) -> None:
        interaction = asked.interaction
        is_sent_in = interaction.type is discord.InteractionType.modal_submit
        press, page = press_of(interaction), page_of(interaction)
        if press is not None:
            button = None if is_sent_in else await self._form(*press)
            if button is not None and button.command in self.parts.commands:
                await self.desk.shown(asked.incoming, press[0], pressed_of(interaction))
                await self._open(asked, press, button)
            else:
                await self.answering.give(asked, self._pressed(asked, *press))
        elif page is not None:
            await self._turn(asked, *page)
        elif is_sent_in and (flow := window_of(interaction)) is not None:
            await self._sent_in(asked, flow)
        else:
            raise NotFoundError("button.unknown")

    async def _form(self, message: str, name: str) -> Button | None:
        """The button, if it has a form."""

        def find(tx: Tx) -> Button | None:
            shown = tx.outbox.message(message) or tx.chats.answer(message)
            buttons = [] if shown is None else buttons_of(shown.reply)
            return next((button for button in buttons if button.form and button_id(message, button) == name), None)

        return await self.parts.store.read(find)

    async def _open(self, asked: Asked, press: tuple[str, str], button: Button) -> None:
        command = self.parts.commands.get(button.command)
        actor = replace(await self._know(asked), room=None)  # as in `Desk.pressed`
        await self.parts.runner.may_begin(actor, command, button.args)
        reader = self.parts.words.reader(*self.answering.speech(asked))
        await self.answering.open(asked, windows.for_button(":".join(press), button, command, reader))

    async def _pressed(self, asked: Asked, message: str, button: str) -> Answer:
        await self._know(asked)
        pressed, fields = pressed_of(asked.interaction), filled_in(asked.interaction)
        return await self.desk.pressed(asked.incoming, message, button, pressed, fields)

    async def _sent_in(self, asked: Asked, name: str) -> None:
        """A window of a slash command: from here on it is that command, with everything it needs.

        The flow stays until the next window: Discord may send the same event again, which has to find its answer.
        """
        flow = await self.parts.store.read(lambda tx: tx.chats.flow(name))
        if flow is None or flow.account != asked.incoming.account:
            raise NotFoundError("discord.window_over")
        words = tuple(flow.detail["words"])
        keyed = {**flow.detail["keyed"], **filled_in(asked.interaction)}
        command, _ = self.parts.commands.find(words)
        asked.private, asked.line = command.private, _line(command, keyed)
        await self.answering.give(asked, self._typed(asked, words, keyed))

    async def _turn(self, asked: Asked, message: str, page: int) -> None:
        """Further buttons of a message, for whoever asked alone."""
        await self._know(asked)
        reply = await self.desk.shown(asked.incoming, message, pressed_of(asked.interaction))
        drawn = more(reply, self.answering.voice(asked, private=True), message, page)
        if not drawn.components:
            raise NotFoundError("button.unknown")
        await self.answering.aside(asked, drawn)

    async def stale(self, interaction: discord.Interaction[Any]) -> None:
        """A command that Discord still shows and the bot has no more, or not like that."""
        if interaction.type is discord.InteractionType.application_command:
            asked = Asked(interaction, incoming_of(interaction), private=True)
            await self._safely(asked, _raise(NotFoundError("discord.stale")))

    # -- completion ------------------------------------------------------------

    async def complete(
        self, interaction: discord.Interaction[Any], leaf: Leaf, option: Option, current: str
    ) -> list[app_commands.Choice[str]]:
        """At most 25 values that this person may use there."""
        try:
            incoming = replace(incoming_of(interaction), marks=await self.marks.of(interaction))
            actor = await self.desk.actor(incoming)
            completer = option.parameter.arg.completer or ""
            if completer in _OF_SERVERS:
                self.look()
            offers = await self.parts.runner.offers(actor, leaf.command, completer)
        except Exception as error:  # noqa: BLE001  # an empty list is all that can be said while somebody types
            log.warning("discord_completion_failed", kind=type(error).__name__, command=leaf.command.path)
            return []
        fitting = [offer for offer in offers if len(offer.value) <= _LONGEST_VALUE]
        return [app_commands.Choice(name=offer.alone, value=offer.value) for offer in matching(fitting, current)]

    # -- the same for all ------------------------------------------------------

    async def _know(self, asked: Asked) -> Actor:
        """Who asked, and what they are on the servers."""
        asked.incoming = replace(asked.incoming, marks=await self.marks.of(asked.interaction))
        asked.actor = await self.desk.actor(asked.incoming)
        return asked.actor

    async def _safely(self, asked: Asked, work: Awaitable[None]) -> None:
        """Whatever goes wrong is told to whoever asked, and to nobody else."""
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        try:
            await work
        except UserError as error:
            await self.answering.refuse(asked, error)
        except Exception:
            reference = secrets.token_hex(3)
            log.exception("discord_failed", reference=reference)
            await self.answering.refuse(asked, UserError("internal", reference=reference))
        finally:
            self.done()


def _line(command: Command, keyed: Mapping[str, str]) -> str:
    return " ".join([f"/{command.path}", *(f'{name}="{text}"' for name, text in keyed.items())])


async def _raise(error: UserError) -> None:
    raise error
