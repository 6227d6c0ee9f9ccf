"""Fixtures shared by all tests."""

from __future__ import annotations

import os

import pytest
import structlog
from hypothesis import settings

from tests.front_door import running

# A slow machine is no failure (timed promises are benchmarks). In CI the examples are the same each time, so that a red
# run is about the change; everywhere else they are new ones.
settings.register_profile("showcaller", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("showcaller")


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
