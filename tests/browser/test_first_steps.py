"""An empty database: whoever follows what the page proposes ends up with a planned show."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from bot.app import FIRST_PEOPLE
from tests.browser.stage import PHONE, sit
from tests.front_door import running


@pytest.fixture
async def fresh(tmp_path):
    """As `run.py serve` starts on an empty folder."""
    async with running(tmp_path, people=FIRST_PEOPLE) as bot:
        yield bot


async def test_following_the_steps_leads_to_a_planned_show(fresh, browser):
    seat = await sit(browser, fresh.app, None)
    guide = seat.page.locator(".guide")
    for number, step in enumerate(("room", "product", "host", "show")):
        await expect(guide.locator(".guide-step.next")).to_have_attribute("data-step", step)
        await expect(guide.locator(".guide-count")).to_contain_text(f"{number} of 4")
        await guide.locator("button.try").click()
        async with seat.page.expect_response("**/api/say") as answer:
            await seat.page.keyboard.press("Enter")
        assert (await answer.value).status == 200, await (await answer.value).text()
    await expect(guide).to_contain_text("Your first show is planned")
    planned = await fresh.app.store.read(lambda tx: tx.shows.planned())
    assert [(show.room, show.host) for show in planned] == [("us_main", "mia")]
    await guide.get_by_role("button", name="Close").click()
    await expect(guide).to_be_hidden()
    await seat.page.reload()
    await expect(seat.message("is planned")).to_be_visible()
    await expect(guide).to_be_hidden()
    assert seat.complaints == []


async def test_steps_taken_by_somebody_else_are_seen(fresh, browser):
    seat = await sit(browser, fresh.app, None)
    await fresh.ok("/room add de_home de", "operator")
    step = seat.page.locator(".guide-step.next")
    await expect(step).to_have_attribute("data-step", "product")
    await expect(seat.page.locator(".guide button.try")).to_contain_text("/product add de_home")


async def test_the_steps_fit_a_phone_and_stay_out_of_the_other_channels(fresh, browser):
    seat = await sit(browser, fresh.app, None, size=PHONE)
    await expect(seat.page.locator(".guide")).to_be_visible()
    assert await seat.sideways() <= 0
    await seat.go("host")
    await expect(seat.page.locator(".guide")).to_be_hidden()


async def test_a_team_at_work_is_shown_no_first_steps(bot, browser):
    await bot.room()
    await bot.plan()
    seat = await sit(browser, bot.app, "olga")
    await expect(seat.message("is planned")).to_be_visible()
    await expect(seat.page.locator(".guide")).to_be_hidden()
