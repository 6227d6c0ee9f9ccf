"""The outbox's contract: once per key, in order, folded where nobody has read it, dropped when it is too late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.records import Post, Pressed
from bot.core.reply import Actions, Button, Text, button_id, reply
from storage.database import SqliteStore

NOW = datetime(2027, 3, 12, 20, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def said(text):
    return reply(Text(text))


def promise(key="k", text="first", **more):
    return Post(key, "team", "note", said(text), **more)


@pytest.fixture
async def store(tmp_path):
    store = SqliteStore(tmp_path / "bot.db")
    await store.open()
    yield store
    await store.close()


async def claim(store, now=NOW):
    return await store.write(lambda tx: tx.outbox.claim(now, now + timedelta(seconds=60)))


async def send(store, now=NOW):
    """Takes one row and delivers it; what it said."""
    delivery = await claim(store, now)
    if delivery is None:
        return None
    await store.write(lambda tx: tx.outbox.sent(delivery, "ref", now))
    return delivery.op, delivery.reply.blocks[0].text


async def test_the_same_promise_twice_is_one_message(store):
    ids = [await store.write(lambda tx: tx.outbox.post(promise(text="one"), NOW)) for _ in range(2)]
    assert ids[0] == ids[1]
    assert [("post", "one"), None] == [await send(store), await send(store)]


async def test_an_edit_of_what_nobody_has_read_is_folded_into_it(store):
    await store.write(lambda tx: tx.outbox.post(promise(), NOW))
    for text in ("second", "third"):
        await store.write(lambda tx, text=text: tx.outbox.edit("k", said(text), NOW))
    assert [("post", "third"), None] == [await send(store), await send(store)]


async def test_edits_waiting_for_the_same_message_become_one(store):
    await store.write(lambda tx: tx.outbox.post(promise(), NOW))
    await send(store)
    for text in ("second", "third", "third"):
        await store.write(lambda tx, text=text: tx.outbox.edit("k", said(text), NOW))
    assert [("edit", "third"), None] == [await send(store), await send(store)]


async def test_an_edit_never_overtakes_its_post(store):
    await store.write(lambda tx: tx.outbox.post(promise(), NOW))
    delivery = await claim(store)
    await store.write(lambda tx: tx.outbox.edit("k", said("second"), NOW))
    await store.write(lambda tx: tx.outbox.retry(delivery, LATER, "429"))
    assert await claim(store) is None
    assert LATER == await store.read(lambda tx: tx.outbox.next_due())
    told = [await send(store, LATER), await send(store, LATER), await send(store, LATER)]
    assert ("edit", "second") == told[1] or ("post", "second") == told[0], told


async def test_urgent_goes_first_and_the_rest_in_order(store):
    for key in ("a", "b"):
        await store.write(lambda tx, key=key: tx.outbox.post(promise(key, key), NOW))
    await store.write(lambda tx: tx.outbox.post(promise("c", "c", urgent=True), NOW))
    assert ["c", "a", "b"] == [(await send(store))[1] for _ in range(3)]


async def test_what_comes_too_late_is_dropped_and_counted_and_its_edits_with_it(store):
    await store.write(lambda tx: tx.outbox.post(promise(expires_at=LATER), NOW))
    await store.write(lambda tx: tx.outbox.edit("k", said("second"), NOW))
    assert await claim(store, LATER) is None
    await store.write(lambda tx: tx.outbox.edit("k", said("third"), LATER))
    assert await claim(store, LATER) is None
    assert {"expired": 1} == dict(await store.read(lambda tx: tx.outbox.counts()))
    assert {} == dict(await store.read(lambda tx: tx.outbox.counts(LATER)))


async def test_a_row_whose_sender_died_is_sent_again_after_its_lease(store):
    await store.write(lambda tx: tx.outbox.post(promise(), NOW))
    first = await claim(store)
    assert await claim(store) is None
    again = await claim(store, LATER)
    assert (first.id, 2) == (again.id, again.attempt)


async def test_buttons_are_known_as_soon_as_they_are_promised_and_stay_known(store):
    pressed = Button("Go", "checklist go", {"show": "s1"})
    post = Post("k", "team", "go", reply(Actions((pressed,))))
    message = await store.write(lambda tx: tx.outbox.post(post, NOW))
    await store.write(lambda tx: tx.outbox.edit("k", said("over"), NOW))
    meant = await store.read(lambda tx: tx.outbox.button(message, button_id(message, pressed)))
    assert Pressed("checklist go", {"show": "s1"}, is_current=False) == meant, "the edit took it off the message"


async def test_looking_for_work_does_not_read_what_was_sent_long_ago(store):
    """A month of messages must not make every look slower: the queries in use take the index of what waits."""
    seen = []

    def work(tx):
        tx.db.conn.set_trace_callback(seen.append)
        tx.outbox.claim(NOW, LATER)
        tx.outbox.next_due()
        tx.db.conn.set_trace_callback(None)
        return [
            (step[3], sql)
            for sql in seen
            if sql.lstrip().lower().startswith(("select", "update"))
            for step in tx.db.conn.execute(f"explain query plan {sql}").fetchall()
        ]

    for step, sql in await store.write(work):
        assert not step.startswith(("SCAN o", "SCAN outbox", "SCAN messages")) or "INDEX" in step, (step, sql)
