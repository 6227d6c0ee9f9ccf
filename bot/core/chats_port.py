"""What may be asked about other chats: what came in, answers, threads and the like, accounts and their marks.

Part of ports.py, whose rules hold here. `chat` is a chat's name ("discord"), `address` the part of a destination after
it ("123", "@42"), `account` the chat's own id of somebody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.core.model import Role
from bot.core.reply import Reply
from bot.core.rights import Scope


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """What an account was answered outside the outbox. `is_private`: for it alone; else for all who are there.

    `ref` is the platform's own id of it, None while nobody has told.
    """

    message: str
    chat: str
    address: str
    account: str
    is_private: bool
    reply: Reply
    at: datetime
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """Something made in a chat for a subject: a thread, a topic, a scheduled event. `ref` None: it is being made.

    `detail` is what its maker wants to know of it later.
    """

    chat: str
    address: str
    kind: str
    subject: str
    ref: str | None
    at: datetime
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flow:
    """A question-and-answer that somebody is in the middle of: what they want and what is still asked."""

    id: str
    chat: str
    address: str
    account: str
    detail: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class ChatAccount:
    """An account as its chat showed it last. `marks`: what it is there (a Discord role, "administrator" of a group).

    `is_reachable`: private messages arrive, as far as anybody knows.
    """

    chat: str
    account: str
    name: str
    marks: frozenset[str]
    is_reachable: bool
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class MarkRole:
    """Whoever bears the mark in the chat has this role of ours there."""

    chat: str
    mark: str
    scope: Scope
    role: Role


class ChatsRepo(Protocol):
    # what came in
    def take(self, chat: str, event: str, now: datetime) -> bool:
        """Marks an event of the platform (by its own id) as handled; False if it was. Old ones are forgotten."""
        ...

    def answered(self, chat: str, event: str, message: str) -> None:
        """The event that was taken was answered by this message."""
        ...

    def answer_to(self, chat: str, event: str) -> str | None:
        """The message that answered it; None: it was not handled, or had no message for an answer."""
        ...

    def is_taken(self, chat: str, event: str) -> bool: ...
    def keep_answer(self, answer: ChatAnswer) -> None: ...
    def answer(self, message: str) -> ChatAnswer | None: ...
    def answer_stands(self, message: str, ref: str) -> None:
        """Where the platform put it."""
        ...

    def unshown(self, chat: str, since: datetime) -> list[tuple[str, ChatAnswer]]:
        """Answers from then on of which nobody has told where they stand, each with the event it answers."""
        ...

    # threads, topics, scheduled events
    def spot(self, chat: str, address: str, kind: str, subject: str) -> Spot | None: ...
    def spots(self, chat: str, address: str, kind: str) -> list[Spot]: ...
    def save_spot(self, spot: Spot) -> None: ...
    def drop_spot(self, spot: Spot) -> None: ...

    # guided flows
    def flow(self, flow: str) -> Flow | None: ...
    def flow_of(self, chat: str, address: str, account: str) -> Flow | None:
        """The newest one this account is in the middle of there."""
        ...

    def save_flow(self, flow: Flow) -> None: ...
    def end_flow(self, flow: str) -> None: ...

    # accounts
    def account(self, chat: str, account: str) -> ChatAccount | None: ...
    def saw(self, chat: str, account: str, name: str, now: datetime, marks: Collection[str] | None = None) -> None:
        """The account was there, called so; `marks` None: they are not known now, and stay as they were."""
        ...

    def reachable(self, chat: str, account: str, *, is_reachable: bool, now: datetime) -> None: ...
    def bearers(self, chat: str) -> list[str]:
        """Accounts of people here who have a role of ours by a mark of theirs."""
        ...

    def mark_roles(self, chat: str) -> list[MarkRole]: ...
    def set_mark_role(self, row: MarkRole) -> None:
        """NOBODY takes it back."""
        ...
