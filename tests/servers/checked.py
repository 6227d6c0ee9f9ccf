"""How many requests to the platforms were checked over a whole run of the tests, and what was wrong with them.

Servers and recorders call `count` (or `check_discord`, which checks and counts); the end of the run prints `lines()`
and fails if a request was wrong. A test that provokes wrong requests says so: `with provoked("discord") as seen:`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

AGAINST = {"discord": "Discord's OpenAPI document", "telegram": "the Bot API"}
"""The platforms, and what their requests are checked against."""
REQUESTS = dict.fromkeys(AGAINST, 0)
"""Requests checked so far."""
VIOLATIONS: dict[str, list[str]] = {platform: [] for platform in AGAINST}
"""What was wrong so far, each with its request. Provoked ones are not in it."""
_provoking: dict[str, list[list[str]]] = {platform: [] for platform in AGAINST}


def count(platform: str, wrong: Iterable[str] = (), *, requests: int = 1) -> None:
    """Adds requests that were checked, and what was wrong with them: one text for each objection."""
    REQUESTS[platform] += requests
    (_provoking[platform][-1] if _provoking[platform] else VIOLATIONS[platform]).extend(wrong)


@contextmanager
def provoked(platform: str) -> Iterator[list[str]]:
    """What is wrong in here is meant to be: it goes to the list given, not to the total."""
    seen: list[str] = []
    _provoking[platform].append(seen)
    try:
        yield seen
    finally:
        _provoking[platform].remove(seen)


def check_discord(method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> list[str]:
    """Checks one request to Discord's API and counts it. Returns the objections, each with its request.

    `path` is without host and /api/v10; `body` is parsed JSON (of a form: its `payload_json`).
    """
    from tests.servers.discord_rules import objections  # its libraries take half a second, which few tests need

    texts = {name: str(value) for name, value in (query or {}).items()}
    wrong = [f"{method} {path}: {problem}" for problem in objections(method, path, body, texts)]
    count("discord", wrong)
    return wrong


def totals() -> dict[str, tuple[int, list[str]]]:
    """What a worker reports at its end: by platform, how many requests and what was wrong with them."""
    return {platform: (REQUESTS[platform], VIOLATIONS[platform]) for platform in AGAINST}


def add(of_worker: Mapping[str, tuple[int, list[str]]]) -> None:
    """Adds a worker's totals."""
    for platform, (requests, wrong) in of_worker.items():
        REQUESTS[platform] += requests
        VIOLATIONS[platform].extend(wrong)


def lines() -> list[str]:
    """For the end of a run: a line for each platform that was spoken to, then each objection."""
    said = []
    for platform, against in AGAINST.items():
        if REQUESTS[platform]:
            wrong = VIOLATIONS[platform]
            some = "1 violation" if len(wrong) == 1 else f"{len(wrong)} violations"
            said.append(f"{REQUESTS[platform]} requests checked against {against}, {some}")
            said.extend(f"  {each}" for each in wrong)
    return said
