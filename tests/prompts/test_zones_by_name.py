"""The zones of the world, as people call them in both languages."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime

import pytest

from bot.core import zones
from bot.core.handling import LONGEST_LABEL, Offer
from bot.core.markets import MARKETS
from bot.core.matching import matching
from prompts.catalogue import Catalogues
from prompts.zones import Zones

WINTER, SUMMER = (datetime(2026, month, 26, 9, 0, 30, tzinfo=UTC) for month in (1, 7))
ZONES = Zones(Catalogues.load().languages)


def offers(language="en", now=WINTER):
    return [Offer(zone.zone, zone.label, also=zone.also) for zone in ZONES.named(language, now).values()]


def found(typed, language="en"):
    return [offer.value for offer in matching(offers(language), typed)]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Asia/Shanghai", "Asia/Shanghai"),
        ("shanghai", "Asia/Shanghai"),
        ("上海", "Asia/Shanghai"),
        ("中国标准时间", "Asia/Shanghai"),
        ("beijing", "Asia/Shanghai"),
        ("PRC", "Asia/Shanghai"),
        ("圣保罗", "America/Sao_Paulo"),
        ("São Paulo", "America/Sao_Paulo"),
        ("brazil", "America/Sao_Paulo"),
        ("巴西", "America/Sao_Paulo"),
        ("Pacific Time", "America/Los_Angeles"),
        ("北美太平洋时间", "America/Los_Angeles"),
        ("us/pacific", "America/Los_Angeles"),
        ("pacific daylight time", "America/Los_Angeles"),
        ("JST", "Asia/Tokyo"),
        ("india", "Asia/Kolkata"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("saigon", "Asia/Ho_Chi_Minh"),
        ("oslo", "Europe/Oslo"),
        ("iceland", "Atlantic/Reykjavik"),
        ("British Summer Time", "Europe/London"),
        ("协调世界时", "UTC"),
        ("zulu", "UTC"),
    ],
)
def test_a_zone_is_found_by_what_people_call_it(typed, zone, language):
    assert zone in found(typed, language)


def test_an_alias_is_shown_as_the_name_in_use_and_only_once():
    assert found("Asia/Calcutta") == ["Asia/Kolkata"]
    assert found("europe kiev") == ["Europe/Kyiv"]


def test_a_country_by_name_comes_before_what_only_begins_so():
    assert found("india")[0] == "Asia/Kolkata", "not Indian/Antananarivo"


def test_an_abbreviation_of_several_zones_offers_them_all_for_a_person_to_choose():
    assert {"America/Los_Angeles", "Asia/Manila"} <= set(found("pst"))


def test_every_name_of_the_zone_data_leads_to_one_zone_that_can_be_typed():
    known = ZONES.named("en", WINTER)
    for name in zoneinfo.available_timezones() - {"Factory", "localtime"}:
        assert ZONES.canonical(name) in known, name
        now, then = (moment.astimezone(zones.zone(ZONES.canonical(name))) for moment in (WINTER, SUMMER))
        same = [moment.astimezone(zones.zone(name)) for moment in (WINTER, SUMMER)]
        assert [now.utcoffset(), then.utcoffset()] == [moment.utcoffset() for moment in same], name
    assert [name for name in known if zones.zone(name).key != name] == []
    assert {market.zone for market in MARKETS.values()} <= known.keys()


def test_a_name_nobody_knows_stays_as_it_is():
    assert ZONES.canonical("Mars/Olympus") == "Mars/Olympus"


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_labels_are_short_and_say_city_name_and_offset(language):
    labels = {zone.zone: zone.label for zone in ZONES.named(language, WINTER).values()}
    assert [label for label in labels.values() if len(label) > LONGEST_LABEL or "UTC" not in label] == []
    assert (
        labels["America/New_York"]
        == {
            "en": "New York · Eastern Time · UTC-5",
            "zh-CN": "纽约 · 北美东部时间 · UTC-5",
        }[language]
    )
    assert labels["Europe/Istanbul"].startswith({"en": "Istanbul · Türkiye", "zh-CN": "伊斯坦布尔 · 土耳其"}[language])


def test_the_offset_is_that_of_the_moment():
    assert ZONES.named("en", SUMMER)["America/New_York"].label.endswith("UTC-4")
    assert ZONES.named("en", WINTER)["America/New_York"].label.endswith("UTC-5")


def test_the_zones_without_a_city_come_last():
    names = list(ZONES.named("en", WINTER))
    assert names.index("UTC") > names.index("Pacific/Wallis")
    assert all(name.startswith("Etc/") for name in names[names.index("UTC") + 1 :])


def test_another_form_of_a_language_gets_it_and_an_unknown_one_english():
    assert ZONES.named("zh-TW", WINTER)["Asia/Tokyo"].city == "东京"
    assert ZONES.named("fr", WINTER)["Asia/Tokyo"].city == "Tokyo"


def test_labels_are_made_once_a_minute():
    made = ZONES.named("en", WINTER)
    assert ZONES.named("en", WINTER.replace(second=59)) is made
    assert ZONES.named("en", WINTER.replace(minute=1)) is not made
