"""GET /metrics: what Prometheus reads, per bot and without anybody's address."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from bot.core.delivery import Refused, RetryAfter, Unknown
from tests.desk import ScriptedChat
from tests.front_door import SHOW_AT, running


async def read(bot):
    """(name, labels) -> value."""
    async with bot.http.get(f"{bot.ingest}/metrics") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = await answer.text()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name.removeprefix("showcaller_"), *sorted(sample.labels.items())] = sample.value
    return found, text


def outcome(chat, kind, name):
    return ("delivery_outcomes_total", ("chat", chat), ("kind", kind), ("outcome", name))


async def evening(bot, *, until):
    await bot.room()
    await bot.plan()
    await bot.advance(until)


async def test_outcomes_dwell_retries_queue_and_parked_destinations(tmp_path):
    chat = ScriptedChat(None)
    chat.script = [RetryAfter(240, "429"), Unknown("lost"), ConnectionError()]
    async with running(tmp_path, chats={"scripted": chat}) as bot:
        await bot.app.store.write(lambda tx: tx.outbox.bind("team", "scripted:@4242"))
        await evening(bot, until=SHOW_AT.replace(hour=19, minute=20))
        found, text = await read(bot)
        assert [1, 1, 1, 1, 1] == [
            found[outcome("scripted", "checklist", name)]
            for name in ("paused", "unknown", "failed", "repeated", "sent")
        ]
        assert 3 == found["delivery_retries_total", ("chat", "scripted"), ("kind", "checklist")]
        assert 1 == found["delivery_dwell_seconds_count", ("kind", "checklist")]
        assert 240 <= found["delivery_dwell_seconds_sum", ("kind", "checklist")] < 250
        chat.script = [Refused("blocked")]
        await bot.advance(SHOW_AT.replace(hour=19, minute=51))
        found, text = await read(bot)
        assert 1 == found["parked_destinations", ("chat", "scripted")]
        assert 2 == found["delivery_queue", ("chat", "scripted"), ("state", "parked")]
        assert 0 == found["delivery_queue", ("chat", "scripted"), ("state", "new")]
        assert 0 == found["parked_destinations", ("chat", "web")]
        assert "4242" not in text


async def test_what_was_dropped_is_counted_as_that(tmp_path):
    chat = ScriptedChat(None)
    chat.script = [RetryAfter(3 * 3600, "429")]
    async with running(tmp_path, chats={"scripted": chat}) as bot:
        await bot.app.store.write(lambda tx: tx.outbox.bind("team", "scripted:team"))
        await evening(bot, until=SHOW_AT.replace(hour=22, minute=1))
        found, _ = await read(bot)
        assert 1 == found[outcome("scripted", "checklist", "expired")]


async def test_each_bot_of_a_process_counts_for_itself(tmp_path):
    async with running(tmp_path / "one") as one, running(tmp_path / "two") as two:
        await evening(one, until=SHOW_AT.replace(hour=19))
        sent = outcome("web", "checklist", "sent")
        assert (1, None) == ((await read(one))[0].get(sent), (await read(two))[0].get(sent))
