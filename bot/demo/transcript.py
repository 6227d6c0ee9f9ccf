"""What a demo leaves behind with --out: every message and edit, the summary, the chart (SCHEMAS.md, "demo --out")."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from bot.app import App
from bot.chat.web.messages import to_json
from bot.core import summary
from bot.core.model import Person
from bot.core.outline import to_markdown
from bot.core.ports import Tx
from bot.core.records import WebMessage
from bot.core.reply import Image
from bot.core.story import Story
from handlers import reports


class Transcript:
    """Records every post and edit as the team reads it."""

    def __init__(self, app: App, people: tuple[Person, ...]) -> None:
        self._app = app
        self._people = {person.slug: person for person in people}
        self._reader = app.words.reader(app.ports.team.language, app.ports.team.zone)
        self.lines: list[dict[str, Any]] = []
        app.chat.on_shown.append(self._keep)

    def _keep(self, message: WebMessage) -> None:
        shown = to_json(message, self._reader, self._people)
        line = {
            "id": shown["id"],
            "rev": shown["rev"],
            "op": shown["op"],
            "at": self._app.clock.now().isoformat().replace("+00:00", "Z"),
            "channel": shown["channel"],
            "author": shown["author"]["id"],
            "to": shown["to"],
            "text": shown["text"],
            "blocks": shown["blocks"],
            "buttons": [{"id": button["id"], "label": button["label"]} for button in shown["buttons"]],
            "attachments": shown["attachments"],
        }
        self.lines.append({name: value for name, value in line.items() if not (name == "to" and value is None)})

    async def write(self, out: Path, room: str) -> None:
        """Writes the four files; the folder is made if it is missing."""
        story, chart = await self._app.store.read(lambda tx: _last(tx, room, self._app.clock.now()))
        out.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - the day is over, nobody waits
        text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in self.lines)
        (out / "messages.jsonl").write_text(text, "utf-8", newline="\n")
        told = summary.to_json(story, self._reader.line)
        (out / "summary.json").write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", "utf-8", newline="\n")
        page = to_markdown(summary.reply(story, "chart.png" if chart else None), self._reader.line)
        (out / "summary.md").write_text(page, "utf-8", newline="\n")
        if chart is not None:
            (out / "chart.png").write_bytes(chart)


def _last(tx: Tx, room: str, now: datetime) -> tuple[Story, bytes | None]:
    session = tx.sessions.latest(room)
    if session is None:
        raise LookupError(f"room {room} has no session")
    state: Literal["provisional", "settled"] = "settled" if session.state == "settled" else "provisional"
    told = tx.outbox.by_key(f"summary:{session.id}")
    shown = [block.name for block in told.reply.blocks if isinstance(block, Image)] if told is not None else []
    found = tx.files.get(shown[0]) if shown else None
    return reports.story_of(tx, session, state, now), found[1] if found else None
