"""The Bot API's methods about messages, as far as a bot like ours needs them. All are (house, call) -> result."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from tests.servers.telegram_rules import Call, formatted, keyboard, length, media, wrong
from tests.servers.telegram_spec import spec
from tests.servers.telegram_updates import Updates
from tests.servers.telegram_world import SEEN_S, Chat, Message, RefusedError, Version, World


@dataclass(slots=True)
class Query:
    """A pressed button. `answers` are what the person was shown, with the time of each."""

    id: str
    user: int
    chat: int
    message: int
    data: str
    at: float
    answers: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    is_over: bool = False


@dataclass(slots=True)
class House:
    """All that one test server holds."""

    world: World
    updates: Updates
    query_lasts_s: float = 15.0
    queries: OrderedDict[str, Query] = field(default_factory=OrderedDict)
    actions: list[tuple[float, int, int | None, str]] = field(default_factory=list)
    """Time, chat, thread and action of every sendChatAction."""
    menus: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)
    """By scope (sorted JSON) and language code."""
    words: dict[tuple[str, str], str] = field(default_factory=dict)
    """name, description and short_description, by language code."""
    settings: dict[str, Any] = field(default_factory=dict)
    """What was set and is only given back."""


def _place(house: House, call: Call) -> tuple[Chat, dict[str, Any]]:
    """Where a message goes, or RefusedError."""
    world, body = house.world, call.body
    chat = world.writable(body.get("chat_id"))
    thread = body.get("message_thread_id")
    world.topic(chat, thread)
    reply = body.get("reply_parameters") or {}
    answered = world.messages.get((chat.id, reply.get("message_id", 0)))
    if reply and (answered is None or answered.deleted_at is not None):
        if not reply.get("allow_sending_without_reply"):
            raise RefusedError(400, "Bad Request: message to be replied not found")
        answered = None
    return chat, {
        "thread": thread if thread is not None else answered.thread if answered else None,
        "reply_to": answered.id if answered else None,
        "is_silent": bool(body.get("disable_notification")),
        "request": call.number,
    }


def send_message(house: House, call: Call) -> Any:
    chat, place = _place(house, call)
    text, marked, found = formatted(house.world, call, call.body, "text", "entities")
    if not text:
        raise wrong("message text is empty")
    version = Version(house.world.clock(), text, None, marked, found, keyboard(call))
    return house.world.shown(house.world.post(chat.id, house.world.bot.id, version, **place))


def _with_media(house: House, call: Call, kind: str, source: dict[str, Any], value: Any) -> Version:
    caption, marked, found = formatted(house.world, call, source, "caption", "caption_entities")
    shown = media(house.world, call, kind, value)
    return Version(house.world.clock(), None, caption or None, marked, found, keyboard(call), shown)


def send_photo(house: House, call: Call) -> Any:
    return _send_media(house, call, "photo")


def send_document(house: House, call: Call) -> Any:
    return _send_media(house, call, "document")


def _send_media(house: House, call: Call, kind: str) -> Any:
    chat, place = _place(house, call)
    version = _with_media(house, call, kind, call.body, call.body.get(kind))
    return house.world.shown(house.world.post(chat.id, house.world.bot.id, version, **place))


def send_media_group(house: House, call: Call) -> Any:
    chat, place = _place(house, call)
    items = call.body.get("media") or []
    if not 2 <= len(items) <= 10:
        raise wrong("wrong number of items in the album: 2-10 are allowed")
    if len({one["type"] == "document" for one in items}) > 1:
        raise wrong("document can't be mixed with other media types")
    versions = [_with_media(house, call, one["type"], one, one.get("media")) for one in items]
    group = f"G{call.number}"
    sent = [house.world.post(chat.id, house.world.bot.id, one, group=group, **place) for one in versions]
    return [house.world.shown(one) for one in sent]


def _editable(house: House, call: Call) -> Message:
    chat = house.world.writable(call.body.get("chat_id"))
    message = house.world.standing(chat, call.body.get("message_id"), "message to edit")
    if message.sender != house.world.bot.id or message.service:
        raise RefusedError(400, "Bad Request: message can't be edited")
    return message


def _edited(house: House, message: Message, version: Version) -> Any:
    if version.is_same(message.now):
        same = (
            "specified new message content and reply markup are exactly the same as a current content and reply markup"
        )
        raise RefusedError(400, f"Bad Request: message is not modified: {same} of the message")
    message.history.append(version)
    return house.world.shown(message)


def edit_message_text(house: House, call: Call) -> Any:
    """Without a keyboard in the request the message loses its own, as with every edit."""
    message = _editable(house, call)
    if message.now.text is None:
        raise RefusedError(400, "Bad Request: there is no text in the message to edit")
    text, marked, found = formatted(house.world, call, call.body, "text", "entities")
    if not text:
        raise wrong("message text is empty")
    return _edited(house, message, Version(house.world.clock(), text, None, marked, found, keyboard(call)))


def edit_message_caption(house: House, call: Call) -> Any:
    message = _editable(house, call)
    if not message.now.media:
        raise RefusedError(400, "Bad Request: there is no caption in the message to edit")
    caption, marked, found = formatted(house.world, call, call.body, "caption", "caption_entities")
    kept = message.now.media
    return _edited(
        house, message, Version(house.world.clock(), None, caption or None, marked, found, keyboard(call), kept)
    )


def edit_message_media(house: House, call: Call) -> Any:
    message = _editable(house, call)
    item = call.body.get("media") or {}
    return _edited(house, message, _with_media(house, call, item.get("type", ""), item, item.get("media")))


def edit_message_reply_markup(house: House, call: Call) -> Any:
    message = _editable(house, call)
    now = message.now
    version = Version(house.world.clock(), now.text, now.caption, now.marked, now.found, keyboard(call), now.media)
    return _edited(house, message, version)


def _delete(house: House, chat: Chat, message: Message) -> None:
    is_own = message.sender == house.world.bot.id and house.world.clock() - message.at < SEEN_S
    is_admin = chat.members.get(house.world.bot.id) == "administrator" and "can_delete_messages" in chat.bot_rights
    if not is_own and not is_admin:
        raise RefusedError(400, "Bad Request: message can't be deleted")
    message.deleted_at = house.world.clock()


def delete_message(house: House, call: Call) -> Any:
    chat = house.world.writable(call.body.get("chat_id"))
    _delete(house, chat, house.world.standing(chat, call.body.get("message_id"), "message to delete"))
    return True


def delete_messages(house: House, call: Call) -> Any:
    chat = house.world.writable(call.body.get("chat_id"))
    for message_id in call.body.get("message_ids") or []:
        if (message := house.world.messages.get((chat.id, message_id))) and message.deleted_at is None:
            _delete(house, chat, message)
    return True


def _permitted(house: House, call: Call, right: str, what: str) -> Chat:
    chat = house.world.writable(call.body.get("chat_id"))
    is_admin = chat.members.get(house.world.bot.id) == "administrator" and right in chat.bot_rights
    if chat.kind != "private" and not is_admin:
        raise RefusedError(400, f"Bad Request: not enough rights to {what}")
    return chat


def pin_chat_message(house: House, call: Call) -> Any:
    chat = _permitted(house, call, "can_pin_messages", "manage pinned messages in the chat")
    message = house.world.standing(chat, call.body.get("message_id"), "message to pin")
    if message.id not in chat.pinned:
        chat.pinned.append(message.id)
    return True


def unpin_chat_message(house: House, call: Call) -> Any:
    chat = _permitted(house, call, "can_pin_messages", "manage pinned messages in the chat")
    target = call.body.get("message_id") or (chat.pinned[-1] if chat.pinned else None)
    if target not in chat.pinned:
        raise RefusedError(400, "Bad Request: message to unpin not found")
    chat.pinned.remove(target)
    return True


def unpin_all_chat_messages(house: House, call: Call) -> Any:
    _permitted(house, call, "can_pin_messages", "manage pinned messages in the chat").pinned.clear()
    return True


def send_chat_action(house: House, call: Call) -> Any:
    chat, place = _place(house, call)
    action = call.body.get("action", "")
    fields = spec()["methods"]["sendChatAction"]["fields"]
    if action not in next(one["description"] for one in fields if one["name"] == "action"):
        raise wrong("wrong parameter action in request")
    house.actions.append((house.world.clock(), chat.id, place["thread"], action))
    return True


def set_message_reaction(house: House, call: Call) -> Any:
    chat = house.world.writable(call.body.get("chat_id"))
    message = house.world.standing(chat, call.body.get("message_id"), "message to react")
    wanted = [one.get("emoji", "") for one in call.body.get("reaction") or []]
    known = next(one for one in spec()["types"]["ReactionTypeEmoji"]["fields"] if one["name"] == "emoji")["description"]
    if len(wanted) > 1 or any(f'"{one}"' not in known for one in wanted):
        raise wrong("REACTION_INVALID")
    message.reactions = wanted
    return True


def answer_callback_query(house: House, call: Call) -> Any:
    query = house.queries.get(call.body.get("callback_query_id", ""))
    now = house.world.clock()
    if query is None or query.is_over or now - query.at > house.query_lasts_s:
        reason = "query is too old and response timeout expired or query ID is invalid"
        raise RefusedError(400, f"Bad Request: {reason}")
    length(call.body.get("text") or "", 0, 200, "MESSAGE_TOO_LONG")
    query.answers.append((now, {name: call.body[name] for name in call.body if name != "callback_query_id"}))
    return True


def send_message_draft(house: House, call: Call) -> Any:
    """Shown for 30 seconds and gone: nothing is kept."""
    chat = house.world.writable(call.body.get("chat_id"))
    if chat.kind != "private" or not call.body.get("draft_id"):
        raise wrong("TEXTDRAFT_PEER_INVALID")
    formatted(house.world, call, call.body, "text", "entities")
    return True


MESSAGE_METHODS = {
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "sendMediaGroup": send_media_group,
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageMedia": edit_message_media,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
    "pinChatMessage": pin_chat_message,
    "unpinChatMessage": unpin_chat_message,
    "unpinAllChatMessages": unpin_all_chat_messages,
    "sendChatAction": send_chat_action,
    "setMessageReaction": set_message_reaction,
    "answerCallbackQuery": answer_callback_query,
    "sendMessageDraft": send_message_draft,
}
