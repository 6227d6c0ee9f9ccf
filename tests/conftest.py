"""Fixtures shared by all tests."""

from __future__ import annotations

import pytest
import structlog

from tests.front_door import running


@pytest.fixture(autouse=True, scope="session")
def _plain_logs():
    """As the program logs: plain tracebacks. The library's own choice draws every local variable, for seconds."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
        ]
    )


@pytest.fixture
async def bot(tmp_path):
    """A running bot with nobody but its people in it."""
    async with running(tmp_path) as running_bot:
        yield running_bot
