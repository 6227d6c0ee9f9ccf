"""Signals on the wire: batches to our endpoint and recorded sessions, decoded and checked; errors say what to do.

What the kinds and fields mean is in bot/core/signal.py.
"""

from __future__ import annotations

import functools
import gzip
import operator
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final, Literal, NoReturn, cast

import msgspec
from msgspec import Meta as Bound

from bot.core.errors import BadLineError, NotFoundError, ShowcallerError
from bot.core.money import CURRENCIES
from bot.core.signal import COMMON, FIELDS, ORDER_STATES, PIN_STATES, REQUIRED, STREAM_STATES, TOTALS
from bot.core.zones import zone

MAX_BATCH: Final = 10_000
MAX_TEXT: Final = 2_000
MAX_N: Final = 10**12
FROM_S: Final = -24 * 3600
UNTIL_S: Final = 7 * 24 * 3600
"""`t` of a line lies between these, in seconds from the session's start."""

MAX_LINE: Final = 1 << 20
"""Bytes; more without a line end is no recording."""

_CHUNK: Final = 1 << 16
_MAX_GMV: Final = Decimal(10) ** 12
_BOM: Final = b"\xef\xbb\xbf"
_YEARS: Final = range(2000, 2101)
_SUMMED: Final = frozenset({"totals", "note"})
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class SignalLine(msgspec.Struct, kw_only=True, gc=False):
    """One line with every field a kind may have; absent ones are None. Fits bot.core.signal.SignalLike."""

    kind: str
    t: float | None = None
    at: datetime | None = None
    n: int = 1
    id: str | None = None
    source: str | None = None
    user: str | None = None
    text: str | None = None
    gmv: Decimal | None = None
    currency: str | None = None
    sku: str | None = None
    order_id: str | None = None
    status: str | None = None
    state: str | None = None
    reason: str | None = None
    drop: float | None = None
    rtt_ms: float | None = None
    freeze_ms: float | None = None
    region: str | None = None
    device: str | None = None
    concurrent: int | None = None
    views: int | None = None
    viewers: int | None = None
    impressions: int | None = None
    product_impressions: int | None = None
    product_clicks: int | None = None
    comments: int | None = None
    likes: int | None = None
    shares: int | None = None
    follows: int | None = None
    orders: int | None = None
    sku_orders: int | None = None
    items: int | None = None
    buyers: int | None = None
    watch_s: int | None = None


_COUNT: Any = Annotated[int, Bound(ge=0, le=MAX_N)]
_NAME: Any = Annotated[str, Bound(min_length=1, max_length=200)]
_TEXT: Any = Annotated[str, Bound(max_length=MAX_TEXT)]
_MS: Any = Annotated[float, Bound(ge=0, le=1e7)]
_TYPES: Final[dict[str, Any]] = {
    "t": Annotated[float, Bound(ge=FROM_S, le=UNTIL_S)],
    "at": Annotated[datetime, Bound(tz=True)],
    "n": _COUNT,
    **dict.fromkeys(("id", "source", "user", "sku", "order_id", "region", "device"), _NAME),
    **dict.fromkeys(("text", "reason"), _TEXT),
    "gmv": Decimal,
    "currency": Literal[tuple(sorted(CURRENCIES))],
    "status": Literal[ORDER_STATES],
    "drop": Annotated[float, Bound(ge=0, le=1)],
    **dict.fromkeys(("rtt_ms", "freeze_ms"), _MS),
    **dict.fromkeys(("concurrent", *TOTALS), _COUNT),
}
_STATES: Final = {"stream": STREAM_STATES, "pin": PIN_STATES}
_COUNT_TEXT: Final = f"must be a whole number from 0 to {MAX_N}"
_EXPECTED: Final[dict[str, str]] = {
    "t": f"must be seconds from the session's start, from {FROM_S} to {UNTIL_S} (7 days), not milliseconds",
    "at": 'must be a time with its offset, like "2027-03-12T20:00:00-05:00"',
    **dict.fromkeys(
        ("id", "source", "user", "sku", "order_id", "region", "device"), "must be a string of 1 to 200 characters"
    ),
    **dict.fromkeys(("text", "reason"), f"must be a string of at most {MAX_TEXT} characters"),
    "gmv": 'must be an amount of 0 or more, below 1000000000000: "119.40" or 119.40',
    "currency": 'must be an ISO 4217 code in capitals, like "USD"',
    "status": f"must be one of {', '.join(ORDER_STATES)}",
    "drop": "must be a share from 0 to 1 (5 % is 0.05)",
    **dict.fromkeys(("rtt_ms", "freeze_ms"), "must be milliseconds, 0 or more"),
    **dict.fromkeys(("n", "concurrent", *TOTALS), _COUNT_TEXT),
}


def _rule(kind: str) -> type[msgspec.Struct]:
    """A struct that refuses what a line of this kind may not carry, so that the checking is done by msgspec."""
    wanted = REQUIRED.get(kind, ())
    types = _TYPES | {"state": Literal[_STATES.get(kind, ("",))]}
    names = [name for name in (*COMMON, *FIELDS[kind]) if name != "kind"]
    needed = [(name, types[name]) for name in names if name in wanted]
    # null is as good as absent, but for n: there it could be meant as 0 or as 1
    free = [
        (name, types[name] | (msgspec.UnsetType if name == "n" else None), None) for name in names if name not in wanted
    ]
    return msgspec.defstruct(
        f"_{kind}", [*needed, *free], tag=kind, tag_field="kind", forbid_unknown_fields=True, kw_only=True, gc=False
    )


_check: Final = msgspec.json.Decoder(functools.reduce(operator.or_, map(_rule, FIELDS))).decode
_read: Final = msgspec.json.Decoder(SignalLine).decode


def decode_batch(body: bytes) -> list[SignalLine]:
    """A batch to our endpoint: a JSON array or JSONL, every signal with `at`, which is turned to UTC.

    Raises:
        BadLineError: the first wrong signal, by its place in the array or its line. Nothing of the batch is good then.
    """
    batch: list[SignalLine] = []
    for number, raw in _split(body.removeprefix(_BOM)):
        if len(batch) == MAX_BATCH:
            raise BadLineError(number, None, f"a batch may hold {MAX_BATCH} signals; send the rest in another one")
        line = _one(raw, number)
        if line.t is not None:
            raise BadLineError(
                number, "t", 'is for recordings; give the time as "at", like "2027-03-12T20:00:00-05:00"'
            )
        if line.at is None:
            raise BadLineError(number, "at", f"is missing; it {_EXPECTED['at']}")
        line.at = _utc(line.at, number, "at")
        _check_sense(line, number)
        batch.append(line)
    return batch


def _split(body: bytes) -> Iterator[tuple[int, bytes]]:
    if not body.strip():
        raise BadLineError(1, None, "the body is empty; send a JSON array of signals, or one signal a line")
    if body.lstrip()[:1] != b"[":
        return ((number, raw) for number, raw in enumerate(body.split(b"\n"), 1) if raw.strip())
    try:
        return enumerate(map(bytes, msgspec.json.decode(body, type=list[msgspec.Raw])), 1)
    except _UNREADABLE as error:
        raise BadLineError(1, None, f"the body is not a JSON array ({error})") from None


def _one(raw: bytes, number: int) -> SignalLine:
    try:
        _check(raw)
        return _read(raw)
    except _UNREADABLE as error:
        _explain(raw, number, error)


def _check_sense(line: SignalLine, number: int) -> None:
    """What types cannot say."""
    if line.gmv is not None and not (line.gmv.is_finite() and 0 <= line.gmv < _MAX_GMV):
        raise BadLineError(number, "gmv", _EXPECTED["gmv"])
    if line.kind in _SUMMED:
        names = FIELDS[line.kind]
        if all(getattr(line, name) is None for name in names if name != "currency"):
            raise BadLineError(number, None, f"a {line.kind} line needs at least one of {', '.join(names)}")


def _utc(at: datetime, number: int, field: str) -> datetime:
    if at.year not in _YEARS:
        raise BadLineError(number, field, f"is in the year {at.year}; check the sender's clock")
    return at.astimezone(UTC)


def _explain(raw: bytes, number: int, error: Exception) -> NoReturn:
    """Finds what to tell about a line that was refused."""
    try:
        line = msgspec.json.decode(raw)
    except _UNREADABLE as broken:
        raise BadLineError(number, None, f"is not JSON ({broken}); give one JSON object a line") from None
    if not isinstance(line, dict):
        raise BadLineError(
            number, None, 'is not a JSON object; a signal looks like {"t": 12.5, "kind": "comment", "n": 1}'
        )
    kind = line.get("kind")
    if "meta" in line and kind is None:
        raise BadLineError(number, "meta", "may only be the first line of a recording")
    if not isinstance(kind, str) or kind not in FIELDS:
        wrong = "is missing" if kind is None else f"{_shown(kind)} is not known"
        raise BadLineError(number, "kind", f"{wrong}; use one of {', '.join(FIELDS)}")
    for name in line:
        if name not in COMMON and name not in FIELDS[kind]:
            known = ", ".join((*COMMON, *FIELDS[kind]))
            raise BadLineError(number, _shown(name)[1:-1], f"is not a field of a {kind} line; it may have {known}")
    for name in REQUIRED.get(kind, ()):
        if name not in line:
            raise BadLineError(number, name, f"is missing; a {kind} line needs it")
    place = re.search(r"`\$\.(\w+)", str(error))
    if place is None:
        raise BadLineError(number, None, str(error)) from None
    name = place[1]
    states = f"must be one of {', '.join(_STATES.get(kind, ()))}"
    expected = states if name == "state" else _EXPECTED.get(name, str(error))
    raise BadLineError(number, name, f"{_shown(line.get(name))} is wrong: it {expected}") from None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - what fits in one line of an error


class Meta(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """What the first line of a recording may say about its session. `start` in UTC; a product's numbers are Decimal."""

    room: str | None = None
    market: str | None = None
    zone: str | None = None
    currency: str | None = None
    language: str | None = None
    start: Annotated[datetime, Bound(tz=True)] | None = None
    products: list[dict[str, Any]] = []


class _Opening(msgspec.Struct, forbid_unknown_fields=True):
    meta: Meta


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded session; the file is opened again for every pass over its lines."""

    path: Path
    meta: Meta | None

    def chunks(self) -> Iterator[list[SignalLine]]:
        """The lines in order, some thousand at a time, each with its `t`.

        Raises:
            BadLineError: a line that cannot be read or is wrong, or whose time lies before the line's above it.
        """
        start = None if self.meta is None else self.meta.start
        before_s = float(FROM_S)
        for number, raws in _blocks(self.path, skip=self.meta is not None):
            numbers, lines = _many(raws, number)
            for place, line in zip(numbers, lines, strict=True):
                if line.t is None:
                    line.t = _offset(line, place, start)
                if line.t < before_s:
                    raise BadLineError(
                        place, "t", f"time goes back from {before_s:g} s to {line.t:g} s; order the lines by time"
                    )
                before_s = line.t
                if line.gmv is not None or line.kind in _SUMMED:
                    _check_sense(line, place)
            yield lines


def read_recording(path: Path) -> Recording:
    """Opens a recording (.jsonl or .jsonl.gz) and reads its first line; the others come from `chunks`.

    Raises:
        BadLineError: the file is empty, compressed wrongly, or its first line is wrong.
        ShowcallerError: the file cannot be opened.
    """
    _, first = next(_blocks(path, skip=False), (1, []))
    if not any(raw.strip() for raw in first):
        raise BadLineError(1, None, "the file is empty; a recording has one JSON object a line")
    return Recording(path, _meta(first[0]))


def _meta(raw: bytes) -> Meta | None:
    try:
        opening = msgspec.json.decode(raw)
    except _UNREADABLE:
        return None  # reading the lines will say it
    if not isinstance(opening, dict) or "meta" not in opening:
        return None
    try:
        meta = msgspec.json.Decoder(_Opening, float_hook=Decimal).decode(raw).meta
    except msgspec.ValidationError as error:
        raise BadLineError(1, "meta", f"{error}; it may have {', '.join(Meta.__struct_fields__)}") from None
    if meta.currency is not None and meta.currency not in CURRENCIES:
        raise BadLineError(1, "meta.currency", f"{_shown(meta.currency)} is wrong: it {_EXPECTED['currency']}")
    if meta.zone is not None:
        try:
            zone(meta.zone)
        except NotFoundError:
            raise BadLineError(
                1, "meta.zone", f"{_shown(meta.zone)} is no zone; give one like America/New_York"
            ) from None
    for product in meta.products:
        if not isinstance(product.get("sku"), str) or not product["sku"]:
            raise BadLineError(1, "meta.products", "every product needs its sku, a string")
    start = None if meta.start is None else _utc(meta.start, 1, "meta.start")
    return msgspec.structs.replace(meta, start=start)


def _offset(line: SignalLine, number: int, start: datetime | None) -> float:
    if line.at is None:
        raise BadLineError(number, "t", f"is missing; it {_EXPECTED['t']}")
    if start is None:
        raise BadLineError(number, "at", "has no start to count from; give t, or a first line with meta.start")
    t_s = (_utc(line.at, number, "at") - start).total_seconds()
    if not FROM_S <= t_s <= UNTIL_S:
        raise BadLineError(number, "at", f"is {t_s:.0f} s from meta.start; give one between {FROM_S} and {UNTIL_S}")
    return t_s


def _many(raws: Sequence[bytes], number: int) -> tuple[Sequence[int], list[SignalLine]]:
    """Decodes whole lines; `number` is the first one's. Empty lines are passed over."""
    try:
        for raw in raws:
            _check(raw)
        return range(number, number + len(raws)), [_read(raw) for raw in raws]
    except _UNREADABLE:  # now slowly, to find the line
        kept = [(place, raw) for place, raw in enumerate(raws, number) if raw.strip()]
        return [place for place, _ in kept], [_one(raw, place) for place, raw in kept]


def _blocks(path: Path, *, skip: bool) -> Iterator[tuple[int, list[bytes]]]:
    """The number of its first line, and a block of whole lines; `skip` leaves the first line of the file out."""
    number, rest = 1, b""
    with _open(path) as file:
        while True:
            try:
                data = file.read(_CHUNK)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                why = (
                    f"the gzip data is broken or cut off ({error}); copy the file again, or unpack it as far as it goes"
                )
                raise BadLineError(number, None, why) from None
            except OSError as error:
                raise ShowcallerError(f"{path}: cannot be read ({error.strerror or error})") from error
            lines = (rest + data).split(b"\n")
            rest = lines.pop()
            if not data and rest.strip():
                lines.append(rest)
            if len(rest) > MAX_LINE:
                raise BadLineError(number + len(lines), None, f"is longer than {MAX_LINE} bytes; this is no recording")
            if number == 1 and lines:
                lines[0] = lines[0].removeprefix(_BOM)
            if lines[skip:]:
                yield number + skip, lines[skip:]
            number, skip = number + len(lines), skip and not lines
            if not data:
                return


def _open(path: Path) -> BinaryIO:
    try:
        with path.open("rb") as file:
            head = file.read(2)
        is_packed = head == b"\x1f\x8b"
        if head and is_packed != (path.suffix == ".gz"):
            why = "is gzip data; let its name end in .gz" if is_packed else "is not gzip data; take .gz off its name"
            raise BadLineError(1, None, f"the file {why}")
        return cast("BinaryIO", gzip.open(path, "rb")) if is_packed else path.open("rb")
    except OSError as error:
        raise ShowcallerError(f"{path}: cannot be opened ({error.strerror or error})") from error
