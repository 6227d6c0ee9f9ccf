"""Typed lines: whatever somebody types ends in a request or in a sentence that says what to type instead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.chat.parse import masked, parse
from bot.core.command import HIDDEN, Arg, Command, CommandTable, bind, parse_duration
from bot.core.errors import UserError
from bot.core.model import Role
from handlers import COMMANDS

_WORDS = st.sampled_from([word for command in COMMANDS.commands for word in (*command.path.split(), command.example)])
_LINE = st.lists(
    st.one_of(_WORDS, st.text(max_size=12), st.sampled_from(['"', "=", "x=", "=y", "“", "a=b", "/"])), max_size=8
)


def request_of(line):
    typed = parse(line)
    command, used = COMMANDS.find(typed.words)
    return command, bind(command, typed.words[used:], typed.keyed)


@given(st.one_of(st.text(max_size=80), _LINE.map(" ".join)))
@example("/")
@example('/show plan "')
@example("/note =5")
@example("/room add \ud800 us")
@example("/show plan us_main fri 20:00 length=1h length=2h")
def test_any_line_is_a_request_or_a_sentence(line):
    try:
        command, request = request_of(line)
    except UserError as error:
        refused = error
    else:
        assert isinstance(request, command.request)
        return
    assert refused.message.key
    assert refused.try_instead is None or refused.try_instead.strip()


@pytest.mark.parametrize("command", COMMANDS.commands, ids=lambda command: command.path)
def test_every_example_is_a_request_of_its_own_command(command):
    found, request = request_of(command.example)
    assert (command.path, command.request) == (found.path, type(request))


@pytest.mark.parametrize("command", COMMANDS.commands, ids=lambda command: command.path)
def test_every_command_is_known_in_one_word_too(command):
    """Telegram's menus know no spaces: /show_plan, /checklist_no_go."""
    found, used = COMMANDS.find([command.path.replace(" ", "_")])
    assert (command, 1) == (found, used)


@pytest.mark.parametrize("command", COMMANDS.commands, ids=lambda command: command.path)
def test_every_argument_reads_its_own_example(command):
    given_by_name = {
        parameter.name: parameter.arg.example for parameter in command.parameters if parameter.arg.kind != "values"
    }
    values = {"concurrent": "3"} if len(given_by_name) < len(command.parameters) else {}
    assert isinstance(bind(command, (), given_by_name | values), command.request)


def test_an_option_given_twice_is_refused_and_not_half_heard():
    with pytest.raises(UserError):
        request_of("/room add us_main us name=One name=Two")


@given(st.text(max_size=40), st.text(max_size=40))
def test_quotes_keep_words_together(first, second):
    plain = [text.replace('"', "") for text in (first, second)]
    typed = parse(f'/why "{plain[0]}" reason="{plain[1]}"')
    assert ("why", plain[0]) == typed.words
    assert {"reason": plain[1]} == typed.keyed


@dataclass(frozen=True)
class _Enter:
    who: Annotated[str, Arg("mia")]
    code: Annotated[str, Arg("1234", secret=True)]
    why: Annotated[str | None, Arg("so", rest=True)] = None


@dataclass(frozen=True)
class _Whole:
    code: Annotated[str, Arg("1234", rest=True, secret=True)]


_DOORS = CommandTable(
    (
        Command("enter", "", _Enter, None, Role.VIEWER),
        Command("door", "open", _Whole, None, Role.VIEWER),
    )
)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("/enter mia X4T", "/enter mia •••"),
        ("/enter mia X4T because mia", "/enter mia ••• because mia"),
        ("/enter code=X4T mia late", "/enter code=••• mia late"),
        ('/enter  CODE="X 4T"  who=mia why=x', '/enter  CODE="•••"  who=mia why=x'),
        ("/code=X4T enter mia", "/code=••• enter mia"),
        ("/enter who=mia X4T", "/enter who=mia •••"),
        ('/enter who=mia who="X 4T"', "/enter who=mia •••"),
        ("/enter code=X4T code=X4T", "/enter code=••• •••"),
        ("/door open X 4T", "/door open ••• •••"),
        ("/door_open code=“X 4T”", "/door_open code=“•••”"),
    ],
)
def test_a_line_is_kept_without_its_secret_values(line, kept):
    typed = parse(line)
    command, used = _DOORS.find(typed.words)
    assert "X" in bind(command, typed.words[used:], typed.keyed).code
    assert masked(line, command, used) == kept


@given(st.one_of(_LINE, st.lists(st.sampled_from(["mia", "9", "code=9", "who=x", '"8 9"', "why=z"]))).map(" ".join))
def test_a_kept_line_says_the_same_but_for_its_secret(line):
    def request(text):
        typed = parse(text)
        return bind(_DOORS.commands[0], typed.words[1:], typed.keyed)

    assume(line.count("code=") < 2)  # the second is no option but a word, and hidden all the same
    try:
        asked = request(f"/enter {line}")
    except UserError:
        return
    assert request(masked(f"/enter {line}", _DOORS.commands[0], 1)) == replace(asked, code=HIDDEN)


def test_a_secret_that_cannot_be_read_is_not_repeated():
    with pytest.raises(UserError) as caught:
        bind(_DOORS.commands[1], ("9" * 3000,), {})
    assert caught.value.message.params["value"] == HIDDEN


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2h30m", 9000), ("2h30", 9000), ("150m", 9000), ("90", 5400), ("90s", 90), ("1.5h", 5400),
        ("2小时30分钟", 9000), ("90分钟", 5400), ("", None), ("h", None), ("-5m", None), ("soon", None),
    ],
)  # fmt: skip
def test_durations(text, seconds):
    assert seconds == parse_duration(text)
