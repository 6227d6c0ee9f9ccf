"""What people do on the Discord test server: type commands, press, fill in forms. What a client would not let them do
is refused here (`NotPossible`), so that a test cannot act on what nobody sees."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from typing import Any

from tests.servers.discord_command_rules import GROUP, SUBCOMMAND
from tests.servers.discord_messages import Messages
from tests.servers.discord_permissions import Perm
from tests.servers.discord_world import DM, Interaction, Message, Payload, World

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
KINDS = {COMMAND: "command", COMPONENT: "component", AUTOCOMPLETE: "autocomplete", MODAL: "modal"}
STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, NUMBER = 3, 4, 5, 6, 7, 8, 10
_TAKES: dict[int, type | tuple[type, ...]] = {STRING: str, INTEGER: int, BOOLEAN: bool, NUMBER: (int, float)}
_ATTACHMENT_SIZE = 10_485_760


class NotPossible(ValueError):  # noqa: N818 - it says what it is
    """No client of Discord's would have sent this."""


class People:
    def __init__(self, world: World, messages: Messages) -> None:
        self.world = world
        self.messages = messages

    def slash(self, user: str, line: str, options: Payload, channel: str, focused: str | None = None) -> str:
        """A command with its subcommands ("stock set"); `focused`: the option being typed, for its choices."""
        guild = self.world.channels[channel].get("guild_id")
        command, leaf, nest = self._command(line, user, channel, guild)
        given = list(self._options(leaf, options, focused))
        inner: list[Payload] = given
        for step in reversed(nest):
            inner = [{"type": step["type"], "name": step["name"], "options": inner}]
        data = {"id": command["id"], "name": command["name"], "type": 1, "options": inner}
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        data["resolved"] = self._resolved(given, guild)
        return self._begin(AUTOCOMPLETE if focused else COMMAND, user, channel, data)

    def _command(self, line: str, user: str, channel: str, guild: str | None) -> tuple[Payload, Payload, list[Payload]]:
        first, *rest = line.split()
        there = (*self.world.commands.get(guild or "-", []), *self.world.commands.get("", []))
        command = next((each for each in there if each["name"] == first and each["type"] == 1), None)
        if command is None:
            raise NotPossible(f"there is no /{first}: {', '.join(each['name'] for each in there) or 'nothing synced'}")
        contexts = command.get("contexts")
        if guild is None and not (1 in contexts if contexts is not None else command["dm_permission"]):
            raise NotPossible(f"/{first} is not offered in direct messages")
        needed = command["default_member_permissions"]
        if guild is not None and needed is not None and not self._may(user, channel, int(needed)):
            raise NotPossible(f"/{first} is not offered to {user}")
        leaf = command
        nest: list[Payload] = []
        for word in rest:
            inside = [each for each in leaf.get("options") or [] if each["type"] in {SUBCOMMAND, GROUP}]
            step = next((each for each in inside if each["name"] == word), None)
            if step is None:
                raise NotPossible(f"/{line}: there is no {word!r} among {[each['name'] for each in inside]}")
            leaf, nest = step, [*nest, step]
        if any(each["type"] in {SUBCOMMAND, GROUP} for each in leaf.get("options") or []):
            raise NotPossible(f"/{line} is not a whole command")
        return command, leaf, nest

    def _may(self, user: str, channel: str, bits: int) -> bool:
        mine = self.world.rights(channel, user)
        return bool(mine & Perm.ADMINISTRATOR) or (bool(bits) and mine & bits == bits)

    def _options(self, leaf: Payload, given: Payload, focused: str | None) -> Iterator[Payload]:
        known = {each["name"]: each for each in leaf.get("options") or []}
        if odd := set(given) - set(known):
            raise NotPossible(f"/{leaf['name']} has no {sorted(odd)}, only {sorted(known)}")
        missing = [name for name, each in known.items() if each.get("required") and name not in given]
        if missing and focused is None:
            raise NotPossible(f"/{leaf['name']} needs {missing}")
        for name, value in given.items():
            option = known[name]
            made = {"name": name, "type": option["type"], "value": value}
            if name == focused:
                if not option.get("autocomplete"):
                    raise NotPossible(f"{name!r} has no choices to ask for")
                made |= {"focused": True, "value": str(value)}
            else:
                _fits(option, value)
            yield made

    def _resolved(self, given: list[Payload], guild: str | None) -> Payload:
        found: Payload = {}
        known = self.world.guilds.get(guild or "", {"members": {}, "roles": []})
        for option in given:
            value = str(option.get("value"))
            if option["type"] == USER:
                found.setdefault("users", {})[value] = self.world.users[value]
                if member := known["members"].get(value):
                    slim = {key: part for key, part in member.items() if key != "user"}
                    found.setdefault("members", {})[value] = slim | {"permissions": "0"}
            elif option["type"] == CHANNEL:
                channel = self.world.channels[value]
                bits = {"permissions": str(self.world.rights(value))}
                found.setdefault("channels", {})[value] = channel | bits
            elif option["type"] == ROLE:
                found.setdefault("roles", {})[value] = next(each for each in known["roles"] if each["id"] == value)
        return found

    def press(self, user: str, message_id: str, custom_id: str, values: list[str] | None = None) -> str:
        """A button, or a choice from a menu with its `values`, on a message as it is now."""
        message = self._seen(user, message_id)
        component = next(
            (each for each in walk(message.payload["components"]) if each.get("custom_id") == custom_id), None
        )
        if component is None or component.get("disabled"):
            raise NotPossible(f"there is no {custom_id!r} to press on {message_id}")
        data: Payload = {"custom_id": custom_id, "component_type": component["type"]}
        if component["type"] != 2:
            offered = {option["value"] for option in component.get("options") or []}
            if component["type"] == 3 and not set(values or []) <= offered:
                raise NotPossible(f"{values} is not among {sorted(offered)}")
            data["values"] = values or []
        return self._begin(COMPONENT, user, message.channel, data, message)

    def _seen(self, user: str, message_id: str) -> Message:
        message = self.world.messages.get(message_id)
        if message is None or message.deleted_at is not None or not self.sees(user, message):
            raise NotPossible(f"{user} sees no message {message_id}")
        return message

    def sees(self, user: str, message: Message) -> bool:
        """Whether a message is, or was, on somebody's screen."""
        channel = self.world.channels.get(message.channel)
        if channel is None or message.only_for not in {None, user}:
            return False
        if channel["type"] == DM:
            return bool(channel["recipients"][0]["id"] == user)
        return bool(self.world.rights(message.channel, user) & Perm.VIEW_CHANNEL)

    def submit(self, user: str, interaction: str, fields: dict[str, Any]) -> str:
        """The form that came as the answer to an interaction, filled in: a value for each custom id."""
        asked = self.world.interactions[interaction]
        if asked.modal is None or asked.user != user:
            raise NotPossible(f"{interaction} was not answered with a form for {user}")
        wanted = [each for each in walk(asked.modal["components"]) if "custom_id" in each]
        if odd := set(fields) - {each["custom_id"] for each in wanted}:
            raise NotPossible(f"the form has no {sorted(odd)}")
        for each in wanted:
            _filled_in(each, fields.get(each["custom_id"]))
        data = {"custom_id": asked.modal["custom_id"], "components": _mirrored(asked.modal["components"], fields)}
        source = self.world.messages[asked.source] if asked.source else None
        return self._begin(MODAL, user, asked.channel, data, source)

    def say(self, user: str, channel: str, content: str) -> str:
        return self.messages.make(channel, user, {"content": content}).id

    def _begin(self, kind: int, user: str, channel: str, data: Payload, source: Message | None = None) -> str:
        found = self.world.channels[channel]
        guild = found.get("guild_id")
        if not self.world.rights(channel, user) & Perm.VIEW_CHANNEL:
            raise NotPossible(f"{user} does not see channel {channel}")
        made = Interaction(
            self.world.snowflake(), f"aW50{secrets.token_hex(32)}", KINDS[kind], user, channel, time.time(),
            source=source.id if source else None,
        )  # fmt: skip
        self.world.interactions[made.id] = made
        payload: Payload = {
            "id": made.id, "application_id": self.world.app, "type": kind, "token": made.token, "version": 1,
            "data": data, "channel_id": channel, "channel": found, "locale": "en-US", "entitlements": [],
            "app_permissions": str(self.world.rights(channel)), "attachment_size_limit": _ATTACHMENT_SIZE,
            "context": 0 if guild else 1, "authorizing_integration_owners": {"0": guild or "0"},
        }  # fmt: skip
        if guild:
            member = self.world.guilds[guild]["members"][user]
            bits = {"permissions": str(self.world.rights(channel, user))}
            payload |= {"guild_id": guild, "guild_locale": "en-US", "member": member | bits}
            payload["guild"] = {"id": guild, "locale": "en-US", "features": []}
        else:
            payload["user"] = self.world.users[user]
        if source is not None:
            payload["message"] = source.payload
        self.world.send("INTERACTION_CREATE", payload, None)
        return made.id

    def where(self, user: str, channel: str | None) -> str:
        """The channel named, or the person's own with the bot."""
        if channel is None:
            return self.world.dm(user)
        found = self.world.channels[channel]
        if found["type"] != DM and user not in self.world.guilds[found["guild_id"]]["members"]:
            raise NotPossible(f"{user} is not in that guild")
        return channel


def walk(components: list[Payload]) -> Iterator[Payload]:
    for component in components:
        yield component
        yield from walk(component.get("components") or [])
        for inner in ("component", "accessory"):
            if inner in component:
                yield from walk([component[inner]])


def _fits(option: Payload, value: Any) -> None:
    """A value the client lets through for this option."""
    kind = _TAKES.get(option["type"], str)
    if not isinstance(value, kind) or (isinstance(value, bool) and option["type"] != BOOLEAN):
        raise NotPossible(f"{option['name']!r} does not take {value!r}")
    choices = [choice["value"] for choice in option.get("choices") or []]
    if choices and value not in choices:
        raise NotPossible(f"{option['name']!r} takes one of {choices}")
    size = value if option["type"] in {INTEGER, NUMBER} else len(str(value))
    for least, most in (("min_value", "max_value"), ("min_length", "max_length")):
        if option["type"] in ({INTEGER, NUMBER} if least == "min_value" else {STRING}):
            low, high = option.get(least), option.get(most)
            if (low is not None and size < low) or (high is not None and size > high):
                raise NotPossible(f"{option['name']!r} takes {low} to {high}")


def _filled_in(field: Payload, value: Any) -> None:
    if value is None and field.get("required", True) and not field.get("value"):
        raise NotPossible(f"the form wants {field['custom_id']!r}")
    if field["type"] == 4 and value is not None:
        low, high = field.get("min_length") or 0, field.get("max_length") or 4000
        if not low <= len(value) <= high:
            raise NotPossible(f"{field['custom_id']!r} takes {low} to {high} characters")


def _mirrored(components: list[Payload], fields: dict[str, Any]) -> list[Payload]:
    """The form's own layout with the values in it, as a client sends it back."""
    sent = []
    for index, each in enumerate(components, start=1):
        made: Payload = {"type": each["type"], "id": index}
        if "custom_id" in each:
            value = fields.get(each["custom_id"], each.get("value", "" if each["type"] == 4 else []))
            made |= {"custom_id": each["custom_id"], "value" if each["type"] == 4 else "values": value}
        if "components" in each:
            made["components"] = _mirrored(each["components"], fields)
        if "component" in each:
            made["component"] = _mirrored([each["component"]], fields)[0]
        sent.append(made)
    return sent
