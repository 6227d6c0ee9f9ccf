"""One show day through the front door, from an empty database to the settled summary."""

from __future__ import annotations

from datetime import timedelta

from tests.front_door import SHOW_AT


async def test_a_plan_leads_to_a_checklist_a_go_and_a_session(bot):
    await bot.room()
    show = await bot.plan()
    await bot.advance(SHOW_AT - timedelta(minutes=60))
    card = await bot.find("checklist")
    assert "[ ]" in card["text"]
    await bot.advance(SHOW_AT - timedelta(minutes=9))
    question = await bot.find("go or no-go")
    refused = await bot.press_command(question["id"], "checklist go", "olga")
    assert refused.status == 400
    assert "still open" in refused.text
    for item in [
        item
        for item in await bot.app.store.read(lambda tx: tx.checklists.items(show))
        if item.required and item.state == "open"
    ]:
        ticked = await bot.press_command(card["id"], "checklist tick", "olga", item=item.key)
        assert ticked.status == 200, ticked.body
    said = await bot.press_command(question["id"], "checklist go", "olga")
    assert said.status == 200, said.body
    await bot.advance(SHOW_AT)
    answer = await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=300)])
    assert (answer.status, answer.body) == (202, {"accepted": 2, "duplicates": 0})
    await bot.advance(seconds=1)
    assert "is on air" in (await bot.find("is on air"))["text"]
    await bot.advance(minutes=10)
    await bot.send(
        [bot.line("order", n=1, gmv="19.90", currency="USD", order_id="o1"), bot.line("stream", state="ended")]
    )
    await bot.advance(minutes=6)
    summary = await bot.find("Provisional", "managers")
    assert "US$19.90" in summary["text"]
    await bot.send([bot.line("order", n=1, gmv="5.10", currency="USD", order_id="o2")])
    await bot.advance(hours=25)
    settled = await bot.find("Settled", "managers")
    assert settled["id"] == summary["id"]
    assert "US$25.00" in settled["text"]
