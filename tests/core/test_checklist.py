"""The rules of a checklist."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.core import checklist
from bot.core.errors import ConflictError
from bot.core.model import ChecklistItem, Role

AT = datetime(2027, 3, 13, 0, 30, tzinfo=UTC)


def item(**changes: object) -> ChecklistItem:
    return replace(
        ChecklistItem("s", "sound_lapel", "sound", Role.HOST, required=True, due_s=1800, state="open"), **changes
    )


def test_the_second_to_tick_is_told_who_was_first():
    done = checklist.ticked(item(), "mia", AT)
    with pytest.raises(ConflictError) as refused:
        checklist.ticked(done, "olga", AT)
    assert refused.value.message.params["who"] == "mia"


def test_blocked_items_still_stand_in_the_way_of_a_go_and_waived_ones_do_not():
    items = [item(), item(state="blocked"), item(state="waived"), item(state="done"), item(required=False)]
    assert checklist.progress(items) == checklist.Progress(settled=2, total=5, open_required=2)


def test_facts_tick_and_untick_only_what_no_person_touched():
    auto = item(auto="prices_set")
    [ticked] = checklist.by_facts([auto], {"prices_set": True}, AT)
    assert (ticked.state, ticked.by) == ("done", None)
    [opened] = checklist.by_facts([ticked], {"prices_set": False}, AT)
    assert opened.state == "open"
    by_hand = checklist.ticked(auto, "mia", AT)
    assert checklist.by_facts([by_hand], {"prices_set": False}, AT) == []
    assert checklist.by_facts([checklist.unticked(ticked, "mia", AT)], {"prices_set": True}, AT) == []
    assert checklist.by_facts([auto], {}, AT) == []


def test_a_done_item_cannot_be_waived_and_an_open_one_not_unticked():
    with pytest.raises(ConflictError):
        checklist.waived(item(state="done"), "olga", AT, "no need")
    with pytest.raises(ConflictError):
        checklist.unticked(item(), "olga", AT)
    assert checklist.waived(item(state="blocked"), "olga", AT, "backup ready").reason == "backup ready"
