"""Settings: showcaller.toml and SHOWCALLER_* environment variables, read once, every problem reported at once."""

from __future__ import annotations

import ipaddress
import os
import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from bot.chat_settings import TEMPLATE as _CHATS_TEMPLATE
from bot.chat_settings import DiscordSettings, Table, TelegramSettings
from bot.core.errors import NotFoundError, StartError
from bot.core.zones import zone as zone_of

DEFAULT_FILE = Path("showcaller.toml")
PREFIX = "SHOWCALLER_"
_EXAMPLE = "SHOWCALLER_TEAM__ZONE=Asia/Shanghai"
_NOT_OURS = frozenset(("SHOWCALLER_SECRET",))
"""What examples/send.py reads; often set in the same shell."""

Port = Annotated[int, Field(ge=0, le=65535)]
Days = Annotated[int, Field(ge=1, le=400)]
"""Browsers keep a cookie for 400 days at most."""


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _needs_sign_in(value: object, info: ValidationInfo) -> None:
    """Whoever reaches a chat without a sign-in can be anybody in it, so nothing may lead there from outside."""
    if value and info.data.get("sign_in") is False:
        raise ValueError("only with a sign-in: add `sign_in = true` to [web]")


_NAME = re.compile(r"(?!-)[A-Za-z0-9.:-]{1,253}")
"""A host name, or an address under which somebody else's router hands on to this machine."""


def _split(url: str) -> SplitResult | None:
    """The parts of an http(s) URL with a host; None where it is none."""
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return parts if is_url else None


def _origin_of(url: str, *, like: str) -> str:
    """Scheme and host with which links begin; "" where none is set.

    Raises:
        ValueError: it is more than that, or less.
    """
    parts = _split(url)
    if url and (parts is None or parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc):
        raise ValueError(f"{url[:80]!r} is not how a link begins: give scheme and host, like {like}")
    return "" if parts is None else f"{parts.scheme}://{parts.netloc.lower()}"


def _home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError(f"{path}: there is no such home folder; give the whole path") from None


class TeamSettings(Table):
    """Who the team is: the language and zone it works in."""

    name: str = "My team"
    language: Literal["en", "zh-CN"] = "en"
    zone: str = "Asia/Shanghai"

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            return zone_of(zone).key
        except NotFoundError as error:
            raise ValueError(f"{zone[:60]!r} is no IANA time zone; try {error.try_instead}") from None


class WebSettings(Table):
    """The web chat. `sign_in` stands first: what may be set beyond it depends on it."""

    sign_in: bool = False
    listen: str = "127.0.0.1"
    port: Port = 8765
    public_url: str = ""
    names: list[str] = Field(default_factory=list)
    trusted_proxies: list[str] = Field(default_factory=list)
    idle_end: Days = 14
    absolute_end: Days = 90

    @field_validator("listen")
    @classmethod
    def _reachable(cls, listen: str, info: ValidationInfo) -> str:
        if is_loopback(listen):
            return listen
        if info.data.get("sign_in") is False:
            raise ValueError(
                "without a sign-in the web chat listens on loopback only: give 127.0.0.1, or add `sign_in = true` to "
                "[web] and invite people with /invite"
            )
        try:
            ipaddress.ip_address(listen)
        except ValueError:
            raise ValueError(f"{listen[:60]!r} is no address; give one of this machine, or 0.0.0.0 for all") from None
        return listen

    @field_validator("public_url")
    @classmethod
    def _origin(cls, url: str, info: ValidationInfo) -> str:
        _needs_sign_in(url, info)
        return _origin_of(url, like="https://chat.example.com")

    @field_validator("names")
    @classmethod
    def _host_names(cls, names: list[str], info: ValidationInfo) -> list[str]:
        _needs_sign_in(names, info)
        for name in names:
            if not _NAME.fullmatch(name):
                raise ValueError(
                    f"{name[:60]!r} is no host name: give names without scheme or port, like chat.example.com"
                )
        return [name.lower() for name in names]

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, proxies: list[str], info: ValidationInfo) -> list[str]:
        _needs_sign_in(proxies, info)
        try:
            return [str(ipaddress.ip_address(proxy)) for proxy in proxies]
        except ValueError:
            raise ValueError("give addresses of proxies, like 127.0.0.1") from None


class IngestSettings(Table):
    """The endpoint for signals, and health."""

    listen: str = "127.0.0.1"
    port: Port = 8766
    public_url: str = ""

    @field_validator("public_url")
    @classmethod
    def _origin(cls, url: str) -> str:
        return _origin_of(url, like="https://calendar.example.com")


class WatchSettings(Table):
    """Who outside is told that the bot lives."""

    ping_url: SecretStr = SecretStr("")
    ping_every_s: Annotated[int, Field(ge=10, le=3600)] = 60

    @field_validator("ping_url")
    @classmethod
    def _fetchable(cls, url: SecretStr) -> SecretStr:
        """Never repeats what was given: it is a secret."""
        text = url.get_secret_value()
        try:
            parts = urlsplit(text)
            fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            fits = False
        if text and (not fits or any(character <= " " for character in text)):
            raise ValueError("is no address to fetch; give one like https://hc-ping.com/..., or leave it empty")
        return url


class ClockSettings(Table):
    """For rehearsals and crash tests only: an invented time. Absent: the real clock."""

    start: datetime
    speed: float = Field(1.0, ge=0, le=100_000)

    @field_validator("start")
    @classmethod
    def _aware(cls, start: datetime) -> datetime:
        if start.tzinfo is None:
            raise ValueError("needs an offset, like 2027-03-12T19:00:00-05:00")
        return start


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, toml_file=DEFAULT_FILE
    )

    database: Annotated[Path, AfterValidator(_home)] = Path("showcaller.db")
    log: Literal["debug", "info", "warning", "error"] = "info"
    team: TeamSettings = TeamSettings()
    web: WebSettings = WebSettings()
    ingest: IngestSettings = IngestSettings()
    watch: WatchSettings = WatchSettings()
    discord: DiscordSettings = DiscordSettings()
    telegram: TelegramSettings = TelegramSettings()
    clock: ClockSettings | None = None

    @model_validator(mode="after")
    def _two_ports(self) -> Settings:
        if self.web.port == self.ingest.port != 0:
            raise ValueError(
                f"`web.port` and `ingest.port` are both {self.web.port}: give them two ports, like 8765 and 8766"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load(file: Path | None) -> Settings:
    """Reads the settings; `file` None: showcaller.toml where there is one.

    Raises:
        StartError: the file is missing or unreadable, or values are wrong (all of them named).
    """
    source = file or DEFAULT_FILE
    named = source if source.exists() else "the settings"
    if file is not None and not file.is_file():
        raise StartError(f"there is no settings file {file}; `python run.py init` writes one")

    class _FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=source)

    problems = _unknown_variables()
    try:
        settings = _FromFile()
    except ValidationError as error:
        problems += [_problem(item["loc"], item["msg"], str(named)) for item in error.errors()]
    except SettingsError as error:
        raise StartError(f"a variable in the environment: {error}; set one value of a table, like {_EXAMPLE}") from None
    except UnicodeDecodeError:
        raise StartError(f"{source}: it is not UTF-8 text; save it as UTF-8") from None
    except (ValueError, OSError) as error:
        raise StartError(f"{source}: {error}") from None
    if problems:
        raise StartError("; ".join(problems))
    return settings


def _unknown_variables() -> list[str]:
    """A misspelt table (SHOWCALLER_TEEM__ZONE) would otherwise be passed over in silence."""
    known = ", ".join(f"{PREFIX}{name.upper()}" for name in Settings.model_fields)
    return [
        f"the environment variable {name} sets nothing; known are {known} (tables with __NAME)"
        for name in sorted(os.environ)
        if name.startswith(PREFIX)
        and name not in _NOT_OURS
        and name.removeprefix(PREFIX).partition("__")[0].lower() not in Settings.model_fields
    ]


def _problem(place: tuple[int | str, ...], text: str, source: str) -> str:
    parts = [str(part) for part in place]
    variable = PREFIX + "__".join(parts).upper()
    text = text.removeprefix("Value error, ")
    if "Extra inputs" in text:
        text = "no such setting; `python run.py init` shows all of them"
    if not parts:
        return f"{source}: {text}"
    where = f"{variable} in the environment" if variable in os.environ else source
    return f"{where}: `{'.'.join(parts)}`: {text}"


TEMPLATE = (
    """\
# Showcaller's settings. Every line shows its default; environment variables SHOWCALLER_... win over this file
# (SHOWCALLER_TEAM__ZONE=Asia/Shanghai).

# Where everything is kept. Back up this file (and its -wal) and nothing is lost.
database = "showcaller.db"
# How much is logged to standard error: debug, info, warning, error.
log = "info"

[team]
# What the team is called.
name = "My team"
# The language of messages in the team's channels: en or zh-CN. Each person may choose another with /me language=...
language = "en"
# The time zone the team works in (IANA name).
zone = "Asia/Shanghai"

[web]
# Whether people sign in, each with a link of their own (/invite). Without, whoever opens the page may be anybody in it.
sign_in = false
# Where the web chat listens: http://127.0.0.1:8765/. With sign_in also beyond this machine: 0.0.0.0 for every address.
listen = "127.0.0.1"
port = 8765
# What links to the chat begin with, like https://chat.example.com. Empty: worked out from listen and port.
public_url = ""
# Further host names the page may be reached by, without port. Addresses of this machine need not be named.
names = []
# Addresses of reverse proxies of your own, whose X-Forwarded-For is believed when wrong codes are counted.
trusted_proxies = []
# Days without use after which a browser must be invited again. 14: whoever hosts every second week stays signed in.
idle_end = 14
# Days after which it must be in any case. 90: a phone that was lost is out within a season, nobody is asked more often.
absolute_end = 90

[ingest]
# Where live rooms send their signals: POST http://127.0.0.1:8766/v1/signals/ROOM (and /healthz, /metrics).
listen = "127.0.0.1"
port = 8766
# What addresses of calendars begin with, like https://calendar.example.com: Google and Outlook read them from outside.
# Empty: worked out from listen and port.
public_url = ""

[watch]
# While the bot is well it fetches this address (http or https), so that somebody outside rings when that stops, like
# https://hc-ping.com/... Keep it to yourself: whoever knows it can say that the bot lives. Empty: nobody is told.
ping_url = ""
# How often, in seconds: 10 to 3600.
ping_every_s = 60

"""
    + _CHATS_TEMPLATE
)
