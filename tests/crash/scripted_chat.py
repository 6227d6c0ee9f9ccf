"""The bot's side of the scripted chat server: what a platform's adapter does, with nothing of a platform in it."""

from __future__ import annotations

from typing import Any, Self

import aiohttp

from bot.core.delivery import Outcome, Refused, Rejected, RetryAfter, Sent, Unknown
from bot.core.ports import Clock
from bot.core.records import Delivery
from bot.core.reply import encode

_WAIT_S = 0.5
"""How long an answer may take, in real seconds; a platform's adapter waits longer."""


class ScriptedChat:
    """A Chat on one house of the server. `idempotent_s`: as the house's window; None: it has none."""

    def __init__(self, url: str, idempotent_s: float | None, clock: Clock) -> None:
        self.idempotent_s = idempotent_s
        self._url, self._clock = url, clock

    async def __aenter__(self) -> Self:
        # A kept connection the server has closed would look like one that broke with the message on its way.
        connector = aiohttp.TCPConnector(force_close=True)
        self._http = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(_WAIT_S))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def deliver(self, delivery: Delivery) -> Outcome:
        body = {
            "address": delivery.destination.partition(":")[2],
            "nonce": str(delivery.id),
            "message": delivery.message,
            "kind": delivery.kind,
            "repeat": delivery.repeat,
            "ref": delivery.ref,
            "text": encode(delivery.reply),
            "now": self._clock.now().isoformat(),
        }
        try:
            async with self._http.post(f"{self._url}/{delivery.op}", json=body) as response:
                return _outcome(response.status, await response.json(), delivery)
        except aiohttp.ClientConnectorError:
            raise  # nothing has gone out
        except (aiohttp.ClientError, TimeoutError) as error:
            return Unknown(type(error).__name__)


def _outcome(status: int, answer: dict[str, Any], delivery: Delivery) -> Outcome:
    match status:
        case 200:
            return Sent(answer.get("ref") or delivery.ref or "")
        case 429:
            return RetryAfter(float(answer["retry_after"]), "429")
        case 400 | 404:
            return Rejected(str(status))
        case 403:
            return Refused("403")
        case _:
            return Unknown(str(status))
