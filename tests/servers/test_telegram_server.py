"""The Telegram test server is what it says, shown with the real python-telegram-bot against it."""

from __future__ import annotations

import io

import aiohttp
import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllChatAdministrators,
    InputMediaPhoto,
    MessageEntity,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
)

from tests.servers import checked
from tests.servers.telegram_bot import polling
from tests.servers.telegram_server import TOKEN, TelegramServer
from tests.servers.telegram_stage import ANAN, FORUM, GROUP, MEI, keys, picture, stage


@pytest.fixture
async def provoking():
    """A server whose violations are meant."""
    with checked.provoked("telegram"):
        async with stage() as running:
            running.starts(MEI)
            yield running


async def test_a_command_a_keyboard_a_press_and_an_edit_over_polling(server):
    async with polling(server.base_url, server.base_file_url, server.token) as (_, notes):
        server.starts(MEI, "host-mei")
        [asked] = await server.until(lambda: server.said(MEI))
        assert notes.heard == ["/start host-mei"]
        assert (asked.text, [one["text"] for one in asked.buttons]) == ("Go on?", ["Yes"])
        query = server.presses(MEI, MEI, asked.id, "Yes")
        await server.until(lambda: server.message(MEI, asked.id).text == "yes: done")
        assert [answer["text"] for _, answer in query.answers] == ["noted"]
        assert [one.text for one in asked.history] == ["Go on?", "yes: done"]
        assert asked.buttons == []
        assert (server.sees(MEI), server.sees(ANAN)) == ([asked], [])
        await server.until(lambda: server.pending() == 0)
    assert server.violations() == []


async def test_privacy_mode_lets_through_what_is_meant_for_the_bot(server):
    async with polling(server.base_url, server.base_file_url, server.token) as (_, notes):
        server.types(MEI, "nobody's business", GROUP)
        server.types(MEI, "/go@OtherBot", GROUP)
        server.types(MEI, "/go@ShowcallerBot now", GROUP)
        [asked] = await server.until(lambda: server.said(GROUP))
        server.types(ANAN, "because", GROUP, reply_to=asked.id)
        server.types(ANAN, "hey @showcallerbot", GROUP)
        server.types(ANAN, "all of it goes to admins", FORUM)
        await server.until(lambda: server.pending() == 0)
    assert notes.heard == ["/go@ShowcallerBot now", "because", "hey @showcallerbot", "all of it goes to admins"]


async def test_forged_presses_arrive_as_they_are_and_absent_buttons_cannot_be_pressed(server, bot):
    server.starts(MEI)
    sent = await bot.send_message(MEI, "x", reply_markup=keys([("A", "a"), ("B", "b")]))
    with pytest.raises(AssertionError, match="no button"):
        server.presses(MEI, MEI, sent.id, "C")
    server.presses(MEI, MEI, sent.id, 1)
    server.forges(ANAN, MEI, sent.id, "sell everything")
    server.forges(MEI, MEI, 999, "a")
    pressed = [one.callback_query for one in await bot.get_updates() if one.callback_query]
    assert [(one.data, one.from_user.id, one.message.is_accessible) for one in pressed] == [
        *(("b", MEI, True), ("sell everything", ANAN, True), ("a", MEI, False))
    ]
    await pressed[1].answer()
    server.forgets_queries()
    with pytest.raises(BadRequest, match="too old"):
        await pressed[0].answer()


async def test_photos_documents_albums_and_files(server, bot):
    server.starts(MEI)
    photo = await bot.send_photo(MEI, picture(), caption="<b>Sales</b> of Mei", parse_mode="HTML")
    assert (photo.photo[-1].width, photo.photo[-1].height) == (40, 30)
    assert server.message(MEI, photo.id).now.marked == [{"type": "bold", "offset": 0, "length": 5}]
    paper = await bot.send_document(MEI, b"a,b\n1,2\n", filename="sales.csv")
    assert paper.document.file_name == "sales.csv"
    got = await (await bot.get_file(paper.document.file_id)).download_as_bytearray()
    assert bytes(got) == b"a,b\n1,2\n" == bytes.fromhex(server.content(paper.document.file_id))
    album = await bot.send_media_group(MEI, [InputMediaPhoto(picture()), InputMediaPhoto(picture(), caption="two")])
    assert len({one.media_group_id for one in album}) == 1
    await bot.edit_message_media(InputMediaPhoto(picture(50, 50), caption="new"), MEI, photo.id)
    await bot.edit_message_caption(MEI, photo.id, caption="newer")
    assert [one.caption for one in server.message(MEI, photo.id).history] == ["Sales of Mei", "new", "newer"]
    with pytest.raises(BadRequest, match="no text in the message"):
        await bot.edit_message_text("text", MEI, photo.id)
    assert server.violations() == []


async def test_edits_that_change_nothing_or_find_nothing(server, bot):
    server.starts(MEI)
    sent = await bot.send_message(MEI, "<b>one</b>", parse_mode="HTML", reply_markup=keys([("A", "a")]))
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_text("*one*", MEI, sent.id, parse_mode="MarkdownV2", reply_markup=keys([("A", "a")]))
    await bot.edit_message_reply_markup(MEI, sent.id)
    assert server.message(MEI, sent.id).buttons == []
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("two", MEI, server.said(MEI, by_bot=False)[0].id)
    await bot.delete_message(MEI, sent.id)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("two", MEI, sent.id)
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(MEI, "x", reply_to_message_id=sent.id)
    assert (server.said(MEI), len(server.said(MEI, deleted=True))) == ([], 1)
    assert server.violations() == []


async def test_who_may_not_be_written_to(server, bot):
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(404, "x")
    with pytest.raises(Forbidden, match="can't initiate conversation"):
        await bot.send_message(MEI, "x")
    server.starts(MEI)
    await bot.send_message(MEI, "x")
    server.blocks(MEI)
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(MEI, "x")
    server.bot_is(FORUM, "kicked", by=ANAN)
    with pytest.raises(Forbidden, match="kicked from the supergroup"):
        await bot.send_message(FORUM, "x")
    server.migrates(GROUP, -1002)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(GROUP, "x")
    assert moved.value.new_chat_id == -1002
    await bot.send_message(-1002, "x")
    changes = [one.my_chat_member for one in await bot.get_updates() if one.my_chat_member]
    assert [(one.chat.id, one.new_chat_member.status) for one in changes] == [(MEI, "kicked"), (FORUM, "kicked")]
    assert server.violations() == []


async def test_a_press_is_too_old_to_be_answered_after_a_while_and_ids_of_two_chats_may_be_equal():
    now = [1_780_000_000.0]
    async with stage(lambda: now[0]) as server, Bot(server.token, server.base_url) as bot:
        server.starts(MEI)
        query = server.forges(MEI, MEI, 1, "x")
        now[0] += 14
        await bot.answer_callback_query(query.id)
        now[0] += 2
        with pytest.raises(BadRequest, match="too old"):
            await bot.answer_callback_query(query.id)
        assert [at - query.at for at, _ in query.answers] == [14]
        sent = await bot.send_message(FORUM, "x")
        assert (sent.id, server.said(by_bot=False)[0].id) == (1, 1)
        assert server.message(FORUM, 1).at == now[0]


async def test_topics_of_a_forum(server, bot):
    topic = await bot.create_forum_topic(FORUM, "Evening show")
    await bot.send_message(FORUM, "in it", message_thread_id=topic.message_thread_id)
    assert [one.text for one in server.said(FORUM, thread=topic.message_thread_id)] == ["in it"]
    await bot.edit_forum_topic(FORUM, topic.message_thread_id, name="Late show")
    assert server.topics(FORUM) == {topic.message_thread_id: "Late show"}
    server.types(MEI, "a question", FORUM, thread=topic.message_thread_id)
    [heard] = await bot.get_updates()
    assert heard.message.is_topic_message
    assert heard.message.reply_to_message.forum_topic_created.name == "Evening show"
    await bot.close_forum_topic(FORUM, topic.message_thread_id)
    server.bot_is(FORUM, "member", by=ANAN)
    with pytest.raises(BadRequest, match="Topic_closed"):
        await bot.send_message(FORUM, "x", message_thread_id=topic.message_thread_id)
    with pytest.raises(BadRequest, match="Not enough rights to create a topic"):
        await bot.create_forum_topic(FORUM, "x")
    with pytest.raises(BadRequest, match="thread not found"):
        await bot.send_message(FORUM, "x", message_thread_id=999)
    with pytest.raises(BadRequest, match="not a forum"):
        await bot.create_forum_topic(GROUP, "x")
    assert server.violations() == []


async def test_menus_words_and_members(server, bot):
    await bot.set_my_commands([BotCommand("go", "Go live")])
    await bot.set_my_commands([BotCommand("go", "开播")], language_code="zh")
    await bot.set_my_commands([BotCommand("setup", "Set up")], scope=BotCommandScopeAllChatAdministrators())
    assert [one["description"] for one in server.menu(MEI)] == ["开播"]
    assert [one["command"] for one in server.menu(ANAN, FORUM)] == ["setup"]
    assert [one["description"] for one in server.menu(MEI, FORUM)] == ["开播"]
    await bot.delete_my_commands(language_code="zh")
    assert [one["description"] for one in server.menu(MEI)] == ["Go live"]
    await bot.set_my_short_description("Calls the show")
    assert (await bot.get_my_short_description()).short_description == "Calls the show"
    me = await bot.get_me()
    assert (me.username, me.can_join_groups, me.can_read_all_group_messages) == ("ShowcallerBot", True, False)
    assert (await bot.get_chat_member(FORUM, MEI)).status == "member"
    assert (await bot.get_chat_member(FORUM, me.id)).can_manage_topics
    assert {one.user.id for one in await bot.get_chat_administrators(FORUM)} == {ANAN, me.id}
    assert (await bot.get_chat(FORUM)).is_forum
    assert server.violations() == []


async def test_what_people_wrote_shows_as_found_and_what_the_bot_meant_as_marked(server, bot):
    server.starts(MEI)
    text = "<b>Mei</b> @somebody https://evil.example/x <code>@nobody /go</code> #sale 😀<i>x</i>"
    sent = await bot.send_message(MEI, text, parse_mode="HTML")
    now = server.message(MEI, sent.id).now
    assert [one["type"] for one in now.marked] == ["bold", "code", "italic"]
    assert [one["type"] for one in now.found] == ["mention", "url", "hashtag"]
    assert sent.parse_entities([MessageEntity.ITALIC, MessageEntity.URL]) == {
        **{one: "x" for one in sent.entities if one.type == "italic"},
        **{one: "https://evil.example/x" for one in sent.entities if one.type == "url"},
    }
    when = await bot.send_message(MEI, '<tg-time unix="1780000000" format="wDT">soon</tg-time>', parse_mode="HTML")
    assert [one.type for one in when.entities] == ["date_time"]
    assert server.violations() == []


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        ("<b>open", "HTML", 'Can\'t find end tag corresponding to start tag "b"'),
        ("1 <3 2", "HTML", 'Unsupported start tag "3" at byte offset 2'),
        ("é</b>", "HTML", "Unexpected end tag at byte offset 2"),
        ("<b><i>x</b></i>", "HTML", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("sold 1.5", "MarkdownV2", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("*open", "MarkdownV2", "Can't find end of Bold entity at byte offset 0"),
    ],
)
async def test_broken_markup_is_refused_and_is_a_violation(provoking, text, mode, reason):
    async with Bot(provoking.token, provoking.base_url) as bot:
        with pytest.raises(BadRequest, match=r"[Cc]an't parse entities") as refused:
            await bot.send_message(MEI, text, parse_mode=mode)
        await bot.send_message(MEI, "1 &lt;3 2 &amp; <b>x</b>", parse_mode="HTML")
    assert refused.value.message.lower() == f"can't parse entities: {reason}".lower()
    assert [one.reason for one in provoking.violations()] == [f"Bad Request: can't parse entities: {reason}"]
    assert provoking.said(MEI)[0].text == "1 <3 2 & x"


async def test_too_much_is_refused_and_is_a_violation(provoking):
    async with Bot(provoking.token, provoking.base_url) as bot:
        await bot.send_message(MEI, "<b>" + "😀" * 4096 + "</b>", parse_mode="HTML")
        for text, markup, reason in (
            ("x" * 4097, None, "Message is too long"),
            (" \n", None, "Message text is empty"),
            ("x", keys([("A", "é" * 32 + "x")]), "BUTTON_DATA_INVALID".capitalize()),
            ("x", keys(*[[("A", "a")]] * 101), "Reply markup is too long"),
        ):
            with pytest.raises(BadRequest) as refused:
                await bot.send_message(MEI, text, reply_markup=markup)
            assert refused.value.message.lower() == reason.lower()
        for commands in ([BotCommand("Go", "x")], [BotCommand("go", "x")] * 101):
            with pytest.raises(BadRequest, match=r"(?i)bot_command"):
                await bot.set_my_commands(commands)
        with pytest.raises(BadRequest, match="caption is too long"):
            await bot.send_photo(MEI, picture(), caption="x" * 1025)
        with pytest.raises(BadRequest, match=r"(?i)image_process_failed"):
            await bot.send_photo(MEI, b"no picture")
        query = provoking.forges(MEI, MEI, 1, "x")
        with pytest.raises(BadRequest, match=r"(?i)message_too_long"):
            await bot.answer_callback_query(query.id, "x" * 201)
    assert len(provoking.violations()) == 9


async def test_unknown_names_wrong_types_and_lost_uploads_are_violations(provoking):
    async with aiohttp.ClientSession() as session:
        for body in (
            {"chat_id": MEI, "text": "x", "silently": "true"},
            {"chat_id": MEI, "text": "x", "disable_notification": "perhaps"},
            {
                "chat_id": MEI,
                "text": "x",
                "reply_markup": '{"inline_keyboard": [[{"text": "A", "url": "a.bc", "b": 1}]]}',
            },
            {"text": "x"},
            {"chat_id": str(MEI), "text": "x", "photo2": io.BytesIO(b"x")},
        ):
            async with session.post(f"{provoking.base_url}{TOKEN}/sendMessage", data=body) as answer:
                await answer.read()
    own = [one.reason for one in provoking.violations() if not one.reason.startswith("aiogram")]
    assert own == [
        "silently: no such parameter",
        "disable_notification: 'perhaps' is no Boolean",
        "disable_notification: 'perhaps' is no Boolean",
        "reply_markup.inline_keyboard[0][0].b: no such field",
        "chat_id: missing",
        "photo2: uploaded and not used",
    ]
    theirs = [one.reason for one in provoking.violations() if one.reason.startswith("aiogram")]
    assert {"aiogram: silently: no such field", "aiogram: chat_id: Field required"} <= set(theirs)


async def test_provoked_violations_do_not_count_for_the_run_and_others_do():
    before = (checked.REQUESTS["telegram"], len(checked.VIOLATIONS["telegram"]))
    with checked.provoked("telegram") as seen:
        async with TelegramServer() as server, Bot(server.token, server.base_url) as bot:
            with pytest.raises(NetworkError, match="does not do sendDice"):
                await bot.send_dice(1)
    assert [*seen] == ["sendDice: the test server does not do sendDice"]
    assert (checked.REQUESTS["telegram"] - before[0], len(checked.VIOLATIONS["telegram"])) == (2, before[1])
