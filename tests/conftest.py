"""Fixtures shared by all tests."""

from __future__ import annotations

import os

import pytest
import structlog
from hypothesis import settings

from tests.front_door import running
from tests.secrets_seen import to_file, watching
from tests.servers import checked
from tests.servers.simcord_checked import watching_simcord
from tests.spread import WholeFiles, place_in_line, spread_whole_run
from tests.swift import memory

# A slow machine is no failure (timed promises are benchmarks). In CI the examples are the same each time, so that a red
# run is about the change; everywhere else they are new ones.
settings.register_profile("showcaller", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("showcaller")


if (folder := memory()) is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))  # of every `tmp_path`


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    spread_whole_run(config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return WholeFiles(config, log)


def pytest_collection_modifyitems(items):
    """The search for secrets that were left somewhere comes after everything that may leave one."""
    items.sort(key=place_in_line)


def pytest_sessionfinish(session, exitstatus):
    """A request the platform would not take is a failure, whichever test of whichever worker sent it."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["checked"] = checked.totals()
    if exitstatus == pytest.ExitCode.OK and any(checked.VIOLATIONS.values()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    """A worker that died has no totals; the run has failed then."""
    checked.add(getattr(node, "workeroutput", {}).get("checked", {}))


def pytest_terminal_summary(terminalreporter):
    for line in checked.lines():
        terminalreporter.write_line(line, red=any(checked.VIOLATIONS.values()))


@pytest.fixture(autouse=True, scope="session")
def _simcord_checked():
    with watching_simcord():
        yield


@pytest.fixture(autouse=True, scope="session")
def _secrets_watched(tmp_path_factory):
    with watching(tmp_path_factory.mktemp("watched")):
        yield


@pytest.fixture(autouse=True, scope="session")
def _plain_logs(tmp_path_factory):
    """As the program logs: plain tracebacks. The library's own choice draws every local variable, for seconds."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            to_file(tmp_path_factory.mktemp("logged") / "log.txt"),
            structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
        ]
    )


@pytest.fixture
async def bot(tmp_path):
    """A running bot with nobody but its people in it."""
    async with running(tmp_path) as running_bot:
        yield running_bot


@pytest.fixture
async def discord_server():
    """A Discord in this loop with discord.py aimed at it, and nobody in it yet."""
    from tests.servers.discord_aim import served  # its libraries take half a second, which few tests need

    async with served() as server:
        yield server
