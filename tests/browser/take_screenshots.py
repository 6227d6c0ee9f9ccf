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
from tests.browser.stage import DESKTOP, PHONE, Stage, chromium, sit, stage

FOLDER = Path("docs/screenshots")
_COLOURS = 256
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


async def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    async with chromium() as browser:
        await _take_first_steps(browser, folder)
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
