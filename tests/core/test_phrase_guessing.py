"""No text crashes the reader of phrases, none is slow, and nothing that is in doubt is guessed."""

from __future__ import annotations

import contextlib
import json
import re
import time as stopwatch
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.errors import UserError
from bot.core.phrase_draft import LONGEST
from bot.core.reply import Listing
from bot.core.schedule import OneOff, Phrase, from_json, occurrences, parse, phrase_text, to_json
from tests.phrase_corpus import LANGUAGES, meant, refused

NEW_YORK = "America/New_York"
NOW = datetime(2027, 3, 10, 15, 0, tzinfo=UTC)  # a Wednesday, 10:00 in New York

WORDS = """fri mon fridays every weekly daily weekdays weekends every 2 weeks other 20:00 8pm 8 24:00 25:99 noon
    midnight today tomorrow tonight next this 2027-03-12 2027-02-30 12 mar feb 29 2028 3/4 03/04/2027 from until x6 x0
    6 times first last second 15th 31st the of month monthly every month quarterly day except but not 19 and in to for
    weeks 周 周五 每 每周 一三五 周八 隔周 晚上 8点半 二十点 凌晨 3月12日 每月 第二个 最后一天 15号 共6次 到 从 起 除了
    除外 和 下周一 今晚 周末 到 - , pst z 0000-00-00 9999-12-31 99:99 am local time new york time""".split()  # noqa: SIM905
BOUNDS = ("from 2027-01-01", "until 2028-01-01", "of the month", "every other", "except 2027-03-19", "x 3", "in 3 days")
glued = st.lists(st.sampled_from([*WORDS, *BOUNDS]), max_size=9)
TYPED = {case.text for name in LANGUAGES for case in meant(name)} | {case.text for case in refused()}
corpus = st.sampled_from(sorted(TYPED))
cut = st.builds(lambda one, other, at: one[:at] + other[at // 2 :], corpus, corpus, st.integers(0, 40))
"""What people do to a phrase they copied."""
anything = st.text(max_size=60) | glued.map(" ".join) | glued.map("".join) | cut


def read(text: str) -> Phrase:
    return parse(text, now=NOW, zone=NEW_YORK)


def refusal(text: str) -> UserError:
    with pytest.raises(UserError) as raised:
        read(text)
    return raised.value


def taken(text: str) -> Phrase | None:
    with contextlib.suppress(UserError):
        return read(text)
    return None


READ = sorted(text for text in TYPED if taken(text) is not None)
own_zone = re.compile("time|时间|/N", re.IGNORECASE)
accepted = st.sampled_from(READ)
accepted_without_zone = st.sampled_from([text for text in READ if not own_zone.search(text)])


@settings(deadline=None, max_examples=600)
@given(anything)
@example("12 mar 9999 20:00")
@example("每五十九周周五20:00")
@example("PT")
@example("monthly on the 31st 20:00 from 2099-12-31")
@example("fri 20:00 until 31 dec for 99 weeks")
@example("daily 20:00 for 999 months")
def test_any_text_is_a_phrase_or_a_user_error_with_a_way_out(text: str) -> None:
    try:
        phrase = read(text)
    except UserError as error:
        check_error(error, text)
    else:
        assert phrase == read(phrase_text(phrase))
        assert phrase == from_json(json.loads(json.dumps(to_json(phrase))))
        assert all(each.at > NOW for each in occurrences(phrase, NEW_YORK, after=NOW, count=2))


def check_error(error: UserError, text: str) -> None:
    """It says where in the text, and what it says to type instead is read."""
    said, instead = error.message.params, error.try_instead
    assert instead is not None
    read(instead)
    told = [str(said.get(name)) for name in ("text", "part")]
    json.dumps([*told, instead], ensure_ascii=False).encode()
    if "at" in said:
        assert 1 <= int(str(said["at"])) <= max(len(text), 1)
    readings = said.get("readings")
    if isinstance(readings, Listing):
        assert readings.items
        for each in readings.items:
            with contextlib.suppress(UserError):
                read(str(each))


@settings(deadline=None, max_examples=300)
@given(accepted, st.sampled_from(["qq", "🎉", "?", "ﷺ", "\0", "七八", "\u202e"]), st.data())
def test_what_is_accepted_was_read_to_the_last_character(text: str, foreign: str, data: st.DataObject) -> None:
    places = [0, len(text), *(found.start() for found in re.finditer(" ", text))]
    at = data.draw(st.sampled_from(places))
    assert taken(f"{text[:at]} {foreign} {text[at:]}") is None


DAYS = ("fri", "every fri", "daily", "monthly on the 15th", "tomorrow", "2027-05-07", "first mon of the month")
DAYS_ZH = ("周五", "每周五", "每天", "每月15号", "明天", "5月7日", "每月第一个周一")


@pytest.mark.parametrize("day", [*DAYS, *DAYS_ZH])
@pytest.mark.parametrize("hour", range(1, 13))
def test_an_hour_alone_is_asked_about_and_both_answers_are_read(day: str, hour: int) -> None:
    error = refusal(f"{day} {hour}" if day.isascii() else f"{day}{hour}点")
    assert error.message.key == "schedule.ambiguous"
    readings = error.message.params["readings"]
    assert isinstance(readings, Listing)
    early, late = (clocks(read(str(each))) for each in readings.items)
    assert ({hour % 12}, {hour % 12 + 12}) == (early, late)
    for meridiem, expected in (("am", early), ("pm", late)):
        assert clocks(read(f"{day} {hour}{meridiem}")) == expected


def clocks(phrase: Phrase) -> set[int]:
    return {phrase.wall.hour} if isinstance(phrase, OneOff) else {each.hour for each in phrase.times}


hours = st.lists(st.tuples(st.integers(1, 12), st.sampled_from(["am", "pm", " a.m.", " PM"])), min_size=1, max_size=4)


@settings(deadline=None)
@given(
    st.sampled_from(["every fri", "daily", "monthly on the 15th", "每周五"]), hours, st.sampled_from([", ", " and "])
)
def test_without_one_am_or_pm_nothing_is_guessed_from_the_others(
    day: str, said: list[tuple[int, str]], between: str
) -> None:
    whole = taken(f"{day} " + between.join(f"{hour}{half}" for hour, half in said))
    for left_out in range(len(said)):
        times = [f"{hour}{half if at != left_out else ''}" for at, (hour, half) in enumerate(said)]
        text = f"{day} {between.join(times)}"
        if whole is None:
            assert taken(text) is None  # the same time twice
        else:
            assert refusal(text).message.key == "schedule.ambiguous"


@settings(deadline=None)
@given(
    accepted_without_zone,
    st.sampled_from(["PST", "EST", "CET", "UTC", "GMT+8", "+08:00", "Z", "Asia/Tokyo", "London time", "北京时间"]),
)
def test_another_zone_is_never_overlooked(text: str, zone: str) -> None:
    error = refusal(f"{text} {zone}")
    assert error.message.key in {"schedule.zone_given", "schedule.ambiguous"}


@settings(deadline=None)
@given(accepted_without_zone, st.sampled_from(["America/New_York", "New York time", "local time", "纽约时间"]))
def test_the_rooms_own_zone_changes_nothing(text: str, zone: str) -> None:
    assert taken(f"{text} {zone}") == taken(text)


FILLERS = """fri| 每 1 周一 ( ， mon,tue, 12/ 20:00 ﷺ 一 a. every| 1、 the| first| 12|mar| new|york| a/ a_ -| 8|and| 1点
    third| 至 除外 1st|and| 10月 except| 12|mar, to| until|""".split()  # noqa: SIM905
HEADS = ("", "fri 20:00 ", "every fri 20:00 except ", "daily ", "周一", "tue 8 ", "every fri 20:00 until ")


@pytest.mark.parametrize("head", HEADS)
def test_hostile_texts_end_quickly_in_a_user_error(head: str) -> None:
    for filler in FILLERS:
        for length in (LONGEST, 5000):
            text = head + (filler.replace("|", " ") * length)[: length - len(head)]
            began = stopwatch.process_time()
            error = refusal(text + "x")
            assert stopwatch.process_time() - began < 1
            assert len(str(error.message.params.get("text", ""))) <= 80
            assert len(str(error.message.params.get("part", ""))) <= 200


def test_the_time_grows_with_the_length_only() -> None:
    """Five times the text takes about five times as long; 25 times would show. Processor time."""

    def fastest(text: str) -> float:
        found = []
        for _ in range(7):
            began = stopwatch.process_time()
            refusal(text)
            found.append(stopwatch.process_time() - began)
        return min(found)

    for part in ("fri ", "周一", "first ", "- ", "a ", "mon,"):
        short, long = (part * (length // len(part)) for length in (200, 1000))
        assert fastest(long) < 15 * fastest(short) + 0.01, part
