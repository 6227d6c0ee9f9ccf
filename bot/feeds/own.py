"""Our own endpoint: POST /v1/signals/{room}, signed by Standard Webhooks (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bot.core.errors import BadLineError, ConflictError
from bot.core.ports import Clock, Store
from bot.core.signal import data_of
from bot.feeds.decode import decode_batch

SOURCE = "own"
TOLERANCE_S = 300
"""How far a request's timestamp may be from our clock; seconds."""
_PREFIX = "whsec_"
_MAX_ID = 256

Keep = Callable[[str, str, str, Sequence[tuple[datetime, str, str | None, dict[str, Any]]]], Awaitable[tuple[int, int]]]
"""(room, webhook id, digest of the body, signals as at/source/id/data) -> (accepted, duplicates), after the commit."""


class SignatureError(Exception):
    """The request does not prove where it comes from; the text says what to mend, and no secret."""


def sign(secret: str, webhook_id: str, timestamp: str, body: bytes) -> str:
    """The value of `webhook-signature` for one secret ("whsec_" and base64)."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def verify(secrets: Sequence[str], webhook_id: str, timestamp: str, signature: str, body: bytes, now: datetime) -> None:
    """Checks age and signature against every valid secret, in constant time.

    Raises:
        SignatureError: what is missing, too old or wrong.
    """
    if not webhook_id or len(webhook_id) > _MAX_ID:
        raise SignatureError("the header webhook-id is missing or longer than 256 characters")
    if not timestamp.isdecimal() or len(timestamp) > 12:  # noqa: PLR2004 - seconds until the year 33658
        raise SignatureError("the header webhook-timestamp must be whole seconds since 1970")
    age_s = abs(now.timestamp() - int(timestamp))
    if age_s > TOLERANCE_S:
        raise SignatureError(
            f"the timestamp is {int(age_s)} s from this server's clock, at most {TOLERANCE_S} s are allowed: "
            "set the sender's clock, and sign anew for each try"
        )
    given = [part.encode() for part in signature.split(" ") if part.startswith("v1,")]
    for secret in secrets:
        try:
            expected = sign(secret, webhook_id, timestamp, body).encode()
        except binascii.Error:
            continue
        if any(hmac.compare_digest(expected, part) for part in given):
            return
    if not secrets:
        raise SignatureError("this room has no secret yet: `run.py secret ROOM` prints one")
    raise SignatureError(
        "the header webhook-signature does not match: check the secret, and sign the body exactly as sent"
    )


@dataclass(frozen=True, slots=True)
class OwnFeed:
    """The endpoint over the store's secrets."""

    store: Store
    clock: Clock
    keep: Keep

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/signals/{room}", self.receive)]

    async def receive(self, request: web.Request) -> web.Response:
        room = request.match_info["room"]
        now = self.clock.now()
        found = await self.store.read(lambda tx: (tx.rooms.get(room), tx.signals.secrets(room, now)))
        if found[0] is None:
            return _error(404, f"there is no room {room[:60]!r}")
        if (request.content_length or 0) > request.app._client_max_size:  # noqa: SLF001 - refuse before reading
            return _error(413, "a batch may have at most 1 MiB: send several")
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _error(413, "a batch may have at most 1 MiB: send several")
        webhook_id, timestamp, signature = (
            request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
        )
        try:
            verify(found[1], webhook_id, timestamp, signature, body, now)
        except SignatureError as error:
            return _error(401, str(error))
        try:
            lines = decode_batch(body)
        except BadLineError as error:
            answer = {"error": str(error), "line": error.line, "field": error.field, "why": error.why}
            return web.json_response(answer, status=422)
        signals = [((line.at or now).astimezone(UTC), line.source or SOURCE, line.id, data_of(line)) for line in lines]
        try:
            accepted, duplicates = await self.keep(room, webhook_id, hashlib.sha256(body).hexdigest(), signals)
        except ConflictError:
            return _error(
                409, f"webhook-id {webhook_id[:80]!r} came before with another body: use a new id for new signals"
            )
        return web.json_response({"accepted": accepted, "duplicates": duplicates}, status=202)


def _error(status: int, text: str) -> web.Response:
    return web.json_response({"error": text}, status=status)
