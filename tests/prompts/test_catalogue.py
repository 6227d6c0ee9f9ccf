from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import StartError
from bot.core.money import CURRENCIES, Money
from bot.core.reply import Listing, Msg, Share, Span, Value, When, msg
from prompts.catalogue import Catalogues
from prompts.wording import Template

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: {}\\n"\n\n'
ENGLISH = HEADER.format("nplurals=2; plural=(n != 1);")
CHINESE = HEADER.format("nplurals=1; plural=0;")
SHIPPED = Catalogues.load()
AT = datetime(2027, 3, 13, 1, 0, tzinfo=UTC)


def entry(key: str, text: str) -> str:
    return f'msgid "{key}"\nmsgstr "{text}"\n\n'


def write(folder: Path, language: str, area: str, text: str) -> None:
    home = folder / language / "LC_MESSAGES"
    home.mkdir(parents=True, exist_ok=True)
    (home / f"{area}.po").write_text(text, "utf-8")


def load(folder: Path, english: str, chinese: str | None = None) -> Catalogues:
    write(folder, "en", "area", ENGLISH + english)
    if chinese is not None:
        write(folder, "zh_CN", "area", CHINESE + chinese)
    return Catalogues.load(folder)


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        ("as it is", "as it is", "as it is"),
        (1234567, "1,234,567", "1,234,567"),
        (Decimal("1234.50"), "1,234.50", "1,234.50"),
        (Decimal("1E+5"), "100,000", "100,000"),
        (0.02345, "0.0234", "0.0234"),
        (7.0, "7", "7"),
        (float("nan"), "not measured", "未测得"),
        (None, "not measured", "未测得"),
        (Money(11940, "USD"), "US$119.40", "US$119.40"),
        (Money(11940, "CNY"), "CN¥119.40", "¥119.40"),
        (Money(300, "JPY"), "JP¥300", "JP¥300"),
        (Money(11900000, "IDR"), "IDR\N{NO-BREAK SPACE}119,000", "IDR\N{NO-BREAK SPACE}119,000"),
        (Money(119000, "VND"), "₫119,000", "₫119,000"),
        (Money(-500, "USD"), "-US$5.00", "-US$5.00"),
        (Share(0.2534), "25%", "25%"),
        (Share(0.2534, 1), "25.3%", "25.3%"),
        (Share(float("inf")), "not measured", "未测得"),
        (Span(0), "0 s", "0 秒"),
        (Span(130), "2 min 10 s", "2 分 10 秒"),
        (Span(9000), "2 h 30 min", "2 小时 30 分"),
        (Span(86_390), "1 d", "1 天"),
        (Span(-20), "-20 s", "-20 秒"),
        (When(AT, "America/New_York"), "Fri 12 Mar 20:00 New York (EST)", "3月12日周五 20:00 纽约时间（UTC-5）"),
        (When(AT, "Asia/Shanghai"), "Sat 13 Mar 09:00 Shanghai (UTC+8)", "3月13日周六 09:00 上海时间（UTC+8）"),
        (When(AT, "Asia/Kolkata"), "Sat 13 Mar 06:30 Kolkata (UTC+5:30)", "3月13日周六 06:30 加尔各答时间（UTC+5:30）"),
        (When(AT, "UTC"), "Sat 13 Mar 01:00 UTC", "3月13日周六 01:00（UTC）"),
        (When(AT, "Etc/GMT+5"), "Fri 12 Mar 20:00 UTC-5", "3月12日周五 20:00（UTC-5）"),
        (When(AT, "Asia/Ho_Chi_Minh", "time"), "08:00 Ho Chi Minh City", "08:00 胡志明市时间"),
        (When(AT, "Asia/Jakarta", "date"), "Sat 13 Mar 2027 (Jakarta)", "2027年3月13日周六（雅加达时间）"),
        (Listing(()), "none", "无"),
        (Listing(("a", 3)), "a and 3", "a和3"),
        (Listing(("a", "b", None)), "a, b and not measured", "a、b和未测得"),
        (Msg("core.tactic.self_qa"), "Answer a question nobody asked yet", "自问自答"),
    ],
    ids=repr,
)
def test_values_in_both_languages(value: Value, english: str, chinese: str) -> None:
    assert (english, chinese) == (SHIPPED.show(value, language="en"), SHIPPED.show(value, language="zh-CN"))


def test_a_time_without_zone_takes_the_readers() -> None:
    assert SHIPPED.show(When(AT), language="en", zone="Europe/Berlin") == "Sat 13 Mar 02:00 Berlin (UTC+1)"


def test_an_unknown_zone_of_a_reader_is_shown_as_utc_and_said() -> None:
    assert SHIPPED.show(When(AT), language="en", zone="Mars/Olympus") == "Sat 13 Mar 01:00 UTC"


def test_the_repeated_hour_is_told_apart_even_in_the_short_form() -> None:
    first, second = (
        SHIPPED.show(When(datetime(2027, 11, 7, hour, 30, tzinfo=UTC), "America/New_York", "time"), language="en")
        for hour in (5, 6)
    )
    assert (first, second) == ("Sun 7 Nov 01:30 New York (EDT)", "Sun 7 Nov 01:30 New York (EST)")


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone"):
        SHIPPED.show(When(datetime(2027, 3, 12)), language="en")  # noqa: DTZ001


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), st.sampled_from(["Asia/Shanghai", "America/New_York"]))  # noqa: DTZ001
def test_full_times_name_one_instant(at: datetime, zone: str) -> None:
    moment = at.replace(tzinfo=UTC, second=0, microsecond=0)
    other = moment + timedelta(hours=1)
    say = [SHIPPED.show(When(instant, zone), language="zh-CN") for instant in (moment, other)]
    assert say[0] != say[1]
    assert f"{moment.astimezone(ZoneInfo(zone)):%H:%M}" in say[0]


@given(st.sampled_from(sorted(CURRENCIES)), st.integers(-(10**9), 10**9), st.sampled_from(["en", "zh-CN"]))
def test_no_two_currencies_look_alike(currency: str, minor: int, language: str) -> None:
    # Without its own code or a symbol of its own, an amount in one currency could be read as another.
    mine = SHIPPED.show(Money(minor, currency), language=language)
    others = {SHIPPED.show(Money(minor, other), language=language) for other in CURRENCIES - {currency}}
    assert mine not in others


@given(st.text(), st.text())
def test_values_are_inserted_literally(first: str, second: str) -> None:
    words = Template.parse("{{{a}}} and {b}%")
    assert words.fill({"a": first, "b": second}.__getitem__) == f"{{{first}}} and {second}%"


@given(st.one_of(st.text(), st.sampled_from(["{n}", "{key}", "%s", "%(n)s", "{0}", "{", "}}", "{a.__class__}"])))
def test_data_with_braces_and_percent_stays_data(data: str) -> None:
    line = msg("checklist.no_template", name=data, known=Listing((data, Msg("core.not_measured"))))
    expected = f"There is no checklist template {data}. Templates: {data} and not measured."
    assert SHIPPED.say(line, language="en") == expected


def test_a_plain_line_is_data() -> None:
    assert SHIPPED.say("core.not_measured {x}", language="zh-CN") == "core.not_measured {x}"


def test_plural_forms_follow_the_count(tmp_path: Path) -> None:
    forms = 'msgid "a.orders"\nmsgid_plural "a.orders"\nmsgstr[0] "{n} order"\nmsgstr[1] "{n} orders"\n'
    single = 'msgid "a.orders"\nmsgid_plural "a.orders"\nmsgstr[0] "{n} 单"\n'
    words = load(tmp_path, forms + entry("core.not_measured", "unknown"), single)
    counts = (1, 0, 2, 1000, Decimal("1.5"), None)
    said = [words.say(msg("a.orders", n=count), language="en") for count in counts]
    assert said == ["1 order", "0 orders", "2 orders", "1,000 orders", "1.5 orders", "unknown orders"]
    assert words.say(msg("a.orders", n=1), language="zh-CN") == "1 单"


def test_missing_texts_fall_back_to_english_then_to_the_key(tmp_path: Path) -> None:
    words = load(tmp_path, entry("a.both", "both") + entry("a.only", "only {x}"), entry("a.both", "都有"))
    assert words.say(msg("a.only", x=1), language="zh-CN") == "only 1"
    assert words.say(msg("a.nowhere"), language="zh-CN") == "a.nowhere"
    assert words.say(msg("a.only"), language="en") == "only {x}"


@pytest.mark.parametrize(
    ("asked", "given_"),
    [("en", "en"), ("en-US", "en"), ("zh-CN", "zh-CN"), ("zh", "zh-CN"), ("zh_cn", "zh-CN"), ("id", "en"), ("", "en")],
)
def test_the_nearest_language_is_taken(asked: str, given_: str) -> None:
    assert SHIPPED.nearest(asked) == given_


def test_check_names_what_is_open(tmp_path: Path) -> None:
    english = entry("a.one", "{x}") + entry("a.two", "text") + entry("a.three", "text")
    chinese = entry("a.one", "{y}") + entry("a.two", "") + entry("a.three", "文字")
    assert load(tmp_path, english, chinese).check() == (
        "a.one: placeholders differ: en has x; zh-CN has y",
        "a.two: no text in zh-CN",
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (entry("a.x", "one") + entry("a.x", "two"), "'a.x' stands twice"),
        (entry("core.x", "again"), "'core.x' stands twice"),
        (entry("a.x", "open {brace"), "'a.x' is wrong"),
        (entry("a.x", "{n:.2f}"), "without a format"),
        (entry("a.x", "{}"), "'a.x' is wrong"),
        (entry("a.x", "{a.b}"), "'a.x' is wrong"),
        ('msgid "a.x"\nnonsense\n', "en/LC_MESSAGES/area.po"),
        ('msgid "a.x"\nmsgid_plural "a.x"\nmsgstr[0] "a"\nmsgstr[1] "b"\nmsgstr[2] "c"\n', "en/LC_MESSAGES/area.po"),
    ],
)
def test_a_broken_catalogue_stops_the_start_and_is_named(tmp_path: Path, text: str, why: str) -> None:
    write(tmp_path, "en", "core", ENGLISH + entry("core.x", "first"))
    with pytest.raises(StartError) as failed:
        load(tmp_path, text)
    assert why in str(failed.value)
    assert "LC_MESSAGES" in str(failed.value)


def test_an_installation_without_texts_says_so(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="no catalogue for 'en'"):
        Catalogues.load(tmp_path)


SPELL = {"n": 12, "usual": 41, "viewers": 380, "lasted": Span(130), "p": 0.91}
ALERT_WORDS = {
    ("en", "reason"): "12 comments a minute where 41 are usual for 380 viewers, for 2 min 10 s; P 0.91",
    ("en", "reason_no_gauge"): "12 comments a minute where 41 are usual in this room, for 2 min 10 s; P 0.91",
    ("en", "cleared"): "Back to 12 comments a minute where 41 are usual. It was cold for 2 min 10 s",
    ("zh-CN", "reason"): "评论每分钟 12 条，在线 380 人时平常有 41 条，已持续 2 分 10 秒；冷场概率 0.91",
    ("zh-CN", "reason_no_gauge"): "评论每分钟 12 条，本直播间平常有 41 条，已持续 2 分 10 秒；冷场概率 0.91",
    ("zh-CN", "cleared"): "评论已回到每分钟 12 条（平常 41 条），冷场共 2 分 10 秒",
}


@pytest.mark.parametrize(("language", "key"), ALERT_WORDS)
def test_a_cold_room_is_told_in_these_words(language, key):
    said = SHIPPED.say(Msg(f"alert.cold_room.{key}", SPELL), language=language)
    assert said == ALERT_WORDS[language, key]
