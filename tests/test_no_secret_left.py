"""Runs last: whatever secret the whole run has made is in no log, message, error or file that the run has left."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests import secrets_seen
from tests.other_chat import OtherChat, code_for

_OF_SIGNALS = "whsec_"
_SHAPE = "whsec_[A-Za-z0-9+/]{32}"
"""Signing secrets have to be kept, to check signatures with: in the table `secrets`, and nowhere else."""


async def test_some_secrets_are_made_whatever_else_runs(bot):
    """So that the search below never searches for nothing."""
    await bot.room()
    await OtherChat(bot).say("42", await code_for(bot, "olga"))
    assert secrets_seen.MADE


def found_in(paths: list[Path], secrets: set[str], folder: Path) -> list[str]:
    """Lines FILE:SECRET. All of many texts in all of many files in one pass: what grep is made for."""
    patterns = folder / "patterns"
    patterns.write_text("\n".join(sorted(secrets)), "utf-8")
    return grep(paths, "-F", "-f", str(patterns)) if secrets else []


def grep(paths: list[Path], *how: str) -> list[str]:
    names = b"\0".join(str(path).encode() for path in paths if path.exists())
    command = ["xargs", "-0", "-r", "grep", "-aoH", *how]
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    ran = subprocess.run(command, input=names, capture_output=True, check=False, env=env)
    assert ran.returncode in (0, 1, 123), ran.stderr
    return sorted(set(ran.stdout.decode(errors="replace").splitlines()))


def left_by_all_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the whole run. A worker process has one of its own in it; tests/spread.py lets the others end."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def files_below(folder: Path) -> tuple[list[Path], list[Path]]:
    """Databases (with the logs they write ahead), and all other files."""
    databases, others = [], []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                is_database = path.name.endswith(("-wal", "-shm")) or file.read(6) == b"SQLite"
            (databases if is_database else others).append(path)
    return databases, others


def tables_but_secrets(database: Path, out: Path) -> None:
    """All rows as text, without the one table that has to hold signing secrets."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as rows, out.open("ab") as file:
        rows.text_factory = bytes
        names = [bytes(row[0]).decode() for row in rows.execute("select name from sqlite_master where type = 'table'")]
        for name in names:
            if name != "secrets":
                for row in rows.execute(f"select * from {name!r}"):
                    file.write(
                        b"|".join(value if isinstance(value, bytes) else str(value).encode() for value in row) + b"\n"
                    )


def test_the_search_finds_what_is_there(tmp_path):
    secret = _OF_SIGNALS + "A" * 32
    (tmp_path / "kept.log").write_text(f"x={secret}!", "utf-8")
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as rows:
        rows.execute("create table secrets (secret text)")
        rows.execute("create table messages (reply text)")
        rows.execute("insert into secrets values (?)", [secret])
        rows.execute("insert into messages values (?)", [f"use {secret}"])
        rows.commit()
    databases, others = files_below(tmp_path)
    assert ["a.db"] == [path.name for path in databases]
    assert 1 == len(found_in(others, {secret}, tmp_path)) == len(grep(others, "-E", _SHAPE))
    tables_but_secrets(databases[0], tmp_path / "dump")
    assert 1 == len(found_in([tmp_path / "dump"], {secret}, tmp_path))


def test_no_secret_of_the_whole_run_is_in_any_log_message_error_or_file(tmp_path, tmp_path_factory):
    databases, others = files_below(left_by_all_workers(tmp_path_factory))
    made = set(secrets_seen.MADE)
    for path in others:
        if path.name == secrets_seen.MADE_HERE:
            made.update(path.read_text("utf-8").splitlines())
    if not made:
        pytest.fail("no secret was made: run this file whole, or the whole suite")
    others = [
        path
        for path in others
        if tmp_path not in path.parents
        and "test_the_search_finds" not in str(path)
        and path.name != secrets_seen.MADE_HERE
    ]
    databases = [path for path in databases if "test_the_search_finds" not in str(path)]
    once = {secret for secret in made if not secret.startswith(_OF_SIGNALS)}
    assert [] == found_in(others, once, tmp_path), "in logs, refusals and files"
    assert [] == found_in(databases, once, tmp_path), "one-time codes and tokens, in the bytes of databases"
    dump = tmp_path / "dump"
    for path in databases:
        if not path.name.endswith(("-wal", "-shm")):
            with contextlib.suppress(sqlite3.DatabaseError):  # damaged on purpose by a test
                tables_but_secrets(path, dump)
    assert [] == grep([*others, dump], "-E", _SHAPE), (
        "signing secrets, those of other processes too, but in their table"
    )
