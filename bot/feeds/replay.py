"""Plays recorded sessions through the rules on a virtual clock and writes what would have happened (SCHEMAS, replay).

A tick is judged when the recording passes its end, never with a line of a later time, so cutting a recording changes
nothing before the cut. Words, prompts, summary and chart come from a Writer: this module makes no text.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from bot.core.errors import BadLineError, ShowcallerError, StartError, UserError
from bot.core.facts import ProductFacts, PromptLine, ShowFacts
from bot.core.model import Market, Room
from bot.core.money import CURRENCIES, Money
from bot.core.playback import UNKNOWN_CURRENCY, Playback, PlayedAlert
from bot.core.sensitivity import SENSITIVITIES
from bot.core.zones import zone
from bot.feeds.decode import Meta, read_recording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from bot.core.playback import Prompts
    from bot.core.reply import Msg
    from bot.core.story import Story
    from bot.core.watch import StateSpan

FILES: Final = ("alerts.jsonl", "states.jsonl", "nudges.jsonl", "summary.json", "summary.md", "chart.png")
_ROOM_FIELDS: Final = (
    "slug",
    "name",
    "platform",
    "handle",
    "zone",
    "language",
    "currency",
    "theme",
    "studio",
    "sensitivity",
)


class Writer(Protocol):
    """What the composition root lends: the words, the prompts, the summary."""

    def say(self, text: Msg) -> str: ...
    def prompts(self, facts: ShowFacts, used: Sequence[str]) -> Sequence[PromptLine]:
        """`used`: ids of the lines offered earlier in this session, in order."""
        ...

    def summarise(self, story: Story) -> tuple[Mapping[str, Any], str]:
        """summary.json's object and summary.md's text."""
        ...

    def chart(self, story: Story) -> bytes | None:
        """A PNG; None when none is wanted."""
        ...


def replay_files(
    paths: Sequence[Path],
    out: Path,
    *,
    room: Mapping[str, Any] | None,
    writer: Writer,
    progress: Callable[[str, float], None] | None = None,
) -> None:
    """Replays every recording into `out`/NAME; all of them or, when one is bad, nothing at all.

    Args:
        paths: Recordings; NAME is the file's name without .jsonl or .jsonl.gz.
        out: Made if it is missing. Files of an earlier replay in it are replaced, others are left alone.
        room: What `--room` says: slug, name, platform, zone, language, currency ...; the recording's meta goes first.
        writer: Words, prompts, summary and chart.
        progress: Told the NAME being played and how far it is, in seconds of the session.

    Raises:
        ShowcallerError: a file (and line) is wrong, two have one name, or `out` cannot be written.
    """
    named = _names(paths)
    with _staged(out) as stage:
        for name, path in named.items():
            try:
                playback = _play(name, path, room or {}, writer.prompts, progress)
            except BadLineError as error:
                raise ShowcallerError(f"{path}: {error}") from error
            _write(playback, name, stage / name, writer)
        for name in named:
            _publish(stage / name, out / name)


def _names(paths: Sequence[Path]) -> dict[str, Path]:
    named: dict[str, Path] = {}
    for path in paths:
        name = path.name.removesuffix(".gz").removesuffix(".jsonl")
        if name in {"", ".", ".."}:
            raise ShowcallerError(f"{path}: the file has no name to call its folder by; rename it")
        if name in named:
            raise ShowcallerError(f"{path} and {named[name]} would both be written to {name!r}; rename one of them")
        named[name] = path
    return named


@contextmanager
def _staged(out: Path) -> Iterator[Path]:
    """A folder on the same disk as `out`, gone afterwards, so that a failure leaves nothing behind."""
    if out.exists() and not out.is_dir():
        raise StartError(f"{out} is a file; give a folder to write to")
    home = next(parent for parent in out.absolute().parents if parent.is_dir())
    stage: Path | None = None
    try:
        stage = Path(tempfile.mkdtemp(prefix=".replay-", dir=home))
        yield stage
    except OSError as error:
        raise StartError(f"{out}: cannot be written ({error.strerror or error})") from error
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)


def _publish(made: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        if (made / name).exists():
            (made / name).replace(folder / name)
        else:
            (folder / name).unlink(missing_ok=True)  # an earlier run's chart would not belong to these figures


def _play(
    name: str, path: Path, given: Mapping[str, Any], prompts: Prompts, progress: Callable[[str, float], None] | None
) -> Playback:
    recording = read_recording(path)
    meta = recording.meta
    products = () if meta is None else tuple(_product(raw, meta.currency) for raw in meta.products)
    playback = Playback(_room(name, meta, given), None if meta is None else meta.start, products, prompts)
    for chunk in recording.chunks():
        playback.take(chunk)
        if progress is not None:
            progress(name, playback.end_s)
    playback.finish()
    return playback


def _write(playback: Playback, name: str, folder: Path, writer: Writer) -> None:
    story = playback.story(name)
    summary, text = writer.summarise(story)
    folder.mkdir()
    _write_lines(folder / "alerts.jsonl", (_alert_line(alert, writer) for alert in playback.alerts))
    _write_lines(folder / "states.jsonl", (_state_line(span) for span in playback.spans()))
    _write_lines(folder / "nudges.jsonl", playback.host.told)
    (folder / "summary.json").write_bytes(_json(summary, indent=2) + b"\n")
    (folder / "summary.md").write_text(text, "utf-8", newline="\n")
    chart = writer.chart(story)
    if chart is not None:
        (folder / "chart.png").write_bytes(chart)


def _alert_line(alert: PlayedAlert, writer: Writer) -> dict[str, Any]:
    return {
        "kind": alert.opened.rule,
        "opened_s": alert.opened.t_s,
        "resolved_s": alert.resolved_s,
        "reason": writer.say(alert.opened.finding.reason),
        "evidence": dict(alert.opened.finding.evidence),
        "prompts": [
            {"tactic": line.tactic, "text": line.text, "language": line.language, "gloss": line.gloss}
            for line in alert.lines
        ],
    }


def _state_line(span: StateSpan) -> dict[str, Any]:
    return {"rule": span.rule, "state": span.state, "from_s": span.from_s, "to_s": span.to_s}


def _write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    path.write_bytes(b"".join(_json(line) + b"\n" for line in lines))


def _json(value: Mapping[str, Any], indent: int | None = None) -> bytes:
    separators = (",", ":") if indent is None else None
    return json.dumps(value, ensure_ascii=False, indent=indent, separators=separators, allow_nan=False).encode()


def _room(name: str, meta: Meta | None, given: Mapping[str, Any]) -> Room:
    """The room as far as anybody says it: the recording first, then `given`."""
    for key, value in given.items():
        if key not in _ROOM_FIELDS:
            raise StartError(f"the room has no {key!r}; it may have {', '.join(_ROOM_FIELDS)}")
        if not isinstance(value, str) or not value:
            raise StartError(f"the room's {key} must be a text, not {value!r}")
    known = dict(given)
    if meta is not None:
        told = {"slug": meta.room, "zone": meta.zone, "language": meta.language, "currency": meta.currency}
        known |= {key: value for key, value in told.items() if value is not None}
    if known.get("currency", UNKNOWN_CURRENCY) not in {*CURRENCIES, UNKNOWN_CURRENCY}:
        raise StartError(f"the room's currency {known['currency']!r} is not an ISO 4217 code like USD")
    try:
        zone(known.get("zone", "UTC"))
    except UserError:
        raise StartError(f"the room's zone {known['zone']!r} is no zone; give one like America/New_York") from None
    sensitivity = known.get("sensitivity", "normal")
    if sensitivity not in SENSITIVITIES:
        raise StartError(f"the room's sensitivity {sensitivity!r} is none of {', '.join(SENSITIVITIES)}")
    slug = known.get("slug", name)
    market = Market(known.get("zone", "UTC"), known.get("language", "en"), known.get("currency", UNKNOWN_CURRENCY))
    return Room(
        slug=slug,
        name=known.get("name", slug),
        platform=known.get("platform", "recording"),
        market=market,
        handle=known.get("handle"),
        theme=known.get("theme"),
        studio=known.get("studio"),
        sensitivity=sensitivity,
    )


def _product(raw: Mapping[str, Any], currency: str | None) -> ProductFacts:
    def text(name: str) -> str | None:
        value = raw.get(name)
        return value if isinstance(value, str) and value else None

    def whole(name: str) -> int | None:
        value = raw.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

    def texts(name: str) -> tuple[str, ...]:
        value = raw.get(name)
        return tuple(item for item in value if isinstance(item, str) and item) if isinstance(value, list) else ()

    return ProductFacts(
        sku=raw["sku"],
        name=text("name") or raw["sku"],
        price=_money(raw, "price", currency),
        list_price=_money(raw, "list_price", currency),
        stock=whole("stock"),
        limit_per_buyer=whole("limit_per_buyer"),
        gifts=texts("gifts"),
        selling_points=texts("selling_points"),
        ships_from=text("ships_from"),
        warranty_days=whole("warranty_days"),
    )


def _money(raw: Mapping[str, Any], name: str, currency: str | None) -> Money | None:
    """`{"amount", "currency"}`, or a bare amount in the recording's currency; without one the amount is unknown."""
    value = raw.get(name)
    if isinstance(value, dict):
        amount: Any = value.get("amount")
        value, currency = amount, value.get("currency", currency)
    if value is None or currency is None:
        return None
    if not isinstance(value, str | int | Decimal) or isinstance(value, bool):
        raise BadLineError(1, "meta.products", f'{name} of {raw["sku"]!r} is no amount; write {name} as "19.90"')
    try:
        return Money.parse(value, currency)
    except ValueError as error:
        raise BadLineError(1, "meta.products", f"{name} of {raw['sku']!r}: {error}") from None
