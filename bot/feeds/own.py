"""Our own endpoint: POST /v1/signals/{room}, signed by Standard Webhooks (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from bot.core.errors import BadLineError, ConflictError
from bot.core.ports import Clock, Store
from bot.core.signal import PERSON, data_of
from bot.feeds.decode import decode_batch

SOURCE = "own"
TOLERANCE_S = 300
"""How far a request's timestamp may be from our clock; seconds."""
_PREFIX = "whsec_"
_MAX_ID = 256
_MAX_AHEAD = timedelta(seconds=TOLERANCE_S)
_TOO_BIG = "a batch may have at most 1 MiB: send several"

Keep = Callable[[str, str, str, Sequence[tuple[datetime, str, str | None, dict[str, Any]]]], Awaitable[tuple[int, int]]]
"""(room, webhook id, digest of the body, signals as at/source/id/data) -> (accepted, duplicates), after the commit."""


class SignatureError(Exception):
    """The request does not prove where it comes from; the text says what to mend, and no secret."""


def sign(secret: str, webhook_id: str, timestamp: str, body: bytes) -> str:
    """The value of `webhook-signature` for one secret ("whsec_" and base64)."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def verify(
    secrets: Sequence[str], webhook_id: str, timestamp: str, signature: str, body: bytes, *, now: datetime
) -> None:
    """Checks age and signature against every valid secret, in constant time.

    Raises:
        SignatureError: what is missing, too old or wrong.
    """
    if not webhook_id or len(webhook_id) > _MAX_ID or not (webhook_id.isascii() and webhook_id.isprintable()):
        raise SignatureError("the header webhook-id must be there, with 1 to 256 ASCII characters")
    if not (timestamp.isascii() and timestamp.isdecimal()) or len(timestamp) > 12:  # noqa: PLR2004 - the year 33658
        raise SignatureError("the header webhook-timestamp must be there, in whole seconds since 1970")
    if not signature:
        raise SignatureError("the header webhook-signature is missing; it looks like v1,BASE64")
    age_s = abs(now.timestamp() - int(timestamp))
    if age_s > TOLERANCE_S:
        raise SignatureError(
            f"the timestamp is {int(age_s)} s from this server's clock, at most {TOLERANCE_S} s are allowed: "
            "set the sender's clock, and sign anew for each try"
        )
    given = [part.encode("ascii", "replace") for part in signature.split(" ") if part.startswith("v1,")]
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
        try:
            accepted, duplicates = await self._take(request)
        except _RefusedError as refused:
            return web.json_response({"error": refused.error, **refused.more}, status=refused.status)
        return web.json_response({"accepted": accepted, "duplicates": duplicates}, status=202)

    async def _take(self, request: web.Request) -> tuple[int, int]:
        room, now = request.match_info["room"], self.clock.now()
        found = await self.store.read(lambda tx: (tx.rooms.get(room), tx.signals.secrets(room, now)))
        if found[0] is None:
            raise _RefusedError(404, f"there is no room {room[:60]!r}")
        body = await _body(request)
        webhook_id, timestamp, signature = (
            request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
        )
        try:
            verify(found[1], webhook_id, timestamp, signature, body, now=now)
            signals = _signals(body, now)
            return await self.keep(room, webhook_id, hashlib.sha256(body).hexdigest(), signals)
        except SignatureError as error:
            raise _RefusedError(401, str(error)) from None
        except BadLineError as error:
            raise _RefusedError(422, str(error), line=error.line, field=error.field, why=error.why) from None
        except ConflictError:
            text = f"webhook-id {webhook_id[:80]!r} came before with another body: use a new id for new signals"
            raise _RefusedError(409, text) from None


class _RefusedError(Exception):
    """An answer other than 202."""

    def __init__(self, status: int, error: str, **more: Any) -> None:
        super().__init__(error)
        self.status, self.error, self.more = status, error, more


async def _body(request: web.Request) -> bytes:
    """The body as it was sent; what is too big is refused before it has come."""
    packed = request.headers.get("Content-Encoding", "identity")
    if packed.lower() != "identity":
        raise _RefusedError(
            415, f"the body came as Content-Encoding {packed[:40]!r}: send it unpacked, as it was signed"
        )
    too_big = _RefusedError(413, "a batch may have at most 1 MiB: send several")
    if (request.content_length or 0) > request.app._client_max_size:  # noqa: SLF001 - refuse before reading
        raise too_big
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise too_big from None


def _signals(body: bytes, now: datetime) -> list[tuple[datetime, str, str | None, dict[str, Any]]]:
    """The batch, checked, as at/source/id/data.

    Raises:
        BadLineError: the first line that is wrong.
    """
    signals = []
    for place, line in enumerate(decode_batch(body)):
        at = (line.at or now).astimezone(UTC)
        if at - now > _MAX_AHEAD:  # one such line would keep its session open until then
            ahead = int((at - now).total_seconds())
            why = f"is {ahead} s ahead of this server's clock: set the sender's clock"
            raise BadLineError(_number(body, place), "at", why)
        if line.source is not None and line.source.startswith(PERSON):
            why = f"may not begin with {PERSON!r}: that marks what a person typed here"
            raise BadLineError(_number(body, place), "source", why)
        signals.append((at, line.source or SOURCE, line.id, data_of(line)))
    return signals


def _number(body: bytes, place: int) -> int:
    """How errors count: places in an array, lines of the body otherwise, empty ones among them."""
    if body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"[":
        return place + 1
    return [number for number, raw in enumerate(body.split(b"\n"), 1) if raw.strip()][place]
