"""simcord's traffic, checked as the test server's is: both of its transports go through one function."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from simcord.http import router

from tests.servers.checked import check_discord


@contextmanager
def watching_simcord() -> Iterator[None]:
    """Every request that discord.py makes of simcord in here is checked and counted."""
    real = router.dispatch

    def dispatch(backend: Any, method: str, path: str, **how: Any) -> Any:
        check_discord(method, path, how.get("json"), how.get("params"))
        return real(backend, method, path, **how)

    router.dispatch = dispatch
    try:
        yield
    finally:
        router.dispatch = real
