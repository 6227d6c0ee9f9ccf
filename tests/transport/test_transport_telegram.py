"""Telegram over the wire, Discord beside it: updates, limits, lost answers, who cannot be reached, webhooks, moves."""

from __future__ import annotations

import socket

import aiohttp
from pydantic import SecretStr

from bot.core.reply import Heading, Text, reply
from tests.chat.telegram_app import ACCOUNTS, TEAM
from tests.servers.telegram_updates import SECRET_HEADER
from tests.transport.seen import until, words
from tests.transport.stage import HOSTS, MANAGERS, TELEGRAM_TOKEN, on_stage

REPEATED = "this may have reached you before"
SECRET = "a-made-up-secret-for-the-webhook"
MIA, OLGA = ACCOUNTS["mia"], ACCOUNTS["olga"]


async def test_updates_are_asked_for_answered_and_confirmed(tmp_path):
    async with on_stage(tmp_path) as stage:
        (said,) = await stage.types("boss", "/room add us_main us")
        assert "us_main is here" in said.text
        await stage.telegram.until(lambda: not stage.telegram.pending())
        assert {"room", "show"} <= {entry["command"].partition("_")[0] for entry in stage.telegram.menu(OLGA, TEAM)}
        assert "us_main" in words((await stage.slash("olga", "room list"))["messages"][0])


async def test_a_button_of_before_the_restart_still_works_and_shows_in_both_chats(tmp_path):
    async with on_stage(tmp_path) as stage:
        show = await stage.to_the_checklist()
        (card,) = await stage.on_telegram("checklist")
        message = (await stage.bot.arrived("checklist", "telegram"))[0][0]
        tick = await stage.button(message, "checklist tick", item="sound_lapel")
        await stage.restart()
        stage.telegram.presses(OLGA, TEAM, card.id, tick)
        await stage.telegram.until(lambda: any("Olga" in (one.text or "") for one in stage.telegram.said(TEAM)))
        items = {item.key: item for item in await stage.app.store.read(lambda tx: tx.checklists.items(show))}
        assert (items["sound_lapel"].state, items["sound_lapel"].by) == ("done", "olga")

        async def shows_it():
            return "Olga" in words((await stage.on_discord("checklist"))[0])

        await until(shows_it)


async def test_one_chat_that_is_limited_keeps_no_other_waiting(tmp_path):
    async with on_stage(tmp_path) as stage:
        stage.telegram.fault("limit", methods=["sendMessage"], chat=TEAM, seconds=1)
        await stage.post("first", reply(Heading("for the team")))
        await stage.telegram.until(lambda: any(one.status == 429 for one in stage.telegram.asked("sendMessage")))
        await stage.post("second", reply(Heading("for the managers")), channel="managers")
        (other,) = await stage.on_telegram("for the managers", MANAGERS)
        assert stage.telegram.said(TEAM) == []
        await stage.on_discord("for the team")
        (late,) = await stage.on_telegram("for the team")
        assert late.now.at - other.now.at > 0.5
        assert REPEATED not in late.text


async def test_bad_gateways_are_ridden_out(tmp_path):
    async with on_stage(tmp_path) as stage:
        stage.telegram.fault("status", methods=["sendMessage"], status=502)
        stage.telegram.fault("status", methods=["getUpdates"], status=502)
        await stage.post("first", reply(Heading("for the team")), "checklist")
        (said,) = await stage.on_telegram("for the team")
        assert REPEATED in said.text  # nobody could know
        assert await stage.types("olga", "/room list")


async def test_many_bad_gateways_in_a_row_lose_no_promise(tmp_path):
    """A repeat is made once: not while Telegram answers nobody."""
    async with on_stage(tmp_path) as stage:
        await stage.telegram.until(lambda: stage.telegram.menu(OLGA, TEAM))
        await stage.app.clients["telegram"].quiet()  # nothing else is asked of Telegram now
        stage.telegram.fault("status", status=502, count=6)
        await stage.post("first", reply(Heading("for the team")), "checklist")
        sql = "select failures from outbox where destination like 'telegram:%' and state = 'new'"
        for failures in range(1, 7):
            await until(lambda n=failures: stage.app.store.read(lambda tx: (n,) in tx.db.execute(sql).fetchall()))
            await stage.bot.advance(minutes=6)
        assert len(await stage.on_telegram("for the team")) == 1


async def test_whose_answer_was_lost_is_repeated_with_a_mark_or_dropped_by_its_kind(tmp_path):
    async with on_stage(tmp_path) as stage:
        for kind, text in (("checklist", "the list"), ("cue", "the cue"), ("prompt", "the line")):
            stage.telegram.fault("cut", methods=["sendMessage"], chat=TEAM, is_kept=True)
            await stage.post(kind, reply(Text(text)), kind)
            await stage.on_telegram(text)
            await until(lambda: stage.logged("delivery_unknown"))
            if kind == "checklist":
                twice = await stage.on_telegram(text, n=2)
                assert [REPEATED in one.text for one in twice] == [False, True]
            else:
                await until(lambda kind=kind: stage.bot.in_state(kind, "uncertain", "telegram"))
            assert len(await stage.on_discord(text)) == 1
        await stage.bot.advance(minutes=5)
        await stage.post("last", reply(Text("the end")))
        await stage.on_telegram("the end")
        assert [one.text for one in stage.telegram.said(TEAM) if one.text in ("the cue", "the line")] == [
            "the cue",
            "the line",
        ]


async def test_who_has_blocked_the_bot_gets_it_in_the_hosts_channel(tmp_path):
    async with on_stage(tmp_path) as stage:
        await stage.bot.room()
        await stage.link("mia", chats=("telegram",))
        await stage.post("before", reply(Text("your line")), "reminder", channel="host", to="mia")
        await stage.on_telegram("your line", MIA)
        stage.telegram.house.world.users[MIA].has_blocked = True  # the bot has not heard of it
        await stage.post("after", reply(Text("another line")), "reminder", channel="host", to="mia")
        (moved,) = await stage.on_telegram("another line", HOSTS)
        assert [one["user"]["id"] for one in moved.now.entities if one["type"] == "text_mention"] == [MIA]
        await stage.on_telegram("blocked the bot")
        await stage.post("later", reply(Text("a third line")), "reminder", channel="host", to="mia")
        await stage.on_telegram("a third line", HOSTS)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def test_a_webhook_takes_what_bears_its_secret_and_nothing_else(tmp_path):
    port = free_port()
    webhook = {"mode": "webhook", "webhook_url": f"http://127.0.0.1:{port}", "secret_token": SecretStr(SECRET)}
    async with on_stage(tmp_path, ingest_port=port, telegram=webhook) as stage:
        assert await stage.types("boss", "/room add us_main us")
        assert [status for _, _, status in stage.telegram.webhook_attempts()] == [200]
        assert stage.telegram.asked("getUpdates") == []
        before, known = len(stage.telegram.log), len(stage.telegram.said())
        world = stage.telegram.house.world
        message = {"message_id": 999, "date": 0, "chat": world.shown_chat(world.chats[TEAM])}
        message |= {"from": world.shown_user(ACCOUNTS["boss"]), "text": "/room add uk_main uk"}
        message |= {"entities": [{"type": "bot_command", "offset": 0, "length": 5}]}
        wrong = SECRET[:-1] + "q"
        async with aiohttp.ClientSession() as stranger:
            for headers in ({}, {SECRET_HEADER: ""}, {SECRET_HEADER: wrong}, {SECRET_HEADER: SECRET + "x"}):
                update = {"update_id": 4_000, "message": message}
                async with stranger.post(f"{stage.bot.ingest}/v1/telegram", json=update, headers=headers) as answer:
                    assert answer.status == 403
                    assert SECRET not in await answer.text()
        assert "uk_main" not in (await stage.bot.ok("/room list")).text
        assert (len(stage.telegram.log), len(stage.telegram.said())) == (before, known)
        assert len(stage.logged("telegram_webhook_refused")) == 3  # the first, second and fourth
        assert SECRET not in repr(stage.logs)
        assert wrong not in repr(stage.logs)


async def test_another_program_with_the_same_bot_is_told_of_while_it_lasts(tmp_path):
    async with on_stage(tmp_path) as stage:
        async with aiohttp.ClientSession() as other:
            for _ in range(2):
                polls = stage.telegram.house.updates.polls
                url = f"{stage.telegram.base_url}{TELEGRAM_TOKEN}/getUpdates"
                async with other.post(url, data={"timeout": "1"}) as answer:
                    await answer.read()
                await stage.stands("telegram", "another program")
                await stage.told("another program")
                await stage.telegram.until(lambda polls=polls: stage.telegram.house.updates.polls > polls + 1)
        assert stage.why("telegram") is not None  # until a poll has come back by itself
        assert [entry["why"][:15] for entry in stage.logged("telegram_down")] == ["another program"]
        assert await stage.types("olga", "/room list")
        await stage.up("telegram")
        assert len(stage.logged("telegram_connected")) == 2


async def test_a_group_that_moves_is_bound_where_it_is_now(tmp_path):
    async with on_stage(tmp_path) as stage:
        await stage.bot.room()
        stage.telegram.migrates(TEAM, TEAM - 900)
        await until(lambda: stage.app.store.read(lambda tx: f"telegram:{TEAM - 900}" in tx.outbox.bound("team")))
        await stage.post("first", reply(Text("to the team")))
        await stage.on_telegram("to the team", TEAM - 900)
        # Moved while nobody listened: the answer to the message says where to.
        stage.telegram.migrates(MANAGERS, MANAGERS - 900)
        await stage.post("second", reply(Text("to the managers")), channel="managers")
        await stage.on_telegram("to the managers", MANAGERS - 900)
        assert len([one for one in stage.telegram.said() if one.text == "to the managers"]) == 1
