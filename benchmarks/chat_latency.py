"""How soon Discord sees an interaction acknowledged, while 200 rooms are live, beside an empty bot.

    python benchmarks/chat_latency.py [--rooms 200] [--seconds 60] [--rate 10] [--goal-ms 300]

`run.py serve`, as a user starts it, on the real clock, and a Discord on loopback (tests/servers), each a process of its
own. People type commands, press buttons of a checklist and have values completed, RATE in a second, whatever became of
those before. Times are the server's: from an interaction's sending to its first answer there. It checks the requests
against Discord's description when all is over: a check takes longer than what is measured, and the server hears nothing
meanwhile.

Under load every room has a show's worth of signals behind it (20 minutes, read and judged before the clock starts) and
sends a signed batch every ten seconds, so that the cold-room rule judges ROOMS / 10 ticks a second; one room after the
other goes cold, so that alerts, their changes and all-clears go out meanwhile. An empty bot has one room, off air.

Exit 1 if the p99 under load is above the goal, or an interaction was not acknowledged.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import re
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp

sys.path.insert(0, str(Path(__file__).parent.parent))

from bot.feeds.own import sign
from bot.keys import new_secret
from storage.database import SqliteStore
from tests.servers.discord_people import NotPossible
from tests.servers.discord_process import discord_process

ROOT = Path(__file__).parent.parent
TOKEN = "MTIzNDU2Nzg5.made.up-for-the-tests"
BATCH_S, BEHIND_S, COLD_S, LEAD_S = 10, 1200, 150, 90
"""Seconds: between two batches of a room, behind it at first, of a cold spell, and from the first one to the people."""
_PORT = re.compile(r"name='(\w+)' .*port=(\d+)")


@dataclass
class Bot:
    """A served bot, its Discord, and who plays the operator there."""

    folder: Path
    discord: Any
    ports: dict[str, int]
    http: aiohttp.ClientSession
    user: str = ""
    channel: str = ""
    secrets: dict[str, str] = field(default_factory=dict)

    async def say(self, text: str) -> Any:
        url = f"http://127.0.0.1:{self.ports['web']}/chat/api/say"
        body, who = {"channel": "team", "text": text}, {"X-Showcaller-As": "operator"}
        async with self.http.post(url, json=body, headers=who) as answer:
            told = await answer.json()
            if answer.status != 200:
                raise SystemExit(f"{text}: {told}")
            return told

    async def slash(self, line: str, **options: Any) -> None:
        asked = await self.discord.slash(self.user, line, options, self.channel)
        await self.discord.settled(asked, 10)

    def rows(self, sql: str) -> list[Any]:
        with closing(sqlite3.connect(f"file:{self.folder / 'bot.db'}?mode=ro", uri=True)) as connection:
            return connection.execute(sql).fetchall()


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Bot]:
    config, log = folder / "showcaller.toml", folder / "log.txt"
    async with (
        discord_process(folder / "discord.json", "--token", TOKEN, "--check-at-end") as discord,
        aiohttp.ClientSession() as http,
    ):
        url = discord.url
        config.write_text(
            f'database = "{folder / "bot.db"}"\n[web]\nport = 0\n[ingest]\nport = 0\n[discord]\ntoken = "{TOKEN}"\n'
            f'api_base = "{url}/api/v10"\ngateway_url = "{url.replace("http", "ws", 1)}/gw/"\n',
            "utf-8",
        )
        guild = await discord.add_guild("Shop")
        channel, user = await discord.add_channel(guild, "team"), await discord.add_member(guild, "Lin")
        command = [sys.executable, str(ROOT / "run.py"), "serve", "--config", str(config)]
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=out, stderr=out)
            try:
                await discord.until_requests(1, "PUT", "/applications/*/commands", 30)
                ports = {name: int(port) for name, port in _PORT.findall(log.read_text("utf-8"))}
                bot = Bot(folder, discord, ports, http, user, channel)
                code = (await bot.say("/link"))["reply"]["blocks"][1]["text"].partition("=")[2]
                await bot.slash("link", code=code)
                await bot.slash("setup bind", purpose="team")
                yield bot
            finally:
                process.terminate()
                await process.wait()


# -- the load ------------------------------------------------------------------


def lines(spread: random.Random, at: datetime, *, is_cold: bool) -> Iterator[dict[str, Any]]:
    """Ten seconds of a room."""
    stamp = at.isoformat(timespec="milliseconds")
    yield {"at": stamp, "kind": "concurrent", "n": 300 + spread.randint(-9, 9)}
    yield {"at": stamp, "kind": "comment", "n": spread.randint(0, 2) if is_cold else spread.randint(16, 24)}
    yield {"at": stamp, "kind": "like", "n": spread.randint(1, 5) if is_cold else spread.randint(40, 60)}
    yield {"at": stamp, "kind": "view", "n": spread.randint(5, 9)}
    yield {"at": stamp, "kind": "product_click", "n": spread.randint(1, 4)}


async def send(bot: Bot, room: str, number: int, batch: list[dict[str, Any]]) -> None:
    body, name, at = json.dumps(batch).encode(), f"{room}-{number}", str(int(time.time()))
    signature = sign(bot.secrets[room], name, at, body)
    headers = {"webhook-id": name, "webhook-timestamp": at, "webhook-signature": signature}
    url = f"http://127.0.0.1:{bot.ports['ingest']}/v1/signals/{room}"
    async with bot.http.post(url, data=body, headers=headers) as answer:
        if answer.status != 202:
            raise SystemExit(f"a batch was refused: {await answer.text()}")


async def open_rooms(bot: Bot, rooms: int) -> None:
    """Rooms with secrets, on air since 20 minutes, all of it judged."""
    names = [f"r{number:03}" for number in range(rooms)]
    for room in names:
        await bot.say(f"/room add {room} us")
    bot.secrets = {room: new_secret() for room in names}
    store = SqliteStore(bot.folder / "bot.db")
    await store.open()
    now = datetime.now(UTC)
    await store.write(
        lambda tx: [tx.signals.add_secret(room, key, now, old_valid_until=now) for room, key in bot.secrets.items()]
    )
    await store.close()
    for room in names:
        began, spread = datetime.now(UTC) - timedelta(seconds=BEHIND_S), random.Random(room)
        batch = [{"at": began.isoformat(), "kind": "stream", "state": "started"}]
        for past_s in range(0, BEHIND_S, BATCH_S):
            batch += lines(spread, began + timedelta(seconds=past_s), is_cold=False)
        await send(bot, room, 0, batch)
    feed = asyncio.create_task(keep_feeding(bot, names, 0.0))
    while (judged := bot.rows("select count(*) from sessions where judged_tick >= 119")[0][0]) < rooms:
        print(f"\r{judged} of {rooms} rooms judged up to now ", end="", file=sys.stderr, flush=True)
        await asyncio.sleep(1)
    feed.cancel()
    await asyncio.gather(feed, return_exceptions=True)


async def keep_feeding(bot: Bot, names: list[str], cold_every_s: float) -> None:
    """A batch of each room every ten seconds, spread evenly; every so often the next room goes cold for a while."""
    began, spread = time.monotonic(), random.Random(7)
    async with asyncio.TaskGroup() as under_way:
        await _feed(bot, names, cold_every_s, under_way, began, spread)


async def _feed(
    bot: Bot,
    names: list[str],
    cold_every_s: float,
    under_way: asyncio.TaskGroup,
    began: float,
    spread: random.Random,
) -> None:
    for step in itertools.count():
        await asyncio.sleep(max(0.0, began + step * BATCH_S / len(names) - time.monotonic()))
        place = step % len(names)
        passed_s = time.monotonic() - began
        is_cold = bool(cold_every_s) and place * cold_every_s <= passed_s < place * cold_every_s + COLD_S
        batch = list(lines(spread, datetime.now(UTC), is_cold=is_cold))
        under_way.create_task(send(bot, names[place], time.time_ns(), batch))


# -- people --------------------------------------------------------------------


async def act(bot: Bot, seconds: float, rate: float) -> list[tuple[str, str]]:
    """Kind and id of every interaction, begun at their times whatever became of those before."""
    card = await checklist(bot)
    begun: list[tuple[str, str]] = []
    under_way = []

    async def one(number: int) -> None:
        kind = ("slash", "press", "autocomplete")[number % 3]
        if kind == "slash":
            line, options = [("now", {}), ("room list", {}), ("status", {}), ("now", {"room": "r000"})][number // 3 % 4]
            asked = await bot.discord.slash(bot.user, line, options, bot.channel)
        elif kind == "press":
            asked = await press(bot, card, number)
        else:
            asked = await bot.discord.autocomplete(bot.user, "now", {"room": "r0"}, "room", bot.channel)
        begun.append((kind, asked))

    began = time.monotonic()
    for number in range(int(seconds * rate)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        under_way.append(asyncio.create_task(one(number)))
    await asyncio.gather(*under_way)
    await asyncio.sleep(3)
    return begun


async def press(bot: Bot, card: str, number: int) -> str:
    """One of what can be picked on the checklist just now: ticks and their taking back, and reasons, in a window."""
    while True:
        message = await bot.discord.message(card)
        parts = [part for row in message["components"] for part in row["components"]]
        choices = [(part["custom_id"], option["value"]) for part in parts for option in part.get("options", [])]
        custom_id, value = choices[number * 7 % len(choices)]
        with contextlib.suppress(NotPossible):  # somebody has picked it in between
            return await bot.discord.press(bot.user, card, custom_id, [value])


async def checklist(bot: Bot) -> str:
    """The Discord message of a checklist."""
    local = (datetime.now(UTC) + timedelta(minutes=40)).astimezone(ZoneInfo("America/New_York"))
    await bot.say(f"/show plan r000 {local:%Y-%m-%d %H:%M} length=1h")
    for _ in range(100):
        for message in await bot.discord.messages(bot.channel):
            if any("options" in part for row in message["components"] for part in row["components"]):
                return message["id"]
        await asyncio.sleep(0.1)
    raise SystemExit("the checklist did not come")


async def measure(rooms: int, seconds: float, rate: float) -> dict[str, list[float]]:
    """Milliseconds until acknowledged, by kind; inf where it was not."""
    with tempfile.TemporaryDirectory() as folder:
        async with served(Path(folder)) as bot:
            feed = None
            if rooms:
                await open_rooms(bot, rooms)
                feed = asyncio.create_task(keep_feeding(bot, list(bot.secrets), (LEAD_S + seconds) / rooms))
                await asyncio.sleep(LEAD_S)
            else:
                await bot.say("/room add r000 us")
            posted = len(await bot.discord.requests("*", "/channels/*"))
            begun = await act(bot, seconds, rate)
            posted = len(await bot.discord.requests("*", "/channels/*")) - posted
            found = defaultdict(list)
            for kind, name in begun:
                seen = await bot.discord.interaction(name)
                took = float("inf") if seen["acked_at"] is None else (seen["acked_at"] - seen["at"]) * 1000
                found[kind].append(took)
            [[alerts]] = bot.rows("select count(*) from alerts")
            [[ticks]] = bot.rows("select coalesce(sum(judged_tick + 1), 0) from sessions")
            if feed is not None:
                feed.cancel()
                await asyncio.gather(feed, return_exceptions=True)
            name = f"{rooms} rooms live" if rooms else "an empty bot"
            print(f"\r{name}: {alerts} alerts, {ticks} ticks judged, {posted} posts and edits meanwhile")
            return found


def told(name: str, values: list[float]) -> str:
    ordered = sorted(values)
    at = {share: ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.9, 0.99)}
    figures = "  ".join(f"p{share * 100:g} {ms:6.1f}" for share, ms in at.items())
    return f"  {name:14}{len(values):5}  {figures}  worst {max(values):6.1f} ms"


def p99(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.99 * len(values)))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--goal-ms", type=float, default=300)
    asked = parser.parse_args()
    under_load: list[float] = []
    for rooms in (0, asked.rooms):
        found = asyncio.run(measure(rooms, asked.seconds, asked.rate))
        under_load = [value for values in found.values() for value in values]
        for kind, values in found.items():
            print(told(kind, values))
        print(told("all", under_load), flush=True)
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; goal: p99 under {asked.goal_ms:g} ms")
    return 1 if p99(under_load) > asked.goal_ms or max(under_load) == float("inf") else 0


if __name__ == "__main__":
    sys.exit(main())
