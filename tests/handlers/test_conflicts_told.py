"""Conflicts through the front door: refused with fixes, allowed by a manager, told when something changes later."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.core.reply import buttons_of
from tests.front_door import running

AT = "2027-03-20 20:00"
"""Of the show that is there; New York."""


@pytest.fixture
async def bot(tmp_path):
    async with running(tmp_path) as found:
        for line in (
            "room add us_main us", "room add us_two us", "host add mia name=Mia zone=Asia/Shanghai",
            "host add leo name=Leo zone=America/New_York", f"show plan us_main {AT} length=2h host=mia",
        ):  # fmt: skip
            await found.ok(f"/{line}")
        yield found


async def buttons(bot, message) -> list[tuple[str, dict[str, str]]]:
    stored = await bot.app.store.read(lambda tx: tx.webchat.get(message))
    return [(button.command, dict(button.args)) for button in buttons_of(stored.reply)]


async def planned(bot, room="us_two") -> list[tuple[str, str | None]]:
    """Wall time and host of the room's shows."""
    shows = await bot.app.store.read(lambda tx: tx.shows.planned(room))
    return [(f"{show.starts_local:%m-%d %H:%M}", show.host) for show in shows]


async def refused(bot, line) -> str:
    """The message that refuses it; nothing is planned."""
    before = await bot.app.store.read(lambda tx: tx.shows.planned())
    answer = await bot.say(line)
    assert answer.status == 200
    assert answer.body["reply"]["tone"] == "warning"
    assert "Nothing was planned" in answer.text
    assert await bot.app.store.read(lambda tx: tx.shows.planned()) == before
    return answer.body["reply"]["id"]


async def test_a_room_that_is_taken_is_offered_right_after(bot):
    message = await refused(bot, "/show plan us_main 2027-03-20 21:00 length=2h host=leo")
    assert "us_main is taken by us_main-0320 then" in (await bot.find("taken by"))["text"]
    await bot.press_command(message, "show plan", when="2027-03-20 22:00")
    assert await planned(bot, "us_main") == [("03-20 20:00", "mia"), ("03-20 22:00", "leo")]


async def test_a_monthly_series_is_refused_although_no_rule_says_the_day_before(bot):
    """Right before the other show the first Saturday would be "the Friday before each first Saturday"."""
    await bot.ok("/show plan us_main 2027-04-03 00:30 length=2h host=leo")
    await refused(bot, "/show plan us_main first sat of the month 00:30 length=1h host=leo")


async def test_a_host_elsewhere_is_replaced_by_one_who_is_free(bot):
    message = await refused(bot, "/show plan us_two 2027-03-20 21:00 length=2h host=mia")
    await bot.press_command(message, "show plan", host="leo")
    assert await planned(bot) == [("03-20 21:00", "leo")]


async def test_a_host_without_rest_gets_it(bot):
    message = await refused(bot, "/show plan us_two 2027-03-20 23:00 length=1h host=mia")
    text = (await bot.find("of rest"))["text"]
    assert "Mia has 1 h between it and us_main-0320" in text
    assert "needs 8 h of rest" in text
    await bot.press_command(message, "show plan", when="2027-03-21 06:00")
    assert await planned(bot) == [("03-21 06:00", "mia")]


async def test_the_show_in_the_way_can_be_cancelled(bot):
    message = await refused(bot, "/show plan us_two 2027-03-20 21:00 host=mia")
    await bot.press_command(message, "show cancel", show="us_main-0320")
    await bot.ok("/show plan us_two 2027-03-20 21:00 host=mia")


async def test_a_series_takes_another_hour_on_all_its_dates(bot):
    message = await refused(bot, "/show plan us_main every sat 21:00 length=2h host=leo")
    shown = await bot.press_command(message, "show plan", when="every sat 22:00 from 2027-03-13")
    await bot.press_command(shown.body["reply"]["id"], "show plan", save="yes")
    on = [wall for wall, host in await planned(bot, "us_main") if host == "leo"]
    assert on[:3] == ["03-13 22:00", "03-20 22:00", "03-27 22:00"]


async def test_a_series_in_its_own_way_is_refused(bot):
    await refused(bot, "/show plan us_two daily 12:00 length=20h host=leo")


async def test_a_manager_plans_it_all_the_same_and_says_why(bot):
    message = await refused(bot, "/show plan us_two 2027-03-20 23:00 length=1h host=mia")
    whens = {"when": "2027-03-20 23:00", "host": "mia"}
    reason = {"despite": "only she knows the product"}
    assert (await bot.press_command(message, "show plan", "olga", reason, **whens)).status == 403
    assert await planned(bot) == []
    assert (await bot.press_command(message, "show plan", "max", reason, **whens)).status == 200
    assert await planned(bot) == [("03-20 23:00", "mia")]
    told = (await bot.ok("/why us_two-0320")).text
    assert "allowed by Max" in told
    assert "only she knows the product" in told
    assert "No conflicts" in (await bot.ok("/conflict list")).text
    entries = await bot.app.store.read(lambda tx: tx.audit.of_subject("us_two-0320"))
    assert [entry.action for entry in entries] == ["show.plan", "conflict.allow"]


async def test_warnings_are_told_and_forbid_nothing(bot):
    for line in ("room edit us_main theme=home", "room edit us_two theme=Home"):
        await bot.ok(f"/{line}")
    answer = await bot.ok("/show plan us_two 2027-03-20 21:00 length=2h host=leo")
    assert await planned(bot) == [], "shown first"
    assert "the same theme (home) in the same market" in answer.text
    assert "A warning" in answer.text
    await bot.press_command(answer.body["reply"]["id"], "show plan", save="yes")
    assert await planned(bot) == [("03-20 21:00", "leo")]


async def test_what_changes_later_is_told_once_and_taken_off_when_it_is_gone(bot):
    await bot.ok("/show plan us_two 2027-03-20 21:00 length=2h host=leo")
    await bot.ok("/room edit us_main studio=A")
    await bot.ok('/room edit us_two studio=" a"')
    told = await bot.find("studio A is taken")
    assert "us_main-0320 in us_main" in told["text"]
    await bot.ok("/room edit us_two name=Two")
    assert len([one for one in await bot.messages() if "1 conflict" in one["text"]]) == 1
    await bot.press_command(told["id"], "show cancel", show="us_main-0320")
    after = next(one for one in await bot.messages() if one["id"] == told["id"])
    assert "no longer in conflict" in after["text"]
    assert await buttons(bot, told["id"]) == []
    await bot.ok("/undo")
    assert len([one for one in await bot.messages() if "1 conflict" in one["text"]]) == 1
    assert "1 conflict" in (await bot.ok("/conflict list us_two")).text


async def test_a_host_who_needs_more_rest_is_told(bot):
    await bot.ok("/show plan us_two 2027-03-21 07:00 length=1h host=mia")
    await bot.ok("/host edit mia rest=10h")
    told = await bot.find("needs 10 h of rest")
    assert ("conflict allow", {"show": "us_two-0321", "other": "us_main-0320"}) in await buttons(bot, told["id"]) or (
        "conflict allow", {"show": "us_main-0320", "other": "us_two-0321"},
    ) in await buttons(bot, told["id"])  # fmt: skip


async def test_a_product_that_leads_twice_within_a_day_is_told(bot):
    await bot.ok("/show plan us_two 2027-03-21 19:59 length=1h")
    await bot.ok("/product add us_main P1 19.90")
    await bot.ok("/product add us_two P1 17.90")
    assert "begins with the same product (P1)" in (await bot.find("same product"))["text"]


async def test_allowing_is_a_managers_and_can_be_taken_back(bot):
    await bot.ok("/show plan us_two 2027-03-21 07:00 length=1h host=mia")
    await bot.ok("/host edit mia rest=10h")
    told = await bot.find("needs 10 h of rest")
    reason = {"reason": "she asked for it"}
    assert (await bot.press_command(told["id"], "conflict allow", "olga", reason)).status == 403
    assert (await bot.press_command(told["id"], "conflict allow", "max", reason)).status == 200
    after = next(one for one in await bot.messages() if one["id"] == told["id"])
    assert "allowed by Max" in after["text"]
    assert "she asked for it" in after["text"]
    again = await bot.say("/conflict allow us_main us_two because", "max")
    assert (again.status, "may stand already" in again.text) == (409, True)
    assert (await bot.say("/undo", "max")).status == 200
    await bot.advance(bot.now)
    assert "needs 10 h of rest" in (await bot.ok("/conflict list")).text


async def test_the_reminder_names_what_is_open(bot):
    await bot.ok("/show plan us_two 2027-03-21 07:00 length=1h host=mia")
    await bot.ok("/host edit mia rest=10h")
    await bot.advance(datetime.fromisoformat("2027-03-19T20:01:00-04:00"))
    reminder = await bot.find("on air in 24 hours")
    assert "needs 10 h of rest" in reminder["text"]


async def test_a_series_that_goes_on_tells_what_is_in_its_way_and_stands(bot):
    await bot.ok("/room edit us_main studio=A")
    await bot.ok("/room edit us_two studio=A")
    await bot.ok("/show plan us_two every fri 20:00 length=1h host=leo save=yes")
    last = (await planned(bot))[-1][0]
    await bot.ok("/show plan us_main 2027-05-14 20:00 length=1h")
    await bot.advance(datetime.fromisoformat("2027-03-19T20:00:00-04:00"))
    assert last < (await planned(bot))[-1][0] == "05-14 20:00"
    assert "studio A is taken by us_main-0514" in (await bot.find("studio A"))["text"]


async def test_a_date_of_a_series_whose_room_is_taken_is_left_out_with_a_way_to_hold_it(bot):
    await bot.ok("/show plan us_two every fri 20:00 length=1h host=leo save=yes")
    await bot.ok("/show plan us_two 2027-05-14 20:30 length=1h")
    await bot.advance(datetime.fromisoformat("2027-03-19T20:00:00-04:00"))
    told = await bot.find("was not planned")
    await bot.press_command(told["id"], "show plan", when="2027-05-14 19:30")
    assert [wall for wall, _ in await planned(bot)][-2:] == ["05-14 19:30", "05-14 20:30"]


async def test_an_avatar_needs_no_rest(bot):
    await bot.ok("/room edit us_two host_mode=avatar")
    await bot.ok("/show plan us_two 2027-03-20 23:00 length=1h host=mia")
    assert await planned(bot) == [("03-20 23:00", "mia")]


async def test_names_of_rooms_somebody_may_not_see_stay_hidden(bot):
    await bot.ok("/room add us_far us matrix=far")
    await bot.ok("/show plan us_two 2027-03-21 07:00 length=1h host=mia")
    await bot.ok("/host edit mia rest=10h")
    await bot.ok("/person add nina")
    await bot.ok("/grant nina viewer room=us_two")
    await bot.ok("/revoke nina")
    await bot.ok("/grant nina viewer room=us_two")
    text = (await bot.say("/conflict list", "nina")).text
    assert "needs 10 h of rest" in text
    assert "us_main" not in text
    assert "No conflicts" in (await bot.say("/conflict list us_far")).text


@pytest.mark.parametrize("reason", ["x" * 301])
async def test_a_reason_that_is_none(bot, reason):
    answer = await bot.say(f"/show plan us_two 2027-03-20 23:00 length=1h host=mia despite={reason} save=yes", "max")
    assert (answer.status, await planned(bot)) == (400, [])
