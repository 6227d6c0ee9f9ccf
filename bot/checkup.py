"""`run.py check`: what would go wrong, said before it hurts, each with its mend."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from bot.app import clock_of, limits_of
from bot.charts import missing_fonts
from bot.clock import Machine
from bot.config import DEFAULT_FILE, IngestSettings, Settings, WebSettings, is_loopback, load
from bot.core.calendar_feed import CalendarDoor
from bot.core.errors import StartError
from bot.core.finding import Finding
from bot.core.live import LiveRooms
from bot.core.ports import Tx
from bot.core.records import Traffic
from bot.core.vitals import DISK_LOW_BYTES, SKEW_S
from bot.core.zones import tzdata_version
from bot.deadman import Deadman, host_of
from bot.http import base_url, cannot_listen, why_not_free
from handlers import heartbeats
from handlers.signin import admin_can_get_in
from prompts.book import Book
from prompts.catalogue import Catalogues
from storage.exclusive import is_held
from storage.soundness import audit_chain, fact, last_written, look, pending_steps
from storage.space import space

_DISK_LITTLE_BYTES = 1_000_000_000
_STALE = timedelta(minutes=2)
"""A message that waits longer than this while a bot runs is stuck, not under way."""


async def examine(file: Path | None, *, ping: bool = False) -> list[Finding]:
    """Looks at everything that can be looked at without starting the bot; changes nothing.

    `ping`: fetches the address of `watch.ping_url` once, which tells the outside that the bot lives.
    """
    try:
        settings = load(file)
    except StartError as error:
        return [Finding("config", ok=False, detail=str(error))]
    source = file or (DEFAULT_FILE if DEFAULT_FILE.exists() else "defaults and environment")
    found = [Finding("config", ok=True, detail=str(source)), *_findings(settings), *await _chats(settings)]
    return [*found, await _watch(settings, ping=ping)]


def _findings(settings: Settings) -> Iterator[Finding]:
    is_running = is_held(settings.database)
    database = _database(settings.database, is_running=is_running)
    yield database
    if database.ok:
        yield _audit(settings.database)
    yield _disk(settings.database)
    for name, table in (("web", settings.web), ("ingest", settings.ingest)):
        yield _in_use(name) if is_running else _port(name, table.listen, table.port)
    if settings.web.sign_in:
        yield _links(settings.web)
        yield _safety(settings.web)
        if database.ok:
            yield _admin(settings)
    yield _calendars(settings.ingest)
    missing = missing_fonts()
    yield Finding(
        "fonts",
        ok=not missing,
        detail="all scripts" if not missing else f"missing {', '.join(missing)}: reinstall with pip",
    )
    yield _zone_data(settings)
    yield _clock(settings)
    yield _texts()
    if database.ok:
        yield from _kept(settings, is_running=is_running)


def _in_use(name: str) -> Finding:
    return Finding(f"port {name}", ok=True, detail="not looked at: the bot that runs on this database has it")


def _port(name: str, host: str, port: int) -> Finding:
    error = None if port == 0 else why_not_free(host, port)
    if error is None:
        return Finding(f"port {name}", ok=True, detail=f"{host}:{port} free" if port else f"{host}, any free port")
    return Finding(f"port {name}", ok=False, detail=cannot_listen(name, host, port, error))


def _links(web: WebSettings) -> Finding:
    """Whether what links begin with leads to where the web chat listens, as far as the settings tell."""
    address = web.public_url or base_url(web.listen, web.port)
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    is_here, is_open = is_loopback(host), not is_loopback(web.listen)
    if web.public_url and is_here and is_open:
        mend = "give the name or address others reach this machine by (setting `web.public_url`), or leave it empty"
        return Finding("links", ok=False, detail=f"{address} leads everybody to their own machine: {mend}")
    if not web.public_url:
        reach = "" if is_open else ', this machine only; for phones and colleagues: `web.listen = "0.0.0.0"`'
        return Finding("links", ok=True, detail=f"begin with {address}{reach}")
    if parts.scheme == "https" or not is_open or port != web.port:
        seen = f"{web.listen}:{web.port}"
        return Finding("links", ok=True, detail=f"begin with {address}; there a proxy must hand on to {seen}")
    return Finding("links", ok=True, detail=f"begin with {address}")


def _calendars(ingest: IngestSettings) -> Finding:
    """From where the addresses that /calendar add makes can be read."""
    address = ingest.public_url or base_url(ingest.listen, ingest.port)
    if CalendarDoor(lambda: address).is_inside:
        mend = "Google and Outlook cannot read them: give an address from outside with the setting `ingest.public_url`"
        return Finding("calendars", ok=True, detail=f"addresses begin with {address}; {mend}")
    seen = f"there a proxy must hand on /calendar/ to {ingest.listen}:{ingest.port}"
    return Finding("calendars", ok=True, detail=f"addresses begin with {address}; {seen}")


def _safety(web: WebSettings) -> Finding:
    """What a sign-in does not protect from."""
    if not web.public_url.startswith("https:") and not is_loopback(web.listen):
        return Finding(
            "web safety", ok=True,
            detail="warning: no TLS. Whoever is in the same network can read along and take a session over: only in a "
            'network you trust, or behind a proxy with TLS and `web.public_url = "https://..."` (docs/web-chat.md)',
        )  # fmt: skip
    if web.public_url.startswith("https:") and not web.trusted_proxies:
        return Finding(
            "web safety", ok=True,
            detail="warning: wrong codes of everybody count as the proxy's, five in a quarter of an hour: name its "
            "address in `web.trusted_proxies`",
        )  # fmt: skip
    return Finding("web safety", ok=True, detail="TLS in front" if web.public_url else "this machine only")


def _admin(settings: Settings) -> Finding:
    """Whether somebody can invite the others."""
    limits, now = limits_of(settings.web), clock_of(settings).now()
    path = settings.database
    try:
        can = path.exists() and not pending_steps(path) and look(path, lambda tx: admin_can_get_in(tx, limits, now))
    except StartError as error:
        return Finding("sign-in", ok=False, detail=str(error))
    told = "an admin is signed in or invited" if can else "no admin is signed in: the next start prints a link for one"
    return Finding("sign-in", ok=True, detail=told)


def _database(path: Path, *, is_running: bool) -> Finding:
    problem = _permissions(path)
    if problem is not None:
        return Finding("database", ok=False, detail=problem)
    if not path.exists():
        return Finding("database", ok=True, detail=f"{path} will be made at the first start")
    try:
        pending = pending_steps(path)
    except StartError as error:
        return Finding("database", ok=False, detail=str(error))
    steps = f", {pending} migration steps at the next start" if pending else ""
    running = ", a bot is running on it" if is_running else ""
    return Finding("database", ok=True, detail=f"{path} is sound{steps}{running}")


def _disk(path: Path) -> Finding:
    room = space(path)
    if room.free is None:
        return Finding("disk", ok=True, detail="the system does not tell how much is free")
    used = "" if room.used is None else f"the database takes {_size(room.used)}, "
    told, mend = f"{used}{_size(room.free)} free", "free some space, or move the database (setting `database`)"
    if room.free < DISK_LOW_BYTES:
        return Finding("disk", ok=False, detail=f"{told}: {mend}")
    is_little = room.free < _DISK_LITTLE_BYTES
    return Finding("disk", ok=True, detail=f"{told}: {mend}" if is_little else told, look=is_little)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"  # noqa: PLR2004 - a gigabyte


def _audit(path: Path) -> Finding:
    """Whether the audit is as it was written, as far as a chain can show: not that its last rows were not cut off."""
    if not path.exists():
        return Finding("audit", ok=True, detail="nothing written yet")
    try:
        chain = audit_chain(path)
    except StartError as error:
        return Finding("audit", ok=False, detail=str(error))
    if chain is None:
        return Finding("audit", ok=True, detail="its rows will be chained at the next start")
    if chain.broken is None and not chain.rows:
        return Finding("audit", ok=True, detail="nothing written yet")
    if chain.broken is None:
        return Finding("audit", ok=True, detail=f"{chain.rows} rows, each follows from the one before")
    mend = f"it happened outside the bot: keep a copy of {path}, ask who can write to it, compare it with a backup"
    return Finding("audit", ok=False, detail=f"{chain.broken}; {mend}")


def _permissions(path: Path) -> str | None:
    """What keeps the bot from writing there. SQLite writes files beside the database, so the folder counts too."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if path.is_dir():
        return f"{path} is a folder: name a file in it, like {path / 'showcaller.db'} (setting `database`)"
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return f"{folder} is not a folder the bot may write to: change its permissions, or the setting `database`"
    if path.exists() and not os.access(path, os.W_OK):
        return f"{path} may not be written to: change its owner or its permissions"
    return None


def _zone_data(settings: Settings) -> Finding:
    """Whose version the plans were made with is in the database; an older one would move them back."""
    here, mend = tzdata_version(), f"{sys.executable} -m pip install --upgrade tzdata"
    told = f"tzdata {here} from the tzdata package {version('tzdata')}"
    known = fact(settings.database, "tzdata")
    if known is not None and here < known:
        return Finding("zone data", ok=False, detail=f"{told}, but the plans were made with {known}: {mend}")
    if clock_of(settings).now().year > int(here[:4]) + 1:
        return Finding("zone data", ok=True, detail=f"{told} is more than a year old: {mend}", look=True)
    return Finding("zone data", ok=True, detail=told)


def _kept(settings: Settings, *, is_running: bool) -> Iterator[Finding]:
    """What the database knows of the bot's last state."""
    path, now = settings.database, clock_of(settings).now()
    if not path.exists() or pending_steps(path):
        return

    def work(tx: Tx) -> tuple[list[Traffic], list[heartbeats.Silence], list[tuple[str, datetime]]]:
        return tx.outbox.traffic(now), heartbeats.silences(tx, LiveRooms(), now), tx.signals.ending_secrets(now)

    queues, silent, secrets = look(path, work)
    yield _queue(queues, now, is_running=is_running)
    yield _sources(silent, is_running=is_running)
    told = [f"the old one of {room} ends {until:%Y-%m-%d %H:%M} UTC" for room, until in secrets]
    yield Finding("secrets", ok=True, detail="; ".join(told) or "none is about to end", look=bool(told))


def _queue(queues: Sequence[Traffic], now: datetime, *, is_running: bool) -> Finding:
    waiting = sum(queue.waiting for queue in queues)
    parked = [queue.destination for queue in queues if queue.state is not None and queue.state.parked_at is not None]
    waits = {queue.destination for queue in queues if queue.waiting}
    parked = [name for name in parked if name in waits or ":@" not in name]  # else it is somebody who wants no messages
    if parked:
        mend = f"put it right there, then type /delivery resume {parked[0]}"
        told = f"{', '.join(parked)} takes no more messages, {waiting} wait: {mend}"
        return Finding("queue", ok=True, detail=told, look=True)
    slow = [queue for queue in queues if is_running and queue.oldest is not None and now - queue.oldest > _STALE]
    if slow:
        told = "; ".join(f"{queue.waiting} for {queue.destination} since {queue.oldest:%H:%M} UTC" for queue in slow)
        return Finding("queue", ok=True, detail=f"waiting: {told}: ask /why {slow[0].destination}", look=True)
    if waiting:
        told = f"{waiting} are under way" if is_running else f"{waiting} wait for the next start"
        return Finding("queue", ok=True, detail=told)
    return Finding("queue", ok=True, detail="nothing waits to be sent")


def _sources(silent: Sequence[heartbeats.Silence], *, is_running: bool) -> Finding:
    if not is_running:
        return Finding("sources", ok=True, detail="no bot is running, nobody is heard")
    told = [f"{found.room} for {found.since_s} s" for found in silent]
    mend = f"silent: {', '.join(told)}: look at the sender, and at /room info {silent[0].room}" if silent else ""
    return Finding("sources", ok=True, detail=mend or "none of a room on air is silent", look=bool(silent))


async def _chats(settings: Settings) -> list[Finding]:
    """The other chats that are configured: their libraries take time to load, so only then."""
    found: list[Finding] = []
    discord, telegram = settings.discord, settings.telegram
    if token := discord.token.get_secret_value():
        from bot.chat.discord import checks as discord_checks  # noqa: PLC0415

        found += await discord_checks.inspect(token, discord.api_base, _bound(settings, "discord"))
    if token := telegram.token.get_secret_value():
        from bot.chat.telegram import checks as telegram_checks  # noqa: PLC0415

        webhook = telegram.webhook_url if telegram.mode == "webhook" else None
        places = _bound(settings, "telegram")
        found += await telegram_checks.inspect(token, telegram.base_url, places, webhook_url=webhook)
    return found


def _bound(settings: Settings, chat: str) -> list[str]:
    """The places of a chat that messages go to, each once."""
    path = settings.database
    try:
        if not path.exists() or pending_steps(path):
            return []
        return list(dict.fromkeys(look(path, lambda tx: [row.destination for row in tx.outbox.bindings(chat)])))
    except StartError:
        return []  # what is wrong with the database its own line says


async def _watch(settings: Settings, *, ping: bool) -> Finding:
    url = settings.watch.ping_url.get_secret_value()
    if not url:
        return Finding("watch", ok=True, detail="nobody outside is told that the bot lives (setting `watch.ping_url`)")
    told = f"{host_of(url)} every {settings.watch.ping_every_s} s"
    if not ping:
        return Finding("watch", ok=True, detail=f"{told}; whether it answers was not tried (check --ping)")

    async def well() -> None:
        return None

    deadman = Deadman(url, settings.watch.ping_every_s, well, Machine())
    await deadman.once()
    state = deadman.state()
    if state.error is not None:
        mend = "look at the network, and at the setting `watch.ping_url`"
        return Finding("watch", ok=False, detail=f"{told}; no answer ({state.error}): {mend}")
    if state.skew_s is not None and abs(state.skew_s) >= SKEW_S:
        told += f"; its clock differs from ours by {state.skew_s:.0f} s: set the machine's clock"
        return Finding("watch", ok=True, detail=told, look=True)
    return Finding("watch", ok=True, detail=f"{told}; it answers")


def _clock(settings: Settings) -> Finding:
    now = clock_of(settings).now()
    told = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if settings.clock is not None:
        return Finding("clock", ok=True, detail=f"{told}, invented (`clock` in the settings): for rehearsals only")
    made = int(tzdata_version()[:4])
    if now.year < made:
        return Finding("clock", ok=False, detail=f"{told}, but this program is from {made}: set the machine's clock")
    newest = last_written(settings.database)
    if newest is not None and newest > now + timedelta(minutes=5):
        detail = f"{told}, but the database already knows {newest:%Y-%m-%d %H:%M:%S}: set the machine's clock"
        return Finding("clock", ok=False, detail=detail)
    return Finding("clock", ok=True, detail=told)


def _texts() -> Finding:
    try:
        problems = Catalogues.load().check()
        Book.load()
    except StartError as error:
        return Finding("texts", ok=False, detail=str(error))
    return Finding(
        "texts", ok=not problems, detail="complete in every language" if not problems else "; ".join(problems[:3])
    )
