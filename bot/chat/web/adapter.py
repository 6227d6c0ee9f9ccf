"""The web chat's wire: people's lines and presses in, stored messages and live updates out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog
from aiohttp import web

from bot.chat.desk import is_notice
from bot.chat.parse import masked, parse
from bot.chat.web import access, asked, completion, files, guide, page
from bot.chat.web.asked import RefusedError
from bot.chat.web.listeners import Listeners
from bot.chat.web.messages import person_json, to_json
from bot.chat.web.signin import SignIn
from bot.core.command import Actor, CommandTable
from bot.core.delivery import Outcome, Rejected, Runner, Sent, TooLate, Words
from bot.core.errors import ForbiddenError, UserError
from bot.core.mending import whole_line
from bot.core.model import Person, Role
from bot.core.ports import Clock, Store, Team, Tx
from bot.core.records import Delivery, WebMessage
from bot.core.reply import Msg, Note, Reply, Text, msg, without_secrets

log = structlog.get_logger()

Handler = Callable[[web.Request, Actor], Awaitable[web.StreamResponse]]


class _SaidBeforeError(UserError):
    """The same line came twice at once; the other one is in the chat already."""


@dataclass(slots=True)
class WebChat:
    """One chat server with three channels. `clock_facts` tells the page what time it is and how fast it runs.

    `signin` None: no sign-in, whoever asks says who they are; an account is then the name of a person.
    `scripted` are people a script plays until somebody picks them; `strings` the page's own texts in a language.
    """

    store: Store
    clock: Clock
    runner: Runner
    commands: CommandTable
    words: Words
    team: Team
    strings: Callable[[str], Mapping[str, str]]
    clock_facts: Callable[[], Mapping[str, Any]]
    signin: SignIn | None = None
    scripted: set[str] = field(default_factory=set)
    on_shown: list[Callable[[WebMessage], None]] = field(default_factory=list)
    on_picked: list[Callable[[str], None]] = field(default_factory=list)
    idempotent_s: float = float("inf")
    listeners: Listeners = field(init=False)
    _told_people: dict[str, Person] | None = None

    def __post_init__(self) -> None:
        self.listeners = Listeners(None if self.signin is None else self.signin.over)

    # -- out -----------------------------------------------------------------

    async def deliver(self, delivery: Delivery) -> Outcome:
        """Stores the post or edit; the same row twice is one message, so a retry after a crash changes nothing."""
        at, channel = self.clock.now(), delivery.destination.partition(":")[2]

        def work(tx: Tx) -> WebMessage | None:
            if delivery.op == "edit":
                if tx.webchat.get(delivery.message) is None:
                    raise LookupError(delivery.message)
                return tx.webchat.edit(delivery.message, delivery.reply, delivery.id)
            if _is_too_late(delivery, at) and tx.webchat.get(delivery.message) is None:
                raise TimeoutError(delivery.message)
            new = WebMessage(delivery.message, at, channel, delivery.kind, None, to=delivery.to, reply=delivery.reply)
            return tx.webchat.post(new)

        try:
            message = await self.store.write(work)
        except LookupError:
            return Rejected("the message to edit is not there")
        except TimeoutError:
            return TooLate()
        if message is not None:
            await self.show(message)
        return Sent(delivery.message)

    async def show(self, message: WebMessage) -> None:
        """Tells everybody who looks, each in their own language. A secret is only in the answer to whoever asked."""
        if message.reply is not None:
            message = replace(message, reply=without_secrets(message.reply))
        for hook in self.on_shown:
            hook(message)
        if not (listeners := await self.listeners.live()):
            return
        people = await self._people()
        readers = {account: await self._actor_of(account) for account in {item.account for item in listeners}}
        for listener in listeners:
            reader = readers[listener.account]
            if access.sees(reader, message):
                body = {"type": "message", "message": self._json(message, people, reader.person)}
                await self.listeners.send(listener, body)
        if self._told_people not in (None, people):
            self._told_people = people
            await self.listeners.tell_all("people")

    async def _people(self) -> dict[str, Person]:
        return {person.slug: person for person in await self.store.read(lambda tx: tx.people.all())}

    def _reading(self, people: Mapping[str, Person], slug: str) -> tuple[str, str]:
        person = people.get(slug)
        language = (person.language if person else None) or self.team.language
        return language, (person.zone if person else None) or self.team.zone

    def _json(self, message: WebMessage, people: Mapping[str, Person], reader: str) -> dict[str, Any]:
        return to_json(message, self.words.reader(*self._reading(people, reader)), people)

    # -- in ------------------------------------------------------------------

    def routes(self) -> list[web.RouteDef]:
        signin = [] if self.signin is None else self.signin.routes(self.listeners)
        return [
            *page.routes(sign_in=self.signin is not None),
            *signin,
            web.get("/chat/files/{name}", self._as_person(self._file)),
            web.get("/chat/api/me", self._as_person(self._me)),
            web.get("/chat/api/people", self._as_person(self._list_people)),
            web.post("/chat/api/pick", self._as_person(self._pick)),
            web.get("/chat/api/channels", self._as_person(self._channels)),
            web.get("/chat/api/guide", self._as_person(self._guide)),
            web.get("/chat/api/messages", self._as_person(self._messages)),
            web.get("/chat/api/complete", self._as_person(self._complete)),
            web.post("/chat/api/say", self._as_person(self._say)),
            web.post("/chat/api/upload", self._as_person(self._upload)),
            web.post("/chat/api/press", self._as_person(self._press)),
            web.get("/chat/ws", self._socket),
        ]

    def _as_person(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                actor, _ = await self._asker(request)
                return await handler(request, actor)
            except RefusedError as refused:
                return refused.response()

        return handle

    async def _asker(self, request: web.Request) -> tuple[Actor, str | None]:
        """Who asks, and their session where there is a sign-in."""
        if self.signin is not None:
            session = await self.signin.session(request)
            return await self._actor_of(session.account), session.id
        people = await self._people()
        slug = request.headers.get("X-Showcaller-As") or request.query.get("as") or ""
        if slug and slug not in people:
            raise RefusedError(403, f"nobody here is called {slug[:60]!r}; pick one of: {', '.join(people)}")
        if not slug:
            slug = max(people.values(), key=lambda somebody: somebody.role).slug
        return await self._actor_of(slug), None

    async def _actor_of(self, account: str) -> Actor:
        """Who the account of this chat is."""
        return await self.runner.actor("web", account, account)

    def _check_channel(self, actor: Actor, name: Any, *, to_talk: bool = False) -> str:
        """The channel asked for, if it is one and this person's role has it."""
        channel = asked.channel(name)
        try:
            access.check(actor, channel, to_talk=to_talk)
        except UserError as error:
            raise self._refused(error, actor) from None
        return channel

    def _refused(self, error: UserError, actor: Actor, typed: str = "") -> RefusedError:
        reader = self.words.reader(actor.language, actor.zone)
        status = {"NotFoundError": 404, "ConflictError": 409, "ForbiddenError": 403}.get(type(error).__name__, 400)
        return RefusedError(status, reader.line(error.message), whole_line(typed, error.try_instead, error.message))

    async def _say(self, request: web.Request, actor: Actor) -> web.StreamResponse:
        body = await asked.body(request)
        text, nonce = asked.line(body)
        actor = replace(actor, channel=asked.channel(body.get("channel")))
        try:
            access.check(actor, actor.channel, to_talk=not text.startswith("/"))
        except ForbiddenError as error:
            await self.runner.kept_out(actor, error)
            raise self._refused(error, actor) from None
        own_nonce = f"{actor.person}:{nonce}" if nonce else None  # or one could read another's answers by it
        line, answer = await self._speak(actor, text, own_nonce)
        people = await self._people()
        said = None if answer is None else self._json(answer, people, actor.person)
        return web.json_response({"reply": said, "message_id": line.id, "line": line.text})

    async def _speak(self, actor: Actor, text: str, nonce: str | None) -> tuple[WebMessage, WebMessage | None]:
        """The person's line, then what a command answers. A line whose command fails is not kept."""
        typed = parse(text)
        is_command = text.startswith("/")
        text, is_private = self._to_keep(text, typed.words, actor) if is_command else (text, False)
        at = self.clock.now()

        def line_of(tx: Tx) -> WebMessage:
            if nonce and tx.webchat.by_nonce(nonce) is not None:
                raise _SaidBeforeError("internal")
            line = WebMessage(
                tx.next_id("m"), at, actor.channel, "said", actor.person, private=is_private, text=text, nonce=nonce
            )
            return tx.webchat.post(line) or line

        shown: list[WebMessage] = []

        def keep(tx: Tx, answer: Reply) -> None:
            line = line_of(tx)
            shown[:] = [line, self._keep_answer(tx, actor, actor.channel, answer, line.id)]

        try:
            if before := await self._said_before(nonce):
                return before
            if is_command:
                await self.runner.typed(actor, typed.words, typed.keyed, keep)
            else:
                shown.append(await self.store.write(line_of))
        except _SaidBeforeError:
            return await self._said_before(nonce) or (shown[0], None)
        except UserError as error:
            if before := await self._said_before(nonce):  # while this one was on its way, its twin did the work
                return before
            raise self._refused(error, actor, text) from None
        for message in shown:
            await self.show(message)
        return shown[0], shown[1] if is_command else None

    def _to_keep(self, line: str, words: tuple[str, ...], actor: Actor) -> tuple[str, bool]:
        """A command's line as the chat keeps it, and whether only its author sees it."""
        try:
            command, used = self.commands.find(words)
        except UserError as error:
            raise self._refused(error, actor) from None
        return masked(line, command, used), command.private

    async def _said_before(self, nonce: str | None) -> tuple[WebMessage, WebMessage | None] | None:
        """What came of this line when it was sent the first time."""
        if not nonce:
            return None

        def work(tx: Tx) -> tuple[WebMessage, WebMessage | None] | None:
            line = tx.webchat.by_nonce(nonce)
            return None if line is None else (line, tx.webchat.answer_to(line.id))

        return await self.store.read(work)

    def _keep_answer(self, tx: Tx, actor: Actor, channel: str, answer: Reply, line: str | None) -> WebMessage:
        message = WebMessage(
            tx.next_id("m"), self.clock.now(), channel, "answer", None, to=actor.person if answer.private else None,
            private=answer.private, reply=answer, answers=line,
        )  # fmt: skip
        tx.outbox.register(message.id, answer)
        return tx.webchat.post(message) or message

    async def _press(self, request: web.Request, actor: Actor) -> web.StreamResponse:
        body = await asked.body(request)
        message_id, button = str(body.get("message_id")), str(body.get("button_id"))
        fields = body.get("fields") or {}
        if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
            raise RefusedError(400, "`fields` must be an object of texts")
        message = await self.store.read(lambda tx: tx.webchat.get(message_id))
        if message is None or not access.is_for(actor, message):
            raise self._refused(await self.runner.not_shown(actor, message_id), actor)
        channel = message.channel
        actor = replace(actor, channel=channel)
        shown: list[WebMessage] = []

        def keep(tx: Tx, answer: Reply) -> None:
            if not is_notice(answer):
                shown[:] = [self._keep_answer(tx, actor, channel, answer, None)]

        try:
            answer = await self.runner.pressed(actor, message_id, button, fields, keep)
        except UserError as error:
            raise self._refused(error, actor) from None
        if not shown:
            reader = self.words.reader(actor.language, actor.zone)
            lines: list[Msg | str] = [block.text for block in answer.blocks if isinstance(block, Text | Note)]
            return web.json_response({"reply": None, "notice": " ".join(reader.line(line) for line in lines)})
        said = shown[0]
        await self.show(said)
        people = await self._people()
        return web.json_response({"reply": self._json(said, people, actor.person), "notice": None})

    async def _upload(self, request: web.Request, actor: Actor) -> web.StreamResponse:
        try:
            return await files.brought(request, actor, self.store, self.commands, self.clock)
        except UserError as error:
            raise self._refused(error, actor) from None

    async def _messages(self, request: web.Request, actor: Actor) -> web.StreamResponse:
        channel = self._check_channel(actor, request.query.get("channel", "team"))
        after = request.query.get("after", "0")
        if not after.isdecimal() or len(after) > 18:  # noqa: PLR2004 - what a database can count
            raise RefusedError(400, f"`after` must be a rev, a whole number; got {after[:20]!r}")
        found = await self.store.read(lambda tx: tx.webchat.since(channel, int(after), actor.person))
        people = await self._people()
        return web.json_response(
            {
                "messages": [
                    self._json(message, people, actor.person) for message in found if access.sees(actor, message)
                ]
            }
        )

    async def _channels(self, request: web.Request, actor: Actor) -> web.StreamResponse:
        del request
        reader = self.words.reader(actor.language, actor.zone)
        revs = await self.store.read(
            lambda tx: {name: tx.webchat.last_rev(name, actor.person) for name in access.channels_of(actor.role)}
        )
        rows = [
            {
                "id": name,
                "name": reader.line(msg(f"web.channel.{name}")),
                "topic": reader.line(msg(f"web.topic.{name}")),
                "last_rev": rev,
            }
            for name, rev in revs.items()
        ]
        return web.json_response({"channels": rows})

    async def _guide(self, request: web.Request, actor: Actor) -> web.StreamResponse:
        del request
        found = await self.store.read(lambda tx: guide.steps(tx, actor, self.commands, self.team, self.clock.now()))
        return web.json_response(found)

    async def _complete(self, request: web.Request, actor: Actor) -> web.StreamResponse:
        if "channel" in request.query:
            self._check_channel(actor, request.query["channel"])
        text = request.query.get("text", "")[: asked.MAX_LINE]
        reader = self.words.reader(actor.language, actor.zone)
        return web.json_response(await completion.complete(text, self.commands, actor, self.runner, reader))

    async def _me(self, request: web.Request, actor: Actor) -> web.StreamResponse:
        del request
        return web.json_response(
            {
                "person": person_json(actor),
                "language": actor.language,
                "zone": actor.zone,
                "team": self.team.name,
                "sign_in": self.signin is not None,
                "strings": dict(self.strings(actor.language)),
                "clock": dict(self.clock_facts()),
            }
        )

    async def _list_people(self, request: web.Request, actor: Actor) -> web.StreamResponse:
        del request
        if self.signin is not None and actor.role == Role.NOBODY:
            return web.json_response({"people": [], "switchable": False})
        people = self._told_people = await self._people()
        shown = (person for person in people.values() if person.role > Role.VIEWER)
        rows = [
            {"id": one.slug, "name": one.name, "role": one.role.name.lower(), "scripted": one.slug in self.scripted}
            for one in shown
        ]
        return web.json_response({"people": rows, "switchable": self.signin is None})

    async def _pick(self, request: web.Request, actor: Actor) -> web.StreamResponse:
        del actor
        if self.signin is not None:
            raise RefusedError(403, "who you are here is who you signed in as")
        slug = str((await asked.body(request)).get("person"))
        if slug not in await self._people():
            raise RefusedError(404, f"nobody here is called {slug[:60]!r}")
        if slug in self.scripted:
            self.scripted.discard(slug)
            for hook in self.on_picked:
                hook(slug)
            await self.listeners.tell_all("people")
        return web.json_response({"person": slug})

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        try:
            actor, session = await self._asker(request)
        except RefusedError as refused:
            return refused.response()
        greeting = {"type": "clock", "clock": dict(self.clock_facts())}
        return await self.listeners.serve(request, actor.account, session, greeting)

    # -- files ---------------------------------------------------------------

    async def _file(self, request: web.Request, actor: Actor) -> web.StreamResponse:
        self._check_channel(actor, "team", to_talk=True)  # pictures are part of what is said to all
        return await files.shown(request, self.store, may_be_cached=self.signin is None)


def _is_too_late(delivery: Delivery, now: datetime) -> bool:
    """Taken up again after a restart: by now nobody wants to read it, unless it is in the chat already."""
    return delivery.expires_at is not None and delivery.expires_at <= now
