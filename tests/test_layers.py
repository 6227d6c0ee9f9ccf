"""Who may import whom, and that nothing but the clock reads the time. The contracts are in .importlinter."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "handlers", "prompts", "storage")
READS_TIME = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"),
    *("time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.localtime", "time.gmtime"),
}
"""Reading; `time.sleep` and friends are stopped by the contracts of the core."""
TOUCHES_THE_WORLD = {"open", "print", "input", "exec", "eval", "__import__"}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    script = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_every_contract_is_kept():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("bot/unplaced.py", "", "Every module of bot has its row"),
        ("bot/chat/smoke_signals/__init__.py", "", "Each chat is a folder of its own"),
        ("handlers/planted.py", "import storage.database", "The parts know the core"),
        ("bot/chat/web/planted.py", "import handlers", "The parts know the core"),
        ("bot/core/planted.py", "import prompts.book", "The parts know the core"),
        ("bot/core/planted.py", "import time", "The core reads no clock"),
        ("bot/core/rules/planted.py", "import bot.core.rules.cold_room", "No rule knows another"),
        ("bot/core/sections/planted.py", "import bot.core.sections.funnel", "No section of the summary knows another"),
        ("bot/planted.py", "import sqlite3", "SQLite only in storage"),
        ("handlers/planted.py", "import aiohttp", "aiohttp only where"),
        ("bot/chat/web/planted.py", "import matplotlib.pyplot", "matplotlib only in bot.charts"),
        ("bot/chat/web/planted.py", "from apscheduler import events", "apscheduler only in bot.timers"),
        ("storage/planted.py", "import msgspec", "msgspec only in bot.feeds"),
        ("bot/feeds/planted.py", "import babel", "babel only in prompts"),
        ("bot/chat/web/planted.py", "import prometheus_client", "prometheus_client only in bot.meters"),
        ("handlers/planted.py", "import pydantic", "pydantic only in bot.config"),
    ],
)
def test_a_planted_import_breaks_its_contract(tmp_path, file, line, contract):
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(f"{line}\n", "utf-8")
    done = lint(tmp_path)
    broken = done.stdout.partition("Broken contracts\n")[2]
    assert done.returncode == 1, done.stdout + done.stderr
    assert contract in " ".join(broken.split()), done.stdout + done.stderr


def called(tree: ast.AST) -> list[tuple[int, str]]:
    return [(node.lineno, ast.unparse(node.func)) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def test_only_the_clock_reads_the_time():
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}()"
        for path in sources(*PACKAGES)
        if path != ROOT / "bot/clock.py"
        for line, name in called(ast.parse(path.read_text("utf-8")))
        if name in READS_TIME or name.partition(".")[2] in READS_TIME
    ]
    assert [] == found


def test_the_core_opens_nothing_prints_nothing_and_waits_for_nothing():
    found = []
    for path in sources("bot/core"):
        tree = ast.parse(path.read_text("utf-8"))
        found += [f"{path.name}:{line} {name}()" for line, name in called(tree) if name in TOUCHES_THE_WORLD]
        found += [f"{path.name}:{node.lineno} await" for node in ast.walk(tree) if isinstance(node, ast.Await)]
    assert [] == found
