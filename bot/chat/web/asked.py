"""What a request to the chat must look like, and the refusal of one that does not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

CHANNELS = ("team", "host", "managers")
MAX_LINE = 4_000
"""Characters of what somebody says."""


class RefusedError(Exception):
    """An answer other than 200: status and what the page shows."""

    def __init__(
        self, status: int, error: str, try_instead: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(error)
        self.status, self.error, self.try_instead, self.headers = status, error, try_instead, headers

    def response(self) -> web.Response:
        body = {"error": self.error, "try": self.try_instead}
        return web.json_response(body, status=self.status, headers=self.headers)


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


def line(body: Mapping[str, Any]) -> tuple[str, str | None]:
    """What is said, and the nonce it came with."""
    text, nonce = body.get("text"), body.get("nonce")
    if not isinstance(text, str) or not text.strip():
        raise RefusedError(400, "there is nothing to say: `text` is empty", "/help")
    if len(text) > MAX_LINE:
        raise RefusedError(400, f"the line has {len(text)} characters; at most {MAX_LINE} fit")
    if nonce is not None and not (isinstance(nonce, str) and 0 < len(nonce) <= 64):  # noqa: PLR2004
        raise RefusedError(400, "`nonce` must be a text of at most 64 characters")
    return text.strip(), nonce


def channel(name: Any) -> str:
    if name not in CHANNELS:
        raise RefusedError(404, f"there is no channel {str(name)[:40]!r}; there are: {', '.join(CHANNELS)}")
    return str(name)
