"""A small piece of the fuzz on every run; `python -m tests.transport.fuzz --messages 2000` is the whole of it."""

from __future__ import annotations

from tests.transport.fuzz import fuzz


async def test_odd_texts_break_nothing_and_mention_nobody_in_either_chat(tmp_path):
    figures = await fuzz(tmp_path, 40, seeded=11)
    assert figures.wrong() == {}
    assert figures.messages == 40
    assert min(figures.discord_requests, figures.telegram_requests) > 40
