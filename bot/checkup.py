"""`run.py check`: what would go wrong, said before it hurts, each with its mend."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from bot.app import clock_of, limits_of
from bot.charts import missing_fonts
from bot.config import DEFAULT_FILE, Settings, WebSettings, is_loopback, load
from bot.core.errors import StartError
from bot.core.zones import tzdata_version
from bot.http import base_url, cannot_listen, why_not_free
from handlers.signin import admin_can_get_in
from prompts.book import Book
from prompts.catalogue import Catalogues
from storage.soundness import audit_chain, last_written, look, pending_steps


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    ok: bool
    detail: str


async def examine(file: Path | None) -> list[Finding]:
    """Looks at everything that can be looked at without starting the bot; changes nothing."""
    try:
        settings = load(file)
    except StartError as error:
        return [Finding("config", ok=False, detail=str(error))]
    source = file or (DEFAULT_FILE if DEFAULT_FILE.exists() else "defaults and environment")
    return [Finding("config", ok=True, detail=str(source)), *_findings(settings)]


def _findings(settings: Settings) -> Iterator[Finding]:
    database = _database(settings.database)
    yield database
    if database.ok:
        yield _audit(settings.database)
    yield _port("web", settings.web.listen, settings.web.port)
    if settings.web.sign_in:
        yield _links(settings.web)
        yield _safety(settings.web)
        if database.ok:
            yield _admin(settings)
    yield _port("ingest", settings.ingest.listen, settings.ingest.port)
    missing = missing_fonts()
    yield Finding(
        "fonts",
        ok=not missing,
        detail="all scripts" if not missing else f"missing {', '.join(missing)}: reinstall with pip",
    )
    yield Finding("zone data", ok=True, detail=f"tzdata {tzdata_version()} from the tzdata package {version('tzdata')}")
    yield _clock(settings)
    yield _texts()


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


def _database(path: Path) -> Finding:
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
    return Finding("database", ok=True, detail=f"{path} is sound{steps}")


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
