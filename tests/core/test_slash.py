"""The table as Discord's slash commands and Telegram's menu: within their limits, and the same as the line typed."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat import native
from bot.chat.parse import parse
from bot.core.command import MAX_TEXT, Command, CommandTable, bind
from bot.core.errors import UserError
from bot.core.model import Role
from bot.core.slash import MOST_COMMANDS, MOST_ROWS, Group, leaves, menu, tree
from handlers import COMMANDS
from prompts.catalogue import Catalogues

WORDS = Catalogues.load()
TREE = tree(COMMANDS)
LEAVES = leaves(TREE)
LANGUAGES = ("en", "zh-CN")
NAME = re.compile(r"[-_'\w]{1,32}")
"""Discord's ^[-_'\\p{L}\\p{N}]{1,32}$, as near as the standard library comes; \\w is letters, digits and _."""


@dataclass(frozen=True)
class Nothing:
    """A request without arguments."""


def said(line, language):
    return WORDS.reader(language).line(line)


def siblings():
    """Every set of names that stand beside each other: (where, [(what it is called, catalogue key)])."""
    yield "/", [(branch.name, branch.title) for branch in TREE]
    for branch in TREE:
        if isinstance(branch, Group):
            yield branch.name, [(leaf.name, leaf.title) for leaf in branch.leaves]
    for words, leaf in LEAVES.items():
        yield " ".join(words), [(option.name, option.title) for option in leaf.options]


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_obey_discord_and_are_unique_among_siblings(language):
    for where, names in siblings():
        called = [said(title, language) for _name, title in names]
        assert [] == [name for name in called if not NAME.fullmatch(name) or name != name.lower()], where
        assert [] == [name for name, count in Counter(called).items() if count > 1], where


def test_english_names_are_those_of_the_table():
    for where, names in siblings():
        assert [name for name, _title in names] == [said(title, "en") for _name, title in names], where


@pytest.mark.parametrize("language", LANGUAGES)
def test_descriptions_and_choices_are_short_sentences_without_placeholders(language):
    lines = [branch.about for branch in TREE]
    for leaf in LEAVES.values():
        lines.append(leaf.about)
        lines += [option.about for option in leaf.options]
        lines += [choice.title for option in leaf.options for choice in option.choices]
    texts = {line.key: said(line, language) for line in lines}
    assert {key: text for key, text in texts.items() if not 1 <= len(text) <= 100 or "{" in text} == {}
    assert [text for text in texts.values() if text[-1] in ".。" and not text.endswith(" ...")] == []
    assert [key for key, text in texts.items() if text == key or text != text.strip()] == []


def test_the_tree_is_within_discords_limits():
    assert len(TREE) <= MOST_COMMANDS
    for branch in TREE:
        assert not isinstance(branch, Group) or 1 <= len(branch.leaves) <= MOST_ROWS, branch.name
    for words, leaf in LEAVES.items():
        assert len(leaf.options) <= MOST_ROWS, words
        needed = [option.required for option in leaf.options]
        assert needed == sorted(needed, reverse=True), f"{words}: required options come first"
        for option in leaf.options:
            assert len(option.choices) <= MOST_ROWS, (words, option.name)
            assert not (option.choices and option.is_completed), "Discord takes one of the two"
            assert all(1 <= len(choice.value) <= 100 for choice in option.choices), (words, option.name)


@pytest.mark.parametrize("branch", TREE, ids=lambda branch: branch.name)
def test_a_command_with_all_inside_is_within_8000_characters(branch):
    """Names, descriptions and values together; of a text in several languages Discord counts the longest."""

    def size(*lines):
        return sum(max(len(said(line, language)) for language in LANGUAGES) for line in lines)

    total = size(branch.title, branch.about)
    for leaf in branch.leaves if isinstance(branch, Group) else [branch]:
        total += size(leaf.title, leaf.about)
        for option in leaf.options:
            total += size(option.title, option.about) + sum(
                size(choice.title) + len(choice.value) for choice in option.choices
            )
    assert total <= 8000


def test_every_row_of_the_menu_is_in_the_tree_once_and_no_other():
    assert Counter(leaf.command.path for leaf in LEAVES.values()) == Counter(
        command.path for command in COMMANDS.commands if command.menu
    )


def test_hidden_arguments_are_no_options():
    shown = {words: {option.name for option in leaf.options} for words, leaf in LEAVES.items()}
    assert shown["signout",] == {"person"}
    assert shown["undo",] == set()


def test_a_word_that_is_a_command_and_a_group_is_called_by_its_own_word_inside():
    assert LEAVES["prompt", "ask"].command is COMMANDS.get("prompt")
    assert ("prompt",) not in LEAVES
    assert COMMANDS.find(["prompt", "ask", "us_main"]) == (COMMANDS.get("prompt"), 2), "typed in another chat too"
    assert COMMANDS.find(["prompt", "us_main"]) == (COMMANDS.get("prompt"), 1)


def test_a_word_that_is_both_and_has_no_own_word_is_said_when_the_tree_is_made():
    async def run(_request, _ctx):
        raise AssertionError

    rows = [Command("tea", name, Nothing, run, Role.VIEWER) for name in ("", "pour")]
    with pytest.raises(ValueError, match="/tea is a command and a group"):
        tree(CommandTable(rows))


def test_an_own_word_that_is_taken_is_said_when_the_table_is_made():
    ask = replace(COMMANDS.get("prompt"), own_word="used")
    with pytest.raises(ValueError, match="share a path"):
        CommandTable([ask, COMMANDS.get("prompt used")])


def test_types_and_bounds_come_from_the_arguments():
    options = {option.name: option for option in LEAVES["product", "add"].options}
    assert (options["stock"].kind, options["stock"].least, options["stock"].most) == ("integer", 0, 999_999_999)
    assert (options["name"].kind, options["name"].least, options["name"].most) == ("string", 1, MAX_TEXT)
    assert options["room"].is_completed
    audit = {option.name: option for option in LEAVES["audit",].options}
    assert (audit["n"].least, audit["n"].most) == (1, 50)
    every = {option.name: option for option in LEAVES["show", "list"].options}["all"]
    assert (every.kind, every.least, every.most) == ("boolean", None, None)


def native_value(option, text):
    if option.kind == "integer":
        return int(text)
    return text == "yes" if option.kind == "boolean" else text


def request_typed(typed):
    command, used = COMMANDS.find(typed.words)
    return command, bind(command, typed.words[used:], typed.keyed)


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_the_example_filled_in_natively_is_the_request_of_the_line_typed(words):
    leaf = LEAVES[words]
    needed = {
        option.name: native_value(option, option.parameter.arg.example) for option in leaf.options if option.required
    }
    assert request_typed(parse(leaf.command.example)) == request_typed(native.typed(leaf, needed))


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_option_filled_in_natively_is_the_request_of_the_line_typed(words):
    leaf = LEAVES[words]
    filled = {option.name: native_value(option, option.parameter.arg.example) for option in leaf.options}
    line = f"/{leaf.command.path} " + " ".join(
        option.parameter.arg.example
        if option.parameter.arg.kind == "values"
        else f'{option.name}="{option.parameter.arg.example}"'
        for option in leaf.options
    )
    assert request_typed(parse(line)) == request_typed(native.typed(leaf, filled))


@given(st.text(min_size=1, max_size=40).filter(str.strip))
def test_whatever_is_written_into_a_text_option_arrives_as_it_is(text):
    leaf = LEAVES["show", "cancel"]
    command, request = request_typed(native.typed(leaf, {"show": "us_main", "reason": text, "scope": "all"}))
    assert (command.path, request.reason, request.scope) == ("show cancel", text.strip(), "all")


def note(**options):
    return request_typed(native.typed(LEAVES["note",], options))[1]


def test_a_collecting_option_is_cut_as_typed_text_is():
    assert note(values="concurrent=320 orders=12", room="us_main").values == {"concurrent": "320", "orders": "12"}
    assert note(values='/concurrent="320"').values == {"concurrent": "320"}
    assert note(values="room=us_main orders=12").room == "us_main"


@pytest.mark.parametrize("options", [{"values": "320 viewers"}, {"values": "room=us orders=1", "room": "uk"}])
def test_what_a_collecting_option_cannot_mean_is_refused_and_not_half_heard(options):
    with pytest.raises(UserError, match=r"command\.too_many"):
        note(**options)


@pytest.mark.parametrize("role", Role)
def test_the_menu_has_what_a_role_may_use_and_each_line_is_a_command(role):
    entries = menu(COMMANDS, role)
    assert [entry.command.path for entry in entries] == [
        command.path for command in COMMANDS.commands if command.menu and command.role <= role
    ]
    assert len(entries) <= MOST_COMMANDS
    for entry in entries:
        assert re.fullmatch(r"[a-z0-9_]{1,32}", entry.word)
        assert COMMANDS.find([entry.word]) == (entry.command, 1)


def test_what_only_buttons_stand_for_is_in_neither():
    table = CommandTable([replace(row, menu=row.path != "show end") for row in COMMANDS.commands])
    assert leaves(tree(table)).keys() == LEAVES.keys() - {("show", "end")}
    assert "show_end" not in [entry.word for entry in menu(table, Role.ADMIN)]
