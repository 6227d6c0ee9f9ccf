"""What goes wrong on demand: which request, how, how often; and Discord's ordinary rate limits, when switched on."""

from __future__ import annotations

import fnmatch
import hashlib
import itertools
import re
import time
from dataclasses import dataclass, field
from typing import Any

from tests.servers.discord_world import Limits

KINDS = frozenset({"answer", "hang", "cut"})
"""answer: with the status and body given; hang: no answer until faults are cleared; cut: the connection is closed."""


@dataclass(slots=True)
class Fault:
    """`stored`: the request is carried out first, and only the answer is lost or replaced."""

    id: int
    kind: str = "answer"
    method: str = "*"
    path: str = "*"
    count: int | None = 1
    skip: int = 0
    stored: bool = False
    status: int = 500
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    hits: int = 0


class Faults:
    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self._ids = itertools.count(1)

    def add(self, kind: str, **how: Any) -> int:
        if kind not in KINDS:
            raise ValueError(f"no fault called {kind!r}: {', '.join(sorted(KINDS))}")
        self.waiting.append(Fault(id=next(self._ids), kind=kind, **how))
        return self.waiting[-1].id

    def take(self, method: str, path: str) -> Fault | None:
        """The first one that is meant for this request. Each request uses up one."""
        for fault in self.waiting:
            if not (fault.method in {"*", method} and fnmatch.fnmatchcase(path, fault.path)):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.hits += 1
            if fault.count is not None and fault.hits >= fault.count:
                self.waiting.remove(fault)
            return fault
        return None


def too_many(retry_after_s: float, *, everywhere: bool = False) -> dict[str, Any]:
    """The arguments of a fault that answers 429. Without `Via` discord.py takes it for Cloudflare's ban."""
    headers = {"Via": "1.1 google", "Retry-After": str(max(1, round(retry_after_s)))}
    headers |= {"X-RateLimit-Global": "true"} if everywhere else {}
    headers |= {"X-RateLimit-Scope": "global" if everywhere else "user"}
    body = {"message": "You are being rate limited.", "retry_after": retry_after_s, "global": everywhere}
    return {"status": 429, "headers": headers, "body": body}


@dataclass(slots=True)
class Buckets:
    """Windows per method, route and channel. Off, there are no such headers, and discord.py waits for nothing."""

    limits: Limits
    open: dict[tuple[str, str, str], tuple[float, int]] = field(default_factory=dict)

    def enter(self, method: str, path: str) -> tuple[bool, dict[str, str]]:
        """Counts a request. Returns whether it may pass, and the headers to answer with."""
        found = re.match(r"/(channels|webhooks)/(\d+(?:/[^/]+)?)", path) if self.limits.buckets else None
        if found is None:
            return True, {}
        major = found[2] if found[1] == "webhooks" else found[2].partition("/")[0]
        route = re.sub(r"\d{5,}", "ID", path.replace(major, "MAJOR"))
        now = time.time()
        since, used = self.open.get((method, route, major), (now, 0))
        if now - since >= self.limits.bucket_s:
            since, used = now, 0
        self.open[method, route, major] = since, used + 1
        left_s = since + self.limits.bucket_s - now
        headers = {
            "X-RateLimit-Limit": str(self.limits.bucket_size),
            "X-RateLimit-Remaining": str(max(0, self.limits.bucket_size - used - 1)),
            "X-RateLimit-Reset": f"{now + left_s:.3f}",
            "X-RateLimit-Reset-After": f"{left_s:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(f"{method} {route}".encode()).hexdigest()[:32],
        }
        return used < self.limits.bucket_size, headers
