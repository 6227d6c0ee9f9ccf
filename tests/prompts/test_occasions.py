"""What days are in the markets: by hand-checked dates, by an independent count, and nowhere an error."""

from __future__ import annotations

import calendar
import re
import subprocess
import sys
import zoneinfo
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.core.errors import StartError
from bot.core.markets import MARKETS
from bot.core.occasions import occasion_msg, occasions_msg
from bot.core.reply import Msg
from prompts.catalogue import Catalogues
from prompts.occasions import Occasions, read_rules
from prompts.zones import country_of

WORDS = Catalogues.load()
OCCASIONS = Occasions.load(WORDS.words["en"])
YEARS = range(2020, 2038)


def said(market, day, language="en"):
    zone = MARKETS[market].zone if market in MARKETS else market
    found = OCCASIONS.on(zone, date.fromisoformat(day), language)
    return [WORDS.say(occasion_msg(item), language=language) for item in found]


# Each looked up by hand: laws, official calendars and the organisers' announcements.
@pytest.mark.parametrize(
    ("market", "day", "expected"),
    [
        ("us", "2026-11-26", ["holiday: Thanksgiving Day"]),
        ("us", "2026-11-27", ["sale day: Black Friday"]),
        ("us_west", "2027-11-29", ["sale day: Cyber Monday"]),
        ("us", "2027-03-12", []),
        ("us", "2027-12-24", ["holiday: Christmas Day (observed)"]),
        ("us", "2025-07-11", ["sale day: Prime Day"]),
        ("us", "2029-07-11", []),  # nobody has announced it
        ("us", "2027-05-09", ["season: Mother's Day"]),
        ("uk", "2027-03-07", ["season: Mother's Day (Mothering Sunday)"]),
        ("uk", "2026-12-26", ["holiday: Boxing Day", "sale day: Boxing Day sales"]),
        ("fr", "2026-05-31", ["season: Mother's Day"]),
        ("fr", "2034-05-28", []),  # Pentecost
        ("fr", "2034-06-04", ["season: Mother's Day"]),
        ("fr", "2025-01-08", ["sale day: first day of the winter sales"]),
        ("fr", "2026-01-07", ["sale day: first day of the winter sales"]),
        ("fr", "2026-06-24", ["sale day: first day of the summer sales"]),
        ("mx", "2025-11-13", ["sale day: Buen Fin"]),
        ("mx", "2025-11-17", ["holiday: Revolution Day", "sale day: Buen Fin"]),
        ("mx", "2027-05-10", ["season: Mother's Day"]),
        ("br", "2027-06-12", ["season: Dia dos Namorados (lovers' day)"]),
        ("th", "2027-04-13", ["holiday: Songkran Festival"]),
        ("th", "2027-01-25", ["sale day: payday sale"]),
        ("vn", "2027-02-06", ["holiday: Lunar New Year"]),
        ("id", "2027-12-12", ["sale day: 12.12 sale"]),
        ("id", "2027-03-10", ["holiday: Eid al-Fitr (expected)"]),
        ("sg", "2027-11-11", ["sale day: 11.11 (Singles' Day)"]),
        ("my", "2027-09-09", ["sale day: 9.9 sale"]),
        ("cn", "2027-06-18", ["sale day: 618 sale"]),
        ("cn", "2027-02-06", ["holiday: Chinese New Year"]),
        ("cn", "2027-10-07", ["season: National Day Golden Week"]),
        ("jp", "2027-05-03", ["holiday: Constitution Day", "season: Golden Week"]),
        ("jp", "2027-03-14", ["season: White Day"]),
        ("sa", "2027-02-08", ["season: Ramadan (expected)"]),
        ("ae", "2027-11-28", ["sale day: White Friday"]),
        ("au", "2027-06-30", ["sale day: end of financial year sales"]),
        ("de", "2027-10-03", ["holiday: German Unity Day"]),
        ("UTC", "2027-12-25", []),
        ("US/Eastern", "2027-07-04", ["holiday: Independence Day"]),
        ("Europe/Oslo", "2027-05-17", ["holiday: Constitution Day", "holiday: Pentecost Monday"]),
    ],
)
def test_known_days(market, day, expected):
    assert said(market, day) == expected


def test_in_chinese():
    assert said("us", "2026-11-27", "zh-CN") == ["大促日：黑色星期五"]
    assert said("us", "2027-12-24", "zh-CN") == ["节假日：圣诞节（补休）"]
    assert said("Asia/Hong_Kong", "2027-10-08", "zh-CN") == ["节假日：重阳节"]
    both = occasions_msg(OCCASIONS.on("Asia/Tokyo", date(2027, 5, 3), "zh-CN"))
    assert WORDS.say(both, language="zh-CN") == "节假日：宪法日 · 时节：日本黄金周"
    assert occasions_msg(()) is None


@pytest.mark.parametrize("year", range(2024, 2038))
def test_black_friday_by_an_independent_count(year):
    thursdays = [week[calendar.THURSDAY] for week in calendar.monthcalendar(year, 11) if week[calendar.THURSDAY]]
    day = date(year, 11, thursdays[3]) + timedelta(days=1)
    assert "sale day: Black Friday" in said("us", day.isoformat())
    others = [day + timedelta(days=number) for number in range(-10, 11) if number]
    assert not [item for item in others if "sale day: Black Friday" in said("us", item.isoformat())]


def test_every_zone_on_any_day():
    names = sorted(zoneinfo.available_timezones())
    for place, name in enumerate(names):
        day = date(2020 + place % 18, 1, 1) + timedelta(days=place * 37 % 365)
        for item in OCCASIONS.on(name, day, "zh-CN"):
            text = WORDS.say(occasion_msg(item), language="zh-CN")
            assert text
            assert "estimated" not in text
    for year in (1, 1582, 9998):  # as far as a date goes
        assert OCCASIONS.on("Asia/Shanghai", date(year, 11, 11), "en") is not None
    assert country_of("Asia/Calcutta") == "IN"
    assert country_of("Etc/GMT+5") is None
    assert country_of("No/Where") is None


def test_every_holiday_of_the_short_named_markets_has_a_text_of_ours():
    lacking = set()
    days = [date(2020, 1, 1) + timedelta(days=number) for number in range((date(2038, 1, 1) - date(2020, 1, 1)).days)]
    for zone in {market.zone for market in MARKETS.values()} | {"Asia/Hong_Kong"}:
        for day in days:
            for item in OCCASIONS.on(zone, day, "en"):
                name = item.name
                while isinstance(name, Msg) and "name" in name.params:
                    name = name.params["name"]
                if isinstance(name, str):
                    lacking.add(name)
    assert lacking == set()


def test_every_rule_has_its_name_its_source_and_its_days():
    rules = read_rules()
    for rule in rules:
        assert f"occasion.{rule.id}" in WORDS.words["en"]
        assert all(re.fullmatch("[A-Z]{2}", country) for country in rule.countries)
        assert len(rule.source) > 4
    assert len(rules) > 40


@pytest.mark.parametrize(
    ("text", "said_of"),
    [
        ('id = "a"\nkind = "sale"\ncountries = ["US"]\nsource = "x"\n', "exactly one of"),
        ('id = "a"\nkind = "sale"\ncountries = ["US"]\nsource = "x"\nday = "02-30"\n', "day is out of range"),
        ('id = "a"\nkind = "sale"\ncountries = ["US"]\nsource = ""\nday = "02-03"\n', "must say something"),
        ('id = "a"\nkind = "sale"\ncountries = ["US"]\nsource = "x"\nnth = "4 foo 11"\n', "not in tuple"),
        ('id = "a"\nkind = "sale"\ncountries = ["US"]\nsource = "x"\ndays = "02-03"\n', "days is no field"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path, text, said_of):
    path = tmp_path / "table.toml"
    path.write_text("[[occasion]]\n" + text, "utf-8")
    with pytest.raises(StartError, match=f"table.toml, occasion 1 .*{said_of}"):
        read_rules(path)


def test_the_library_is_loaded_at_the_first_question_only():
    code = "import bot.app, sys; sys.exit('holidays' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
