"""Takes the pictures of docs/screenshots from the demo's day: `python -m tests.browser.take_screenshots [FOLDER]`."""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page

from bot.app import App
from bot.clock import VirtualClock
from bot.demo.day import BEGINS_AT
from bot.demo.matrix import HOST, MANAGER, OPERATOR, PEOPLE
from bot.demo.play import demo_settings
from tests.browser.stage import DESKTOP, PHONE, Seat, Stage, chromium, sit, stage
from tests.signed_in import team

FOLDER = Path("docs/screenshots")
_COLOURS = 256
_PHONE_AGENT = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"
OPENED_S, CHECKLIST_S, ALERT_S, NUDGE_S, SUMMARY_S = -3060, -1500, 5600, 5630, 9000 + 330
"""The checklist when it has just come and when it is nearly done; the alert before it is acknowledged; the host's line;
the summary when it is out."""


@dataclass(frozen=True, slots=True)
class Shot:
    name: str
    person: str
    channel: str
    phone: bool = False
    theme: str = "light"
    says: str = ""


MOMENTS: tuple[tuple[str, float, tuple[Shot, ...]], ...] = (
    ("en", OPENED_S, (Shot("checklist-desktop-light-en", OPERATOR, "team"),)),
    ("en", CHECKLIST_S, (Shot("checklist-phone-dark-en", OPERATOR, "team", phone=True, theme="dark"),)),
    (
        "en",
        ALERT_S,
        (
            Shot("readme", OPERATOR, "team"),
            Shot("alert-desktop-dark-en", OPERATOR, "team", theme="dark"),
            Shot("alert-phone-light-en", OPERATOR, "team", phone=True),
        ),
    ),
    (
        "en",
        NUDGE_S,
        (
            Shot("host-phone-dark-en", HOST, "host", phone=True, theme="dark"),
            Shot("host-desktop-light-en", HOST, "host"),
        ),
    ),
    (
        "en",
        SUMMARY_S,
        (
            Shot("summary-desktop-light-en", MANAGER, "managers"),
            Shot("summary-phone-light-en", MANAGER, "managers", phone=True),
            Shot("tune-desktop-light-en", MANAGER, "team", says="/alert tune us_main"),
        ),
    ),
    ("zh-CN", CHECKLIST_S, (Shot("checklist-phone-light-zh", OPERATOR, "team", phone=True),)),
    (
        "zh-CN",
        ALERT_S,
        (
            Shot("alert-desktop-light-zh", OPERATOR, "team"),
            Shot("alert-phone-dark-zh", OPERATOR, "team", phone=True, theme="dark"),
        ),
    ),
    ("zh-CN", NUDGE_S, (Shot("host-phone-light-zh", HOST, "host", phone=True),)),
    (
        "zh-CN",
        SUMMARY_S,
        (
            Shot("summary-desktop-dark-zh", MANAGER, "managers", theme="dark"),
            Shot("summary-phone-dark-zh", MANAGER, "managers", phone=True, theme="dark"),
            Shot("tune-phone-dark-zh", MANAGER, "team", phone=True, theme="dark", says="/alert tune us_main"),
        ),
    ),
)


async def _take(browser: Browser, show: Stage, shot: Shot, folder: Path) -> None:
    seat = await sit(browser, show.app, None, size=PHONE if shot.phone else DESKTOP, theme=shot.theme)
    page = seat.page
    # Looking on must not take the person over from the script, as picking in the switcher would.
    await page.evaluate("(id) => sessionStorage.setItem('showcaller.person', JSON.stringify(id))", shot.person)
    await page.goto(f"{page.url.split('#')[0]}#{shot.channel}")
    await page.reload()
    await page.wait_for_selector(".message")
    await show.tell_time()
    if shot.says:
        before = await page.locator(".message table").count()
        await seat.say(shot.says)
        await page.wait_for_function("(n) => document.querySelectorAll('.message table').length > n", arg=before)
    await page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    await _keep(page, folder / f"{shot.name}.png")
    await page.context.close()


async def _keep(page: Page, path: Path) -> None:
    await page.wait_for_timeout(300)  # a picture, not a test: lets the fonts and the last layout come to rest
    path.write_bytes(_small(await page.screenshot()))
    sys.stdout.write(f"{path}  {path.stat().st_size // 1024} KB\n")


def _small(png: bytes) -> bytes:
    """Flat colours need no more than a palette."""
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    packed = io.BytesIO()
    picture.save(packed, "PNG", optimize=True)
    return packed.getvalue()


async def _take_first_steps(browser: Browser, folder: Path) -> None:
    """An empty database, one step done."""
    with tempfile.TemporaryDirectory() as temporary:
        settings = demo_settings(Path(temporary), "en", web_port=0, ingest_port=0)
        async with App(settings, VirtualClock(BEGINS_AT)) as app:
            seat = await sit(browser, app, None)
            await seat.say('/room add us_main us name="Our US room"')
            await seat.page.wait_for_selector('.guide-step.next[data-step="product"]')
            await _keep(seat.page, folder / "first-steps-desktop-light-en.png")
            await seat.page.context.close()


async def _take_team(browser: Browser, folder: Path, language: str) -> None:
    """A team with a sign-in comes together: the first admin, an invite with its code, a host's phone, both sessions."""
    mark = "zh" if language == "zh-CN" else "en"
    with tempfile.TemporaryDirectory() as temporary:
        shown_as = "http://192.168.1.20:8765"
        async with team(Path(temporary), people=None, language=language, start=BEGINS_AT, public_url=shown_as) as chat:

            async def open_(url: str, size: dict[str, int], theme: str) -> Seat:
                is_phone = size is PHONE
                context = await browser.new_context(
                    viewport=size, has_touch=is_phone, is_mobile=is_phone, color_scheme=theme, locale=language,
                    user_agent=_PHONE_AGENT if is_phone else None, reduced_motion="reduce", device_scale_factor=1,
                )  # fmt: skip
                seat = Seat(await context.new_page(), chat.app)
                await seat.page.goto(url.replace(shown_as, chat.base))
                return seat

            desk = await open_(chat.app.first_admin_link, DESKTOP, "light")
            await desk.page.locator("input").fill("林薇" if mark == "zh" else "Lin Wei")
            await _keep(desk.page, folder / f"first-admin-desktop-light-{mark}.png")
            await desk.page.locator(".button.primary").click()
            await desk.say("/host add mia name=Mia")
            await desk.say("/invite mia")
            link = await desk.page.locator(".secret code").text_content()
            await _keep(desk.page, folder / f"invite-desktop-light-{mark}.png")
            for theme in ("light", "dark"):
                phone = await open_(link, PHONE, theme)
                await phone.page.wait_for_selector(".gate-card .button.primary")
                await _keep(phone.page, folder / f"join-phone-{theme}-{mark}.png")
            await phone.page.locator(".button.primary").click()
            await phone.page.wait_for_selector("#composer")
            other = await open_(await _invite(desk, "mia"), DESKTOP, "dark")
            await other.page.locator(".button.primary").click()
            await other.page.wait_for_selector("#composer")
            for seat, name in ((phone, "phone-dark"), (other, "desktop-dark")):
                await seat.page.locator(".me:visible").click()
                await seat.page.wait_for_selector(".session:nth-child(2)")
                await _keep(seat.page, folder / f"sessions-{name}-{mark}.png")
            await desk.say("/signout person=mia")
            await phone.page.wait_for_selector(".gate-card h1")
            await _keep(phone.page, folder / f"signed-out-phone-dark-{mark}.png")


async def _invite(desk: Seat, person: str) -> str:
    await desk.say(f"/invite {person}")
    return await desk.page.locator(".secret code").last.text_content() or ""


async def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    async with chromium() as browser:
        await _take_first_steps(browser, folder)
        for language in ("en", "zh-CN"):
            await _take_team(browser, folder, language)
        for language in ("en", "zh-CN"):
            with tempfile.TemporaryDirectory() as temporary:
                played = {person.slug for person in PEOPLE}
                async with stage(Path(temporary), played=played, language=language) as show:
                    # The script goes on playing them; the pictures show the chat as a team of people has it.
                    show.app.chat.scripted = set()
                    for spoken, at_s, shots in MOMENTS:
                        if spoken != language:
                            continue
                        await show.until(at_s)
                        for shot in shots:
                            await _take(browser, show, shot, folder)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
