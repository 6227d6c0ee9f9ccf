"""What a request to the chat must look like, and the refusal of one that does not."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

CHANNELS = ("team", "host", "managers")


class RefusedError(Exception):
    """An answer other than 200: status and what the page shows."""

    def __init__(self, status: int, error: str, try_instead: str | None = None) -> None:
        super().__init__(error)
        self.status, self.error, self.try_instead = status, error, try_instead


async def body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise RefusedError(400, "the text holds half a character, which no file can keep; type it anew") from None
    except (ValueError, RecursionError):
        raise RefusedError(400, "the request's body is not JSON") from None
    if not isinstance(body, dict):
        raise RefusedError(400, "the request's body must be a JSON object")
    return body


def channel(name: Any) -> str:
    if name not in CHANNELS:
        raise RefusedError(404, f"there is no channel {str(name)[:40]!r}; there are: {', '.join(CHANNELS)}")
    return str(name)
