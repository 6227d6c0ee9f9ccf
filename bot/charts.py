"""The session chart as a PNG: drawn by matplotlib in a worker process that starts with the first chart.

The worker keeps the bot's memory and event loop free of matplotlib. The same spec gives the same bytes.
"""

from __future__ import annotations

import asyncio
import bisect
import contextlib
import importlib.resources
import io
import logging
import multiprocessing
import os
import signal
import tempfile
import threading
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from bot.core.chart_spec import Band, ChartSpec, Panel, chart_spec
from bot.core.errors import ShowcallerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    from bot.core.reply import Line
    from bot.core.story import Story

log = structlog.get_logger(__name__)

_FAMILIES = ("DejaVu Sans", "Noto Sans SC", "Noto Sans JP", "Noto Sans KR", "Noto Sans Thai")
_FONTS = (
    ("pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"),
    ("pylopdf_fonts_jp", "NotoSansJP-Regular.otf"),
    ("pylopdf_fonts_ko", "NotoSansKR-Regular.otf"),
    ("pylopdf_fonts_th", "NotoSansThai-Variable.ttf"),
)
_WIDTH_PX, _HEIGHT_PX, _DPI = 1200, 675, 100
# Okabe and Ito's palette: told apart by every kind of colour vision; marks differ in shape, alerts in hatching as well.
_BLUE, _GREEN, _ORANGE, _PURPLE = "#0072B2", "#007A5A", "#D55E00", "#7B2D6B"
_INK, _GREY, _RULE = "#1B1F24", "#57606A", "#D8DEE4"
_SHADES = (("#F0B429", ""), ("#8C959F", "//"), ("#56B4E9", "\\\\"), ("#CC79A7", "xx"))
_LONG = 10_000
_SEGMENTS = ("#EEF2F6", "#DCE4EC")


class ChartError(ShowcallerError):
    """No chart could be drawn; whatever was to carry it goes out without."""


class Charts:
    """Draws one chart at a time in a process of its own. `say` puts the labels into the team's language."""

    def __init__(self, say: Callable[[Line], str], *, timeout_s: float = 30) -> None:
        self._say = say
        self._timeout_s = timeout_s
        self._pool: ProcessPoolExecutor | None = None
        self._one_at_a_time = asyncio.Lock()

    async def draw_story(self, story: Story) -> bytes | None:
        """The chart of a session; None when drawing failed, which is logged."""
        try:
            return await self.draw(chart_spec(story, self._say))
        except ChartError as error:
            log.warning("chart_failed", room=story.room.slug, show=story.show, why=str(error))
            return None

    async def draw(self, spec: ChartSpec) -> bytes:
        """The PNG, 1200 x 675.

        Raises:
            ChartError: the worker took longer than the timeout, died twice, or could not draw this spec.
        """
        async with self._one_at_a_time:
            try:
                return await self._attempt(spec)
            except BrokenExecutor:
                # A worker that was killed (memory, an impatient person) says nothing about the chart: once more.
                await self._stop()
            try:
                return await self._attempt(spec)
            except BrokenExecutor as error:
                await self._stop()
                raise ChartError("the drawing process died twice; is there memory left?") from error

    async def close(self) -> None:
        """Ends the worker. A later `draw` starts another."""
        async with self._one_at_a_time:
            await self._stop()

    async def _attempt(self, spec: ChartSpec) -> bytes:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_settle)
        drawing = asyncio.get_running_loop().run_in_executor(self._pool, render, spec)
        try:
            return await asyncio.wait_for(drawing, self._timeout_s)
        except TimeoutError:
            await self._stop()
            raise ChartError(f"the chart was not drawn within {self._timeout_s:g} s") from None
        except (BrokenExecutor, asyncio.CancelledError):
            raise
        except Exception as error:
            raise ChartError(f"the chart could not be drawn: {error}") from error

    async def _stop(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        # There is no public way to end a worker that is busy before Python 3.14.
        for worker in list((pool._processes or {}).values()):  # noqa: SLF001
            worker.kill()
        await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)


def missing_fonts() -> tuple[str, ...]:
    """Font files that should have been installed with the bot and are not there; without them a script shows boxes."""
    return tuple(name for package, name in _FONTS if _font(package, name) is None)


def _font(package: str, name: str) -> Path | None:
    try:
        path = Path(str(importlib.resources.files(package) / name))
    except ModuleNotFoundError:
        return None
    return path if path.is_file() else None


def _settle() -> None:
    """Makes the worker quiet, and mortal: it must not outlive a bot that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the bot itself ends its worker
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    bot = multiprocessing.parent_process()
    if bot is not None:
        threading.Thread(target=_follow, args=(bot.sentinel,), daemon=True).start()


def _follow(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def render(spec: ChartSpec) -> bytes:
    """Draws in this process; loads matplotlib if it is not loaded yet."""
    canvas = _canvas_class()
    from matplotlib import rc_context  # noqa: PLC0415  # half a second and 60 MB, only where charts are drawn
    from matplotlib.figure import Figure  # noqa: PLC0415

    style: dict[Any, Any] = {
        "font.family": list(_FAMILIES),
        "text.parse_math": False,  # a title with two dollar signs is no formula
        "axes.unicode_minus": False,
        "hatch.linewidth": 1.2,
        "path.simplify": True,
    }
    with rc_context(style):
        figure = Figure(figsize=(_WIDTH_PX / _DPI, _HEIGHT_PX / _DPI), dpi=_DPI, facecolor="white")
        canvas(figure)
        _draw(figure, spec)
        target = io.BytesIO()
        # Software names the matplotlib version; bytes must not change with it needlessly.
        figure.savefig(target, format="png", dpi=_DPI, metadata={"Software": None})
    return target.getvalue()


def _canvas_class() -> Any:
    """The Agg canvas, with matplotlib's settings and fonts made independent of this machine's."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    with contextlib.ExitStack() as stack:
        if "MPLCONFIGDIR" not in os.environ:
            # The font list is read once; nothing of it shall stay in anybody's home.
            os.environ["MPLCONFIGDIR"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="showcaller-"))
            stack.callback(os.environ.pop, "MPLCONFIGDIR")
        import matplotlib as mpl  # noqa: PLC0415
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
        from matplotlib.font_manager import fontManager  # noqa: PLC0415

        mpl.rcdefaults()
        bundled = Path(mpl.get_data_path()) / "fonts" / "ttf"
        # Fonts of the system could win over ours and change the picture from machine to machine.
        fontManager.ttflist = [entry for entry in fontManager.ttflist if Path(entry.fname).parent == bundled]
        for package, name in _FONTS:
            if (found := _font(package, name)) is not None:
                fontManager.addfont(found)
    return FigureCanvasAgg


def _draw(figure: Figure, spec: ChartSpec) -> None:
    left, right = 0.066, 0.982
    _heading(figure, spec, left, right)
    tall = ((0.846, 0.042), (0.558, 0.222), (0.337, 0.143), (0.136, 0.123))
    strip, *rest = (figure.add_axes((left, bottom, right - left, height)) for bottom, height in tall)
    panels = ((spec.viewers, _BLUE), (spec.interactions, _GREEN), (spec.orders, _ORANGE))
    for axes, (panel, colour) in zip(rest, panels, strict=True):
        _frame(axes, spec, panel, colour)
        _shade(axes, spec.alerts, spec.length_s)
    _area(rest[0], spec.viewers, _BLUE, spec.length_s)
    _area(rest[1], spec.interactions, _GREEN, spec.length_s)
    _bars(rest[2], spec.orders, _ORANGE, spec.length_s)
    _strip(strip, spec)
    _marks(rest, spec)
    _clock(rest[-1], spec)
    _legend(figure, spec, left)


def _heading(figure: Figure, spec: ChartSpec, left: float, right: float) -> None:
    title = figure.text(left, 0.94, _drawable(spec.title), fontsize=25, color=_INK, va="center")
    subtitle = figure.text(right, 0.94, _drawable(spec.subtitle), fontsize=16.5, color=_GREY, va="center", ha="right")
    edge = figure.bbox.width
    room = subtitle.get_window_extent().x0 - left * edge - 24
    _fit(title, room)


def _fit(text: Text, room_px: float) -> None:
    """Cuts the text with an ellipsis until it is no wider than `room_px`."""
    words = text.get_text()
    if text.get_window_extent().width <= room_px:
        return

    def is_too_wide(length: int) -> bool:
        text.set_text(f"{words[:length].rstrip()}…")
        return text.get_window_extent().width > room_px

    longest = bisect.bisect_left(range(len(words)), x=True, key=is_too_wide) - 1
    text.set_text(f"{words[: max(1, longest)].rstrip()}…")


def _drawable(words: str) -> str:
    """Without the characters none of our fonts has (most emoji): a gap reads better than a box."""
    from matplotlib.font_manager import FontProperties, fontManager, get_font  # noqa: PLC0415

    fonts = [get_font(fontManager.findfont(FontProperties(family=family))) for family in _FAMILIES]
    flat = " ".join(words.split())
    kept = "".join(char for char in flat if any(font.get_char_index(ord(char)) for font in fonts))
    return " ".join(kept.split())


def _frame(axes: Axes, spec: ChartSpec, panel: Panel, colour: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415

    axes.set_xlim(0, spec.length_s)
    top = max((value for value in panel.values if value is not None), default=0)
    axes.set_ylim(0, max(1.0, top * 1.2))
    axes.set_facecolor("white")
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(_short))
    axes.grid(axis="y", color=_RULE, linewidth=1)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(_GREY)
    axes.tick_params(axis="y", labelsize=16, labelcolor=_GREY, length=0)
    axes.tick_params(axis="x", labelbottom=False, length=0)
    axes.set_xticks([at for at, _ in spec.ticks])
    place: dict[str, Any] = {
        "fontsize": 18,
        "xycoords": "axes fraction",
        "textcoords": "offset points",
        "va": "bottom",
    }
    axes.annotate(panel.title, (0, 1), (0, 4), color=colour, **place)
    axes.annotate(panel.aside, (1, 1), (0, 4), color=_GREY, ha="right", **place)
    if all(value is None for value in panel.values):
        axes.set_yticks([])
        axes.text(0.5, 0.5, panel.missing, fontsize=18, color=_GREY, ha="center", va="center", transform=axes.transAxes)


def _short(value: float, _place: int | None) -> str:
    """Axis numbers that fit the margin: 900, 1,200, 15k."""
    thousands = value / 1000
    return f"{thousands:,.0f}k" if value >= _LONG and thousands == int(thousands) else f"{value:,.0f}"


def _clock(axes: Axes, spec: ChartSpec) -> None:
    axes.set_xticks([at for at, _ in spec.ticks], [label for _, label in spec.ticks])
    axes.tick_params(axis="x", labelbottom=True, labelsize=16, labelcolor=_INK, length=4, color=_GREY)
    for (at, _), label in zip(spec.ticks, axes.get_xticklabels(), strict=True):
        if at > spec.length_s * 0.97:
            label.set_horizontalalignment("right")  # centred, it would leave the picture


def _shade(axes: Axes, alerts: tuple[Band, ...], length_s: int) -> None:
    thinnest = length_s * 0.004
    for band in alerts:
        colour, hatch = _SHADES[band.style % len(_SHADES)]
        ends = max(band.ends_s, band.starts_s + thinnest)
        axes.axvspan(
            band.starts_s, ends, facecolor=colour, edgecolor="white", alpha=0.38, hatch=hatch, lw=0, zorder=0.5
        )


def _area(axes: Axes, panel: Panel, colour: str, length_s: int) -> None:
    """A line that breaks where nothing was measured; a lone value between two gaps is a dot."""
    nothing = float("nan")
    values = [nothing if value is None else value for value in panel.values]
    moments = [min((place + 0.5) * panel.step_s, length_s) for place in range(len(values))]
    axes.fill_between(moments, values, 0, color=colour, alpha=0.13, linewidth=0)
    axes.plot(moments, values, color=colour, linewidth=2.4, solid_joinstyle="round")
    known = [False, *(value is not None for value in panel.values), False]
    alone = [place for place in range(len(values)) if known[place + 1] and not known[place] and not known[place + 2]]
    axes.plot([moments[place] for place in alone], [values[place] for place in alone], "o", color=colour, markersize=5)


def _bars(axes: Axes, panel: Panel, colour: str, length_s: int) -> None:
    known = [(place * panel.step_s, value) for place, value in enumerate(panel.values) if value is not None]
    widths = [max(0.0, min(panel.step_s, length_s - at)) * 0.84 for at, _ in known]
    axes.bar([at for at, _ in known], [value for _, value in known], widths, align="edge", color=colour)


def _strip(axes: Axes, spec: ChartSpec) -> None:
    """The rundown; a name too long for its segment is left out."""
    axes.set_xlim(0, spec.length_s)
    axes.set_ylim(0, 1)
    axes.set_axis_off()
    per_second = axes.bbox.width / spec.length_s
    for place, band in enumerate(spec.segments):
        axes.axvspan(band.starts_s, band.ends_s, color=_SEGMENTS[place % len(_SEGMENTS)], linewidth=0)
        middle = (band.starts_s + band.ends_s) / 2
        label = axes.text(middle, 0.46, band.label, fontsize=15, color=_INK, ha="center", va="center")
        room = (band.ends_s - band.starts_s) * per_second - 4
        if label.get_window_extent().width > room:
            label.set_fontsize(11.5)
        label.set_visible(label.get_window_extent().width <= room)


def _marks(panels: list[Axes], spec: ChartSpec) -> None:
    viewers, interactions, orders = panels
    for axes in panels:
        for at in spec.prompts.at_s:
            axes.axvline(at, color=_PURPLE, linewidth=1.4, linestyle=(0, (4, 3)), zorder=3)
    for at in spec.prompts.at_s:
        for axes in (viewers, interactions):
            axes.plot([at], [0.92], "v", color=_PURPLE, markersize=13, transform=axes.get_xaxis_transform(), zorder=4)
    for at in spec.releases.at_s:
        place = orders.get_xaxis_transform()
        orders.plot(
            [at], [0], "D", color=_INK, markeredgecolor="white", markersize=9, transform=place, clip_on=False, zorder=5
        )


def _legend(figure: Figure, spec: ChartSpec, left: float) -> None:
    from matplotlib.lines import Line2D  # noqa: PLC0415
    from matplotlib.patches import Patch  # noqa: PLC0415

    handles: list[Any] = []
    for style, label in {band.style: band.label for band in spec.alerts}.items():
        colour, hatch = _SHADES[style % len(_SHADES)]
        handles.append(Patch(facecolor=colour, edgecolor="white", alpha=0.6, hatch=hatch, label=label))
    if spec.prompts.at_s:
        mark: dict[str, Any] = {
            "color": _PURPLE,
            "marker": "v",
            "linestyle": (0, (4, 3)),
            "linewidth": 1.4,
            "markersize": 11,
        }
        handles.append(Line2D([], [], label=spec.prompts.label, **mark))
    if spec.releases.at_s:
        handles.append(
            Line2D([], [], color=_INK, marker="D", linestyle="none", markersize=8, label=spec.releases.label)
        )
    if handles:
        figure.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(left - 0.006, 0.0),
            ncols=len(handles),
            frameon=False,
            fontsize=17,
            labelcolor=_INK,
            columnspacing=1.6,
            handletextpad=0.6,
        )
