"""Settings: what is read from where, and every problem said at once, by its name."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bot.config import TEMPLATE, Settings, load
from bot.core.errors import StartError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """An empty folder, and an environment without settings."""
    import os

    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("SHOWCALLER_"):
            monkeypatch.delenv(name)


def write(text, name="showcaller.toml"):
    Path(name).write_text(text, "utf-8")
    return Path(name)


def refused(file=None):
    with pytest.raises(StartError) as caught:
        load(file)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_without_a_file_the_defaults_hold():
    settings = load(None)
    assert settings.database == Path("showcaller.db")
    assert (settings.web.listen, settings.web.port, settings.ingest.port) == ("127.0.0.1", 8765, 8766)
    assert settings.clock is None


def test_the_template_says_the_defaults():
    write(TEMPLATE)
    assert load(None).model_dump() == Settings().model_dump()
    shown = tomllib.loads(TEMPLATE)
    assert set(shown) == set(Settings.model_fields) - {"clock"}
    for table in ("team", "web", "ingest"):
        assert set(shown[table]) == set(type(getattr(Settings(), table)).model_fields)


def test_the_environment_wins_over_the_file(monkeypatch):
    write('log = "error"\n[team]\nzone = "Europe/London"\nlanguage = "zh-CN"\n')
    monkeypatch.setenv("SHOWCALLER_TEAM__ZONE", "Asia/Tokyo")
    monkeypatch.setenv("SHOWCALLER_SECRET", "whsec_x")  # what examples/send.py reads
    settings = load(None)
    assert (settings.team.zone, settings.team.language, settings.log) == ("Asia/Tokyo", "zh-CN", "error")


def test_another_file_takes_the_place_of_the_usual_one():
    write('log = "error"')
    assert load(write('log = "debug"', "other.toml")).log == "debug"


def test_everything_wrong_is_said_at_once(monkeypatch):
    write(
        'log = "loud"\nbogus = 1\n[team]\nlanguage = "de"\nzone = "Mars/Base"\n[web]\nlisten = "0.0.0.0"\nport = "x"\n'
        "[clock]\nstart = 2027-03-12T20:00:00\nspeed = -1\n"
    )
    monkeypatch.setenv("SHOWCALLER_INGEST__PORT", "99999")
    monkeypatch.setenv("SHOWCALLER_TEEM__ZONE", "Asia/Tokyo")
    text = refused()
    for name in (
        "log",
        "bogus",
        "team.language",
        "team.zone",
        "web.listen",
        "web.port",
        "ingest.port",
        "clock.start",
        "clock.speed",
    ):
        assert f"`{name}`" in text, name
    assert "SHOWCALLER_INGEST__PORT in the environment: `ingest.port`" in text
    assert "SHOWCALLER_TEEM__ZONE sets nothing" in text
    assert "needs an offset" in text
    assert "no such setting; `python run.py init` shows all of them" in text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("log =", "showcaller.toml: Invalid value"),
        ('[team]\nzone = "PST"', "'PST' is no IANA time zone; try America/Los_Angeles"),
        ("[web]\nport = 8766", "`web.port` and `ingest.port` are both 8766"),
        ('[web]\nlisten = "example.com"', "loopback only"),
        ("web = 5", "`web`"),
        ('database = "~nobody-here-x/s.db"', "no such home folder"),
        ("[team]\nnmae = 'x'", "`team.nmae`: no such setting"),
    ],
)
def test_one_problem_is_one_line(text, why):
    write(text)
    assert why in refused()


def test_a_file_that_is_no_text():
    Path("showcaller.toml").write_bytes(b"\xff\xfe\x00")
    assert refused() == "showcaller.toml: it is not UTF-8 text; save it as UTF-8"


@pytest.mark.parametrize("name", ["nowhere.toml", "."])
def test_a_missing_file_is_named(name):
    assert refused(Path(name)) == f"there is no settings file {name}; `python run.py init` writes one"


def test_a_table_given_whole_in_the_environment_says_how(monkeypatch):
    monkeypatch.setenv("SHOWCALLER_TEAM", "tokyo")
    text = refused()
    assert "a variable in the environment" in text
    assert "SHOWCALLER_TEAM__ZONE=Asia/Shanghai" in text


def test_a_zone_is_kept_as_iana_writes_it():
    write('[team]\nzone = "asia/shanghai"')
    assert load(None).team.zone == "Asia/Shanghai"


def test_an_address_of_a_chat_is_asked_as_it_is_written():
    """A gateway's path ends as it does: without its slash it is another one."""
    found = load(write('[discord]\ngateway_url = "ws://127.0.0.1:8/gw/"\n[telegram]\npaced = false'))
    assert found.discord.as_options()["gateway_url"] == "ws://127.0.0.1:8/gw/"
    assert found.telegram.as_options()["paced"] is False


def test_two_free_ports_may_be_asked_for():
    write("[web]\nport = 0\n[ingest]\nport = 0")
    assert (load(None).web.port, load(None).ingest.port) == (0, 0)
