"""The command line: help, exit codes, one-line errors, and what each subcommand prints."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pytest

from bot.cli import cli
from bot.core import schedule
from bot.core.records import AuditEntry
from storage.database import SqliteStore
from tests.command_line import HOME, Typed, clean_environment, send, spawn
from tests.phrase_corpus import meant

SUBCOMMANDS = [command.name or command.callback.__name__ for command in cli.registered_commands]


@pytest.fixture
def typed(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("SHOWCALLER_"):
            monkeypatch.delenv(name)
    return Typed(capsys)


# -- help and usage -------------------------------------------------------------


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_explains_itself(typed, name):
    done = typed(name, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: run.py {name} ")
    assert name in typed("--help").out


def test_the_subcommands_are_those_of_the_contract():
    assert SUBCOMMANDS == ["serve", "demo", "replay", "preview", "check", "init", "secret", "plan"]


def test_help_is_quick_because_it_loads_nothing():
    """A chat library or matplotlib would cost a second each."""
    code = """
import runpy, sys
sys.argv = ["run.py", "--help"]
try:
    runpy.run_path("run.py", run_name="__main__")
except SystemExit:
    print(*sorted(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    heavy = {
        "discord",
        "telegram",
        "openai",
        "matplotlib",
        "aiohttp",
        "sqlite_utils",
        "sqlite3",
        "babel",
        "apscheduler",
    }
    heavy |= {"pydantic_settings", "msgspec", "structlog"}
    assert "typer" in loaded
    assert not loaded & heavy


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["bogus"], "No such command 'bogus'; see: python run.py --help"),
        (["--bogus"], "No such option: --bogus"),
        (["serve", "extra"], "unexpected extra argument"),
        (["--config", "x.toml", "check"], "stands after the subcommand: run.py check --config x.toml"),
        (["replay", "--out", "o"], "Missing argument 'sessions'; see: python run.py replay --help"),
        (["replay", "a.jsonl"], "Missing option '--out'"),
        (["replay", "a.jsonl", "--out", "o", "--lang", "fr"], "'fr' is not one of 'en', 'zh-CN'"),
        (["preview", "fri 20:00"], "Missing option '--zone'"),
        (["preview", "fri 20:00", "--zone", "UTC", "--count", "0"], "--count"),
        (["preview", "fri 20:00", "--zone", "UTC", "--from", "soon"], "'soon' is no date; write it like 2027-03-01"),
        (["demo", "--speed", "fast"], "'fast' is no speed; give a number like 45, or max"),
        (["demo", "--speed", "0"], "'0' is no speed"),
        (["demo", "--speed", "-3"], "'-3' is no speed"),
        (["demo", "--speed", "nan"], "'nan' is no speed"),
        (["demo", "--lang", "fr"], "'fr' is not one of 'en', 'zh-CN'"),
        (["secret"], "Missing argument 'room'"),
    ],
)
def test_wrong_usage_is_one_line_and_two(typed, tmp_path, words, named):
    assert named in typed(*words).error(2)
    assert list(tmp_path.iterdir()) == []


def test_demo_finds_out_before_the_day_that_it_cannot_write(typed, tmp_path):
    (tmp_path / "taken").touch()
    assert (
        typed("demo", "--headless", "--speed", "max", "--exit", "--out", "taken").error() == "error: taken: File exists"
    )


def test_exit_codes_reach_the_shell(tmp_path):
    assert spawn("preview", "fri 20:00", "--zone", "UTC", cwd=tmp_path).code == 0
    assert spawn("preview", "whenever", "--zone", "UTC", cwd=tmp_path).error(1)
    assert spawn("preview", cwd=tmp_path).error(2)


# -- preview --------------------------------------------------------------------


def test_preview_prints_a_line_a_date(typed):
    words = ("preview", "every fri 20:00", "--zone", "America/New_York", "--from", "2027-03-01", "--count", "3")
    assert typed(*words).out.splitlines() == [
        "2027-03-05T20:00:00-05:00  America/New_York  2027-03-06T01:00:00Z",
        "2027-03-12T20:00:00-05:00  America/New_York  2027-03-13T01:00:00Z",
        "2027-03-19T20:00:00-04:00  America/New_York  2027-03-20T00:00:00Z  offset change",
    ]
    assert [json.loads(line) for line in typed(*words, "--json").out.splitlines()][2] == {
        "local": "2027-03-19T20:00:00-04:00",
        "zone": "America/New_York",
        "utc": "2027-03-20T00:00:00Z",
        "note": "offset change",
    }


def test_preview_notes_holidays_and_sale_days_of_the_zone(typed):
    words = ("preview", "every fri 20:00 x2", "--zone", "America/New_York", "--from", "2027-11-26", "--json")
    assert [json.loads(line)["note"] for line in typed(*words).out.splitlines()] == ["sale day: Black Friday", None]
    words = ("preview", "every sun 01:30 x2", "--zone", "America/New_York", "--from", "2027-10-31", "--json")
    assert [json.loads(line)["note"] for line in typed(*words).out.splitlines()] == ["season: Halloween", "overlap"]
    words = ("preview", "fri 20:00", "--zone", "Asia/Riyadh", "--from", "2028-02-01")
    assert typed(*words).out.endswith("Z  season: Ramadan (expected)\n")


@pytest.mark.parametrize("case", [*meant("en")[::24], *meant("zh")[::24]], ids=lambda case: case.text)
def test_preview_takes_phrases_of_every_kind(typed, case):
    day = case.setting.now.date()
    rows = schedule.preview(case.text, zone=case.setting.zone, start=day, count=4)
    said = typed("preview", case.text, "--zone", case.setting.zone, "--from", str(day), "--count", "4", "--json").out
    assert [(row["local"], row["utc"]) for row in map(json.loads, said.splitlines())] == [
        (row["local"], row["utc"]) for row in rows
    ]
    assert rows[-1]["local"][:10] >= case.instants[0][:10]


def test_preview_says_which_months_are_skipped(typed):
    words = ("preview", "monthly on the 31st 20:00", "--zone", "Asia/Bangkok", "--from", "2026-07-01", "--count", "3")
    assert [line.endswith("month skipped") for line in typed(*words).out.splitlines()] == [False, False, True]


@pytest.mark.parametrize(
    ("phrase", "zone", "named"),
    [
        ("whenever", "UTC", "I cannot read “whenever”"),
        ("fri 25:00", "UTC", "25:00"),
        ("", "UTC", "(try: "),
        ("x" * 10_000, "UTC", "error: "),
        ("fri 20:00", "America/Nowhere", "There is no time zone “America/Nowhere”"),
        ("fri 20:00", "PST", "America/Los_Angeles"),
        ("fri 20:00", "", "no time zone"),
        ("<b>{0}%s\u202e", "UTC", "cannot read"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line_with_what_to_type(typed, phrase, zone, named):
    line = typed("preview", phrase, "--zone", zone).error()
    assert named in line
    assert "(try: " in line
    assert len(line) < 600


# -- check, init, secret --------------------------------------------------------


def free_ports(folder):
    (folder / "showcaller.toml").write_text("[web]\nport = 0\n[ingest]\nport = 0\n", "utf-8")


def test_check_says_ok_line_by_line(typed, tmp_path):
    free_ports(tmp_path)
    done = typed("check")
    assert (done.code, done.err) == (0, "")
    names = [re.fullmatch(r"ok    ([a-z ]+): .+", line)[1] for line in done.out.splitlines()]
    first = [
        "config",
        "database",
        "audit",
        "disk",
        "port web",
        "port ingest",
        "calendars",
        "fonts",
        "zone data",
        "clock",
        "texts",
    ]
    assert names == [*first, "watch"]
    rows = [json.loads(line) for line in typed("check", "--json").out.splitlines()]
    assert [row["what"] for row in rows] == names
    assert all(row["ok"] and set(row) == {"what", "ok", "detail", "look"} for row in rows)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["showcaller.toml"], "check changes nothing"


def test_check_names_what_is_wrong_in_the_settings(typed, tmp_path):
    (tmp_path / "showcaller.toml").write_text('log = "loud"\n[team]\nzone = "Mars/Base"', "utf-8")
    done = typed("check")
    assert (done.code, done.err) == (1, "")
    [line] = done.out.splitlines()
    assert line.startswith("WRONG config: ")
    assert "`log`" in line
    assert "`team.zone`" in line
    [row] = [json.loads(line) for line in typed("check", "--json").out.splitlines()]
    assert (row["what"], row["ok"]) == ("config", False)


def test_check_doubts_a_clock_that_the_database_is_ahead_of(typed, tmp_path):
    """The file knows of a message of next century: either it lies, or the machine's clock does."""
    free_ports(tmp_path)

    async def write():
        store = SqliteStore(tmp_path / "showcaller.db")
        await store.open()
        row = "insert into web_messages (id, rev, first_rev, at, channel, private, kind, applied) values "
        await store.write(
            lambda tx: tx.db.execute(row + "('m1', 1, 1, '2127-01-01T00:00:00.000000Z', 'team', 0, 'said', 0)")
        )
        await store.close()

    asyncio.run(write())
    done = typed("check")
    assert done.code == 1
    assert "the database already knows 2127-01-01 00:00:00: set the machine's clock" in done.out


def test_check_names_the_row_of_the_audit_that_was_changed(typed, tmp_path):
    free_ports(tmp_path)
    path = tmp_path / "showcaller.db"

    async def write(*subjects):
        store = SqliteStore(path)
        await store.open()
        for subject in subjects:
            entry = AuditEntry(datetime(2027, 3, 12, 20, tzinfo=UTC), "max", "web", "room.archive", subject)
            await store.write(lambda tx, entry=entry: tx.audit.add(entry))
        await store.close()

    asyncio.run(write())
    assert "ok    audit: nothing written yet" in typed("check").out
    asyncio.run(write("us_main", "uk_main", "th_main"))
    assert "ok    audit: 3 rows, each follows from the one before" in typed("check").out
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("drop trigger audit_no_update")
        connection.execute("update audit set actor = 'may' where id = 2")
    done = typed("check")
    assert (done.code, done.err) == (1, "")
    [line] = [line for line in done.out.splitlines() if line.startswith("WRONG")]
    assert line.startswith("WRONG audit: row 2 (2027-03-12T20:00:00.000000Z, room.archive uk_main by may)")
    assert "compare it with a backup" in line


def test_init_writes_settings_that_hold_and_does_not_overwrite(typed, tmp_path):
    assert typed("init").out == "wrote showcaller.toml; start the bot with: python run.py\n"
    assert "ok    config: showcaller.toml" in typed("check").out
    (tmp_path / "showcaller.toml").write_text("mine", "utf-8")
    assert "was left alone; --force writes over it" in typed("init").error()
    assert (tmp_path / "showcaller.toml").read_text("utf-8") == "mine"
    assert typed("init", "--force").code == 0
    assert (tmp_path / "showcaller.toml").read_text("utf-8") != "mine"


def test_secret_makes_no_database_and_knows_no_room(typed, tmp_path):
    assert "there is no database showcaller.db yet: start the bot" in typed("secret", "us_main").error()
    assert list(tmp_path.iterdir()) == []


async def test_a_secret_is_shown_once_and_rotating_keeps_the_old_for_a_day(bot, tmp_path, monkeypatch):
    """With the bot running, as one would: keys are made beside it, in the same file."""
    await bot.ok("/room add us_main us")
    config = tmp_path / "bot.toml"
    start = bot.now.isoformat()
    config.write_text(f'database = "{bot.app.settings.database}"\n[clock]\nstart = "{start}"\nspeed = 0\n', "utf-8")

    async def secret(*more):
        return await asyncio.to_thread(spawn, "secret", "us_main", "--config", config, *more, cwd=tmp_path)

    first = (await secret()).out.strip()
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{32}", first)
    assert "shown only once; --rotate makes a new one" in (await secret()).error()
    assert (await bot.send([bot.line("comment")], secret=first)).status == 202
    second = (await secret("--rotate")).out.strip()
    assert second != first
    for valid in (first, second):
        assert (await bot.send([bot.line("comment")], secret=valid)).status == 202
    await bot.advance(hours=23, minutes=59)
    assert (await bot.send([bot.line("comment")], secret=first)).status == 202
    await bot.advance(minutes=2)
    assert (await bot.send([bot.line("comment")], secret=first)).status == 401
    assert (await bot.send([bot.line("comment")], secret=second)).status == 202
    assert (
        "there is no room 'nowhere'; there are: us_main"
        in (await asyncio.to_thread(spawn, "secret", "nowhere", "--config", config, cwd=tmp_path)).error()
    )


# -- replay ---------------------------------------------------------------------


def recording(path, minutes=50):
    lines = [{"meta": {"room": "us_main", "currency": "USD", "start": "2027-03-12T20:00:00-05:00"}}]
    for t in range(0, minutes * 60, 10):
        cold = 36 * 60 <= t < 44 * 60
        lines += [
            {"t": t, "kind": "concurrent", "n": 400},
            {"t": t + 3, "kind": "comment", "n": 1 if cold else 7 + t // 10 % 3},
        ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_replay_writes_the_same_bytes_whatever_the_machine(tmp_path):
    recording(tmp_path / "show.jsonl")
    written = []
    for place, (zone, seed) in enumerate((("Asia/Tokyo", "1"), ("America/New_York", "2"))):
        words = ("replay", "show.jsonl", "--out", f"out{place}", "--chart")
        done = spawn(*words, cwd=tmp_path, environment={"TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": "C"})
        assert (done.code, done.out, done.err) == (0, "", "")
        written.append(files_of(tmp_path / f"out{place}"))
    assert written[0] == written[1]
    names = {"alerts.jsonl", "states.jsonl", "nudges.jsonl", "summary.json", "summary.md", "chart.png"}
    assert {f"show/{name}" for name in names} == set(written[0])
    assert written[0]["show/chart.png"].startswith(b"\x89PNG")
    [alert] = [json.loads(line) for line in written[0]["show/alerts.jsonl"].splitlines()]
    assert alert["kind"] == "cold_room"


def test_replay_takes_the_room_from_a_file_and_speaks_the_language_asked_for(typed, tmp_path):
    recording(tmp_path / "show.jsonl")
    (tmp_path / "room.toml").write_text('name = "Dewlight US"\nzone = "America/New_York"\n', "utf-8")
    assert typed("replay", "show.jsonl", "--out", "en", "--room", "room.toml").code == 0
    assert typed("replay", "show.jsonl", "--out", "zh", "--room", "room.toml", "--lang", "zh-CN").code == 0
    english, chinese = ((tmp_path / name / "show/summary.md").read_text("utf-8") for name in ("en", "zh"))
    assert "New York" in english
    assert "纽约" in chinese or "下次" in chinese
    assert not (tmp_path / "en/show/chart.png").exists()


# -- what the log may not say ---------------------------------------------------


@contextmanager
def serving(folder, log="debug"):
    """`serve` as a process; yields its ports by name, and a function that stops it and returns its log."""
    text = f'log = "{log}"\n[web]\nport = 0\n[ingest]\nport = 0\n'
    (folder / "showcaller.toml").write_text(text, "utf-8")
    command = [sys.executable, str(HOME / "run.py"), "serve"]
    process = subprocess.Popen(command, cwd=folder, env=clean_environment(), stderr=subprocess.PIPE, text=True)
    said = []
    try:
        for line in process.stderr:
            said.append(line)
            if "is ready" in line:
                break
        ports = {name: int(re.search(rf"name='{name}'.* port=(\d+)", "".join(said))[1]) for name in ("web", "ingest")}

        def stop():
            process.send_signal(signal.SIGTERM)
            said.append(process.communicate(timeout=20)[1])
            return "".join(said)

        yield ports, stop
        assert process.poll() == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def post(url, body, **headers):
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_a_served_bot_takes_signals_and_its_log_holds_no_secret(tmp_path):
    with serving(tmp_path) as (ports, stop):
        say = f"http://127.0.0.1:{ports['web']}/chat/api/say"
        assert post(say, {"channel": "team", "text": "/room add us_main us"}) == 200
        secret = spawn("secret", "us_main", cwd=tmp_path).out.strip()
        url = f"http://127.0.0.1:{ports['ingest']}"
        sent = send(tmp_path, secret, "--url", url, "comment", "n=2", "text=hello there")
        assert (sent.code, sent.out, sent.err) == (0, "accepted 1, duplicates 0\n", "")
        refused = send(tmp_path, "whsec_AAAA", "--url", url, "comment")
        assert "401: the header webhook-signature does not match" in refused.error()
        assert post(f"{url}/v1/signals/us_main", [], **{"webhook-signature": f"v1,{secret}"}) == 401
        assert post(say, {"channel": "team", "text": "\ud800"}) == 400
        log = stop()
    assert "event='listening'" in log
    assert secret not in log
    assert secret.removeprefix("whsec_") not in log
    assert "whsec_" not in log
