"""Secret addresses of calendars: made, read as Google and Apple read them, listed, revoked; and kept secret."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import recurring_ical_events
from structlog.testing import capture_logs

from bot.calendars.serve import FRESH
from bot.core import schedule
from bot.core.calendar_feed import CalendarDoor
from handlers import calendar_feed
from tests.front_door import running

WEEKLY = "/show plan us_main every fri 20:00 length=1h host=mia title=Lamps save=yes"


@pytest.fixture
async def bot(tmp_path):
    async with running(tmp_path) as running_bot:
        await running_bot.room()
        await running_bot.ok(WEEKLY)
        yield running_bot


async def made(bot, line, person="boss"):
    """Makes an address and returns it as shown."""
    answer = await bot.say(line, person)
    assert answer.status == 200, answer.body
    [secret] = [block for block in answer.body["reply"]["blocks"] if block["type"] == "secret"]
    return secret["text"], answer


async def read(bot, address, **headers):
    async with bot.http.get(address, headers=headers) as response:
        return response.status, response.headers, await response.read()


async def calendar(bot, address):
    """As it stands, not as it stood within the last minute."""
    await bot.advance(bot.now + FRESH)
    status, headers, body = await read(bot, address)
    assert (status, headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    return icalendar.Calendar.from_ical(body)


def dates(found, days=40):
    start = datetime(2027, 3, 12, tzinfo=UTC)
    events = recurring_ical_events.of(found).between(start, start + timedelta(days=days))
    return sorted(
        (event["DTSTART"].dt.astimezone(UTC), str(event["SUMMARY"]), str(event["STATUS"])) for event in events
    )


def part_of(found, show):
    [part] = [part for part in found.walk("VEVENT") if str(part["UID"]).startswith(f"{show}@")]
    return part


def numbers(found):
    """SEQUENCE by UID; the parts of a series have the same."""
    pairs = {(str(part["UID"]), int(part["SEQUENCE"])) for part in found.walk("VEVENT")}
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


async def test_a_rooms_calendar_is_read_at_the_address_that_was_shown(bot):
    address, answer = await made(bot, "/calendar add room=us_main", "olga")
    assert answer.body["reply"]["private"] is True
    assert re.fullmatch(rf"{bot.ingest}/calendar/[\w-]{{43}}\.ics", address)
    found = await calendar(bot, address)
    assert (found["METHOD"], found["X-WR-CALNAME"]) == ("PUBLISH", "us_main: shows")
    assert found["X-WR-TIMEZONE"] == "America/New_York"
    assert [at for at, _, _ in dates(found)] == [
        datetime(2027, 3, 13, 1, tzinfo=UTC),
        *(datetime(2027, 3, 20, 0, tzinfo=UTC) + timedelta(weeks=week) for week in range(5)),
    ]
    [event] = [part for part in found.walk("VEVENT") if "RRULE" in part]
    assert event["SUMMARY"] == "Lamps (Mia)"
    assert "Asia/Shanghai at 09:00 the next day, 08:00 the next day from Sun 14 Mar 2027" in event["DESCRIPTION"]


async def test_what_becomes_of_a_date_shows_and_the_numbers_only_grow(bot):
    address, _ = await made(bot, "/calendar add matrix=main", "max")
    before = numbers(await calendar(bot, address))
    await bot.ok("/show cancel us_main-0319 ill")
    found = await calendar(bot, address)
    assert (datetime(2027, 3, 20, 0, tzinfo=UTC), "Cancelled: us_main: Lamps (Mia)", "CANCELLED") in dates(found)
    assert len(before) == 1
    assert all(number > before[uid] for uid, number in numbers(found).items())
    await bot.ok("/show plan us_main 2027-03-14 02:30 length=1h save=yes")
    single = part_of(await calendar(bot, address), "us_main-0314")
    assert single["DTSTART"].dt.astimezone(UTC) == datetime(2027, 3, 14, 7, 30, tzinfo=UTC)
    assert single["STATUS"] == "TENTATIVE"


async def test_the_same_state_gives_the_same_bytes_and_a_reader_who_has_them_gets_none(bot, tmp_path):
    address, _ = await made(bot, "/calendar add room=us_main")
    _, headers, body = await read(bot, address)
    await bot.advance(hours=3)
    status, again, same = await read(bot, address)
    assert (status, same, again["ETag"]) == (200, body, headers["ETag"])
    assert again["Last-Modified"] == headers["Last-Modified"] == "Fri, 12 Mar 2027 23:00:00 GMT"
    status, _, none = await read(bot, address, **{"If-Modified-Since": headers["Last-Modified"]})
    assert (status, none) == (304, b"")
    status, again, none = await read(bot, address, **{"If-None-Match": f'W/"x", {headers["ETag"]}'})
    assert (status, none, again["ETag"]) == (304, b"", headers["ETag"])
    assert again["Cache-Control"] == "private, max-age=900"
    await bot.ok("/show cancel us_main-0319 ill")
    assert (await read(bot, address))[2] == body  # for a minute
    await bot.advance(bot.now + FRESH)
    status, again, other = await read(bot, address, **{"If-None-Match": headers["ETag"]})
    assert (status, again["Last-Modified"]) == (200, "Sat, 13 Mar 2027 02:01:00 GMT")
    assert other != body


async def test_a_restart_changes_nothing(tmp_path):
    async with running(tmp_path) as bot:
        await bot.room()
        await bot.ok(WEEKLY)
        address, _ = await made(bot, "/calendar add room=us_main")
        _, headers, body = await read(bot, address)
        later = bot.now + timedelta(hours=1)
    async with running(tmp_path, start=later) as bot:
        _, again, same = await read(bot, f"{bot.ingest}{address[address.index('/calendar/') :]}")
    assert (same, again["ETag"]) == (body, headers["ETag"])


async def test_a_hosts_calendar_has_their_shows_of_all_rooms(bot):
    await bot.ok("/room add uk_main uk")
    await bot.ok("/show plan uk_main 2027-03-15 20:00 host=mia")
    await bot.ok("/show plan us_main 2027-03-16 20:00")
    address, _ = await made(bot, "/calendar add", "mia")
    found = await calendar(bot, address)
    assert found["X-WR-TIMEZONE"] == "Asia/Shanghai"
    assert [summary for _, summary, _ in dates(found, 5)] == ["us_main: Lamps", "uk_main"]
    assert "us_main-0316" not in str(found)
    assert "Tue 16 Mar 04:00" in part_of(found, "uk_main-0315")["DESCRIPTION"]


async def test_what_goes_to_another_host_leaves_one_calendar_and_comes_into_the_other(bot):
    await bot.ok("/host add leo name=Leo")
    mine, _ = await made(bot, "/calendar add host=mia")
    theirs, _ = await made(bot, "/calendar add host=leo")

    def swap(tx):
        tx.shows.save(replace(tx.shows.get("us_main-0319"), host="leo"))
        tx.shows.save(replace(tx.shows.get("us_main-0326"), host="leo", state="skipped"))

    await bot.app.store.write(swap)
    assert [at.day for at, _, _ in dates(await calendar(bot, mine), 30)] == [13, 3, 10]
    assert [at.day for at, _, _ in dates(await calendar(bot, theirs), 30)] == [20]


async def test_whoever_hosts_no_more_and_what_is_archived_has_an_empty_calendar_that_says_so(bot):
    host, _ = await made(bot, "/calendar add host=mia")
    await bot.ok("/room add uk_main uk matrix=europe")
    room, _ = await made(bot, "/calendar add room=uk_main")
    matrix, _ = await made(bot, "/calendar add matrix=europe")
    await bot.ok("/revoke mia")
    await bot.ok("/room archive uk_main")
    for address, said in ((host, "hosts no more"), (room, "is archived"), (matrix, "No room of the matrix")):
        found = await calendar(bot, address)
        assert said in found["X-WR-CALDESC"]
        assert found.walk("VEVENT") == []


async def test_unknown_and_revoked_addresses_are_answered_alike(bot):
    address, _ = await made(bot, "/calendar add room=us_main")
    await bot.ok("/calendar revoke c1")
    unknown = (f"{bot.ingest}/calendar/{'x' * 43}.ics", f"{bot.ingest}/calendar/%00.ics")
    answers = [await read(bot, to) for to in (address, *unknown)]
    assert {(status, body) for status, _, body in answers} == {(404, answers[0][2])}
    assert b"revoked" in answers[0][2]
    again = await bot.say("/calendar revoke c1")
    assert (again.status, "already" in again.text) == (409, True)


async def test_the_list_says_whose_by_whom_and_when_it_was_read_and_its_button_ends_it(bot):
    address, _ = await made(bot, "/calendar add room=us_main", "olga")
    await made(bot, "/calendar add", "mia")
    shown = await bot.ok("/calendar list", "max")
    assert "room us_main" in shown.text
    assert "made by Olga" in shown.text
    assert shown.text.count("never read yet") == 2
    await read(bot, address)
    shown = await bot.ok("/calendar list", "olga")
    assert "last read" in shown.text
    assert "room us_main" not in (await bot.ok("/calendar list", "mia")).text
    await bot.press_command(
        (await bot.find("calendar address", person="olga"))["id"], "calendar revoke", "olga", calendar="c1"
    )
    assert (await read(bot, address))[0] == 404


async def test_that_it_is_read_is_written_down_once_an_hour(bot):
    address, _ = await made(bot, "/calendar add room=us_main")

    async def read_at():
        await read(bot, address)
        return (await bot.app.store.read(lambda tx: tx.calendar_links.get("c1"))).read_at

    first = await read_at()
    await bot.advance(minutes=59)
    assert await read_at() == first
    await bot.advance(minutes=1)
    assert await read_at() == first + calendar_feed.READ_EVERY


async def test_who_may_not_and_what_is_no_calendar_is_said(bot):
    assert (await bot.say("/calendar add room=us_main", "mia")).status == 403
    assert (await bot.say("/calendar add matrix=main", "olga")).status == 403
    assert (await bot.say("/calendar add", "vera")).status == 403
    await made(bot, "/calendar add matrix=main", "max")
    assert (await bot.say("/calendar revoke c1", "olga")).status == 403
    assert "c1" not in (await bot.ok("/calendar list", "olga")).text
    for line, said in (
        ("/calendar add", "You are no host here"),
        ("/calendar add room=us_main host=mia", "you named room and host"),
        ("/calendar add room=nowhere", "nowhere"),
        ("/calendar add host=olga", "olga"),
        ("/calendar revoke c9", "There is: c1"),
    ):
        answer = await bot.say(line, "max" if "revoke" in line else "boss")
        assert answer.status >= 400, line
        assert said in answer.text, answer.text


async def test_the_address_is_in_no_log_message_or_file(bot, tmp_path, monkeypatch):
    async def broken(link, ports):
        raise RuntimeError("broken")

    with capture_logs() as logs:
        address, _ = await made(bot, "/calendar add room=us_main")
        await read(bot, address)
        async with bot.http.post(address) as refused:
            assert refused.status == 405
            said = await refused.text()
        monkeypatch.setattr(calendar_feed, "served", broken)
        await bot.advance(bot.now + FRESH)
        status, _, body = await read(bot, address)
    assert status == 500
    token = address.rpartition("/")[2].removesuffix(".ics")
    shown = await bot.messages()
    status_text = (await bot.ok("/status")).text
    assert token not in f"{logs}{said}{body.decode()}{shown}{status_text}{(await bot.ok('/audit')).text}"
    assert any("/calendar/•••" in str(entry.get("path")) for entry in logs)
    for path in tmp_path.iterdir():
        assert token.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("address", "is_inside"),
    [
        ("http://127.0.0.1:8766", True), ("http://localhost:8766", True), ("http://[::1]:8766", True),
        ("http://192.168.1.20:8766", True), ("http://studio:8766", True), ("https://calendar.example.com", False),
        ("https://calendar.example.com:8443", False), ("http://8.8.8.8:80", False),
    ],
)  # fmt: skip
def test_an_address_that_google_cannot_reach_is_known(address, is_inside):
    assert CalendarDoor(lambda: address).is_inside is is_inside


async def test_it_says_when_nobody_outside_can_read_it_and_where_it_is_set(bot):
    _, answer = await made(bot, "/calendar add room=us_main")
    assert "`ingest.public_url`" in answer.text
    bot.app.settings = bot.app.settings.model_copy(
        update={"ingest": bot.app.settings.ingest.model_copy(update={"public_url": "https://calendar.example.com"})}
    )
    address, answer = await made(bot, "/calendar add room=us_main")
    assert address.startswith("https://calendar.example.com/calendar/")
    assert "public_url" not in answer.text


HOSTILE = (
    "Lamps\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:evil", "\u202egnitpircs", "🎉" * 400, "a;b,c\\n\\,d:\"e'",
    "x" * 10_000, "\u2028\u2029\x85\x0b\x0c\x00\x1b[31m", "\ud800half", "BEGIN:VEVENT", "",
)  # fmt: skip


@pytest.mark.parametrize("title", HOSTILE)
async def test_a_title_stays_a_title(bot, title):
    def work(tx):
        for show in tx.shows.planned():
            tx.shows.save(replace(show, title=title.encode("utf-8", "replace").decode()))

    await bot.app.store.write(work)
    address, _ = await made(bot, "/calendar add room=us_main")
    _, _, body = await read(bot, address)
    found = icalendar.Calendar.from_ical(body)
    assert not any(unicodedata.category(c) == "Cc" for c in body.decode().replace("\r\n", ""))
    assert len(found.walk("VEVENT")) == 9
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert {str(part["STATUS"]) for part in found.walk("VEVENT")} == {"CONFIRMED"}


async def test_a_split_makes_two_series_and_no_number_falls(bot):
    """ "This and following" at another time: later shows go over to a new series, and with them their numbers."""
    address, _ = await made(bot, "/calendar add room=us_main")
    before = numbers(await calendar(bot, address))

    def split(tx):
        old = tx.shows.series("w1")
        rows = tx.shows.of_series("w1")
        head, tail = schedule.split(old.phrase, rows[3].slot.date())
        tx.shows.save_series(replace(old, phrase=head))
        tx.shows.save_series(replace(old, id="w9", phrase=schedule.shifted(tail, minutes=60), since="w1"))
        for row in rows[3:]:
            later = timedelta(hours=1)
            moved = replace(row, starts_local=row.starts_local + later, starts_at=row.starts_at + later)
            tx.shows.save(replace(moved, series="w9", slot=row.slot + later))

    await bot.app.store.write(split)
    found = await calendar(bot, address)
    assert all(number > before[uid] for uid, number in numbers(found).items() if uid in before)
    assert len(numbers(found)) == 2
    assert [at.hour for at, _, _ in dates(found)] == [1, 0, 0, 1, 1, 1]
    [ended] = [part for part in found.walk("VEVENT") if "UNTIL" in part.get("RRULE", ())]
    assert ended["RRULE"]["UNTIL"] == [datetime(2027, 3, 27, tzinfo=UTC)]
