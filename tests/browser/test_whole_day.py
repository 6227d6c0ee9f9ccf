"""A show day worked by hand in the browser: operator, host and manager at three pages, nobody played by the script."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from bot.demo.day import ENDS_AT
from bot.demo.matrix import HOST, MANAGER, OPERATOR, PLAN
from tests.browser.stage import PHONE, Seat, Stage, sit, stage

COLD_S, COLD_END_S = 5520, 6000
LULL_END_S, GIVEAWAY_END_S, SHOW_END_S = 3300, 4500, 9000
BACKUP = "Backup line tested"


@pytest.fixture
async def show(tmp_path):
    async with stage(tmp_path, played=set()) as running:
        yield running


async def test_operator_host_and_manager_work_a_whole_day(show: Stage, browser: Browser):
    operator, host, manager = [await sit(browser, show.app, person) for person in (OPERATOR, HOST, MANAGER)]
    await plan(operator)
    await show.until(-3600)
    await check(operator, host, manager)
    await show.until(-590)
    await go(operator)
    await on_air_until_cold(show, operator)
    alert = await cold(show, operator, host)
    await all_clear(show, operator)
    summary = await summed_up(show, manager)
    await why(operator, alert)
    await settled(show, manager, summary)
    await fits_a_phone(browser, show)
    assert [seat.complaints for seat in (operator, host, manager)] == [[], [], []]


async def plan(operator: Seat) -> None:
    await operator.say(PLAN.format(title="Friday glow-up"))
    answer = operator.message("us_main-0312 is planned")
    await expect(answer).to_contain_text("Sat 13 Mar 09:00 Shanghai")
    await expect(operator.page.locator("#composer")).to_have_value("")


async def check(operator: Seat, host: Seat, manager: Seat) -> None:
    """Everybody ticks their rows; too early a go is refused with what is missing; one item is waived."""
    card = operator.message("us_main: checklist")
    await operator.press(card, "Go")
    await expect(card.locator(".failure")).to_contain_text("still open")
    await host.go("team")
    await manager.go("team")
    for seat, owner in ((host, "host"), (manager, "manager"), (operator, "operator")):
        theirs = seat.page.locator(".item-note", has_text=re.compile(rf"^{owner}(, required)?$"))
        rows = seat.message("us_main: checklist").locator(".item.state-open").filter(has=theirs)
        await expect(rows).not_to_have_count(0)
        for text in await rows.locator(".item-text").all_text_contents():
            if text == BACKUP:
                continue
            row = seat.message("us_main: checklist").locator(".item", has_text=text)
            await seat.tap(row.locator("button.tick"))
            await expect(row).to_have_class(re.compile("state-done"))
    await expect(card).to_contain_text("Mia Torres, 08:00 Shanghai")
    await waive(operator, "Cable arrives tomorrow")


async def waive(operator: Seat, reason: str) -> None:
    row = operator.message("us_main: checklist").locator(".item", has_text=BACKUP)
    await row.get_by_role("button", name="Waive").click()
    dialog = operator.page.locator("dialog")
    await dialog.locator("textarea").fill(reason)
    await operator.press(dialog, "Waive")
    await expect(dialog).to_have_count(0)
    await expect(row).to_have_class(re.compile("state-waived"))
    await expect(row).to_contain_text(reason)


async def go(operator: Seat) -> None:
    question = operator.message("go or no-go")
    await operator.press(question, "Go")
    await expect(operator.message("Lin Wei").last).to_be_visible()
    await expect(question.get_by_role("button", name="Go", exact=True)).to_have_count(0)


async def on_air_until_cold(show: Stage, operator: Seat) -> None:
    """The lull and the giveaway pass, and nothing rings."""
    await show.until(90)
    await expect(operator.message("is on air")).to_be_visible()
    for at_s in (LULL_END_S + 300, GIVEAWAY_END_S + 300, COLD_S):
        await show.until(at_s)
        await expect(operator.page.locator(".message.tone-alert")).to_have_count(0)
    assert await show.app.store.read(lambda tx: tx.alerts.open()) == []


async def cold(show: Stage, operator: Seat, host: Seat) -> str:
    """The alert comes in time; the operator takes it, the host says a line. Returns the alert's id."""
    ringing = operator.page.locator(".message.tone-alert", has_text="us_main: Cold room")
    at_s = COLD_S
    while not await show.app.store.read(lambda tx: tx.alerts.open()):
        at_s += 10
        assert at_s <= COLD_S + 240, "the alert is late"
        await show.until(at_s)
    await expect(ringing).to_be_visible()
    assert await ringing.locator(".say-line").count() == 3
    await operator.press(ringing, "I'm on it")
    await expect(operator.message("us_main: Cold room")).to_contain_text("Lin Wei took it at 10:33 Shanghai")

    await host.go("host")
    await show.until(at_s + 60)
    line = host.message("us_main is cold. Say this:")
    said = await line.locator(".say-line").text_content()
    await host.press(line, "Used it")
    await expect(host.message("Noted: used.").locator(".say-line")).to_have_text(said or "?")
    await expect(operator.message("us_main: Cold room")).to_contain_text("Used by Mia Torres")
    return (await show.app.store.read(lambda tx: tx.alerts.open()))[0].id


async def all_clear(show: Stage, operator: Seat) -> None:
    await show.until(COLD_END_S + 240)
    await expect(operator.message("Cold room: all clear")).to_have_class(re.compile("tone-good"))
    await expect(operator.page.locator(".message.tone-alert")).to_have_count(0)


async def summed_up(show: Stage, manager: Seat) -> str:
    """The summary with its chart; returns the message's id."""
    await show.until(SHOW_END_S + 320)
    await manager.go("managers")
    summary = manager.message("Friday glow-up")
    await expect(summary).to_contain_text("Provisional")
    await expect(summary).to_contain_text("Mia Torres used one")
    chart = summary.locator("img")
    await manager.page.wait_for_function("(image) => image.naturalWidth > 600", arg=await chart.element_handle())
    await expect(manager.page.locator(".pill")).to_be_hidden()
    await expect(manager.page.locator(".message.by-bot", has_text="Friday glow-up")).to_have_count(1)
    return await summary.get_attribute("data-id") or ""


async def why(operator: Seat, alert: str) -> None:
    await operator.say(f"/why {alert}")
    answer = operator.page.locator(".message.private").last
    await expect(answer).to_contain_text(re.compile("Lin Wei", re.DOTALL))
    await expect(answer).to_contain_text("Mia Torres")


async def settled(show: Stage, manager: Seat, summary: str) -> None:
    """The same message, in its place, with what the late orders changed."""
    await show.reach(ENDS_AT)
    message = manager.page.locator(f'.message[data-id="{summary}"]')
    await expect(message).to_contain_text("Settled: late orders and refunds are in")
    await expect(message).to_contain_text("US$5,713.60 → US$5,820.20")
    await manager.page.wait_for_function(
        "(image) => image.naturalWidth > 600", arg=await message.locator("img").element_handle()
    )


async def fits_a_phone(browser: Browser, show: Stage) -> None:
    phone = await sit(browser, show.app, MANAGER, size=PHONE)
    for channel in ("team", "host", "managers"):
        await phone.go(channel)
        await expect(phone.page.locator(".message").last).to_be_visible()
        assert await phone.sideways() <= 0, channel
    assert phone.complaints == []
