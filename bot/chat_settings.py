"""Settings of the chats beside the web one; part of bot/config.py, which reads them."""

from __future__ import annotations

import re
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator, model_validator


class Table(BaseModel):
    """A table of the settings: nothing unknown in it, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _token(secret: SecretStr, shape: re.Pattern[str], like: str) -> SecretStr:
    """Never repeats what was given: it is a secret."""
    text = secret.get_secret_value()
    if text and not shape.fullmatch(text):
        raise ValueError(f"is no bot token: one looks like {like}; copy it anew, without quotes or spaces around it")
    return secret


def _address(url: str, schemes: tuple[str, ...]) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in schemes or not parts.hostname):
        raise ValueError(f"{url[:80]!r} is no address; give one that begins with {schemes[0]}://")
    return url.rstrip("/")


_DISCORD_TOKEN = re.compile(r"[\w-]{8,}\.[\w-]{4,}\.[\w-]{8,}")
_TELEGRAM_TOKEN = re.compile(r"\d{3,}:[\w-]{20,}")
_HEADER = re.compile(r"[A-Za-z0-9_-]{1,256}")


class DiscordSettings(Table):
    """The team's Discord. Without a token there is none."""

    token: SecretStr = SecretStr("")
    api_base: str = ""
    gateway_url: str = ""

    @field_validator("token")
    @classmethod
    def _bot_token(cls, token: SecretStr) -> SecretStr:
        return _token(token, _DISCORD_TOKEN, "three parts with dots between them")

    @field_validator("api_base")
    @classmethod
    def _http(cls, url: str) -> str:
        return _address(url, ("https", "http"))

    @field_validator("gateway_url")
    @classmethod
    def _websocket(cls, url: str) -> str:
        _address(url, ("wss", "ws"))
        return url  # as written: a slash at its end is part of the path that is asked for

    def as_options(self) -> dict[str, str]:
        return {"token": self.token.get_secret_value(), "api_base": self.api_base, "gateway_url": self.gateway_url}


class TelegramSettings(Table):
    """The team's Telegram. Without a token there is none."""

    token: SecretStr = SecretStr("")
    base_url: str = ""
    base_file_url: str = ""
    mode: Literal["polling", "webhook"] = "polling"
    webhook_url: str = ""
    secret_token: SecretStr = SecretStr("")
    paced: bool = True

    @field_validator("token")
    @classmethod
    def _bot_token(cls, token: SecretStr) -> SecretStr:
        return _token(token, _TELEGRAM_TOKEN, "digits, a colon, then 35 letters and digits")

    @field_validator("base_url", "base_file_url", "webhook_url")
    @classmethod
    def _http(cls, url: str) -> str:
        return _address(url, ("https", "http"))

    @field_validator("secret_token")
    @classmethod
    def _fits_a_header(cls, secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value()
        if text and not _HEADER.fullmatch(text):
            raise ValueError("may have letters, digits, _ and - only, at most 256 of them")
        return secret

    @model_validator(mode="after")
    def _whole_webhook(self) -> TelegramSettings:
        if self.mode == "webhook" and not (self.webhook_url and self.secret_token.get_secret_value()):
            raise ValueError(
                'mode = "webhook" needs `webhook_url`, the https address that leads to the ingest port, and '
                '`secret_token`, a long random word by which Telegram is known; or leave mode at "polling"'
            )
        return self

    def as_options(self) -> dict[str, Any]:
        return {
            "token": self.token.get_secret_value(),
            "base_url": self.base_url,
            "base_file_url": self.base_file_url,
            "mode": self.mode,
            "webhook_url": self.webhook_url,
            "secret_token": self.secret_token.get_secret_value(),
            "paced": self.paced,
        }


TEMPLATE = """\
[discord]
# The bot's token from Discord's developer portal (docs/discord.md). Better in the environment than here:
# SHOWCALLER_DISCORD__TOKEN. Empty: no Discord.
token = ""
# Other addresses of Discord's API and gateway, for proxies and tests. Empty: Discord's own.
api_base = ""
gateway_url = ""

[telegram]
# The bot's token from BotFather (docs/telegram.md). Better in the environment: SHOWCALLER_TELEGRAM__TOKEN.
# Empty: no Telegram.
token = ""
# Other addresses of the Bot API, for an API server of your own and tests. Empty: Telegram's own.
base_url = ""
base_file_url = ""
# How updates come: polling asks for them and works behind any router; webhook has Telegram call webhook_url, the https
# address under which a proxy of yours leads to the ingest port, path /v1/telegram.
mode = "polling"
webhook_url = ""
# What Telegram sends along to be known, letters, digits, _ and -. Better in the environment:
# SHOWCALLER_TELEGRAM__SECRET_TOKEN.
secret_token = ""
# Whether Telegram's limits on how fast a bot may write are kept; false only where an API server of your own has none.
paced = true
"""
