"""What the checks of requests to Discord let through, and what they catch: its document's rules and ours."""

from __future__ import annotations

import pytest
import simcord

from tests.servers import checked
from tests.servers.checked import check_discord
from tests.servers.tiny_bot import Tiny

POST = ("POST", "/channels/1/messages")
SYNC = ("PUT", "/applications/1/commands")
ANSWER = ("POST", "/interactions/1/token/callback")
EVENT = ("POST", "/guilds/1/scheduled-events")


def _button(**more):
    return {"type": 2, "style": 1, "label": "Go", "custom_id": "go", **more}


def _row(*buttons):
    return {"type": 1, "components": list(buttons)}


def _command(**more):
    return {"name": "stock", "description": "What is left", "type": 1, **more}


def _option(name, kind=3, **more):
    return {"type": kind, "name": name, "description": "x", **more}


def _event(**more):
    begin, end = "2099-01-01T00:00:00+00:00", "2099-01-01T01:00:00+00:00"
    fields = {"name": "Show", "privacy_level": 2, "entity_type": 3, "entity_metadata": {"location": "TikTok"}}
    return {**fields, "scheduled_start_time": begin, "scheduled_end_time": end, **more}


FINE = [
    (POST, {"content": "x" * 2000, "nonce": "sc1", "enforce_nonce": True}),
    (POST, {"embeds": [{"title": "x", "fields": [{"name": "a", "value": "b", "inline": True}]}]}),
    (POST, {"components": [_row(*(_button(custom_id=str(n)) for n in range(5)))] * 1}),
    (POST, {"content": "x", "components": [_row({"type": 2, "style": 5, "label": "Open", "url": "https://x.test"})]}),
    (SYNC, [_command(name="库存", options=[_option("数量", required=True), _option("b")])]),
    (SYNC, [_command(options=[_option("g", 2, options=[_option("s", 1, options=[_option("x")])])])]),
    (ANSWER, {"type": 8, "data": {"choices": []}}),
    (ANSWER, {"type": 5, "data": {"flags": 64}}),
    (EVENT, _event()),
]
WRONG = [
    (POST, {"content": "x" * 2001}, "content: Must be 2000"),
    (POST, {"content": "  ", "embeds": [{"title": ""}]}, "embeds.0.description: This field is required"),
    (POST, {"content": " \n"}, "Cannot send an empty message"),
    (POST, {}, "Cannot send an empty message"),
    (POST, {"embeds": [{"description": "x" * 3001}] * 2}, "embeds: Embed size exceeds maximum size of 6000"),
    (POST, {"embeds": [{"title": "x" * 257}]}, "embeds.0.title: Must be 256"),
    (POST, {"embeds": [{"fields": [{"name": "a", "value": " "}]}]}, "embeds.0.fields.0.value: This field is required"),
    (POST, {"embeds": [{"fields": [{"name": "a", "value": "b"}] * 26}]}, "embeds.0.fields: Must be 25"),
    (POST, {"embeds": [{"image": {"url": "attachment://a.png"}}]}, "No file called 'a.png'"),
    (POST, {"embeds": [{"image": {"url": "file:///etc"}}]}, "Scheme 'file'"),
    (POST, {"components": [_row(_button(), _button())]}, "components.0.components.1.custom_id: Component custom id"),
    (POST, {"components": [_row(*(_button(custom_id=str(n)) for n in range(6)))]}, "components.0"),
    (POST, {"components": [_row(_button(custom_id=str(n))) for n in range(6)]}, "components: Must be between 1 and 5"),
    (POST, {"components": [_row(_button(custom_id="x" * 101))]}, "custom_id: Must be"),
    (POST, {"components": [_row(_button(label=""))]}, "A button needs a label"),
    (POST, {"components": [_row(_button(url="https://x.test"))]}, "A link has a url"),
    (POST, {"content": "x", "nonce": "n" * 26}, "nonce"),
    (POST, {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}, "mutually exclusive"),
    (SYNC, [_command(description="")], "0.description: Must be between 1 and 100"),
    (SYNC, [_command(name="Stock")], "0.name: Command name is invalid: 'Stock'"),
    (SYNC, [_command(options=[_option("two words")])], "0.options.0.name: Command name is invalid"),
    (SYNC, [_command(options=[_option("a"), _option("b", required=True)])], "Required options must be placed before"),
    (SYNC, [_command(options=[_option(f"o{n}") for n in range(26)])], "0.options: Must be 25"),
    (SYNC, [_command(), _command()], "must be unique"),
    (SYNC, [_command(options=[_option("a", choices=[{"name": "x", "value": "y"}] * 2)])], "Two choices"),
    (SYNC, [_command(name_localizations={"zh-CN": "Two Words"})], "Command name is invalid: 'Two Words'"),
    (ANSWER, {"type": 4, "data": {"content": "x" * 2001}}, "data.content: Must be 2000"),
    (ANSWER, {"type": 8, "data": {"choices": [{"name": "x", "value": "y"}] * 26}}, "data.choices: Must be 25"),
    (ANSWER, {"type": 8, "data": {"choices": [{"name": "", "value": "y"}]}}, "data.choices.0.name"),
    (ANSWER, {"type": 9, "data": {"custom_id": "f", "title": "x" * 46, "components": []}}, "data.title"),
    (EVENT, _event(entity_metadata={"location": ""}), "entity_metadata.location"),
    (EVENT, _event(scheduled_end_time="2098-01-01T00:00:00+00:00"), "It ends before it begins"),
    (EVENT, _event(name="x" * 101), "name: Must be 100"),
    (("GET", "/channels/x/messages"), None, "channel_id"),
    (("POST", "/no/such"), {}, "Discord has no POST /no/such"),
]


@pytest.mark.parametrize(("request_line", "body"), FINE)
def test_what_discord_takes_passes(request_line, body):
    with checked.provoked("discord"):
        assert check_discord(*request_line, body) == []


@pytest.mark.parametrize(("request_line", "body", "said"), WRONG)
def test_what_discord_refuses_is_caught(request_line, body, said):
    with checked.provoked("discord") as seen:
        found = check_discord(*request_line, body)
    assert any(said in each for each in found), found
    assert seen == found


def test_a_query_is_checked_too():
    with checked.provoked("discord"):
        assert check_discord("GET", "/channels/1/messages", None, {"limit": 100}) == []
        assert check_discord("GET", "/channels/1/messages", None, {"limit": 101}) != []


def test_totals_name_platform_and_fault(monkeypatch):
    monkeypatch.setattr(checked, "REQUESTS", {"discord": 0, "telegram": 0})
    monkeypatch.setattr(checked, "VIOLATIONS", {"discord": [], "telegram": []})
    checked.count("discord", requests=1233)
    checked.count("discord", ["POST /x: too long"])
    said = "1234 requests checked against Discord's OpenAPI document, 1 violation"
    assert checked.lines() == [said, "  POST /x: too long"]


async def test_what_goes_through_simcord_is_checked():
    client = Tiny()
    before = checked.REQUESTS["discord"]
    async with simcord.run(client) as env:
        channel = env.create_guild().create_text_channel("team")
        found = client.get_channel(channel.id)
        await found.send("fine")
        with checked.provoked("discord") as seen:
            await found.send("x", nonce="n" * 26)
    assert len(seen) == 1
    assert checked.REQUESTS["discord"] >= before + 2
