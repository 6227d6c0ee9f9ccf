"""What an error of python-telegram-bot means for a message: not arrived, unknown, or never to be taken."""

from __future__ import annotations

from datetime import timedelta

from telegram import error as errors

from bot.core.delivery import Outcome, Refused, Rejected, RetryAfter, Unknown


class NotReachedError(Exception):
    """The request never reached Telegram."""


class TokenRefusedError(Exception):
    """Telegram does not know the bot's token."""


_BEFORE = ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol", "RuntimeError")
"""Errors after which nothing was sent: httpx's, and the library's own of a bot that is not started, or stopped."""

_MUTE = "the bot may not write there: make it an administrator, or allow members to write"
_REFUSED = {
    "chat not found": "the chat is not there, or the bot was never in it",
    "user not found": "there is no such account",
    "peer_id_invalid": "the chat is not there, or the bot was never in it",
    "message thread not found": "the topic is not there any more",
    "channel_private": "the chat is not there, or the bot was never in it",
    "chat_write_forbidden": _MUTE,
    "have no rights to send a message": _MUTE,
    "not enough rights to send text": _MUTE,
    "chat_send_plain_forbidden": _MUTE,
    "chat_guest_send_forbidden": _MUTE,
    "chat_admin_required": _MUTE,
    "need administrator rights in the channel": "the bot must be an administrator of this channel",
    "chat_restricted": "Telegram has restricted the chat",
}
_CLOSED = "the topic is closed: open it, or make the bot an administrator who may manage topics"
_NO_FILES = ("rights to send documents", "chat_send_docs")
_NO_PICTURES = ("rights to send photos", "chat_send_photos", "chat_send_media", "must be non-empty")
_NOT_STARTED = "the person blocked the bot or never started it: they must open it in Telegram and press Start"
_PUT_OUT = "the bot is no longer in that group: add it again"


def seconds_of(error: errors.RetryAfter) -> float:
    """What Telegram asked for, whichever way the library is set to say it."""
    asked = error.retry_after
    return asked.total_seconds() if isinstance(asked, timedelta) else float(asked)


def says(error: errors.TelegramError, *words: str) -> bool:
    """Whether the error's text has one of these words (in small letters)."""
    return any(word in error.message.lower() for word in words)


def is_unchanged(error: errors.TelegramError) -> bool:
    return isinstance(error, errors.BadRequest) and says(error, "message is not modified")


def is_topic_gone(error: errors.TelegramError) -> bool:
    return isinstance(error, errors.BadRequest) and says(
        error, "message thread not found", "topic_deleted", "topic_id_invalid"
    )


def is_without_pictures(error: errors.TelegramError) -> bool:
    """Whether pictures may not be sent there, or this one is none; the words may."""
    return isinstance(error, errors.BadRequest) and says(error, *_NO_PICTURES)


def is_without_files(error: errors.TelegramError) -> bool:
    return isinstance(error, errors.BadRequest) and says(error, *_NO_FILES)


def is_before_arrival(error: errors.TelegramError) -> bool:
    """Whether the request was never sent; then trying again doubles nothing."""
    return type(error.__cause__).__name__ in _BEFORE


def outcome(error: errors.TelegramError, *, is_private: bool, is_topic: bool = False) -> Outcome:
    """The error's meaning. Its own text is never passed on: it may hold the token or what people wrote.

    `is_topic`: the destination is a topic itself, so that nothing can be said elsewhere in its group.

    Raises:
        NotReachedError: it did not arrive; it is to be tried again.
        TokenRefusedError: nothing can be sent with this token.
    """
    match error:
        case errors.RetryAfter():
            return RetryAfter(seconds_of(error), "Telegram asked to wait")
        case errors.InvalidToken():
            raise TokenRefusedError("Telegram does not know the bot's token") from None
        case errors.Forbidden():
            return Refused(_NOT_STARTED if is_private else _PUT_OUT)
        case errors.BadRequest() if is_topic and says(error, "topic_closed"):
            return Refused(_CLOSED)
        case errors.BadRequest():
            return _bad(error)
        case errors.NetworkError() if is_before_arrival(error):
            raise NotReachedError(f"Telegram was not reached: {type(error.__cause__).__name__}") from None
        case errors.TimedOut():
            return Unknown("Telegram did not answer in time")
        case _:
            cause = "" if error.__cause__ is None else f" ({type(error.__cause__).__name__})"
            return Unknown(f"Telegram's answer was lost: {type(error).__name__}{cause}")


def _bad(error: errors.BadRequest) -> Outcome:
    why = next((words for text, words in _REFUSED.items() if says(error, text)), None)
    return Rejected(f"Telegram: {kind(error)}") if why is None else Refused(why)


def kind(error: errors.TelegramError) -> str:
    """The error's first words, which name its kind; what follows a colon or a quote may be somebody's text."""
    text = error.message
    for sign in (":", '"'):
        text = text.partition(sign)[0]
    return text.strip()[:60] or type(error).__name__
