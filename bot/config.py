"""Settings: showcaller.toml and SHOWCALLER_* environment variables, read once, every problem reported at once."""

from __future__ import annotations

import ipaddress
import zoneinfo
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from bot.core.errors import StartError

DEFAULT_FILE = Path("showcaller.toml")

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


class TeamSettings(_Table):
    """Who the team is: the language and zone it works in."""

    name: str = "My team"
    language: Literal["en", "zh-CN"] = "en"
    zone: str = "Asia/Shanghai"

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        if zone not in zoneinfo.available_timezones():
            raise ValueError(f"{zone!r} is no IANA time zone, for example Asia/Shanghai or America/New_York")
        return zone


class WebSettings(_Table):
    """The local web chat."""

    listen: Annotated[str, BeforeValidator(_loopback)] = "127.0.0.1"
    port: Port = 8765


class IngestSettings(_Table):
    """The endpoint for signals, and health."""

    listen: str = "127.0.0.1"
    port: Port = 8766


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
        env_prefix="SHOWCALLER_", env_nested_delimiter="__", extra="forbid", frozen=True, toml_file=DEFAULT_FILE
    )

    database: Path = Path("showcaller.db")
    log: Literal["debug", "info", "warning", "error"] = "info"
    team: TeamSettings = TeamSettings()
    web: WebSettings = WebSettings()
    ingest: IngestSettings = IngestSettings()
    clock: ClockSettings | None = None

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
    if file is not None and not file.is_file():
        raise StartError(f"there is no settings file {file}; `python run.py init` writes one")

    class _FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=file or DEFAULT_FILE)

    try:
        return _FromFile()
    except ValidationError as error:
        lines = [_problem(item["loc"], item["msg"]) for item in error.errors()]
        raise StartError(f"{file or DEFAULT_FILE}: " + "; ".join(lines)) from None
    except (ValueError, OSError) as error:
        raise StartError(f"{file or DEFAULT_FILE}: {error}") from None


def _problem(place: tuple[int | str, ...], text: str) -> str:
    name = ".".join(str(part) for part in place)
    text = text.removeprefix("Value error, ")
    known = "no such setting; `python run.py init` shows all of them" if "Extra inputs" in text else text
    return f"`{name}`: {known}"


TEMPLATE = """\
# Showcaller's settings. Every line shows its default; environment variables SHOWCALLER_... win over this file
# (SHOWCALLER_TEAM__ZONE=Asia/Shanghai).

# Where everything is kept. Back up this file (and its -wal) and nothing is lost.
database = "showcaller.db"
# How much is logged to standard error: debug, info, warning, error.
log = "info"

[team]
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
# Where live rooms send their signals: POST http://127.0.0.1:8766/v1/signals/ROOM (and /healthz).
listen = "127.0.0.1"
port = 8766
"""
