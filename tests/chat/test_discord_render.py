"""Replies as Discord gets them: what is drawn, what is cut, and that people's words stay words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.chat.discord.markdown import Voice, clean, cut, escaped, flat, units, voice, width
from bot.chat.discord.render import Drawn, more, render
from bot.core.outline import to_text
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
from tests.chat.discord_draws import active, component_findings, embed_findings, findings, seen, size
from tests.chat.odd_texts import DISCORD, MARKUP, ODD, TELEGRAM, replies, texts

WORDS = Catalogues.load()
EN = voice(WORDS, "en", "Asia/Shanghai")
START = datetime(2026, 3, 8, 9, 30, tzinfo=UTC)
UNIX = int(START.timestamp())


def draw(*blocks: Any, tone: Any = "normal", **options: Any) -> Drawn:
    return render(reply(*blocks, tone=tone), EN, "m12", **options)


def description(*blocks: Any) -> str:
    (embed,) = draw(*blocks).embeds
    return str(embed["description"])


def parts(drawn: Drawn) -> list[Any]:
    return [part for row in drawn.components for part in row["components"]]


def reachable(answer: Reply, drawn: Drawn) -> list[str]:
    """Every custom id or value that says which button, over all pages."""
    found, page = [], 1
    while drawn.components:
        for part in parts(drawn):
            if part["type"] == 3:
                found += [option["value"] for option in part["options"]]
            elif part["custom_id"] != f"m12:+{page + 1}":
                found.append(part["custom_id"])
        page += 1
        drawn = more(answer, EN, "m12", page)
    return found


# -- what is drawn -----------------------------------------------------------------


def test_an_embed_has_title_text_facts_colour_and_our_id() -> None:
    drawn = draw(Heading("Cold room"), Text("No orders"), Facts((("Host", "Ana"), ("Orders", "0"))), tone="alert")
    assert drawn.content == ""
    assert drawn.embeds == (
        {
            "color": 0xED4245,
            "title": "Cold room",
            "description": "No orders",
            "fields": [
                {"name": "Host", "value": "Ana", "inline": True},
                {"name": "Orders", "value": "0", "inline": True},
            ],
            "footer": {"text": "m12"},
        },
    )


def test_what_follows_facts_stands_below_them() -> None:
    drawn = draw(Heading("H"), Facts((("a", "b"),)), Note("small"), Items((Item("one"),), title="List"))
    first, second = drawn.embeds
    assert first["fields"][1] == {"name": "\u200b", "value": "small", "inline": False}
    assert second["description"] == "**List**\n- one"
    assert "footer" not in first
    assert second["footer"] == {"text": "m12"}


def test_a_note_before_the_heading_does_not_take_its_place() -> None:
    (embed,) = draw(Note("sent again"), Heading("Title"), Text("text")).embeds
    assert (embed["title"], embed["description"]) == ("Title", "-# sent again\ntext")


def test_a_second_heading_is_a_heading_in_the_text() -> None:
    assert description(Heading("One"), Text("a"), Heading("Two"), Text("b")) == "a\n\n### Two\nb"


def test_a_heading_does_not_jump_over_what_was_said_before() -> None:
    assert draw(Text("a"), Heading("Two"), Text("b")).embeds[0] == {
        "color": 0x5865F2,
        "description": "a\n\n### Two\nb",
        "footer": {"text": "m12"},
    }


def test_items_show_their_state_and_their_note() -> None:
    items = (
        Item("a", "open", "host"),
        Item("b", "done"),
        Item("c", "blocked"),
        Item("d", "waived"),
        Item("e"),
    )
    assert description(Items(items)) == "⬜ a — host\n✅ b\n⛔ c\n➖ d\n- e"


def test_a_line_to_speak_is_big_and_what_is_about_it_small() -> None:
    drawn = description(Say("Only 3 left!", "en-US", msg("value", value="scarcity"), "只剩3件"))
    assert drawn == "-# scarcity\n> ## Only 3 left!\n-# 只剩3件"


def test_several_lines_with_buttons_are_told_apart_by_number() -> None:
    used = [Button("Used it", "prompt used", {"prompt": f"p{n}"}) for n in (1, 2)]
    drawn = draw(Say("Zero", "en"), Say("One", "en", buttons=(used[0],)), Say("Two", "en", buttons=(used[1],)))
    assert drawn.embeds[0]["description"] == "> ## Zero\n\n-# 1\n> ## One\n\n-# 2\n> ## Two"
    assert [part["label"] for part in parts(drawn)] == ["1 · Used it", "2 · Used it"]


def test_a_narrow_table_has_aligned_columns_in_either_script() -> None:
    drawn = description(Table(("SKU", "n"), (("亚麻衬衫", "1"), ("x", "22"))))
    assert drawn == "```\nSKU       n\n亚麻衬衫  1\nx         22\n```"
    assert len({width(line.split("  ")[0].ljust(1)) for line in ("亚麻衬衫", "abcdefgh")}) == 1


def test_a_wide_table_becomes_a_line_for_each_row() -> None:
    drawn = description(Table(("SKU", "About"), (("A1", "x" * 60), ("B2", "y" * 60))))
    assert drawn == f"- **A1** · About: {'x' * 60}\n- **B2** · About: {'y' * 60}"


def test_backticks_cannot_end_a_code_block() -> None:
    drawn = description(Code("a ``` b\n```\nc"))
    assert drawn.count("```") == 2
    assert drawn.replace("\u200b", "") == "```\na ``` b\n```\nc\n```"


def test_a_secret_that_was_shown_is_gone() -> None:
    assert description(Secret("")).startswith("-# ")
    assert description(Secret("/link code=abc")) == "```\n/link code=abc\n```"


def test_a_picture_is_attached_under_a_name_discord_keeps() -> None:
    drawn = draw(Text("Chart"), Image("图 s12.png", "Orders by minute"))
    (picture,) = drawn.pictures
    assert (picture.name, picture.alt) == ("图 s12.png", "Orders by minute")
    assert drawn.embeds[0]["image"] == {"url": f"attachment://{picture.filename}"}
    assert picture.filename.isascii()
    assert " " not in picture.filename


def test_an_empty_reply_is_a_message_all_the_same() -> None:
    assert draw().embeds == ({"color": 0x5865F2, "description": "\u200b", "footer": {"text": "m12"}},)


# -- times ---------------------------------------------------------------------------


def test_a_time_without_a_zone_is_the_readers_own() -> None:
    said = [msg("value", value=When(START, style=style)) for style in ("full", "date", "time", "exact")]
    assert description(*map(Text, said)).split() == [f"<t:{UNIX}:{letter}>" for letter in "fDtT"]


def test_a_time_with_a_zone_is_the_markets_with_the_readers_beside_it() -> None:
    said = msg("value", value=When(START, "Asia/Tokyo"))
    plain = WORDS.say(said, language="en", zone="Asia/Shanghai")
    assert description(Text(said)) == f"{plain} (<t:{UNIX}:f>)"


def test_where_discord_draws_no_times_they_are_written_out() -> None:
    said = msg("value", value=When(START))
    plain = WORDS.say(said, language="en", zone="Asia/Shanghai")
    drawn = draw(
        Heading(said),
        Facts(((said, said),)),
        Table((said,), ((said,),)),
        Actions((Button(said, "now"),)),
        headline=True,
    )
    assert drawn.content == plain
    assert drawn.embeds[0]["title"] == drawn.embeds[0]["fields"][0]["name"] == parts(drawn)[0]["label"] == plain
    assert drawn.embeds[0]["fields"][0]["value"] == f"<t:{UNIX}:f>"
    assert "<t:" not in drawn.embeds[1]["description"]


# -- buttons ------------------------------------------------------------------------------


def item(number: int) -> Item:
    args = {"item": str(number)}
    form = (Field("reason", msg("why")),)
    return Item(
        f"Item {number}",
        "open",
        "host",
        (
            Button("Tick", "checklist tick", args, "primary"),
            Button("Block", "checklist block", args, form=form),
        ),
    )


def checklist(size: int, others: int = 1) -> Reply:
    actions = tuple(Button(f"Other {n}", "show go", {"n": str(n)}, "danger") for n in range(others))
    return reply(Heading("H"), Items(tuple(map(item, range(size)))), Actions(actions))


def test_buttons_stand_in_rows_of_five_with_their_styles() -> None:
    styles: tuple[Any, ...] = ("plain", "primary", "danger")
    answer = reply(Actions(tuple(Button(f"B{n}", "x", {"n": str(n)}, styles[n % 3]) for n in range(7))))
    drawn = render(answer, EN, "m12")
    assert [len(row["components"]) for row in drawn.components] == [5, 2]
    assert [part["style"] for part in parts(drawn)[:3]] == [2, 1, 4]
    assert [part["custom_id"] for part in parts(drawn)] == [
        f"m12:{button_id('m12', button)}" for button in buttons_of(answer)
    ]


def test_a_checklist_has_a_select_for_each_thing_to_do_and_keeps_its_other_buttons() -> None:
    drawn = render(checklist(20), EN, "m12")
    other, tick, block = parts(drawn)
    assert (other["label"], other["style"]) == ("Other 0", 4)
    assert (tick["placeholder"], len(tick["options"])) == ("Tick", 20)
    assert (block["placeholder"], len(block["options"])) == ("Block", 20)
    assert (tick["custom_id"], block["custom_id"]) == ("m12:pick1", "m12:pick2")
    assert tick["options"][3] == {
        "label": "Item 3",
        "description": "host",
        "value": f"m12:{button_id('m12', item(3).buttons[0])}",
        "emoji": {"name": "⬜"},
    }


def test_more_than_25_items_fill_several_selects() -> None:
    placeholders = [part["placeholder"] for part in parts(render(checklist(40, 0), EN, "m12"))]
    assert placeholders == ["Tick (1–25)", "Tick (26–40)", "Block (1–25)", "Block (26–40)"]


def test_the_buttons_of_one_item_stay_buttons() -> None:
    drawn = draw(Items((item(1), Item("plain"))))
    assert [part["label"] for part in parts(drawn)] == ["Tick", "Block"]


@pytest.mark.parametrize(("size", "others"), [(1, 0), (3, 9), (20, 1), (25, 20), (26, 25), (130, 40)])
def test_no_button_is_ever_lost(size: int, others: int) -> None:
    answer = checklist(size, others)
    drawn = render(answer, EN, "m12")
    assert sorted(reachable(answer, drawn)) == sorted(f"m12:{button_id('m12', b)}" for b in buttons_of(answer))
    assert not component_findings(drawn.components)


def test_the_same_button_twice_is_drawn_once() -> None:
    assert len(parts(draw(Actions((Button("A", "x"), Button("A", "x")))))) == 1


# -- too much ----------------------------------------------------------------------------------


def test_too_much_is_cut_at_a_line_and_the_whole_goes_along() -> None:
    answer = reply(Heading("H"), Items(tuple(Item(f"{n} {'x' * 90}") for n in range(100))), Image("c.png", "chart"))
    drawn = render(answer, EN, "m12")
    lines = "\n".join(embed.get("description", "") for embed in drawn.embeds).split("\n")
    assert {len(line.split(" ")[-1]) for line in lines if line.startswith("- ")} == {90}
    assert lines[-1] == r"-# Shortened: the whole text is in message.txt."
    assert drawn.whole == to_text(answer, EN.plain)
    assert len(drawn.pictures) == 1
    assert not embed_findings(drawn.embeds, times=False)


def test_a_table_is_cut_between_its_rows_and_its_block_closed() -> None:
    drawn = draw(Table(("a", "b"), tuple((f"{n}", "y" * 40) for n in range(200))))
    assert drawn.whole is not None
    assert sum(embed["description"].count("```") for embed in drawn.embeds) == 2
    assert not embed_findings(drawn.embeds, times=False)


def test_what_fits_is_sent_without_a_file() -> None:
    assert draw(Text("x" * 1_900), Facts((("a", "b" * 1_000),))).whole is None


def test_thirty_facts_need_a_second_embed() -> None:
    drawn = draw(Facts(tuple((f"n{n}", "v") for n in range(30))))
    assert [len(embed["fields"]) for embed in drawn.embeds] == [25, 5]


# -- people's words are data --------------------------------------------------------------------


@pytest.mark.parametrize("hostile", [*DISCORD, *TELEGRAM, *MARKUP, *ODD])
def test_hostile_words_draw_as_themselves(hostile: str) -> None:
    line = flat(clean(hostile))
    assert list(active(escaped(line))) == []
    assert seen(escaped(line)) == line.replace("\u200b", "")


@given(texts(longest=2_000))
@settings(max_examples=1000, deadline=None)
def test_any_words_draw_as_themselves(text: str) -> None:
    line = flat(clean(text))
    assert list(active(escaped(line))) == []
    assert findings(escaped(line), times=False) == []
    assert seen(escaped(line)) == line.replace("\u200b", "")


@given(texts(longest=500), st.integers(2, 300))
@settings(max_examples=200, deadline=None)
def test_a_cut_splits_no_escape(text: str, limit: int) -> None:
    shorter = cut(escaped(flat(clean(text))), limit)
    assert size(shorter) == units(shorter) <= limit
    assert list(active(shorter)) == []


def test_the_check_itself_finds_what_discord_would_draw() -> None:
    for drawn in ("**a** *b*", "<@1>", "a `b`", "https://x.y", "# a", "- - a", "<t:1:R>", ":a:", "@here", "[a](b)"):
        assert findings(drawn, times=False), drawn
    assert not findings("**a** b\n> ## c\n-# d\n```\n* [a](b)\n```", times=False)


def judge(answer: Reply, *, times: bool) -> None:
    for language in ("en", "zh-CN"):
        drawn = render(answer, voice(WORDS, language, "Asia/Shanghai"), "m12", pings=[1, 2], headline=True)
        content = drawn.content.removeprefix("<@1> <@2>").lstrip()
        found = [
            *embed_findings(drawn.embeds, times=times),
            *component_findings(drawn.components),
            *(findings(content, times=False, is_block=False) if content else ()),
        ]
        assert found == []
        assert size(drawn.content) <= 2_000
        assert len(drawn.pictures) <= 9
        assert drawn.embeds[-1]["footer"] == {"text": "m12"}
        (drawn.whole or "").encode()
        known = {f"m12:{button_id('m12', button)}" for button in buttons_of(answer)}
        assert set(reachable(answer, drawn)) == known


@given(replies(longest=10_000))
@settings(max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@example(reply(Heading("@everyone " * 1_000), Text("<@1>" * 3_000), tone="alert"))
@example(reply(*[Facts((("n" * 10_000, "```" * 4_000),))] * 12))
@example(reply(*[Image("c.png", "x")] * 14, Text("below")))
@example(reply(Code("`````"), Code("a ```` b ``````")))
def test_no_reply_breaks_a_limit_or_says_more_than_words(answer: Reply) -> None:
    judge(answer, times=True)


@given(replies(most=40, deepest=14))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_long_lists_break_no_limit_either(answer: Reply) -> None:
    judge(answer, times=True)


def test_nobodys_words_make_a_time() -> None:
    stamped = "\ue0f0\ue001\ue002\ue166\ue0f1"
    drawn = render(reply(Text(stamped), Text(msg("value", value=stamped))), Voice(EN.say, EN.plain), "m12")
    assert "<t:" not in drawn.embeds[0]["description"]
