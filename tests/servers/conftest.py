"""Fixtures of the Telegram test server's own tests."""

from __future__ import annotations

import pytest
from telegram import Bot

from tests.servers.telegram_stage import stage


@pytest.fixture(autouse=True)
def _times_as_the_library_will_give_them(monkeypatch):
    """Else python-telegram-bot warns at each request to wait."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def server():
    async with stage() as running:
        yield running


@pytest.fixture
async def bot(server):
    """The library's client alone."""
    async with Bot(server.token, server.base_url, server.base_file_url) as client:
        yield client
