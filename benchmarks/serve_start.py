"""How long `run.py serve` takes from its start to its first answered command.

    python benchmarks/serve_start.py [--runs 5] [--limit-s 3]

Each run is a new process on a new database. Exit 1 if the median is above the limit.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUN = Path(__file__).parents[1] / "run.py"
_PORT = re.compile(r"Showcaller is ready: http://[^:]+:(\d+)/")


def one(folder: Path) -> tuple[float, float, float]:
    """Seconds until it says it is ready, until the first command is answered, and to stop again."""
    config = folder / "showcaller.toml"
    config.write_text(f'database = "{folder / "bot.db"}"\n[web]\nport = 0\n[ingest]\nport = 0\n', "utf-8")
    began = time.perf_counter()
    command = [sys.executable, str(RUN), "serve", "--config", str(config)]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = next((match for line in process.stderr if (match := _PORT.search(line))), None)
        if found is None:
            raise SystemExit("serve stopped before it was ready")
        ready_s = time.perf_counter() - began
        chat = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=30)
        body = json.dumps({"channel": "team", "text": "/room add us_main us"})
        chat.request("POST", "/chat/api/say", body, {"Content-Type": "application/json"})
        answer = chat.getresponse()
        if answer.status != 200:
            raise SystemExit(f"the first command was refused: {answer.status} {answer.read()!r}")
        answered_s = time.perf_counter() - began
        chat.close()
        process.send_signal(signal.SIGTERM)
        stopping = time.perf_counter()
        process.stderr.read()
        if process.wait() != 0:
            raise SystemExit(f"serve ended with {process.returncode} after SIGTERM")
        return ready_s, answered_s, time.perf_counter() - stopping


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--limit-s", type=float, default=3.0)
    options = parser.parse_args()
    times = []
    for number in range(1, options.runs + 1):
        with tempfile.TemporaryDirectory() as folder:
            times.append(one(Path(folder)))
        print("run {}: ready {:.2f} s, first command answered {:.2f} s, stopped in {:.2f} s".format(number, *times[-1]))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = (used.ru_utime + used.ru_stime) / options.runs
    print(f"processor time per run {cpu_s:.2f} s; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    middle = statistics.median(answered for _, answered, _ in times)
    print(f"median: first command answered after {middle:.2f} s (limit {options.limit_s:g} s)")
    sys.exit(middle > options.limit_s)


if __name__ == "__main__":
    main()
