"""Fixtures of the browser tests."""

from __future__ import annotations

import os

import pytest

from tests.browser.stage import CHROMIUM, chromium


@pytest.fixture
async def browser():
    """Chromium; where there is none the test is skipped, except in CI, which must have it."""
    if CHROMIUM is None:
        reason = "there is no Chromium on this machine (Debian: apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    async with chromium() as running:
        yield running
