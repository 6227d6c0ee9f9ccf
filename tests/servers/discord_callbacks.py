"""How the Discord test server takes answers to interactions: the first one within 3 s, the rest within 15 minutes."""

from __future__ import annotations

import time
from typing import Any

from tests.servers.discord_routes import NOTHING, Answer, Call, route
from tests.servers.discord_world import EPHEMERAL, LOADING, Interaction, Message, Wrong, unknown

PONG, MESSAGE, DEFER, DEFER_EDIT, EDIT, CHOICES, FORM = 1, 4, 5, 6, 7, 8, 9
_TYPES = {"command": 2, "component": 3, "autocomplete": 4, "modal": 5}
_MAY = {
    "command": {MESSAGE, DEFER, FORM},
    "component": {MESSAGE, DEFER, DEFER_EDIT, EDIT, FORM},
    "autocomplete": {CHOICES},
    "modal": {MESSAGE, DEFER, DEFER_EDIT, EDIT},
}


@route("POST", "/interactions/{interaction}/{token}/callback", token=False)
def _callback(call: Call) -> Answer:
    found = call.world.interactions.get(call["interaction"])
    if found is None or found.token != call["token"]:
        raise unknown(10062, "interaction")
    if found.acked_at is not None:
        raise Wrong(400, 40060, "Interaction has already been acknowledged.")
    if time.time() - found.at > call.world.limits.callback_s:
        raise unknown(10062, "interaction")
    kind, data = call.body["type"], call.body.get("data") or {}
    editing = kind in {DEFER_EDIT, EDIT}
    if kind not in _MAY[found.kind] or (editing and found.source is None):
        raise Wrong(
            400, 50035, "Invalid Form Body", {"type": {"_errors": [{"code": "INTERACTION_TYPE", "message": ""}]}}
        )
    message = _carried_out(call, found, kind, data)
    found.acked_at, found.answer = time.time(), kind
    call.world.changed()
    return (200, _said(found, kind, message)) if call.query.get("with_response") in {"1", "true"} else NOTHING


def _carried_out(call: Call, found: Interaction, kind: int, data: dict[str, Any]) -> Message | None:
    if kind == CHOICES:
        found.choices = data["choices"]
        return None
    if kind == FORM:
        found.modal = data
        return None
    if kind == DEFER_EDIT:
        found.original = found.source
        return None
    if kind == EDIT:
        assert found.source is not None
        found.original = found.source
        return call.messages.edit(call.world.messages[found.source], data, call.files)
    if kind == DEFER:
        found.loading = True
        data = {"flags": (data.get("flags") or 0) & EPHEMERAL | LOADING}
    made = call.messages.make(found.channel, call.world.bot, data, call.files, of=found)
    found.original = made.id
    return made


def _said(found: Interaction, kind: int, message: Message | None) -> dict[str, Any]:
    about: dict[str, Any] = {"id": found.id, "type": _TYPES[found.kind]}
    resource: dict[str, Any] = {"type": kind}
    if message is not None:
        about |= {
            "response_message_id": message.id, "response_message_loading": found.loading,
            "response_message_ephemeral": message.only_for is not None,
        }  # fmt: skip
        resource["message"] = message.payload
    return {"interaction": about, "resource": resource}


def _by_token(call: Call) -> Interaction:
    """The interaction whose token it is, while that holds and once there was a first answer."""
    found = next((each for each in call.world.interactions.values() if each.token == call["token"]), None)
    if found is None or call["app"] != call.world.app or found.acked_at is None:
        raise unknown(10015, "Webhook")
    if found.expired or time.time() - found.at > call.world.limits.token_s:
        raise Wrong(401, 50027, "Invalid Webhook Token")
    return found


@route("POST", "/webhooks/{app}/{token}", token=False)
def _follow_up(call: Call) -> Answer:
    """The first one after a deferral becomes what was deferred, private or not as that was."""
    found = _by_token(call)
    if found.loading and found.original is not None:
        return 200, _filled(call, found, call.world.messages[found.original]).payload
    made = call.messages.make(found.channel, call.world.bot, call.body, call.files, of=found)
    found.followups.append(made.id)
    call.world.changed()
    return 200, made.payload


def _filled(call: Call, found: Interaction, message: Message) -> Message:
    call.messages.edit(message, call.body, call.files)
    if message.id == found.original:
        found.loading = False
    call.world.changed()
    return message


def _its_message(call: Call, found: Interaction) -> Message:
    wanted = found.original if call["message"] == "@original" else call["message"]
    message = call.world.messages.get(wanted or "")
    mine = {found.original, *found.followups}
    if message is None or message.id not in mine or message.deleted_at is not None:
        raise unknown(10008, "Message")
    return message


@route("GET", "/webhooks/{app}/{token}/messages/{message}", token=False)
def _get(call: Call) -> Answer:
    return 200, _its_message(call, _by_token(call)).payload


@route("PATCH", "/webhooks/{app}/{token}/messages/{message}", token=False)
def _edit(call: Call) -> Answer:
    found = _by_token(call)
    return 200, _filled(call, found, _its_message(call, found)).payload


@route("DELETE", "/webhooks/{app}/{token}/messages/{message}", token=False)
def _delete(call: Call) -> Answer:
    call.messages.delete(_its_message(call, _by_token(call)))
    return NOTHING
