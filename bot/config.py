"""Settings: showcaller.toml and SHOWCALLER_* environment variables, read once, every problem reported at once."""

from __future__ import annotations

import ipaddress
import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
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

from bot.core.errors import NotFoundError, StartError
from bot.core.zones import zone as zone_of

DEFAULT_FILE = Path("showcaller.toml")
PREFIX = "SHOWCALLER_"
_EXAMPLE = "SHOWCALLER_TEAM__ZONE=Asia/Shanghai"
_NOT_OURS = frozenset(("SHOWCALLER_SECRET",))
"""What examples/send.py reads; often set in the same shell."""

Port = Annotated[int, Field(ge=0, le=65535)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _loopback(value: object) -> object:
    text = str(value)
    try:
        is_loopback = text == "localhost" or ipaddress.ip_address(text).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ValueError("the web chat has no sign-in yet, so it listens on loopback only: 127.0.0.1")
    return value


def _home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError(f"{path}: there is no such home folder; give the whole path") from None


class TeamSettings(_Table):
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


class WebSettings(_Table):
    """The local web chat."""

    listen: Annotated[str, BeforeValidator(_loopback)] = "127.0.0.1"
    port: Port = 8765


class IngestSettings(_Table):
    """The endpoint for signals, and health."""

    listen: str = "127.0.0.1"
    port: Port = 8766


class WatchSettings(_Table):
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


class ClockSettings(_Table):
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


TEMPLATE = """\
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
# The local web chat: http://127.0.0.1:8765/
listen = "127.0.0.1"
port = 8765

[ingest]
# Where live rooms send their signals: POST http://127.0.0.1:8766/v1/signals/ROOM (and /healthz, /metrics).
listen = "127.0.0.1"
port = 8766

[watch]
# While the bot is well it fetches this address (http or https), so that somebody outside rings when that stops, like
# https://hc-ping.com/... Keep it to yourself: whoever knows it can say that the bot lives. Empty: nobody is told.
ping_url = ""
# How often, in seconds: 10 to 3600.
ping_every_s = 60
"""
