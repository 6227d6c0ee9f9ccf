"""Typing in the browser: completion and hints by keyboard, mistakes one tap from being right."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.stage import sit


async def test_a_command_is_written_by_keyboard_alone(bot, browser):
    await bot.ok("/room add us_main us")
    seat = await sit(browser, bot.app, "olga")
    keys = seat.page.keyboard
    offered = seat.page.locator(".option")
    await seat.page.locator("body").press("/")
    await expect(seat.page.locator("#composer")).to_be_focused()
    await keys.type("sh")
    await expect(offered.first).to_contain_text("/show plan")
    await expect(offered.first).to_have_attribute("aria-selected", "true")
    await keys.press("Tab")
    await expect(seat.page.locator("#composer")).to_have_value("/show plan ")
    await expect(seat.page.locator(".usage mark")).to_have_text(re.compile("room", re.IGNORECASE))
    await expect(offered.first).to_contain_text("us_main")
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await expect(seat.page.locator("#composer")).to_have_value("/show plan us_main ")
    await expect(seat.page.locator(".usage mark")).to_have_text(re.compile("when", re.IGNORECASE))
    await expect(seat.page.locator(".arg-help")).to_contain_text("when")
    await keys.type("fri 20:00")
    await keys.press("Escape")
    await expect(seat.page.locator(".completions")).to_be_hidden()
    async with seat.page.expect_response("**/api/say") as answer:
        await keys.press("Enter")
    assert (await answer.value).status == 200
    await expect(seat.message("is planned")).to_contain_text("Fri 12 Mar 20:00 New York")
    await keys.press("ArrowUp")
    await expect(seat.page.locator("#composer")).to_have_value("/show plan us_main fri 20:00")
    assert seat.complaints == []


async def test_a_mistake_says_what_to_type_and_a_tap_types_it(bot, browser):
    await bot.ok("/room add us_main us")
    seat = await sit(browser, bot.app, "olga")
    await seat.say("/now us_man")
    failure = seat.page.locator(".composer-failure")
    await expect(failure).to_contain_text("us_man")
    await expect(seat.page.locator("#composer")).to_have_value("/now us_man")
    suggestion = (await failure.locator("code").text_content() or "").strip()
    await failure.locator("button.try").click()
    await expect(seat.page.locator("#composer")).to_have_value(suggestion)
    await expect(seat.page.locator("#composer")).to_be_focused()
    async with seat.page.expect_response("**/api/say") as answer:
        await seat.page.keyboard.press("Enter")
    assert (await answer.value).status == 200
    await expect(failure).to_be_empty()


async def test_each_channel_keeps_its_own_draft(bot, browser):
    seat = await sit(browser, bot.app, "olga")
    box = seat.page.locator("#composer")
    await box.fill("half a thought")
    await seat.go("host")
    await expect(box).to_have_value("")
    await seat.page.keyboard.press("Alt+ArrowUp")
    await expect(box).to_have_value("half a thought")
