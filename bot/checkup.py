"""`run.py check`: what would go wrong, said before it hurts, each with its mend."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bot.charts import missing_fonts
from bot.config import Settings, load
from bot.core.errors import StartError
from bot.core.zones import tzdata_version, zone
from bot.http import is_free
from prompts.book import Book
from prompts.catalogue import Catalogues
from storage.soundness import pending_steps


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
    return [Finding("config", ok=True, detail=f"{file or 'defaults and environment'}"), *_findings(settings)]


def _findings(settings: Settings) -> Iterator[Finding]:
    yield _database(settings.database)
    for name, listener in (("web", settings.web), ("ingest", settings.ingest)):
        free = listener.port == 0 or is_free(listener.listen, listener.port)
        mend = "free" if free else f"taken: stop the other program or set `{name}.port`"
        yield Finding(f"port {name}", ok=free, detail=f"{listener.listen}:{listener.port} {mend}")
    missing = missing_fonts()
    yield Finding(
        "fonts",
        ok=not missing,
        detail="all scripts" if not missing else f"missing {', '.join(missing)}: reinstall with pip",
    )
    zone(settings.team.zone)
    yield Finding("zone data", ok=True, detail=f"tzdata {tzdata_version()} from the tzdata package {version('tzdata')}")
    yield _texts()


def _database(path: Path) -> Finding:
    folder = path.absolute().parent
    if not path.exists():
        writable = folder.is_dir() and os.access(folder, os.W_OK)
        detail = (
            f"{path} will be made at the first start" if writable else f"{folder} is not a folder the bot may write to"
        )
        return Finding("database", ok=writable, detail=detail)
    if not os.access(path, os.W_OK):
        return Finding(
            "database", ok=False, detail=f"{path} may not be written to: change its owner or its permissions"
        )
    try:
        pending = pending_steps(path)
    except StartError as error:
        return Finding("database", ok=False, detail=str(error))
    steps = f", {pending} migration steps at the next start" if pending else ""
    return Finding("database", ok=True, detail=f"{path} is sound{steps}")


def _texts() -> Finding:
    try:
        problems = Catalogues.load().check()
        Book.load()
    except StartError as error:
        return Finding("texts", ok=False, detail=str(error))
    return Finding(
        "texts", ok=not problems, detail="complete in every language" if not problems else "; ".join(problems[:3])
    )
