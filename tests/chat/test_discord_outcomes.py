"""What an error of discord.py, or of the connection under it, means for the message that was being sent."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest

from bot.chat.discord.outcomes import outcome_of
from bot.core.delivery import RetryAfter, Unknown


def answered(status: int, code: int = 0, **headers: str) -> discord.HTTPException:
    response: Any = SimpleNamespace(status=status, reason="because", headers=headers)
    kind = discord.DiscordServerError if status >= 500 else discord.HTTPException
    return kind(response, {"code": code, "message": "what was sent"})


UNREACHED = aiohttp.ClientConnectorError(SimpleNamespace(host="discord.test", port=443, ssl=True), OSError("no route"))


@pytest.mark.parametrize(
    "error", [answered(502), answered(500), aiohttp.ServerDisconnectedError(), ConnectionResetError(), TimeoutError()]
)
def test_without_an_answer_nobody_knows(error):
    assert isinstance(outcome_of(error, (), has_gone_out=True), Unknown)


@pytest.mark.parametrize("error", [answered(502), aiohttp.ServerDisconnectedError(), TimeoutError()])
def test_before_the_message_went_out_it_has_not_arrived(error):
    with pytest.raises(type(error)):
        outcome_of(error, (), has_gone_out=False)


def test_a_connection_that_was_never_made_brought_nothing():
    with pytest.raises(aiohttp.ClientConnectorError):
        outcome_of(UNREACHED, (), has_gone_out=True)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (discord.RateLimited(47.5), 47.5),
        (answered(429, **{"Retry-After": "12"}), 12),
        (answered(429), 60),
        (answered(429, **{"Retry-After": "soon"}), 60),
    ],
)
def test_a_limit_is_waited_for(error, seconds):
    got = outcome_of(error, (), has_gone_out=True)
    assert isinstance(got, RetryAfter)
    assert got.seconds == seconds


def test_a_wrong_token_and_a_fault_of_our_own_are_no_outcome_of_the_message():
    for error in (answered(401), ValueError("ours")):
        with pytest.raises(type(error)):
            outcome_of(error, (), has_gone_out=True)
