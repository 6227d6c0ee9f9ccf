"""What Discord's answers mean for a message, in words an admin can act on.

No error's own text is repeated: it may quote what was sent.
"""

from __future__ import annotations

import aiohttp
import discord

from bot.core.delivery import Outcome, Refused, Rejected, RetryAfter, Unknown

UNKNOWN_CHANNEL, UNKNOWN_GUILD, UNKNOWN_MESSAGE, UNKNOWN_USER = 10003, 10004, 10008, 10013
MISSING_ACCESS, NO_DIRECT_MESSAGES, MISSING_PERMISSION, ARCHIVED = 50001, 50007, 50013, 50083
NO_COMMON_SERVER, BLOCKED_BY_RULE, HAS_THREAD, LOCKED = 50278, 200000, 160004, 160005

_CROWDED_S = 60.0
_TOO_MANY, _FAULT = 429, 500
_FINAL = (400, 403, 404, 413)
_ASKED = "Discord asked to wait"

NEEDED = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "embed_links": "Embed Links",
    "attach_files": "Attach Files",
    "read_message_history": "Read Message History",
}
"""What the bot needs in every channel it posts to, as Discord's settings call it in English."""

_REFUSED = {
    UNKNOWN_CHANNEL: "the channel does not exist any more; bind another one",
    UNKNOWN_GUILD: "the server does not exist any more, or the bot was removed from it",
    UNKNOWN_USER: "this account does not exist any more",
    NO_DIRECT_MESSAGES: "this person takes no direct messages from the bot; the server's privacy settings allow them",
    NO_COMMON_SERVER: "this person and the bot have no server in common any more",
}


def outcome_of(error: Exception, missing: tuple[str, ...], *, has_gone_out: bool) -> Outcome:
    """What became of a message whose request failed. `missing`: permissions the bot lacks there, as far as known.

    `has_gone_out`: the request was the message itself, so that it may have arrived without an answer.

    Raises:
        Exception: the error, where the message has not arrived and may do so later.
    """
    if isinstance(error, discord.RateLimited):
        return RetryAfter(error.retry_after, _ASKED)
    if isinstance(error, discord.HTTPException) and error.status == _TOO_MANY:
        return RetryAfter(_wait_s(error), _ASKED)
    said = _said(error, missing) if isinstance(error, discord.HTTPException) else None
    if said is not None:
        return said
    if has_gone_out and _is_doubtful(error):
        return Unknown("the connection was lost, or Discord had a fault of its own")
    raise error


def _said(error: discord.HTTPException, missing: tuple[str, ...]) -> Outcome | None:
    """What Discord itself said of the message; None: nothing final."""
    if error.code in _REFUSED:
        return Refused(_REFUSED[error.code])
    if error.code in (MISSING_ACCESS, MISSING_PERMISSION):
        return Refused(_lacking(error.code, missing))
    if error.code == UNKNOWN_MESSAGE:
        return Rejected("the message was deleted")
    if error.status in _FINAL:
        return Rejected(f"Discord does not take it (error {error.code or error.status})")
    return None


def _is_doubtful(error: Exception) -> bool:
    """Whether the request may have been carried out all the same."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return False
    if isinstance(error, discord.HTTPException):
        return error.status >= _FAULT
    return isinstance(error, aiohttp.ClientError | OSError | TimeoutError)


def _wait_s(error: discord.HTTPException) -> float:
    try:
        return float(error.response.headers.get("Retry-After", _CROWDED_S))
    except ValueError:
        return _CROWDED_S


def _lacking(code: int, missing: tuple[str, ...]) -> str:
    if missing:
        return f"the bot lacks {_listed(missing)} in this channel; give its role that there"
    if code == MISSING_ACCESS:
        return "the bot cannot see this channel; give its role View Channel there"
    return f"the bot lacks a permission in this channel; give its role {_listed(tuple(NEEDED.values()))} there"


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
