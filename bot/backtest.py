"""`run.py replay`: recorded sessions through the same rules, with the same words, on a virtual clock."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bot.core import summary
from bot.core.chart_spec import chart_spec
from bot.core.errors import StartError
from bot.core.facts import PromptLine, ShowFacts
from bot.core.outline import to_markdown
from bot.core.reply import Msg
from bot.core.story import Story
from bot.feeds.replay import replay_files
from prompts.book import Book
from prompts.catalogue import Catalogues


class Words:
    """What replay asks for: texts, lines, the summary, the chart."""

    def __init__(self, language: str, *, chart: bool) -> None:
        self._words = Catalogues.load()
        self._book = Book.load()
        self._language, self._chart = language, chart

    def say(self, text: Msg) -> str:
        return self._words.say(text, language=self._language)

    def prompts(self, facts: ShowFacts, used: Sequence[str]) -> Sequence[PromptLine]:
        lines, _ = self._book.offer(facts, team_language=self._language, used=used)
        return lines

    def summarise(self, story: Story) -> tuple[Mapping[str, Any], str]:
        reader = self._words.reader(self._language, story.room.market.zone)
        page = to_markdown(summary.reply(story, "chart.png" if self._chart else None), reader.line)
        return summary.to_json(story, reader.line), page

    def chart(self, story: Story) -> bytes | None:
        if not self._chart:
            return None
        from bot.charts import render  # noqa: PLC0415 - heavy, and only wanted with --chart

        return render(chart_spec(story, self._words.reader(self._language, story.room.market.zone).line))


def run(paths: Sequence[Path], out: Path, *, room: Path | None, chart: bool, language: str) -> None:
    """Replays with a progress bar."""
    given = _room(room)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f} s"))
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        tasks = {}

        def progress(name: str, done_s: float) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=None)
            bar.update(tasks[name], completed=done_s)

        replay_files(paths, out, room=given, writer=Words(language, chart=chart), progress=progress)


def _room(path: Path | None) -> Mapping[str, Any] | None:
    if path is None:
        return None
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise StartError(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise StartError(f"{path}: it is not UTF-8 text; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise StartError(f'{path}: {error}; a line looks like: currency = "USD"') from error
