"""Nothing is left out of the contract: every command, kind of message, button and form is in it, on every chat."""

from __future__ import annotations

import pytest

from bot.core.delivery_policy import KINDS, family
from handlers import COMMANDS
from tests.contract.promised import button_commands, kinds
from tests.contract.runs import CHATS, SCENARIOS, run

NOT_THERE = {"web": {"setup"}}
"""Kinds that a chat never gets: the web chat's channels are there, and need no line to show that it gets through."""
NOBODY_PROMISES = {"answer", "prompt"}
"""Families that are no handler's: answers to what was typed, and lines for the host, which are among them."""


def all_of(chat, what):
    return set().union(*(getattr(run(chat, scenario).ledger, what) for scenario in SCENARIOS))


@pytest.mark.parametrize("chat", CHATS)
def test_every_command_is_said(chat):
    assert [] == [row.path for row in COMMANDS.commands if row.path not in all_of(chat, "said")]


@pytest.mark.parametrize("chat", CHATS)
def test_every_kind_of_message_arrives(chat):
    assert kinds() - NOT_THERE.get(chat, set()) == all_of(chat, "kinds")


def test_every_family_of_kinds_is_promised_by_somebody():
    assert set(KINDS) - {family(kind) for kind in kinds()} == NOBODY_PROMISES


@pytest.mark.parametrize("chat", CHATS)
def test_every_button_is_pressed(chat):
    assert button_commands() | all_of(chat, "carried") == all_of(chat, "pressed")


@pytest.mark.parametrize("chat", CHATS)
def test_every_form_is_filled_in(chat):
    assert all_of("web", "wants") == all_of(chat, "filled") != set()
