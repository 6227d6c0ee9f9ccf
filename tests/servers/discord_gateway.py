"""The Discord test server's gateway: sessions that remember their events, so that a lost connection can be resumed."""

from __future__ import annotations

import asyncio
import copy
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.servers.discord_world import World

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, MEMBERS, INVALID, HELLO, ACK = 0, 1, 2, 6, 7, 8, 9, 10, 11
UNKNOWN_OP, NOT_IDENTIFIED, WRONG_TOKEN, DISALLOWED = 4001, 4003, 4004, 4014
GUILDS, GUILD_MEMBERS, EVENTS, GUILD_MESSAGES, DIRECT_MESSAGES, CONTENT = 1, 1 << 1, 1 << 16, 1 << 9, 1 << 12, 1 << 15


@dataclass(slots=True)
class Wire:
    """One connection. What is to be sent is queued, so that events keep their order."""

    socket: web.WebSocketResponse
    transport: asyncio.BaseTransport
    queue: asyncio.Queue[dict[str, Any] | int] = field(default_factory=asyncio.Queue)

    def put(self, op: int, data: Any = None, **more: Any) -> None:
        self.queue.put_nowait({"op": op, "d": data, "s": None, "t": None, **more})

    def close(self, code: int) -> None:
        self.queue.put_nowait(code)

    async def write(self) -> None:
        while True:
            what = await self.queue.get()
            if isinstance(what, int):
                await self.socket.close(code=what)
                return
            await self.socket.send_str(json.dumps(what))


@dataclass(slots=True)
class Session:
    id: str
    intents: int
    at: float
    wire: Wire | None
    events: list[dict[str, Any]] = field(default_factory=list)
    resumed: int = 0
    beats: int = 0
    over: bool = False

    def push(self, event: str, data: Any) -> None:
        """Kept for a RESUME, and sent if there is a connection."""
        frame = {"op": DISPATCH, "t": event, "s": len(self.events) + 1, "d": copy.deepcopy(data)}
        self.events.append(frame)
        if self.wire is not None:
            self.wire.queue.put_nowait(frame)

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id, "intents": self.intents, "at": self.at, "connected": self.wire is not None,
            "sent": len(self.events), "resumed": self.resumed, "beats": self.beats, "over": self.over,
        }  # fmt: skip


class Gateway:
    def __init__(self, world: World) -> None:
        self.world = world
        self.sessions: list[Session] = []
        self.disallowed = 0
        """Intents this application may not have (privileged ones, not switched on): IDENTIFY is closed with 4014."""
        self.heartbeat_s = 41.25
        self.acks = True
        self.open = asyncio.Event()
        """While it is not set, new connections wait, so that events are missed."""
        self.open.set()

    def event(self, name: str, data: Any, guild: str | None = None) -> None:
        """To every session that asked for such events, connected or not; `guild` is where it is from, if from one."""
        needs = _needs(name, guild)
        if guild is not None and self.world.bot not in self.world.guilds[guild]["members"]:
            return
        for session in self.sessions:
            if not session.over and (not needs or session.intents & needs):
                session.push(name, _as_seen(name, data, session.intents, self.world.bot))
        self.world.changed()

    def wires(self) -> list[tuple[Session, Wire]]:
        return [(session, session.wire) for session in self.sessions if session.wire is not None]

    def drop(self) -> None:
        """The connections are gone without a word; what happens from now on is missed until the RESUME."""
        for session, wire in self.wires():
            session.wire = None
            if isinstance(wire.transport, asyncio.Transport):
                wire.transport.abort()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        await self.open.wait()
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        assert request.transport is not None
        wire = Wire(socket, request.transport)
        wire.put(HELLO, {"heartbeat_interval": int(self.heartbeat_s * 1000)})
        writer = asyncio.create_task(wire.write())
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._hear(wire, json.loads(message.data))
        finally:
            writer.cancel()
            for session, own in self.wires():
                if own is wire:
                    session.wire = None
            self.world.changed()
        return socket

    def _hear(self, wire: Wire, frame: dict[str, Any]) -> None:
        session = next((session for session, own in self.wires() if own is wire), None)
        match frame["op"]:
            case 1:
                if session is not None:
                    session.beats += 1
                if self.acks:
                    wire.put(ACK)
            case 2:
                self._identify(wire, frame["d"])
            case 6:
                self._resume(wire, frame["d"])
            case 8 if session is not None:
                self._members(session, frame["d"])
            case 3 | 4 if session is not None:
                pass  # presence and voice: nobody here looks
            case _:
                wire.close(UNKNOWN_OP if session else NOT_IDENTIFIED)
        self.world.changed()

    def _identify(self, wire: Wire, data: dict[str, Any]) -> None:
        if data["token"] != self.world.token:
            return wire.close(WRONG_TOKEN)
        if data["intents"] & self.disallowed:
            return wire.close(DISALLOWED)
        for old in self.sessions:
            old.over = old.over or old.wire is None  # nobody comes back for it: the process died
        session = Session(secrets.token_hex(16), data["intents"], time.time(), wire)
        self.sessions.append(session)
        guilds = [guild for guild, known in self.world.guilds.items() if self.world.bot in known["members"]]
        ready = {
            "v": 10, "user": self.world.users[self.world.bot], "session_id": session.id,
            "guilds": [{"id": guild, "unavailable": True} for guild in guilds],
            "resume_gateway_url": self.world.base.replace("http", "ws", 1) + "/resume/",
            "application": {"id": self.world.app, "flags": 0}, "session_type": "normal", "private_channels": [],
        }  # fmt: skip
        session.push("READY", {**ready, **({"shard": data["shard"]} if "shard" in data else {})})
        for guild in guilds if session.intents & GUILDS else ():
            session.push("GUILD_CREATE", self.world.guild_created(guild))
        return None

    def _resume(self, wire: Wire, data: dict[str, Any]) -> None:
        if data["token"] != self.world.token:
            return wire.close(WRONG_TOKEN)
        session = next((each for each in self.sessions if each.id == data["session_id"] and not each.over), None)
        if session is None:
            return wire.put(INVALID, False)
        session.wire = wire
        session.resumed += 1
        for frame in session.events[data["seq"] or 0 :]:
            wire.queue.put_nowait(frame)
        session.push("RESUMED", {})
        return None

    def _members(self, session: Session, data: dict[str, Any]) -> None:
        members = self.world.guilds[str(data["guild_id"])]["members"]
        wanted = {str(user) for user in data.get("user_ids") or members}
        prefix = (data.get("query") or "").casefold()
        found = [
            member for user, member in members.items()
            if user in wanted and member["user"]["username"].casefold().startswith(prefix)
        ]  # fmt: skip
        chunk = {"guild_id": str(data["guild_id"]), "members": found, "chunk_index": 0, "chunk_count": 1}
        session.push("GUILD_MEMBERS_CHUNK", {**chunk, "not_found": [], "nonce": data.get("nonce")})


def _needs(name: str, guild: str | None) -> int:
    """The intent an event comes with; 0: it comes anyway."""
    if name.startswith("MESSAGE_"):
        return DIRECT_MESSAGES if guild is None else GUILD_MESSAGES
    if name.startswith("GUILD_MEMBER"):
        return GUILD_MEMBERS
    if name.startswith("GUILD_SCHEDULED_EVENT"):
        return EVENTS
    return 0 if guild is None else GUILDS


def _as_seen(name: str, data: Any, intents: int, bot: str) -> Any:
    """Without the intent for it, a bot sees what is said only in messages of its own, to it, or that mention it."""
    if not name.startswith("MESSAGE_") or intents & CONTENT or "author" not in data or "guild_id" not in data:
        return data
    if data["author"]["id"] == bot or any(user["id"] == bot for user in data["mentions"]):
        return data
    return {**data, "content": "", "embeds": [], "attachments": [], "components": []}
