"""Starts `run.py serve` many times and pays for its imports once: every start is a fork that runs the command line.

What is killed is a whole process with its own database connections, ports and threads; only loading the modules, which
nothing can be lost in, is shared. Each line on standard input is one start; its answer is the process id.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import bot.app
import bot.cli
import bot.rehearsal
from tests.crash import launcher


def serve(job: dict[str, Any]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(Path(job["config"]).parent)
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if "chats" in job:
        launcher.launch(job)
        return
    sys.argv = ["run.py", "serve", "--config", job["config"]]
    bot.cli.main()


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended: the system forgets them at once
    child = 0
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            serve(json.loads(line))
            sys.exit()
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    if child:  # whoever started it was stopped itself, and left it running
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
