"""The web chat's own messages: it is a chat server of ours, so its history lives here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlite_utils import Database

from bot.core.records import WebMessage
from bot.core.reply import Reply, decode, encode
from storage.rows import Repo, instant, read_instant

_VISIBLE = "channel = ? and rev > ? and (private = 0 or recipient = ? or author = ?)"


class WebChat(Repo):
    def __init__(self, db: Database, next_id: Callable[[str], str]) -> None:
        super().__init__(db)
        self._next_id = next_id

    def _next_rev(self) -> int:
        return int(self._next_id("rev").removeprefix("rev"))

    def post(self, message: WebMessage) -> WebMessage | None:
        if self.get(message.id) is not None or (message.nonce and self.by_nonce(message.nonce)):
            return None
        rev = self._next_rev()
        row = {
            "id": message.id,
            "rev": rev,
            "first_rev": rev,
            "at": instant(message.at),
            "channel": message.channel,
            "author": message.author,
            "recipient": message.to,
            "private": int(message.private),
            "kind": message.kind,
            "text": message.text,
            "reply": None if message.reply is None else encode(message.reply),
            "applied": 0,
            "nonce": message.nonce,
            "answers": message.answers,
        }
        self.db.table("web_messages").insert(row)
        return replace(message, rev=rev, first_rev=rev)

    def edit(self, message: str, reply: Reply, delivery: int) -> WebMessage | None:
        row = self.row("select applied from web_messages where id = ?", [message])
        if row is None or row["applied"] >= delivery:
            return None
        self.db.execute(
            "update web_messages set reply = ?, rev = ?, applied = ? where id = ?",
            [encode(reply), self._next_rev(), delivery, message],
        )
        return self.get(message)

    def since(self, channel: str, after: int, person: str) -> list[WebMessage]:
        """Messages of a channel that this person may see, with rev > after, by rev."""
        sql = f"select * from web_messages where {_VISIBLE} order by rev"  # noqa: S608 - a literal
        return [_message(row) for row in self.rows(sql, [channel, after, person, person])]

    def last_rev(self, channel: str, person: str) -> int:
        sql = f"select max(rev) as rev from web_messages where {_VISIBLE}"  # noqa: S608 - a literal
        row = self.row(sql, [channel, 0, person, person])
        return 0 if row is None or row["rev"] is None else int(row["rev"])

    def get(self, message: str) -> WebMessage | None:
        row = self.row("select * from web_messages where id = ?", [message])
        return None if row is None else _message(row)

    def by_nonce(self, nonce: str) -> WebMessage | None:
        row = self.row("select * from web_messages where nonce = ?", [nonce])
        return None if row is None else _message(row)

    def answer_to(self, message: str) -> WebMessage | None:
        row = self.row("select * from web_messages where answers = ?", [message])
        return None if row is None else _message(row)


def _message(row: dict[str, Any]) -> WebMessage:
    return WebMessage(
        id=row["id"],
        at=read_instant(row["at"]),
        channel=row["channel"],
        kind=row["kind"],
        author=row["author"],
        to=row["recipient"],
        private=bool(row["private"]),
        text=row["text"],
        reply=None if row["reply"] is None else decode(row["reply"]),
        nonce=row["nonce"],
        answers=row["answers"],
        rev=row["rev"],
        first_rev=row["first_rev"],
    )
