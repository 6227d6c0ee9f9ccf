"""Something shown once reaches whoever asked for it, and nothing else: no database, no other page, no second look."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated

import aiohttp
import pytest

from bot import app as composition
from bot.core.command import Arg, Command, CommandTable
from bot.core.model import Role
from bot.core.reply import Secret, Text, reply
from handlers import COMMANDS
from tests.front_door import running

LINK = "http://127.0.0.1/chat/join#QXJlIHlvdSBsb29raW5n"
CODE = "K7VQ-93TX"


@dataclass(frozen=True, slots=True)
class _Hand:
    code: Annotated[str, Arg("1234", secret=True)]


async def _hand(request, ctx):
    """Shows a secret to whoever gave the right code."""
    assert request.code == CODE
    return reply(Text("here"), Secret(LINK, qr=True))


@pytest.fixture
async def bot(tmp_path, monkeypatch):
    table = CommandTable(
        (
            *COMMANDS.commands,
            Command("hand", "over", _Hand, _hand, Role.VIEWER, private=True),
            Command("hand", "out", _Hand, _hand, Role.VIEWER),
        )
    )
    monkeypatch.setattr(composition, "COMMANDS", table)
    async with running(tmp_path) as running_bot:
        yield running_bot


async def _pushed(socket, count):
    found = []
    while len(found) < count:
        frame = await socket.receive_json(timeout=20)
        if frame["type"] == "message":
            found.append(frame["message"])
    return found


@pytest.mark.parametrize(("command", "private"), [("hand over", True), ("hand out", False)])
async def test_a_secret_is_shown_once(bot, tmp_path, command, private):
    shown = []
    bot.app.chat.on_shown.append(shown.append)
    async with bot.http.ws_connect(f"{bot.chat}/chat/ws?as=boss") as mine:
        answer = await bot.say(f"/{command} {CODE}", nonce="once")
        pushed = await _pushed(mine, 2)
    [block] = [block for block in answer.body["reply"]["blocks"] if block["type"] == "secret"]
    assert (block["text"], block["gone"]) == (LINK, False)
    assert block["qr"].startswith("data:image/svg+xml")
    assert answer.body["reply"]["private"] is private
    assert answer.body["line"] == f"/{command} •••"

    again = await bot.say(f"/{command} {CODE}", nonce="once")
    assert again.body["message_id"] == answer.body["message_id"]
    read = [*pushed, again.body, *await bot.messages(), *(message.reply and message.reply.blocks for message in shown)]
    assert LINK not in json.dumps(read, default=repr)
    assert CODE not in json.dumps(read, default=repr)
    assert "Shown once" in json.dumps(again.body)
    for path in tmp_path.iterdir():
        assert LINK.encode() not in path.read_bytes(), path
        assert CODE.encode() not in path.read_bytes(), path


async def test_what_others_see_of_a_line_has_no_code(bot):
    await bot.ok(f"/hand out code={CODE}")
    seen = await bot.messages(person="olga")
    assert seen[0]["text"] == "/hand out code=•••"
    assert CODE not in json.dumps(seen)


async def test_a_socket_of_somebody_else_hears_no_secret(bot):
    async with aiohttp.ClientSession() as other, other.ws_connect(f"{bot.chat}/chat/ws?as=olga") as socket:
        await bot.ok(f"/hand out {CODE}")
        assert LINK not in json.dumps(await _pushed(socket, 2))
