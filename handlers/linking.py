"""One person, several accounts: linking a second chat by a one-time code, and becoming the first admin by one.

A code is shown once to whoever asked for it and kept as a digest. Wrong ones are counted per account and in all, so
that nobody can try them through.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Literal

from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, NotFoundError, UserError
from bot.core.model import Person, Role
from bot.core.newcomer import newcomer
from bot.core.ports import Tx
from bot.core.records import Account
from bot.core.records import Code as Spent
from bot.core.reply import Block, Code, Note, Reply, Secret, Span, Text, When, msg, reply
from bot.core.rights import EVERYWHERE
from bot.core.signin import digest
from handlers import lookup
from handlers.lookup import record
from handlers.people import check_name

LINK_LIVES = timedelta(minutes=10)
HANDED_LIVES = timedelta(days=1)
"""Of a code that is for somebody else, who has to read it first."""
CLAIM_LIVES = timedelta(days=1)
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""What cannot be taken for something else when read off a screen."""
_LENGTH = 10
"""About 49 bits: with the tries below, guessing one takes longer than codes live by many orders."""
_GROUP = 5
_TRIES = 5
_TRIES_OF_ALL = 100
_WITHIN = timedelta(minutes=15)

Purpose = Literal["link", "first_admin"]


@dataclass(frozen=True, slots=True)
class Link:
    code: Annotated[str | None, Arg("7KQ2M-XW9DP", keyed=True, secret=True, help="arg.link_code")] = None
    person: Annotated[str | None, Arg("mia", keyed=True, completer="person", help="arg.link_person")] = None


@dataclass(frozen=True, slots=True)
class Unlink:
    account: Annotated[str, Arg("telegram:42", help="arg.account")]


@dataclass(frozen=True, slots=True)
class Claim:
    code: Annotated[str, Arg("7KQ2M-XW9DP", secret=True, help="arg.claim_code")]
    name: Annotated[str | None, Arg("Lin Wei", keyed=True)] = None


def new_code(length: int = _LENGTH) -> str:
    """Letters and digits in groups of five, from the system's chance."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(length))
    return "-".join(text[at : at + _GROUP] for at in range(0, length, _GROUP))


def make(tx: Tx, purpose: Purpose, person: str | None, now: datetime, lives: timedelta | None = None) -> str:
    """A new code, the only one of its kind that is good from now on; the caller shows it once."""
    code = new_code()
    lives = lives or (LINK_LIVES if purpose == "link" else CLAIM_LIVES)
    tx.codes.add(Spent(digest(code), purpose, person, now, now + lives))
    return code


async def link(request: Link, ctx: Context) -> Reply:
    """Without a code: one for another account, one's own or a person's. With one: this account is theirs."""
    if request.code is None:
        return await ctx.ports.store.write(lambda tx: _offer(tx, request.person or ctx.actor.person, ctx))
    if request.person is not None:
        raise UserError("link.both", try_instead="/link code=...")

    def linked(tx: Tx, spent: Spent) -> Reply:
        person = lookup.person(tx, spent.person or "")
        if person.slug == ctx.actor.person:
            raise ConflictError("link.same", name=person.name, try_instead="/me")
        tx.people.link(Account(ctx.actor.chat, ctx.actor.account, person.slug, ctx.now))
        account = f"{ctx.actor.chat}:{ctx.actor.account}"
        record(tx, ctx, "link", person.slug, {account: ctx.actor.person}, {account: person.slug})
        told = [Text(msg("link.done", name=person.name)), *_for_host(tx, person.slug, ctx)]
        return reply(*told, Note(msg("link.undo", account=account)), tone="good")

    return await _spend(request.code, "link", ctx, linked)


def _for_host(tx: Tx, person: str, ctx: Context) -> list[Text]:
    """What comes to a host by this account from now on."""
    profile = tx.people.host(person)
    if profile is None or profile.reach == "channel" or ctx.actor.chat not in ctx.ports.places:
        return []
    return [Text(msg("link.host"))]


def _offer(tx: Tx, slug: str, ctx: Context) -> Reply:
    if slug != ctx.actor.person:
        lookup.person(tx, slug)
    person = tx.people.get(slug)
    if person is None:
        raise ConflictError("link.nobody", try_instead="/link code=...")
    is_own = slug == ctx.actor.person
    lives = LINK_LIVES if is_own else HANDED_LIVES
    code = make(tx, "link", slug, ctx.now, lives)
    record(tx, ctx, "link.code", slug, after={"valid_until": (ctx.now + lives).isoformat()})
    until = When(ctx.now + lives, style="time" if is_own else "full")
    return reply(
        Text(msg("link.offer", until=until) if is_own else msg("link.offer_for", name=person.name, until=until)),
        Secret(f"/link code={code}"),
        *_ways(ctx, code),
        Note(msg("link.warning") if is_own else msg("link.warning_for", name=person.name)),
    )


def _ways(ctx: Context, code: str) -> Iterator[Block]:
    """What does the same in a chat that has a way of its own for it."""
    for chat, places in sorted(ctx.ports.places.items()):
        if (way := places.way_in(code)) is not None:
            yield from (Text(msg("link.way", chat=chat.capitalize())), Secret(way))


async def _spend(text: str, purpose: Purpose, ctx: Context, then: Callable[[Tx, Spent], Reply]) -> Reply:
    """Spends the code and does what it is for, in one transaction. A wrong one is kept as a try, whatever follows.

    Raises:
        UserError: too many wrong ones from here or from all, or no such code.
    """
    account = f"{ctx.actor.chat}:{ctx.actor.account}"

    def work(tx: Tx) -> Reply | None:
        since = ctx.now - _WITHIN
        if tx.codes.tries(since, account) >= _TRIES or tx.codes.tries(since) >= _TRIES_OF_ALL:
            raise ConflictError("code.too_many", wait=Span(int(_WITHIN.total_seconds())))
        found = tx.codes.use(digest(text), purpose, ctx.now)
        if found is not None:
            return then(tx, found)
        tx.codes.tried(account, ctx.now)
        record(tx, ctx, "code.wrong", account, after={"purpose": purpose})
        return None

    answer = await ctx.ports.store.write(work)
    if answer is None:
        raise UserError(f"code.wrong.{purpose}", try_instead="/link" if purpose == "link" else "/claim ...")
    return answer


async def unlink(request: Unlink, ctx: Context) -> Reply:
    """One of one's own accounts is nobody's again."""

    def work(tx: Tx) -> Reply:
        mine = {f"{item.chat}:{item.account}": item for item in tx.people.accounts(ctx.actor.person)}
        found = mine.get(request.account)
        if found is None:
            known = lookup.near(request.account, list(mine))
            raise NotFoundError("unlink.unknown", account=request.account[:60], known=known, try_instead="/me")
        tx.people.unlink(found.chat, found.account)
        record(tx, ctx, "unlink", ctx.actor.person, {request.account: ctx.actor.person}, {request.account: None})
        return reply(Text(msg("unlink.done", account=request.account)), tone="good")

    return await ctx.ports.store.write(work)


async def claim(request: Claim, ctx: Context) -> Reply:
    """Whoever holds the code that was printed at the start becomes the first admin."""

    def claimed(tx: Tx, _spent: Spent) -> Reply:
        person = tx.people.get(ctx.actor.person) or newcomer(tx, request.name or ctx.actor.name)
        before = person.role
        make_admin(tx, person if request.name is None else replace(person, name=check_name(request.name)))
        if tx.people.by_account(ctx.actor.chat, ctx.actor.account) is None:
            tx.people.link(Account(ctx.actor.chat, ctx.actor.account, person.slug, ctx.now))
        record(tx, ctx, "claim", person.slug, {"role": before.name.lower()}, {"role": "admin"})
        told = Text(msg("claim.done", name=request.name or person.name))
        return reply(told, *_after_claim(ctx), Note(msg("claim.next")), tone="good")

    return await _spend(request.code, "first_admin", ctx, claimed)


def _after_claim(ctx: Context) -> tuple[Block, ...]:
    """Where channels are to be bound that comes first."""
    return (Text(msg("claim.setup")), Code("/setup")) if ctx.actor.chat in ctx.ports.places else ()


def make_admin(tx: Tx, person: Person) -> None:
    """An invite made for less is void: whoever opened it would be admin."""
    tx.people.save(replace(person, role=Role.ADMIN))
    void(tx, person.slug)


def void(tx: Tx, person: str) -> None:
    """Ends what lets somebody in as this person: whoever made it may be one who may not for what they are to be."""
    for purpose in ("invite", "link"):
        tx.codes.void(purpose, person)


def code_for_first_admin(tx: Tx, now: datetime, chats: Collection[str] = ()) -> str | None:
    """At start: a new code where nobody is admin, None where somebody is. The one of the last start is void.

    `chats`: those where accounts are somebody's own, if there are any. Somebody must be admin in one of them then:
    the web chat without a sign-in may be out of reach of whoever works there.
    """
    admins = [slug for slug, rights in tx.people.all_rights().items() if rights.everywhere == Role.ADMIN]
    if chats:
        given = (row for chat in chats for row in tx.chats.mark_roles(chat) if row.scope == EVERYWHERE)
        is_known = any(account.chat in chats for admin in admins for account in tx.people.accounts(admin))
        is_there = is_known or any(row.role == Role.ADMIN for row in given)
    else:
        is_there = bool(admins)
    if is_there:
        tx.codes.void("first_admin", None)
        return None
    return make(tx, "first_admin", None, now)
