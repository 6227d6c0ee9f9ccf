"""Replies as the page's JSON, and the page's own files: words, safety, size."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import segno
from babel.messages.pofile import read_po

from bot.chat.web.render import message_blocks
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
    Line,
    Note,
    Reply,
    Say,
    Secret,
    Table,
    Text,
    buttons_of,
    msg,
    reply,
)

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "bot" / "chat" / "web" / "static"
SCRIPTS = sorted(STATIC.glob("*.js"))


def say(line: Line) -> str:
    return line if isinstance(line, str) else f"«{line.key}»"


def draw(answer: Reply) -> dict[str, Any]:
    asked: list[Button] = []

    def button_id(button: Button) -> str:
        asked.append(button)
        return f"b{len(asked)}"

    drawn = message_blocks(answer, say, button_id, lambda name: f"/chat/files/{name}")
    assert asked == buttons_of(answer)
    return drawn


EVERYTHING = reply(
    Heading(msg("title")),
    Text("text"),
    Note("note"),
    Code("/now"),
    Secret("https://here.test/join#abc"),
    Facts((("a", msg("b")),)),
    Items(
        (
            Item(
                "tick me",
                "open",
                "owner",
                (
                    Button("Tick", "tick"),
                    Button("Blocked", "block", form=(Field("reason", msg("why"), required=False),)),
                ),
            ),
            Item("plain"),
        ),
        msg("section"),
    ),
    Table((msg("sku"), "n"), (("A", "1"),)),
    Say("Hello", "en-US", msg("tactic"), "你好", (Button("Used it", "used", style="primary"),)),
    Image("chart.png", msg("alt")),
    Actions((Button(msg("stop"), "stop", style="danger"),)),
    tone="alert",
    private=True,
)


def button(number: int, label: str, style: str = "plain", form: list[Any] | None = None) -> dict[str, Any]:
    return {"id": f"b{number}", "label": label, "style": style, "form": form or []}


def test_every_block_becomes_its_json() -> None:
    block = {"name": "reason", "label": "«why»", "required": False}
    tick, blocked = button(1, "Tick"), button(2, "Blocked", form=[block])
    used, stop = button(3, "Used it", "primary"), button(4, "«stop»", "danger")

    drawn = draw(EVERYTHING)

    assert drawn["blocks"] == [
        {"type": "heading", "text": "«title»"},
        {"type": "text", "text": "text"},
        {"type": "note", "text": "note"},
        {"type": "code", "text": "/now"},
        {"type": "secret", "text": "https://here.test/join#abc", "gone": False, "qr": None},
        {"type": "facts", "rows": [["a", "«b»"]]},
        {
            "type": "items",
            "title": "«section»",
            "items": [
                {"text": "tick me", "state": "open", "note": "owner", "buttons": [tick, blocked]},
                {"text": "plain", "state": "none", "note": None, "buttons": []},
            ],
        },
        {"type": "table", "columns": ["«sku»", "n"], "rows": [["A", "1"]]},
        {
            "type": "say",
            "text": "Hello",
            "language": "en-US",
            "tactic": "«tactic»",
            "gloss": "你好",
            "buttons": [used],
        },
        {"type": "image", "name": "chart.png", "url": "/chat/files/chart.png", "alt": "«alt»"},
        {"type": "actions", "buttons": [stop]},
    ]
    assert drawn["buttons"] == [tick, blocked, used, stop]
    assert (drawn["tone"], drawn["private"], drawn["attachments"]) == ("alert", True, ["chart.png"])
    assert drawn["text"].startswith("«title»\ntext\n")


def test_the_json_is_plain_json() -> None:
    drawn = draw(EVERYTHING)

    assert json.loads(json.dumps(drawn)) == drawn


def test_data_is_left_as_it_is() -> None:
    hostile = "<img src=x onerror=alert(1)> @everyone {name} %s"

    drawn = draw(reply(Text(hostile), Table((hostile,), ((hostile,),)), Say(hostile, "en")))

    assert drawn["blocks"][0]["text"] == hostile
    assert drawn["blocks"][1] == {"type": "table", "columns": [hostile], "rows": [[hostile]]}
    assert drawn["blocks"][2]["text"] == hostile


def test_a_secret_for_a_camera_is_drawn_and_one_shown_before_is_not_there() -> None:
    link = "https://here.test/chat/join#SECRET"
    shown, gone = (draw(answer)["blocks"][0] for answer in (reply(Secret(link, qr=True)), reply(Secret("", qr=True))))

    assert shown["text"] == link
    assert shown["qr"] == segno.make(link, error="m", micro=False).svg_data_uri(
        border=4, dark="#000", light="#fff", omitsize=True, xmldecl=False, svgclass=None, lineclass=None
    )
    assert (gone["text"], gone["gone"], gone["qr"]) == ("«secret.gone»", True, None)


def test_an_empty_reply_has_empty_lists() -> None:
    assert draw(reply()) == {
        "tone": "normal",
        "private": False,
        "text": "",
        "blocks": [],
        "buttons": [],
        "attachments": [],
    }


def catalogue(language: str) -> dict[str, str]:
    texts = {}
    for path in sorted((ROOT / "prompts" / "locales" / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            texts |= {str(message.id): str(message.string) for message in read_po(file) if message.id}
    return {key: text for key, text in texts.items() if key.startswith("web.")}


def test_every_word_of_the_page_is_in_both_languages() -> None:
    used = {key for script in SCRIPTS for key in re.findall(r'"(web\.[a-z.]+)"', script.read_text("utf-8"))}
    stems = {stem for script in SCRIPTS for stem in re.findall(r"`(web\.[a-z.]+\.)\$\{", script.read_text("utf-8"))}
    english, chinese = catalogue("en"), catalogue("zh_CN")

    assert used
    assert used <= english.keys()
    assert stems == {"web.role.", "web.state.", "web.theme.", "web.tone.", "web.empty.", "web.guide."}
    by_server = ("web.channel.", "web.topic.")
    assert {key for key in english if key not in used and not key.startswith((*stems, *by_server))} == set()
    assert english.keys() == chinese.keys()
    assert all(chinese.values())
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", chinese[key])), key


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_never_make_markup_from_text(script: Path) -> None:
    source = script.read_text("utf-8")

    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser", source)
        == []
    )
    assert re.findall(r"""setAttribute\(\s*["'](?:style|on)""", source) == []
    assert re.findall(r"https?://(?!www\.w3\.org/)", source) == []
    assert len(source.splitlines()) <= 400


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_import_what_is_there(script: Path) -> None:
    for names, module in re.findall(r'import (.+?) from "\./(.+?)"', script.read_text("utf-8")):
        exported = (STATIC / module).read_text("utf-8")
        for name in re.findall(r"\w+", names.partition("{")[2]):
            assert re.search(rf"export (?:async )?(?:function|class|const|let) {name}\b", exported), f"{module}: {name}"


def test_the_page_keeps_its_content_security_policy() -> None:
    page = (STATIC / "index.html").read_text("utf-8")

    assert re.findall(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|https?://", page) == []
    for name in re.findall(r'(?:src|href)="static/([^"]+)"', page):
        assert (STATIC / name).is_file(), name


@pytest.mark.parametrize("sheet", sorted(STATIC.glob("*.css")), ids=lambda path: path.name)
def test_style_sheets_load_nothing(sheet: Path) -> None:
    source = sheet.read_text("utf-8")

    assert re.findall(r"url\(|@import", source) == []
    assert source.count("{") == source.count("}")


@pytest.mark.parametrize("name", ["icon.svg", "icon-unread.svg"])
def test_icons_are_well_formed(name: str) -> None:
    assert ET.parse(STATIC / name).getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_a_button_for_a_while_says_until_when() -> None:
    until = datetime(2027, 3, 13, 1, 1, tzinfo=UTC)
    drawn = draw(Reply((Actions((Button(msg("stop"), "undo", {"deed": "u1"}, until=until),)),)))
    assert drawn["buttons"] == [button(1, "«stop»") | {"until": "2027-03-13T01:01:00Z"}]
