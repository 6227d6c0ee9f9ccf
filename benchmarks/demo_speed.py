"""How long the demo's whole show day takes, as fast as it goes and on a fast scaled clock.

    python benchmarks/demo_speed.py [--limit-s 30] [--scaled]

Exit 1 if `demo --speed max` takes longer than the limit, or the scaled day does not end or lacks a part.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUN = Path(__file__).parents[1] / "run.py"
SCALED = "2000"
_SCALED_WITHIN_S = 180


def day(speed: str, folder: Path, within_s: float) -> tuple[float, dict[str, int]]:
    """Seconds the day took, and how many messages each channel got."""
    began = time.perf_counter()
    command = [sys.executable, str(RUN), "demo", "--headless", "--speed", speed, "--exit", "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=within_s, check=False)
    took_s = time.perf_counter() - began
    if done.returncode != 0:
        raise SystemExit(f"demo --speed {speed} failed: {done.stderr[-500:]}")
    counts: dict[str, int] = {}
    for line in (folder / "messages.jsonl").read_text("utf-8").splitlines():
        message = json.loads(line)
        if message["op"] == "post":
            counts[message["channel"]] = counts.get(message["channel"], 0) + 1
    if json.loads((folder / "summary.json").read_text("utf-8"))["state"] != "settled":
        raise SystemExit(f"demo --speed {speed}: the day ended without a settled summary")
    return took_s, counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit-s", type=float, default=30.0)
    parser.add_argument("--scaled", action="store_true", help=f"also --speed {SCALED}, on a scaled clock")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        took_s, counts = day("max", Path(folder), 10 * options.limit_s)
    print(f"demo --speed max: {took_s:.1f} s (limit {options.limit_s:g} s), messages {counts}")
    if options.scaled:
        with tempfile.TemporaryDirectory() as folder:
            scaled_s, scaled = day(SCALED, Path(folder), _SCALED_WITHIN_S)
        print(f"demo --speed {SCALED}: {scaled_s:.1f} s, messages {scaled}")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    sys.exit(took_s > options.limit_s)


if __name__ == "__main__":
    main()
