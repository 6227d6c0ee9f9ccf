"""What Telegram asks for when something is missing: with keys, in words, over a restart, and only of whoever began."""

from __future__ import annotations

from typing import Any

import pytest

from bot.chat.telegram import flows
from bot.core.errors import UserError
from handlers import COMMANDS
from tests.chat.telegram_app import ACCOUNTS, STRANGER, TEAM, TelegramBot, peopled, telegram_running
from tests.servers.telegram_methods import Query
from tests.servers.telegram_server import TelegramServer
from tests.servers.telegram_world import Message

OLGA, VERA, BOSS = ACCOUNTS["olga"], ACCOUNTS["vera"], ACCOUNTS["boss"]


@pytest.fixture
async def bot(tmp_path: Any) -> Any:
    async with telegram_running(tmp_path) as running:
        yield running
        assert running.server.noted_violations() == []


def labels(message: Message) -> list[str]:
    return [button["text"] for button in message.buttons]


def answer(query: Query) -> dict[str, Any]:
    """What the presser was shown."""
    ((_, shown),) = query.answers
    return shown


async def shows(bot: TelegramBot) -> list[str]:
    return [show.room for show in await bot.app.store.read(lambda tx: tx.shows.planned())]


async def open_flows(bot: TelegramBot, account: int, address: str) -> bool:
    return await bot.app.store.read(lambda tx: tx.chats.flow_of("telegram", address, str(account))) is not None


async def test_in_private_each_missing_argument_is_asked_for_in_place(bot: TelegramBot) -> None:
    await bot.room()
    (question,) = await bot.types(OLGA, "/show_plan")
    assert any("us_main" in label for label in labels(question))
    query = await bot.taps(OLGA, question, next(label for label in labels(question) if "us_main" in label))
    assert query.answers, "no key is left spinning"
    assert "us_main" in (question.text or ""), "the same message asks on"
    said = await bot.types(OLGA, "fri 20:00")
    assert await shows(bot) == ["us_main"]
    assert said
    assert not question.buttons
    assert not await open_flows(bot, OLGA, f"@{OLGA}")


async def test_what_was_given_is_not_asked_again_and_a_bad_answer_is(bot: TelegramBot) -> None:
    await bot.room()
    (question,) = await bot.types(OLGA, "/show_plan us_main length=90m")
    assert "us_main" in (question.text or "")
    assert "90m" in (question.text or "")
    (again,) = await bot.types(OLGA, "x" * 2_001)
    assert "cannot be read" in (again.text or "")
    await bot.types(OLGA, "fri 20:00")
    assert await shows(bot) == ["us_main"]


async def test_in_a_group_only_replies_and_keys_of_whoever_began_count(bot: TelegramBot) -> None:
    await bot.room()
    bot.server.setting("reads_all", True)
    (question,) = await bot.types(OLGA, "/show_plan", TEAM)
    assert question.reply_to is not None
    query = await bot.taps(BOSS, question, 0)
    assert answer(query)["show_alert"]
    assert await bot.types(OLGA, "us_main", TEAM) == []
    assert await bot.types(BOSS, "us_main", TEAM, reply_to=question.id) == []
    await bot.types(OLGA, "us_main", TEAM, reply_to=question.id)
    question = bot.last(TEAM)
    assert "us_main" in (question.text or "")
    await bot.types(OLGA, "fri 20:00", TEAM, reply_to=question.id)
    assert await shows(bot) == ["us_main"]


async def test_in_a_group_a_key_asks_for_words(bot: TelegramBot) -> None:
    await bot.room()
    (question,) = await bot.types(OLGA, "/show_plan", TEAM)
    await bot.taps(OLGA, question, "Write it…")
    asked = bot.server.asked("sendMessage", TEAM)[-1]
    assert asked.body["reply_markup"]["force_reply"]
    assert asked.body["reply_markup"]["selective"]
    await bot.types(OLGA, "us_main", TEAM, reply_to=bot.last(TEAM).id)
    assert "us_main" in (bot.last(TEAM).text or "")


async def test_rights_come_before_questions(bot: TelegramBot) -> None:
    await bot.room()
    (said,) = await bot.types(VERA, "/show_plan")
    assert not said.buttons
    assert not await open_flows(bot, VERA, f"@{VERA}")
    (said,) = await bot.types(STRANGER, "/show_plan", TEAM)
    assert not said.buttons


async def test_it_can_be_cancelled_by_key_and_by_word(bot: TelegramBot) -> None:
    await bot.room()
    (question,) = await bot.types(OLGA, "/show_plan")
    await bot.taps(OLGA, question, "Cancel")
    assert "Nothing was done" in (question.text or "")
    assert not question.buttons
    (question,) = await bot.types(OLGA, "/show_plan")
    await bot.types(OLGA, "/cancel")
    assert "Nothing was done" in (question.text or "")
    (said,) = await bot.types(OLGA, "/cancel")
    assert "nothing to cancel" in (said.text or "")


async def test_it_survives_a_restart(tmp_path: Any) -> None:
    async with TelegramServer() as server:
        peopled(server)
        async with telegram_running(tmp_path, server=server) as bot:
            await bot.room()
            (question,) = await bot.types(OLGA, "/show_plan")
        server.presses(OLGA, OLGA, question.id, 0)  # while nobody is there
        async with telegram_running(tmp_path, server=server) as bot:
            await bot.settle()
            assert "us_main" in (question.text or "")
            await bot.types(OLGA, "fri 20:00")
            assert await shows(bot) == ["us_main"]
        assert server.violations() == []


async def test_it_is_over_after_an_hour(bot: TelegramBot) -> None:
    await bot.room()
    (question,) = await bot.types(OLGA, "/show_plan")
    await bot.advance(hours=1, seconds=1)
    query = await bot.taps(OLGA, question, 0)
    assert "no longer open" in answer(query)["text"]
    (said,) = await bot.types(OLGA, "us_main")
    assert "only understand commands" in (said.text or "")
    assert await shows(bot) == []


async def test_a_key_of_an_earlier_question_answers_nothing(bot: TelegramBot) -> None:
    await bot.room()
    (question,) = await bot.types(OLGA, "/show_plan")
    old = question.buttons[0]["callback_data"]
    await bot.taps(OLGA, question, 0)
    query = await bot.forges(OLGA, question, old)
    assert "answered already" in answer(query)["text"]
    query = await bot.forges(OLGA, question, "f:f999:0.1")
    assert answer(query)["show_alert"]


async def test_many_offers_are_paged(bot: TelegramBot) -> None:
    for number in range(12):
        await bot.ok(f"/room add us_{number} us")
    (question,) = await bot.types(OLGA, "/show_plan")
    first = labels(question)
    await bot.taps(OLGA, question, "›")
    assert set(first[:8]).isdisjoint(labels(question)[:4])
    await bot.taps(OLGA, question, "‹")
    assert labels(question) == first


async def test_a_buttons_form_is_asked_and_then_pressed(bot: TelegramBot) -> None:
    await bot.room()
    show = await bot.plan()
    await bot.advance(hours=1)
    before = bot.server.said(TEAM)
    card = next(one for one in reversed(before) if any("No-go" in label for label in labels(one)))
    query = await bot.taps(OLGA, card, next(label for label in labels(card) if "No-go" in label))
    assert query.answers
    question = bot.last(TEAM)
    assert question.id not in {one.id for one in before}
    await bot.types(OLGA, "the lamp is broken", TEAM, reply_to=question.id)
    entries = await bot.app.store.read(lambda tx: tx.audit.of_subject(show))
    assert any("the lamp is broken" in str((entry.after, entry.detail)) for entry in entries)


async def test_a_code_is_never_asked_for_in_a_group(bot: TelegramBot) -> None:
    (said,) = await bot.types(STRANGER, "/claim", TEAM)
    assert "private chat" in (said.text or "")
    (question,) = await bot.types(STRANGER, "/claim")
    await bot.types(STRANGER, "AAAAA-AAAAA")
    assert not await open_flows(bot, STRANGER, f"@{STRANGER}")
    assert "AAAAA" not in (question.text or "")


def test_keys_fit_telegram_and_are_read_back() -> None:
    asking = flows.Asking("command", "show plan", "1", {}, step=12, options=[(str(n), "x" * 200) for n in range(48)])
    names = {flows.CANCEL: "Cancel", flows.TYPE: "Write", flows.SKIP: "Skip"}
    for page in range(6):
        asking = flows.Asking(**{**asking.as_detail(), "page": page})
        made = flows.keys("f123456789", asking, names, can_type=True, can_skip=True)
        for key in (key for row in made for key in row):
            assert len(key.data.encode()) <= 64
            assert flows.pressed_in(key.data) is not None


@pytest.mark.parametrize("data", ["f:f1", "f:f1:", "f:1:x", "m12:0a1b2c3d4e", "f:f1:1.zz", "f:f1:1.-1", "f:f1:٣.1"])
def test_what_is_no_key_of_a_flow(data: str) -> None:
    assert flows.pressed_in(data) is None


def test_a_secret_is_asked_for_last() -> None:
    claim = COMMANDS.get("claim")
    question = flows.following(flows.Asking("command", claim.path, "1", {}), COMMANDS)
    assert question is not None
    assert question.is_secret
    with pytest.raises(UserError):
        flows.check(flows.Asking("command", "show plan", "1", {}), flows.Question("room", "", None), "", COMMANDS)


# -- what goes wrong at the end ------------------------------------------------------


async def test_what_is_wrong_at_the_last_step_is_asked_for_again_alone(bot: TelegramBot) -> None:
    await bot.room()
    (question,) = await bot.types(OLGA, "/show_plan")
    await bot.taps(OLGA, question, next(label for label in labels(question) if "us_main" in label))
    (again,) = await bot.types(OLGA, "fri 25:99")
    assert "25:99" in (again.text or ""), "what was wrong"
    assert "us_main" in (again.text or ""), "what is known already"
    assert await open_flows(bot, OLGA, f"@{OLGA}")
    await bot.types(OLGA, "fri 20:00")
    assert await shows(bot) == ["us_main"]
    assert not await open_flows(bot, OLGA, f"@{OLGA}")


async def test_what_was_typed_wrong_at_the_beginning_is_asked_for_and_not_what_was_not(bot: TelegramBot) -> None:
    await bot.room()
    await bot.types(OLGA, "/show_plan nowhere")
    (again,) = await bot.types(OLGA, "fri 20:00")
    assert "nowhere" in (again.text or "")
    assert "fri 20:00" in (again.text or "")
    await bot.taps(OLGA, again, next(label for label in labels(again) if "us_main" in label))
    assert await shows(bot) == ["us_main"]


async def test_what_no_answer_can_mend_is_told_with_the_line_to_type(bot: TelegramBot) -> None:
    await bot.room()
    await bot.ok("/show plan us_main 2027-03-12 20:00")
    await bot.types(OLGA, "/show_plan us_main host=nonsense")
    said = await bot.types(OLGA, "fri 20:00")
    assert not await open_flows(bot, OLGA, f"@{OLGA}")
    assert any("nonsense" in (one.text or "") for one in said), "an option is not asked for, so it is told"


async def test_figures_are_asked_for_like_anything_else(bot: TelegramBot) -> None:
    await bot.room()
    show = await bot.plan()
    await bot.ok(f"/show start {show}")
    (question,) = await bot.types(OLGA, "/note")
    assert "concurrent=320" in (question.text or "")
    (again,) = await bot.types(OLGA, "many people")
    assert "many" in (again.text or "")
    (again,) = await bot.types(OLGA, "concurrent=many")
    assert "many" in (again.text or "")
    await bot.types(OLGA, "concurrent=321 orders=12")
    assert not await open_flows(bot, OLGA, f"@{OLGA}")
    assert any("321" in (one.text or "") for one in bot.server.said(OLGA))


async def test_who_may_not_do_it_there_is_told_before_they_are_asked(bot: TelegramBot) -> None:
    await bot.room()
    await bot.ok("/room add de_main de")
    await bot.ok("/grant vera operator room=us_main")
    (said,) = await bot.types(VERA, "/show_plan de_main")
    assert not await open_flows(bot, VERA, f"@{VERA}"), said.text
    await bot.types(VERA, "/show_plan us_main")
    assert await open_flows(bot, VERA, f"@{VERA}")
