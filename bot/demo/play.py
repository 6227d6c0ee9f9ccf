"""`run.py demo`: a fresh bot in a temporary folder, the day driven through it, progress in the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bot.app import AnyClock, App
from bot.clock import ScaledClock, VirtualClock
from bot.config import IngestSettings, Settings, TeamSettings, WebSettings
from bot.core.reply import Msg, Span, msg
from bot.demo import day
from bot.demo.goods import ROOM
from bot.demo.matrix import PEOPLE
from bot.demo.transcript import Transcript
from bot.http import is_free
from bot.keys import new_secret
from prompts.catalogue import Catalogues

HOST = "127.0.0.1"
WEB_PORT, INGEST_PORT = 8765, 8766
VISITOR_WAIT_S = 20


def demo_settings(folder: Path, language: str, *, web_port: int, ingest_port: int) -> Settings:
    """Settings of a fresh demo in `folder`; nothing is read from files or the environment."""
    chosen: Literal["en", "zh-CN"] = "zh-CN" if language == "zh-CN" else "en"
    return Settings.model_construct(
        database=folder / "demo.db",
        log="warning",
        team=TeamSettings(name="Dewlight", language=chosen, zone="Asia/Shanghai"),
        web=WebSettings(port=web_port),
        ingest=IngestSettings(port=ingest_port),
        clock=None,
    )


async def play(
    *,
    speed: float | None,
    headless: bool,
    stop: bool,
    out: Path | None,
    language: str,
    wait: Callable[[], Awaitable[None]],
) -> None:
    """Runs the day; `speed` None is as fast as it goes. Without `stop` it goes on serving until interrupted."""
    console = Console(stderr=True)
    reader = Catalogues.load().reader(language)
    tell = reader.line
    web_port, ingest_port = (0, 0) if headless else _ports(console, tell)
    clock: AnyClock = VirtualClock(day.BEGINS_AT) if speed is None else ScaledClock(day.BEGINS_AT, speed)
    with tempfile.TemporaryDirectory(prefix="showcaller-demo-") as folder:
        settings = demo_settings(Path(folder), language, web_port=web_port, ingest_port=ingest_port)
        async with App(settings, clock, people=PEOPLE) as app:
            transcript = Transcript(app, PEOPLE)
            played = {person.slug for person in PEOPLE}
            async with day.ShowDay(app, new_secret(), played=played, speed=speed or 1.0) as show_day:
                await show_day.set_up()
                if not headless:
                    await _invite(app, console, tell)
                with _bar(console) as bar:
                    task = bar.add_task(tell(msg("demo.plan")), total=1.0)
                    show_day.progress = lambda seen: bar.update(
                        task, completed=seen.done, description=tell(msg(seen.phase))
                    )
                    await show_day.run()
                    bar.update(task, completed=1.0)
            if out is not None:
                await transcript.write(out, ROOM)
                console.print(tell(msg("demo.wrote", folder=str(out))))
            if not stop:
                console.print(tell(msg("demo.over")))
                await wait()


async def _invite(app: App, console: Console, tell: Callable[[Msg], str]) -> None:
    """Says where the chat is; whoever sits at a terminal gets a moment to open it before the day begins."""
    console.print(tell(msg("demo.open", url=f"http://{HOST}:{app.web.port}/")))
    console.print(tell(msg("demo.pick")))
    clock = app.clock
    if not console.is_terminal or not isinstance(clock, ScaledClock):
        return
    console.print(tell(msg("demo.waiting", wait=Span(VISITOR_WAIT_S))))
    clock.hold_at(clock.now())
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(VISITOR_WAIT_S):
            await app.chat.listeners.visited.wait()


def _ports(console: Console, tell: Callable[[Msg], str]) -> tuple[int, int]:
    """The usual ports, or any free ones where somebody has taken them."""
    if is_free(HOST, WEB_PORT) and is_free(HOST, INGEST_PORT):
        return WEB_PORT, INGEST_PORT
    console.print(tell(msg("demo.ports_taken", web=str(WEB_PORT), ingest=str(INGEST_PORT))))
    return 0, 0


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeElapsedColumn(),
        console=console, disable=not sys.stderr.isatty(),
    )  # fmt: skip
