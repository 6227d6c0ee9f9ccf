"""Every secret that is made while the tests run, and everything that is logged or refused meanwhile.

tests/test_no_secret_left.py, which runs last, searches the one in the other.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import aiohttp

import bot.keys
from handlers import linking

MADE: set[str] = set()
"""Signing secrets, one-time codes, session tokens: as they were shown or sent."""

_MAKERS = ((bot.keys, "new_secret"), (linking, "new_code"), (secrets, "token_urlsafe"))


MADE_HERE = "made-secrets.txt"
"""Each worker process writes them down in a file of this name, which the search reads and does not search."""


def _watched(make: Callable[..., str], file: Path) -> Callable[..., str]:
    @functools.wraps(make)
    def made(*args: Any, **options: Any) -> str:
        secret = make(*args, **options)
        if secret not in MADE:
            MADE.add(secret)
            with file.open("a", encoding="utf-8") as lines:
                lines.write(f"{secret}\n")
        return secret

    return made


def _kept(path: Path) -> Callable[..., Any]:
    """aiohttp's own request, with the body of every refusal written down: an error must not repeat a secret."""
    plain = aiohttp.ClientSession._request

    async def request(self: aiohttp.ClientSession, *args: Any, **options: Any) -> aiohttp.ClientResponse:
        response = await plain(self, *args, **options)
        if response.status >= 400:
            with path.open("ab") as file:
                file.write(await response.read() + b"\n")
        return response

    return request


@contextmanager
def watching(folder: Path) -> Iterator[None]:
    """Until it ends, secrets that are made are remembered, and written down with the refusals in `folder`."""
    with mock.patch.object(aiohttp.ClientSession, "_request", _kept(folder / "refusals.txt")):
        patches = [
            mock.patch.object(home, name, _watched(getattr(home, name), folder / MADE_HERE)) for home, name in _MAKERS
        ]
        for patch in patches:
            patch.start()
        try:
            yield
        finally:
            for patch in patches:
                patch.stop()


def to_file(path: Path) -> Callable[[Any, str, dict[str, Any]], dict[str, Any]]:
    """A structlog processor that also writes each event, whole, to a file."""

    def write(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{event}\n")
        return event

    return write
