"""Planned shows among the scheduled events of the servers they concern, kept like the plan.

Whatever was made is remembered with what it was given, so nothing is asked of Discord while the plan stays as it is.
What was made just before a crash is found again by its marker. One that an admin has deleted is not made again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import discord
import structlog

from bot.chat.discord.mirror import (
    ACTIVE,
    CANCELED,
    COMPLETED,
    SCHEDULED,
    Event,
    event_of,
    show_of,
    steps,
)
from bot.core.chats_port import Spot
from bot.core.delivery import Words
from bot.core.ports import Clock, Store, Team, Tx
from bot.core.records import Binding

log = structlog.get_logger()

_CHAT, _KIND = "discord", "event"
_AHEAD = timedelta(weeks=5)
"""As far as every date of a series is planned."""
_SOON = timedelta(minutes=1)
_MOST = 100
_NOT_TAKEN = 400
_GONE = (_NOT_TAKEN, 404)
_FORBIDDEN = 403
_NEEDED = "Create Events and Manage Events"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A show of a server: how it should stand among its events, and what is known of its event there."""

    event: Event
    state: str
    spot: Spot | None

    def may_need_work(self, now: datetime) -> bool:
        if self.spot is None:
            return self.state not in ("live", "ended", "cancelled", "skipped")
        known, status = self.spot.detail["fields"], self.spot.detail["status"]
        return bool(steps(self.state, self.event, known, status, now))


@dataclass(slots=True)
class Events:
    """`notes`: what keeps shows from being mirrored, one line for each server, for the standing.

    `servers`: the ids of those in which a channel is bound, as far as was looked.
    """

    client: discord.Client
    store: Store
    clock: Clock
    words: Words
    team: Team
    servers: frozenset[str] = frozenset()
    _notes: dict[int, str] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self._notes.values())

    async def reconcile(self) -> None:
        """Brings the events of every server with a bound channel to what is planned; what fails waits for the next."""
        bound = await self.store.read(lambda tx: tx.outbox.bindings(_CHAT))
        servers: dict[str, int] = {}
        for binding in bound:
            server = self._server(binding.destination)
            if server is not None:
                servers[binding.destination] = server
        self.servers = frozenset(map(str, servers.values()))
        plan = await self.store.read(lambda tx: self._plan(tx, bound, servers))
        self._notes = {server: note for server, note in self._notes.items() if server in plan}
        for server, wanted in plan.items():
            guild = self.client.get_guild(server)
            if guild is not None:
                await self._safely(guild, wanted)

    def _server(self, destination: str) -> int | None:
        address = destination.partition(":")[2]
        channel = self.client.get_channel(int(address)) if address.isdecimal() else None
        return channel.guild.id if isinstance(channel, discord.abc.GuildChannel | discord.Thread) else None

    # -- the plan --------------------------------------------------------------

    def _plan(self, tx: Tx, bound: Sequence[Binding], servers: Mapping[str, int]) -> dict[int, list[_Wanted]]:
        now = self.clock.now()
        soon = tx.shows.between(now - timedelta(days=1), now + _AHEAD)
        planned = [show for show in soon if show.state in ("planned", "go", "no_go")]
        rooms = {show.room for show in planned}
        concerned = {room: _concerned(bound, room, servers) for room in rooms}
        found: dict[int, list[_Wanted]] = {}
        for server in dict.fromkeys(servers.values()):
            spots = {spot.subject: spot for spot in tx.chats.spots(_CHAT, str(server), _KIND)}
            names = [show.id for show in planned if server in concerned[show.room]]
            names += [name for name in spots if name not in names]
            found[server] = [
                wanted
                for name in names
                if (wanted := self._wanted(tx, name, spots.get(name), now)) and wanted.may_need_work(now)
            ]
        return found

    def _wanted(self, tx: Tx, name: str, spot: Spot | None, now: datetime) -> _Wanted | None:
        show = tx.shows.get(name)
        if show is None or (spot is not None and spot.detail.get("over")):
            return None
        if spot is None and show.starts_at <= now + _SOON:
            return None  # Discord takes none that has begun
        host = tx.people.get(show.host) if show.host else None
        plain = self.words.reader(self.team.language, self.team.zone).line
        event = event_of(show, tx.rooms.get(show.room), host.name if host else None, plain)
        return _Wanted(event, show.state, spot)

    # -- one server ------------------------------------------------------------

    async def _safely(self, guild: discord.Guild, wanted: list[_Wanted]) -> None:
        may = guild.me is not None and guild.me.guild_permissions
        if may and not (may.manage_events or may.create_events):
            self._note(
                guild, f"the bot lacks {_NEEDED}, so shows are not among the server's events; give its role these"
            )
            return
        self._notes.pop(guild.id, None)
        try:
            await self._bring(guild, wanted)
        except discord.HTTPException as error:
            if error.status == _FORBIDDEN:
                self._note(guild, f"Discord does not let the bot keep the server's events; give its role {_NEEDED}")
            log.warning("scheduled_events_failed", error=type(error).__name__, status=error.status, code=error.code)
        except Exception as error:  # noqa: BLE001 - a lost connection, a limit: the next turn does what is left
            log.warning("scheduled_events_failed", error=type(error).__name__)

    def _note(self, guild: discord.Guild, text: str) -> None:
        self._notes[guild.id] = f"{guild.name}: {text}"

    async def _bring(self, guild: discord.Guild, wanted: list[_Wanted]) -> None:
        if not wanted:
            return
        standing = await self.client.http.get_scheduled_events(guild.id, with_user_count=False)
        open_ones = {event["id"]: event for event in standing if event["status"] in (SCHEDULED, ACTIVE)}
        me = str(self.client.application_id), str(self.client.user.id if self.client.user else "")
        ours = {
            show_of(event.get("description")): event for event in open_ones.values() if event.get("creator_id") in me
        }
        room = _MOST - len(open_ones)
        far = sorted((event for name, event in ours.items() if name and event["status"] == SCHEDULED), key=_start)
        gone: set[str | None] = set()
        for one in wanted:
            if one.event.show in gone:
                continue
            if one.spot is not None:
                await self._change(guild, one, open_ones.get(str(one.spot.ref)))
            elif (known := ours.get(one.event.show)) is not None:
                spot = self._spot(guild, one, known["id"], {}, known["status"])
                await self._change(guild, replace(one, spot=spot), known)
            elif room > 0:
                await self._make(guild, one)
                room -= 1
            elif far and _start(far[-1]) > one.event.start:
                gone.add(show_of(far[-1].get("description")))
                await self._make_way(guild, far.pop())
                await self._make(guild, one)
            else:
                self._note(guild, f"the server has {_MOST} events, and Discord takes no more: later shows wait")
                return

    async def _make_way(self, guild: discord.Guild, event: Any) -> None:
        """Takes the farthest of ours away for a nearer one; it is made anew once there is room."""
        await self.client.http.edit_scheduled_event(guild.id, int(event["id"]), status=CANCELED)

        def forget(tx: Tx) -> None:
            for spot in tx.chats.spots(_CHAT, str(guild.id), _KIND):
                if spot.ref == str(event["id"]):
                    tx.chats.drop_spot(spot)

        await self.store.write(forget)

    async def _make(self, guild: discord.Guild, one: _Wanted) -> None:
        fields = one.event.fields()
        try:
            made = await self.client.http.create_guild_scheduled_event(guild.id, **fields)
        except discord.HTTPException as error:
            if error.status != _NOT_TAKEN:
                raise
            log.warning("scheduled_event_not_taken", show=one.event.show, code=error.code)  # the others are made
            return
        await self._remember(self._spot(guild, one, made["id"], fields, SCHEDULED))

    async def _change(self, guild: discord.Guild, one: _Wanted, standing: Any) -> None:
        spot = one.spot
        if spot is None or spot.ref is None:
            return
        if standing is None:  # it ran out, or somebody deleted it
            await self._remember(_with(spot, over=True))
            return
        known, status = dict(spot.detail["fields"]), int(standing["status"])
        for step in steps(one.state, one.event, known, status, self.clock.now()):
            try:
                await self.client.http.edit_scheduled_event(guild.id, int(spot.ref), **step)
            except discord.HTTPException as error:
                if error.status not in _GONE:
                    raise
                await self._remember(_with(spot, over=True))
                return
            status = step.get("status", status)
            known = known if "status" in step else step
        if status in (COMPLETED, CANCELED):  # if the show is on again, or moved, it gets a new one
            await self.store.write(lambda tx: tx.chats.drop_spot(spot))
        else:
            await self._remember(_with(spot, fields=known, status=status))

    # -- what is remembered ----------------------------------------------------

    def _spot(self, guild: discord.Guild, one: _Wanted, ref: Any, fields: Mapping[str, Any], status: int) -> Spot:
        detail = {"fields": dict(fields), "status": status}
        return Spot(_CHAT, str(guild.id), _KIND, one.event.show, str(ref), self.clock.now(), detail)

    async def _remember(self, spot: Spot) -> None:
        await self.store.write(lambda tx: tx.chats.save_spot(spot))


def _concerned(bound: Sequence[Binding], room: str, servers: Mapping[str, int]) -> set[int]:
    """Servers in which a channel is bound to what concerns the room: what it has of its own goes before what all have.

    As the outbox has it, without asking it for each of hundreds of rooms.
    """
    found: set[int] = set()
    for purpose in ("team", "host", "managers"):
        of_all = [row for row in bound if row.purpose == purpose and row.room in (None, room)]
        own = [row for row in of_all if row.room == room]
        found |= {servers[row.destination] for row in own or of_all if row.destination in servers}
    return found


def _start(event: Any) -> datetime:
    return datetime.fromisoformat(event["scheduled_start_time"])


def _with(spot: Spot, **more: Any) -> Spot:
    return replace(spot, detail={**spot.detail, **more})
