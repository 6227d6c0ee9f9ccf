"""The composition root: the only file that knows every part. Starts them in order and stops them in reverse."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, runtime_checkable
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from bot.calendars.reader import Reader
from bot.calendars.serve import Calendars
from bot.charts import Charts
from bot.chat.desk import Parts
from bot.chat.web.adapter import WebChat
from bot.chat.web.signin import SignIn
from bot.clock import Machine, RealClock, ScaledClock, VirtualClock
from bot.config import Settings, WebSettings
from bot.core.calendar_feed import CalendarDoor
from bot.core.delivery import Chat, Client
from bot.core.live import LiveRooms
from bot.core.model import HostProfile, Person, Role
from bot.core.places_port import Places
from bot.core.ports import Ports, Team
from bot.core.signin import Door, Limits
from bot.core.zones import tzdata_version
from bot.dispatch import Dispatch
from bot.feeds.own import OwnFeed
from bot.health import Health
from bot.http import Front, Listener, base_url
from bot.meters import Meters
from bot.pulse import TURN_S
from bot.relay import Relay
from bot.timers import Waker, scheduler
from handlers import (
    COMMANDS,
    EVENT_HANDLERS,
    calendar_feed,
    delivery,
    foresight,
    homes,
    linking,
    sessions,
    signals,
    signin,
    upcoming,
    zonechange,
)
from handlers.completion import COMPLETERS
from prompts.book import Book
from prompts.catalogue import FALLBACK, Catalogues
from prompts.occasions import Occasions
from prompts.zones import Zones
from storage.database import SqliteStore, SqliteTx

log = structlog.get_logger()

T = TypeVar("T")
AnyClock = RealClock | ScaledClock | VirtualClock

FIRST_PEOPLE = (
    Person("operator", "Operator", Role.ADMIN),
    Person("manager", "Manager", Role.MANAGER),
)
"""Who can be picked in the web chat of a new installation; hosts come with /host add. With a sign-in: nobody."""


@runtime_checkable
class _Called(Protocol):
    """A chat whose platform calls us; its routes belong on the ingest port."""

    def routes(self) -> Sequence[web.RouteDef]: ...


class _WakingStore(SqliteStore):
    """Whatever is written may be due or waiting to be sent: the loops look again."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, exclusive=True)
        self.written: list[Callable[[], None]] = []

    async def write(self, work: Callable[[SqliteTx], T]) -> T:
        result = await super().write(work)
        for wake in self.written:
            wake()
        return result

    async def probe(self) -> None:
        """A write like any other, to see whether one can be made; it wakes nobody."""
        await super().write(lambda tx: tx.remember("probe", ""))


class App:
    """One running bot. `async with App(settings, clock) as app:` serves until the block ends."""

    def __init__(
        self,
        settings: Settings,
        clock: AnyClock | None = None,
        *,
        people: Sequence[Person] | None = None,
        extra_routes: Callable[[App], list[web.RouteDef]] | None = None,
        chats: Mapping[str, Chat] | None = None,
        machine: Machine | None = None,
    ) -> None:
        """`chats`: more chats beside the web chat, by the name that begins their destinations ("NAME:ADDRESS")."""
        self.settings = settings
        self.clock: AnyClock = clock or clock_of(settings)
        web_settings = settings.web
        self._people = people if people is not None else () if web_settings.sign_in else FIRST_PEOPLE
        self.door = self._door() if web_settings.sign_in else None
        self.first_admin_code: str | None = None
        """Made at a start at which no admin can get in; for the terminal, and for nothing that is kept."""
        self.words = Catalogues.load()
        team = settings.team
        self.store = _WakingStore(settings.database)
        self.health = Health(settings, self.clock, machine or Machine(), self.store.probe)
        self._places: dict[str, Places] = {}
        self.charts = Charts(self.words.reader(team.language, team.zone).line)
        self.ports = Ports(
            store=self.store,
            clock=self.clock,
            book=Book.load(),
            charts=self.charts,
            team=Team(team.name, team.language, team.zone),
            live=LiveRooms(),
            commands=COMMANDS,
            vitals=self.health.vitals,
            words=self.words,
            zones=Zones(self.words.languages),
            plan_reader=Reader((machine or Machine()).monotonic),
            calendars=CalendarDoor(lambda: self.calendar_address),
            occasions=Occasions.load(self.words.words[FALLBACK]),
            door=self.door,
            places=self._places,
        )
        self.dispatch = Dispatch(self.ports, EVENT_HANDLERS, signals.on_tick, COMPLETERS, self.health.note)
        self.chat = WebChat(
            store=self.store,
            clock=self.clock,
            runner=self.dispatch,
            commands=COMMANDS,
            words=self.words,
            team=self.ports.team,
            strings=self._strings,
            clock_facts=self.clock_facts,
            signin=self._signin(),
        )
        if chats and (taken := sorted(name for name in chats if name == "web" or ":" in name)):
            raise ValueError(f"no chat beside the web chat can be called {taken[0]!r}")
        self.clients = self._clients()
        self.health.standings = lambda: tuple(client.standing() for client in self.clients.values())
        everywhere: dict[str, Chat] = {"web": self.chat, **self.clients, **(chats or {})}
        self._places.update((name, chat.places) for name, chat in everywhere.items() if hasattr(chat, "places"))
        self.meters = Meters(everywhere)
        self.relay = Relay(self.store, self.clock, everywhere, on_parked=delivery.on_parked, meter=self.meters)
        feed = OwnFeed(self.store, self.clock, self._keep)
        more = [web.get("/metrics", self._metrics), *([] if extra_routes is None else extra_routes(self))]
        note = self.health.note
        self.web = Listener(
            "web", web_settings.listen, web_settings.port, self.chat.routes(), note, front=front_of(web_settings)
        )
        called = [route for client in self.clients.values() if isinstance(client, _Called) for route in client.routes()]
        calendars = Calendars(
            self.clock,
            lambda token: calendar_feed.find(token, self.ports),
            lambda link: calendar_feed.served(link, self.ports),
        )
        routes = [*feed.routes(), *calendars.routes(), *self.health.routes(), *called, *more]
        self.ingest = Listener("ingest", settings.ingest.listen, settings.ingest.port, routes, note)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.health.is_up = False
        await self._stack.aclose()

    async def _start(self) -> None:
        self._stack.push_async_callback(self.charts.close)
        await self.store.open()
        self._stack.push_async_callback(self.store.close)
        self._stack.push_async_callback(self.health.close)
        await self.store.write(self._first_run)
        await self.store.write(lambda tx: zonechange.announce(tx, tzdata_version(), self.ports))
        await self.store.write(lambda tx: upcoming.catch_up(tx, self.ports))
        await self.store.write(lambda tx: foresight.watch_all(tx, self.ports))
        await sessions.load_live(self.ports)
        for listener in (self.web, self.ingest):
            await listener.start()
            self._stack.push_async_callback(listener.stop)
        self._stack.push_async_callback(self.chat.listeners.close)
        await self._connect()
        if not isinstance(self.clock, VirtualClock):
            self._run_loops(self.clock)
        self.health.is_up = True
        if isinstance(self.clock, RealClock):  # a rehearsal must not say that the bot lives
            self._stack.push_async_callback(self.health.start_pinging())

    def _first_run(self, tx: SqliteTx) -> None:
        tx.outbox.release_leases()
        if not tx.people.all():
            for person in self._people:
                tx.people.save(person)
                if person.role == Role.HOST:
                    tx.people.save_host(HostProfile(person.slug))
        now = self.clock.now()
        self.first_admin_code = (
            linking.code_for_first_admin(tx, now, self.clients)
            if self.door is None
            else signin.code_for_admin(tx, self.door.limits, now)
        )

    # -- other chats -----------------------------------------------------------

    def _clients(self) -> dict[str, Client]:
        """The chats that are configured. Their libraries take time to load, so only now and only then."""
        parts = Parts(self.store, self.clock, self.dispatch, COMMANDS, self.words, self.ports.team, self._reached)
        found: dict[str, Client] = {}
        if self.settings.discord.token.get_secret_value():
            from bot.chat.discord.adapter import discord_chat  # noqa: PLC0415

            found["discord"] = discord_chat(parts, **self.settings.discord.as_options())
        if self.settings.telegram.token.get_secret_value():
            from bot.chat.telegram.adapter import telegram_chat  # noqa: PLC0415

            found["telegram"] = telegram_chat(parts, **self.settings.telegram.as_options())
        return found

    async def _reached(self, chat: str) -> None:
        """A chat can be reached (again): what waited because it could not goes out now."""
        await self.store.write(lambda tx: tx.outbox.hurry(chat))

    async def _connect(self) -> None:
        async def stop() -> None:
            await asyncio.gather(*(client.stop() for client in self.clients.values()), return_exceptions=True)

        self._stack.push_async_callback(stop)
        for client in self.clients.values():
            await client.start()

    # -- signing in to the web chat --------------------------------------------

    @property
    def address(self) -> str:
        """What links to the web chat begin with; known once it listens."""
        return self.settings.web.public_url or base_url(self.settings.web.listen, self.web.port)

    @property
    def calendar_address(self) -> str:
        """What addresses of calendars begin with; known once the listener listens."""
        return self.settings.ingest.public_url or base_url(self.settings.ingest.listen, self.ingest.port)

    def _door(self) -> Door:
        async def ended(sessions: Collection[str]) -> None:
            await self.chat.listeners.end(sessions)

        return Door(lambda: self.address, limits_of(self.settings.web), ended)

    def _signin(self) -> SignIn | None:
        if self.door is None:
            return None
        return SignIn(
            self.store, self.clock, self.words, self.ports.team, self.door, signin.claim, self._strings,
            frozenset(self.settings.web.trusted_proxies),
        )  # fmt: skip

    @property
    def first_admin_link(self) -> str | None:
        """Where the first admin's code is used with a click; None where there is no code, or no sign-in."""
        return None if self.door is None or self.first_admin_code is None else self.door.link(self.first_admin_code)

    # -- real and scaled time --------------------------------------------------

    def _run_loops(self, clock: RealClock | ScaledClock) -> None:
        ticker = scheduler()
        ticker.start()
        self._stack.callback(ticker.shutdown, wait=False)
        self._wakers = [Waker(ticker, clock, "due"), Waker(ticker, clock, "relay")]
        self.store.written += [waker.wake for waker in self._wakers]
        for name in ("due", "relay"):
            self.health.pulse.beat(name)
        loops = [
            asyncio.create_task(self._supervise("due", self._due_loop)),
            asyncio.create_task(self._supervise("relay", self._relay_loop)),
        ]

        async def stop() -> None:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await self.relay.close()

        self._stack.push_async_callback(stop)

    def wake(self) -> None:
        """Looks at once at what is due: after the clock was set ahead or changed its speed."""
        for waker in getattr(self, "_wakers", ()):
            waker.wake()

    async def _supervise(self, name: str, loop: Callable[[], Any]) -> None:
        while True:
            try:
                await loop()
            except Exception as error:
                reference = secrets.token_hex(3)
                log.exception("loop_failed", loop=name, reference=reference)
                self.health.pulse.failed(name, error)
                self.health.note(f"{name} loop", reference)
                await asyncio.sleep(1)

    async def _due_loop(self) -> None:
        while True:
            await self.dispatch.run_due(lambda: self.health.pulse.beat("due"))
            due = await self.dispatch.next_due()
            self.health.pulse.beat("due")
            await self._wakers[0].sleep_until(due, at_most_s=TURN_S)

    async def _relay_loop(self) -> None:
        while True:
            due = await self.relay.pump(self._wakers[1].wake)
            self.health.pulse.beat("relay")
            await self._wakers[1].sleep_until(due, at_most_s=TURN_S)

    # -- virtual time ----------------------------------------------------------

    async def run_until(self, at: datetime) -> None:
        """Steps a virtual clock to `at`, through everything that falls due on the way, in order."""
        if not isinstance(self.clock, VirtualClock):
            raise TypeError("only a virtual clock can be stepped")
        await self.relay.drain()
        while True:
            due = await self.next_due()
            if due is None or due > at:
                break
            self.clock.set(due)
            await self.dispatch.run_due()
            await self.relay.drain()
        self.clock.set(at)

    async def next_due(self) -> datetime | None:
        """When something is to be done next: a timer, a tick, a message to send."""
        moments = [await self.dispatch.next_due(), await self.store.read(lambda tx: tx.outbox.next_due())]
        return min((moment for moment in moments if moment is not None), default=None)

    # -- what the parts ask of the whole ---------------------------------------

    async def _keep(
        self, room: str, webhook_id: str, digest: str, lines: Sequence[tuple[datetime, str, str | None, dict[str, Any]]]
    ) -> tuple[int, int]:
        batch = signals.Delivered(room, webhook_id, digest, [homes.Incoming(*line) for line in lines])
        accepted = await signals.receive(batch, self.ports)
        return accepted.accepted, accepted.duplicates

    def _strings(self, language: str) -> Mapping[str, str]:
        return self.words.templates("web.", language)

    def clock_facts(self) -> Mapping[str, Any]:
        return {"now": self.clock.now().isoformat(), "speed": self.clock.speed, "kind": self.clock.kind}

    async def _metrics(self, request: web.Request) -> web.Response:
        del request
        unsettled, parked = await self.store.read(lambda tx: (tx.outbox.depth(), tx.outbox.parked()))
        text = self.meters.text(unsettled, [state.destination for state in parked])
        return web.Response(body=text, headers={"Content-Type": self.meters.content_type})


def limits_of(chosen: WebSettings) -> Limits:
    """How long the settings let people stay signed in."""
    return Limits(timedelta(days=chosen.idle_end), timedelta(days=chosen.absolute_end))


def front_of(chosen: WebSettings) -> Front:
    """By which names the settings let people reach the web chat."""
    host = urlsplit(chosen.public_url).hostname
    return Front(chosen.sign_in, frozenset((*chosen.names, *([host] if host else []))), chosen.public_url or None)


def clock_of(settings: Settings) -> AnyClock:
    """The clock the settings ask for: real, or an invented one for rehearsals (speed 0 stands still)."""
    if settings.clock is None:
        return RealClock()
    if settings.clock.speed == 0:
        return VirtualClock(settings.clock.start)
    return ScaledClock(settings.clock.start, settings.clock.speed)
