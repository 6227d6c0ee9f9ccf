"""A plan file in the browser: chosen by keyboard or dropped, looked at, imported."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.stage import sit

PLAN = b"room,when,length\nus_main,2027-03-20 20:00,2h\nus_man,fri 20:00,\n"
DROP = """text => {
  const data = new DataTransfer();
  data.items.add(new File([text], "dropped.csv", { type: "text/csv" }));
  for (const kind of ["dragenter", "dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
    if (kind === "dragover") window.wasVeiled = !document.querySelector(".drop-veil").hidden;
  }
}"""


async def test_a_file_is_chosen_by_keyboard_looked_at_and_imported(bot, browser):
    await bot.ok("/room add us_main us")
    seat = await sit(browser, bot.app, "olga")
    clip = seat.page.get_by_role("button", name="Bring a plan file")
    async with seat.page.expect_file_chooser() as chooser:
        await clip.press("Enter")
    await (await chooser.value).set_files({"name": "plan.csv", "mimeType": "text/csv", "buffer": PLAN})
    await expect(seat.page.locator("#composer")).to_have_value("/plan import d1")
    await expect(seat.page.locator("#composer")).to_be_focused()
    await seat.page.keyboard.press("Enter")
    await expect(seat.message("What plan.csv would plan")).to_contain_text("there is no room us_man")
    await seat.page.get_by_role("button", name="Import only the 1 good show").click()
    await expect(seat.message("has planned 1 show from plan.csv")).to_be_visible()
    assert seat.complaints == []


async def test_a_file_may_be_dropped_and_one_too_large_is_said(bot, browser):
    await bot.ok("/room add us_main us")
    seat = await sit(browser, bot.app, "olga")
    await seat.page.evaluate(DROP, PLAN.decode())
    await expect(seat.page.locator("#composer")).to_have_value("/plan import d1")
    assert await seat.page.evaluate("window.wasVeiled")
    await expect(seat.page.locator(".drop-veil")).to_be_hidden()
    await seat.page.evaluate(DROP, "x" * (1024 * 1024 + 1))
    await expect(seat.page.locator(".composer-failure")).to_contain_text("at most 1024 KB")
    assert seat.complaints == []


async def test_who_plans_nothing_is_shown_no_paper_clip(bot, browser):
    await bot.ok("/grant olga host")
    seat = await sit(browser, bot.app, "olga")
    await expect(seat.page.locator("#composer")).to_be_visible()
    await expect(seat.page.locator(".clip")).to_have_count(0)
