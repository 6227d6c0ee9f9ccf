"""How the Bot API reads formatted text: HTML and MarkdownV2 with its refusals, and what it finds in plain text itself.

Offsets and lengths of entities are in UTF-16 code units; the places named in a refusal are byte offsets, both as
Telegram does. The length limits count Unicode code points of the text that is left when the markup is gone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

Entity = dict[str, Any]


class BrokenMarkupError(Exception):
    """The text is Telegram's own reason, without "can't parse entities"."""


def units(text: str) -> int:
    """UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


@dataclass(slots=True)
class Open:
    kind: str
    tag: str
    start: int
    at: int
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Reading:
    """A text being read: `source` up to `at`, what came out of it, and which entities are open."""

    source: str
    at: int = 0
    out: list[str] = field(default_factory=list)
    open: list[Open] = field(default_factory=list)
    done: list[tuple[Open, int, dict[str, Any]]] = field(default_factory=list)

    @property
    def offset(self) -> int:
        return len(self.source[: self.at].encode())

    def put(self, text: str) -> None:
        self.out.extend(text)

    def begin(self, kind: str, tag: str, extra: dict[str, Any] | None = None) -> None:
        self.open.append(Open(kind, tag, len(self.out), self.offset, extra or {}))

    def end(self, extra: dict[str, Any] | None = None) -> None:
        was = self.open.pop()
        if was.kind and len(self.out) > was.start:
            self.done.append((was, len(self.out), was.extra | (extra or {})))

    def result(self) -> tuple[str, list[Entity]]:
        text = "".join(self.out)
        cut = len(text) - len(text.lstrip())
        kept = text.strip()
        found = []
        for was, end, extra in sorted(self.done, key=lambda span: (span[0].start, -span[1], span[0].at)):
            first, last = max(0, was.start - cut), min(len(kept), end - cut)
            if last > first:
                found.append(
                    {"type": was.kind, "offset": units(kept[:first]), "length": units(kept[first:last])} | extra
                )
        return kept, _merged(found)


def _merged(found: list[Entity]) -> list[Entity]:
    """A code block inside of a block of the same extent is one block with a language."""
    kept: list[Entity] = []
    for one in found:
        before = kept[-1] if kept else None
        if before and before["type"] == "pre" and one["type"] == "code" and before["offset"] == one["offset"]:
            before |= {"language": one["language"]} if "language" in one else {}
        else:
            kept.append(one)
    for one in kept:
        if one["type"] == "code":
            one.pop("language", None)
    return kept


_TAGS = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **dict.fromkeys(("span", "tg-spoiler"), "spoiler"),
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
}
_NAME = re.compile(r"[^\s>]*")
_ATTRIBUTE = re.compile(r"\s*([^\s=>\"']+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[a-zA-Z0-9.\-]+))?")
_CHARACTER = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_USER = re.compile(r"tg://user\?id=(\d+)")
_TIME_FORMAT = re.compile(r"r|w?[dD]?[tT]?")


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """The text without its tags and the entities they stood for; BrokenMarkupError where Telegram refuses it."""
    reading = _Reading(source)
    while reading.at < len(source):
        here = source[reading.at]
        if here == "<":
            (_end_tag if source.startswith("</", reading.at) else _start_tag)(reading)
        elif here == "&" and (named := _CHARACTER.match(source, reading.at)):
            reading.put(unescape(named[0]))
            reading.at = named.end()
        else:
            reading.put(here)
            reading.at += 1
    if reading.open:
        last = reading.open[-1]
        raise BrokenMarkupError(f'Can\'t find end tag corresponding to start tag "{last.tag}"')
    return reading.result()


def _start_tag(reading: _Reading) -> None:
    named = _NAME.match(reading.source, reading.at + 1)
    assert named is not None
    tag = named[0].lower()
    if named.end() == len(reading.source):
        raise BrokenMarkupError(f"Unclosed start tag at byte offset {reading.offset}")
    if tag not in _TAGS:
        raise BrokenMarkupError(f'Unsupported start tag "{tag}" at byte offset {reading.offset}')
    attributes, end = _attributes(reading, named.end())
    kind, extra = _meaning(tag, attributes, reading)
    reading.begin(kind, tag, extra)
    reading.at = end


def _attributes(reading: _Reading, at: int) -> tuple[dict[str, str], int]:
    found: dict[str, str] = {}
    while True:
        while at < len(reading.source) and reading.source[at].isspace():
            at += 1
        if at >= len(reading.source):
            raise BrokenMarkupError(f"Unclosed start tag at byte offset {reading.offset}")
        if reading.source[at] == ">":
            return found, at + 1
        one = _ATTRIBUTE.match(reading.source, at)
        if one is None or one.end() == at:
            raise BrokenMarkupError(f"Empty attribute name in the tag at byte offset {reading.offset}")
        found[one[1].lower()] = unescape((one[2] or "").strip("\"'"))
        at = one.end()


def _meaning(tag: str, attributes: dict[str, str], reading: _Reading) -> tuple[str, dict[str, Any]]:
    kind = _TAGS[tag]
    if tag == "span" and attributes.get("class") != "tg-spoiler":
        raise BrokenMarkupError(f'Tag "span" must have class "tg-spoiler" at byte offset {reading.offset}')
    if tag == "a":
        return _link(attributes.get("href", ""))
    if tag == "tg-time":
        return kind, _time(attributes.get("unix", ""), attributes.get("format", ""))
    if tag == "tg-emoji":
        return kind, {"custom_emoji_id": attributes.get("emoji-id", "")}
    if tag == "blockquote" and "expandable" in attributes:
        return "expandable_blockquote", {}
    if tag == "code" and attributes.get("class", "").startswith("language-"):
        return kind, {"language": attributes["class"].removeprefix("language-")}
    return kind, {}


def _link(target: str) -> tuple[str, dict[str, Any]]:
    """A link; the mention of a user; or nothing, where the address is none."""
    if user := _USER.fullmatch(target):
        return "text_mention", {"user": {"id": int(user[1])}}
    if re.match(r"(?:https?|ftp|tg|ton|tonsite)://|mailto:|tel:|[\w-]+\.\w{2,}", target):
        return "text_link", {"url": target}
    return "", {}


def _time(unix: str, form: str) -> dict[str, Any]:
    if not unix.isdigit() or not _TIME_FORMAT.fullmatch(form):
        raise BrokenMarkupError("Invalid date_time entity specified")
    return {"unix_time": int(unix)} | ({"date_time_format": form} if form else {})


def _end_tag(reading: _Reading) -> None:
    if not reading.open:
        raise BrokenMarkupError(f"Unexpected end tag at byte offset {reading.offset}")
    named = re.compile(r"</([^\s>]*)\s*(>?)").match(reading.source, reading.at)
    assert named is not None
    if not named[2]:
        raise BrokenMarkupError(f"Unclosed end tag at byte offset {reading.offset}")
    tag = reading.open[-1].tag
    if named[1] and named[1].lower() != tag:
        reason = (
            f'Unmatched end tag at byte offset {reading.offset}, expected "</{tag}>", found "</{named[1].lower()}>"'
        )
        raise BrokenMarkupError(reason)
    reading.end()
    reading.at = named.end()


_MARKS = {
    "*": "bold",
    "_": "italic",
    "__": "underline",
    "~": "strikethrough",
    "||": "spoiler",
    "`": "code",
    "```": "pre",
    "[": "text_link",
    "![": "custom_emoji",
}
_CLOSES = {"[": "]", "![": "]"}
_RESERVED = "_*[]()~`>#+-=|{}.!"


def parse_markdown(source: str) -> tuple[str, list[Entity]]:
    """MarkdownV2, in the same way."""
    reading = _Reading(source)
    while reading.at < len(source):
        _mark(reading)
    _close_quote(reading)
    if reading.open:
        last = reading.open[-1]
        name = {"text_link": "TextUrl", "pre": "Pre"}.get(last.kind, last.kind.capitalize())
        raise BrokenMarkupError(f"Can't find end of {name} entity at byte offset {last.at}")
    return reading.result()


def _mark(reading: _Reading) -> None:
    source, at = reading.source, reading.at
    here, inner = source[at], reading.open[-1].tag if reading.open else ""
    if here == "\\" and at + 1 < len(source) and 0 < ord(source[at + 1]) <= 126:
        reading.put(source[at + 1])
        reading.at += 2
    elif here == "\n" and reading.open and reading.open[0].kind == "blockquote" and source[at + 1 : at + 2] != ">":
        _close_quote(reading)
        reading.put(here)
        reading.at += 1
    elif here not in ("`" if inner in ("`", "```") else _RESERVED):
        reading.put(here)
        reading.at += 1
    elif (
        inner
        and source.startswith(_CLOSES.get(inner, inner), at)
        and not (inner == "_" and source[at : at + 2] == "__")
    ):
        _close(reading, inner)
    else:
        _open_mark(reading)


def _open_mark(reading: _Reading) -> None:
    source, at = reading.source, reading.at
    if source[at] == ">" and (at == 0 or source[at - 1] == "\n"):
        if not reading.open:
            reading.begin("blockquote", "")
        reading.at += 1
        return
    for mark in sorted(_MARKS, key=len, reverse=True):
        if source.startswith(mark, at):
            reading.begin(_MARKS[mark], mark)
            reading.at += len(mark)
            if mark == "```" and (named := re.compile(r"([^\s`]+)\n|\n").match(source, reading.at)):
                reading.open[-1].extra = {"language": named[1]} if named[1] else {}
                reading.at = named.end()
            return
    raise BrokenMarkupError(f"Character '{source[at]}' is reserved and must be escaped with the preceding '\\'")


def _close(reading: _Reading, mark: str) -> None:
    reading.at += len(_CLOSES.get(mark, mark))
    if mark not in _CLOSES:
        reading.end()
        return
    target = re.compile(r"\(((?:\\.|[^)\\])*)\)").match(reading.source, reading.at)
    where = re.sub(r"\\(.)", r"\1", target[1]) if target else ""
    if target:
        reading.at = target.end()
    if mark == "[":
        reading.open[-1].kind, extra = _link(where or "".join(reading.out[reading.open[-1].start :]))
    elif at := re.fullmatch(r"tg://time\?unix=(\d+)(?:&format=(\w*))?", where):
        reading.open[-1].kind, extra = "date_time", _time(at[1], at[2] or "")
    elif emoji := re.fullmatch(r"tg://emoji\?id=(\d+)", where):
        extra = {"custom_emoji_id": emoji[1]}
    else:
        raise BrokenMarkupError("Custom emoji entity must contain a tg://emoji URL")
    reading.end(extra)


def _close_quote(reading: _Reading) -> None:
    if reading.open and reading.open[-1].kind == "blockquote":
        reading.end()


_ZONES = "com|org|net|info|biz|app|dev|shop|store|online|site|xyz|top|live|gov|edu|mil|int|[a-z]{2}"
_FOUND = (
    ("url", re.compile(r"(?:https?|ftp|tonsite)://[^\s<>\"]*[^\s<>\".,:;!?)\]}'`*_~|]", re.IGNORECASE)),
    ("email", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}\b", re.IGNORECASE | re.ASCII)),
    (
        "url",
        re.compile(rf"(?<![\w@/.-])(?:[\w-]{{1,63}}\.)+(?:{_ZONES})(?![\w-])(?:[/?#]\S*[^\s.,;:!?)])?", re.IGNORECASE),
    ),
    ("mention", re.compile(r"(?<!\w)@[a-zA-Z0-9_]{3,32}(?!\w)")),
    ("bot_command", re.compile(r"(?<![\w/<>])/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z0-9_]{3,32})?(?![\w/<>])")),
    ("hashtag", re.compile(r"(?<!\w)#(?=\w*[^\W\d_])\w{1,256}(?!\w*#)")),
    ("cashtag", re.compile(r"(?<![$\w])\$(?:1INCH|[A-Z]{1,8})(?![$\w])")),
    ("phone_number", re.compile(r"(?<![\w+])\+\d[\d() -]{8,16}\d(?!\w)")),
)
_DEAF = {"code", "pre", "text_link", "text_mention", "custom_emoji", "date_time"}
"""Nothing is looked for inside of these."""


def found_in(text: str, marked: list[Entity]) -> list[Entity]:
    """What Telegram makes of plain text by itself: addresses, mentions, commands, tags.

    Which is why escaping alone does not keep "@somebody" from being a mention.
    """
    taken = [(one["offset"], one["offset"] + one["length"]) for one in marked if one["type"] in _DEAF]
    found = []
    for kind, pattern in _FOUND:
        for match in pattern.finditer(text):
            start = units(text[: match.start()])
            end = start + units(match[0])
            if all(end <= a or start >= b for a, b in taken):
                taken.append((start, end))
                found.append({"type": kind, "offset": start, "length": end - start})
    return sorted(found, key=lambda one: one["offset"])


def parse(text: str, mode: str | None) -> tuple[str, list[Entity]]:
    """`mode` as in the request. Legacy Markdown is refused here: nothing of ours has a reason to use it."""
    if not mode:
        return _Reading(text, out=list(text)).result()
    readers = {"html": parse_html, "markdownv2": parse_markdown}
    if mode.lower() not in readers:
        raise BrokenMarkupError("unsupported parse_mode")
    return readers[mode.lower()](text)


def covered(text: str, entity: Entity) -> str:
    """The part of the text an entity is about."""
    raw = text.encode("utf-16-le")
    return raw[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le", "replace")
