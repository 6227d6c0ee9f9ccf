"""What the tests on both servers share."""

from __future__ import annotations

import pytest

from bot.chat.discord import client


@pytest.fixture(autouse=True)
def _no_waiting_for_more_servers(monkeypatch):
    """discord.py waits that long after the last server it was told of."""
    monkeypatch.setattr(client, "GUILDS_S", 0.05)
