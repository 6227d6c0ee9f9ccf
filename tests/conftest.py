"""Fixtures shared by all tests."""

from __future__ import annotations

import pytest

from tests.front_door import running


@pytest.fixture
async def bot(tmp_path):
    """A running bot with nobody but its people in it."""
    async with running(tmp_path) as running_bot:
        yield running_bot
