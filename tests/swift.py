"""Where the tests' files are: in memory, if the system has enough of that. Much of a test's time is waiting for a disk.

What a killed process wrote is kept there as well as on a disk; only a power cut would tell the two apart.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ENOUGH = 2 << 30
"""Bytes. A whole run leaves some hundred MB; a container's /dev/shm may have 64 MB."""


def memory() -> Path | None:
    """The folder for temporary files, None for the system's own."""
    can_be = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ENOUGH
    return _MEMORY if can_be else None


@contextlib.contextmanager
def swift_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="showcaller-", dir=memory()) as name:
        yield Path(name)
