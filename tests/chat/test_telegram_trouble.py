"""What goes wrong between the outbox and Telegram, and how fast it may be written to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from telegram import error as errors

from bot.chat.telegram.failures import NotReachedError, TokenRefusedError, outcome
from bot.chat.telegram.pace import Limits, Pace
from bot.core.delivery import Refused, Rejected, RetryAfter, Sent, Unknown
from bot.core.reply import Text, reply
from tests.servers.telegram_server import TelegramServer
from tests.telegram_out import GROUP, LONG, MEI, around, opened


@pytest.fixture
async def here(tmp_path):
    async with around(tmp_path) as found:
        yield found


# -- what goes wrong -------------------------------------------------------------------


async def test_who_never_pressed_start_or_blocked_the_bot_refuses(here):
    message = await here.post(reply(Text("hello")), f"telegram:@{MEI}")
    state = await here.desk.store.read(lambda tx: tx.outbox.state_of(f"telegram:@{MEI}"))
    assert "press Start" in state.why
    assert (await here.desk.store.read(lambda tx: tx.chats.account("telegram", str(MEI)))).is_reachable is False
    here.server.starts(MEI)
    await here.desk.store.write(lambda tx: tx.outbox.unpark(f"telegram:@{MEI}"))
    await here.later(minutes=1)
    assert (here.texts(MEI), await here.state(message)) == (["hello"], "sent")


@pytest.mark.parametrize("destination", ["telegram:-999", "telegram:nowhere", "telegram:@x", f"telegram:{GROUP}/77"])
async def test_a_place_that_is_not_there_refuses(here, destination):
    await here.post(reply(Text("hello")), destination)
    assert await here.desk.store.read(lambda tx: tx.outbox.is_parked(destination))


async def test_put_out_of_the_group_it_says_so(here):
    here.server.bot_is(GROUP, "kicked", by=MEI)
    await here.post(reply(Text("hello")))
    state = await here.desk.store.read(lambda tx: tx.outbox.state_of(f"telegram:{GROUP}"))
    assert "add it again" in state.why


async def test_a_group_that_became_a_supergroup_is_followed(here):
    here.server.group(-5, "Old", [MEI], kind="group")
    await here.desk.bind("team", "telegram:-5")
    here.server.migrates(-5, -100_900)
    message = await here.post(reply(Text("hello")), "telegram:-5")
    await here.later(minutes=1)
    assert here.texts(-100_900) == ["hello"]
    assert await here.desk.store.read(lambda tx: tx.outbox.bound("team")) == ("telegram:-100900",)
    assert await here.ref(message, "telegram:-100900") is not None


async def test_told_to_wait_only_that_chat_waits(here):
    here.server.group(-100_600, "Other", [MEI])
    here.server.fault("limit", chat=GROUP, seconds=30)
    first = await here.post(reply(Text("hello")))
    second = await here.post(reply(Text("hello")), "telegram:-100600")
    assert (await here.state(first), await here.state(second)) == ("new", "sent")
    row = await here.desk.row(first)
    assert (row.failures, row.may_have_arrived) == (0, False)
    assert row.due_at - here.desk.clock.now() == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("how", "more"), [("hang", {"seconds": 2.0}), ("cut", {}), ("garbled", {}), ("status", {"status": 502})]
)
async def test_no_answer_is_unknown(here, how, more):
    here.server.fault(how, **more)
    message = await here.post(reply(Text("hello")))
    assert (await here.desk.row(message)).may_have_arrived


async def test_an_answer_that_cannot_be_taken_is_rejected_without_its_text(here):
    here.server.fault("status", status=400, description='Bad Request: can\'t parse entities: "secret words"')
    message = await here.post(reply(Text("hello")))
    row = await here.desk.row(message)
    assert (row.state, row.error) == ("failed", "Telegram: Can't parse entities")


async def test_a_message_that_somebody_deleted_is_not_edited(here):
    message = await here.post(reply(Text("hello")))
    here.server.deletes(GROUP, int(await here.ref(message)))
    await here.edit(reply(Text("bye")))
    assert (await here.desk.row(message, 1)).state == "failed"


async def test_an_edit_that_changes_nothing_is_done(here):
    message = await here.post(reply(Text("hello")))
    here.forgets()
    await here.edit(reply(Text("hello "), tone="normal"))
    assert here.server.asked("editMessageText")[0].status == 400
    assert (await here.desk.row(message, 1)).state == "sent"


async def test_after_an_edit_that_may_have_arrived_nothing_is_taken_for_unchanged(here):
    message = await here.post(reply(Text("first")))
    row = replace(await here.desk.row(message), op="edit")
    here.server.fault("cut", methods=["editMessageText"], is_kept=True)
    assert isinstance(await here.chat.deliver(replace(row, reply=reply(Text("second")))), Unknown)
    assert here.texts() == ["second"]
    assert isinstance(await here.chat.deliver(row), Sent)
    assert here.texts() == ["first"]


async def test_a_sign_is_written_over_when_the_part_is_needed_again(here):
    await here.post(LONG)
    refused = "Bad Request: message can't be deleted"
    here.server.fault("status", methods=["deleteMessage"], status=400, description=refused, count=2)
    await here.edit(reply(Text("short")))
    assert here.texts() == ["short", "·", "·"]
    await here.edit(LONG)
    assert [text[0] for text in here.texts()] == ["0", "1", "2"]


async def test_a_refused_token_is_named_and_never_shown(here):
    message = await here.post(reply(Text("first")))
    token = here.server.token
    here.server.revokes_token("99:other")
    with pytest.raises(TokenRefusedError) as caught:
        await here.chat.deliver(replace(await here.desk.row(message), ref=None))
    assert token not in repr(caught.value)


async def test_without_a_connection_nothing_arrived(here):
    port = here.server.port
    row = await here.desk.row(await here.post(reply(Text("first"))))
    await here.server._runner.cleanup()
    with pytest.raises(NotReachedError) as caught:
        await here.chat.deliver(row)
    assert str(port) not in str(caught.value)
    await here.bot.shutdown()
    with pytest.raises(NotReachedError):
        await here.chat.deliver(row)


@pytest.mark.parametrize(
    ("error", "cause", "meant"),
    [
        (errors.TimedOut(), httpx.ConnectTimeout(""), None),
        (errors.TimedOut("Pool timeout: all connections"), httpx.PoolTimeout(""), None),
        (errors.TimedOut(), httpx.ReadTimeout(""), Unknown),
        (errors.TimedOut(), httpx.WriteTimeout(""), Unknown),
        (errors.NetworkError("x"), httpx.ConnectError(""), None),
        (errors.NetworkError("x"), httpx.ReadError(""), Unknown),
        (errors.NetworkError("x"), httpx.RemoteProtocolError(""), Unknown),
        (errors.NetworkError("Bad Gateway"), None, Unknown),
        (errors.Conflict("x"), None, Unknown),
        (errors.BadRequest("Chat not found"), None, Refused),
        (errors.BadRequest("CHAT_SEND_PHOTOS_FORBIDDEN"), None, Rejected),
        (errors.Forbidden("bot was kicked"), None, Refused),
    ],
)
def test_what_errors_mean(error, cause, meant):
    error.__cause__ = cause
    if meant is None:
        with pytest.raises(NotReachedError):
            outcome(error, is_private=False)
    else:
        assert isinstance(outcome(error, is_private=False), meant)


# -- pace --------------------------------------------------------------------------


class Ticking:
    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


def test_a_chat_a_second_a_group_twenty_a_minute_all_thirty_a_second():
    now = Ticking()
    pace = Pace(now=now)
    assert pace.take(1) == 0
    assert pace.take(1) == pytest.approx(1)
    assert pace.take(2) == 0
    now.at += 1
    assert pace.take(1) == 0
    sent = 0
    for _ in range(60):
        now.at += 1
        sent += pace.take(-1) == 0
    assert sent == 17
    assert pace.take(-1, urgent=True) == 0
    now.at += 1
    assert 0 < pace.take(-1) <= 60
    now.at += 100
    assert sum(pace.take(chat) == 0 for chat in range(1, 100)) == 25
    assert sum(pace.take(chat, urgent=True) == 0 for chat in range(100, 200)) == 5
    assert 0 < pace.take(300, urgent=True) <= 1


def test_a_chat_that_asked_to_wait_is_left_alone_and_no_other():
    now = Ticking()
    pace = Pace(now=now)
    pace.hold(-1, 30)
    assert pace.take(-1, urgent=True) == pytest.approx(30)
    assert pace.take(-2) == 0
    now.at += 31
    assert pace.take(-1) == 0
    now.at += 3_600
    pace.take(5)
    assert set(pace._chats) == {5}


async def test_the_servers_limits_are_never_met(tmp_path):
    async with TelegramServer() as server:
        server.user(MEI, "Mei")
        server.group(GROUP, "The team", [MEI])
        server.real_limits(per_chat_s=0.1)
        async with opened(tmp_path, server, Pace(Limits(each_s=0.1))) as here:
            for number in range(4):
                await here.post(reply(Text(f"hello {number}")))
            await here.post(LONG)
            assert len(server.said(GROUP)) == 7
        assert server.limits.refused == 0
        assert server.violations() == []


async def test_a_full_minute_goes_back_to_the_outbox_and_holds_nobody_up(here):
    here.chat.pace = Pace(Limits(each_s=0.0))
    for number in range(20):
        await here.post(reply(Text(f"hello {number}")))
    assert len(here.server.said(GROUP)) == 17
    row = (await here.desk.rows("m18"))[0]
    assert (row.state, row.failures) == ("new", 0)
    assert row.due_at > here.desk.clock.now()
    found = await here.chat.deliver(replace(row, urgent=True))
    assert isinstance(found, Sent)
    assert isinstance(await here.chat.deliver(row), RetryAfter)


@pytest.mark.parametrize("kind", ["show", "answer"])
async def test_an_alert_is_not_kept_waiting_by_what_filled_the_minute(here, kind):
    here.chat.pace = Pace(Limits(each_s=0.0))
    for number in range(25):
        await here.post(reply(Text(f"hello {number}")), kind=kind, urgent=kind == "answer")
    before = len(here.server.said(GROUP))
    assert before < 20
    alert = await here.post(reply(Text("nobody is there")), kind="alert", urgent=True)
    assert await here.state(alert) == "sent"
    assert here.texts()[-1] == "nobody is there"
    assert len(here.server.said(GROUP)) == before + 1, "the others still wait, in their order"


async def test_a_chat_that_asked_to_wait_is_left_alone_by_alerts_too(here):
    here.server.fault("limit", chat=GROUP, seconds=30)
    await here.post(reply(Text("hello")))
    alert = await here.post(reply(Text("nobody is there")), kind="alert", urgent=True)
    assert await here.state(alert) == "new"
    assert len(here.server.asked("sendMessage")) == 1
