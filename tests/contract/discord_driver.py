"""Discord as people use it: slash commands, buttons, selects and windows, through the real discord.py on simcord."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simcord.results import to_discord_message

from bot.chat.parse import parse
from bot.config import WebSettings
from bot.core.command import places
from bot.core.errors import UserError
from bot.core.slash import leaves, tree
from handlers import COMMANDS
from tests.chat import discord_draws
from tests.chat.discord_app import Town, on_discord
from tests.contract.driver import PLACES, Key, Place, RefusedError, Seen
from tests.front_door import PEOPLE, Bot

_ERROR = 0x992D22
_WHOLE = "message.txt"
_LEAVES = {leaf.command.path: (words, leaf) for words, leaf in leaves(tree(COMMANDS)).items()}


@dataclass(slots=True)
class DiscordDriver:
    town: Town
    channels: dict[Place, Any]
    chat: str = "discord"
    refuses_alone: bool = True
    asks_aloud: bool = False
    _stands: dict[str, Any] = field(default_factory=dict)
    _promises: dict[str, bool] = field(default_factory=dict)
    _known: dict[int, tuple[str, Seen]] = field(default_factory=dict)

    @property
    def team(self) -> str:
        return f"discord:{self.channels['team'].id}"

    @property
    def _backend(self) -> Any:
        return self.town.env.backend

    def spelled(self, line: str) -> str:
        """`/show plan us_main` is filled in as `/show plan room:us_main`."""
        try:
            words, options = as_slash(line, written=True)
        except UserError:
            return line
        return " ".join([f"/{words}", *(f"{name}:{value}" for name, value in options.items())])

    async def link(self, person: str) -> None:
        await self.town.member(person)

    # -- in --------------------------------------------------------------------

    async def say(self, person: str, line: str, place: Place) -> Seen:
        words, options = as_slash(line)
        member = await self.town.member(person)
        if "file" in options:
            options["file"] = await self._file(options["file"])
        result = await member.slash(self.channels[place], words, **options)
        return await self._answer(result, place)

    async def _file(self, name: str) -> tuple[str, bytes]:
        """Here a file is given with the command; elsewhere it was brought before."""
        found = await self.town.app.store.read(lambda tx: tx.plan_files.upload(name))
        assert found is not None, name
        return found.name, found.data

    async def press(self, person: str, seen: Seen, key: Key, fields: Mapping[str, str]) -> Seen:
        stands = self._stands[f"{seen.place} {key.message}"]
        actor = await self._actor(person, self._stored(stands))
        result = await self._find_and_press(actor, stands, f"{key.message}:{key.button}")
        window = result.modal
        if window is not None:
            asked = {part["custom_id"] for part in _inputs(window)}
            assert asked == set(fields), f"{key.label} asks for {asked}"
            result = await actor.submit_modal(result, dict(fields))
        else:
            assert not fields, f"{key.label} asks for nothing"
        return await self._answer(result, seen.place)

    async def _actor(self, person: str, stands: Any) -> Any:
        """In a direct message it is a user who presses, elsewhere a member."""
        member = await self.town.member(person)
        return member.user if self._backend.get_channel(stands.channel_id).guild_id is None else member

    async def _find_and_press(self, actor: Any, message: Any, name: str) -> Any:
        more = None
        for part in _parts(self._stored(message).components):
            if part.get("custom_id") == name:
                return await actor.click(message, custom_id=name)
            if name in [option["value"] for option in part.get("options", ())]:
                return await actor.select(message, [name], custom_id=part["custom_id"])
            if ":+" in part.get("custom_id", ""):
                more = part["custom_id"]
        assert more is not None, f"nothing to press is called {name}"
        page = await actor.click(message, custom_id=more)
        return await self._find_and_press(actor, page.response, name)

    async def _answer(self, result: Any, place: str) -> Seen:
        await self.town.bot.advance(self.town.bot.now)
        await self.town.env.settle()
        shown = result.response if result.response is not None and not result.followups else None
        shown = result.followups[-1] if result.followups else shown
        assert shown is not None, f"nothing was said: {result}"
        seen = await self._seen(self._stored(shown), place)
        if seen.message is None and shown.embeds[0].color.value == _ERROR:
            raise RefusedError(seen)
        if seen.message is not None:
            self._stands[f"{place} {seen.message}"] = shown
        return seen

    # -- out -------------------------------------------------------------------

    async def shown(self) -> list[Seen]:
        await self.town.env.settle()
        found = []
        for place, stored in self._all():
            seen = await self._read(stored, place)
            if seen.message is not None and await self._is_promised(seen.message):
                self._stands[f"{place} {seen.message}"] = to_discord_message(self.town.env, stored)
                found.append(seen)
        return sorted(found, key=lambda seen: int((seen.message or "m0")[1:]))

    def _all(self) -> Iterator[tuple[str, Any]]:
        """Every message of the bot's, threads and direct messages too, with its place."""
        bot = self.town.client.user
        assert bot is not None
        at = {channel.id: place for place, channel in self.channels.items()}
        for channel in list(self._backend.channels.values()):
            parent = channel.parent_id if channel.is_thread else channel.id
            place = "host" if channel.guild_id is None else at.get(parent)
            for stored in list(self._backend.messages.get(channel.id, {}).values()):
                if place is not None and stored.author_id == bot.id:
                    yield place, stored

    async def _is_promised(self, message: str) -> bool:
        if message not in self._promises:
            found = await self.town.app.store.read(lambda tx: tx.outbox.message(message))
            self._promises[message] = found is not None
        return self._promises[message]

    async def _read(self, stored: Any, place: str) -> Seen:
        """What did not change is not read again."""
        now = repr((stored.content, stored.embeds, stored.components, stored.attachments))
        before, seen = self._known.get(stored.id, (None, None))
        if seen is None or before != now:
            seen = await self._seen(stored, place)
            self._known[stored.id] = now, seen
        return seen

    def _stored(self, message: Any) -> Any:
        channel = message.channel_id if hasattr(message, "channel_id") else message.channel.id
        return self._backend.get_message(channel, message.id)

    async def _seen(self, stored: Any, place: str) -> Seen:
        marker = next((embed["footer"]["text"] for embed in stored.embeds if embed.get("footer")), "")
        message = marker if re.fullmatch(r"m\d+", marker) else None
        is_private = bool(stored.flags & 64) or self._backend.get_channel(stored.channel_id).guild_id is None
        files = {one["filename"]: self._bytes(one) for one in stored.attachments}
        whole = {name: body for name, body in files.items() if name == _WHOLE}
        pictures = tuple(body for name, body in files.items() if name != _WHOLE)
        keys = [] if message is None else await self._keys(message, stored)
        return Seen(message, place, words(stored), tuple(keys), is_private, pictures, whole, raw=self._raw(stored))

    def _bytes(self, attachment: Mapping[str, Any]) -> bytes:
        return bytes(self._backend.cdn.get(attachment["url"]))

    async def _keys(self, message: str, stored: Any) -> list[Key]:
        found, more = [], None
        for part in _parts(stored.components):
            for name, label in _named(part):
                if ":+" in name:
                    more = name
                elif ":pick" not in name:
                    found.append(await self._key(message, name.partition(":")[2], label))
        if more is not None:
            boss = await self.town.member("boss")
            page = await boss.click(to_discord_message(self.town.env, stored), custom_id=more)
            found += await self._keys(message, self._stored(page.response))
        return found

    async def _key(self, message: str, button: str, label: str) -> Key:
        stands_for = await self.town.app.store.read(lambda tx: tx.outbox.button(message, button))
        assert stands_for is not None, f"{message}:{button} stands for nothing"
        return Key(label, stands_for.command, stands_for.args, message, button)

    def _raw(self, stored: Any) -> dict[str, Any]:
        """What Discord was given, without what simcord made up."""
        channel = self._backend.get_channel(stored.channel_id)
        where = "thread" if channel.is_thread else "direct" if channel.guild_id is None else channel.name
        shown = {
            "where": where,
            "content": stored.content,
            "embeds": [_given(embed) for embed in stored.embeds],
            "components": [_given(row) for row in stored.components],
            "files": [one["filename"] for one in stored.attachments],
            "flags": stored.flags,
        }
        return {name: value for name, value in shown.items() if value}


def as_slash(line: str, *, written: bool = False) -> tuple[str, dict[str, Any]]:
    """A line as it would be filled in: the words of the command and its options, or these as they are written."""
    typed = parse(line)
    command, used = COMMANDS.find(typed.words)
    called, leaf = _LEAVES[command.path]
    rest = typed.words[used:]
    given = {item.name: " ".join(rest[place]) for item, place in places(command, typed.keyed, len(rest))}
    given |= typed.keyed
    if written:
        return " ".join(called), given
    kinds = {option.name: option for option in leaf.options}
    collected = {name: value for name, value in given.items() if name not in kinds}
    options: dict[str, Any] = {name: value for name, value in given.items() if name in kinds}
    for name, option in kinds.items():
        if option.parameter.arg.kind == "values" and collected:
            options[name] = " ".join(f"{key}={value}" for key, value in collected.items())
        elif name in options and option.kind == "integer":
            options[name] = int(options[name])
        elif name in options and option.kind == "boolean":
            options[name] = options[name] == "yes"
    return " ".join(called), options


def words(stored: Any) -> str:
    """What a reader sees in the embeds, in reading order."""
    found = []
    for embed in stored.embeds:
        found += [embed.get("title", ""), embed.get("description", "")]
        for entry in embed.get("fields", ()):
            found += [entry["name"], entry["value"]]
    return "\n".join(drawn(text) for text in found if text)


_FENCED = re.compile(r"^```\n(.*?)\n```$", re.DOTALL | re.MULTILINE)
_SHAPE = re.compile(r"^(?:> ## |> |### |-# |- )?(.*)$")


def drawn(text: str) -> str:
    """Our shapes and the escapes taken off."""
    parts = _FENCED.split(text)
    lines = []
    for number, part in enumerate(parts):
        lines += part.split("\n") if number % 2 else [_line(line) for line in part.split("\n")]
    return "\n".join(lines)


def _line(line: str) -> str:
    inside = _SHAPE.match(line)[1]  # type: ignore[index]  # it matches anything
    return discord_draws.seen(re.sub(r"(?<!\\)\*\*", "", inside))


def _parts(rows: Any) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield from row["components"]


def _named(part: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Custom ids and values, with what stands on them."""
    if "options" in part:
        for option in part["options"]:
            yield option["value"], f"{part.get('placeholder')}: {option['label']}"
    else:
        yield part["custom_id"], part["label"]


def _inputs(window: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for row in window["components"]:
        yield from [row["component"]] if "component" in row else row["components"]


_OURS = re.compile(r"https?://[^/]*(?:discordapp|discord)\.(?:com|net)\S*")


def _given(value: Any) -> Any:
    """Without numbers and addresses of the server's own."""
    if isinstance(value, Mapping):
        return {name: _given(inside) for name, inside in value.items() if name not in ("id", "proxy_url", "type")}
    if isinstance(value, list | tuple):
        return [_given(inside) for inside in value]
    return _OURS.sub("ADDRESS", value) if isinstance(value, str) else value


@asynccontextmanager
async def on_simcord(
    folder: Path, *, chats: Any, signs_in: bool, language: str
) -> AsyncIterator[tuple[Bot, DiscordDriver]]:
    """Each purpose has a channel of its own; everybody who is a person has an account, and direct messages open."""
    web = WebSettings(port=0, sign_in=signs_in)
    async with on_discord(folder, language=language, chats=chats, web=web) as town:
        channels: dict[Place, Any] = {
            place: town.team if place == "team" else town.guild.create_text_channel(place) for place in PLACES
        }
        await town.env.settle()
        for place, channel in channels.items():
            await town.bind(place, channel)
        driver = DiscordDriver(town, channels)
        for person in PEOPLE:
            await driver.link(person.slug)
        yield town.bot, driver
