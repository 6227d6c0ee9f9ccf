"""The contract of all chats: the same scenarios, the same words and figures, the same buttons, in each its own form."""

from __future__ import annotations

import itertools
import json
import re

import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.contract.runs import CHATS, OF_EACH_CHAT, SCENARIOS, run

_CHANGING = re.compile(
    r"[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}"  # one-time codes
    r"|\b\d{17,20}\b"  # Discord's ids, which hold the time
    r"|\d+(?:\\*\.\d+)? [kMGT]B"  # sizes on the disk
    r"|http://127\.0\.0\.1:\d+[^\s\"\\<]*"  # links, with their code
    r"|(?<=/calendar/)[\w-]{43}"  # their secret addresses
    r"|(?<=\"qr\": )\{.*?\}|(?<=qr: ).*"  # the same as a picture
)
"""What differs from run to run."""
_WIDE = 160


class Script(SingleFileSnapshotExtension):
    """A text file a snapshot, to be read as it is."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"

    def serialize(self, data, **_):
        return data if data.endswith("\n") else f"{data}\n"


def laid_out(value, name="", margin=""):
    """Nested values as lines, what fits into one as JSON."""
    text = f"{margin}{name}{json.dumps(value, ensure_ascii=False)}"
    if len(text) <= _WIDE or not isinstance(value, dict | list):
        return [text]
    parts = value.items() if isinstance(value, dict) else [("-", part) for part in value]
    inside = (laid_out(part, f"{key} " if key == "-" else f"{key}: ", f"{margin}  ") for key, part in parts)
    return [f"{margin}{name}".rstrip(), *itertools.chain(*inside)]


@pytest.fixture
def script(snapshot):
    return snapshot.use_extension(Script)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("chat", CHATS)
def test_what_a_chat_shows_is_what_was_said(chat, scenario):
    assert [] == run(chat, scenario).wrong


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name not in OF_EACH_CHAT])
@pytest.mark.parametrize("chat", [chat for chat in CHATS if chat != "web"])
def test_people_read_the_same_in_every_chat(chat, scenario):
    assert run("web", scenario).words == run(chat, scenario).words


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_people_read(scenario, script):
    assert script == "\n".join(run("web", scenario).words)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("chat", CHATS)
def test_what_the_chat_received(chat, scenario, script):
    lines = itertools.chain(*(laid_out(entry) for entry in run(chat, scenario).raw))
    assert script == _CHANGING.sub("…", "\n".join(lines))
