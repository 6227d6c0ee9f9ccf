"""What `run.py check` asks Telegram: whether the token opens it, how updates come, and where the bot may write.

Errors of the library may carry the token in an address, so only their kinds are told.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import telegram
from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bot.core.finding import Finding, of_lack, of_places

LIMIT_S = 10.0
"""Real seconds that all of it may take."""
_API = "https://api.telegram.org"
_OUT = (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)


async def inspect(
    token: str, base_url: str, destinations: Sequence[str], *, webhook_url: str | None = None
) -> list[Finding]:
    """`destinations`: what messages are bound to there ("telegram:-100123"). Changes nothing, and says nothing there.

    `webhook_url`: where updates are to come to; None: they are polled.
    """
    base = base_url or f"{_API}/bot"
    request = HTTPXRequest(connection_pool_size=2, connect_timeout=5, read_timeout=5, write_timeout=5, pool_timeout=5)
    found: list[Finding] = []
    try:
        async with asyncio.timeout(LIMIT_S), telegram.Bot(token, base_url=base, request=request) as bot:
            found.append(_itself(await bot.get_me()))
            found.append(_updates(await bot.get_webhook_info(), webhook_url))
            wrong = [finding for name in destinations if (finding := await _place(bot, name)) is not None]
            found += of_places("telegram", len(destinations), wrong)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is to be named and not to end the other checks
        found.append(_failed(error))
    return found


def _failed(error: Exception) -> Finding:
    if isinstance(error, InvalidToken):
        mend = "copy it anew from BotFather (/mybots, API Token) and set SHOWCALLER_TELEGRAM__TOKEN to it"
        return Finding("telegram", ok=False, detail=f"Telegram refuses the token: {mend}")
    kind = type(error.__cause__ or error).__name__ if isinstance(error, TelegramError) else type(error).__name__
    mend = "look at the network of this machine, and at the setting `telegram.base_url` if it is set"
    return Finding("telegram", ok=False, detail=f"could not be reached ({kind}): {mend}")


def _itself(me: telegram.User) -> Finding:
    told = f"logged in as @{me.username}"
    if me.can_join_groups is False:
        mend = "BotFather, /setjoingroups, Enable"
        return Finding("telegram", ok=True, look=True, detail=f"{told}, which may not join groups: {mend}")
    if me.can_read_all_group_messages:
        mend = "it needs commands only; BotFather, /setprivacy, Enable, then take it out of the group and back in"
        return Finding(
            "telegram", ok=True, detail=f"{told}; privacy mode is off, so it is sent all that is said: {mend}"
        )
    return Finding("telegram", ok=True, detail=f"{told}; privacy mode is on: in groups it is sent what is for it")


def _updates(info: telegram.WebhookInfo, wanted: str | None) -> Finding:
    what = "telegram updates"
    if wanted is None:
        more = "; the webhook that is set now ends when the bot starts" if info.url else ""
        return Finding(what, ok=True, look=bool(info.url), detail=f"are polled{more}")
    host = urlsplit(wanted).hostname
    if not info.url:
        return Finding(what, ok=True, detail=f"will come to {host}, from when the bot has started")
    if info.last_error_date is not None and info.pending_update_count:
        at = f"{info.last_error_date:%Y-%m-%d %H:%M} UTC"
        said = f"{info.pending_update_count} wait; last trouble at {at}: {(info.last_error_message or '')[:120]}"
        mend = "see whether the proxy hands /v1/telegram on to the ingest port"
        return Finding(what, ok=True, look=True, detail=f"come to {urlsplit(info.url).hostname}; {said}: {mend}")
    return Finding(what, ok=True, detail=f"come to {urlsplit(info.url).hostname}")


async def _place(bot: telegram.Bot, destination: str) -> Finding | None:
    what, gone = f"place {destination}", "add the bot to the group again, or type /setup unbind"
    number = re.match(r"-?\d+", destination.partition(":")[2])
    if number is None:
        return Finding(what, ok=False, detail=f"is no group of Telegram: {gone}")
    try:
        chat = await bot.get_chat(int(number[0]))
        missing = missing_of(chat, await bot.get_chat_member(chat.id, bot.id))
    except (BadRequest, Forbidden):
        return Finding(what, ok=False, detail=f"the bot is not in this group (any more), or there is none: {gone}")
    return of_lack(destination, missing, [name.removeprefix("can_").replace("_", " ") for name in missing])


def missing_of(chat: telegram.ChatFullInfo, me: telegram.ChatMember) -> list[str]:
    """By the names of places_port.LACKING."""
    if me.status in _OUT or (isinstance(me, telegram.ChatMemberRestricted) and not me.is_member):
        return ["member"]
    missing = []
    if me.status not in (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR):
        has = me if isinstance(me, telegram.ChatMemberRestricted) else chat.permissions
        names = ("can_send_messages", "can_send_photos", "can_send_documents")
        missing = [name for name in names if has is not None and getattr(has, name) is False]
    if chat.is_forum and not getattr(me, "can_manage_topics", False):
        missing.append("can_manage_topics")
    return missing
