"""Signing in to the web chat: one-time codes and sessions, and when each is over. Only hashes of either are kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Purpose = Literal["invite", "first_admin"]
CODE_VALID = timedelta(hours=24)
"""How long a link may lie unopened. Long enough for a host asleep ten time zones away."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's 32: no letter in it is taken for another, or for a digit."""
_LIKE = str.maketrans("OIL", "011")


@dataclass(frozen=True, slots=True)
class OneTimeCode:
    """What a link or a typed code stands for. `person`: whom an invite is for; times in UTC."""

    hash: str
    purpose: Purpose
    person: str | None
    made_at: datetime
    valid_until: datetime
    used_at: datetime | None = None
    tries: int = 0

    def why_not(self, now: datetime) -> Literal["used", "expired"] | None:
        """Why it opens nothing any more; None while it does."""
        if self.used_at is not None:
            return "used"
        return "expired" if now >= self.valid_until else None


@dataclass(frozen=True, slots=True)
class Limits:
    """A session ends so long after it was last used, and so long after it began however much it is used."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, slots=True)
class WebSession:
    """One browser that is signed in. `hash` is its cookie's; `seen_at` is right to about a minute. Times in UTC."""

    id: str
    hash: str
    account: str
    made_at: datetime
    seen_at: datetime
    agent: str
    ends_at: datetime
    ended_at: datetime | None = None
    ended_why: str | None = None

    def end(self, limits: Limits) -> datetime:
        """When it ends if it is not used again."""
        return min(self.ends_at, self.made_at + limits.absolute, self.seen_at + limits.idle)

    def is_live(self, limits: Limits, now: datetime) -> bool:
        return self.ended_at is None and now < self.end(limits)


@dataclass(frozen=True, slots=True)
class Door:
    """The web chat as people get into it. `address`: what links to it begin with, like http://192.168.1.20:8765.

    `ended` closes the pages of sessions that have just ended; call it once that is written.
    """

    address: Callable[[], str]
    limits: Limits
    ended: Callable[[Collection[str]], Awaitable[None]]

    def link(self, code: str) -> str:
        """The code stands behind the #, which browsers send to nobody: no log or Referer on the way holds it."""
        return f"{self.address()}/chat/join#{code}"


def hash_of(secret: str) -> str:
    """What is kept of a code or cookie, and looked up by. Both are random, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def spelled(random: bytes, group: int = 0) -> str:
    """Random bytes as a code that can be read out and typed; `group` characters to a dash."""
    number = int.from_bytes(random, "big")
    digits = ""
    for _ in range(-(-len(random) * 8 // 5)):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return "-".join(digits[at : at + group] for at in range(0, len(digits), group)) if group else digits


def tidy(typed: str) -> str:
    """A code as it was made, from how somebody typed it: any case, with or without dashes, O for 0."""
    return re.sub(r"[\s-]", "", typed).upper().translate(_LIKE)


_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "CrOS", "Macintosh", "Linux")
_BROWSERS = (
    ("MicroMessenger/", "WeChat"), ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
SEEN_EVERY = timedelta(minutes=1)
"""How often a session in use is written down as seen."""
AGENT_MOST = 200
"""Characters kept of what a browser says it is."""


def device(agent: str) -> str:
    """What a browser says it is, in a few words: "Chrome, Android". What it says is a claim and no proof."""
    system = next((name for name in _SYSTEMS if name in agent), None)
    browser = next((name for sign, name in _BROWSERS if sign in agent), None)
    named = ", ".join(part for part in (browser, "Mac" if system == "Macintosh" else system) if part)
    return named or agent[:40]
