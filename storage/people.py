"""People: what they may do and where, whose accounts are whose, and what is known of those who host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.core.availability import Window
from bot.core.model import HostProfile, Person, Role
from bot.core.records import Account
from bot.core.rights import EVERYWHERE, Grant, Rights, Scope, rights_of
from storage.rows import Repo, dump, instant, load, read_instant

_NO_DIRECT = ("web",)
"""Chats without messages to one person alone: what is meant for a host stands in the host channel."""


_BORNE = """select a.person, r.scope, r.name, r.role from accounts a
    join chat_accounts c on c.chat = a.chat and c.account = a.account
    join json_each(c.marks) m
    join mark_roles r on r.chat = a.chat and r.mark = m.value"""
"""Roles that people have by what their accounts are in a chat (a Discord role, an administrator of a group)."""


class People(Repo):
    def get(self, slug: str) -> Person | None:
        row = self.row("select * from people where slug = ?", [slug])
        return None if row is None else _person(row)

    def all(self) -> list[Person]:
        return [_person(row) for row in self.rows("select * from people order by rowid")]

    def save(self, person: Person) -> None:
        row = {
            "slug": person.slug,
            "name": person.name,
            "role": int(person.role),
            "language": person.language,
            "zone": person.zone,
            "speaks": dump(person.speaks),
        }
        self.save_row("people", row, "slug")

    # -- hosts -----------------------------------------------------------------

    def host(self, person: str) -> HostProfile | None:
        row = self.row("select * from hosts where person = ?", [person])
        return None if row is None else _host(row)

    def hosts(self) -> list[HostProfile]:
        return [_host(row) for row in self.rows("select * from hosts order by rowid")]

    def save_host(self, profile: HostProfile) -> None:
        row = {
            "person": profile.person,
            "markets": dump(profile.markets),
            "hours": dump([asdict(window) for window in profile.hours]),
            "rest_s": profile.rest_s,
            "reach": profile.reach,
        }
        self.save_row("hosts", row, "person")

    # -- rights ----------------------------------------------------------------

    def rights(self, person: str) -> Rights:
        own = self.granted(person)
        borne = tuple(map(_grant, self.rows(f"{_BORNE} where a.person = ?", [person])))
        return own.with_more(borne) if borne else own

    def granted(self, person: str) -> Rights:
        row = self.row("select role from people where slug = ?", [person])
        return Rights() if row is None else rights_of(Role(row["role"]), tuple(self.grants(person)))

    def all_rights(self) -> Mapping[str, Rights]:
        given: dict[str, list[Grant]] = {}
        for row in self.rows("select * from grants"):
            given.setdefault(row["person"], []).append(_grant(row))
        borne: dict[str, list[Grant]] = {}
        for row in self.rows(_BORNE):
            borne.setdefault(row["person"], []).append(_grant(row))
        return {
            person.slug: rights_of(person.role, tuple(given.get(person.slug, ()))).with_more(borne.get(person.slug, ()))
            for person in self.all()
        }

    def grants(self, person: str) -> list[Grant]:
        sql = "select * from grants where person = ? order by scope, name"
        return [_grant(row) for row in self.rows(sql, [person])]

    def grant(self, person: str, scope: Scope, role: Role) -> None:
        if scope == EVERYWHERE:
            self.db.execute("update people set role = ? where slug = ?", [int(role), person])
        elif role == Role.NOBODY:
            sql = "delete from grants where person = ? and scope = ? and name = ?"
            self.db.execute(sql, [person, scope.kind, scope.name])
        else:
            row = {"person": person, "scope": scope.kind, "name": scope.name, "role": int(role)}
            self.save_row("grants", row, "person", "scope", "name")

    # -- accounts --------------------------------------------------------------

    def by_account(self, chat: str, account: str) -> Person | None:
        sql = "select people.* from people join accounts on accounts.person = slug where chat = ? and account = ?"
        row = self.row(sql, [chat, account])
        if row is None and chat == "web":
            return self.get(account)  # our own chat calls an account like the person it was made for
        return None if row is None else _person(row)

    def accounts(self, person: str) -> list[Account]:
        sql = "select * from accounts where person = ? order by linked_at, chat, account"
        return [
            Account(row["chat"], row["account"], row["person"], read_instant(row["linked_at"]))
            for row in self.rows(sql, [person])
        ]

    def link(self, account: Account) -> None:
        row = {
            "chat": account.chat,
            "account": account.account,
            "person": account.person,
            "linked_at": instant(account.linked_at),
        }
        self.save_row("accounts", row, "chat", "account")

    def unlink(self, chat: str, account: str) -> None:
        self.db.execute("delete from accounts where chat = ? and account = ?", [chat, account])

    def direct(self, person: str) -> tuple[str, ...]:
        if self.rights(person).highest == Role.NOBODY:
            return ()
        profile = self.host(person)
        if profile is not None and profile.reach == "channel":
            return ()
        return tuple(f"{item.chat}:@{item.account}" for item in self.accounts(person) if item.chat not in _NO_DIRECT)


def _person(row: dict[str, Any]) -> Person:
    speaks = tuple(load(row["speaks"]))
    return Person(row["slug"], row["name"], Role(row["role"]), row["language"], row["zone"], speaks)


def _host(row: dict[str, Any]) -> HostProfile:
    hours = tuple(Window(**window) for window in load(row["hours"]))
    return HostProfile(row["person"], tuple(load(row["markets"])), hours, row["rest_s"], row["reach"])


def _grant(row: dict[str, Any]) -> Grant:
    return Grant(row["person"], Scope(row["scope"], row["name"]), Role(row["role"]))
