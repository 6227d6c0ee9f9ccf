import gzip
import json
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import BadLineError, ShowcallerError
from bot.core.signal import FIELDS, Signal, data_of, signal_of
from bot.core.tally import Tally
from bot.feeds.decode import MAX_BATCH, SignalLine, decode_batch, read_recording

AT = "2027-03-12T20:00:00-05:00"


def batch(*signals: dict) -> list[SignalLine]:
    return decode_batch(json.dumps([{"at": AT, **signal} for signal in signals]).encode())


def refused(**fields: object) -> BadLineError:
    with pytest.raises(BadLineError) as error:
        batch({"kind": "like"}, fields)
    assert error.value.line == 2
    return error.value


def test_a_batch_is_an_array_or_a_signal_a_line():
    one, other = {"at": AT, "kind": "comment", "text": "hi", "user": "u"}, {"at": AT, "kind": "concurrent", "n": 7}
    by_line = f"{json.dumps(one)}\r\n\n{json.dumps(other)}\n"

    lines = decode_batch(json.dumps([one, other]).encode())
    assert lines == decode_batch(by_line.encode())
    assert [(line.kind, line.n, line.text) for line in lines] == [("comment", 1, "hi"), ("concurrent", 7, None)]
    assert {datetime(2027, 3, 13, 1, tzinfo=UTC)} == {line.at for line in lines}
    assert decode_batch(b"[]") == []


GOOD = {
    "comment": {"text": "hi"},
    "concurrent": {"n": 5},
    "order": {"gmv": "1.50", "currency": "USD", "sku": "A", "order_id": "9", "status": "created"},
    "refund": {"gmv": 2, "currency": "VND", "order_id": "9"},
    "totals": {"views": 5, "watch_s": 0, "gmv": 1.5, "currency": "EUR"},
    "quality": {"n": 4500, "drop": 0.01, "rtt_ms": 80, "freeze_ms": 0, "region": "us", "device": "android"},
    "stream": {"state": "paused", "reason": "call"},
    "pin": {"sku": "A", "state": "released"},
    "note": {"concurrent": 320, "orders": 12},
}


@pytest.mark.parametrize("kind", FIELDS)
def test_every_kind_is_taken_and_counted(kind: str):
    (line,) = batch({"kind": kind, "id": "1", "source": "tiktok", "user": "u", **GOOD.get(kind, {})})

    for name, value in GOOD.get(kind, {}).items():
        assert (Decimal(str(value)) if name == "gmv" else value) == getattr(line, name)
    assert Signal(**{name: getattr(line, name) for name in Signal._fields}) == signal_of(data_of(line), line.source)
    Tally("USD").add(line, 5.0)


@pytest.mark.parametrize(
    "written", ['"119.40"', "119.40", '"0.1"', "0.30000000000000004", "12345678901.99", "0", "1e2", "7"]
)
def test_money_is_kept_as_it_was_written(written: str):
    (line,) = decode_batch(f'{{"at":"{AT}","kind":"order","gmv":{written}}}'.encode())

    assert Decimal(written.strip('"')) == line.gmv


@pytest.mark.parametrize(
    ("fields", "field", "why"),
    [
        ({"kind": "gift"}, "kind", "'gift' is not known; use one of comment, concurrent"),
        ({"n": 1}, "kind", "is missing"),
        ({"kind": 7}, "kind", "7 is not known"),
        ({"kind": "comment", "txt": "x"}, "txt", "is not a field of a comment line; it may have kind, t, at, n"),
        ({"kind": "like", "sku": "A"}, "sku", "is not a field of a like line"),
        ({"kind": "comment", "n": -1}, "n", "-1 is wrong: it must be a whole number from 0"),
        ({"kind": "comment", "n": 1.5}, "n", "1.5 is wrong"),
        ({"kind": "comment", "n": True}, "n", "True is wrong"),
        ({"kind": "comment", "n": "3"}, "n", "'3' is wrong"),
        ({"kind": "comment", "n": None}, "n", "None is wrong"),
        ({"kind": "comment", "n": 10**12 + 1}, "n", "from 0 to 1000000000000"),
        ({"kind": "comment", "n": 10**30}, "n", "from 0 to 1000000000000"),
        ({"kind": "comment", "text": "x" * 2001}, "text", "at most 2000 characters"),
        ({"kind": "comment", "id": 5}, "id", "5 is wrong: it must be a string"),
        ({"kind": "comment", "user": ""}, "user", "must be a string of 1 to 200"),
        ({"kind": "concurrent"}, "n", "is missing; a concurrent line needs it"),
        ({"kind": "quality"}, "n", "is missing; a quality line needs it"),
        ({"kind": "quality", "n": 1, "drop": 5}, "drop", "a share from 0 to 1"),
        ({"kind": "order", "gmv": "-1"}, "gmv", "an amount of 0 or more"),
        ({"kind": "order", "gmv": "NaN"}, "gmv", "an amount of 0 or more"),
        ({"kind": "order", "gmv": "9e99"}, "gmv", "below 1000000000000"),
        ({"kind": "order", "gmv": "12 USD"}, "gmv", "'12 USD' is wrong"),
        ({"kind": "order", "currency": "usd"}, "currency", "'usd' is wrong: it must be an ISO 4217 code in capitals"),
        ({"kind": "order", "status": "shipped"}, "status", "must be one of created, paid, cancelled"),
        ({"kind": "stream"}, "state", "is missing; a stream line needs it"),
        ({"kind": "stream", "state": "released"}, "state", "must be one of started, paused"),
        ({"kind": "pin", "sku": "A", "state": "started"}, "state", "must be one of released, removed"),
        ({"kind": "totals"}, None, "a totals line needs at least one of views"),
        ({"kind": "totals", "views": -1}, "views", "-1 is wrong"),
        ({"kind": "like", "at": None}, "at", "is missing"),
        ({"kind": "like", "at": "2027-03-12T20:00:00"}, "at", "a time with its offset"),
        ({"kind": "like", "at": "yesterday"}, "at", "'yesterday' is wrong"),
        ({"kind": "like", "at": 1_800_000_000}, "at", "1800000000 is wrong"),
        ({"kind": "like", "at": "0001-01-01T00:00:00+14:00"}, "at", "in the year 1; check the sender's clock"),
        ({"kind": "like", "t": 5}, "t", 'is for recordings; give the time as "at"'),
        ({"kind": "like", "meta": {}, "n": 1}, "meta", "is not a field of a like line"),
    ],
)
def test_what_is_wrong_is_named(fields: dict, field: str | None, why: str):
    error = refused(**fields)

    assert field == error.field
    assert why in error.why


@pytest.mark.parametrize(
    ("body", "line", "why"),
    [
        (b"", 1, "the body is empty"),
        (b" \n", 1, "the body is empty"),
        (b"[1, 2", 1, "is not a JSON array"),
        (b"[5]", 1, "is not a JSON object"),
        (b'{"at":"%b","kind":"like"}\n{"at":' % AT.encode(), 2, "is not JSON"),
        (b"\x00\xff\xfe rubbish", 1, "is not JSON"),
        (b'{"kind":"\xff"}', 1, "is not JSON"),
        (b'{"kind":"\\ud800"}', 1, "is not JSON"),
        (b"[" * 100_000, 1, "is not a JSON array"),
        (b'{"a":' * 100_000, 1, "is not JSON"),
        (b'{"at":"%b","kind":"like","n":NaN}' % AT.encode(), 1, "is not JSON"),
    ],
)
def test_a_body_that_is_no_batch(body: bytes, line: int, why: str):
    with pytest.raises(BadLineError) as error:
        decode_batch(body)

    assert line == error.value.line
    assert why in error.value.why


def test_a_batch_has_an_upper_limit():
    line = json.dumps({"at": AT, "kind": "like"})

    assert len(decode_batch(f"[{','.join([line] * MAX_BATCH)}]".encode())) == MAX_BATCH
    with pytest.raises(BadLineError, match="line 10001: a batch may hold 10000 signals"):
        decode_batch("\n".join([line] * (MAX_BATCH + 1)).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes):
    try:
        batch = decode_batch(body)
    except BadLineError:
        return
    assert all(line.at is not None for line in batch)


def recording(folder: Path, *lines: object, name: str = "s.jsonl") -> Path:
    path = folder / name
    text = "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in lines)
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def lines_of(path: Path) -> list[SignalLine]:
    return [line for chunk in read_recording(path).chunks() for line in chunk]


META = {
    "meta": {
        "room": "us",
        "zone": "America/New_York",
        "currency": "USD",
        "start": AT,
        "products": [{"sku": "A", "price": 19.9}],
    }
}


@pytest.mark.parametrize("name", ["s.jsonl", "s.jsonl.gz"])
def test_a_recording_is_read_plain_or_packed(tmp_path: Path, name: str):
    path = recording(
        tmp_path,
        META,
        {"t": -5, "kind": "comment", "n": 3},
        "",
        {"at": "2027-03-12T20:00:07.5-05:00", "kind": "like"},
        {"t": 7.5, "kind": "order", "gmv": 61.27},
        name=name,
    )

    opened = read_recording(path)
    assert ("us", "USD", Decimal("19.9")) == (opened.meta.room, opened.meta.currency, opened.meta.products[0]["price"])
    assert datetime(2027, 3, 13, 1, tzinfo=UTC) == opened.meta.start
    seen = [(line.t, line.kind, line.n, line.gmv) for line in lines_of(path)]
    assert [(-5, "comment", 3, None), (7.5, "like", 1, None), (7.5, "order", 1, Decimal("61.27"))] == seen


def test_a_recording_needs_no_meta_no_last_newline_and_no_lines_after_meta(tmp_path: Path):
    path = tmp_path / "s.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"t":1,"kind":"like"}\r\n{"t":2,"kind":"like","n":5}')
    assert read_recording(path).meta is None
    assert [(line.t, line.n) for line in lines_of(path)] == [(1, 1), (2, 5)]

    assert lines_of(recording(tmp_path, META)) == []


LIKE = {"t": 20, "kind": "like"}


@pytest.mark.parametrize(
    ("lines", "line", "field", "why"),
    [
        ([LIKE, {"t": 10, "kind": "like"}], 2, "t", "time goes back from 20 s to 10 s"),
        ([META, LIKE, '{"t":21,"kind":'], 3, None, "is not JSON"),
        ([META, LIKE, "", {"t": 21, "kind": "gift"}], 4, "kind", "'gift' is not known"),
        ([LIKE, META], 2, "meta", "may only be the first line"),
        ([{"kind": "like"}], 1, "t", "is missing"),
        ([{"at": AT, "kind": "like"}], 1, "at", "has no start to count from"),
        ([META, {"at": "2028-03-12T20:00:00Z", "kind": "like"}], 2, "at", "s from meta.start"),
        ([{"t": 1_800_000_000_000, "kind": "like"}], 1, "t", "not milliseconds"),
        ([{"t": "5", "kind": "like"}], 1, "t", "'5' is wrong"),
        ([LIKE, {"t": 30, "kind": "comment", "n": -4}], 2, "n", "-4 is wrong"),
        ([LIKE, {"t": 30, "kind": "order", "gmv": -4}], 2, "gmv", "an amount of 0 or more"),
        (['{"t":1,"kind":"like"}{"t":2,"kind":"like"}'], 1, None, "is not JSON"),
        ([{"meta": {"curency": "USD"}}], 1, "meta", "curency"),
        ([{"meta": {"currency": "usd"}}], 1, "meta.currency", "ISO 4217"),
        ([{"meta": {"zone": "Mars/Base"}}], 1, "meta.zone", "give one like America/New_York"),
        ([{"meta": {"start": "2027-03-12T20:00:00"}}], 1, "meta", "start"),
        ([{"meta": {"products": [{"name": "x"}]}}], 1, "meta.products", "sku"),
        (["\x00\x01\x02"], 1, None, "is not JSON"),
        (["", ""], 1, None, "the file is empty"),
    ],
)
def test_a_wrong_recording_names_the_line(tmp_path: Path, lines: list, line: int, field: str | None, why: str):
    with pytest.raises(BadLineError) as error:
        lines_of(recording(tmp_path, *lines))

    assert (line, field) == (error.value.line, error.value.field)
    assert why in error.value.why


def test_the_line_is_right_far_into_a_long_file(tmp_path: Path):
    lines = [{"t": second, "kind": "comment", "n": 8} for second in range(9000)]
    lines[8123] = {"t": 1, "kind": "comment", "n": 8}

    for name in ("s.jsonl", "s.jsonl.gz"):
        with pytest.raises(BadLineError, match=r"^line 8124, field 't': time goes back from 8122 s to 1 s"):
            lines_of(recording(tmp_path, *lines, name=name))


def test_files_that_are_no_recordings(tmp_path: Path):
    for name, data, why in (
        ("empty.jsonl", b"", "the file is empty"),
        ("empty.jsonl.gz", b"", "the file is empty"),
        ("plain.jsonl.gz", b'{"t":1,"kind":"like"}\n', "is not gzip data"),
        ("packed.jsonl", gzip.compress(b"x"), "is gzip data"),
        ("long.jsonl", b"x" * 2_000_000, "is longer than"),
        ("rubbish.jsonl.gz", b"\x1f\x8b" + bytes(50), "gzip data is broken"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BadLineError) as error:
            lines_of(tmp_path / name)
        assert why in error.value.why

    for path in (tmp_path / "missing.jsonl", tmp_path):
        with pytest.raises(ShowcallerError, match="cannot be opened"):
            read_recording(path)


def test_a_gzip_file_that_was_cut_off_says_so(tmp_path: Path):
    whole = gzip.compress(b"".join(b'{"t":%d,"kind":"like","n":%d}\n' % (t, t * 7919 % 1000) for t in range(20_000)))
    path = tmp_path / "s.jsonl.gz"

    for size in (15, 1000, len(whole) - 4):
        path.write_bytes(whole[:size])
        with pytest.raises(BadLineError, match="broken or cut off"):
            lines_of(path)


def test_memory_does_not_grow_with_the_file(tmp_path: Path):
    peaks = []
    for hours in (1, 4):
        path = recording(tmp_path, *({"t": second, "kind": "comment", "n": 8} for second in range(hours * 3600)))
        tracemalloc.start()
        tally = Tally("USD")
        for chunk in read_recording(path).chunks():
            for line in chunk:
                tally.add(line, line.t)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] + 400_000
