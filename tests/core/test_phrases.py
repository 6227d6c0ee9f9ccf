"""The corpus: what is read means what was worked out by hand, what is refused says where and what to type instead."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from bot.core.errors import UserError
from bot.core.phrase_draft import LONGEST
from bot.core.reply import Listing
from bot.core.schedule import from_json, occurrences, parse, phrase_text, preview, to_json
from tests.phrase_corpus import LANGUAGES, Meant, Refused, meant, refused

MOMENT = timedelta(microseconds=1)  # a preview includes what begins at its very start
LOCALES = Path(__file__).parents[2] / "prompts" / "locales"
READ = [each for language in LANGUAGES for each in meant(language)]
REFUSED = refused()


def refusal(case: Refused) -> UserError:
    with pytest.raises(UserError) as raised:
        parse(case.text, now=case.setting.now, zone=case.setting.zone)
    return raised.value


def test_the_corpus_is_large_enough() -> None:
    assert all(len({each.text for each in meant(language)}) >= 150 for language in LANGUAGES)
    assert len({each.text for each in REFUSED}) >= 100
    assert not {(each.setting, each.text) for each in READ} & {(each.setting, each.text) for each in REFUSED}


@pytest.mark.parametrize("case", READ, ids=lambda case: case.text)
def test_a_phrase_means_its_instants(case: Meant) -> None:
    zone, now = case.setting
    phrase = parse(case.text, now=now, zone=zone)
    found = occurrences(phrase, zone, after=now, count=len(case.instants) + 1)
    assert [each.local.isoformat(timespec="minutes") for each in found][: len(case.instants)] == list(case.instants)
    assert case.goes_on == (len(found) > len(case.instants))
    assert phrase == parse(phrase_text(phrase), now=now, zone=zone)
    assert phrase == from_json(json.loads(json.dumps(to_json(phrase))))


@pytest.mark.parametrize("language", LANGUAGES)
def test_preview_gets_all_of_them(language: str) -> None:
    for case in meant(language):
        rows = preview(case.text, zone=case.setting.zone, start=case.setting.now + MOMENT, count=len(case.instants))
        assert [row["local"][:16] + row["local"][19:] for row in rows] == list(case.instants), case.text


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: repr(case.text[:40]))
def test_what_is_in_doubt_or_impossible_is_asked_not_guessed(case: Refused) -> None:
    error = refusal(case)
    said = error.message.params
    assert error.message.key == case.key
    assert case.instead in (None, error.try_instead)
    assert case.at in (None, said.get("at"))
    if "at" in said:  # the part is where it says
        at, part = int(str(said["at"])), str(said["part"])
        assert case.text[at - 1 :].startswith(part[:1]) or not part[:1].isprintable() or part[0] == "\ufffd"


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: repr(case.text[:40]))
def test_what_to_type_instead_is_read(case: Refused) -> None:
    error = refusal(case)
    assert error.try_instead is not None
    assert len(error.try_instead) <= LONGEST
    zone, now = case.setting
    assert occurrences(parse(error.try_instead, now=now, zone=zone), zone, after=now, count=1)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: repr(case.text[:40]))
def test_every_reading_that_is_offered_can_be_typed_and_they_differ(case: Refused) -> None:
    readings = refusal(case).message.params.get("readings", Listing(()))
    assert isinstance(readings, Listing)
    zone, now = case.setting
    typed = []
    for each in readings.items:
        words = str(each)
        with contextlib.suppress(UserError):  # the second of two questions
            words = phrase_text(parse(words, now=now, zone=zone))
        typed.append(words)
    assert len(set(typed)) == len(typed)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_refusal_has_a_text_that_needs_no_more_than_the_error_carries(language: str) -> None:
    texts = {}
    for name in ("schedule", "phrases"):
        with (LOCALES / language / "LC_MESSAGES" / f"{name}.po").open("rb") as file:
            texts |= {each.id: each for each in read_po(file, abort_invalid=True)}
            texts |= {each.id[0]: each for each in texts.values() if isinstance(each.id, tuple)}
    for case in REFUSED:
        message = refusal(case).message
        string = texts[message.key].string
        for text in (string,) if isinstance(string, str) else string:
            assert text.format(**message.params), message.key


def test_every_kind_of_refusal_is_in_the_corpus() -> None:
    """What a new row of the grammar may refuse is written down first."""
    folder = Path(__file__).parents[2] / "bot" / "core"
    code = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("phrase*.py")))
    keys = {part.partition('"')[0] for part in code.split('"schedule.')[1:]}
    elsewhere = {f"schedule.{name}" for name in ("shift_apart", "shift_week", "shift_monthly")}
    unsaid = {f"schedule.{key}" for key in keys if "{" not in key} - {case.key for case in REFUSED} - elsewhere
    assert unsaid == {"schedule.too_many_times", "schedule.too_many_dates"}
