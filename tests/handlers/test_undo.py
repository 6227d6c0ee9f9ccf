"""A minute to take a deed back: what it restores, who hears of it, and when it is refused; through the chat."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from handlers import COMMANDS, cancelling, changes, takeback
from handlers.undo import UNDO_S, Way
from tests.front_door import BEGIN, SHOW_AT, running
from tests.standing import state

SHOW = "us_main-0312"


async def shown(bot, channel):
    return [message["text"] for message in await bot.messages(channel)]


async def audit(bot, n=1):
    return await bot.app.store.read(lambda tx: tx.audit.newest(n))


@pytest.fixture
async def planned(bot):
    await bot.room()
    await bot.plan()
    return bot


@pytest.fixture
async def on_the_day(planned):
    """Forty minutes before the show, with its checklist out."""
    await planned.advance(SHOW_AT - timedelta(minutes=40))
    return planned


def told(answer):
    lines = answer.text.splitlines()
    buttons = [f"({button['label']})" for button in (answer.body.get("reply") or {}).get("buttons", ())]
    instead = [f"> {answer.body['try']}"] if answer.body.get("try") else []
    return [*lines, *buttons, *instead]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_what_people_read(tmp_path, language, snapshot):
    async with running(tmp_path, language=language) as bot:
        seen = {}
        await bot.room()
        await bot.ok("/room add uk_main uk")
        await bot.plan(title='"Friday night"')
        seen["nothing"] = told(await bot.say("/undo", "max"))
        seen["waived"] = told(await bot.ok(f"/checklist waive {SHOW} sound_lapel the cable is new", "olga"))
        seen["not waived"] = told(await bot.ok("/undo", "olga"))
        seen["cancelled"] = told(await bot.ok(f"/show cancel {SHOW} power cut", "olga"))
        seen["no right"] = told(await bot.say("/undo u3", "mia"))
        await bot.advance(seconds=10)
        seen["back on"] = told(await bot.ok("/undo u3", "max", "managers"))
        seen["host"] = (await shown(bot, "host"))[-2:]
        seen["team"] = (await shown(bot, "team"))[-1:]
        seen["managers"] = [text for text in await shown(bot, "managers") if "/undo" not in text][:1]
        seen["twice"] = told(await bot.say("/undo u3", "olga"))
        seen["archived"] = told(await bot.ok("/room archive uk_main", "max"))
        await bot.advance(seconds=UNDO_S)
        seen["too late"] = told(await bot.say("/undo", "max"))
        seen["restored"] = told(await bot.ok("/room restore uk_main", "max"))
        seen["not archived"] = told(await bot.say("/room restore uk_main", "max"))
        await bot.ok(f"/show cancel {SHOW}", "olga")
        await bot.ok("/show plan us_main 2027-03-12 20:30 length=1h", "max")
        seen["time taken"] = told(await bot.say("/undo", "olga"))
        await bot.advance(seconds=UNDO_S)
        seen["too late for the show"] = told(await bot.say("/undo", "olga"))
        seen["unknown"] = told(await bot.say("/undo u99", "olga"))
        seen["audit"] = (await bot.ok("/audit n=9", "max")).text.splitlines()
        seen["why"] = [line for line in (await bot.ok(f"/why {SHOW}", "olga")).text.splitlines() if "Olga" in line]
        assert snapshot == seen


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_what_people_read_of_a_series_and_of_an_end(tmp_path, language, snapshot):
    async with running(tmp_path, language=language) as bot:
        seen = {}
        await bot.room()
        await bot.ok('/show plan us_main every fri 20:00 length=90m host=mia benefit="a free bulb" save=yes')
        seen["cancelled"] = told(await bot.ok("/show cancel us_main-0319 series=yes save=yes", "olga"))
        seen["back on"] = told(await bot.ok("/undo", "olga"))
        await bot.ok("/show cancel us_main-0319 series=yes save=yes", "olga")
        await bot.advance(seconds=UNDO_S)
        seen["too late"] = told(await bot.say("/undo", "olga"))
        await bot.advance(SHOW_AT)
        await bot.ok("/show start us_main", "olga")
        seen["ended"] = told(await bot.ok("/show end us_main", "olga"))
        seen["goes on"] = told(await bot.ok("/undo", "olga"))
        await bot.ok("/show end us_main", "olga")
        await bot.advance(seconds=UNDO_S)
        seen["too late to go on"] = told(await bot.say("/undo", "olga"))
        assert snapshot == seen


async def test_a_cancelled_show_is_exactly_what_it_was(on_the_day):
    bot = on_the_day
    await bot.ok(f"/checklist no_go {SHOW} no light", "olga")
    before, card = await state(bot), await bot.find("checklist")
    answer = await bot.ok(f"/show cancel {SHOW}", "olga")
    assert before != await state(bot)
    assert card["blocks"] != (await bot.find("checklist"))["blocks"]
    await bot.advance(seconds=59)
    await bot.press_command(answer.body["reply"]["id"], "undo", "olga")
    assert before == await state(bot)
    assert card["blocks"] == (await bot.find("checklist"))["blocks"]


async def test_whoever_read_that_it_is_off_hears_that_it_is_on(planned):
    bot = planned
    await bot.ok(f"/show cancel {SHOW} power cut", "max", "managers")
    await bot.ok("/undo", "max", "managers")
    for channel in ("team", "host"):
        off, on = [text for text in await shown(bot, channel) if SHOW in text][-2:]
        assert "is cancelled" in off
        assert "Max took this back" in off, "who scrolls back is not misled"
        assert "is on again" in on
    managers = await shown(bot, "managers")
    assert 1 == sum("is on again" in text for text in managers), "the answer says it there"


async def test_every_channel_hears_of_it_once_wherever_it_is_undone(planned):
    bot = planned
    await bot.ok(f"/show cancel {SHOW}", "olga", "team")
    await bot.ok("/undo u2", "max", "managers")
    for channel in ("team", "managers", "host"):
        assert 1 == sum("is on again" in text for text in await shown(bot, channel)), channel


async def test_a_show_cancelled_again_is_told_again(planned):
    bot = planned
    for _ in range(2):
        await bot.ok(f"/show cancel {SHOW}", "olga")
        await bot.ok("/undo", "olga")
    await bot.ok(f"/show cancel {SHOW} for good", "olga")
    assert 3 == sum("is cancelled" in text for text in await shown(bot, "host"))
    assert "for good" in (await bot.find("for good", "host"))["text"]


async def test_what_fell_due_in_the_minute_is_not_lost(planned):
    """The no-show question, the reminder, the checklist: they come late, as after any pause."""
    bot = planned
    await bot.advance(SHOW_AT - timedelta(hours=1, seconds=20))
    await bot.ok(f"/show cancel {SHOW}", "olga")
    await bot.advance(seconds=40)
    assert not [text for text in await shown(bot, "team") if "Progress" in text]
    await bot.ok("/undo", "olga")
    assert await bot.find("Progress")
    await bot.advance(SHOW_AT + timedelta(minutes=2, seconds=40))
    await bot.ok(f"/show cancel {SHOW}", "olga")
    await bot.advance(seconds=50)
    await bot.ok("/undo", "olga")
    assert "nothing on air" in (await bot.find("nothing on air"))["text"]


async def test_what_had_happened_before_does_not_happen_again(on_the_day):
    bot = on_the_day
    await bot.advance(SHOW_AT - timedelta(minutes=5))
    before = await shown(bot, "team")
    await bot.ok(f"/show cancel {SHOW}", "max", "managers")
    await bot.ok("/undo", "max", "managers")
    more = [text for text in await shown(bot, "team") if text not in before]
    assert 2 == len(more), more
    assert "is on again" in more[-1]


async def test_the_question_about_a_missing_stream_is_asked_again(on_the_day):
    bot = on_the_day
    await bot.advance(SHOW_AT + timedelta(minutes=4))
    question = await bot.find("nothing on air")
    answer = await bot.press_command(question["id"], "show cancel", "olga", {"reason": "ill"})
    assert [] == [m for m in await bot.messages() if m["id"] == question["id"] and m["buttons"]]
    await bot.press_command(answer.body["reply"]["id"], "undo", "olga")
    again = next(message for message in await bot.messages() if message["id"] == question["id"])
    assert (question["text"], question["buttons"]) == (again["text"], again["buttons"])


async def test_a_stream_that_began_meanwhile_becomes_the_show(on_the_day):
    bot = on_the_day
    await bot.advance(SHOW_AT)
    await bot.ok(f"/show cancel {SHOW}", "olga")
    await bot.send([bot.line("concurrent", n=100)])
    await bot.ok("/undo", "olga")
    await bot.advance(seconds=5)
    await bot.send([bot.line("concurrent", n=100)])
    show = await bot.app.store.read(lambda tx: tx.shows.get(SHOW))
    assert "live" == show.state


async def test_a_product_that_came_meanwhile_is_in_the_rundown(tmp_path):
    plans = []
    for deeds in (True, False):
        async with running(tmp_path / str(deeds)) as bot:
            await bot.room()
            await bot.plan()
            if deeds:
                await bot.ok(f"/show cancel {SHOW}", "olga")
            await bot.ok("/product add us_main P3 9.90 stock=3", "olga")
            if deeds:
                await bot.ok("/undo u2", "olga")
            plans.append((await state(bot))[-1])
    assert plans[0] == plans[1]


async def test_a_series_goes_on(bot):
    await bot.room()
    await bot.ok("/show plan us_main every fri 20:00 length=1h host=mia save=yes")
    before = await state(bot)
    await bot.ok("/show cancel us_main-0319 series=yes save=yes", "olga")
    await bot.ok("/undo", "olga")
    assert before == await state(bot)
    entries = await audit(bot, 14)
    assert {"undo", "show.cancel"} == {entry.action for entry in entries}
    by_number = {entry.number: entry for entry in entries}
    for entry in entries[:7]:
        taken_back = by_number[entry.detail["undoes"]]
        assert (taken_back.subject, "show.cancel") == (entry.subject, taken_back.action)


async def test_one_show_of_a_series_that_ended_meanwhile_stays_off(bot):
    await bot.room()
    await bot.ok("/show plan us_main every fri 20:00 length=1h host=mia save=yes")
    await bot.ok("/show cancel us_main-0402", "olga")
    await bot.ok("/show cancel us_main-0319 series=yes save=yes", "max")
    refused = await bot.say("/undo", "olga")
    assert 409 == refused.status
    assert "Max has changed it since" in refused.text
    await bot.ok("/undo", "max")
    await bot.ok("/undo", "olga")


async def test_a_button_pressed_late_twice_or_by_others(planned):
    bot = planned
    deed = (await bot.ok(f"/show cancel {SHOW}", "olga")).body["reply"]["id"]
    assert 403 == (await bot.press_command(deed, "undo", "vera")).status
    assert 403 == (await bot.press_command(deed, "undo", "mia")).status
    assert 200 == (await bot.press_command(deed, "undo", "max")).status, "anybody who could have done it"
    again = await bot.press_command(deed, "undo", "olga")
    assert (409, f"/why {SHOW}") == (again.status, again.body["try"])
    assert "by Max" in again.text
    deed = (await bot.ok(f"/show cancel {SHOW}", "olga")).body["reply"]["id"]
    await bot.advance(seconds=UNDO_S)
    late = await bot.press_command(deed, "undo", "olga")
    assert 409 == late.status
    assert 200 == (await bot.say(late.body["try"], "olga")).status, "what it says to type works"
    assert 1 == sum(show.state == "planned" for show in (await state(bot))[0])


async def test_the_line_to_type_plans_the_same_show(bot):
    await bot.room()
    await bot.plan(title='“a "big" night”', benefit='"a free bulb"', likes_goal="900")
    [show] = (await state(bot))[0]
    await bot.ok(f"/show cancel {SHOW}", "olga")
    await bot.advance(seconds=UNDO_S)
    await bot.ok((await bot.say("/undo", "olga")).body["try"], "olga")
    again = next(item for item in (await state(bot))[0] if item.state == "planned")
    assert replace(show, id=again.id) == again


@pytest.mark.parametrize(
    "phrase", ["every fri 20:00", "every tue,fri 20:00 x9", "every 2 weeks fri 20:00 until 2027-06-01"]
)
async def test_the_line_to_type_plans_the_rest_of_the_series(bot, phrase):
    await bot.room()
    await bot.ok(f"/show plan us_main {phrase} length=1h host=mia save=yes")
    await bot.ok("/show cancel us_main-0326 series=yes save=yes", "olga")
    off = [show.starts_at for show in (await state(bot))[0] if show.state == "cancelled"]
    await bot.advance(seconds=UNDO_S)
    await bot.ok((await bot.say("/undo", "olga")).body["try"] + " save=yes", "olga")
    on = [show.starts_at for show in (await state(bot))[0] if show.state == "planned" and show.starts_at >= off[0]]
    assert off == on[: len(off)]
    if "x9" in phrase:
        assert 9 == len({show.starts_at for show in (await state(bot))[0]})


async def test_a_managers_deed_is_not_an_operators_to_take_back(bot):
    await bot.ok("/room add us_main us")
    archived = (await bot.ok("/room archive us_main", "max")).body["reply"]["id"]
    refused = await bot.press_command(archived, "undo", "olga")
    assert 403 == refused.status
    assert "manager" in refused.text
    await bot.ok("/grant olga manager room=us_main")
    assert 200 == (await bot.press_command(archived, "undo", "olga")).status


async def test_rights_in_another_room_are_none_here(planned):
    bot = planned
    await bot.ok("/room add uk_main uk")
    await bot.ok("/grant vera operator room=uk_main")
    cancelled = (await bot.ok(f"/show cancel {SHOW}", "olga")).body["reply"]["id"]
    assert 403 == (await bot.press_command(cancelled, "undo", "vera")).status
    await bot.ok("/revoke olga")
    assert 403 == (await bot.say("/undo", "olga")).status, "whoever lost the right cannot take back either"
    await bot.ok("/grant vera operator room=us_main")
    assert 200 == (await bot.press_command(cancelled, "undo", "vera")).status


async def test_revoked_roles_are_given_back(bot):
    await bot.ok("/room add us_main us")
    await bot.ok("/grant olga manager room=us_main")
    before = await bot.app.store.read(lambda tx: tx.people.rights("olga"))
    revoked = (await bot.ok("/revoke olga")).body["reply"]
    assert 403 == (await bot.say("/room info us_main", "olga")).status
    assert 403 == (await bot.say("/undo u1", "max")).status, "a manager's role is an admin's to hand out"
    await bot.press_command(revoked["id"], "undo")
    assert before == await bot.app.store.read(lambda tx: tx.people.rights("olga"))
    both = [entry for entry in await audit(bot, 9) if entry.action in ("undo", "revoke")]
    assert [both[2].number, both[3].number] == [entry.detail["undoes"] for entry in both[:2]]
    assert ["everywhere", "room=us_main"] == sorted(entry.after["scope"] for entry in both[:2])
    assert ["operator", "manager"] == [entry.after["role"] for entry in reversed(both[:2])]
    await bot.ok("/revoke olga room=us_main")
    await bot.ok("/grant olga host room=us_main")
    refused = await bot.say("/undo")
    assert "Boss has changed it since" in refused.text
    await bot.ok("/revoke olga room=us_main")
    await bot.advance(seconds=UNDO_S)
    await bot.ok((await bot.say("/undo")).body["try"])
    assert "host" == (await bot.app.store.read(lambda tx: tx.people.grants("olga")))[0].role.name.lower()


async def test_only_the_own_latest_is_meant_without_an_id(planned):
    bot = planned
    await bot.ok("/room add uk_main uk")
    await bot.ok("/room archive uk_main", "max")
    await bot.ok(f"/show cancel {SHOW}", "olga")
    await bot.ok("/undo", "max")
    assert [None, None] == [room.archived_at for room in (await state(bot))[3]]
    assert ["cancelled"] == [show.state for show in (await state(bot))[0]]


async def test_an_archived_room_is_offered_where_it_can_be_restored(bot):
    await bot.ok("/room add us_main us")
    await bot.ok("/room add uk_main uk")
    await bot.ok("/room archive uk_main", "max")

    async def offered(text):
        async with bot.http.get(f"{bot.chat}/chat/api/complete", params={"text": text}) as response:
            return [item["label"] for item in (await response.json())["items"]]

    assert ["uk_main"] == await offered("/room restore ")
    refused = await bot.say("/show plan uk_main fri 20:00", "max")
    assert "/room restore uk_main" == refused.body["try"]
    assert 403 == (await bot.say("/room restore uk_main", "olga")).status
    await bot.ok(refused.body["try"], "max")
    await bot.ok("/show plan uk_main fri 20:00", "olga")


async def test_an_archived_room_that_somebody_restored_is_left_alone(bot):
    await bot.ok("/room add us_main us")
    await bot.ok("/room archive us_main", "boss", "managers")
    await bot.ok("/room restore us_main", "max")
    refused = await bot.say("/undo", "boss")
    assert 409 == refused.status
    assert "Max has changed it since (Take an archived room back into use" in refused.text
    await bot.ok("/room archive us_main", "max", "managers")
    await bot.ok("/undo u2", "boss", "team")
    assert "in use again" in (await bot.find("in use again", "managers"))["text"]


async def test_a_waived_item_is_exactly_what_it_was(on_the_day):
    bot = on_the_day
    key = "sound_lapel"
    await bot.ok(f"/checklist block {SHOW} {key} no battery", "olga")
    before, card = await state(bot), await bot.find("checklist")
    answer = await bot.press_command(card["id"], "checklist waive", "olga", {"reason": "new one"}, item=key)
    waived = answer.body["reply"]
    assert waived["private"]
    await bot.press_command(waived["id"], "undo", "olga")
    assert before == await state(bot)
    assert card["blocks"] == (await bot.find("checklist"))["blocks"]


@pytest.mark.parametrize(
    ("meanwhile", "who"),
    [
        ("/checklist untick {show} {key}", "Max has changed it since"),
        ("/checklist block {show} {key} no", "Max has changed it since"),
        ("/show cancel {show}", "cancelled"),
    ],
)
async def test_a_waived_item_that_was_changed_since_is_left_alone(planned, meanwhile, who):
    bot = planned
    await bot.ok(f"/checklist waive {SHOW} sound_lapel why not", "olga")
    await bot.ok(meanwhile.format(show=SHOW, key="sound_lapel"), "max")
    before = await state(bot)
    refused = await bot.say("/undo u2", "olga")
    assert 409 == refused.status
    assert who in refused.text
    assert refused.body["try"]
    assert before == await state(bot)


async def test_a_go_that_rests_on_the_waiver_keeps_it(on_the_day):
    bot = on_the_day
    for item in (await state(bot))[4][SHOW]:
        if item.required and item.state == "open":
            await bot.ok(f"/checklist waive {SHOW} {item.key} why not", "olga")
    await bot.ok(f"/checklist go {SHOW}", "max")
    refused = await bot.say("/undo", "olga")
    assert "Max has changed it since (Say go" in refused.text
    await bot.ok(refused.body["try"], "olga")


async def test_a_show_ended_by_mistake_goes_on(on_the_day):
    bot = on_the_day
    await bot.advance(SHOW_AT)
    await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=100)])
    await bot.advance(minutes=20)
    answer = await bot.ok("/show end us_main", "olga")
    await bot.send([bot.line("order", n=1, gmv="19.90")])
    await bot.advance(seconds=30)
    await bot.press_command(answer.body["reply"]["id"], "undo", "olga")
    await bot.send([bot.line("order", n=1, gmv="19.90")])
    [live] = await bot.app.store.read(lambda tx: tx.sessions.live())
    assert SHOW == live.show
    assert 2 == bot.app.ports.live.get(live.id).tally.count("orders").value
    await bot.advance(minutes=20)
    assert not [text for text in await shown(bot, "managers") if "summary" in text.lower()]


async def test_an_ended_show_whose_room_was_archived_since_stays_ended(on_the_day):
    bot = on_the_day
    await bot.advance(SHOW_AT)
    await bot.ok("/show start us_main", "olga")
    await bot.ok("/show end us_main", "olga")
    await bot.ok("/room archive us_main", "max")
    refused = await bot.say("/undo", "olga")
    assert (409, "/room restore us_main") == (refused.status, refused.body["try"])
    await bot.ok("/undo", "max")
    await bot.ok("/undo", "olga")


async def test_an_ended_show_whose_room_is_on_air_anew_stays_ended(on_the_day):
    bot = on_the_day
    await bot.advance(SHOW_AT)
    await bot.ok("/show start us_main", "olga")
    await bot.ok("/show end us_main", "olga")
    await bot.send([bot.line("stream", state="started")])
    refused = await bot.say("/undo", "olga")
    assert 409 == refused.status
    assert "things have changed since" in refused.text


async def test_a_kill_between_loses_neither(tmp_path):
    async with running(tmp_path) as bot:
        await bot.room()
        await bot.plan()
        before = await state(bot)
        button = (await bot.ok(f"/show cancel {SHOW}", "olga")).body["reply"]["id"]
    async with running(tmp_path, start=BEGIN + timedelta(seconds=30)) as bot:
        assert "cancelled" == (await state(bot))[0][0].state
        await bot.press_command(button, "undo", "olga")
    async with running(tmp_path, start=BEGIN + timedelta(seconds=40)) as bot:
        assert before == await state(bot)
        assert 409 == (await bot.press_command(button, "undo", "olga")).status
        await bot.ok(f"/show cancel {SHOW}", "olga")
    async with running(tmp_path, start=BEGIN + timedelta(seconds=100)) as bot:
        assert "could be taken back until" in (await bot.say("/undo", "olga")).text, "the window is the clock's"


async def test_half_an_undo_is_none(planned, monkeypatch):
    bot = planned
    await bot.ok(f"/show cancel {SHOW}", "olga")
    before, entries = await state(bot), await audit(bot, 50)

    def fails(tx, deed, ctx):
        cancelling.CANCELLED.take_back(tx, deed, ctx)
        raise ZeroDivisionError

    monkeypatch.setitem(takeback.WAYS, "show.cancel", Way(fails, cancelling.CANCELLED.instead))
    assert 400 == (await bot.say("/undo", "olga")).status
    assert (before, entries) == (await state(bot), await audit(bot, 50))
    monkeypatch.undo()
    await bot.ok("/undo", "olga")


async def test_no_deed_is_kept_where_the_deed_fails(planned, monkeypatch):
    bot = planned
    monkeypatch.setattr(changes, "by_host", lambda _seen: 1 / 0)
    assert 400 == (await bot.say(f"/show cancel {SHOW}", "olga")).status
    assert (await bot.app.store.read(lambda tx: tx.undo.latest("olga"))) is None
    assert ["planned"] == [show.state for show in (await state(bot))[0]]


def test_every_deed_is_a_command_and_undo_is_open_to_whoever_may_do_one():
    roles = {COMMANDS.get(action.replace(".", " ")).role for action in takeback.WAYS}
    assert min(roles) == COMMANDS.get("undo").role


async def test_the_button_says_how_long_it_is_good_for(planned):
    answer = await planned.ok(f"/show cancel {SHOW}", "olga")
    [button] = answer.body["reply"]["buttons"]
    assert planned.now + timedelta(seconds=UNDO_S) == datetime.fromisoformat(button["until"])


async def test_a_room_called_like_a_show_is_taken_back_by_its_own_people_alone(planned):
    """Names of rooms are free: one may be called like a show or an alert of another room."""
    bot = planned
    await bot.ok(f"/room add {SHOW} us matrix=other")
    await bot.ok("/grant vera manager room=us_main")
    await bot.ok(f"/room archive {SHOW}", "max")
    entry = (await audit(bot))[0]
    assert ("room.archive", SHOW, None) == (entry.action, entry.room, entry.show)
    assert 403 == (await bot.say("/undo u2", "vera")).status
    assert 200 == (await bot.say("/undo u2", "max")).status
    entry = (await audit(bot))[0]
    assert ("undo", SHOW, None) == (entry.action, entry.room, entry.show)
    await bot.ok(f"/product add {SHOW} P1 9.90")
    entry = (await audit(bot))[0]
    assert ("product.add", SHOW, None) == (entry.action, entry.room, entry.show)
