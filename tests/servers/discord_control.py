"""What a test may ask of the Discord test server; the same from inside its process and over HTTP.

Every method is a coroutine and takes and gives what JSON can say; ids are texts. `DiscordServer.control` is it in the
process; `Remote(url)` has the same methods and sends each as POST /control/NAME with its arguments as a JSON object.
People can only do what a client of Discord's lets them: else `NotPossible`. Nothing here sleeps: `until_*` and
`settled` wait for what they name, at most `timeout_s`, and raise TimeoutError.

World. Ids come back.
    about() -> {"url", "token", "bot"}
    add_guild(name), add_channel(guild, name, kind): the bot is in it; kind 0 text, 15 forum
    add_role(guild, name, permissions): bits of tests/servers/discord_permissions.py: Perm
    add_member(guild, name, roles), add_person(name): somebody in a guild; somebody in none
    set_roles(guild, user, roles), remove_member(guild, user): told to the bot; removing the bot is its GUILD_DELETE
    bot_permissions(guild, permissions): what the bot's own role gives it, beside @everyone's
    overwrite(channel, who, allow, deny): a channel's own bits for a role or user; who None: the bot
    remove_channel(channel), remove_message(message): somebody else did; requests about it are 404 from then on
    refuse_dms(user, refuse): direct messages to them are answered 403, 50007 (to who shares no guild they always are)

People. The interaction's (for `say` the message's) id comes back; channel None is their direct messages with the bot.
    slash(user, line, options, channel): types /line ("stock set")
    autocomplete(user, line, options, focused, channel): asks for choices while `focused` is being typed
    press(user, message, custom_id, values): presses a button, picks from a menu
    submit(user, interaction, fields): fills in the form that interaction was answered with, by custom ids
    say(user, channel, content): writes a message

What came of it.
    settled(interaction, timeout_s): once it is answered and nothing is "thinking" any more, what `interaction` gives
    interaction(id) -> {"kind", "user", "channel", "at", "acked_at", "answer" (the first one's type), "loading",
        "original", "followups", "choices", "modal", "token", "messages" (its answers, as `messages` gives them)}
    messages(channel, user, deleted) -> in order, each as Discord has it, and {"at", "only_for", "history" (what it was
        before, oldest first), "pinged", "interaction", "deleted_at"}. user: what they see; deleted: removed ones too
    message(id), channel(id), dm(user): one of them; the id of a person's channel of direct messages
    commands(guild), scheduled_events(guild), threads(channel): as synced; as they stand
    requests(method, path) -> in order of arrival {"at", "method", "path", "query", "body", "files" (name: size),
        "status" (None: never answered), "fault", "problems"}; path may have *
    until_requests(n, method, path, timeout_s, answered): n of them answered; answered False: n of them arrived
    until_messages(n, channel, timeout_s): n are there
    violations() -> what was wrong with requests so far, each a text with its request
    checked() -> {"requests", "violations"} of this server, for `checked.count` in another process

Gateway.
    until_connected(timeout_s), until_gone(timeout_s), until_resumed(n, timeout_s): a session has a connection; none
        has; the n-th RESUME in all
    sessions() -> [{"id", "intents", "at", "connected", "sent", "resumed", "beats", "over"}], the oldest first
    reconnect(), invalidate(resumable): op 7; op 9, after which discord.py waits 5 s
    drop(hold), release(): TCP gone without a word; with hold, new connections wait until the release
    disallow(intents): these bits are closed with 4014 at IDENTIFY; 0: none
    heartbeats(every_s, acks): for connections from now on; acks False: never acknowledged
    send(event, data, guild): any event

Failures. A request uses up one; the number of the fault comes back and stands in `requests`.
    fault(kind, method, path, count, skip, stored, status, body, headers, delay_s): kind "answer" (status 0: the real
        one, only delayed), "hang", "cut" (the connection); stored: carried out, only the answer is lost; count None:
        until cleared; skip: lets so many pass first
    limited(retry_after_s, everywhere, method, path, count): Discord's 429, with Via; everywhere: the global one
    refuse(status, code, message, method, path, count): an error in Discord's form: 403, 50013, "Missing Permissions"
    clear_faults(): what is waiting is dropped, what hangs is cut
    limits(callback_s, token_s, nonce_s, buckets, bucket_size, bucket_s, today): changes those named, from 3, 900 and
        300 s, False, 5 per 5 s, None; buckets: ordinary rate limits, per method, route and channel; today (seconds
        since the epoch): scheduled events may not begin before it
    expire(interaction): its token is over now
"""

from __future__ import annotations

import asyncio
import copy
import fnmatch
import inspect
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Self

import aiohttp
from aiohttp import web

from tests.servers.discord_faults import too_many
from tests.servers.discord_gateway import INVALID, RECONNECT
from tests.servers.discord_people import NotPossible
from tests.servers.discord_world import THREADS, Payload

if TYPE_CHECKING:
    from tests.servers.discord_server import DiscordServer


class Control:
    def __init__(self, server: DiscordServer) -> None:
        self._server = server
        self._world = server.world
        self._news = asyncio.Event()
        self._world.changed = self._news.set

    async def about(self) -> Payload:
        return {"url": self._world.base, "token": self._world.token, "bot": self._world.bot}

    async def add_guild(self, name: str = "Shop") -> str:
        guild = self._world.guild(name)
        self._world.send("GUILD_CREATE", self._world.guild_created(guild), guild)
        return guild

    async def add_channel(self, guild: str, name: str = "team", kind: int = 0) -> str:
        return self._world.channel(guild, name, kind)

    async def add_role(self, guild: str, name: str, permissions: int = 0) -> str:
        return self._world.role(guild, name, permissions)

    async def add_member(self, guild: str, name: str, roles: list[str] | None = None) -> str:
        user = self._world.person(name)
        self._world.join(guild, user, roles or [])
        return user

    async def add_person(self, name: str) -> str:
        return self._world.person(name)

    async def set_roles(self, guild: str, user: str, roles: list[str]) -> None:
        member = self._world.guilds[guild]["members"][user]
        member["roles"] = list(roles)
        self._world.send("GUILD_MEMBER_UPDATE", {**member, "guild_id": guild}, guild)

    async def remove_member(self, guild: str, user: str) -> None:
        gone = {"guild_id": guild, "user": self._world.users[user]}
        if user == self._world.bot:
            self._world.send("GUILD_DELETE", {"id": guild, "unavailable": False}, guild)
        else:
            self._world.send("GUILD_MEMBER_REMOVE", gone, guild)
        del self._world.guilds[guild]["members"][user]

    async def bot_permissions(self, guild: str, permissions: int) -> None:
        own = self._world.guilds[guild]["roles"][1]
        own["permissions"] = str(int(permissions))
        self._world.send("GUILD_ROLE_UPDATE", {"guild_id": guild, "role": own}, guild)

    async def overwrite(self, channel: str, who: str | None = None, allow: int = 0, deny: int = 0) -> None:
        found = self._world.channels[channel]
        who = who or self._world.bot
        kind = 1 if who in self._world.users else 0
        kept = [each for each in found["permission_overwrites"] if each["id"] != who]
        made = {"id": who, "type": kind, "allow": str(int(allow)), "deny": str(int(deny))}
        found["permission_overwrites"] = [*kept, made]
        self._world.send("CHANNEL_UPDATE", found, found["guild_id"])

    async def remove_channel(self, channel: str) -> None:
        found = self._world.channels.pop(channel)
        event = "THREAD_DELETE" if found["type"] in THREADS else "CHANNEL_DELETE"
        self._world.send(event, found, found["guild_id"])

    async def remove_message(self, message: str) -> None:
        self._server.messages.delete(self._world.messages[message])

    async def refuse_dms(self, user: str, refuse: bool = True) -> None:
        (self._world.no_dms.add if refuse else self._world.no_dms.discard)(user)

    async def slash(self, user: str, line: str, options: Payload | None = None, channel: str | None = None) -> str:
        where = self._server.people.where(user, channel)
        return self._server.people.slash(user, line, options or {}, where)

    async def autocomplete(
        self, user: str, line: str, options: Payload, focused: str, channel: str | None = None
    ) -> str:
        where = self._server.people.where(user, channel)
        return self._server.people.slash(user, line, options, where, focused)

    async def press(self, user: str, message: str, custom_id: str, values: list[str] | None = None) -> str:
        return self._server.people.press(user, message, custom_id, values)

    async def submit(self, user: str, interaction: str, fields: Payload) -> str:
        return self._server.people.submit(user, interaction, fields)

    async def say(self, user: str, channel: str | None, content: str) -> str:
        return self._server.people.say(user, self._server.people.where(user, channel), content)

    async def settled(self, interaction: str, timeout_s: float = 10.0) -> Payload:
        found = self._world.interactions[interaction]
        await self._until(lambda: found.acked_at is not None and not found.loading, timeout_s)
        return await self.interaction(interaction)

    async def interaction(self, interaction: str) -> Payload:
        found = self._world.interactions[interaction]
        answers = [each for each in (found.original, *found.followups) if each is not None]
        return {**asdict(found), "messages": [self._world.messages[each].shown() for each in answers]}

    async def messages(
        self, channel: str | None = None, user: str | None = None, deleted: bool = False
    ) -> list[Payload]:
        return [
            message.shown() for message in self._world.messages.values()
            if (channel is None or message.channel == channel)
            and (user is None or self._server.people.sees(user, message))
            and (deleted or message.deleted_at is None)
        ]  # fmt: skip

    async def message(self, message: str) -> Payload:
        return self._world.messages[message].shown()

    async def channel(self, channel: str) -> Payload:
        return copy.deepcopy(self._world.channels[channel])

    async def dm(self, user: str) -> str:
        return self._world.dm(user)

    async def commands(self, guild: str = "") -> list[Payload]:
        return copy.deepcopy(self._world.commands.get(guild, []))

    async def scheduled_events(self, guild: str) -> list[Payload]:
        return [copy.deepcopy(event) for event in self._world.events.values() if event["guild_id"] == guild]

    async def threads(self, channel: str) -> list[Payload]:
        every = self._world.channels.values()
        return [copy.deepcopy(each) for each in every if each["type"] in THREADS and each["parent_id"] == channel]

    async def requests(self, method: str = "*", path: str = "*") -> list[Payload]:
        return [
            asdict(seen) for seen in self._server.seen
            if method in {"*", seen.method} and fnmatch.fnmatchcase(seen.path, path)
        ]  # fmt: skip

    async def until_requests(
        self, n: int, method: str = "*", path: str = "*", timeout_s: float = 10.0, answered: bool = True
    ) -> list[Payload]:
        def came() -> bool:
            return n <= sum(
                method in {"*", seen.method} and fnmatch.fnmatchcase(seen.path, path)
                for seen in self._server.seen
                if seen.status is not None or not answered
            )

        await self._until(came, timeout_s)
        return await self.requests(method, path)

    async def until_messages(self, n: int, channel: str, timeout_s: float = 10.0) -> list[Payload]:
        def there() -> bool:
            return n <= sum(
                message.channel == channel and message.deleted_at is None for message in self._world.messages.values()
            )

        await self._until(there, timeout_s)
        return await self.messages(channel)

    async def until_connected(self, timeout_s: float = 10.0) -> None:
        await self._until(self._server.gateway.wires, timeout_s)

    async def until_gone(self, timeout_s: float = 10.0) -> None:
        await self._until(lambda: not self._server.gateway.wires(), timeout_s)

    async def until_resumed(self, n: int = 1, timeout_s: float = 10.0) -> None:
        await self._until(lambda: n <= sum(each.resumed for each in self._server.gateway.sessions), timeout_s)

    async def sessions(self) -> list[Payload]:
        return [session.shown() for session in self._server.gateway.sessions]

    async def reconnect(self) -> None:
        for _, wire in self._server.gateway.wires():
            wire.put(RECONNECT)

    async def invalidate(self, resumable: bool = False) -> None:
        for session, wire in self._server.gateway.wires():
            session.over = not resumable
            wire.put(INVALID, resumable)

    async def drop(self, hold: bool = False) -> None:
        if hold:
            self._server.gateway.open.clear()
        self._server.gateway.drop()

    async def release(self) -> None:
        self._server.gateway.open.set()

    async def disallow(self, intents: int) -> None:
        self._server.gateway.disallowed = intents

    async def heartbeats(self, every_s: float = 41.25, acks: bool = True) -> None:
        self._server.gateway.heartbeat_s, self._server.gateway.acks = every_s, acks

    async def send(self, event: str, data: Payload, guild: str | None = None) -> None:
        self._world.send(event, data, guild)

    async def fault(self, kind: str = "answer", **how: Any) -> int:
        return self._server.faults.add(kind, **how)

    async def limited(self, retry_after_s: float = 0.2, everywhere: bool = False, **how: Any) -> int:
        return self._server.faults.add("answer", **too_many(retry_after_s, everywhere=everywhere), **how)

    async def refuse(self, status: int, code: int, message: str, **how: Any) -> int:
        return self._server.faults.add("answer", status=status, body={"message": message, "code": code}, **how)

    async def clear_faults(self) -> None:
        self._server.faults.waiting.clear()
        self._server.hanging.set()
        self._server.hanging = asyncio.Event()

    async def limits(self, **named: Any) -> None:
        for name, value in named.items():
            assert hasattr(self._world.limits, name), name
            setattr(self._world.limits, name, value)

    async def expire(self, interaction: str) -> None:
        self._world.interactions[interaction].expired = True

    async def violations(self) -> list[str]:
        self._server.check_the_rest()
        return [problem for seen in self._server.seen for problem in seen.problems]

    async def checked(self) -> Payload:
        return {"requests": len(self._server.seen), "violations": await self.violations()}

    async def _until(self, what: Callable[[], object], timeout_s: float) -> None:
        started = time.monotonic()
        while not what():
            self._news.clear()
            left_s = timeout_s - (time.monotonic() - started)
            await asyncio.wait_for(self._news.wait(), left_s)


class Remote:
    """The same methods, of a server in another process."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = aiohttp.ClientSession()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        if name.startswith("_") or not hasattr(Control, name):
            raise AttributeError(name)

        async def ask(*positional: Any, **named: Any) -> Any:
            bound = inspect.signature(getattr(Control, name)).bind(None, *positional, **named).arguments
            given = {key: value for key, value in bound.items() if key != "self"}
            given |= given.pop("how", {}) | given.pop("named", {})
            async with self._http.post(f"{self.url}/control/{name}", json=given) as response:
                said = await response.json()
            if response.status != 200:
                raise {408: TimeoutError, 409: NotPossible}.get(response.status, RuntimeError)(said["error"])
            return said["result"]

        return ask


def serve_control(control: Control) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        method = None if name.startswith("_") else getattr(control, name, None)
        if method is None:
            return web.json_response({"error": f"no {name}"}, status=404)
        try:
            return web.json_response({"result": await method(**await request.json())})
        except TimeoutError:
            return web.json_response({"error": f"{name}: in vain"}, status=408)
        except NotPossible as error:
            return web.json_response({"error": str(error)}, status=409)
        except (KeyError, TypeError, ValueError, AssertionError) as error:
            return web.json_response({"error": f"{name}: {error!r}"}, status=400)

    return serve
