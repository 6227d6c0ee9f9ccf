"""Discord over the wire, Telegram beside it: logging in, commands, limits, faults, lost lines, what is found again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.command import CommandTable
from bot.core.reply import Heading, Text, reply
from handlers import COMMANDS
from tests.chat.telegram_app import TEAM
from tests.front_door import SHOW_AT
from tests.transport.seen import marker_of, until, words
from tests.transport.stage import SYNC, on_stage

HOUR = timedelta(hours=1)


async def test_commands_are_told_once_and_again_only_when_they_have_changed(tmp_path, monkeypatch):
    async with on_stage(tmp_path) as stage:
        await stage.discord.until_requests(1, *SYNC)
        told = {command["name"] for command in await stage.discord.commands()}
        assert {"room", "show", "checklist", "status"} <= told
        await until(lambda: stage.logged("discord_commands_synced"))
        await stage.restart()
        assert words((await stage.slash("boss", "room list"))["messages"][0])
        assert len(await stage.discord.requests(*SYNC)) == 1
        fewer = CommandTable([command for command in COMMANDS.commands if command.path != "room list"])
        monkeypatch.setattr("bot.app.COMMANDS", fewer)
        await stage.restart()
        await stage.discord.until_requests(2, *SYNC)
        (room,) = [command for command in await stage.discord.commands() if command["name"] == "room"]
        assert "list" not in {option["name"] for option in room["options"]}


async def test_while_somebody_types_0_3_and_60_values_match(tmp_path):
    async with on_stage(tmp_path) as stage:
        for number in range(60):
            await stage.bot.ok(f"/room add live{number:02} us")
        for name in ("tokyo_a", "tokyo_b", "tokyo_c"):
            await stage.bot.ok(f"/room add {name} us")
        found = {}
        for typed in ("zzz", "tokyo", "live"):
            asked = await stage.discord.autocomplete(
                stage.members["olga"], "room info", {"room": typed}, "room", stage.channels["team"]
            )
            found[typed] = [choice["value"] for choice in (await stage.discord.settled(asked))["choices"]]
        assert found["zzz"] == []
        assert sorted(found["tokyo"]) == ["tokyo_a", "tokyo_b", "tokyo_c"]
        assert len(found["live"]) == 25


async def test_a_summarys_picture_arrives_as_a_file_and_shows_in_its_embed(tmp_path):
    async with on_stage(tmp_path) as stage:
        bot = stage.bot
        await bot.room()
        await bot.plan(length="30m")
        await bot.advance(SHOW_AT)
        await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=300)])
        await bot.advance(minutes=10)
        sold = bot.line("order", n=1, gmv="19.90", currency="USD", order_id="o1")
        await bot.send([sold, bot.line("concurrent", n=280), bot.line("stream", state="ended")])
        await bot.advance(minutes=6)
        (summary,) = await stage.on_discord("Provisional", "managers")
        (file,) = summary["attachments"]
        assert file["filename"].endswith(".png")
        assert file["size"] > 10_000
        shown = [embed["image"]["url"] for embed in summary["embeds"] if "image" in embed]
        assert len(shown) == 1
        assert file["filename"] in shown[0]
        (sent,) = [one for one in await stage.discord.requests("POST", "/channels/*/messages") if one["files"]]
        assert list(sent["files"].values()) == [file["size"]]
        assert "US$19.90" in words(summary)
        photo = await until(lambda: [one for one in stage.telegram.asked("sendPhoto") if one.is_done])
        assert list(photo[0].files.values()) == [file["size"]]


async def test_one_channel_that_is_limited_keeps_no_other_waiting(tmp_path):
    async with on_stage(tmp_path) as stage:
        slow = f"/channels/{stage.channels['team']}/messages"
        await stage.discord.limited(1.5, method="POST", path=slow)
        await stage.post("first", reply(Heading("for the team")), channel="team")
        await stage.discord.until_requests(1, "POST", slow)
        await stage.post("second", reply(Heading("for the managers")), channel="managers")
        (other,) = await stage.on_discord("for the managers", "managers")
        assert await stage.discord.messages(stage.channels["team"]) == []
        await stage.on_telegram("for the team")
        (late,) = await stage.on_discord("for the team")
        assert late["at"] - other["at"] > 0.8
        assert [one["status"] for one in await stage.discord.requests("POST", slow)] == [429, 200]
        assert (await stage.bot.arrived("session", "discord", 2)) is not None


async def test_a_limit_of_the_whole_bot_is_waited_for_and_commands_go_on(tmp_path):
    async with on_stage(tmp_path) as stage:
        await stage.discord.limited(1.0, everywhere=True, method="POST", path="/channels/*")
        await stage.post("first", reply(Heading("for the team")))
        await stage.discord.until_requests(1, "POST", "/channels/*/messages")
        assert (await stage.slash("olga", "room list"))["acked_at"]  # answers are no part of that limit
        await stage.on_discord("for the team")


@pytest.mark.parametrize("stored", [False, True], ids=["not carried out", "carried out, the answer lost"])
async def test_a_bad_gateway_doubles_nothing_and_loses_nothing(tmp_path, stored):
    async with on_stage(tmp_path) as stage:
        there = f"/channels/{stage.channels['team']}/messages"
        await stage.discord.fault("answer", status=502, method="POST", path=there, stored=stored)
        await stage.post("first", reply(Heading("said once")))
        await stage.bot.arrived("session", "discord")
        assert len(await stage.on_discord("said once")) == 1
        sent = await stage.discord.requests("POST", there)
        assert [one["status"] for one in sent] == [502, 200]
        nonces = {(one["body"]["nonce"], one["body"]["enforce_nonce"]) for one in sent}
        assert len(nonces) == 1
        (nonce, is_enforced) = nonces.pop()
        assert nonce.startswith("sc")
        assert is_enforced


async def test_an_answer_lost_longer_than_discord_remembers_is_looked_up(tmp_path):
    async with on_stage(tmp_path) as stage:
        await stage.discord.limits(nonce_s=0)
        there = f"/channels/{stage.channels['team']}/messages"
        await stage.discord.fault("cut", method="POST", path=there, stored=True)
        await stage.post("first", reply(Heading("said once")))
        await until(lambda: stage.logged("delivery_unknown"))
        await stage.bot.advance(minutes=1)
        await stage.bot.arrived("session", "discord")
        assert len(await stage.on_discord("said once")) == 1
        assert await stage.discord.requests("GET", there)


async def test_told_to_reconnect_it_resumes_its_session(tmp_path):
    async with on_stage(tmp_path) as stage:
        await stage.discord.reconnect()
        await stage.discord.until_resumed()
        await stage.up("discord")
        assert "us" in words((await stage.slash("boss", "room add", slug="us_main", market="us"))["messages"][0])
        (session,) = await stage.discord.sessions()
        assert session["resumed"] == 1


async def test_a_session_that_is_over_is_begun_anew(tmp_path):
    async with on_stage(tmp_path) as stage:
        await stage.discord.invalidate(resumable=False)  # discord.py waits 5 s before it identifies again
        assert await stage.types("boss", "/room add us_main us")

        async def is_new():
            return [session["connected"] for session in await stage.discord.sessions()] == [False, True]

        await until(is_new)
        await stage.up("discord")
        assert "us_main" in words((await stage.slash("olga", "room list"))["messages"][0])
        assert len(await stage.discord.requests(*SYNC)) == 1


async def test_what_was_asked_while_the_line_was_lost_is_answered_once_and_the_rest_goes_on(tmp_path):
    async with on_stage(tmp_path) as stage:
        await stage.discord.drop(hold=True)
        await stage.stands("discord", "trying to come back")
        options = {"slug": "us_main", "market": "us"}
        asked = await stage.discord.slash(stage.members["boss"], "room add", options, stage.channels["team"])
        assert await stage.types("boss", "/room list")
        assert (await stage.bot.say("/room list")).status == 200
        await stage.discord.release()
        done = await stage.discord.settled(asked)
        assert "us_main is here" in words(done["messages"][0])
        assert len(await stage.discord.requests("POST", f"/interactions/{asked}/*")) == 1
        assert [session["resumed"] for session in await stage.discord.sessions()] == [1]
        await stage.up("discord")


async def test_who_takes_no_direct_messages_is_mentioned_in_the_hosts_channel(tmp_path):
    async with on_stage(tmp_path) as stage:
        await stage.bot.room()
        await stage.link("mia", chats=("discord",))
        mia = stage.members["mia"]
        await stage.post("before", reply(Text("your line")), "reminder", channel="host", to="mia")
        await stage.on_discord("your line", await stage.discord.dm(mia))
        await stage.discord.refuse_dms(mia)
        await stage.post("after", reply(Text("another line")), "reminder", channel="host", to="mia")
        (moved,) = await stage.on_discord("another line", "host")
        assert moved["pinged"] == [mia]
        await stage.on_discord("takes no direct messages")  # the team is told once why
        assert await stage.discord.messages(await stage.discord.dm(mia)) != []


async def events_of(stage, *states):
    """The guild's scheduled events, once they stand so: 1 planned, 2 on, 3 over, 4 cancelled."""

    async def found():
        shown = await stage.discord.scheduled_events(stage.guild)
        return shown if sorted(event["status"] for event in shown) == sorted(states) else []

    return await until(found, what=lambda: stage.logs[-5:])


async def test_shows_are_among_the_servers_events_and_found_again_after_a_restart(tmp_path):
    async with on_stage(tmp_path) as stage:
        await stage.bot.room()
        await stage.slash("boss", "show plan", room="us_main", when="2027-03-12 20:00", length="1h", host="mia")
        (event,) = await events_of(stage, 1)
        (show,) = [one.id for one in await stage.app.store.read(lambda tx: tx.shows.planned())]
        assert event["scheduled_start_time"].startswith("2027-03-13T01:00")
        assert show in event["description"]
        await stage.restart()
        await stage.app.store.write(lambda tx: tx.shows.save(replace(tx.shows.get(show), starts_at=SHOW_AT + HOUR)))
        await stage.slash("boss", "show list")  # after which the plan is looked at again

        async def is_moved():
            (event,) = await stage.discord.scheduled_events(stage.guild)
            return event["scheduled_start_time"].startswith("2027-03-13T02:00")

        await until(is_moved)
        # As after a kill between making one and remembering it: it is found by its marker.
        await stage.end()
        await stage.begin()
        await stage.app.store.write(lambda tx: tx.db.execute("delete from spots where kind = 'event'"))
        await stage.up()
        await until(lambda: stage.app.store.read(lambda tx: tx.chats.spots("discord", stage.guild, "event")))
        assert len(await stage.discord.scheduled_events(stage.guild)) == 1
        await stage.slash("boss", "show cancel", show=show, reason="no stock")
        (event,) = await events_of(stage, 4)
        assert len(await stage.discord.requests("POST", "/guilds/*/scheduled-events")) == 1


async def test_a_shows_thread_is_found_again_after_a_restart(tmp_path):
    async with on_stage(tmp_path) as stage:
        show = await stage.to_the_checklist()
        (card,) = await stage.on_discord("checklist")
        await stage.bot.arrived("checklist", "discord")

        async def said_in_thread(text):
            await stage.post(text, reply(Text(text)), "cue", channel="team", subject=show)
            (said,) = await stage.on_discord(text, card["id"])
            return said

        await said_in_thread("first")
        (thread,) = await stage.discord.threads(stage.channels["team"])
        assert thread["id"] == card["id"]
        await stage.restart()
        await said_in_thread("second")
        # As after a kill between making it and remembering it.
        await stage.app.store.write(lambda tx: tx.db.execute("delete from spots where kind = 'thread'"))
        await said_in_thread("third")
        assert len(await stage.discord.threads(stage.channels["team"])) == 1


async def test_a_button_of_before_the_restart_still_works(tmp_path):
    async with on_stage(tmp_path) as stage:
        show = await stage.to_the_checklist()
        (card,) = await stage.on_discord("checklist")
        message = marker_of(card)
        tick = await stage.button(message, "checklist tick", item="sound_lapel")
        await stage.restart()
        await stage.press("olga", card, tick)
        (item,) = [
            one for one in await stage.app.store.read(lambda tx: tx.checklists.items(show)) if one.key == "sound_lapel"
        ]
        assert (item.state, item.by) == ("done", "olga")

        async def shows_it():
            return "Olga" in words(await stage.discord.message(card["id"]))

        await until(shows_it)
        await until(lambda: any("Olga" in (one.text or "") for one in stage.telegram.said(TEAM)))
