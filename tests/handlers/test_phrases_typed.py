"""A phrase that is refused is answered with a whole line, and that line is taken."""

from __future__ import annotations

import pytest

from tests.front_door import running


@pytest.fixture
async def bot(tmp_path):
    async with running(tmp_path) as bot:
        await bot.room()
        yield bot


@pytest.mark.parametrize(
    ("when", "instead"),
    [
        ("fri 20:00 PST", "fri 20:00"),
        ("every second fri 20:00", "every 2 weeks fri 20:00"),
        ("tue 8", "tue 08:00"),
        ("周二8点", "周二08:00"),
        ("fri 2027-03-20 21:00", "2027-03-20 21:00"),
        ("20:00", "today 20:00"),
        ("fridya 20:00", "friday 20:00"),
        ("30 feb 20:00", None),
        ("每周八 20:00", None),
    ],
)
async def test_what_to_type_instead_is_the_line_with_another_phrase(bot, when, instead):
    refused = await bot.say(f"/show plan us_main {when} length=1h host=mia", "olga")
    assert 400 == refused.status
    line = refused.body["try"]
    assert line.startswith("/show plan us_main ")
    assert line.endswith(" length=1h host=mia")
    if instead is not None:
        assert f"/show plan us_main {instead} length=1h host=mia" == line
    assert 200 == (await bot.say(line, "olga")).status
