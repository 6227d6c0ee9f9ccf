"""Getting into the web chat and out of it: invites, one's own sessions, the first admin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from bot.core.command import Arg, Context, More, Where
from bot.core.errors import ConflictError, NotFoundError
from bot.core.model import Person, Role
from bot.core.newcomer import newcomer
from bot.core.ports import Tx
from bot.core.records import AuditEntry, Code
from bot.core.reply import Block, Button, Heading, Item, Items, Note, Reply, Secret, Text, When, msg, reply
from bot.core.reply import Code as Line
from bot.core.rights import ANYWHERE, OVERALL, Place, needed_to_hand_out
from bot.core.signin import Door, Limits, WebSession, account_of, device, digest, live_sessions
from handlers import linking, lookup
from handlers.lookup import record
from handlers.people import PersonSlug, check_name

INVITE_LIVES = timedelta(days=1)
"""How long a link may lie unopened. Long enough for a host asleep ten time zones away."""
_LENGTH = 30
"""About 147 bits: nobody types it, a link or a camera brings it."""


@dataclass(frozen=True, slots=True)
class Invite:
    person: PersonSlug


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


@dataclass(frozen=True, slots=True)
class SignOut:
    person: Annotated[str | None, Arg("mia", keyed=True, completer="person", help="arg.signout_person")] = None
    session: Annotated[str | None, Arg("w1", keyed=True, hidden=True)] = None


def _signed_out_person(_tx: Tx, request: Any, ctx: Context) -> Place:
    return ANYWHERE if request.person in (None, ctx.actor.person) else OVERALL


SELF = Where("everywhere; for oneself anywhere", _signed_out_person)


def _to_invite(tx: Tx, request: Any, _ctx: Context) -> Role:
    """As for handing out the role of whoever is invited: the link lets its opener do what they may."""
    return needed_to_hand_out(tx.people.rights(request.person).highest)


def _to_sign_out(tx: Tx, request: Any, ctx: Context) -> Role:
    return Role.NOBODY if request.person in (None, ctx.actor.person) else _to_invite(tx, request, ctx)


TO_INVITE = More("for manager and admin: admin", _to_invite)
TO_SIGN_OUT = More("for others manager, for manager and admin: admin", _to_sign_out)


async def invite(request: Invite, ctx: Context) -> Reply:
    """A link that signs in one browser as this person, shown this once; an older one that nobody used is void."""
    door = _door(ctx)

    def work(tx: Tx) -> Reply:
        person = lookup.person(tx, request.person)
        account_of(tx, person)
        code = linking.new_code(_LENGTH)
        until = ctx.now + INVITE_LIVES
        tx.codes.add(Code(digest(code), "invite", person.slug, ctx.now, until))
        record(tx, ctx, "invite", person.slug, after={"until": until.isoformat(timespec="minutes")})
        blocks: list[Block] = [
            Heading(msg("signin.invite", name=person.name)),
            Secret(door.link(code), qr=True),
            Text(msg("signin.invite.how", name=person.name)),
            Note(msg("signin.invite.until", when=When(until))),
        ]
        return reply(*blocks, *([Note(msg("signin.invite.here"))] if door.is_local else []))

    return await ctx.ports.store.write(work)


async def sessions(request: Nothing, ctx: Context) -> Reply:
    """Where one is signed in, the last used first, each with a button that ends it."""
    del request
    door = _door(ctx)

    def work(tx: Tx) -> Reply:
        live = live_sessions(tx, ctx.actor.person, door.limits, ctx.now)
        items = tuple(_item(session, door.limits) for session in live)
        blocks: list[Block] = [Heading(msg("signin.sessions")), Items(items)]
        if not items:
            blocks = [Text(msg("signin.sessions.none"))]
        return reply(*blocks, Note(msg("signin.sessions.how")), Line("/signout"))

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
        live = live_sessions(tx, person.slug, door.limits, ctx.now)
        if request.session is not None:
            live = [session for session in live if session.id == request.session]
            if not live:
                raise NotFoundError("signin.session.gone", try_instead="/sessions")
        ended[:] = [session.id for session in live if tx.signin.end(session.id, f"by {ctx.actor.person}", ctx.now)]
        if ended:
            record(tx, ctx, "signout", person.slug, [device(session.agent) for session in live], [])
        return reply(Text(msg("signin.signed_out", name=person.name, n=len(ended))), tone="good")

    answer = await ctx.ports.store.write(work)
    await door.ended(ended)
    return answer


def code_for_admin(tx: Tx, limits: Limits, now: datetime) -> str | None:
    """At start: a new code where no admin can get in; the one before is void then. None where one can."""
    return None if admin_can_get_in(tx, limits, now) else linking.make(tx, "first_admin", None, now)


def admin_can_get_in(tx: Tx, limits: Limits, now: datetime) -> bool:
    """Whether an admin is signed in somewhere, or holds a good invite."""
    admins = [slug for slug, rights in tx.people.all_rights().items() if rights.everywhere == Role.ADMIN]
    return any(live_sessions(tx, admin, limits, now) or tx.codes.open("invite", admin, now) for admin in admins)


def claim(tx: Tx, code: str, name: str, now: datetime) -> str:
    """Spends an admin's code: whoever is called so, or is new here, becomes an admin. Returns their account.

    Raises:
        UserError: the code is no good, or the name is none, or that of somebody whom others may be signed in as.
    """
    name = check_name(name)
    if tx.codes.use(digest(code), "first_admin", now) is None:
        raise NotFoundError("signin.unknown")
    person = _named(tx, name) or newcomer(tx, name)
    if person.role < Role.ADMIN and _has_come_in(tx, person):
        raise ConflictError("signin.claim_taken", name=person.name)
    linking.make_admin(tx, person)
    before, after = ({"role": role.name.lower()} for role in (person.role, Role.ADMIN))
    tx.audit.add(AuditEntry(now, person.slug, "web", "claim", person.slug, before, after))
    return account_of(tx, person)


def _named(tx: Tx, name: str) -> Person | None:
    """Whom people call so, or type so. Anybody may call themselves so (/me name=...): who may most counts."""
    called = [item for item in tx.people.all() if name.casefold() in (item.name.casefold(), item.slug)]
    return max(called, key=lambda item: (item.role, item.slug == name.casefold()), default=None)


def _has_come_in(tx: Tx, person: Person) -> bool:
    """Whether somebody is behind it, in this chat or another, who would be admin with whoever has the code."""
    return bool(tx.people.accounts(person.slug) or tx.signin.not_ended(person.slug))


def _door(ctx: Context) -> Door:
    if ctx.ports.door is None:
        raise ConflictError("signin.off")
    return ctx.ports.door
