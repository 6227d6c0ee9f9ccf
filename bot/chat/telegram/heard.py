"""What was typed in Telegram, as far as it is meant for the bot. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

import telegram

from bot.chat.parse import Typed, parse
from bot.chat.telegram.markup import JOINER, whole

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9_]{1,64}))?(?=\s|$)")
LINK = "link_"
"""Begins the payload of a deep link that says who somebody is; the code follows."""
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")


def typed_in(message: telegram.Message) -> str | None:
    """Its text. What was copied from a message of ours has joiners in it, which nobody sees and nobody typed."""
    return None if message.text is None else whole(message.text.replace(JOINER, ""))


@dataclass(frozen=True, slots=True)
class Line:
    """A command's line. `text` begins with the slash and names no bot; `is_addressed`: it named this one."""

    text: str
    typed: Typed
    is_addressed: bool

    @property
    def first(self) -> str:
        return self.typed.words[0].lower() if self.typed.words else ""

    @property
    def payload(self) -> str:
        """What a deep link handed over (`/start PAYLOAD`)."""
        given = self.typed.words[1] if len(self.typed.words) > 1 else ""
        return given if _PAYLOAD.fullmatch(given) else ""


def line_of(text: str, bot: str) -> Line | None:
    """The command in `text`, for the bot called `bot` (without @): `/show_plan ...`, `/show plan@bot`, `@bot show ...`.

    None: no command, or another bot's.
    """
    text = text.strip()
    mention = f"@{bot.lower()}"
    is_addressed = False
    if text.lower().startswith(mention) and text[len(mention) : len(mention) + 1].isspace():
        text, is_addressed = f"/{text[len(mention) :].strip().removeprefix('/')}", True
    found = _COMMAND.match(text)
    if found is None and not is_addressed:
        return None
    if found is not None and found[2] is not None:
        if found[2].lower() != bot.lower():
            return None
        text, is_addressed = f"/{found[1]}{text[found.end() :]}", True
    return Line(text, parse(text), is_addressed)


def is_by_a_person(message: telegram.Message) -> bool:
    """Whether an account of their own wrote it: not another bot, not a channel, not a group as an anonymous admin.

    All anonymous admins share one account, which must never be anybody's here. What an inline bot wrote was
    only chosen.
    """
    author = message.from_user
    is_own = author is not None and not author.is_bot
    return is_own and message.sender_chat is None and message.via_bot is None


def address_of(chat: telegram.Chat) -> str:
    """As in destinations: a private chat is its person's."""
    return f"@{chat.id}" if chat.type == telegram.Chat.PRIVATE else str(chat.id)


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a command was typed: the message, and the forum topic it stands in."""

    message: int
    topic: int | None = None

    def __str__(self) -> str:
        return f"{self.message}" if self.topic is None else f"{self.message}.{self.topic}"


def asked_of(message: telegram.Message | telegram.MaybeInaccessibleMessage) -> Asked:
    if isinstance(message, telegram.Message) and message.is_topic_message:
        return Asked(message.message_id, message.message_thread_id)
    return Asked(message.message_id)


_ASKED = re.compile(r"telegram:[0-9]+:([0-9]+)(?:\.([0-9]+))?")


def asked_in(key: str) -> Asked | None:
    """What `Incoming.asked` has put into the key of a promise: whoever delivers it can answer there."""
    found = _ASKED.fullmatch(key)
    return None if found is None else Asked(int(found[1]), int(found[2]) if found[2] else None)
