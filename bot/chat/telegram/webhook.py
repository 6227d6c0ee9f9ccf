"""Telegram calls us: one route on the ingest port, for who knows the secret; 200 says that an update is through."""

from __future__ import annotations

import asyncio
import hmac
import json
from dataclasses import dataclass, field

import structlog
import telegram
from aiohttp import web

from bot.chat.telegram.connection import PATH, Connection
from bot.chat.telegram.inbox import Inbox

log = structlog.get_logger()

_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_MOST_BYTES = 256 * 1024
"""Far above any update; nobody else has business here."""


@dataclass(slots=True)
class WebhookRoute:
    """`secret`: what Telegram was told to send along."""

    secret: str
    bot: telegram.Bot
    inbox: Inbox
    connection: Connection
    refused: int = field(default=0, init=False)

    def routes(self) -> list[web.RouteDef]:
        return [web.post(PATH, self._called)]

    async def _called(self, request: web.Request) -> web.StreamResponse:
        if not hmac.compare_digest(request.headers.get(_HEADER, "").encode("utf-8", "replace"), self.secret.encode()):
            self._count()
            return web.json_response({"error": f"the header {_HEADER} is missing or wrong"}, status=403)
        if (request.content_length or 0) > _MOST_BYTES:
            return web.json_response({"error": f"an update may have at most {_MOST_BYTES} bytes"}, status=413)
        if not self.connection.is_open:
            return _later()
        try:
            update = _update(json.loads(await request.read()), self.bot)
        except asyncio.CancelledError:
            raise
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, OSError, RecursionError):
            return web.json_response({"error": "the body is no update of Telegram"}, status=400)
        try:
            await self.inbox.handled(update)
        except asyncio.CancelledError:
            if self.connection.is_open:  # whoever called has gone
                raise
            return _later()
        return web.json_response({})

    def _count(self) -> None:
        """Whoever tries secrets through fills no log: only the 1st, 2nd, 4th, 8th ... is told."""
        self.refused += 1
        if self.refused & (self.refused - 1) == 0:
            log.warning("telegram_webhook_refused", why="wrong or missing secret token", times=self.refused)


def _update(found: object, bot: telegram.Bot) -> telegram.Update:
    """Raises TypeError, or what the library stumbles over, where it is none."""
    if not isinstance(found, dict) or type(found.get("update_id")) is not int:
        raise TypeError("no update_id")
    return telegram.Update.de_json(found, bot)


def _later() -> web.Response:
    return web.json_response({"error": "the bot is not connected; try again"}, status=503)
