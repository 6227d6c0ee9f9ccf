"""Signing in to the web chat: sessions and when they are over, and what is kept of codes and cookies: hashes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.core.errors import ConflictError
from bot.core.model import Person

if TYPE_CHECKING:
    from bot.core.ports import Tx


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

    @property
    def is_local(self) -> bool:
        """Whether links lead to this machine only."""
        host = self.address().partition("://")[2].rpartition(":")[0]
        return host in ("localhost", "[::1]") or host.startswith("127.")

    def link(self, code: str) -> str:
        """The code stands behind the #, which browsers send to nobody: no log or Referer on the way holds it."""
        return f"{self.address()}/chat/join#{code}"


def hash_of(secret: str) -> str:
    """What is kept of a cookie or code, and looked up by. Both are random, so no salt is needed."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def digest(code: str) -> str:
    """What is kept of a code, whose case, blanks and hyphens do not count."""
    return hash_of(re.sub(r"[\s-]", "", code).upper())


def account_of(tx: Tx, person: Person) -> str:
    """The web chat's account of somebody, which is called like them.

    Raises:
        ConflictError: it was linked to somebody else since, so whoever signed in to it would be them.
    """
    owner = tx.people.by_account("web", person.slug)
    if owner is None or owner.slug != person.slug:
        other = "" if owner is None else owner.name
        raise ConflictError("signin.elsewhere", name=person.name, account=f"web:{person.slug}", other=other)
    return person.slug


def live_sessions(tx: Tx, person: str, limits: Limits, now: datetime) -> list[WebSession]:
    """Where somebody is signed in, by their own account or one that was linked to them; the last used first."""
    accounts = {person, *(item.account for item in tx.people.accounts(person) if item.chat == "web")}
    owners = {account: tx.people.by_account("web", account) for account in accounts}
    mine = sorted(account for account, owner in owners.items() if owner is not None and owner.slug == person)
    found = [one for account in mine for one in tx.signin.not_ended(account) if one.is_live(limits, now)]
    return sorted(found, key=lambda one: one.seen_at, reverse=True)


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
