"""What the chats received, held against what the database promised: the outside truth against the inside one."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.core.delivery_policy import policy
from tests.crash.served import Served


@dataclass(frozen=True, slots=True)
class House:
    """One chat of an evening: `window_s` None has no idempotency."""

    name: str
    window_s: float | None
    journal: Path


@dataclass(slots=True)
class Account:
    """Of one chat. What is in `lost`, `doubled` or `wrong` broke a promise; the rest is counted."""

    promised: int = 0
    received: int = 0
    edited: int = 0
    repeats: int = 0
    twice: int = 0
    uncertain_came: int = 0
    uncertain_missing: int = 0
    unanswered_repeats: int = 0
    expired: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Account) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def broken(self) -> list[str]:
        return [f"{name}: {line}" for name in ("lost", "doubled", "wrong") for line in getattr(self, name)]


def accounts(served: Served, houses: list[House]) -> dict[str, Account]:
    """Chat name -> what became of its promises, once the evening is over."""
    with served.rows() as rows:
        posts = [dict(row) for row in rows.execute(_POSTS)]
        web = {row["id"]: row["reply"] for row in rows.execute("select id, reply from web_messages")}
        messages = {row["id"] for row in rows.execute("select id from messages")}
    by_chat = defaultdict(list)
    for post in posts:
        by_chat[post["destination"].partition(":")[0]].append(post)
    found = {"web": _web(by_chat["web"], web)}
    for house in houses:
        journal = [json.loads(line) for line in house.journal.read_text("utf-8").splitlines()]
        found[house.name] = _house(house, by_chat[house.name], journal)
        found[house.name].wrong += _missing_rows(by_chat["web"], by_chat[house.name])
        found[house.name].wrong += [f"{line} was never promised" for line in journal if line["message"] not in messages]
    return found


_POSTS = """
    select o.message, o.destination, o.state, o.repeat, o.done_at, o.error, m.expires_at, m.key, m.kind, m.reply, d.ref
    from outbox o join messages m on m.id = o.message
        left join destinations d on d.message = o.message and d.destination = o.destination
    where o.op = 'post'
"""


def _missing_rows(web: list[dict[str, Any]], house: list[dict[str, Any]]) -> Iterator[str]:
    """Every purpose is bound to every chat: what one is promised, all are."""
    for post in sorted({post["key"] for post in web} ^ {post["key"] for post in house}):
        if not post.startswith("parked:"):  # said only where it can be read
            yield f"{post} was promised to one of two chats"


def _web(posts: list[dict[str, Any]], shown: Mapping[str, str]) -> Account:
    account = Account(promised=len(posts))
    for post in posts:
        if post["message"] not in shown and post["state"] == "expired":
            account.expired += 1
        elif post["message"] not in shown:
            account.lost.append(f"{post['key']} ({post['state']})")
        else:
            account.received += 1
            if not _same(shown[post["message"]], post["reply"]):
                account.wrong.append(f"{post['key']} is not shown as it stands")
    return account


def _house(house: House, posts: list[dict[str, Any]], journal: list[dict[str, Any]]) -> Account:
    account = Account(promised=len(posts))
    kept, edits = defaultdict(list), {}
    for line in journal:
        if line["op"] == "post" and line["is_kept"]:
            kept[line["message"], f"{house.name}:{line['address']}"].append(line)
        elif line["op"] == "edit" and line["is_kept"]:
            account.edited += 1
            edits[line["ref"]] = line["text"]
        account.repeats += line["op"] == "post" and line["repeat"]
    for post in posts:
        copies = kept[post["message"], post["destination"]]
        account.received += bool(copies)
        _count_copies(account, house, post, copies)
        _count_state(account, house, post, bool(copies))
        if post["state"] == "sent" and copies:
            shown = {line["ref"]: line["text"] for line in copies} | edits
            if not _same(shown.get(post["ref"], "null"), post["reply"]):
                account.wrong.append(f"{post['key']} is not shown as it stands")
    return account


def _count_copies(account: Account, house: House, post: dict[str, Any], copies: list[dict[str, Any]]) -> None:
    """A second copy is in order only where nobody could have known, the kind asks for it, and it is marked."""
    for copy in copies[1:]:
        account.twice += 1
        if not (
            copy["repeat"] and policy(post["kind"]).if_unknown == "repeat" and _is_forgotten(house, copies[0], copy)
        ):
            account.doubled.append(f"{post['key']} came to {post['destination']} as {copy['ref']} again")


def _is_forgotten(house: House, first: dict[str, Any], copy: dict[str, Any]) -> bool:
    """Whether the chat could no longer know the first one's nonce."""
    passed = datetime.fromisoformat(copy["now"]) - datetime.fromisoformat(first["now"])
    return house.window_s is None or passed.total_seconds() >= house.window_s


def _count_state(account: Account, house: House, post: dict[str, Any], has_come: bool) -> None:
    match post["state"]:
        case "sent":
            if not has_come:
                account.lost.append(f"{post['key']} is said to be sent to {post['destination']}")
        case "expired":
            account.expired += 1
            if has_come:
                account.wrong.append(f"{post['key']} is said to have expired and came to {post['destination']}")
        case "uncertain":
            account.uncertain_came += has_come
            account.uncertain_missing += not has_come
            account.unanswered_repeats += post["repeat"]
            if not _may_be_uncertain(post):
                account.lost.append(f"{post['key']} is uncertain, and its kind is to be repeated")
        case state:
            account.lost.append(f"{post['key']} for {post['destination']} is left {state}")


def _may_be_uncertain(post: dict[str, Any]) -> bool:
    """Its kind is not repeated, or it was once already, or nobody wanted it any more."""
    is_late = post["expires_at"] is not None and post["expires_at"] <= post["done_at"]
    return policy(post["kind"]).if_unknown == "drop" or bool(post["repeat"]) or is_late


def _same(shown: str, promised: str) -> bool:
    return bool(json.loads(shown) == json.loads(promised))
