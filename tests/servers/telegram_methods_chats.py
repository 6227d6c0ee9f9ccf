"""The Bot API's methods about chats, their members and their topics."""

from __future__ import annotations

from typing import Any

from tests.servers.telegram_methods import House
from tests.servers.telegram_rules import Call, length, wrong
from tests.servers.telegram_world import Chat, RefusedError, Topic, Version

_GIFTS = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
)
ICON_COLORS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)


def _joined(house: House, call: Call) -> Chat:
    """A chat the bot can look at."""
    chat = house.world.chat(call.body.get("chat_id"))
    if chat.moved_to is not None or (chat.kind != "private" and house.world.bot.id not in chat.members):
        return house.world.writable(chat.id)
    return chat if chat.kind == "private" else house.world.writable(chat.id)


def get_chat(house: House, call: Call) -> Any:
    chat = _joined(house, call)
    full = house.world.shown_chat(chat) | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": _GIFTS,
    }
    if chat.pinned:
        full["pinned_message"] = house.world.shown(house.world.messages[chat.id, chat.pinned[-1]])
    return full


def get_chat_member(house: House, call: Call) -> Any:
    chat, user_id = _joined(house, call), call.body.get("user_id")
    if user_id != house.world.bot.id and user_id not in house.world.users:
        raise RefusedError(400, "Bad Request: user not found")
    return house.world.shown_member(chat, user_id)


def get_chat_administrators(house: House, call: Call) -> Any:
    chat = _joined(house, call)
    if chat.kind == "private":
        raise RefusedError(400, "Bad Request: there are no administrators in the private chat")
    admins = [one for one, status in chat.members.items() if status in ("administrator", "creator")]
    # Other bots are left out of the answer, oneself is not.
    return [house.world.shown_member(chat, one) for one in admins]


def get_chat_member_count(house: House, call: Call) -> Any:
    chat = _joined(house, call)
    return len([one for one in chat.members.values() if one not in ("left", "kicked")]) or 2


def leave_chat(house: House, call: Call) -> Any:
    _joined(house, call).members[house.world.bot.id] = "left"
    return True


def _forum(house: House, call: Call, what: str) -> Chat:
    chat = house.world.writable(call.body.get("chat_id"))
    if not chat.is_forum and not (chat.kind == "private" and house.settings.get("private_topics")):
        raise RefusedError(400, "Bad Request: the chat is not a forum")
    is_admin = chat.members.get(house.world.bot.id) == "administrator" and "can_manage_topics" in chat.bot_rights
    if chat.kind != "private" and not is_admin:
        raise RefusedError(400, f"Bad Request: not enough rights to {what}")
    return chat


def _topic(chat: Chat, call: Call) -> Topic:
    topic = chat.topics.get(call.body.get("message_thread_id", 0))
    if topic is None:
        raise RefusedError(400, "Bad Request: TOPIC_ID_INVALID")
    return topic


def create_forum_topic(house: House, call: Call) -> Any:
    chat = _forum(house, call, "create a topic")
    name = length(
        call.body.get("name", "").strip(),
        1,
        128,
        "TOPIC_NAME_INVALID" if call.body.get("name") else "TOPIC_TITLE_EMPTY",
    )
    color = call.body.get("icon_color", ICON_COLORS[0])
    if color not in ICON_COLORS:
        raise wrong("TOPIC_ICON_COLOR_INVALID")
    topic = open_topic(house, chat, house.world.bot.id, name, color)
    return {"message_thread_id": topic.id, "name": topic.name, "icon_color": topic.icon_color}


def open_topic(house: House, chat: Chat, opener: int, name: str, color: int = ICON_COLORS[0]) -> Topic:
    """The topic's id is that of the message that says it was opened."""
    service = {"forum_topic_created": {"name": name, "icon_color": color}}
    message = house.world.post(chat.id, opener, Version(house.world.clock()), service=service)
    message.thread = message.id
    chat.topics[message.id] = Topic(message.id, name, color)
    return chat.topics[message.id]


def edit_forum_topic(house: House, call: Call) -> Any:
    topic = _topic(_forum(house, call, "edit the topic"), call)
    name = length(call.body.get("name") or "", 0, 128, "TOPIC_NAME_INVALID")
    if (not name and "icon_custom_emoji_id" not in call.body) or name == topic.name:
        raise RefusedError(400, "Bad Request: TOPIC_NOT_MODIFIED")
    topic.name = name or topic.name
    return True


def close_forum_topic(house: House, call: Call) -> Any:
    return _set_closed(house, call, is_closed=True)


def reopen_forum_topic(house: House, call: Call) -> Any:
    return _set_closed(house, call, is_closed=False)


def _set_closed(house: House, call: Call, *, is_closed: bool) -> Any:
    topic = _topic(_forum(house, call, "close the topic"), call)
    if topic.is_closed == is_closed:
        raise RefusedError(400, "Bad Request: TOPIC_NOT_MODIFIED")
    topic.is_closed = is_closed
    return True


def delete_forum_topic(house: House, call: Call) -> Any:
    """With everything in it."""
    chat = _forum(house, call, "delete the topic")
    topic = _topic(chat, call)
    del chat.topics[topic.id]
    for message in house.world.messages.values():
        if message.chat == chat.id and message.thread == topic.id and message.deleted_at is None:
            message.deleted_at = house.world.clock()
    return True


CHAT_METHODS = {
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_chat_administrators,
    "getChatMemberCount": get_chat_member_count,
    "leaveChat": leave_chat,
    "createForumTopic": create_forum_topic,
    "editForumTopic": edit_forum_topic,
    "closeForumTopic": close_forum_topic,
    "reopenForumTopic": reopen_forum_topic,
    "deleteForumTopic": delete_forum_topic,
}
