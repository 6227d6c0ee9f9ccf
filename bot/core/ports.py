"""What the use cases may ask of the outside: Protocols, so that handlers never see storage, a chat or a model.

All repository methods are plain functions that run inside `Store.write` or `Store.read`; there is no await in a
transaction. Instants are aware UTC datetimes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from bot.core.alerts_port import AlertRepo, AskRepo
from bot.core.calendar_feed import CalendarDoor
from bot.core.chats_port import ChatsRepo
from bot.core.command import CommandTable
from bot.core.facts import HandOffFacts, MissingTactic, PromptLine, ShowFacts
from bot.core.live import LiveRooms
from bot.core.model import ChecklistItem, Matrix, Product, Role, Room
from bot.core.occasions import Occasion
from bot.core.outbox_port import OutboxRepo
from bot.core.people_port import CodeRepo, PeopleRepo, SignInRepo
from bot.core.places_port import Places
from bot.core.plan_file import PlanReader
from bot.core.planning_port import (
    AllowedRepo,
    CalendarLinkRepo,
    HandOffRepo,
    HostOfferRepo,
    PlanFileRepo,
    Setting,
    ShowRepo,
    ToldConflictRepo,
)
from bot.core.records import (
    AuditEntry,
    Deed,
    Timer,
    WebMessage,
)
from bot.core.reply import Reply
from bot.core.sessions_port import SessionRepo
from bot.core.signals_port import SignalRepo
from bot.core.signin import Door
from bot.core.story import Story
from bot.core.vitals import Vitals

if TYPE_CHECKING:
    from bot.core.delivery import Words

T = TypeVar("T")


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...


class RoomRepo(Protocol):
    def get(self, slug: str) -> Room | None: ...
    def all(self, *, archived: bool = False) -> list[Room]: ...
    def settings(self) -> list[Setting]:
        """Of every room, archived ones too."""
        ...

    def save(self, room: Room) -> None: ...
    def matrix(self, name: str) -> Matrix:
        """What is known of it; any name is one, a matrix is there as soon as a room is in it."""
        ...

    def save_matrix(self, matrix: Matrix) -> None: ...
    def product(self, room: str, sku: str) -> Product | None: ...
    def products(self, room: str) -> list[Product]: ...
    def save_product(self, product: Product) -> None: ...


class ChecklistRepo(Protocol):
    def items(self, show: str) -> list[ChecklistItem]: ...
    def item(self, show: str, key: str) -> ChecklistItem | None: ...
    def save(self, item: ChecklistItem, position: int | None = None) -> None: ...


class WebChatRepo(Protocol):
    """The web chat keeps its messages here, since it is its own server."""

    def post(self, message: WebMessage) -> WebMessage | None:
        """Adds a message and gives it its rev; None if this id or nonce is there already."""
        ...

    def edit(self, message: str, reply: Reply, delivery: int) -> WebMessage | None:
        """Applies one edit once; None if it was applied before."""
        ...

    def since(self, channel: str, after: int, person: str) -> list[WebMessage]: ...
    def get(self, message: str) -> WebMessage | None: ...
    def by_nonce(self, nonce: str) -> WebMessage | None: ...
    def answer_to(self, message: str) -> WebMessage | None: ...
    def last_rev(self, channel: str, person: str) -> int: ...


class TimerRepo(Protocol):
    def set(self, kind: str, subject: str, due_at: datetime) -> None:
        """One timer per kind and subject; setting it again moves it and makes it due once more."""
        ...

    def cancel(self, kind: str, subject: str) -> None: ...
    def of_subject(self, subject: str) -> list[Timer]: ...
    def due(self, now: datetime, limit: int) -> list[Timer]: ...
    def next_due(self) -> datetime | None: ...
    def done(self, timer: Timer, now: datetime, outcome: str) -> None: ...


class AuditRepo(Protocol):
    def add(self, entry: AuditEntry) -> None: ...
    def of_subject(self, subject: str) -> list[AuditEntry]: ...
    def by_via(self, via: str) -> list[AuditEntry]:
        """What was done from exactly there: "web:m12" is by the buttons of message m12."""
        ...

    def newest(
        self, limit: int, *, actor: str | None = None, room: str | None = None, show: str | None = None
    ) -> list[AuditEntry]:
        """The newest first; only what somebody did, or what belongs to a room or a show, where given."""
        ...


class UndoRepo(Protocol):
    """What may be taken back for a while."""

    def add(self, deed: Deed) -> None: ...
    def get(self, deed: str) -> Deed | None: ...
    def latest(self, person: str) -> Deed | None:
        """The newest deed of this person that nobody has taken back, however old."""
        ...

    def of(self, action: str, subject: str) -> Deed | None:
        """The newest of that kind about the subject."""
        ...

    def undone(self, deed: str, by: str, at: datetime) -> None: ...


class FileRepo(Protocol):
    def save(self, name: str, media_type: str, data: bytes) -> None: ...
    def get(self, name: str) -> tuple[str, bytes] | None: ...


class Tx(Protocol):
    """One transaction; everything in it happens or nothing does."""

    @property
    def rooms(self) -> RoomRepo: ...
    @property
    def people(self) -> PeopleRepo: ...
    @property
    def codes(self) -> CodeRepo: ...
    @property
    def shows(self) -> ShowRepo: ...
    @property
    def checklists(self) -> ChecklistRepo: ...
    @property
    def sessions(self) -> SessionRepo: ...
    @property
    def signals(self) -> SignalRepo: ...
    @property
    def alerts(self) -> AlertRepo: ...
    @property
    def asks(self) -> AskRepo: ...
    @property
    def outbox(self) -> OutboxRepo: ...
    @property
    def chats(self) -> ChatsRepo: ...
    @property
    def timers(self) -> TimerRepo: ...
    @property
    def audit(self) -> AuditRepo: ...
    @property
    def undo(self) -> UndoRepo: ...
    @property
    def files(self) -> FileRepo: ...
    @property
    def allowed(self) -> AllowedRepo: ...
    @property
    def told_conflicts(self) -> ToldConflictRepo: ...
    @property
    def host_offers(self) -> HostOfferRepo: ...
    @property
    def calendar_links(self) -> CalendarLinkRepo: ...
    @property
    def plan_files(self) -> PlanFileRepo: ...
    @property
    def hand_offs(self) -> HandOffRepo: ...
    @property
    def webchat(self) -> WebChatRepo: ...
    @property
    def signin(self) -> SignInRepo: ...
    def next_id(self, prefix: str) -> str:
        """A short id, never given before: a1, a2 ..."""
        ...

    def last_id(self, prefix: str) -> str | None:
        """The newest id given with this prefix."""
        ...

    def fact(self, name: str) -> str | None:
        """A remembered fact about the installation (zone data version ...)."""
        ...

    def remember(self, name: str, value: str) -> None: ...


class Store(Protocol):
    async def write(self, work: Callable[[Tx], T]) -> T:
        """Runs `work` in one durable transaction; whatever it raises undoes all of it.

        It may be run again, if a commit shared with others failed: what it tells the outside it must begin anew.
        """
        ...

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Runs `work` on a consistent snapshot; writing in it is an error."""
        ...


class TemplateItem(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def section(self) -> str: ...
    @property
    def owner(self) -> Role: ...
    @property
    def required(self) -> bool: ...
    @property
    def due_s(self) -> int: ...
    @property
    def auto(self) -> str | None: ...


class Book(Protocol):
    """The playbook and the checklist templates."""

    def checklist(self, name: str = "default") -> Sequence[TemplateItem]: ...
    def offer(
        self, facts: ShowFacts, *, team_language: str, used: Collection[str]
    ) -> tuple[tuple[PromptLine, ...], tuple[MissingTactic, ...]]: ...
    def another(
        self, tactic: str, facts: ShowFacts, *, team_language: str, used: Collection[str]
    ) -> PromptLine | None: ...
    def hand_off(self, facts: HandOffFacts, *, team_language: str, used: Collection[str]) -> PromptLine | None: ...


class ChartMaker(Protocol):
    def draw_story(self, story: Story) -> Awaitable[bytes | None]:
        """PNG of the session in the team's language; None when drawing failed (the summary goes out without)."""
        ...


@dataclass(frozen=True, slots=True)
class NamedZone:
    """A zone as people of one language know it. `label`: its city, name and offset; `also`: what else it is called."""

    zone: str
    city: str
    label: str
    also: tuple[str, ...]


class ZoneNames(Protocol):
    """The zones of the world by city, country and name."""

    def canonical(self, zone: str) -> str:
        """The IANA name in use today of a zone under an older or another one."""
        ...

    def named(self, language: str, now: datetime) -> Mapping[str, NamedZone]:
        """Every zone by its canonical name, those without a city last; offsets at `now`."""
        ...


class Occasions(Protocol):
    """Public holidays, big sale days and seasons of a market."""

    def on(self, zone: str, day: date, language: str) -> tuple[Occasion, ...]:
        """What the day is in the country of the IANA zone; nothing where the zone has no country.

        `language` (BCP 47) is for the few names that have no text of ours yet: as the library says them in it, else
        in English.
        """
        ...


@dataclass(frozen=True, slots=True)
class Team:
    name: str
    language: str
    zone: str


@dataclass(frozen=True, slots=True)
class Ports:
    store: Store
    clock: Clock
    book: Book
    charts: ChartMaker
    team: Team
    live: LiveRooms
    commands: CommandTable
    vitals: Callable[[], Vitals]
    """What the running program knows of itself."""
    words: Words
    """For labels alone: what is offered while somebody types. What is said or kept is keys."""
    zones: ZoneNames
    plan_reader: PlanReader
    calendars: CalendarDoor
    """Where calendars are read."""
    occasions: Occasions
    door: Door | None = None
    """None: the web chat has no sign-in, whoever can reach it may be anybody."""
    places: Mapping[str, Places] = field(default_factory=dict)
    """What each chat that can tells of itself, by the chat's name."""
