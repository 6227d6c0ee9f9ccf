"""What somebody who knows nothing is told: lines that can be sent as they are, and ways to say when that are read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.app import FIRST_PEOPLE
from bot.core import schedule
from bot.core.reply import msg
from handlers.manual import _WAYS
from prompts.catalogue import Catalogues
from tests.front_door import SHOW_AT, running

LINES = (
    "/room add uk_main uk name=London",
    "/room add jp_main jp",
    "/room add kw_main us currency=KWD",
    "/host add emma name=Emma zone=Europe/London",
)


@pytest.fixture
async def fresh(tmp_path):
    async with running(tmp_path, people=FIRST_PEOPLE) as bot:
        yield bot


def proposed(reply) -> list[str]:
    return [block["text"] for block in reply.body["reply"]["blocks"] if block["type"] == "code"]


async def test_each_line_that_is_proposed_can_be_sent_as_it_is(fresh):
    for line in LINES:
        for following in proposed(await fresh.ok(line, "operator")):
            await fresh.ok(following, "operator")
    assert proposed(await fresh.ok("/host add leo", "operator")) == ["/show plan jp_main fri 20:00 host=leo"]


@pytest.mark.parametrize(
    ("wrong", "mended"),
    [
        ("/room add uk_main", "/room add uk_main us"),
        ("/product add uk_main", "/product add uk_main LAMP-1 29.90"),
        ('/room add name="The shop"', '/room add us_main us name="The shop"'),
        ("/host add yuki zone=Tokyo", "/host add yuki zone=Asia/Tokyo"),
        ("/show plan uk_home monthly 20:00 length=1h", "/show plan uk_home monthly on the 15th 20:00 length=1h"),
        ("/show plan uk_home 12.12 20:00 host=emma", "/show plan uk_home 12 dec 20:00 host=emma"),
        ("/product add jp_home P1 19.90 name=x", "/product add jp_home P1 1990 name=x"),
    ],
)
async def test_what_was_right_stays_in_the_line_to_type_instead(fresh, wrong, mended):
    for line in ("/room add uk_home uk", "/room add jp_home jp", "/host add emma"):
        await fresh.ok(line, "operator")
    refused = await fresh.say(wrong, "operator")
    assert refused.status in (400, 404)
    assert refused.body["try"] == mended
    await fresh.ok(mended, "operator") if "LAMP-1" not in mended else None


async def test_a_plan_tells_length_host_and_the_holidays_it_does_not_show(fresh):
    for line in ("/room add uk_main uk", "/host add emma name=Emma zone=Europe/London"):
        await fresh.ok(line, "operator")
    shown = await fresh.ok("/show plan uk_main weekdays 20:00 until 2027-04-09 length=45m host=emma", "operator")
    assert "Length 45 min; Emma hosts." in shown.text
    assert "Good Friday" in shown.text
    assert "except 2027-03-26" in shown.text
    assert "Length 2 h; no host yet." in (await fresh.ok("/show plan uk_main every sat 9:00", "operator")).text


async def test_a_host_is_not_told_to_do_what_only_operators_may(fresh):
    for line in ("/room add uk_main uk", "/host add emma"):
        await fresh.ok(line, "operator")
    assert (await fresh.say("/show late uk_main 10m", "emma")).body["try"] == "/show list"
    assert (await fresh.say("/show move uk_main sat", "operator")).body["try"] == "/show plan uk_main fri 20:00"


async def test_help_of_a_group_lists_it(fresh):
    for about in ("plan", "/plan", "Plan"):
        listed = (await fresh.ok(f"/help {about}", "operator")).text
        assert "/plan import" in listed
        assert "/show plan ROOM" in listed
        assert "/show move" not in listed
    assert "/show skip SHOW" in (await fresh.ok("/help skip", "operator")).text
    assert "There is no command" in (await fresh.say("/help plans", "operator")).text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_each_way_to_say_when_is_read(language):
    reader = Catalogues.load().reader(language, "Asia/Shanghai")
    read = 0
    for way in set(_WAYS) - {"move"}:
        said = re.split(r"[:：] ?", reader.line(msg(f"help.when.{way}")), maxsplit=1)[1]
        for phrase in said.split(" · "):
            schedule.parse(phrase, now=SHOW_AT, zone="America/New_York")
            read += 1
    assert read >= 12


async def test_phrases_are_completed_as_a_whole(fresh):
    await fresh.ok("/room add us_main us", "operator")

    async def items(text):
        url = f"{fresh.chat}/chat/api/complete"
        async with fresh.http.get(url, params={"text": text}, headers={"X-Showcaller-As": "operator"}) as response:
            return [item["insert"] for item in (await response.json())["items"]]

    found = await items("/show plan us_main every ")
    assert "/show plan us_main every fri 20:00 " in found
    assert not [line for line in found if "every every" in line]
    assert "/show plan us_main every tue,thu 20:00 from 2027-04-01 until 2027-04-30 " in await items(
        "/show plan us_main every tue"
    )
    assert not [line for line in await items("/show plan us_main mon 19:00 ") if "fri" in line]
    found = await items("/show plan us_main mon 19:00 ")
    assert "/show plan us_main mon 19:00 host=" in found
    assert not [line for line in found if "save=" in line]  # is for buttons


@pytest.mark.parametrize("page", ["README.md", "docs/planning.md"])
async def test_the_lines_of_a_month_work_as_they_are_written(fresh, page):
    text = (Path(__file__).parents[2] / page).read_text("utf-8")
    lines = [line for block in re.findall(r"```\n(/.+?)\n```", text, re.DOTALL) for line in block.splitlines()]
    assert len(lines) >= 5
    for line in lines:
        answer = await fresh.ok(line, "operator")
        assert answer.body["reply"]["tone"] != "warning", (line, answer.text)
