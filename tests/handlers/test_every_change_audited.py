"""Every command of the table, said once: whoever changes something leaves an entry that tells it, and nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.facts import PromptLine
from bot.core.model import HostProfile
from bot.core.planning_port import HandOff, Upload
from bot.core.records import Account
from handlers import COMMANDS
from handlers.linking import make
from tests.evenings import minutes_of_chat, scripted
from tests.front_door import SHOW_AT, running
from tests.other_chat import Square
from tests.signed_in import team

TALK = {"web_messages", "buttons", "messages", "outbox", "destinations", "counters", "audit", "deeds", "facts"}
"""Tables of what is said, not of how things stand."""
BEFORE_THE_SHOW = """
room add us_main us | room add uk_main uk | room edit us_main theme=home | room list | room info us_main
matrix | matrix edit main organised_by=region
product add us_main P1 19.90 stock=5 points="warm light" | product edit us_main P1 stock=80 | product list us_main
host add mia | host edit mia rest=9h | host list | hosts hours | person add lena | grant lena operator room=us_main
roles | revoke lena room=us_main | link | unlink web:other
slot suggest us_main
show plan us_main 2027-03-12 20:00 length=2h host=mia | show list | show edit us_main-0312 title=Night
show move us_main-0312 21:00 | undo | show offer us_main-0312 | offer withdraw o1
show offer us_main-0312 | offer take o2 | show host us_main-0312 mia | show late us_main-0312 10m
show plan us_main every tue 20:00 x2 save=yes | show series | show skip us_main-0316 | show cancel us_main-0323
checklist show us_main | checklist tick us_main camera_stable | checklist untick us_main camera_stable
checklist block us_main sound_lapel no battery | checklist waive us_main sound_lapel a new one | undo
checklist no_go us_main no light | show plan uk_main 2027-03-13 02:00 | room edit us_main studio=A
room edit uk_main studio=A | conflict list | conflict allow us_main uk_main two cameras | undo
show cancel uk_main ill | room archive uk_main
room restore uk_main | show plan us_main every thu 20:00 host=mia save=yes
me zone=Asia/Tokyo | why us_main-0312 | audit | status | help | now
delivery list | delivery resume other:team
plan import d1 | plan apply i1 | plan undo i1 | plan import d1 | plan drop i2
calendar add room=us_main | calendar list | calendar revoke c1
setup | setup bind team place=other:1 room=us_main | setup unbind team place=other:1 room=us_main
room add us_side us | show plan us_side 2027-03-12 20:00 length=3h
setup role @ops operator room=us_main | setup unrole @ops room=us_main
"""
ON_AIR = """
foresight keep main 2027-03-14 w1
show start us_main | note orders=12 | prompt | prompt another p1 | prompt used p2 | prompt
prompt not_now p3 | cue delay us_main-0312.c9 1m | cue skip us_main-0312.c9 | cue done us_main-0312.c10
"""
SIGNED_IN = "invite vera | sessions | signout person=olga"
RINGING = "alert ack a1 | alert snooze a1 10m | alert not_useful a1 | alert useful a1 | alert tune us_main"
SENT_ON = "handoff send h1 | handoff used h1"
SILENT = {"checklist show": {"checklist_items"}, "plan import": {"plan_imports"}, "matrix": {"timers"}}
"""What changes something without an entry: the list is laid out from the template when it is first looked at, what was
read of a plan file waits for somebody to import it, and the card of a matrix is to be drawn anew when its next show
begins."""
ALSO = {"plan apply": "show.plan"}
"""What does something that another command does as well."""


MADE_NEW = {
    "room add",
    "product add",
    "host add",
    "person add",
    "link",
    "show plan",
    "note",
    "prompt",
    "invite",
    "plan apply",
    "show offer",
    "show late",
    "calendar add",
}
OF_A_PERSON = {"me", "host add", "host edit", "person add", "link", "unlink", "claim", "invite", "signout"}
OF_NO_ROOM = OF_A_PERSON | {"delivery resume", "matrix edit"}
PLAN = b"room,when\nuk_main,2027-03-20 20:00"
OF_A_SHOW = {"note", "prompt", "alert", "cue", "checklist", "handoff"}


async def stands(bot):
    """Every table that tells how things stand, with its rows."""

    def look(tx):
        names = [row["name"] for row in tx.db.query("select name from sqlite_master where type = 'table'")]
        kept = [name for name in names if name not in TALK and not name.startswith(("sqlite_", "_"))]
        return {name: sorted(map(repr, tx.db.query(f"select * from {name}"))) for name in kept}

    return await bot.app.store.read(look)


class Walk:
    """Says lines and notes for each what it changed and what the audit says of it."""

    def __init__(self, bot):
        self.bot, self.changed, self.entries = bot, {}, {}

    async def say(self, lines):
        for line in (part.strip() for row in lines.strip().splitlines() for part in row.split("|") if part.strip()):
            command, _ = COMMANDS.find(line.split())
            before, number = await stands(self.bot), await self._newest()
            answer = await self.bot.say(f"/{line}")
            assert answer.status == 200, (line, answer.body)
            after = await stands(self.bot)
            found = await self.bot.app.store.read(lambda tx: tx.audit.newest(20))
            fresh = [entry for entry in found if entry.number > number]
            self.changed.setdefault(command.path, set()).update(name for name in after if after[name] != before[name])
            self.entries.setdefault(command.path, []).extend(fresh)
            await self.bot.advance(self.bot.now)

    async def _newest(self):
        found = await self.bot.app.store.read(lambda tx: tx.audit.newest(1))
        return found[0].number if found else 0


@pytest.fixture
async def bot(tmp_path):
    async with running(tmp_path, chats={"other": Square()}) as running_bot:
        yield running_bot


@pytest.fixture
async def walk(bot, tmp_path):
    walked = Walk(bot)
    await bot.app.store.write(lambda tx: tx.people.link(Account("web", "other", "boss", bot.now)))
    await bot.app.store.write(lambda tx: tx.outbox.park("other:team", "channel deleted", bot.now))
    await bot.app.store.write(lambda tx: tx.plan_files.save_upload(Upload("d1", "plan.csv", "", PLAN, "boss", bot.now)))
    await bot.app.store.write(lambda tx: tx.people.save_host(HostProfile("boss")))
    await walked.say(BEFORE_THE_SHOW)
    await walked.say(f"claim {await bot.app.store.write(lambda tx: make(tx, 'first_admin', None, bot.now))}")
    await bot.advance(SHOW_AT - timedelta(minutes=2))
    await bot.app.store.write(_settle)
    await walked.say("checklist go us_main")
    await bot.advance(SHOW_AT)
    await walked.say(ON_AIR)
    await bot.secret("us_main")
    await minutes_of_chat(bot, 1, 40)
    await scripted(bot, ("opened", "warning"))
    await minutes_of_chat(bot, 1.5, 4)
    await walked.say(RINGING)
    await bot.app.store.write(_sent_on)
    await bot.secret("us_side")
    await bot.send([bot.line("stream", state="started")], "us_side")
    await walked.say(SENT_ON)
    await walked.say("show end us_main")
    await bot.advance(minutes=6)
    await walked.say("summary show us_main")
    (tmp_path / "signed_in").mkdir()
    async with team(tmp_path / "signed_in") as chat:
        boss = await chat.boss()
        await chat.member("olga", boss)
        walked.bot = await chat.typing(boss)
        await walked.say(SIGNED_IN)
    return walked


def _sent_on(tx):
    line = PromptLine("live-name", "hand_off", "Side is live right now.", "en", None)
    tx.hand_offs.save(HandOff(tx.next_id("h"), "x1", "us_side", "cold", line, SHOW_AT, "a1"))


def _settle(tx):
    for item in tx.checklists.items("us_main-0312"):
        tx.db.execute("update checklist_items set required = 0 where key = ?", [item.key])


async def test_every_command_that_changes_something_is_in_the_audit_and_no_other(walk):
    assert [] == [row.path for row in COMMANDS.commands if row.path not in walk.changed], "add a line to the walk"
    silent = {path: tables for path, tables in walk.changed.items() if tables and not walk.entries[path]}
    assert silent == SILENT
    untouched = [path for path, tables in walk.changed.items() if walk.entries[path] and not tables]
    assert untouched == ["foresight keep"]  # a decision is a fact of the installation
    for path, entries in walk.entries.items():
        for entry in entries:
            _tells_all(path, entry)


def _tells_all(path, entry):
    """What was there (unless it is made new), what came, who, from where; and what it belongs to."""
    assert path == entry.action.replace("link.code", "link").replace(".", " ") or entry.action == ALSO.get(path), path
    assert entry.after is not None, path
    assert (path in MADE_NEW) == (entry.before is None), path
    assert ("boss", "web", "team") == (entry.actor, entry.via, entry.channel)
    assert (path in OF_NO_ROOM) == (entry.room is None), path
    if path.split()[0] in OF_A_SHOW or path in ("show start", "show end"):
        assert "us_main-0312" == entry.show, path
