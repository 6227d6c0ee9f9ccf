"""Getting into the web chat and out of it: invites, one's own sessions, the first admin."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, ForbiddenError, NotFoundError, UserError
from bot.core.model import Person, Role
from bot.core.ports import Tx
from bot.core.records import AuditEntry
from bot.core.reply import (
    Block,
    Button,
    Code,
    Heading,
    Item,
    Items,
    Msg,
    Note,
    Reply,
    Secret,
    Text,
    When,
    msg,
    reply,
)  # fmt: skip
from bot.core.signin import CODE_VALID, Door, Limits, OneTimeCode, Purpose, WebSession, device, hash_of, spelled, tidy
from handlers import lookup
from handlers.lookup import record

_INVITE_BYTES = 20
_FIRST_BYTES = 10
"""80 random bits, short enough to be typed: wrong tries are few and it is good for a day."""
_NAME_MOST = 60


@dataclass(frozen=True, slots=True)
class Invite:
    person: Annotated[str, Arg("mia", completer="person")]


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


@dataclass(frozen=True, slots=True)
class SignOut:
    person: Annotated[str | None, Arg("mia", keyed=True, completer="person", help="arg.signout_person")] = None
    session: Annotated[str | None, Arg("w1", keyed=True, hidden=True)] = None


async def invite(request: Invite, ctx: Context) -> Reply:
    """A link that signs in one browser as this person, shown this once; an older one that nobody used is void."""
    door = _door(ctx)
    code = spelled(secrets.token_bytes(_INVITE_BYTES))

    def work(tx: Tx) -> Reply:
        person = lookup.person(tx, request.person)
        _not_above(ctx, person, "/invite")
        until = _keep(tx, code, "invite", person.slug, ctx.now)
        record(tx, ctx, "invite", person.slug)
        return reply(
            Heading(msg("signin.invite", name=person.name)),
            Secret(door.link(code), qr=True),
            Text(msg("signin.invite.how", name=person.name)),
            Note(msg("signin.invite.until", when=When(until))),
        )

    return await ctx.ports.store.write(work)


async def sessions(request: Nothing, ctx: Context) -> Reply:
    """Where one is signed in, the last used first, each with a button that ends it."""
    del request
    door = _door(ctx)

    def work(tx: Tx) -> Reply:
        items = tuple(_item(session, door.limits) for session in _live(tx, ctx.actor.person, door.limits, ctx.now))
        blocks: list[Block] = [Heading(msg("signin.sessions")), Items(items)]
        if not items:
            blocks = [Text(msg("signin.sessions.none"))]
        return reply(*blocks, Note(msg("signin.sessions.how")), Code("/signout"))

    return await ctx.ports.store.read(work)


def _item(session: WebSession, limits: Limits) -> Item:
    line = msg("signin.session", device=device(session.agent), since=When(session.made_at))
    note = msg("signin.session.note", seen=When(session.seen_at), end=When(session.end(limits)))
    return Item(line, note=note, buttons=(Button(msg("signin.session.end"), "signout", {"session": session.id}),))


async def sign_out(request: SignOut, ctx: Context) -> Reply:
    """Ends every session of one's own, or of somebody else's by a manager; a button ends a single one."""
    door = _door(ctx)
    ended: list[str] = []

    def work(tx: Tx) -> Reply:
        person = lookup.person(tx, request.person or ctx.actor.person)
        if person.slug != ctx.actor.person:
            if ctx.actor.role < Role.MANAGER:
                raise _forbidden(ctx, Role.MANAGER, f"/signout person={person.slug}")
            _not_above(ctx, person, "/signout")
        live = _live(tx, person.slug, door.limits, ctx.now)
        if request.session is not None:
            live = [session for session in live if session.id == request.session]
            if not live:
                raise NotFoundError("signin.session.gone", try_instead="/sessions")
        ended[:] = [session.id for session in live if tx.signin.end(session.id, f"by {ctx.actor.person}", ctx.now)]
        if ended:
            record(tx, ctx, "signout", person.slug, after=[device(session.agent) for session in live])
        return reply(Text(msg("signin.signed_out", name=person.name, n=len(ended))), tone="good")

    answer = await ctx.ports.store.write(work)
    await door.ended(ended)
    return answer


def first_admin(tx: Tx, limits: Limits, now: datetime) -> str | None:
    """A new code for the first admin; None where an admin is signed in somewhere or has an invite to do so."""
    admins = [person.slug for person in tx.people.all() if person.role == Role.ADMIN]
    if any(_live(tx, admin, limits, now) or tx.signin.open_codes("invite", admin, now) for admin in admins):
        return None
    code = spelled(secrets.token_bytes(_FIRST_BYTES), group=4)
    _keep(tx, code, "first_admin", None, now)
    return code


def claim(tx: Tx, code: str, name: str, now: datetime) -> str:
    """Uses up the first admin's code: whoever is called so becomes an admin. Returns the account.

    Raises:
        UserError: the code is unknown, used or too old; the name is none.
    """
    found = tx.signin.code(hash_of(tidy(code)))
    if found is None or found.purpose != "first_admin":
        raise NotFoundError("signin.unknown")
    if (why := found.why_not(now)) is not None:
        raise ConflictError("signin.used" if why == "used" else "signin.expired")
    name = " ".join(name.split())
    if not 0 < len(name) <= _NAME_MOST or not name.isprintable():
        raise UserError("signin.name", most=_NAME_MOST)
    tx.signin.use(found.hash, now)
    before, after = _admin(tx, name)
    tx.people.save(after)
    role = None if before is None else {"role": before.role.name.lower()}
    tx.audit.add(
        AuditEntry(now, after.slug, "web", "signin.claim", after.slug, role, {"role": after.role.name.lower()})
    )
    return after.slug


def _admin(tx: Tx, name: str) -> tuple[Person | None, Person]:
    """Who has this name or is typed so becomes admin; nobody yet: somebody new."""
    people = tx.people.all()
    known = next((item for item in people if name.casefold() in (item.name.casefold(), item.slug)), None)
    if known is not None:
        return known, Person(known.slug, known.name, Role.ADMIN, known.language, known.zone)
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:28] or "admin"
    taken = {item.slug for item in people}
    number = 2
    free = slug
    while free in taken:
        free, number = f"{slug}_{number}", number + 1
    return None, Person(free, name, Role.ADMIN)


def _keep(tx: Tx, code: str, purpose: Purpose, person: str | None, now: datetime) -> datetime:
    until = now + CODE_VALID
    tx.signin.add_code(OneTimeCode(hash_of(tidy(code)), purpose, person, now, until))
    return until


def _live(tx: Tx, person: str, limits: Limits, now: datetime) -> list[WebSession]:
    """Where the person is signed in: their account is called as they are."""
    return [session for session in tx.signin.not_ended(person) if session.is_live(limits, now)]


def _door(ctx: Context) -> Door:
    if ctx.ports.door is None:
        raise ConflictError("signin.off")
    return ctx.ports.door


def _not_above(ctx: Context, person: Person, command: str) -> None:
    """Or a manager could sign in as an admin, or shut one out."""
    if person.role > ctx.actor.role:
        raise _forbidden(ctx, person.role, f"{command} {person.slug}")


def _forbidden(ctx: Context, needed: Role, command: str) -> ForbiddenError:
    roles: list[Msg] = [Msg(f"role.{role.name.lower()}") for role in (needed, ctx.actor.role)]
    return ForbiddenError("forbidden", command=command, needed=roles[0], have=roles[1])
