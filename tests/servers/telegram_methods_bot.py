"""The Bot API's methods about the bot itself: who it is, its updates, its menus and words."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from tests.servers.telegram_methods import House
from tests.servers.telegram_rules import Call, wrong
from tests.servers.telegram_updates import Webhook
from tests.servers.telegram_world import RefusedError

SCOPES = {
    *("default", "all_private_chats", "all_group_chats", "all_chat_administrators"),
    *("chat", "chat_administrators", "chat_member"),
}
_WORDS = {"name": 64, "description": 512, "short_description": 120}


def get_me(house: House, _: Call) -> Any:
    """`can_read_all_group_messages` false is the privacy mode."""
    flags = {
        "can_join_groups": True,
        "can_read_all_group_messages": bool(house.settings.get("reads_all")),
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": bool(house.settings.get("private_topics")),
    }
    return house.world.bot.shown() | flags


async def get_updates(house: House, call: Call) -> Any:
    body = call.body
    if not 1 <= body.get("limit", 100) <= 100:
        raise wrong("limit must be from 1 to 100")
    house.updates.allow(body.get("allowed_updates"))
    return await house.updates.poll(body.get("offset", 0), body.get("limit", 100), body.get("timeout", 0))


def set_webhook(house: House, call: Call) -> Any:
    """HTTPS, as Telegram wants it, or plain HTTP on this machine."""
    body = call.body
    url, secret = body.get("url", ""), body.get("secret_token")
    drops = bool(body.get("drop_pending_updates"))
    if not url:
        house.updates.set_webhook(None, drops=drops)
        return True
    at = urlsplit(url)
    if at.scheme != "https" and at.hostname not in ("127.0.0.1", "localhost"):
        raise wrong("bad webhook: An HTTPS URL must be provided for webhook")
    if secret is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise wrong("secret token contains unallowed characters")
    if not 1 <= body.get("max_connections", 40) <= 100:
        raise wrong("bad webhook: max_connections must be from 1 to 100")
    house.updates.allow(body.get("allowed_updates"))
    house.updates.set_webhook(Webhook(url, secret), drops=drops)
    return True


def delete_webhook(house: House, call: Call) -> Any:
    house.updates.set_webhook(None, drops=bool(call.body.get("drop_pending_updates")))
    return True


def get_webhook_info(house: House, _: Call) -> Any:
    webhook = house.updates.webhook
    info: dict[str, Any] = {
        "url": webhook.url if webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(house.updates.waiting),
    }
    if webhook and webhook.last_error:
        info |= {"last_error_date": int(webhook.last_error[0]), "last_error_message": webhook.last_error[1]}
    return info | ({"allowed_updates": house.updates.allowed} if house.updates.allowed else {})


def _scope(house: House, call: Call) -> tuple[str, str]:
    scope = call.body.get("scope") or {"type": "default"}
    if scope.get("type") not in SCOPES:
        raise wrong("can't parse BotCommandScope: unsupported type specified")
    if "chat_id" in scope:
        house.world.chat(scope["chat_id"])
    code = call.body.get("language_code") or ""
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise wrong("language code is invalid")
    return json.dumps(scope, sort_keys=True), code


def set_my_commands(house: House, call: Call) -> Any:
    commands = call.body.get("commands") or []
    if len(commands) > 100:
        raise wrong("BOT_COMMANDS_TOO_MUCH")
    for one in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", one.get("command", "").removeprefix("/")):
            raise wrong("BOT_COMMAND_INVALID")
        if not 1 <= len(one.get("description", "").strip()) <= 256:
            raise wrong("BOT_COMMAND_DESCRIPTION_INVALID")
    scope = _scope(house, call)
    if commands:
        house.menus[scope] = [{name: one[name] for name in ("command", "description")} for one in commands]
    else:
        house.menus.pop(scope, None)
    return True


def get_my_commands(house: House, call: Call) -> Any:
    return house.menus.get(_scope(house, call), [])


def delete_my_commands(house: House, call: Call) -> Any:
    house.menus.pop(_scope(house, call), None)
    return True


def set_my_words(house: House, call: Call) -> Any:
    """setMyName, setMyDescription, setMyShortDescription."""
    key = _word(call.method)
    text = call.body.get(key) or ""
    if len(text) > _WORDS[key]:
        raise wrong(f"{key.upper()}_TOO_LONG")
    house.words[key, call.body.get("language_code") or ""] = text
    return True


def get_my_words(house: House, call: Call) -> Any:
    key = _word(call.method)
    code = call.body.get("language_code") or ""
    text = house.words.get((key, code)) or house.words.get((key, ""), "")
    return {key: text or (house.world.bot.first_name if key == "name" else "")}


def _word(method: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", method[5:]).lower()


def set_chat_menu_button(house: House, call: Call) -> Any:
    house.settings["menu_button", call.body.get("chat_id")] = call.body.get("menu_button") or {"type": "default"}
    return True


def get_chat_menu_button(house: House, call: Call) -> Any:
    found = house.settings.get(("menu_button", call.body.get("chat_id")))
    return found or house.settings.get(("menu_button", None), {"type": "commands"})


def set_default_rights(house: House, call: Call) -> Any:
    house.settings["rights", bool(call.body.get("for_channels"))] = call.body.get("rights") or {}
    return True


def file_info(house: House, call: Call) -> Any:
    kept = house.world.files.get(call.body.get("file_id", ""))
    if kept is None:
        raise RefusedError(400, "Bad Request: invalid file_id")
    if len(kept.content) > 20_000_000:
        raise RefusedError(400, "Bad Request: file is too big")
    size = len(kept.content)
    return {"file_id": kept.id, "file_unique_id": f"U{kept.id}", "file_size": size, "file_path": kept.path}


def done(_: House, __: Call) -> Any:
    """logOut and close: said to be done."""
    return True


BOT_METHODS = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    **dict.fromkeys(("setMyName", "setMyDescription", "setMyShortDescription"), set_my_words),
    **dict.fromkeys(("getMyName", "getMyDescription", "getMyShortDescription"), get_my_words),
    "setChatMenuButton": set_chat_menu_button,
    "getChatMenuButton": get_chat_menu_button,
    "setMyDefaultAdministratorRights": set_default_rights,
    "getFile": file_info,
    **dict.fromkeys(("logOut", "close"), done),
}
