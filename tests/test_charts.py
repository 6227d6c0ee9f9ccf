"""The chart: what it is told, that it draws every script, always the same, and that its worker can be relied on."""

from __future__ import annotations

import os
import pickle
import select
import signal
import struct
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import charts
from bot.charts import ChartError, Charts, missing_fonts, render
from bot.core.chart_spec import Panel, chart_spec
from bot.core.model import Market
from bot.core.story import Release, Timeline
from prompts.catalogue import Catalogues
from tests.stories import LENGTH_S, START, bare_story, cold_alert, full_story, timeline

if TYPE_CHECKING:
    from bot.core.chart_spec import ChartSpec
    from bot.core.reply import Line
    from bot.core.story import Story

READER = Catalogues.load()


def say(line: Line) -> str:
    return READER.say(line, language="en")


def say_chinese(line: Line) -> str:
    return READER.say(line, language="zh-CN")


def size(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def small(series: Timeline) -> Story:
    length_s = len(series.concurrent) * series.step_s
    return full_story(
        ended_at=START + timedelta(seconds=length_s), timeline=series, segments=(), alerts=(), releases=()
    )


# The spec


def test_the_axis_has_round_wall_times_of_the_market() -> None:
    spec = chart_spec(full_story(started_at=START + timedelta(minutes=7)), say)
    assert spec.ticks[0] == (23 * 60, "20:30")
    assert [label for _, label in spec.ticks] == ["20:30", "21:00", "21:30", "22:00", "22:30"]


def test_a_clock_change_on_air_is_on_the_axis() -> None:
    night = datetime(2027, 3, 14, 6, 0, tzinfo=UTC)
    spec = chart_spec(full_story(started_at=night, ended_at=night + timedelta(hours=3)), say)
    labels = [label for _, label in spec.ticks]
    assert labels[:4] == ["01:00", "01:30", "03:00", "03:30"]


def test_bins_with_a_hole_are_rates_over_what_was_measured() -> None:
    gap: tuple[int | None, ...] = (10, None, None, 10, 10, None)
    spec = chart_spec(small(Timeline(10, (5.0,) * 6, gap, gap)), say)
    assert spec.interactions.values == (60.0,)
    assert spec.orders.values == (30,)


def test_what_was_not_measured_is_a_gap_and_not_nought() -> None:
    quiet: tuple[None, ...] = (None,) * 6
    spec = chart_spec(small(Timeline(10, quiet + (7.0,) * 6, quiet + (0,) * 6, quiet + (0,) * 6)), say)
    assert spec.viewers.values == (None, 7.0)
    assert spec.interactions.values == (None, 0.0)
    assert spec.orders.values == (None, 0)


def test_alerts_prompts_and_releases_are_marked() -> None:
    never = cold_alert(opened_s=8_000, resolved_s=None, prompts=())
    silent = cold_alert(kind="no_data", opened_s=6_000, resolved_s=6_100, prompts=())
    spec = chart_spec(full_story(alerts=(cold_alert(), silent, never)), say)
    assert [(band.starts_s, band.ends_s, band.style) for band in spec.alerts] == [
        (4_210, 4_560, 0),
        (6_000, 6_100, 1),
        (8_000, LENGTH_S, 0),
    ]
    assert spec.prompts.at_s == (4_255,)
    assert spec.releases.at_s == (2_100, 5_400, 6_900)


def test_only_what_happened_on_air_is_marked() -> None:
    spec = chart_spec(full_story(releases=(Release(-5, "A"), Release(LENGTH_S + 1, "B"), Release(3, "C"))), say)
    assert spec.releases.at_s == (3,)


def test_the_spec_can_be_sent_to_another_process() -> None:
    spec = chart_spec(full_story(), say)
    assert pickle.loads(pickle.dumps(spec)) == spec


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 200_000),
    st.sampled_from([1, 7, 10, 60]),
    st.lists(st.none() | st.integers(0, 500), max_size=60),
)
def test_bins_lose_no_order_and_stay_drawable(length_s: int, step_s: int, counts: list[int | None]) -> None:
    series = Timeline(step_s, tuple(counts), tuple(counts), tuple(counts))
    spec = chart_spec(bare_story(ended_at=START + timedelta(seconds=length_s), timeline=series), say)
    assert sum(value or 0 for value in spec.orders.values) == sum(value or 0 for value in counts)
    assert len(spec.ticks) <= 10
    for panel in (spec.viewers, spec.interactions, spec.orders):
        assert panel.step_s % step_s == 0


# The picture


@pytest.fixture(scope="module")
def everything() -> ChartSpec:
    return chart_spec(full_story(), say)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "title",
    [
        "厨房星期五 · 美国主号",
        "ครัววันศุกร์ ที่บ้านคุณ",
        "キッチンの金曜日 주방 금요일",
        "Nhà bếp thứ Sáu · Küche",
        "$5 and $9 _under_ 100%",
    ],
)
def test_every_script_draws_without_a_missing_glyph(title: str) -> None:
    story = full_story(title=title, alerts=(cold_alert(), cold_alert(kind="no_data", prompts=())))
    thai = replace(story, room=replace(story.room, market=Market("Asia/Bangkok", "th", "THB")))
    assert size(render(chart_spec(thai, say_chinese))) == (1200, 675)


@pytest.mark.filterwarnings("error")
def test_characters_no_font_has_are_left_out(everything: ChartSpec) -> None:
    plain = replace(everything, title="Kitchen Friday")
    assert render(replace(plain, title="Kitchen \N{LIPSTICK} Friday\n\N{DESERET CAPITAL LETTER LONG I}")) == render(
        plain
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "story",
    [
        bare_story(),
        bare_story(ended_at=START),
        small(Timeline(10, (), (), ())),
        small(Timeline(10, (5.0, None, 7.0), (0, 0, 0), (0, 0, 0))),
        full_story(title="", segments=(), alerts=(), releases=()),
        full_story(title="A title that goes on and on " * 20),
        full_story(ended_at=START + timedelta(days=3), timeline=timeline(600)),
    ],
    ids=["nothing known", "no length", "no ticks", "noughts", "no marks", "long title", "three days"],
)
def test_thin_and_odd_sessions_draw(story: Story) -> None:
    assert size(render(chart_spec(story, say))) == (1200, 675)


def test_the_same_spec_makes_the_same_bytes_and_another_other(everything: ChartSpec) -> None:
    once = render(everything)
    assert render(everything) == once
    assert render(replace(everything, title="Another")) != once
    assert b"Software" not in once
    assert b"tIME" not in once


def test_a_large_audience_fits_its_axis(everything: ChartSpec) -> None:
    crowd = Panel("Viewers", "", "", 60, tuple(float(place * 900) for place in range(150)))
    assert size(render(replace(everything, viewers=crowd))) == (1200, 675)


def test_all_fonts_are_installed() -> None:
    assert missing_fonts() == ()


# The worker


async def test_the_worker_draws_the_same_bytes_and_loads_nothing_here(everything: ChartSpec) -> None:
    drawer = Charts(say)
    try:
        assert await drawer.draw_story(full_story()) == render(everything)
    finally:
        await drawer.close()


def test_the_bot_itself_never_loads_matplotlib() -> None:
    code = "import sys, bot.charts; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_a_killed_worker_is_replaced(everything: ChartSpec) -> None:
    drawer = Charts(say)
    try:
        once = await drawer.draw(everything)
        (worker,) = drawer._pool._processes
        os.kill(worker, signal.SIGKILL)
        assert await drawer.draw(everything) == once
    finally:
        await drawer.close()


async def test_too_slow_is_an_error_and_the_next_chart_is_drawn(everything: ChartSpec) -> None:
    drawer = Charts(say, timeout_s=0.001)
    try:
        with pytest.raises(ChartError, match=r"within 0\.001 s"):
            await drawer.draw(everything)
        assert await drawer.draw_story(full_story()) is None
        drawer._timeout_s = 60
        assert size(await drawer.draw(everything)) == (1200, 675)
    finally:
        await drawer.close()


async def test_what_cannot_be_drawn_is_an_error(everything: ChartSpec) -> None:
    drawer = Charts(say)
    try:
        with pytest.raises(ChartError, match="could not be drawn"):
            await drawer.draw(replace(everything, length_s="long"))
        assert size(await drawer.draw(everything)) == (1200, 675)
    finally:
        await drawer.close()


CHATTY = """
import asyncio, os, signal, sys
from bot.charts import Charts
from bot.core.chart_spec import chart_spec
from tests.stories import full_story

async def main():
    charts = Charts(str)
    await charts.draw(chart_spec(full_story(), str))
    (worker,) = charts._pool._processes
    print(worker, flush=True)
    os.kill(os.getpid(), signal.SIGKILL) if "die" in sys.argv else await charts.close()

if __name__ == "__main__":
    asyncio.run(main())
"""


def chatty(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A program of its own that draws one chart; spawn starts its script again in the worker."""
    script, scratch = tmp_path / "chatty.py", tmp_path / "scratch"
    script.write_text(CHATTY, encoding="utf-8")
    scratch.mkdir()
    root = Path(charts.__file__).parents[1]
    env = {**os.environ, "PYTHONPATH": str(root), "HOME": str(tmp_path), "TMPDIR": str(scratch)}
    env.pop("MPLCONFIGDIR", None)
    stderr = subprocess.DEVNULL if words else subprocess.PIPE
    command = [sys.executable, str(script), *words]
    return subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=stderr, text=True, check=False, timeout=60)


def test_the_worker_is_silent_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = chatty(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1
    assert list((tmp_path / "scratch").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chatty.py", "scratch"]


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux's process descriptors")
def test_the_worker_does_not_outlive_a_killed_bot(tmp_path: Path) -> None:
    done = chatty(tmp_path, "die")
    assert done.returncode == -signal.SIGKILL
    try:
        worker = os.pidfd_open(int(done.stdout))
    except ProcessLookupError:
        return
    ended, _, _ = select.select([worker], [], [], 30)
    os.close(worker)
    assert ended
