"""What the transport tests look at: something that is to become so, a message of Discord's, all that is logged."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog

PATIENCE_S = 20.0


async def until(is_so: Callable[[], Any], patience_s: float = PATIENCE_S, what: Callable[[], Any] = str) -> Any:
    """What `is_so` (plain or a coroutine) gives once that is true. AssertionError with `what` if never."""
    gives_up = time.monotonic() + patience_s
    while True:
        value = is_so()
        value = await value if isinstance(value, Awaitable) else value
        if value:
            return value
        assert time.monotonic() < gives_up, f"not so after {patience_s} s {what()}"
        await asyncio.sleep(0.005)


def words(message: dict[str, Any]) -> str:
    """All that can be read in a message of Discord's."""
    found = [message.get("content") or ""]
    for embed in message.get("embeds", ()):
        found += [embed.get("title", ""), embed.get("description", "")]
        found += [f"{each['name']} {each['value']}" for each in embed.get("fields", ())]
    return "\n".join(filter(None, found)).replace("\\", "")


def marker_of(message: dict[str, Any]) -> str:
    """Our id of a message of ours on Discord."""
    return str(message["embeds"][-1]["footer"]["text"])


def place_of(message: dict[str, Any], button: str) -> tuple[str, list[str] | None]:
    """How a button of ours is pressed on a message of Discord's: a custom id, and what is picked where it is a menu."""
    for part in (part for row in message["components"] for part in row["components"]):
        if part.get("custom_id") == button:
            return button, None
        if button in [option["value"] for option in part.get("options", ())]:
            return part["custom_id"], [button]
    raise AssertionError(f"no {button} among {message['components']}")


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] != "asyncio":
            self.lines.append(logging.Formatter().format(record))


@contextmanager
def overheard() -> Iterator[tuple[list[Any], list[str]]]:
    """Everything logged meanwhile, by us and by the libraries down to INFO."""
    kept, root = _Kept(), logging.getLogger()
    before = root.level
    root.addHandler(kept)
    root.setLevel(logging.INFO)
    try:
        with structlog.testing.capture_logs() as logs:
            yield logs, kept.lines
    finally:
        root.setLevel(before)
        root.removeHandler(kept)
