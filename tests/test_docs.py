"""What can be typed, set, rung or due is in the docs, and what the docs say is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from bot.chat.parse import parse
from bot.cli import cli
from bot.config import TEMPLATE, Settings
from bot.core.command import bind
from bot.core.events import TIMERS
from bot.core.rules import RULES
from docs import reference
from handlers import COMMANDS, EVENT_HANDLERS
from prompts.book import TACTICS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text("utf-8")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


@pytest.mark.parametrize("name", reference.pages())
def test_a_made_page_is_as_the_program_makes_it(name):
    assert reference.pages()[name] == (DOCS / name).read_text("utf-8"), "run: python -m docs.reference"


def test_every_command_is_documented():
    text = (DOCS / "commands.md").read_text("utf-8")
    assert [] == [row.path for row in COMMANDS.commands if row.menu and f"### `/{row.path}`\n" not in text]
    names = [row.name or row.callback.__name__ for row in cli.registered_commands]
    assert [] == [name for name in names if f"## `run.py {name}`\n" not in text]


def test_every_setting_rule_timer_and_tactic_is_documented():
    settings = (DOCS / "settings.md").read_text("utf-8")
    assert [] == [name for name in reference.settings() if f"| `{name}` |" not in settings]
    behaviour = (DOCS / "behaviour.md").read_text("utf-8")
    named = [*(rule.id for rule in RULES), *TIMERS, *TACTICS]
    assert [] == [name for name in named if f"`{name}`" not in behaviour]


def test_every_timer_has_a_handler_and_every_playbook_page_its_tactic():
    assert set(TIMERS.values()) == set(EVENT_HANDLERS)
    pages = {path.stem for path in (ROOT / "prompts/playbook").glob("*.toml")}
    assert set() == set(TACTICS) - pages


def test_the_settings_file_that_init_writes_says_the_defaults():
    written = tomllib.loads(TEMPLATE)
    known = {name: default for name, (default, _) in reference.settings().items() if not name.startswith("clock.")}
    flat = {}
    for name, value in written.items():
        flat |= {f"{name}.{key}": item for key, item in value.items()} if isinstance(value, dict) else {name: value}
    assert {name: str(value) for name, value in known.items()} == {name: str(value) for name, value in flat.items()}
    assert set(Settings.model_fields) == {name.partition(".")[0] for name in reference.settings()}


def test_every_example_of_the_table_can_be_typed():
    for row in COMMANDS.commands:
        typed = parse(row.example)
        command, used = COMMANDS.find(typed.words)
        assert command is row
        bind(command, typed.words[used:], typed.keyed)


PAGES = ("README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/decisions.md", "docs/phrases.md")
GUIDES = tuple(f"docs/{name}" for name in reference.GUIDES)


@pytest.mark.parametrize("page", [*PAGES, *GUIDES])
def test_links_between_pages_lead_somewhere(page):
    home = ROOT / page
    targets = [link for link in LINK.findall(home.read_text("utf-8")) if "://" not in link]
    assert [] == [link for link in targets if not (home.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES)
def test_files_and_commands_that_pages_name_exist(page):
    text = (ROOT / page).read_text("utf-8")
    files = re.findall(r"[` ]((?:bot|handlers|prompts|storage|tests|docs|examples|benchmarks)/[\w./]+\.\w+)\b", text)
    assert [] == [file for file in files if not (ROOT / file).exists()]
    for line in re.findall(r"`(/[a-z][^`]*)`", " ".join(text.split())):
        typed = parse(line)
        command, used = COMMANDS.find(typed.words)
        if typed.words[used:] or typed.keyed:
            bind(command, typed.words[used:], typed.keyed)


def test_the_readme_has_the_two_commands_a_stranger_needs():
    blocks = re.findall(r"```sh\n(.+?)\n```", README, re.DOTALL)
    start = "python -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e "
    assert start + ". && .venv/bin/python run.py demo" in blocks
    assert start + "'.[test]' && .venv/bin/pytest" in blocks
