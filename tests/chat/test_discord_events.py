"""Planned shows among a server's scheduled events, on the real discord.py."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest

from bot.chat.discord import mirroring
from bot.chat.discord.events import Events
from bot.chat.discord.mirror import event_of, show_of
from bot.clock import VirtualClock
from bot.core.model import Market, Person, Role, Room, Show
from bot.core.ports import Team
from prompts.catalogue import Catalogues
from storage.database import SqliteStore

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
WORDS = Catalogues.load()
TEAM = Team("Lamps", "en", "Asia/Shanghai")
ROOM = Room("us_main", "US main", "tiktok", Market("America/New_York", "en-US", "USD"), handle="@lamps", theme="Lamps")
START = datetime(2026, 1, 3, 1, tzinfo=UTC)
SHOW = Show("s1", "us_main", "mia", datetime(2026, 1, 2, 20), "America/New_York", START, 3600, "planned")  # noqa: DTZ001


class Stage:
    def __init__(self, env: Any, store: SqliteStore) -> None:
        self.env, self.store, self.clock = env, store, VirtualClock(NOW)
        self.guild = env.create_guild("Studio")
        self.channel = self.guild.create_text_channel("team")
        self.events = self.anew()

    def anew(self) -> Events:
        return Events(self.env.bot, self.store, self.clock, WORDS, TEAM)

    async def bind(self, channel: Any = None, room: str | None = None) -> None:
        where = f"discord:{(channel or self.channel).id}"
        await self.store.write(lambda tx: tx.outbox.bind("team", where, room))

    async def save(self, *shows: Show) -> None:
        def work(tx: Any) -> None:
            for show in shows:
                tx.shows.save(show)

        await self.store.write(work)
        await self.events.reconcile()

    async def may(self, guild: Any = None, **rights: bool) -> None:
        """What the bot's role allows it in a server from now on."""
        server = (guild or self.guild).id
        (role,) = self.env.backend.guilds[server].members[self.env.backend.bot_user.id].role_ids
        self.env.backend.edit_role(server, role, {"permissions": discord.Permissions(**rights).value})
        await self.env.settle()

    def mirrored(self, guild: Any = None) -> list[Any]:
        return list(self.env.backend.guilds[(guild or self.guild).id].scheduled_events.values())

    def asked(self) -> int:
        return sum("scheduled-events" in entry.path for entry in self.env.http_requests)


@pytest.fixture
def simcord_bot():
    return discord.Client(intents=discord.Intents(guilds=True))


@pytest.fixture
async def stage(tmp_path, simcord_env):
    store = SqliteStore(tmp_path / "events.db")
    await store.open()
    await simcord_env.advance_time((NOW - simcord_env.now()).total_seconds())
    stage = Stage(simcord_env, store)
    await store.write(lambda tx: (tx.rooms.save(ROOM), tx.people.save(Person("mia", "Mia *M*", Role.HOST))))
    await stage.bind()
    yield stage
    await store.close()


async def test_a_planned_show_becomes_an_event_and_nothing_more_is_asked_while_it_stays(stage):
    await stage.save(SHOW)
    (event,) = stage.mirrored()
    assert event.name == "US main: Lamps"
    assert event.entity_metadata == {"location": "tiktok @lamps"}
    assert datetime.fromisoformat(event.scheduled_start_time) == START
    assert datetime.fromisoformat(event.scheduled_end_time) == START + timedelta(hours=1)
    assert event.description == "Host: Mia \\*M\\*\nshowcaller:s1"
    asked = stage.asked()
    await stage.events.reconcile()
    assert stage.asked() == asked


async def test_a_move_a_new_title_and_a_new_host_change_it(stage):
    await stage.save(SHOW)
    later = START + timedelta(days=1)
    await stage.save(replace(SHOW, starts_at=later, title="Desk lamps", host=None))
    (event,) = stage.mirrored()
    assert (event.name, event.description) == ("US main: Desk lamps", "showcaller:s1")
    assert datetime.fromisoformat(event.scheduled_start_time) == later


@pytest.mark.parametrize(
    ("states", "status"),
    [(("cancelled",), 4), (("skipped",), 4), (("live",), 2), (("live", "ended"), 3), (("ended",), 3)],
)
async def test_what_becomes_of_the_show_becomes_of_the_event(stage, states, status):
    await stage.save(SHOW)
    for state in states:
        await stage.save(replace(SHOW, state=state))
    (event,) = stage.mirrored()
    assert event.status == status
    asked = stage.asked()
    await stage.events.reconcile()
    assert stage.asked() == asked


async def test_a_show_that_is_on_again_gets_a_new_event(stage):
    await stage.save(SHOW)
    await stage.save(replace(SHOW, state="cancelled"))
    await stage.save(SHOW)
    assert [event.status for event in stage.mirrored()] == [4, 1]


async def test_a_show_moved_after_its_event_began_by_itself_gets_a_new_one(stage):
    await stage.save(SHOW)
    await stage.env.advance_time((START - NOW).total_seconds() + 60)
    stage.clock.set(START + timedelta(minutes=1))
    assert [event.status for event in stage.mirrored()] == [2]
    await stage.save(replace(SHOW, starts_at=START + timedelta(hours=3)))
    await stage.events.reconcile()
    assert [event.status for event in stage.mirrored()] == [3, 1]


@pytest.mark.parametrize("name", ["s1", "us_main-0312", "店铺-0312"])
def test_a_show_is_known_by_its_marker_whatever_it_is_called(name):
    plain = WORDS.reader("en").line
    event = event_of(replace(SHOW, id=name), ROOM, "Mia\nshowcaller:another", plain)
    assert show_of(event.description) == name


async def test_what_was_made_before_a_crash_is_found_again_by_its_marker(stage):
    await stage.save(SHOW)
    spots = await stage.store.read(lambda tx: tx.chats.spots("discord", str(stage.guild.id), "event"))
    await stage.store.write(lambda tx: tx.chats.drop_spot(spots[0]))
    stage.events = stage.anew()
    await stage.save(replace(SHOW, title="Desk lamps"))
    assert [event.name for event in stage.mirrored()] == ["US main: Desk lamps"]


async def test_somebody_elses_event_with_our_marker_is_left_alone(stage):
    eve = stage.env.create_user("eve")
    stage.env.backend.create_scheduled_event(
        stage.guild.id, name="Fake", entity_type=3, scheduled_start_time=START.isoformat(), creator_id=eve.id,
        description="showcaller:s1",
    )  # fmt: skip
    await stage.save(SHOW)
    assert [event.name for event in stage.mirrored()] == ["Fake", "US main: Lamps"]


async def test_one_that_an_admin_deleted_is_not_made_again(stage):
    await stage.save(SHOW)
    stage.env.backend.delete_scheduled_event(stage.guild.id, stage.mirrored()[0].id)
    await stage.save(replace(SHOW, title="Desk lamps"))
    await stage.events.reconcile()
    assert stage.mirrored() == []


async def test_only_what_is_to_come_within_five_weeks_is_made(stage):
    far, past = replace(SHOW, id="s2", starts_at=NOW + timedelta(days=36)), replace(SHOW, id="s3", starts_at=NOW)
    await stage.save(far, past)
    assert stage.mirrored() == []
    assert stage.asked() == 0


async def test_a_rooms_own_channel_decides_which_server_has_its_shows(stage):
    other = stage.env.create_guild("Other studio")
    await stage.bind(other.create_text_channel("us"), "us_main")
    await stage.save(SHOW)
    assert stage.mirrored() == []
    assert [event.name for event in stage.mirrored(other)] == ["US main: Lamps"]


LACKS = "the bot lacks Create Events and Manage Events, so shows are not among the server's events; give its role these"


async def test_without_the_permission_it_says_so_once_and_asks_for_nothing(stage):
    await stage.may(send_messages=True)
    await stage.save(SHOW)
    await stage.events.reconcile()
    assert stage.events.notes == (f"Studio: {LACKS}",)
    assert stage.asked() == 0
    await stage.may(manage_events=True)
    await stage.events.reconcile()
    assert stage.events.notes == ()
    assert len(stage.mirrored()) == 1


async def test_a_refusal_is_a_note_and_goes_when_it_works_again(stage):
    stage.env.inject_error("POST", "/guilds/*/scheduled-events", status=403, code=50013)
    await stage.save(SHOW)
    assert len(stage.events.notes) == 1
    await stage.events.reconcile()
    assert stage.events.notes == ()
    assert len(stage.mirrored()) == 1


async def test_a_fault_of_discords_leaves_the_rest_to_the_next_turn(stage):
    stage.env.inject_error("POST", "/guilds/*/scheduled-events", status=502)
    await stage.save(SHOW, replace(SHOW, id="s2"))
    await stage.events.reconcile()
    assert sorted(event.description[-2:] for event in stage.mirrored()) == ["s1", "s2"]


async def test_a_full_server_takes_the_next_ones_and_says_so(stage):
    for _ in range(99):
        stage.env.backend.create_scheduled_event(
            stage.guild.id, name="x", entity_type=3, scheduled_start_time=START.isoformat()
        )
    await stage.save(SHOW, replace(SHOW, id="s2", starts_at=START + timedelta(hours=2)))
    assert [event.description for event in stage.mirrored()][99:] == ["Host: Mia \\*M\\*\nshowcaller:s1"]
    assert "takes no more" in stage.events.notes[0]


async def test_in_a_full_server_a_nearer_show_takes_the_place_of_the_farthest_until_there_is_room_again(stage):
    others = [
        stage.env.backend.create_scheduled_event(
            stage.guild.id, name="x", entity_type=3, scheduled_start_time=START.isoformat()
        )
        for _ in range(98)
    ]
    far = replace(SHOW, id="s2", starts_at=START + timedelta(days=20))
    await stage.save(SHOW, far)
    near = replace(SHOW, id="s3", starts_at=START - timedelta(hours=2))
    await stage.save(near)

    def standing() -> list[str]:
        return [event.description[-2:] for event in stage.mirrored() if event.status == 1 and event.description]

    assert standing() == ["s1", "s3"]
    await stage.events.reconcile()
    assert standing() == ["s1", "s3"]
    assert "takes no more" in stage.events.notes[0]
    stage.env.backend.delete_scheduled_event(stage.guild.id, others[0].id)
    await stage.events.reconcile()
    assert standing() == ["s1", "s3", "s2"]


async def test_however_much_happens_the_plan_is_looked_at_seldom_and_once_more_after_the_last(stage, monkeypatch):
    monkeypatch.setattr(mirroring, "GAP_S", 0.2)
    turns, seen = [], asyncio.Event()

    def events() -> Events:
        turns.append(asyncio.get_running_loop().time())
        seen.set()
        return stage.events

    mirror = mirroring.Mirroring(events)
    mirror.start()
    for _ in range(30):
        mirror.soon()
        await asyncio.sleep(0)
    await seen.wait()
    seen.clear()
    mirror.soon()
    await seen.wait()
    await mirror.stop()
    assert len(turns) == 2
    assert turns[1] - turns[0] >= 0.2
