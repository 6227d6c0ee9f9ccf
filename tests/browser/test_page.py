"""The page around the messages: who you are, what is unread, what may ring, hostile words, a phone, a restart."""

from __future__ import annotations

import re
from datetime import timedelta

import aiohttp
from playwright.async_api import expect

from bot.app import App
from bot.clock import VirtualClock
from bot.demo.matrix import OPERATOR
from bot.demo.play import demo_settings
from tests.asked import rung
from tests.browser.stage import PHONE, sit, stage
from tests.front_door import BEGIN, PEOPLE, SHOW_AT, Bot

HOSTILE = "<img src=x onerror=window.taken=1><script>window.taken=1</script>"
HOSTILE_NAME = "<img src=x onerror=window.taken=1>"
"""As long as a person's name may be."""
SPY = """
    window.rung = [];
    const ask = Notification.requestPermission.bind(Notification);
    Notification.requestPermission = () => { window.rung.push("asked"); return ask(); };
    const Sound = window.AudioContext;
    window.AudioContext = class extends Sound { constructor() { super(); window.rung.push("sound"); } };
"""


async def test_a_new_visitor_is_the_first_admin_and_can_become_somebody_else(bot, browser):
    seat = await sit(browser, bot.app, None)
    await expect(seat.page.locator(".side-foot .me")).to_contain_text("Boss")
    await seat.page.locator(".side-foot .me").press("Enter")
    olga = seat.page.locator('button.person[data-person="olga"]')
    await expect(olga).to_be_visible()
    await olga.focus()
    await seat.page.keyboard.press("Enter")
    await expect(seat.page.locator(".side-foot .me")).to_contain_text("Olga")
    await seat.say("Good evening")
    await expect(seat.message("Good evening").locator(".author")).to_have_text("Olga")
    await seat.say("/room add us_main us")
    await expect(seat.page.locator(".composer-failure")).to_contain_text("manager")
    await seat.page.reload()
    await expect(seat.page.locator(".side-foot .me")).to_contain_text("Olga")


async def test_taking_over_stops_the_script(tmp_path, browser):
    async with stage(tmp_path, played={OPERATOR}) as show:
        seat = await sit(browser, show.app, None)
        await expect(seat.page.locator(".watching")).to_contain_text("script plays Lin Wei")
        await seat.page.locator(".watching button").click()
        await expect(seat.page.locator(".watching")).to_be_hidden()
        assert show.day.cast.played == set()


async def test_unread_messages_are_counted_in_the_title_until_they_are_read(bot, browser):
    seat = await sit(browser, bot.app, "olga")
    await seat.go("host")
    await expect(seat.page).to_have_title(re.compile(r"^Host · "))
    await bot.ok("One", "max")
    await bot.ok("Two", "max")
    await expect(seat.page).to_have_title(re.compile(r"^\(2\) "))
    await expect(seat.page.locator('.channel[data-channel="team"] .count')).to_have_text("2")
    await expect(seat.page.locator("#favicon")).to_have_attribute("href", re.compile("unread"))
    await seat.go("team")
    await expect(seat.page).to_have_title(re.compile(r"^Team · "))
    await expect(seat.page.locator(".new-line")).to_have_count(1)


async def test_nothing_rings_until_it_is_asked_for(bot, browser):
    seat = await sit(browser, bot.app, "olga")
    await seat.page.add_init_script(SPY)
    await seat.page.reload()
    await bot.room()
    await bot.plan()
    await bot.advance(SHOW_AT + timedelta(minutes=4))
    await expect(seat.page.locator(".message.tone-alert")).to_have_count(1)
    await seat.page.locator("#composer").click()
    assert await seat.page.evaluate("window.rung") == []
    await seat.page.get_by_role("button", name="Notifications and sound are off").click()
    await seat.page.locator(".toggle", has_text="Sound").locator("input").check()
    is_on = seat.page.get_by_role("button", name="Notifications or sound are on", include_hidden=True)
    await expect(is_on).to_have_count(1)
    assert await seat.page.evaluate("window.rung") == ["sound"]


async def test_hostile_words_are_shown_as_words(bot, browser):
    """Names and lines from anybody, viewers' comments from the stream: nothing of them becomes an element."""
    await bot.room()
    seat = await sit(browser, bot.app, "boss")
    await bot.ok(HOSTILE, "olga")
    await seat.say(f'/room edit us_main name="{HOSTILE}"')
    await seat.say(f'/product add us_main EVIL 9.90 name="{HOSTILE}" points="{HOSTILE}" stock=5')
    await seat.say(f'/host add eve name="{HOSTILE_NAME}" zone=Asia/Shanghai')
    await seat.say(f'/show plan us_main 2027-03-12 20:00 length=1h host=eve title="{HOSTILE}"')
    await bot.advance(SHOW_AT)
    await bot.send([bot.line("stream", state="started"), bot.line("comment", n=1, text=HOSTILE, user=HOSTILE)])
    await bot.advance(minutes=30)
    for line in ("/room info us_main", "/product list us_main", "/now", "/checklist show us_main-0312"):
        await seat.say(line)
        await expect(seat.page.locator("#composer")).to_have_value("")
    await expect(seat.page.locator(".message .text", has_text=HOSTILE).first).to_be_visible()
    for channel in ("host", "managers", "team"):
        await seat.go(channel)
        assert await seat.page.locator(".feed script, .feed img, .sidebar img[src=x]").count() == 0
    await seat.page.locator(".side-foot .me").click()
    await expect(seat.page.locator("dialog .person", has_text=HOSTILE_NAME)).to_be_visible()
    assert await seat.page.evaluate("window.taken ?? null") is None
    assert seat.complaints == []


async def test_every_button_of_an_unanswered_alert_is_in_reach_of_a_thumb(bot, browser):
    await rung(bot)
    await bot.advance(minutes=6)
    seat = await sit(browser, bot.app, "max", size=PHONE)
    await seat.go("managers")
    card = seat.message("an alert that nobody has taken")
    await expect(card.get_by_role("button")).to_have_count(4)
    for button in await card.get_by_role("button").all():
        box = await button.bounding_box()
        assert box["x"] + box["width"] <= PHONE["width"], await button.text_content()


async def test_a_phone_never_scrolls_sideways(bot, browser):
    await bot.ok("/room add us_main us")
    await bot.ok("x" * 400, "olga")
    seat = await sit(browser, bot.app, "olga", size=PHONE)
    assert await seat.sideways() <= 0
    for line in ("/help", "/help show plan", "/status", "/show plan us_main every fri 20:00 length=2h save=yes"):
        await seat.say(line)
        await expect(seat.page.locator(".message").last).to_be_visible()
        assert await seat.sideways() <= 0, line
    await seat.page.set_viewport_size({"width": 320, "height": 640})
    assert await seat.sideways() <= 0


async def test_undo_is_a_button_for_a_minute(bot, browser):
    await bot.room()
    await bot.plan()
    seat = await sit(browser, bot.app, "olga")
    await seat.say("/show cancel us_main")
    button = seat.message("is cancelled").get_by_role("button", name="Undo", exact=True)
    await seat.press(seat.message("is cancelled"), "Undo")
    await expect(seat.message("is on again")).to_be_visible()
    await bot.advance(seconds=59)
    await bot.app.chat.listeners.tell_all("clock", clock=dict(bot.app.clock_facts()))
    await expect(button).to_have_count(1)
    await button.focus()
    await bot.advance(seconds=1)
    await bot.app.chat.listeners.tell_all("clock", clock=dict(bot.app.clock_facts()))
    await expect(button).to_have_count(0)
    await expect(seat.page.locator(".message:focus")).to_contain_text("is cancelled")
    await seat.page.reload()
    await expect(seat.message("is on again")).to_be_visible()
    await expect(button).to_have_count(0)
    assert seat.complaints == []


async def test_a_restarted_server_is_found_again_and_nothing_is_missed(tmp_path, browser):
    async with Served(tmp_path) as bot:
        port = bot.app.web.port
        seat = await sit(browser, bot.app, "olga")
        await bot.ok("Before the restart", "max")
        await expect(seat.message("Before the restart")).to_be_visible()
    await expect(seat.page.locator(".banner.lost")).to_be_visible()
    await seat.page.locator("#composer").fill("Typed while it was down")
    await seat.page.keyboard.press("Enter")
    await expect(seat.page.locator(".composer-failure")).to_contain_text("cannot be reached")
    async with Served(tmp_path, port) as bot:
        await bot.ok("While nobody was connected", "max")
        await expect(seat.message("While nobody was connected")).to_be_visible(timeout=20_000)
        await expect(seat.page.locator(".banner.lost")).to_be_hidden()
        await expect(seat.page.locator(".message", has_text="Before the restart")).to_have_count(1)
        await seat.page.locator("#composer").press("Enter")
        await expect(seat.message("Typed while it was down")).to_be_visible()
        assert [said["text"] for said in await bot.messages()].count("Typed while it was down") == 1


class Served:
    """A bot on a database that is there already, on a port that is known already."""

    def __init__(self, folder, port: int = 0) -> None:
        self.app = App(demo_settings(folder, "en", web_port=port, ingest_port=0), VirtualClock(BEGIN), people=PEOPLE)
        self.http: aiohttp.ClientSession

    async def __aenter__(self) -> Bot:
        await self.app.__aenter__()
        self.http = aiohttp.ClientSession()
        return Bot(self.app, self.http)

    async def __aexit__(self, *error) -> None:
        await self.http.close()
        await self.app.__aexit__(*error)
