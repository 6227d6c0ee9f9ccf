"""Every command, button and form, tried by every role in every scope: allowed exactly as docs/rights.md says."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.core.chats_port import MarkRole
from bot.core.facts import PromptLine
from bot.core.model import Person, Role
from bot.core.phrases import OneOff
from bot.core.plan_file import PlanLine, line_to_json
from bot.core.planning_port import HandOff, PlanImport, Upload
from bot.core.reply import button_id, buttons_of, msg
from bot.core.rights import EVERYWHERE, Scope
from handlers import COMMANDS
from tests.evenings import scripted
from tests.front_door import PEOPLE, SHOW_AT, running
from tests.other_chat import Square

PAGE = Path(__file__).parents[2] / "docs" / "rights.md"
ROW = re.compile(
    r"\| `/(?P<path>[a-z_ ]+)` \| (?P<role>\w+)(?:; as what is taken back|; [^|]+: (?P<more>\w+))? "
    r"\| (?P<where>[^|]+) \|"
)
SCOPES = {
    "everywhere": EVERYWHERE,
    "its matrix": Scope("matrix", "main"),
    "its room": Scope("room", "us_main"),
    "another matrix": Scope("matrix", "other"),
    "another room": Scope("room", "uk_main"),
}
OF_ROOM = {"everywhere", "its matrix", "its room"}
COVERS = {
    "anywhere": set(SCOPES),
    "everywhere": {"everywhere"},
    "the room": OF_ROOM,
    "the room named or meant": OF_ROOM,
    "the show's room": OF_ROOM,
    "the cue's room": OF_ROOM,
    "the alert's room": OF_ROOM,
    "the prompt's room": OF_ROOM,
    "the hand-off's room": OF_ROOM,
    "the offered show's room": OF_ROOM,
    "where it was done": OF_ROOM,
    "every room of the import": OF_ROOM,
    "the matrix": {"everywhere", "its matrix"},
}
"""Where a role must hold for what counts at that place of us_main, in the matrix "main"."""


@dataclass(frozen=True)
class Row:
    """One line of the page."""

    path: str
    role: Role
    more: Role | None
    where: str


ROWS = {
    found["path"]: Row(
        found["path"],
        Role[found["role"].upper()],
        Role[found["more"].upper()] if found["more"] else None,
        found["where"],
    )
    for found in ROW.finditer(PAGE.read_text("utf-8"))
}


@dataclass(frozen=True)
class Case:
    """A line, or a press, with what it needs and the scopes that reach it."""

    line: str
    role: Role
    scopes: frozenset[str]


def of(path: str, line: str, where: str | None = None, *, more: bool = False) -> Case:
    """What the page says of the command; `where` for a line that uses one branch of a place with several."""
    row = ROWS[path]
    role = row.more if more and row.more else row.role
    return Case(line, role, frozenset(COVERS[where or row.where]))


LINES = [
    of("show plan", "/show plan us_main 2027-04-01 20:00"),
    of("show list", "/show list", "anywhere"),
    of("show list", "/show list us_main", "the room"),
    of("show series", "/show series", "anywhere"),
    of("show series", "/show series us_main", "the room"),
    of("show move", "/show move us_main-0401 21:00"),
    of("show edit", "/show edit us_main-0401 title=x"),
    of("show skip", "/show skip us_main-0402"),
    of("show start", "/show start us_main"),
    of("show end", "/show end us_main-0401"),
    of("show cancel", "/show cancel us_main-0402"),
    of("conflict list", "/conflict list", "anywhere"),
    of("conflict list", "/conflict list us_main", "the room"),
    of("conflict allow", "/conflict allow us_main-0401 us_main-0402 because"),  # there is none between them
    of("conflict allow", "/conflict allow us_main-0405 us_main-0406 because", more=True),
    of("plan import", "/plan import d1", "anywhere"),
    of("plan import", "/plan import d1 room=us_main", "the room"),
    of("plan apply", "/plan apply i901"),
    of("plan drop", "/plan drop i902"),
    of("plan undo", "/plan undo i901"),
    of("show host", "/show host us_main-0401 mia"),
    of("show offer", "/show offer us_main-0401", more=True),
    of("show late", "/show late us_main 10m", more=True),
    of("offer take", "/offer take o1"),
    of("offer withdraw", "/offer withdraw o1"),
    of("calendar add", "/calendar add matrix=main", "the matrix", more=True),
    Case("/calendar add room=us_main", Role.OPERATOR, frozenset(OF_ROOM)),
    Case("/calendar add host=mia", Role.OPERATOR, frozenset({"everywhere"})),
    of("calendar list", "/calendar list"),
    of("calendar revoke", "/calendar revoke c1", "the matrix", more=True),
    Case("/calendar revoke c2", Role.OPERATOR, frozenset(OF_ROOM)),
    Case("/calendar revoke c3", Role.OPERATOR, frozenset({"everywhere"})),
    of("slot suggest", "/slot suggest us_main"),
    of("checklist show", "/checklist show us_main"),
    of("checklist tick", "/checklist tick us_main sound_lapel"),
    of("checklist untick", "/checklist untick us_main sound_lapel"),
    of("checklist block", "/checklist block us_main sound_lapel no battery"),
    of("checklist waive", "/checklist waive us_main sound_lapel no battery"),
    of("checklist go", "/checklist go us_main"),
    of("checklist no_go", "/checklist no_go us_main power cut"),
    of("cue done", "/cue done us_main-0312.c1"),
    of("cue skip", "/cue skip us_main-0312.c2"),
    of("cue delay", "/cue delay us_main-0312.c9 1m"),
    of("now", "/now", "anywhere"),
    of("now", "/now us_main", "the room"),
    of("note", "/note concurrent=320"),
    of("note", "/note concurrent=321 room=us_main"),
    of("prompt", "/prompt"),
    of("prompt", "/prompt us_main"),
    of("prompt used", "/prompt used p1"),
    of("prompt another", "/prompt another p2"),
    of("prompt not_now", "/prompt not_now p3"),
    of("handoff send", "/handoff send h1"),
    of("handoff used", "/handoff used h1"),
    of("alert ack", "/alert ack"),
    of("alert ack", "/alert ack a1"),
    of("alert snooze", "/alert snooze a1"),
    of("alert not_useful", "/alert not_useful a1"),
    of("alert useful", "/alert useful a1"),
    of("alert tune", "/alert tune us_main"),
    of("summary show", "/summary show us_main"),
    of("room add", "/room add us_two us"),
    of("room edit", "/room edit us_main theme=home", "the room"),
    of("room edit", "/room edit us_main matrix=main theme=lamps", "everywhere"),
    of("room list", "/room list"),
    of("room info", "/room info us_main"),
    of("room archive", "/room archive us_main"),
    of("room restore", "/room restore us_main"),
    of("matrix", "/matrix", "anywhere"),
    of("matrix edit", "/matrix edit main organised_by=region"),
    of("product add", "/product add us_main P7 9.90"),
    of("product edit", "/product edit us_main P1 stock=5"),
    of("product list", "/product list us_main"),
    of("host add", "/host add lea"),
    of("host add", "/host add vera", more=True),
    of("host edit", "/host edit mia rest=9h"),
    of("host list", "/host list"),
    of("hosts hours", "/hosts hours"),
    of("foresight keep", "/foresight keep main 2027-03-14 w1", "the room"),
    of("foresight keep", "/foresight keep main 2027-03-14", "the matrix"),
    of("person add", "/person add lena"),
    of("grant", "/grant vera host", "everywhere"),
    of("grant", "/grant vera host room=us_main", "the room"),
    of("grant", "/grant vera host matrix=main", "the matrix"),
    of("grant", "/grant vera manager room=us_main", "the room", more=True),
    of("grant", "/grant vera admin", "everywhere", more=True),
    of("grant", "/grant max operator", "everywhere", more=True),
    of("revoke", "/revoke boss", "everywhere", more=True),
    of("revoke", "/revoke boss room=us_main", "the room"),
    of("revoke", "/revoke mat room=us_main", "the room", more=True),
    of("revoke", "/revoke mat matrix=main", "the matrix"),
    of("roles", "/roles", "everywhere"),
    of("roles", "/roles room=us_main", "the room"),
    replace(of("undo", "/undo u1", "where it was done"), role=Role.OPERATOR),  # as what it takes back
    of("setup", "/setup", "everywhere"),
    of("setup", "/setup us_main", "the room"),
    of("setup bind", "/setup bind team place=other:1", "everywhere"),
    of("setup bind", "/setup bind team place=other:1 room=us_main", "the room"),
    of("setup unbind", "/setup unbind team place=other:1", "everywhere"),
    of("setup unbind", "/setup unbind team place=other:1 room=us_main", "the room"),
    of("setup role", "/setup role @ops operator", "everywhere"),
    of("setup role", "/setup role @ops operator room=us_main", "the room"),
    of("setup role", "/setup role @ops host matrix=main", "the matrix"),
    of("setup role", "/setup role @leads manager", "everywhere", more=True),
    of("setup role", "/setup role @everyone host room=us_main", "the room", more=True),
    of("setup role", "/setup role @everyone viewer room=us_main", "the room"),
    of("setup unrole", "/setup unrole @leads", "everywhere", more=True),
    of("setup unrole", "/setup unrole @ops room=us_main", "the room"),
    of("me", "/me"),
    of("link", "/link code=22222-22222", "anywhere"),
    of("link", "/link person=max", "everywhere", more=True),
    of("unlink", "/unlink web:nobody"),
    of("claim", "/claim 22222-22222"),
    of("why", "/why a1", "the room"),
    of("why", "/why us_main-0312", "the room"),
    of("why", "/why us_main", "the room"),
    of("audit", "/audit", "everywhere"),
    of("audit", "/audit room=us_main", "the room"),
    of("audit", "/audit show=us_main-0312", "the room"),
    of("delivery list", "/delivery list"),
    of("delivery resume", "/delivery resume web:team"),
    of("status", "/status"),
    of("invite", "/invite olga"),
    of("invite", "/invite max", more=True),
    of("sessions", "/sessions"),
    of("signout", "/signout", "anywhere"),
    of("signout", "/signout person=tess", "anywhere"),
    of("signout", "/signout person=boss", "everywhere", more=True),
    of("help", "/help"),
]


@pytest.fixture
async def world(tmp_path):
    """Two rooms in two matrices, one on air with an alert, lines for the host and cues; tess, who has no role."""
    people = (*PEOPLE, Person("tess", "Tess", Role.NOBODY), Person("mat", "Mat", Role.VIEWER))
    async with running(tmp_path, people=people, chats={"other": Square()}) as bot:
        await bot.room()
        await bot.ok("/show plan us_main 2027-03-12 18:30 length=20m")  # nobody comes: start it, or cancel it
        await bot.plan(length="2h", benefit="tote", likes_goal="900")
        await bot.advance(SHOW_AT)
        await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=300)])
        await bot.ok("/room add uk_main uk matrix=other")
        await bot.ok("/grant mat manager room=us_main")
        await bot.ok("/show plan us_main every thu 06:00 length=1h host=mia save=yes")
        await bot.app.store.write(lambda tx: tx.timers.set("ForesightDue", "matrix:main", bot.now))
        for whose in ("matrix=main", "room=us_main", "host=mia"):
            await bot.ok(f"/calendar add {whose}")
        for day in (1, 2):
            await bot.ok(f"/show plan us_main 2027-04-0{day} 20:00 host=mia")
        await too_little_rest(bot)
        await bot.app.store.write(_imports)
        await bot.ok("/host add leo name=Leo")
        await bot.ok("/show offer us_main-0402")
        await scripted(bot, ("opened", "warning"))
        await bot.advance(minutes=3)
        await bot.send([bot.line("concurrent", n=300)])
        line = PromptLine("live-name", "hand_off", "Two is live right now.", "en", None)
        offered = HandOff("h1", "x1", "us_two", "cold", line, bot.now, "a1")
        await bot.app.store.write(lambda tx: tx.hand_offs.save(offered))
        await bot.advance(minutes=45)  # until the cues need somebody
        yield bot


async def too_little_rest(bot) -> None:
    """Between two shows of mia's that were planned when she needed less."""
    for line in ("host edit mia rest=1h", "show plan us_main 2027-04-05 20:00 host=mia",
                 "show plan us_main 2027-04-06 00:00 host=mia", "host edit mia rest=8h"):  # fmt: skip
        await bot.ok(f"/{line}")


def _imports(tx):
    """A file that tess has brought, and two imports that wait."""
    tx.plan_files.save_upload(Upload("d1", "plan.csv", "", b"room,when\nus_main,2027-05-01 20:00", "tess", SHOW_AT))
    line = PlanLine(msg("plan.at.file"), "us_main", OneOff(datetime.fromisoformat("2027-05-02 20:00")), _NY, 7200)
    for name in ("i901", "i902"):
        tx.plan_files.save(PlanImport(name, "plan.csv", "boss", SHOW_AT, [line_to_json(line)]))


_NY = "America/New_York"


async def set_role(bot, scope: Scope, role: Role) -> None:
    def work(tx):
        for every in SCOPES.values():
            tx.people.grant("tess", every, Role.NOBODY)
        tx.people.grant("tess", scope, role)
        for person, role_before in (("max", Role.MANAGER), ("vera", Role.VIEWER), ("boss", Role.ADMIN)):
            tx.people.grant(person, EVERYWHERE, role_before)  # whatever an allowed try has done to them
        tx.people.grant("mat", Scope("room", "us_main"), Role.MANAGER)
        for row in tx.chats.mark_roles("other"):
            tx.chats.set_mark_role(replace(row, role=Role.NOBODY))
        tx.chats.set_mark_role(MarkRole("other", "11", EVERYWHERE, Role.MANAGER))

    await bot.app.store.write(work)


def test_the_page_has_every_command_and_the_cases_every_line_of_the_page():
    assert [command.path for command in COMMANDS.commands] == list(ROWS)
    said = {" ".join(case.line.removeprefix("/").split()[:2]) for case in LINES}
    assert [] == [path for path in ROWS if path not in said and path not in {line.split()[0] for line in said}]


def _needed(path: str, row: Row) -> Role:
    """For the shows of this world, none of which is tess's own; what is taken back there took an operator."""
    if path == "undo":
        return Role.OPERATOR
    return row.more if path in ("show offer", "show late", "conflict allow") and row.more else row.role


async def try_all(bot, do, case: Case) -> tuple[list[str], set[int]]:
    """Every role in every scope; what was not as it should be, and the statuses of what was allowed."""
    wrong, seen = [], set()
    for scope_name, scope in SCOPES.items():
        for role in Role:
            if role == Role.NOBODY and scope_name != "everywhere":
                continue
            await set_role(bot, scope, role)
            may = case.role == Role.NOBODY or (role >= case.role and scope_name in case.scopes)
            status = await do()
            if may:
                seen.add(status)
            if (status == 403) == may or status >= 500:
                wrong.append(
                    f"{case.line} as {role.name} of {scope_name}: {status}, should {'' if may else 'not '}be allowed"
                )
    return wrong, seen


async def test_every_command_for_every_role_and_scope(world):
    wrong, unreached = [], []
    for case in LINES:

        async def do(line=case.line):
            return (await world.say(line, "tess")).status

        found, seen = await try_all(world, do, case)
        wrong += found
        if not seen & {200, 409}:
            unreached.append((case.line, seen))
    assert [] == wrong
    told = ("/link code", "/claim", "/unlink")  # their way in is a code or an account that tess has not
    assert [] == [row for row in unreached if not row[0].startswith(told)]


async def test_every_button_and_form_for_every_role_and_scope(world):
    """The buttons of every message there is, pressed by somebody else than whom it was posted for."""
    for line in ("/checklist show us_main-0401", "/alert tune us_main", "/prompt us_main"):
        await world.ok(line)
    cases: dict[str, tuple[str, str, dict[str, str]]] = {}
    for channel in ("team", "host", "managers"):
        for message in await world.messages(channel):
            stored = await world.app.store.read(lambda tx, name=message["id"]: tx.webchat.get(name))
            for button in buttons_of(stored.reply) if stored.reply else ():
                fields = {entry.name: "5m" if entry.name == "by" else "because" for entry in button.form}
                cases.setdefault(button.command, (message["id"], button_id(message["id"], button), fields))
    assert {
        *("alert ack", "alert snooze", "alert not_useful", "checklist tick", "checklist block", "checklist no_go"),
        *("room edit", "prompt used", "prompt another", "prompt not_now", "show end", "show start", "show cancel"),
        *("cue done", "cue skip", "cue delay", "conflict allow"),
    } <= set(cases)
    cases.pop("offer take")  # it is on a card for one host alone: to all others there is none
    wrong = []
    cases = {"conflict allow": cases.pop("conflict allow"), **cases}  # while its two shows stand
    for path, (message, button, fields) in cases.items():

        async def do(message=message, button=button, fields=fields):
            return (await world.press(message, button, "tess", **fields)).status

        row = ROWS[path]
        where = "the room" if path in ("room edit", "why", "foresight keep") else row.where
        found, seen = await try_all(world, do, Case(f"button for {path}", _needed(path, row), frozenset(COVERS[where])))
        wrong += found
        assert seen & ({400} if path == "checklist go" else {200, 409}), (path, seen)  # a go is refused: items are open
    assert [] == wrong
