"""A team comes together: the first admin at a desk, a host by the QR code on a phone, a nudge answered with one tap."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import unquote

import aiohttp
import pytest
import segno
from playwright.async_api import expect

from tests.browser.stage import DESKTOP, PHONE, Seat
from tests.front_door import SHOW_AT, Bot
from tests.signed_in import team

NEVER_LOOPBACK_NAME = "127.0.0.2"
"""An address that is reached like one in the network: no name of loopback the server would take unasked."""
TAP_PX = 44
WATCH_POLICY = (
    "window.broken = []; addEventListener('securitypolicyviolation', (e) => window.broken.push(e.violatedDirective));"
)


@pytest.fixture
async def chat(tmp_path):
    async with team(tmp_path, people=None, listen=NEVER_LOOPBACK_NAME) as running:
        yield running


async def open_(browser, chat, url, size=DESKTOP, **how):
    is_phone = size["width"] < 760
    context = await browser.new_context(viewport=size, has_touch=is_phone, is_mobile=is_phone, reduced_motion="reduce")
    seat = Seat(await context.new_page(), chat.app)
    await seat.page.add_init_script(WATCH_POLICY)
    for script in how.values():
        await seat.page.add_init_script(script)
    await seat.page.goto(url)
    return seat


async def first_admin(browser, chat, **how):
    desk = await open_(browser, chat, chat.app.first_admin_link, **how)
    await desk.page.get_by_label("Your name").fill("Anna")
    await desk.page.get_by_role("button", name="Sign in").click()
    await expect(desk.page.locator("#composer")).to_be_visible()
    return desk


async def invited(desk, person):
    """Types /invite and returns the link that is shown."""
    await desk.say(f"/invite {person}")
    shown = desk.message("Invite for")
    await expect(shown.locator(".qr")).to_be_visible()
    return shown, await shown.locator("code").text_content()


@asynccontextmanager
async def typing(desk, chat):
    """The desk's own session, for what is not worth typing in a browser."""
    cookies = {cookie["name"]: cookie["value"] for cookie in await desk.page.context.cookies()}
    async with aiohttp.ClientSession(cookies=cookies, headers={"Origin": chat.app.address}) as http:
        bot = Bot(chat.app, http)
        bot.chat = chat.app.address
        yield bot


async def low_targets(seat):
    """Whatever can be tapped and is lower than a thumb."""
    return await seat.page.evaluate(
        "(low) => [...document.querySelectorAll('button, a.button, input')].filter((e) => e.offsetParent)"
        ".filter((e) => e.getBoundingClientRect().height < low).map((e) => e.outerHTML.slice(0, 120))",
        TAP_PX,
    )


async def sideways(seat):
    return await seat.page.evaluate(
        "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
    )


async def test_a_host_joins_by_the_code_on_the_managers_screen_and_answers_a_nudge(chat, browser):
    desk = await first_admin(browser, chat)
    assert "#" not in desk.page.url.partition("/chat/")[2].replace("#team", "")
    async with typing(desk, chat) as bot:
        await bot.room()
        shown, link = await invited(desk, "mia")
        assert link.startswith(f"http://{NEVER_LOOPBACK_NAME}:{chat.app.web.port}/chat/join#")
        drawn = await shown.locator(".qr").get_attribute("src")
        assert unquote(drawn) == unquote(
            segno.make(link, error="m", micro=False).svg_data_uri(
                border=4, dark="#000", light="#fff", omitsize=True, xmldecl=False, svgclass=None, lineclass=None
            )
        )
        await bot.plan()
        phone = await open_(browser, chat, link, PHONE)
        await expect(phone.page.get_by_text("invited to Dewlight as Mia")).to_be_visible()
        assert (await low_targets(phone), await sideways(phone)) == ([], 0)
        await phone.page.get_by_role("button", name="Sign in as Mia").tap()
        await expect(phone.page.locator('.feed-frame[data-channel="host"]')).to_be_visible()
        assert link.partition("#")[2] not in phone.page.url
        assert await phone.page.locator(".channel").count() == 2, "the managers' channel is not a host's"
        await bot.advance(SHOW_AT)
        await bot.send([bot.line("stream", state="started")])
        await bot.advance(SHOW_AT + timedelta(minutes=40))
        nudge = phone.page.locator(".message.latest")
        await expect(nudge).to_be_visible()
        done = nudge.get_by_role("button", name="Done", exact=True)
        assert (await done.bounding_box())["height"] >= TAP_PX
        async with phone.page.expect_response("**/api/press") as pressed:
            await done.tap()
        assert (await pressed.value).status == 200
        await phone.settle()
        await expect(phone.page.locator(".message", has_text="Done").last).to_be_visible()
        assert await phone.sideways() <= 0
    assert (desk.complaints, phone.complaints) == ([], [])
    for seat in (desk, phone):
        assert await seat.page.evaluate("window.broken") == []


async def test_a_link_is_shown_once_and_can_be_copied_without_tls(chat, browser):
    """Beyond loopback, and without TLS, browsers have no clipboard for pages."""
    none = "Object.defineProperty(navigator, 'clipboard', { value: undefined });"
    desk = await first_admin(browser, chat, none=none)
    shown, link = await invited(desk, "anna")
    await shown.get_by_role("button", name="Copy").click()
    await expect(desk.page.locator(".notice", has_text="Copied")).to_be_visible()
    await desk.page.locator("#composer").focus()
    await desk.page.keyboard.press("Control+V")
    await expect(desk.page.locator("#composer")).to_have_value(link)
    await desk.page.locator("#composer").fill("")
    await desk.page.reload()
    again = desk.message("Invite for")
    await expect(again).to_contain_text("Shown once")
    await expect(again.locator(".qr")).to_have_count(0)
    assert link not in await desk.page.content()
    assert desk.complaints == []


async def test_old_and_wrong_links_say_so_and_a_code_can_be_typed(chat, browser):
    desk = await first_admin(browser, chat)
    _, link = await invited(desk, "anna")
    await chat.later(hours=25)
    late = await open_(browser, chat, link, PHONE)
    await expect(late.page.get_by_role("alert")).to_contain_text("24 hours")
    async with typing(desk, chat) as bot:
        block = next(b for b in (await bot.ok("/invite anna")).body["reply"]["blocks"] if b["type"] == "secret")
    code = block["text"].partition("#")[2]
    for n in range(5):
        await late.page.get_by_label("Code").fill(f"wrong {n}")
        await late.page.get_by_role("button", name="Go on").tap()
        await expect(late.page.get_by_role("alert")).to_contain_text("not one of ours")
    await late.page.get_by_role("button", name="Go on").tap()
    await expect(late.page.get_by_role("alert")).to_contain_text("Try again in 15 min")
    await chat.later(minutes=15)
    await late.page.get_by_label("Code").fill(code.lower())
    await late.page.get_by_role("button", name="Go on").tap()
    await late.page.get_by_role("button", name="Sign in as Anna").tap()
    await expect(late.page.locator("#composer")).to_be_visible()
    assert late.complaints == []


async def test_signing_out_from_the_page_and_from_elsewhere(chat, browser):
    desk = await first_admin(browser, chat)
    _, link = await invited(desk, "anna")
    phone = await open_(browser, chat, link, PHONE)
    await phone.page.get_by_role("button", name="Sign in as Anna").tap()
    await expect(phone.page.locator("#composer")).to_be_visible()

    await phone.page.locator(".me:visible").tap()
    rows = phone.page.locator(".session")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("this device")
    dialog = phone.page.locator("dialog")
    assert [html for html in await low_targets(phone) if "dialog" in html or 'class="button' in html] == []
    await rows.nth(1).get_by_role("button", name="Sign out").tap()
    await expect(rows).to_have_count(1)
    await expect(desk.page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    await expect(desk.page.locator("#composer")).to_have_count(0)

    await dialog.get_by_role("button", name="Sign out everywhere").tap()
    await expect(phone.page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    assert await phone.page.evaluate("Object.keys(sessionStorage).filter((k) => k.includes('history'))") == []
    assert await phone.page.context.cookies() == []
    await phone.page.get_by_role("link", name="I have a code").tap()
    await expect(phone.page).to_have_url(re.compile("/chat/join$"))
    await expect(phone.page.get_by_label("Code")).to_be_visible()
    assert (desk.complaints, phone.complaints) == ([], [])


async def test_the_page_of_somebody_unknown_speaks_their_language(chat, browser):
    context = await browser.new_context(viewport=PHONE, locale="zh-CN")
    page = await context.new_page()
    await page.goto(f"{chat.app.address}/chat/")
    await expect(page.get_by_role("heading", name="你还没有登录")).to_be_visible()
    await expect(page.locator(".gate-about")).to_contain_text("打开链接")
    await page.get_by_role("link", name="我有验证码").click()
    await expect(page.get_by_label("验证码")).to_be_visible()
