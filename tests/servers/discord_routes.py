"""The routes of the Discord test server: which function carries out which request (discord_callbacks.py has more)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.servers.discord_messages import Files, Messages
from tests.servers.discord_permissions import Perm
from tests.servers.discord_world import DM, FORUM, THREADS, Payload, World, Wrong, unknown

Answer = tuple[int, Any]
NOTHING: Answer = (204, None)


@dataclass(slots=True)
class Call:
    """One request, as the functions here want it; `ids` are the parts of its path."""

    world: World
    messages: Messages
    method: str
    path: str
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    files: Files = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.ids[name]


Doing = Callable[[Call], Answer]
_ROUTES: list[tuple[str, re.Pattern[str], Doing, bool]] = []


def route(method: str, path: str, *, token: bool = True) -> Callable[[Doing], Doing]:
    """`token`: it wants the bot's own; what goes by an interaction's token does not."""
    pattern = re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path))

    def put(doing: Doing) -> Doing:
        _ROUTES.append((method, pattern, doing, token))
        return doing

    return put


def find(method: str, path: str) -> tuple[Doing, dict[str, str], bool] | None:
    for wanted, pattern, doing, token in _ROUTES:
        if method == wanted and (found := pattern.fullmatch(path)):
            return doing, found.groupdict(), token
    return None


@route("GET", "/users/@me")
def _me(call: Call) -> Answer:
    return 200, call.world.users[call.world.bot]


@route("GET", "/users/@me/guilds")
def _my_guilds(call: Call) -> Answer:
    """Those the bot is on, after one if that is asked for; each in short."""
    inside = [each for each in call.world.guilds.values() if call.world.bot in each["members"]]
    wanted = [each for each in inside if int(each["id"]) > int(call.query.get("after", 0))]
    short = {"icon": None, "banner": None, "owner": False, "permissions": "0"}
    return 200, [{"id": each["id"], "name": each["name"], "features": each["features"], **short} for each in wanted]


@route("GET", "/users/{user}")
def _user(call: Call) -> Answer:
    if call["user"] not in call.world.users:
        raise unknown(10013, "User")
    return 200, call.world.users[call["user"]]


@route("GET", "/oauth2/applications/@me")
@route("GET", "/applications/@me")
def _application(call: Call) -> Answer:
    world = call.world
    bot = world.users[world.bot]
    return 200, {
        "id": world.app, "name": bot["username"], "icon": None, "description": "", "bot_public": True, "owner": bot,
        "bot_require_code_grant": False, "verify_key": "0" * 64, "flags": 0, "team": None, "summary": "",
    }  # fmt: skip


@route("GET", "/gateway/bot")
def _gateway(call: Call) -> Answer:
    start = {"total": 1000, "remaining": 999, "reset_after": 14_400_000, "max_concurrency": 1}
    url = call.world.base.replace("http", "ws", 1) + "/gw/"
    return 200, {"url": url, "shards": 1, "session_start_limit": start}


@route("GET", "/applications/{app}/commands")
@route("GET", "/applications/{app}/guilds/{guild}/commands")
def _commands(call: Call) -> Answer:
    return 200, call.world.commands.get(call.ids.get("guild", ""), [])


@route("PUT", "/applications/{app}/commands")
@route("PUT", "/applications/{app}/guilds/{guild}/commands")
def _sync(call: Call) -> Answer:
    """The tree as it is now; a command that was there keeps its id."""
    world, guild = call.world, call.ids.get("guild", "")
    known = {(command["type"], command["name"]): command for command in world.commands.get(guild, [])}
    tree = []
    for command in call.body:
        kind = command.get("type", 1)
        before = known.get((kind, command["name"]))
        made = {
            "default_member_permissions": None, "nsfw": False, "dm_permission": True, **command, "type": kind,
            "id": before["id"] if before else world.snowflake(), "version": world.snowflake(),
            "application_id": world.app, **({"guild_id": guild} if guild else {}),
        }  # fmt: skip
        tree.append(made)
    world.commands[guild] = tree
    return 200, tree


@route("POST", "/users/@me/channels")
def _open_dm(call: Call) -> Answer:
    return 200, call.world.channels[call.world.dm(str(call.body["recipient_id"]))]


@route("GET", "/guilds/{guild}")
def _guild(call: Call) -> Answer:
    found = call.world.guild_of(call["guild"])
    return 200, {key: value for key, value in found.items() if key != "members"}


@route("GET", "/guilds/{guild}/roles")
def _roles(call: Call) -> Answer:
    return 200, call.world.guild_of(call["guild"])["roles"]


@route("GET", "/guilds/{guild}/channels")
def _channels(call: Call) -> Answer:
    call.world.guild_of(call["guild"])
    every = call.world.channels.values()
    return 200, [each for each in every if each.get("guild_id") == call["guild"] and each["type"] not in THREADS]


@route("GET", "/guilds/{guild}/threads/active")
def _threads(call: Call) -> Answer:
    call.world.guild_of(call["guild"])
    every = [each for each in call.world.channels.values() if each.get("guild_id") == call["guild"]]
    there = [each for each in every if each["type"] in THREADS and not each["thread_metadata"]["archived"]]
    return 200, {"threads": there, "members": []}


@route("GET", "/guilds/{guild}/members")
def _members(call: Call) -> Answer:
    """By id, from `after` on. (Discord wants the members intent in the application's settings.)"""
    members = call.world.guild_of(call["guild"])["members"]
    after, limit = int(call.query.get("after", 0)), int(call.query.get("limit", 1))
    return 200, [members[user] for user in sorted(members, key=int) if int(user) > after][:limit]


@route("GET", "/guilds/{guild}/members/{user}")
def _member(call: Call) -> Answer:
    members = call.world.guild_of(call["guild"])["members"]
    if call["user"] not in members:
        raise unknown(10007, "Member")
    return 200, members[call["user"]]


@route("GET", "/channels/{channel}")
def _channel(call: Call) -> Answer:
    return 200, call.world.here(call["channel"])


@route("PATCH", "/channels/{channel}")
def _change_channel(call: Call) -> Answer:
    found = call.world.here(call["channel"])
    state = found.get("thread_metadata")
    if state is None:
        raise Wrong(403, 50013, "Missing Permissions")
    if found["owner_id"] != call.world.bot:
        call.world.need(call["channel"], Perm.MANAGE_THREADS)
    state |= {key: call.body[key] for key in ("archived", "locked", "auto_archive_duration") if key in call.body}
    found |= {key: call.body[key] for key in ("name",) if key in call.body}
    call.world.send("THREAD_UPDATE", found, found["guild_id"])
    return 200, found


@route("DELETE", "/channels/{channel}")
def _remove_channel(call: Call) -> Answer:
    found = call.world.here(call["channel"])
    if found["type"] != DM:
        call.world.need(call["channel"], Perm.MANAGE_THREADS)
        del call.world.channels[call["channel"]]
        call.world.send("THREAD_DELETE", found, found["guild_id"])
    return 200, found


@route("GET", "/guilds/{guild}/scheduled-events")
def _events(call: Call) -> Answer:
    call.world.guild_of(call["guild"])
    return 200, [event for event in call.world.events.values() if event["guild_id"] == call["guild"]]


@route("POST", "/guilds/{guild}/scheduled-events")
def _new_event(call: Call) -> Answer:
    world = call.world
    world.guild_of(call["guild"])
    world.need_in_guild(call["guild"], Perm.CREATE_EVENTS, Perm.MANAGE_EVENTS)
    if (
        world.limits.today
        and datetime.fromisoformat(call.body["scheduled_start_time"]).timestamp() < world.limits.today
    ):
        wrong = {"code": "GUILD_SCHEDULED_EVENT_SCHEDULE_PAST", "message": "Cannot schedule event in the past."}
        raise Wrong(400, 50035, "Invalid Form Body", {"scheduled_start_time": {"_errors": [wrong]}})
    event_id = world.snowflake()
    fields = {
        "channel_id": None, "description": None, "scheduled_end_time": None, "entity_metadata": None, "image": None,
        "recurrence_rule": None, **call.body, "status": 1, "id": event_id, "guild_id": call["guild"],
    }  # fmt: skip
    world.events[event_id] = {
        **fields, "creator_id": world.bot, "entity_id": None, "creator": world.users[world.bot], "user_count": 0,
    }  # fmt: skip
    world.send("GUILD_SCHEDULED_EVENT_CREATE", world.events[event_id], call["guild"])
    return 200, world.events[event_id]


def _event_there(call: Call) -> Payload:
    call.world.guild_of(call["guild"])
    event = call.world.events.get(call["event"])
    if event is None or event["guild_id"] != call["guild"]:
        raise unknown(10070, "Guild Scheduled Event")
    return event


@route("GET", "/guilds/{guild}/scheduled-events/{event}")
def _event(call: Call) -> Answer:
    return 200, _event_there(call)


@route("PATCH", "/guilds/{guild}/scheduled-events/{event}")
def _change_event(call: Call) -> Answer:
    """A status goes 1 scheduled, 2 active, 3 completed; or from 1 to 4, cancelled."""
    event = _event_there(call)
    call.world.need_in_guild(call["guild"], Perm.CREATE_EVENTS, Perm.MANAGE_EVENTS)
    status = call.body.get("status") or event["status"]
    if status != event["status"] and (event["status"], status) not in {(1, 2), (1, 4), (2, 3)}:
        raise Wrong(400, 180000, "Cannot update a finished event")
    event |= call.body | {"status": status}
    call.world.send("GUILD_SCHEDULED_EVENT_UPDATE", event, call["guild"])
    return 200, event


@route("DELETE", "/guilds/{guild}/scheduled-events/{event}")
def _remove_event(call: Call) -> Answer:
    event = _event_there(call)
    call.world.need_in_guild(call["guild"], Perm.CREATE_EVENTS, Perm.MANAGE_EVENTS)
    del call.world.events[event["id"]]
    call.world.send("GUILD_SCHEDULED_EVENT_DELETE", event, call["guild"])
    return NOTHING


@route("GET", "/channels/{channel}/messages")
def _history(call: Call) -> Answer:
    return 200, call.messages.listed(call["channel"], call.query)


@route("POST", "/channels/{channel}/messages")
def _post(call: Call) -> Answer:
    return 200, call.messages.post(call["channel"], call.body, call.files).payload


@route("GET", "/channels/{channel}/messages/{message}")
def _message(call: Call) -> Answer:
    return 200, call.messages.of_channel(call["channel"], call["message"]).payload


@route("PATCH", "/channels/{channel}/messages/{message}")
def _edit(call: Call) -> Answer:
    found = call.messages.of_channel(call["channel"], call["message"])
    if found.payload["author"]["id"] != call.world.bot:
        raise Wrong(403, 50005, "Cannot edit a message authored by another user")
    return 200, call.messages.edit(found, call.body, call.files).payload


@route("DELETE", "/channels/{channel}/messages/{message}")
def _delete(call: Call) -> Answer:
    found = call.messages.of_channel(call["channel"], call["message"])
    if found.payload["author"]["id"] != call.world.bot:
        call.world.need(call["channel"], Perm.MANAGE_MESSAGES)
    call.messages.delete(found)
    return NOTHING


@route("PUT", "/channels/{channel}/messages/pins/{message}")
@route("PUT", "/channels/{channel}/pins/{message}")
@route("DELETE", "/channels/{channel}/messages/pins/{message}")
@route("DELETE", "/channels/{channel}/pins/{message}")
def _pin(call: Call) -> Answer:
    found = call.messages.of_channel(call["channel"], call["message"])
    call.world.need(call["channel"], Perm.PIN_MESSAGES)
    found.payload["pinned"] = call.method == "PUT"
    return NOTHING


@route("POST", "/channels/{channel}/typing")
def _typing(call: Call) -> Answer:
    call.world.here(call["channel"])
    return NOTHING


@route("POST", "/channels/{channel}/messages/{message}/threads")
def _thread_of(call: Call) -> Answer:
    """A message has one thread at most, and that has the message's id."""
    message = call.messages.of_channel(call["channel"], call["message"])
    parent = call.world.here(call["channel"])
    call.world.need(call["channel"], Perm.CREATE_PUBLIC_THREADS)
    if message.id in call.world.channels:
        raise Wrong(400, 160004, "A thread has already been created for this message")
    thread = call.world.thread(parent, call.body["name"], message.id)
    message.payload |= {"thread": thread, "flags": message.payload["flags"] | 1 << 5}
    return 201, thread


@route("POST", "/channels/{channel}/threads")
def _thread(call: Call) -> Answer:
    parent = call.world.here(call["channel"])
    assert parent["type"] != FORUM, "posts of forums are not served"
    private = call.body.get("type") == 12
    call.world.need(call["channel"], Perm.CREATE_PRIVATE_THREADS if private else Perm.CREATE_PUBLIC_THREADS)
    return 201, call.world.thread(parent, call.body["name"], type=call.body.get("type", 11))


@route("PUT", "/channels/{channel}/thread-members/{user}")
def _thread_member(call: Call) -> Answer:
    call.world.here(call["channel"])
    return NOTHING
