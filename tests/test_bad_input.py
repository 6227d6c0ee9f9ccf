"""Bad input on the command line: a bad recording, database or port ends in one clear line and leaves nothing behind."""

from __future__ import annotations

import gzip
import json
import os
import socket
import sqlite3
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from storage.migrations import migrations
from tests.command_line import Typed, spawn

META = {"meta": {"room": "us_main", "zone": "America/New_York", "currency": "USD", "language": "en"}}


@pytest.fixture
def typed(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("SHOWCALLER_"):
            monkeypatch.delenv(name)
    return Typed(capsys)


def record(path, lines):
    data = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def session(minutes=3, **first):
    """A short session with a gauge, comments and an order."""
    lines = [META, {"t": 0, "kind": "stream", "state": "started", **first}]
    for t in range(0, minutes * 60, 10):
        lines += [{"t": t, "kind": "concurrent", "n": 300}, {"t": t + 5, "kind": "comment", "n": 6}]
    return [*lines, {"t": minutes * 60, "kind": "order", "gmv": "19.90"}]


def read(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


# -- recordings -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (b'{"t": 20, "kind": "comm', "line 4: is not JSON"),
        (b"\xff\xfe\x00", "line 4: is not JSON"),
        (b"[1, 2]", "line 4: is not a JSON object"),
        ({"t": 20, "kind": "hug"}, "line 4, field 'kind': 'hug' is not known; use one of comment, "),
        ({"t": 20, "kind": "comment", "mood": 1}, "line 4, field 'mood': is not a field of a comment line"),
        ({"t": 1, "kind": "comment"}, "line 4, field 't': time goes back from 10 s to 1 s; order the lines by time"),
        ({"t": 20, "kind": "comment", "n": -3}, "line 4, field 'n': -3 is wrong: it must be a whole number from 0"),
        ({"t": 20, "kind": "order", "gmv": "-1"}, "line 4, field 'gmv': must be an amount of 0 or more"),
        ({"t": 20, "kind": "order", "gmv": "1", "currency": "BTC"}, "line 4, field 'currency': 'BTC' is wrong"),
        ({"t": 2_000_000, "kind": "comment"}, "line 4, field 't': 2000000 is wrong"),
        ({"kind": "comment"}, "line 4, field 't': is missing"),
        ({"meta": {}}, "line 4, field 'meta': may only be the first line"),
        (b'{"t": 20, "kind": "comment", "text": "' + b"x" * (1 << 21) + b'"}', "line 4: is longer than 1048576 bytes"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(typed, tmp_path, bad, named):
    good = record(tmp_path / "good.jsonl", session())
    wrong = record(tmp_path / "wrong.jsonl", [META, {"t": 0, "kind": "comment"}, {"t": 10, "kind": "comment"}, bad])
    for order in ((good, wrong), (wrong, good)):
        line = typed("replay", *order, "--out", tmp_path / "out").error()
        assert f"wrong.jsonl: {named}" in line
        assert len(line) < 600
    assert not (tmp_path / "out").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good.jsonl", "wrong.jsonl"]


@pytest.mark.parametrize(
    ("name", "data", "named"),
    [
        ("a.jsonl", b"", "line 1: the file is empty"),
        ("a.jsonl", b"\n\n", "line 1: the file is empty"),
        ("a.jsonl.gz", b"hello", "is not gzip data; take .gz off its name"),
        ("a.jsonl", gzip.compress(b"{}", mtime=0), "is gzip data; let its name end in .gz"),
        (
            "a.jsonl.gz",
            gzip.compress(b'{"t":1,"kind":"comment"}\n' * 9999, mtime=0)[:-20],
            "the gzip data is broken or cut off",
        ),
        ("a.jsonl", b'{"meta": {"zone": "Mars/Base"}}\n', "field 'meta.zone': 'Mars/Base' is no zone"),
        ("a.jsonl", b'{"meta": {"currency": "EURO"}}\n', "field 'meta.currency': 'EURO' is wrong"),
        ("a.jsonl", b'{"meta": {"colour": "red"}}\n', "field 'meta'"),
    ],
)
def test_a_file_that_is_no_recording_is_named(typed, tmp_path, name, data, named):
    (tmp_path / name).write_bytes(data)
    line = typed("replay", name, "--out", "out").error()
    assert f"{name}: " in line
    assert named in line
    assert not (tmp_path / "out").exists()


def test_recordings_that_are_not_there_or_share_a_name(typed, tmp_path):
    assert typed("replay", "gone.jsonl", "--out", "out").error().startswith("error: gone.jsonl: cannot be opened")
    assert "cannot be opened" in typed("replay", tmp_path, "--out", "out").error()
    record(tmp_path / "a.jsonl", session())
    record(tmp_path / "a.jsonl.gz", session())
    assert "rename one of them" in typed("replay", "a.jsonl", "a.jsonl.gz", "--out", "out").error()
    (tmp_path / "file").touch()
    assert "is a file; give a folder" in typed("replay", "a.jsonl", "--out", "file").error()
    assert typed("replay", "a.jsonl", "--out", "file/deeper").code == 1
    assert not (tmp_path / "out").exists()


def test_a_session_without_a_gauge_is_judged_by_its_own_level_and_measures_no_viewers(typed, tmp_path):
    lines = [line for line in session(minutes=60) if line.get("kind") != "concurrent"]
    quiet = [line for line in lines if line.get("kind") != "comment" or line["t"] < 40 * 60]
    record(tmp_path / "steady.jsonl", lines)
    record(tmp_path / "cold.jsonl", quiet)
    assert typed("replay", "steady.jsonl", "cold.jsonl", "--out", "out").code == 0
    assert read(tmp_path / "out/steady/alerts.jsonl") == []
    figures = json.loads((tmp_path / "out/steady/summary.json").read_text("utf-8"))["figures"]
    assert figures["acu"] is None
    assert figures["pcu"] is None
    assert figures["comments"]["value"] == 360 * 6
    for alert in read(tmp_path / "out/cold/alerts.jsonl"):
        assert alert["opened_s"] > 40 * 60
        assert alert["evidence"].get("concurrent") is None


@pytest.mark.parametrize("lines", [[META], [{"t": 0, "kind": "stream", "state": "started"}]])
def test_an_empty_session_is_a_summary_of_nothing_measured(typed, tmp_path, lines):
    record(tmp_path / "a.jsonl", lines)
    assert typed("replay", "a.jsonl", "--out", "out").code == 0
    figures = json.loads((tmp_path / "out/a/summary.json").read_text("utf-8"))["figures"]
    assert {name for name, value in figures.items() if value is not None} == set()


def test_orders_without_any_currency_have_no_value(typed, tmp_path):
    record(tmp_path / "a.jsonl", [line for line in session() if line != META])
    assert typed("replay", "a.jsonl", "--out", "out").code == 0
    figures = json.loads((tmp_path / "out/a/summary.json").read_text("utf-8"))["figures"]
    assert figures["orders"]["value"] == 1
    assert figures["gmv_gross"] is None


def test_an_order_that_comes_twice_counts_once(typed, tmp_path):
    order = {"kind": "order", "gmv": "10.00", "order_id": "o1"}
    lines = [META, {"t": 1, **order, "status": "created"}, {"t": 2, **order}, {"t": 3, **order}]
    record(tmp_path / "a.jsonl", lines)
    assert typed("replay", "a.jsonl", "--out", "out").code == 0
    figures = json.loads((tmp_path / "out/a/summary.json").read_text("utf-8"))["figures"]
    assert figures["orders"]["value"] == 1
    assert figures["gmv_gross"]["value"] == {"amount": "10.00", "currency": "USD"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("currency =", "room.toml: Invalid value"),
        ("colour = 'red'", "the room has no 'colour'; it may have slug"),
        ("zone = 'Mars/Base'", "zone 'Mars/Base' is no zone"),
        ("currency = 'EURO'", "'EURO' is not an ISO 4217 code"),
        ("name = 5", "the room's name must be a text"),
    ],
)
def test_a_room_file_that_is_wrong_is_named(typed, tmp_path, text, named):
    record(tmp_path / "a.jsonl", [{"t": 1, "kind": "comment"}])
    (tmp_path / "room.toml").write_text(text, "utf-8")
    assert named in typed("replay", "a.jsonl", "--out", "out", "--room", "room.toml").error()
    assert "gone.toml: cannot be read" in typed("replay", "a.jsonl", "--out", "out", "--room", "gone.toml").error()
    assert not (tmp_path / "out").exists()


# -- databases and ports --------------------------------------------------------


def settings(folder, database="bot.db", web=0, ingest=0):
    text = f'database = "{database}"\nlog = "error"\n[web]\nport = {web}\n[ingest]\nport = {ingest}\n'
    (folder / "showcaller.toml").write_text(text, "utf-8")


def start(folder, **how):
    """What `serve` ends with, as a process: it must not run."""
    return spawn("serve", cwd=folder, **how).error()


@pytest.fixture
def taken():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize("name", ["web", "ingest"])
def test_a_port_in_use_names_the_setting(tmp_path, typed, taken, name):
    settings(tmp_path, **{name: taken})
    line = start(tmp_path)
    assert f"cannot listen on 127.0.0.1:{taken}, the port is taken" in line
    assert f"`{name}.port`" in line
    told = typed("check")
    assert told.code == 1
    assert f"WRONG port {name}: cannot listen on 127.0.0.1:{taken}" in told.out


def test_an_address_of_another_machine_is_said(tmp_path, typed):
    text = 'log="error"\n[web]\nport=0\n[ingest]\nlisten="203.0.113.7"\nport=1'
    (tmp_path / "showcaller.toml").write_text(text, "utf-8")
    line = start(tmp_path)
    assert "give an address of this machine in the setting `ingest.listen`" in line
    assert "`ingest.listen`" in typed("check").out


def make_foreign(path):
    with sqlite3.connect(path) as other:
        other.execute("create table places (url text)")
    other.close()


def make_newer(path):
    from sqlite_utils import Database

    db = Database(path, execute_plugins=False)
    migrations.apply(db)
    db.execute(
        "insert into _sqlite_migrations (migration_set, name, applied_at) values ('showcaller', 'm999_later', '')"
    )
    db.conn.commit()
    db.close()


@pytest.mark.parametrize(
    ("name", "make", "named"),
    [
        ("bot.db", lambda path: path.mkdir(), "bot.db"),
        ("bot.db", lambda path: path.write_text("hello, I am no database at all" * 40), "file is not a database"),
        ("in/bot.db", lambda path: path.parent.write_text("a file"), "in"),
        ("bot.db", make_foreign, "belongs to another program (a table in it is 'places')"),
        ("bot.db", make_newer, "written by a newer version of Showcaller (step 'm999_later' is unknown here)"),
    ],
)
def test_a_database_that_cannot_be_one_is_said_and_left_alone(tmp_path, typed, name, make, named):
    settings(tmp_path, name)
    path = tmp_path / name
    make(path)
    before = path.read_bytes() if path.is_file() else None
    line = start(tmp_path)
    assert named in line
    assert "`database`" in line
    told = typed("check")
    assert told.code == 1
    [wrong] = [line for line in told.out.splitlines() if line.startswith("WRONG")]
    assert wrong.startswith("WRONG database: ")
    assert before == (path.read_bytes() if path.is_file() else None)
    assert typed("secret", "us_main").code == 1


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, where not even root may make a file")
def test_a_database_in_a_place_where_nobody_may_write_is_said(tmp_path):
    settings(tmp_path, "/proc/bot.db")
    assert "database /proc/bot.db: unable to open database file; give the bot a folder it may write to" in start(
        tmp_path
    )


@contextmanager
def fewer_rights():
    """Root may write everywhere: access is then asked for as somebody else, who only has what everybody has."""
    if os.geteuid() != 0:
        yield
        return
    os.setreuid(65534, 0)
    try:
        yield
    finally:
        os.setreuid(0, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_check_names_what_may_not_be_written(typed, monkeypatch):
    with TemporaryDirectory() as made:
        folder = Path(made)
        monkeypatch.chdir(folder)
        settings(folder)
        assert typed("check").code == 0
        folder.chmod(0o555)
        with fewer_rights():
            told = typed("check")
        assert f"WRONG database: {folder} is not a folder the bot may write to: change its permissions" in told.out
        folder.chmod(0o777)
        (folder / "bot.db").touch()
        (folder / "bot.db").chmod(0o444)
        with fewer_rights():
            told = typed("check")
        assert "WRONG database: bot.db may not be written to: change its owner or its permissions" in told.out
        monkeypatch.chdir("/")
