"""Presses and windows on Discord: buttons, lists to pick from, forms, further pages, also of an earlier process."""

from __future__ import annotations

from bot.core.records import Post
from bot.core.reply import Actions, Button, Heading, reply
from handlers import COMMANDS
from tests.chat.discord_app import on_discord, words


async def show_day(town):
    """A show whose checklist stands in #team: its message at Discord, and our id of it."""
    await town.bind("team", town.team)
    await town.bot.room()
    await town.bot.plan()
    await town.bot.advance(hours=1)
    return card_of(town)


def card_of(town):
    card = next(message for message in town.team.history() if "checklist" in (message.embeds[0].title or ""))
    return card, card.embeds[-1].footer.text


def list_called(card, name):
    selects = [part for row in card.components for part in row.children if part.type.value == 3]
    return next(select for select in selects if select.placeholder == name)


async def states(town):
    def work(tx):
        (show,) = tx.shows.planned()
        return {item.key: item.state for item in tx.checklists.items(show.id)}

    return await town.app.store.read(work)


async def pick(person, card, called, item):
    select = list_called(card, called)
    value = next(option.value for option in select.options if item in option.label)
    return await person.select(card, [value], custom_id=select.custom_id)


async def test_picking_an_item_ticks_it_and_the_card_follows(tmp_path):
    async with on_discord(tmp_path) as town:
        olga = await town.member("olga")
        card, _ = await show_day(town)
        shown = await pick(olga, card, "Tick", "Backup line")
        assert shown.ephemeral
        assert "Backup line tested: done." in words(shown.response)
        assert (await states(town))["network_backup"] == "done"
        await town.bot.advance(town.bot.now)
        assert "✅ Backup line tested — Olga" in words(card_of(town)[0])


async def test_what_was_on_a_message_before_a_restart_still_works(tmp_path):
    async with on_discord(tmp_path) as town:
        olga = await town.member("olga")
        card, _ = await show_day(town)
        await town.restart()
        shown = await pick(olga, card, "Tick", "Backup line")
        assert "Backup line tested: done." in words(shown.response)
        window = await pick(olga, card, "Blocked", "Key light")
        await town.restart()
        await olga.submit_modal(window, {"reason": "the lamp is broken"})
        assert (await states(town))["light_key"] == "blocked"


async def test_a_form_is_a_window_and_what_is_written_there_is_the_reason(tmp_path):
    async with on_discord(tmp_path) as town:
        olga = await town.member("olga")
        card, _ = await show_day(town)
        window = await pick(olga, card, "Blocked", "Key light")
        (label,) = window.modal["components"]
        assert (label["component"]["style"], label["component"]["max_length"]) == (2, 2000)
        assert len(window.modal["title"]) <= 45
        assert (await states(town))["light_key"] == "open"
        done = await olga.submit_modal(window, {"reason": "the lamp is broken"})
        assert done.ephemeral or done.response is None
        await town.bot.advance(town.bot.now)
        assert "the lamp is broken" in words(card_of(town)[0])


async def test_who_may_not_press_a_button_with_a_form_is_told_before_writing_anything(tmp_path):
    async with on_discord(tmp_path) as town:
        vera = await town.member("vera")
        card, message = await show_day(town)
        shown = await vera.click(card, custom_id=await town.custom_id(message, "checklist no_go"))
        assert shown.modal is None
        assert shown.ephemeral
        assert "/checklist no_go" in words(shown.response)
        tried = await town.app.store.read(lambda tx: tx.audit.of_subject("checklist no_go"))
        assert [(entry.actor, entry.action) for entry in tried] == [("vera", "refused")]


async def test_a_reason_left_out_of_a_slash_command_is_asked_for_in_a_window(tmp_path):
    async with on_discord(tmp_path) as town:
        olga = await town.member("olga")
        await show_day(town)
        window = await olga.slash(town.team, "checklist block", show="us_main", item="light_key")
        assert window.modal is not None
        await town.restart()
        done = await olga.submit_modal(window, {"reason": "lamp\nbroken"})
        assert not done.deferred
        assert (await states(town))["light_key"] == "blocked"
        given = await olga.slash(town.team, "checklist block", show="us_main", item="network_backup", reason="no SIM")
        assert given.modal is None
        assert (await states(town))["network_backup"] == "blocked"


async def test_who_may_not_use_the_command_gets_no_window(tmp_path):
    async with on_discord(tmp_path) as town:
        vera = await town.member("vera")
        await show_day(town)
        shown = await vera.slash(town.team, "checklist block", show="us_main", item="light_key")
        assert (shown.modal, shown.ephemeral) == (None, True)


async def test_a_window_is_over_once_another_one_was_opened(tmp_path):
    async with on_discord(tmp_path) as town:
        olga = await town.member("olga")
        await show_day(town)
        first = await olga.slash(town.team, "checklist block", show="us_main", item="light_key")
        second = await olga.slash(town.team, "checklist block", show="us_main", item="network_backup")
        over = await olga.submit_modal(first, {"reason": "late"})
        assert over.ephemeral
        assert "window is over" in words(over.response)
        await olga.submit_modal(second, {"reason": "no SIM"})
        found = await states(town)
        assert (found["light_key"], found["network_backup"]) == ("open", "blocked")


async def test_a_slow_press_is_acknowledged_without_a_word_and_answered_aside(tmp_path):
    async with on_discord(tmp_path) as town:
        olga = await town.member("olga")
        card, _ = await show_day(town)
        async with town.slow_disk() as gate:
            shown = await pick(olga, card, "Tick", "Backup line")
            assert shown.acknowledged
            assert shown.followups == []
            gate.set()
        (notice,) = shown.followups
        assert notice.ephemeral
        assert "Backup line tested: done." in words(notice)


async def test_a_press_sent_twice_is_done_once(tmp_path):
    async with on_discord(tmp_path) as town:
        olga = await town.member("olga")
        card, _ = await show_day(town)
        with town.overheard() as heard:
            await pick(olga, card, "Tick", "Backup line")
        before = len(town.team.history())
        await town.send_again(heard[0])
        ticks = await town.app.store.read(lambda tx: [entry.action for entry in tx.audit.newest(20)])
        assert ticks.count("checklist.tick") == 1
        assert len(town.team.history()) == before


async def test_buttons_that_do_not_fit_are_on_a_page_for_whoever_asks(tmp_path):
    async with on_discord(tmp_path) as town:
        vera = await town.member("vera")
        await town.bind("team", town.team)
        paths = [command.path for command in COMMANDS.commands][:40]
        buttons = tuple(Button(path, "help", {"about": path}) for path in paths)
        post = Post("many", "team", "session", reply(Heading("Much to press"), Actions(buttons)))
        await town.app.store.write(lambda tx: tx.outbox.post(post, town.bot.now))
        await town.bot.advance(town.bot.now)
        (message,) = town.team.history()
        page = await vera.click(message, custom_id="m1:+2")
        assert page.ephemeral
        last = await vera.click(page.response, label=paths[-1])
        assert last.ephemeral
        assert f"/{paths[-1]}" in words(last.response)


async def test_a_button_that_is_not_ours_is_refused(tmp_path):
    async with on_discord(tmp_path) as town:
        vera = await town.member("vera")
        card, message = await show_day(town)
        with town.overheard() as heard:
            await vera.click(card, custom_id=await town.custom_id(message, "checklist go"))
        for name in (f"{message}:0000000000", "m999:8289d64b4f", "m11:+99", "something else", f"{message}:pick1"):
            shown = await town.send_again(heard[0], data={"custom_id": name, "component_type": 2})
            assert shown.ephemeral, name
            assert "button" in words(shown.response), name


async def test_a_window_that_comes_too_late_for_discord_changes_nothing(tmp_path):
    async with on_discord(tmp_path) as town:
        olga = await town.member("olga")
        card, _ = await show_day(town)
        town.env.inject_error("POST", "/interactions/*/*/callback", status=404, code=10062)
        shown = await pick(olga, card, "Blocked", "Key light")
        assert not shown.acknowledged
        assert (await states(town))["light_key"] == "open"


async def test_a_slow_window_of_a_command_is_thought_about_and_then_answered(tmp_path):
    async with on_discord(tmp_path) as town:
        olga = await town.member("olga")
        await show_day(town)
        window = await olga.slash(town.team, "checklist block", show="us_main", item="light_key")
        async with town.slow_disk() as gate:
            shown = await olga.submit_modal(window, {"reason": "lamp broken"})
            assert shown.deferred
            gate.set()
        told = [shown.response, *shown.followups]
        assert any("Key light" in words(message) for message in told if message is not None)
        assert (await states(town))["light_key"] == "blocked"


async def test_a_window_sent_in_twice_is_answered_as_before(tmp_path):
    async with on_discord(tmp_path) as town:
        olga = await town.member("olga")
        await show_day(town)
        window = await olga.slash(town.team, "checklist block", show="us_main", item="light_key")
        with town.overheard() as heard:
            first = await olga.submit_modal(window, {"reason": "lamp broken"})
        before = words(first.response)
        again = await town.send_again(heard[0])
        assert words(again.response) == before
        done = await town.app.store.read(lambda tx: [entry.action for entry in tx.audit.newest(20)])
        assert done.count("checklist.block") == 1


async def test_no_window_is_opened_for_a_button_of_a_message_that_stands_elsewhere(tmp_path):
    async with on_discord(tmp_path) as town:
        olga, boss = await town.member("olga"), await town.member("boss")
        card, message = await show_day(town)
        form = await town.custom_id(message, "checklist no_go")
        with town.overheard() as heard:
            await boss.click(card, custom_id=await town.custom_id(message, "checklist go"))
        elsewhere = town.guild.create_text_channel("elsewhere")
        await town.env.settle()
        lure = await olga.slash(elsewhere, "room list")
        told = heard[0]["message"] | {"id": str(lure.response.id), "channel_id": str(elsewhere.id)}
        data = heard[0]["data"] | {"custom_id": form}
        shown = await town.send_again(heard[0], message=told, data=data)
        assert shown.modal is None
        assert shown.ephemeral
        page = await town.send_again(heard[0], message=told, data=data | {"custom_id": f"{message}:+2"})
        assert "not there" in words(page.response) or "button" in words(page.response).lower()
