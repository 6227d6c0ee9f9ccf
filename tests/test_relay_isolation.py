"""One destination limits, one hangs, one has blocked the bot: a running bot keeps all others going.

How fast is the matter of benchmarks/relay_isolation.py.
"""

from __future__ import annotations

import asyncio
import math

from bot.app import App
from bot.clock import ScaledClock, VirtualClock
from bot.core.delivery import Refused, RetryAfter, Sent
from bot.core.records import Post
from bot.core.reply import Text, reply
from bot.demo.play import demo_settings
from tests.desk import said
from tests.front_door import BEGIN, PEOPLE

WELL = ("a", "b", "c")
MESSAGES = 5


class Scripted:
    idempotent_s = math.inf

    def __init__(self):
        self.got = {name: [] for name in (*WELL, "limited", "hanging", "blocked")}
        self.everybody_well = asyncio.Event()
        self.let_go, self.hung_no_more = asyncio.Event(), asyncio.Event()

    async def deliver(self, delivery):
        address = delivery.destination.partition(":")[2]
        self.got[address].append(said(delivery.reply))
        if all(len(self.got[name]) == MESSAGES for name in WELL):
            self.everybody_well.set()
        match address:
            case "limited":
                return RetryAfter(600, "429")
            case "blocked":
                return Refused("blocked")
            case "hanging":
                await self.let_go.wait()
                if len(self.got["hanging"]) == MESSAGES:
                    self.hung_no_more.set()
        return Sent("ref")


async def test_three_in_trouble_keep_nobody_waiting(tmp_path):
    chat = Scripted()
    settings = demo_settings(tmp_path, "en", web_port=0, ingest_port=0)
    async with App(settings, ScaledClock(BEGIN, 1), people=PEOPLE, chats={"scripted": chat}) as app:

        def promise(tx):
            for number in range(MESSAGES):
                for name in ("limited", "hanging", "blocked", *WELL):
                    post = Post(f"{name}{number}", "team", "note", reply(Text(str(number))), only=(f"scripted:{name}",))
                    tx.outbox.post(post, app.clock.now())

        await app.store.write(promise)
        async with asyncio.timeout(20):
            await chat.everybody_well.wait()
        assert {name: [str(number) for number in range(MESSAGES)] for name in WELL} == {
            name: chat.got[name] for name in WELL
        }
        assert {"limited": 1, "hanging": 1, "blocked": 1} == {
            name: len(got) for name, got in chat.got.items() if name not in WELL
        }
        chat.let_go.set()
    async with App(settings, ScaledClock(BEGIN, 1), people=PEOPLE, chats={"scripted": chat}) as app:
        async with asyncio.timeout(20):
            await chat.hung_no_more.wait()
        states = {row.destination: row for row in await app.store.read(lambda tx: tx.outbox.traffic(BEGIN))}
        assert (MESSAGES, MESSAGES) == (states["scripted:limited"].waiting, states["scripted:blocked"].waiting)


async def test_of_a_failure_the_kind_and_the_place_are_told_and_not_its_words(tmp_path, capsys):
    """A library's error may quote an address with a token in it."""

    class Broken:
        idempotent_s = None

        async def deliver(self, delivery):
            raise OSError("https://chat.example/bot123:secret/send")

    settings = demo_settings(tmp_path, "en", web_port=0, ingest_port=0)
    async with App(settings, VirtualClock(BEGIN), people=PEOPLE, chats={"broken": Broken()}) as app:
        post = Post("k", "team", "note", reply(Text("x")), only=("broken:1",))
        await app.store.write(lambda tx: tx.outbox.post(post, app.clock.now()))
        await app.relay.drain()
    out = capsys.readouterr().out
    assert "delivery_failed" in out
    assert "OSError at test_relay_isolation.py:" in out
    assert "secret" not in out
