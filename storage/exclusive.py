"""One running bot per database: two would keep every promise twice."""

from __future__ import annotations

import os
from pathlib import Path

from bot.core.errors import StartError

try:
    import fcntl
except ImportError:  # no advisory locks of this kind on Windows; there the ports are what two bots collide on
    fcntl = None  # type: ignore[assignment]


def is_held(database: Path) -> bool:
    """Whether a bot runs on it now; False where the system cannot tell."""
    if fcntl is None:
        return False
    try:
        descriptor = os.open(database.with_name(f"{database.name}.lock"), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False  # no bot ever ran on it, or it is another's
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


class Exclusive:
    """Held while the bot runs; the system lets go of it when the process ends, however it ends."""

    def __init__(self, database: Path) -> None:
        self._database, self._file = database, database.with_name(f"{database.name}.lock")
        self._descriptor: int | None = None

    def take(self) -> None:
        """Takes the database for this process.

        Raises:
            StartError: another bot runs on it.
        """
        if fcntl is None:
            return
        try:
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return  # a folder nobody may write to: opening the database fails next, and says so better
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise StartError(
                f"database {self._database}: another Showcaller runs on it; stop that one, "
                "or give this one a file of its own (setting `database`)"
            ) from None
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
