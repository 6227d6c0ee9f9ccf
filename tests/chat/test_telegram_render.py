"""Replies as Telegram's HTML and keys: words, safety, lengths; read by a strict reader of its own."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from telegram.constants import InlineKeyboardButtonLimit, InlineKeyboardMarkupLimit, MessageLimit

from bot.chat.telegram.keyboard import keyboard
from bot.chat.telegram.markup import columns, harmless, is_visible, plain
from bot.chat.telegram.moments import voice
from bot.chat.telegram.render import CAPTION, MOST_PARTS, TEXT, Piece, redraw, render, repeated
from bot.core.reply import (
    Actions,
    Button,
    Code,
    Facts,
    Field,
    Heading,
    Image,
    Item,
    Items,
    Msg,
    Note,
    Reply,
    Say,
    Secret,
    Table,
    Text,
    When,
    button_id,
    buttons_of,
    msg,
    reply,
)
from prompts.catalogue import Catalogues
from tests.chat.odd_texts import replies, texts
from tests.chat.telegram_html import BrokenError, links, parse

WORDS = Catalogues.load()
say = WORDS.reader("en", "Asia/Shanghai").line
ODD = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def judged(pieces: list[Piece]) -> list[Piece]:
    """What Telegram would refuse, or make a link of, is an error."""
    assert 1 <= len(pieces) <= MOST_PARTS
    for piece in pieces:
        parsed = parse(piece.html)
        assert parsed.length <= (TEXT if piece.slot == "text" else CAPTION)
        assert len(piece.html.encode()) < 1 << 15
        assert len(parsed.entities) <= 100
        assert links(parsed) == []
    return pieces


def text_of(pieces: list[Piece]) -> str:
    return plain("\n".join(parse(piece.html).text for piece in pieces))


def one(answer: Reply) -> str:
    (piece,) = judged(render(answer, say))
    return piece.html


# -- the reader itself ---------------------------------------------------------


@pytest.mark.parametrize(
    "html", ["<b>x", "x</b>", "<b><i>x</b></i>", "<x>y</x>", "a < b", "a & b", "&nbsp;", "<b><code>x</code></b>",
             "<b></b>", '<a href="https://evil.example">x</a>', '<b class="x">y</b>']
)  # fmt: skip
def test_the_reader_refuses_what_telegram_would(html: str) -> None:
    with pytest.raises(BrokenError):
        parse(html)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("say @username", "mention"), ("#tag", "hashtag"), ("$USD", "cashtag"), ("/start@some_bot now", "command"),
        ("tg://resolve?domain=x", "tg"), ("see evil.example/x", "domain"), ("https://localhost/", "scheme"),
        ("a@b.example", "email"), ("1.1.1.1", "ip"), ("+1 202 555 0123", "phone"), ("13812345678", "phone"),
        ("4111 1111 1111 1111", ""), ("例子.中国", "domain"), ("8 (800) 555-35-35", ""),
    ],
)  # fmt: skip
def test_links_of_people_are_broken_and_stay_readable(text: str, kind: str) -> None:
    assert not kind or kind in dict(links(parse(text)))
    made = harmless(text)
    assert links(parse(made)) == []
    assert made != text
    assert plain(made) == text
    assert columns(made) == columns(text)


@pytest.mark.parametrize("text", ["@user", "tg://x", "a.b.example", "#tag", "13812345678", "1.1.1.1", "mailto:x"])
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert harmless(harmless(text)) == harmless(text)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_commands_in_our_own_texts_can_be_tapped_and_copied(language: str) -> None:
    """People's words beside them cannot: of two commands that look alike, ours is the one in the template."""
    speak = WORDS.reader(language).line
    line = msg("link.undo", account="/now")
    (piece,) = render(reply(Text(line), Facts((("/now", line),)), Items((Item(line, note="/now"),))), speak)
    assert links(parse(piece.html)) == [("command", "/unlink")] * 3
    assert "/unlink /\u2060now" in parse(piece.html).text


SLASHED = {"command.which", "checklist.progress_line", "telegram.page.back", "telegram.page.on", "web.progress"}
SLASHED |= {"web.progress.blocked", "command.line", "matrix.page"}
"""In these a slash stands before a number, or the name of commands as the table has it."""
ODD_DATA = ["/now", "now", "@somebody", "evil.example", "example", "x/", "tg:", "#", "a@", "10.0.0.1", "0123456"]


@pytest.mark.parametrize("language", WORDS.languages)
def test_no_text_of_ours_makes_a_link_of_what_is_filled_in(language: str) -> None:
    """Neither by itself nor where the two meet."""
    speak = WORDS.reader(language).line
    for key, words in WORDS.words[language].items():
        own = {found for form in words.forms for _, found in links(parse(escape(str(form), quote=False)))}
        if any("/{" in str(form) for form in words.forms):
            assert key in SLASHED, f"{key}: what is filled in would become a command"
            continue
        for odd in ODD_DATA:
            line = Msg(key, dict.fromkeys(words.names, odd))
            for piece in render(reply(Text(line)), speak):
                found = links(parse(piece.html))
                assert all(kind == "command" and text in own for kind, text in found), (key, odd, found)


def test_times_in_a_group_are_everybodys_own() -> None:
    """Those of a market stay in its words, and a tap shows one's own."""
    at = datetime(2027, 3, 12, 12, 0, tzinfo=UTC)
    speak = voice(WORDS, "en", "Asia/Shanghai", in_group=True)
    answer = reply(
        Heading(msg("value", value=When(at))), Text(msg("value", value=When(at, "America/New_York"))),
        Facts(((msg("value", value=When(at, style="time")), "x"),)), Note(msg("value", value=When(at, style="exact"))),
        Table((msg("value", value=When(at)), "b"), ((msg("value", value=When(at)), "\ue000\ue011\ue001x\ue002"),)),
    )  # fmt: skip
    (piece,) = judged(render(answer, speak))
    parsed, unix = parse(piece.html), int(at.timestamp())
    assert parsed.times == [(unix, "wDt"), (unix, ""), (unix, "t"), (unix, "T"), (unix, "wDt")]
    assert parsed.text == parse(one(answer)).text, "old clients show the words"
    assert parse(one(answer)).times == []
    assert not re.search("[\ue000-\ue0ff]", parsed.text)
    (key,), *_ = keyboard(reply(Actions((Button(msg("value", value=When(at)), "go"),))), speak, "m1")
    assert key.label == say(msg("value", value=When(at)))


@pytest.mark.parametrize(
    "text", ["2027-03-12 20:00", "12.5 %", "$49.90", "24/7", "km/h", "well... no", "1,234,567", "#️⃣", "a: b", "20:00:15"]
)
def test_figures_and_words_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


# -- blocks --------------------------------------------------------------------


def test_a_message_reads_like_one() -> None:
    answer = reply(
        Heading("Cold room"),
        Text("Two lines\nof text & <more>"),
        Facts((("Room", "us_main"), ("Since", "2 min"))),
        Items((Item("Light", "open", "operator"), Item("Sound", "done"), Item("x", "blocked"), Item("y", "waived"))),
        Say("Do you want blue or red?", "en-US", msg("core.tactic.self_qa"), "你要蓝的还是红的？"),
        Note("Small print"),
        Code("/show plan us_main fri 20:00"),
        Secret(""),
        tone="alert",
    )
    assert one(answer) == (
        "<b>🚨 Cold room</b>\n"
        "Two lines\nof text &amp; &lt;more&gt;\n\n"
        "Room: us_main\nSince: 2 min\n\n"
        "⬜ Light (operator)\n✅ Sound\n⛔ x\n➖ y\n\n"
        f"<i>{say(msg('core.tactic.self_qa'))}</i>\n"
        "<blockquote>Do you want blue or red?</blockquote>\n<i>你要蓝的还是红的？</i>\n\n"
        "<i>Small print</i>\n\n"
        "<code>/show plan us_main fri 20:00</code>\n\n"
        f"<i>{say(msg('secret.gone'))}</i>"
    )


def test_a_narrow_table_is_aligned_and_a_wide_one_a_list() -> None:
    narrow = Table(("步骤", "n"), (("看过", "1,200"), ("ordered", "7")))
    assert one(reply(narrow)) == "<pre>步骤         n\n看过     1,200\nordered      7</pre>"
    wide = Table(("Step", "How many", "What for"), (("a long first cell", "12", "a long last cell"),))
    assert one(reply(wide)) == "▫️ a long first cell\nHow many: 12 · What for: a long last cell"


def test_a_tone_without_a_heading_shows_and_nothing_at_all_is_still_a_message() -> None:
    assert one(reply(Text("Done."), tone="good")) == "✅ Done."
    assert one(reply(Text(" \u200b\u2060 "))) == "…"
    assert one(reply()) == "…"


def test_people_are_pinged_below_the_heading_and_their_names_are_only_names() -> None:
    (piece,) = render(reply(Heading("Go?"), Text("now")), say, [("42", "Mia <@all>"), ("7", "\u2060")])
    assert piece.html == (
        '<b>Go?</b>\n🔔 <a href="tg://user?id=42">Mia &lt;@\u2060all&gt;</a>, <a href="tg://user?id=7">7</a>\nnow'
    )
    assert parse(piece.html).pings == ["42", "7"]


def test_code_of_several_lines_is_a_block_and_keeps_its_addresses() -> None:
    assert one(reply(Code("curl https://x.example\n  /now"))) == "<pre>curl https://x.example\n  /now</pre>"


# -- lengths -------------------------------------------------------------------


def test_limits_are_telegrams() -> None:
    assert (TEXT, CAPTION) == (MessageLimit.MAX_TEXT_LENGTH, MessageLimit.CAPTION_LENGTH)


def test_long_messages_are_cut_between_blocks_then_lines_then_words() -> None:
    blocks = [Text("one " * 800), Text("two " * 800), Text("\n".join(["three three"] * 600)), Text("four " * 700)]
    pieces = judged(render(reply(*blocks), say))
    shown = [parse(piece.html).text for piece in pieces]
    assert shown[0] == ("one " * 800).strip()
    assert shown[1].startswith(("two " * 800).strip())
    assert {line for text in shown[1:] for line in text.split("\n") if "three" in line} == {"three three"}
    assert {word for text in shown for word in text.split()} == {"one", "two", "three", "four"}
    assert text_of(pieces).split() == [word for block in blocks for word in block.text.split()]


def test_what_five_messages_cannot_hold_is_a_file() -> None:
    answer = reply(Heading("Long"), *(Text(f"{number} " + "x" * 3000) for number in range(9)))
    pieces = judged(render(answer, say))
    assert [piece.slot for piece in pieces] == ["text"] * 4 + ["document"]
    assert parse(pieces[3].html).text.endswith(say(msg("telegram.rest")))
    assert pieces[4].document is not None
    assert "8 xxx" in pieces[4].document


def test_emoji_are_never_cut_in_half() -> None:
    family = "👨‍👩‍👧‍👦🇨🇳👍🏽"
    shown = [parse(piece.html).text for piece in judged(render(reply(Text(family * 700)), say))]
    assert len(shown) > 1
    assert "".join(shown) == family * 700
    assert all(text[0] in "👨🇨👍" and text[-1] in "👦🇳🏽" for text in shown)


def test_a_cut_makes_no_command_of_what_was_none() -> None:
    for before in range(6):
        judged(render(reply(Text("x" * before + "ab/cd-" * 2000)), say))


def test_code_beyond_telegrams_hundred_entities_stays_code() -> None:
    pieces = judged(render(reply(*(Code(f"/now {number}") for number in range(150))), say))
    assert len(pieces) == 2
    assert sum(len(parse(piece.html).inside("code")) for piece in pieces) == 150


def test_a_short_text_is_the_captions_and_a_long_one_begins_there() -> None:
    chart = Image("chart.png", "Viewers over time")
    (alone,) = judged(render(reply(Heading("Summary"), Text("good"), chart), say))
    assert (alone.slot, alone.file, alone.html) == ("photo", "chart.png", "<b>Summary</b>\ngood")
    photo, rest = judged(render(reply(Heading("Summary"), Text("short"), Text("word " * 500), chart), say))
    assert (photo.slot, photo.html) == ("photo", "<b>Summary</b>\nshort")
    assert (rest.slot, rest.file) == ("text", None)
    first, second = judged(render(reply(Text("two"), chart, Image("b.png", "The other")), say))
    assert (first.file, first.html, second.file, second.html) == ("chart.png", "two", "b.png", "The other")
    many = judged(render(reply(Text("four"), *(Image(f"{n}.png", f"Picture {n}") for n in range(4))), say))
    assert [piece.html for piece in many] == ["four\n\n[Picture 3]", "Picture 1", "Picture 2"]


# -- a message that stands already -----------------------------------------------


def test_an_edit_keeps_its_messages_and_says_what_it_leaves_out() -> None:
    longer = reply(*(Text(f"{number} " + "x" * 3000) for number in range(3)))
    (only,) = judged(redraw(longer, say, ["text"]))
    assert parse(only.html).text.endswith(say(msg("telegram.cut")))
    first, second = judged(redraw(longer, say, ["text", "document"]))
    assert parse(first.html).text.endswith(say(msg("telegram.rest")))
    assert "2 xxx" in (second.document or "")


def test_an_edit_that_needs_fewer_leaves_some_empty() -> None:
    pieces = redraw(reply(Text("short")), say, ["text", "text", "document"])
    assert [piece.is_empty for piece in pieces] == [False, True, True]


def test_an_edited_picture_keeps_its_place() -> None:
    chart = Image("chart.png", "alt")
    photo, text = redraw(reply(Heading("S"), chart, Text("word " * 500)), say, ["photo", "text"])
    assert (photo.file, photo.html) == ("chart.png", "<b>S</b>")
    assert text.html.startswith("word")
    (kept,) = redraw(reply(Text("without")), say, ["photo"])
    assert (kept.slot, kept.file, kept.html) == ("photo", None, "without")
    (new,) = redraw(reply(Text("with"), chart), say, ["text"])
    assert (new.slot, new.file, new.html) == ("photo", "chart.png", "with")
    (told,) = redraw(reply(Text("word " * 400), chart), say, ["text"])
    assert (told.slot, told.html[-5:]) == ("text", "[alt]")


# -- keys ----------------------------------------------------------------------


REASON = (Field("reason", msg("value", value="why")),)


def checklist(n: int) -> Reply:
    items = []
    for number in range(n):
        args = {"item": str(number)}
        buttons = (
            Button("Tick", "checklist tick", args, "primary"),
            Button("Blocked", "checklist block", args, form=REASON),
        )
        done = (Button("Untick", "checklist untick", args),)
        items.append(Item(f"Item {number}", *(("done", None, done) if number == 1 else ("open", None, buttons))))
    return reply(
        Items(tuple(items)), Actions((Button("Go", "go", {}, "primary"), Button("No-go", "no_go", {}, "danger")))
    )


def labels(rows) -> list[list[str]]:
    return [[key.label for key in row] for row in rows]


def test_a_line_of_a_checklist_is_one_button_and_all_else_behind_another() -> None:
    answer = checklist(3)
    rows = keyboard(answer, say, "m12")
    assert labels(rows) == [["⬜ Item 0"], ["✅ Item 1"], ["⬜ Item 2"], [say(msg("telegram.other"))], ["Go", "No-go"]]
    assert rows[0][0].data == f"m12:{button_id('m12', buttons_of(answer)[0])}"
    assert [key.style for key in rows[-1]] == ["primary", "danger"]
    picked = keyboard(answer, say, "m12", rows[3][0].data.partition(":")[2])
    assert labels(picked) == [["⬜ Item 0"], ["⬜ Item 2"], ["‹ Back"]]
    item = keyboard(answer, say, "m12", picked[1][0].data.partition(":")[2])
    assert labels(item) == [["Tick: Item 2"], ["Blocked…: Item 2"], ["‹ Back"]]
    assert item[1][0].data == f"m12:{button_id('m12', answer.blocks[0].items[2].buttons[1])}"
    assert keyboard(answer, say, "m12", item[2][0].data.partition(":")[2]) == picked
    assert keyboard(answer, say, "m12", picked[2][0].data.partition(":")[2]) == rows


def test_many_lines_have_pages_and_the_messages_own_buttons_stand_on_each() -> None:
    answer = checklist(50)
    first = keyboard(answer, say, "m12")
    second = keyboard(answer, say, "m12", "~2")
    third = keyboard(answer, say, "m12", "~3")
    assert [len(rows) for rows in (first, second, third)] == [23, 23, 13]
    assert labels(second)[-2:] == [["‹ 1 of 3", "3 of 3 ›"], ["Go", "No-go"]]
    assert first[-2][-1].data == "m12:~2"
    seen = [row[0].data for rows in (first, second, third) for row in rows[:20] if "Item" in row[0].label]
    assert len(set(seen)) == 50
    assert labels(keyboard(answer, say, "m12", "~o3"))[-2:] == [["‹ 2 of 3"], ["‹ Back"]]


@pytest.mark.parametrize("view", ["", "~", "~0", "~999", "~i99", "~o0", "~x", "0a1b2c3d4e", "~1\n", "~²", "~-1"])
def test_a_made_up_view_still_draws_keys(view: str) -> None:
    assert keyboard(checklist(30), say, "m12", view)


def test_lines_to_say_are_numbered_where_their_buttons_must_be_told_apart() -> None:
    def line(number: int) -> Say:
        return Say(f"line {number}", "en-US", buttons=(Button("Used it", "used", {"n": str(number)}),))

    assert labels(keyboard(reply(line(1), line(2)), say, "m1")) == [["1. Used it"], ["2. Used it"]]
    assert "<i>2. </i>\n<blockquote>line 2" in one(reply(line(1), line(2)))
    assert labels(keyboard(reply(line(1)), say, "m1")) == [["Used it"]]


# -- anything at all -------------------------------------------------------------


@ODD
@given(replies(longest=6_000), st.sampled_from(["en", "zh-CN"]))
def test_whatever_people_type_telegram_takes_it_and_links_nothing(answer: Reply, language: str) -> None:
    speak = WORDS.reader(language, "Asia/Shanghai").line
    pieces = judged(render(answer, speak))
    assert all(piece.slot == "photo" or piece.document or is_visible(parse(piece.html).text) for piece in pieces)
    judged([repeated(piece, speak) for piece in pieces])
    for view in ("", "~2", "~o1", "~i0"):
        rows = keyboard(answer, speak, "m123456789", view)
        keys = [key for row in rows for key in row]
        assert len(keys) <= InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER
        assert all(0 < len(row) <= InlineKeyboardMarkupLimit.BUTTONS_PER_ROW for row in rows)
        assert all(len(key.data.encode()) <= InlineKeyboardButtonLimit.MAX_CALLBACK_DATA for key in keys)
        assert all(is_visible(key.label) and columns(key.label) <= 38 and "\n" not in key.label for key in keys)


@ODD
@given(replies(longest=6_000), st.lists(st.sampled_from(["text", "photo", "document"]), min_size=1, max_size=5))
def test_whatever_an_edit_says_it_fits_the_messages_that_stand(answer: Reply, slots: list[str]) -> None:
    pieces = judged(redraw(answer, say, slots))
    assert len(pieces) == len(slots)
    assert not all(piece.is_empty for piece in pieces)


@ODD
@given(texts(longest=9_000))
def test_no_word_is_lost_on_the_way(text: str) -> None:
    pieces = judged(render(reply(Text(text)), say))
    if pieces[-1].slot == "text" and pieces[0].html != "…":
        kept = "".join(plain(parse(piece.html).text) for piece in pieces)
        assert "".join(kept.split()) == "".join(plain(harmless(text)).split())


@ODD
@given(replies(longest=2_000))
def test_every_button_can_be_reached(answer: Reply) -> None:
    waiting, seen, found = [""], set(), set()
    while waiting:
        view = waiting.pop()
        if view in seen:
            continue
        seen.add(view)
        for row in keyboard(answer, say, "m1", view):
            for key in row:
                name = key.data.partition(":")[2]
                (waiting.append if name.startswith("~") else found.add)(name)
    assert found == {button_id("m1", button) for button in buttons_of(answer)}
