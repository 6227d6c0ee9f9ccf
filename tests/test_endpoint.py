"""POST /v1/signals/{room}: who may send, what is taken, what is refused and how that is said."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from datetime import timedelta

import pytest

from bot.core.money import Money
from bot.feeds.own import sign
from tests.front_door import SECRET, SHOW_AT, Answer

OTHER = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"


@pytest.fixture
async def live(bot):
    """A room on air, two products, a secret."""
    await bot.room()
    await bot.plan()
    await bot.advance(SHOW_AT)
    answer = await bot.send([bot.line("stream", state="started")])
    assert answer.status == 202, answer.body
    return bot


async def raw(bot, body, headers=None, *, room="us_main", method="POST"):
    async with bot.http.request(method, f"{bot.ingest}/v1/signals/{room}", data=body, headers=headers) as response:
        return Answer(response.status, await response.json())


def signed(bot, body, name="raw", at=None, secret=SECRET):
    at = str(int(bot.now.timestamp()) if at is None else at)
    return {"webhook-id": name, "webhook-timestamp": at, "webhook-signature": sign(secret, name, at, body)}


async def kept(bot, room="us_main"):
    def count(tx):
        return tx.db.execute("select count(*) from signals where room = ?", [room]).fetchone()[0]

    return await bot.app.store.read(count)


async def tally(bot):
    """The running counts of the one room on air."""
    [live] = list(bot.app.ports.live)
    return live.tally


async def summary(bot):
    await bot.send([bot.line("stream", state="ended")])
    await bot.advance(minutes=6)
    return (await bot.find("Provisional", "managers"))["text"]


# -- who may send ---------------------------------------------------------------


async def test_an_unknown_room_is_said_whatever_the_signature(bot):
    answer = await bot.send([bot.line("comment")], room="nowhere")
    assert (answer.status, answer.body) == (404, {"error": "there is no room 'nowhere'"})


@pytest.mark.parametrize("room", ["%ED%A0%80", "%FF", "%00", "a" * 5000, "..", "us_main%2F..", "<script>"])
async def test_a_strange_room_is_an_unknown_room(live, room):
    answer = await raw(live, b"[]", room=room)
    assert answer.status == 404
    assert list(answer.body) == ["error"]


async def test_a_room_without_a_secret_says_how_to_make_one(bot):
    await bot.ok("/room add us_main us")
    answer = await bot.send([bot.line("comment")])
    assert answer.status == 401
    assert "run.py secret ROOM" in answer.text


async def test_a_wrong_signature_keeps_nothing(live):
    before = await kept(live)
    answer = await live.send([live.line("comment")], secret=OTHER)
    assert answer.status == 401
    assert "webhook-signature does not match" in answer.text
    assert OTHER not in answer.text
    assert SECRET not in answer.text
    assert await kept(live) == before


async def test_a_changed_body_does_not_match_its_signature(live):
    headers = signed(live, b"[]")
    answer = await raw(live, json.dumps([live.line("comment")]).encode(), headers)
    assert answer.status == 401


async def test_the_secret_of_another_room_is_none(live):
    await live.ok("/room add uk_main uk")
    await live.secret("uk_main", OTHER)
    assert (await live.send([live.line("comment")], room="uk_main", secret=SECRET)).status == 401
    assert (await live.send([live.line("comment")], room="uk_main", secret=OTHER)).status == 202


@pytest.mark.parametrize(("offset_s", "status"), [(-301, 401), (-299, 202), (299, 202), (301, 401)])
async def test_a_timestamp_may_be_five_minutes_off(live, offset_s, status):
    now = int(live.now.timestamp())
    answer = await live.send([live.line("comment")], timestamp=now + offset_s)
    assert answer.status == status
    if status == 401:
        assert "301 s from this server's clock" in answer.text


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
async def test_a_missing_header_is_named(live, missing):
    body = json.dumps([live.line("comment")]).encode()
    headers = signed(live, body)
    del headers[missing]
    answer = await raw(live, body, headers)
    assert answer.status == 401
    assert missing in answer.text


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("webhook-id", "x" * 257),
        ("webhook-id", "ü"),
        ("webhook-id", b"\xff\xfe".decode("utf-8", "surrogateescape")),
        ("webhook-timestamp", "now"),
        ("webhook-timestamp", "-5"),
        ("webhook-timestamp", "1" * 30),
        ("webhook-timestamp", "١٧٠٠٠٠٠٠٠٠"),
        ("webhook-signature", "v2,abc"),
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v1," + b"\xff".decode("utf-8", "surrogateescape")),
        ("webhook-signature", "v1,ü"),
    ],
)
async def test_a_header_that_cannot_be_right_is_refused(live, header, value):
    """Sent byte by byte: no client library would let some of these through."""
    body = json.dumps([live.line("comment")]).encode()
    headers = signed(live, body) | {header: value}
    status, answer = await by_hand(live, headers, body)
    assert status == 401, answer
    assert header in answer["error"]


async def by_hand(bot, headers, body, *, length=None, room="us_main"):
    reader, writer = await asyncio.open_connection("127.0.0.1", bot.app.ingest.port)
    lines = [f"POST /v1/signals/{room} HTTP/1.1", "Host: localhost", f"Content-Length: {length or len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape") + body)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    told = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    answer = json.loads(await reader.readexactly(told))
    writer.close()
    await writer.wait_closed()
    return int(head.split()[1]), answer


async def test_one_right_signature_among_several_is_enough(live):
    body = json.dumps([live.line("comment")]).encode()
    headers = signed(live, body)
    headers["webhook-signature"] = f"v1,AAAA v1a,BBBB {headers['webhook-signature']}"
    assert (await raw(live, body, headers)).status == 202


async def test_other_methods_and_paths_answer_in_json(live):
    answer = await raw(live, None, method="GET")
    assert answer.status == 405
    assert "use POST" in answer.text
    async with live.http.get(f"{live.ingest}/v1/nothing") as response:
        assert response.status == 404
        assert "there is nothing at '/v1/nothing'" in (await response.json())["error"]


# -- once and only once ---------------------------------------------------------


async def test_the_same_batch_again_is_all_duplicates(live):
    lines = [live.line("comment", n=3), live.line("order", gmv="5.00", currency="USD", order_id="o1")]
    first = await live.send(lines, webhook_id="same")
    count = await kept(live)
    again = await live.send(lines, webhook_id="same")
    assert first.body == {"accepted": 2, "duplicates": 0}
    assert (again.status, again.body) == (202, {"accepted": 0, "duplicates": 2})
    assert await kept(live) == count
    assert (await tally(live)).count("comments").value == 3


async def test_the_same_id_with_another_body_is_a_conflict(live):
    await live.send([live.line("comment")], webhook_id="same")
    count = await kept(live)
    answer = await live.send([live.line("like")], webhook_id="same")
    assert answer.status == 409
    assert "'same' came before with another body" in answer.text
    assert await kept(live) == count


async def test_the_same_batch_twice_at_once_counts_once(live):
    lines = [live.line("comment")]
    answers = await asyncio.gather(*(live.send(lines, webhook_id="same") for _ in range(8)))
    assert {answer.status for answer in answers} == {202}
    assert sum(answer.body["accepted"] for answer in answers) == 1


async def test_an_id_of_one_room_says_nothing_of_another(live):
    await live.ok("/room add uk_main uk")
    await live.secret("uk_main")
    await live.send([live.line("comment")], webhook_id="same")
    answer = await live.send([live.line("like")], webhook_id="same", room="uk_main")
    assert answer.body == {"accepted": 1, "duplicates": 0}


async def test_a_signal_id_counts_once_per_source(live):
    lines = [live.line("comment", id="c1"), live.line("comment", id="c1"), live.line("comment", id="c1", source="b")]
    assert (await live.send(lines)).body == {"accepted": 2, "duplicates": 1}
    assert (await live.send(lines)).body == {"accepted": 0, "duplicates": 3}


async def test_an_order_counts_once_by_its_newest_state(live):
    order = {"gmv": "10.00", "currency": "USD", "order_id": "o1"}
    await live.send([live.line("order", status="created", **order)])
    await live.advance(seconds=5)
    await live.send([live.line("order", status="paid", **order)])
    await live.send([live.line("order", status="paid", **order)])
    await live.send([live.line("order", gmv="7.00", currency="USD", order_id="o2")])
    now = (await live.ok("/now us_main")).text
    assert "Orders so far: 2\n" in now
    assert "GMV so far: US$17.00\n" in now
    await live.advance(seconds=5)
    await live.send([live.line("order", status="cancelled", **order)])
    assert (await tally(live)).net().value == Money(700, "USD")
    assert "GMV US$17.00 and 2 orders" in await summary(live), "gross keeps what was cancelled later"


# -- what is taken --------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "field", "why"),
    [
        ({"kind": "hug"}, "kind", "'hug' is not known"),
        ({"kind": "comment", "mood": "good"}, "mood", "is not a field of a comment line"),
        ({"kind": "comment", "n": -1}, "n", "whole number from 0"),
        ({"kind": "concurrent"}, "n", "is missing"),
        ({"kind": "order", "gmv": "-1"}, "gmv", "0 or more"),
        ({"kind": "order", "gmv": "ten"}, "gmv", "0 or more"),
        ({"kind": "order", "gmv": "1", "currency": "EURO"}, "currency", "ISO 4217"),
        ({"kind": "order", "gmv": "1", "currency": "XTS"}, "currency", "ISO 4217"),
        ({"kind": "stream", "state": "begun"}, "state", "started"),
        ({"kind": "comment", "t": 5}, "t", "recordings"),
        ({"kind": "comment", "source": "note:olga"}, "source", "may not begin with 'note:'"),
    ],
)
@pytest.mark.parametrize("as_lines", [False, True])
async def test_one_bad_line_refuses_the_batch_and_is_named(live, wrong, field, why, as_lines):
    before = await kept(live)
    lines = [live.line("comment"), live.line("like"), {"at": live.now.isoformat(), **wrong}, live.line("share")]
    texts = "\n\n" + "\n".join(map(json.dumps, lines)) if as_lines else json.dumps(lines)
    answer = await live.send(texts.encode())
    assert answer.status == 422
    assert (answer.body["line"], answer.body["field"]) == (5 if as_lines else 3, field)
    assert why in answer.body["why"]
    assert answer.body["error"].startswith(f"line {answer.body['line']}, field {field!r}")
    assert await kept(live) == before


async def test_a_refused_batch_may_be_mended_and_sent_under_its_id(live):
    assert (await live.send([live.line("comment", n=-1)], webhook_id="mend")).status == 422
    assert (await live.send([live.line("comment", n=1)], webhook_id="mend")).body == {"accepted": 1, "duplicates": 0}


async def test_a_time_without_offset_or_missing_is_named(live):
    for at, why in ((None, "is missing"), ("2027-03-12T20:00:00", "offset"), ("yesterday", "offset")):
        answer = await live.send([{"kind": "comment"} | ({} if at is None else {"at": at})])
        assert (answer.status, answer.body["field"]) == (422, "at")
        assert why in answer.body["why"]


async def test_a_line_from_the_future_is_refused(live):
    """One line a year ahead would keep its session open for a year."""
    soon, later = live.now + timedelta(seconds=299), live.now + timedelta(seconds=301)
    assert (await live.send([live.line("comment", soon)])).status == 202
    answer = await live.send([live.line("comment"), live.line("comment", later)])
    assert (answer.status, answer.body["line"], answer.body["field"]) == (422, 2, "at")
    assert "301 s ahead" in answer.body["why"]


async def test_late_lines_in_any_order_land_in_their_own_time(live):
    await live.advance(minutes=5)
    times = [live.now - timedelta(seconds=back) for back in (10, 200, 90)]
    answer = await live.send([live.line("comment", at, n=2) for at in times])
    assert answer.body == {"accepted": 3, "duplicates": 0}
    counts = await tally(live)
    assert [2, 2, 2] == [counts.tick(int((at - SHOW_AT).total_seconds() // 10)).comments for at in times]


async def test_amounts_in_two_currencies_are_not_added_up(live):
    await live.send([live.line("order", gmv="5.00"), live.line("order", gmv="900", currency="JPY")])
    now = (await live.ok("/now us_main")).text
    assert "Orders so far: 2\nGMV so far: not measured\n" in now
    assert "Amounts came in JPY and USD; they are not added up." in await summary(live)


async def test_an_order_without_an_amount_is_counted_and_its_money_unknown(live):
    await live.send([live.line("order", n=2)])
    assert "Orders so far: 2\nGMV so far: not measured\n" in (await live.ok("/now us_main")).text


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "the body is empty"),
        (b"   \n ", "the body is empty"),
        (b"[", "not a JSON array"),
        (b"{}", "is missing"),
        (b"[1]", "not a JSON object"),
        (b"\xff\xfe\x00[", "not JSON"),
        (b'[{"kind": "comment", "text": "\xff"}]', "JSON"),
        (b'[{"kind": "comment", "text": "\\ud800"}]', "JSON"),
        (b"[" * 100_000, "JSON"),
        (gzip.compress(b"[]", mtime=0), "not JSON"),
    ],
)
async def test_a_body_that_is_no_batch_is_said(live, body, why):
    answer = await live.send(body)
    assert answer.status == 422
    assert why in answer.body["error"]
    assert len(answer.body["error"]) < 1000
    assert await kept(live) == 1


async def test_an_empty_array_is_accepted_and_does_nothing(live):
    assert (await live.send([])).body == {"accepted": 0, "duplicates": 0}


async def test_a_packed_body_is_refused_before_it_is_unpacked(live):
    body = gzip.compress(b"[" + b" " * 50_000_000 + b"]")
    answer = await raw(live, body, signed(live, body) | {"Content-Encoding": "gzip"})
    assert answer.status == 415
    assert "'gzip': send it unpacked" in answer.text


async def test_ten_thousand_signals_are_taken_and_one_more_is_not(live):
    line = {"at": live.now.isoformat(), "kind": "like"}
    before = await kept(live)
    too_many = await live.send(json.dumps([line] * 10_001, separators=(",", ":")).encode())
    assert too_many.status == 422
    assert "10000 signals" in too_many.text
    assert await kept(live) == before
    enough = await live.send(json.dumps([line] * 10_000, separators=(",", ":")).encode())
    assert enough.body == {"accepted": 10_000, "duplicates": 0}


async def test_a_twenty_megabyte_body_is_refused_before_it_has_come(live):
    status, answer = await asyncio.wait_for(
        by_hand(live, {"webhook-id": "big"}, b"[" * 1000, length=20_000_000), timeout=5
    )
    assert status == 413
    assert "at most 1 MiB" in answer["error"]
    body = b" " * 20_000_000
    answer = await raw(live, io.BytesIO(body), signed(live, body))
    assert answer.status == 413
    assert (await live.send([live.line("comment")])).status == 202


async def test_a_body_of_unknown_length_is_cut_off_at_the_limit(live):
    async def endless():
        for _ in range(400):
            yield b" " * 65_536

    answer = await raw(live, endless(), signed(live, b""))
    assert answer.status == 413
    assert (await live.send([live.line("comment")])).status == 202


async def test_hostile_texts_are_kept_as_they_are(live):
    texts = [
        "<img src=x onerror=alert(1)>",
        "@everyone {0} {name} %s",
        "nul\x00nul",
        "\u202eevil",
        "🦄" * 400,
        "'; drop table signals;--",
    ]
    answer = await live.send([live.line("comment", text=text, user=text[:100]) for text in texts])
    assert answer.body == {"accepted": len(texts), "duplicates": 0}
    stored = await live.app.store.read(lambda tx: list(tx.signals.of_session(tx.sessions.latest("us_main").id)))
    assert texts == [line.data["text"] for line in stored if line.data["kind"] == "comment"]


async def test_the_health_of_the_bot_needs_no_secret(bot):
    async with bot.http.get(f"{bot.ingest}/healthz") as response:
        assert (response.status, (await response.json())["status"]) == (200, "ok")
    async with bot.http.get(f"{bot.ingest}/readyz") as response:
        assert (response.status, await response.json()) == (200, {"ready": True})
