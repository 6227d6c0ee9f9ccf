"""Signing in to the web chat: a link used once becomes a session, kept in a cookie, until it ends.

A code comes in the body of a POST, from the part of the link behind the # that browsers send to nobody. GET changes
nothing, so a preview of a link does not use it up.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.chat.web import asked
from bot.chat.web.asked import RefusedError
from bot.chat.web.brake import Brake, TooManyError, address_of
from bot.chat.web.listeners import Listeners
from bot.core.delivery import Words
from bot.core.errors import ConflictError, NotFoundError, UserError
from bot.core.ports import Clock, Store, Team, Tx
from bot.core.records import AuditEntry, Code
from bot.core.reply import Msg, Span, msg
from bot.core.signin import AGENT_MOST, SEEN_EVERY, Door, WebSession, account_of, device, digest, hash_of, live_sessions

Claim = Callable[[Tx, str, str, datetime], str]
"""Uses up a code for the first admin: transaction, code, name, now -> account; or raises UserError."""

_CODE_MOST = 100
_ENDED = {"used": "signin.used", "expired": "signin.expired"}


class _UnknownCodeError(NotFoundError):
    """A guess, or a mistyped code: the only thing that counts as a wrong try."""


@dataclass(slots=True)
class SignIn:
    """Codes in, sessions out. `proxies`: addresses whose X-Forwarded-For is believed; `strings` as WebChat's."""

    store: Store
    clock: Clock
    words: Words
    team: Team
    door: Door
    claim: Claim
    strings: Callable[[str], Mapping[str, str]]
    proxies: Collection[str] = ()
    _brake: Brake = field(default_factory=Brake)

    def routes(self, listeners: Listeners) -> list[web.RouteDef]:
        def ending(work: Callable[[web.Request], Any]) -> Callable[[web.Request], Any]:
            """Answers, then closes the pages of what has ended by it."""

            async def handle(request: web.Request) -> web.StreamResponse:
                try:
                    response, ended = await work(request)
                except RefusedError as refused:
                    return refused.response()
                await listeners.end(ended)
                return response  # type: ignore[no-any-return]

            return handle

        return [
            web.get("/chat/api/welcome", self._welcome),
            web.post("/chat/api/join/look", ending(self._look)),
            web.post("/chat/api/join", ending(self._join)),
            web.post("/chat/api/signout", ending(self._sign_out)),
            web.get("/chat/api/sessions", ending(self._sessions)),
        ]

    # -- sessions ----------------------------------------------------------------

    async def session(self, request: web.Request) -> WebSession:
        """The live session of the request's cookie, now seen.

        Raises:
            RefusedError: 401, there is none.
        """
        cookie = request.cookies.get(self._cookie)
        now = self.clock.now()
        if not cookie:
            raise self._signed_out(request)
        found = await self.store.read(lambda tx: tx.signin.by_cookie(hash_of(cookie)))
        if found is None or not found.is_live(self.door.limits, now):
            raise self._signed_out(request)
        if now - found.seen_at >= SEEN_EVERY:
            await self.store.write(lambda tx: tx.signin.seen(found.id, now))
        return found

    async def over(self, sessions: Collection[str]) -> set[str]:
        """Which of these have ended."""
        now = self.clock.now()

        def work(tx: Tx) -> set[str]:
            found = {name: tx.signin.session(name) for name in sessions}
            return {name for name, one in found.items() if one is None or not one.is_live(self.door.limits, now)}

        return await self.store.read(work)

    @property
    def _is_secure(self) -> bool:
        return self.door.address().startswith("https:")

    @property
    def _cookie(self) -> str:
        """With TLS a name that no other host or plain page can set. Cookies know no ports, so the name says ours."""
        if self._is_secure:
            return "__Host-showcaller"
        return f"showcaller-{urlsplit(self.door.address()).port or 80}"

    def _signed_out(self, request: web.Request) -> RefusedError:
        return RefusedError(401, self._say(request, msg("signin.needed")))

    # -- joining -----------------------------------------------------------------

    async def _welcome(self, request: web.Request) -> web.Response:
        """What the page needs before it knows anybody: its words, in the browser's language."""
        language = self._language(request)
        return web.json_response(
            {"team": self.team.name, "language": language, "strings": dict(self.strings(language))}
        )

    async def _look(self, request: web.Request) -> tuple[web.Response, list[str]]:
        """Whom a link is for. Uses nothing up."""
        code = _code_in(await asked.body(request))
        now = self.clock.now()

        def work(tx: Tx) -> dict[str, str | None]:
            found = _usable(tx, code, now)
            person = None if found.person is None else tx.people.get(found.person)
            return {"purpose": found.purpose, "name": None if person is None else person.name}

        return web.json_response(await self._try(request, work, is_write=False)), []

    async def _join(self, request: web.Request) -> tuple[web.Response, list[str]]:
        """Uses the code up and signs this browser in, whoever it was signed in as before."""
        body = await asked.body(request)
        code, name = _code_in(body), body.get("name")
        now = self.clock.now()
        cookie = secrets.token_urlsafe(32)
        agent = request.headers.get("User-Agent", "")[:AGENT_MOST].encode("utf-8", "replace").decode()  # odd bytes
        before = request.cookies.get(self._cookie)
        ended: list[str] = []

        def work(tx: Tx) -> WebSession:
            found = _usable(tx, code, now)
            if found.purpose == "invite":
                account = _invited(tx, found, now)
            else:
                account = self.claim(tx, code, name if isinstance(name, str) else "", now)
            old = None if before is None else tx.signin.by_cookie(hash_of(before))
            if old is not None and tx.signin.end(old.id, "signed in anew", now):
                ended.append(old.id)
            tx.signin.open_account(account, now)
            ends_at = now + self.door.limits.absolute
            session = WebSession(tx.next_id("w"), hash_of(cookie), account, now, now, agent, ends_at)
            tx.signin.start(session)
            self._audit(tx, session, "signin", now)
            return session

        session = await self._try(request, work, is_write=True)
        response = web.json_response({"account": session.account})
        response.set_cookie(
            self._cookie, cookie, path="/", max_age=int(self.door.limits.absolute.total_seconds()), httponly=True,
            samesite="Strict", secure=self._is_secure,
        )  # fmt: skip
        return response, ended

    async def _try(self, request: web.Request, work: Callable[[Tx], Any], *, is_write: bool) -> Any:
        """One try of a code, if this address may try at all."""
        now = self.clock.now()
        address = address_of(request, self.proxies)
        try:
            self._brake.take(address, now)
        except TooManyError as stop:
            text = self._say(request, msg("signin.too_many", wait=Span(stop.wait_s)))
            raise RefusedError(429, text, headers={"Retry-After": str(stop.wait_s)}) from None
        try:
            done = await (self.store.write(work) if is_write else self.store.read(work))
        except _UnknownCodeError as error:
            tried = AuditEntry(now, f"web:{address}", "web", "code.wrong", f"web:{address}")
            await self.store.write(lambda tx: tx.audit.add(tried))
            raise RefusedError(404, self._say(request, error.message)) from None
        except UserError as error:
            self._brake.give_back(address, now)
            status = 410 if isinstance(error, ConflictError) else 400
            raise RefusedError(status, self._say(request, error.message)) from None
        self._brake.give_back(address, now)
        return done

    # -- leaving -----------------------------------------------------------------

    async def _sign_out(self, request: web.Request) -> tuple[web.Response, list[str]]:
        """Ends this session, the one named, or all of the person's with `everywhere`."""
        mine = await self.session(request)
        body = await asked.body(request)
        named, everywhere = body.get("session", mine.id), body.get("everywhere") is True
        now = self.clock.now()

        def work(tx: Tx) -> list[str]:
            ended = [one for one in self._own(tx, mine, now) if everywhere or one.id == named]
            for session in ended:
                tx.signin.end(session.id, "signed out", now)
                self._audit(tx, session, "signout", now)
            return [session.id for session in ended]

        ended = await self.store.write(work)
        if not ended:
            raise RefusedError(404, self._say(request, msg("signin.session.gone")))
        response = web.json_response({"ended": len(ended)})
        if mine.id in ended:
            response.del_cookie(self._cookie, path="/", httponly=True, samesite="Strict", secure=self._is_secure)
        return response, ended

    async def _sessions(self, request: web.Request) -> tuple[web.Response, list[str]]:
        """Where this person is signed in, the last used first."""
        mine = await self.session(request)
        now = self.clock.now()
        found = await self.store.read(lambda tx: self._own(tx, mine, now))
        rows = [
            {
                "id": session.id,
                "device": device(session.agent),
                "since": session.made_at.isoformat(),
                "seen": session.seen_at.isoformat(),
                "ends": session.end(self.door.limits).isoformat(),
                "here": session.id == mine.id,
            }
            for session in found
        ]
        return web.json_response({"sessions": rows}), []

    def _own(self, tx: Tx, mine: WebSession, now: datetime) -> list[WebSession]:
        """All sessions of whoever this one is; for somebody who is nobody any more, this one."""
        person = tx.people.by_account("web", mine.account)
        return [mine] if person is None else live_sessions(tx, person.slug, self.door.limits, now)

    # -- words -------------------------------------------------------------------

    def _audit(self, tx: Tx, session: WebSession, action: str, now: datetime) -> None:
        """Who it was is the person, whichever of their accounts it was."""
        before, after = (None, [device(session.agent)]) if action == "signin" else ([device(session.agent)], [])
        person = tx.people.by_account("web", session.account)
        who = session.account if person is None else person.slug
        detail = {"account": session.account} if session.account != who else {}
        tx.audit.add(AuditEntry(now, who, "web", action, who, before, after, detail))

    def _language(self, request: web.Request) -> str:
        """The browser's first language that we speak; else the team's."""
        for part in request.headers.get("Accept-Language", "").split(","):
            wanted = part.partition(";")[0].strip().lower()
            if wanted.startswith(("zh", "en")):
                return "zh-CN" if wanted.startswith("zh") else "en"
        return self.team.language

    def _say(self, request: web.Request, line: Msg) -> str:
        return self.words.reader(self._language(request), self.team.zone).line(line)


def _code_in(body: Mapping[str, Any]) -> str:
    code = body.get("code")
    if not isinstance(code, str) or len(code) > _CODE_MOST:
        raise RefusedError(400, f"`code` must be a text of at most {_CODE_MOST} characters")
    return code


def _usable(tx: Tx, code: str, now: datetime) -> Code:
    """Finding it by its hash takes as long for a nearly right code as for any other."""
    found = tx.codes.get(digest(code))
    if found is None or found.purpose not in ("invite", "first_admin"):
        raise _UnknownCodeError("signin.unknown")
    if (why := found.why_not(now)) is not None:
        raise ConflictError(_ENDED[why])
    return found


def _invited(tx: Tx, code: Code, now: datetime) -> str:
    """Spends an invite; returns the account of whom it is for."""
    person = tx.people.get(code.person or "")
    if person is None or tx.codes.use(code.digest, "invite", now) is None:
        raise _UnknownCodeError("signin.unknown")
    return account_of(tx, person)
