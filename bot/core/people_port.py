"""What may be asked about people: their rights and accounts, one-time codes, sessions of the web chat.

Part of ports.py, whose rules hold here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from bot.core.model import HostProfile, Person, Role
from bot.core.records import Account, Code
from bot.core.rights import Grant, Rights, Scope
from bot.core.signin import WebSession


class PeopleRepo(Protocol):
    def get(self, slug: str) -> Person | None: ...
    def all(self) -> list[Person]: ...
    def save(self, person: Person) -> None: ...
    def host(self, person: str) -> HostProfile | None: ...
    def hosts(self) -> list[HostProfile]: ...
    def save_host(self, profile: HostProfile) -> None: ...
    def rights(self, person: str) -> Rights:
        """All roles of a person, granted or by what their accounts are in a chat; somebody unknown has none."""
        ...

    def granted(self, person: str) -> Rights:
        """Those roles that were granted to the person, without what their accounts are in a chat."""
        ...

    def all_rights(self) -> Mapping[str, Rights]:
        """Of everybody, by slug, in the order people came."""
        ...

    def grants(self, person: str) -> list[Grant]:
        """The roles that do not hold everywhere."""
        ...

    def grant(self, person: str, scope: Scope, role: Role) -> None:
        """Sets the role in exactly this scope; NOBODY takes it back."""
        ...

    def by_account(self, chat: str, account: str) -> Person | None: ...
    def accounts(self, person: str) -> list[Account]:
        """Where this person can be met, the oldest link first."""
        ...

    def link(self, account: Account) -> None:
        """The account is this person's from now on, whoever's it was."""
        ...

    def unlink(self, chat: str, account: str) -> None: ...
    def direct(self, person: str) -> tuple[str, ...]:
        """Destinations of messages to this person alone, the preferred first; () where the host channel is meant."""
        ...


class CodeRepo(Protocol):
    """One-time codes. Only their hashes are kept."""

    def add(self, code: Code) -> None:
        """Keeps it; an older one for the same purpose and person is void from now on."""
        ...

    def use(self, digest: str, purpose: str, now: datetime) -> Code | None:
        """The code, spent by this call; None if there is none that is still good for this purpose."""
        ...

    def get(self, digest: str) -> Code | None:
        """The code, good or not any more."""
        ...

    def open(self, purpose: str, person: str | None, now: datetime) -> bool:
        """Whether there is one for this purpose and person that is good."""
        ...

    def void(self, purpose: str, person: str | None) -> None:
        """Whatever was made for this purpose and person and not used is no good any more."""
        ...

    def tried(self, account: str, now: datetime) -> None:
        """Remembers a wrong try of an account; old ones are forgotten."""
        ...

    def tries(self, since: datetime, account: str | None = None) -> int:
        """Wrong tries since then, of one account or of all."""
        ...


class SignInRepo(Protocol):
    """Who is signed in to the web chat, where it has a sign-in. Cookies come and go as hashes."""

    def open_account(self, account: str, now: datetime) -> None:
        """Makes the account; one that is there stays as it is."""
        ...

    def accounts(self) -> list[str]: ...
    def start(self, session: WebSession) -> None: ...
    def by_cookie(self, cookie_hash: str) -> WebSession | None: ...
    def session(self, session: str) -> WebSession | None: ...
    def not_ended(self, account: str) -> list[WebSession]:
        """Those nobody ended, the last used first; some may have run out."""
        ...

    def seen(self, session: str, now: datetime) -> None: ...
    def end(self, session: str, why: str, now: datetime) -> bool:
        """Ends it; False if it had ended."""
        ...
