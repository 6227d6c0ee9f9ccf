"""The web chat in Chromium against the real bot: a browser, pages that belong to people, the demo's day to live."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from playwright.async_api import Browser, ConsoleMessage, Locator, Page, async_playwright, expect

from bot.app import App
from bot.clock import VirtualClock
from bot.demo import day
from bot.demo.matrix import PEOPLE
from bot.demo.play import demo_settings
from bot.keys import new_secret

CHROMIUM = shutil.which("chromium")
_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGS))
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Seat:
    """One person's page, with everything it complained about."""

    page: Page
    app: App
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        # A refused command is an HTTP status too; Chromium writes every one of them to the console.
        codes = ("400", "401", "403", "404", "410", "429")
        is_refusal = "Failed to load resource" in message.text and any(f" {code} " in message.text for code in codes)
        if message.type in ("error", "warning") and not is_refusal:
            self.complaints.append(f"{message.type}: {message.text}")

    async def go(self, channel: str) -> None:
        await self.page.click(f'.channel[data-channel="{channel}"]')
        await expect(self.page.locator(f'.feed-frame[data-channel="{channel}"]')).to_be_visible()

    async def say(self, text: str) -> None:
        """Types a line key by key into the composer and sends it."""
        box = self.page.locator("#composer")
        await box.click()
        await box.fill(text[:-1])
        await box.press_sequentially(text[-1:])
        await box.press("Escape")
        async with self.page.expect_response("**/api/say"):
            await box.press("Enter")
        await self.settle()

    def message(self, text: str) -> Locator:
        """The newest message with these words."""
        return self.page.locator(".message", has_text=text).last

    async def press(self, place: Locator, label: str) -> None:
        await self.tap(place.get_by_role("button", name=label, exact=True).first)

    async def tap(self, button: Locator) -> None:
        """Clicks something that acts at once, and lets the bot deliver what comes of it."""
        async with self.page.expect_response("**/api/press"):
            await button.click()
        await self.settle()

    async def settle(self) -> None:
        await self.app.run_until(self.app.clock.now())

    async def sideways(self) -> int:
        """How many pixels the page, or the channel on it, scrolls sideways."""
        return await self.page.evaluate(
            "() => Math.max(...[document.scrollingElement, document.querySelector('.feed')]"
            ".map((e) => e.scrollWidth - e.clientWidth))"
        )


async def sit(
    browser: Browser, app: App, person: str | None, *, size: dict[str, int] | None = None, theme: str = "light",
    port: int | None = None,
) -> Seat:  # fmt: skip
    """Opens the chat in a browser of its own; as `person`, picked in the switcher, where one is named."""
    size = size or DESKTOP
    is_phone = size["width"] < 760
    context = await browser.new_context(
        viewport=size, color_scheme=theme, has_touch=is_phone, is_mobile=is_phone, reduced_motion="reduce",
        device_scale_factor=1,
    )  # fmt: skip
    seat = Seat(await context.new_page(), app)
    await seat.page.goto(f"http://127.0.0.1:{port or app.web.port}/")
    await expect(seat.page.locator("#composer")).to_be_visible()
    if person is not None:
        await seat.page.locator(".me:visible").click()
        await seat.page.click(f'button.person[data-person="{person}"]')
        await expect(seat.page.locator("dialog")).to_have_count(0)
        await expect(seat.page.locator("#composer")).to_be_visible()
        await seat.page.wait_for_function(
            "(name) => document.querySelector('.me')?.textContent.includes(name)", arg=name_of(app, person)
        )
    return seat


def name_of(app: App, slug: str) -> str:
    return next(person.name for person in app._people if person.slug == slug)


@dataclass(slots=True)
class Stage:
    """The demo's day on a virtual clock, with whoever is not played left to the test."""

    app: App
    day: day.ShowDay

    async def until(self, at_s: float) -> None:
        """Lives on to so many seconds after the planned start; negative before it."""
        await self.reach(day.STARTS_AT + timedelta(seconds=at_s))

    async def reach(self, at: datetime) -> None:
        await self.day.advance(at)
        await self.tell_time()

    async def tell_time(self) -> None:
        await self.app.chat.listeners.tell_all("clock", clock=dict(self.app.clock_facts()))


@asynccontextmanager
async def stage(folder: Path, *, played: set[str], language: str = "en") -> AsyncIterator[Stage]:
    settings = demo_settings(folder, language, web_port=0, ingest_port=0)
    async with (
        App(settings, VirtualClock(day.BEGINS_AT), people=PEOPLE) as app,
        day.ShowDay(app, new_secret(), played=played) as show_day,
    ):
        await show_day.set_up()
        yield Stage(app, show_day)
