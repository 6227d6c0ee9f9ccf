"""A database with all tables and nothing in them, made once in a process and copied.

Making one is most of a bot's start: each step of the migrations waits for the disk. What the steps do, from blank and
from older files, is for tests/storage and for the tests that start processes of their own.
"""

from __future__ import annotations

import asyncio
import functools
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from storage.database import SqliteStore


def made_ready(path: Path) -> None:
    """Puts such a database there, unless there is a file already."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_empty())


@functools.cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as pool:  # no loop runs in that thread
        file = Path(folder) / "empty.db"
        pool.submit(lambda: asyncio.run(_made(file))).result()
        return file.read_bytes()


async def _made(file: Path) -> None:
    store = SqliteStore(file)
    await store.open()
    await store.close()
