"""The command line as somebody types it: in this process where that is enough, else as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bot.cli import main

HOME = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str

    def error(self, code: int = 1) -> str:
        """The one line it ended with; asserts that there is nothing else."""
        assert (self.code, self.out) == (code, ""), self
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("error: ")
        return lines[0]


class Typed:
    """`typed("preview", "fri 20:00", ...)` runs the program's main in this process."""

    def __init__(self, capsys) -> None:
        self._capsys = capsys

    def __call__(self, *words: object) -> Done:
        self._capsys.readouterr()
        try:
            main([str(word) for word in words])
        except SystemExit as stopped:
            told = self._capsys.readouterr()
            return Done(int(stopped.code or 0), told.out, told.err)


def spawn(*words: object, cwd: Path, environment: dict[str, str] | None = None, **how) -> Done:
    """Runs `python run.py WORDS` to its end."""
    command = [sys.executable, str(HOME / "run.py"), *map(str, words)]
    done = subprocess.run(
        command, cwd=cwd, env=clean_environment() | (environment or {}), capture_output=True, text=True, timeout=120,
        encoding="utf-8", check=False, **how,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SHOWCALLER_")}


def send(folder, secret, *words, stdin=None, room="us_main"):
    """Runs the example, which must need nothing but Python."""
    command = [sys.executable, "-I", "-S", str(HOME / "examples/send.py"), "--room", room, *map(str, words)]
    environment = {**clean_environment(), "SHOWCALLER_SECRET": secret}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", input=stdin, timeout=60,
        check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)
