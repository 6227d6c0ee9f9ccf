"""What may come in from a live room: the kinds of signals, the fields each may carry, and the shape the tally reads.

Decoding and checking the wire form is left to bot/feeds; counting to tally.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol

TOTALS: Final = (
    *("views", "viewers", "impressions", "product_impressions", "product_clicks", "comments", "likes", "shares"),
    *("follows", "orders", "sku_orders", "items", "buyers", "watch_s"),
)
"""The whole-number counters of a `totals` line; its `gmv` and `currency` come on top."""

COMMON: Final = ("kind", "t", "at", "n", "id", "source", "user")
"""Fields any signal may carry."""

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "comment": ("text",),
    "concurrent": (),
    "view": (),
    "like": (),
    "share": (),
    "follow": (),
    "product_click": ("sku",),
    "add_to_cart": ("sku",),
    "order": ("gmv", "currency", "sku", "order_id", "status"),
    "refund": ("gmv", "currency", "order_id"),
    "totals": (*TOTALS, "gmv", "currency"),
    "quality": ("drop", "rtt_ms", "freeze_ms", "region", "device"),
    "stream": ("state", "reason"),
    "pin": ("sku", "state"),
    "note": ("concurrent", *TOTALS, "gmv", "currency", "text"),
}
"""Per kind, the fields it may carry beside COMMON."""

REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "concurrent": ("n",),
    "quality": ("n",),
    "stream": ("state",),
    "pin": ("sku", "state"),
}

STREAM_STATES: Final = ("started", "paused", "resumed", "ended", "host_joined", "host_left")
PIN_STATES: Final = ("released", "removed")
ORDER_STATES: Final = ("created", "paid", "cancelled")
"""In the order a purchase goes through them; two lines of one moment are read in this order."""

PERSON = "note:"
"""What a source starts with when a person entered the figure by hand; their name follows."""


class SignalLike(Protocol):
    """What the tally reads. A `totals` or `note` line also has an attribute for each name in TOTALS (None: absent)."""

    @property
    def kind(self) -> str: ...
    @property
    def n(self) -> int: ...
    @property
    def source(self) -> str | None: ...
    @property
    def user(self) -> str | None: ...
    @property
    def text(self) -> str | None: ...
    @property
    def gmv(self) -> Decimal | None: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def sku(self) -> str | None: ...
    @property
    def order_id(self) -> str | None: ...
    @property
    def status(self) -> str | None: ...
    @property
    def state(self) -> str | None: ...
    @property
    def concurrent(self) -> int | None: ...


class Signal(NamedTuple):
    """A checked signal without its time. `gmv` in units of `currency`, exactly as written; `*_ms` milliseconds.

    A named tuple, because one is built for every line stored: a frozen dataclass this wide takes several times as long.
    """

    kind: str
    n: int = 1
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


_KEPT: Final = tuple(name for name in Signal._fields if name not in {"kind", "source"})
_KNOWN: Final = frozenset(_KEPT)


def data_of(signal: SignalLike) -> dict[str, Any]:
    """The signal's own fields as JSON values, `kind` first, without time, id and source; money as a decimal string."""
    data: dict[str, Any] = {"kind": signal.kind}
    for name in _KEPT:
        value = getattr(signal, name)
        if value is not None:
            data[name] = str(value) if isinstance(value, Decimal) else value
    return data


def signal_of(data: Mapping[str, Any], source: str | None = None) -> Signal:
    """The inverse of `data_of`. Fields a newer version may have stored are left aside."""
    known = {name: value for name, value in data.items() if name in _KNOWN}
    if known.get("gmv") is not None:
        known["gmv"] = Decimal(str(known["gmv"]))
    return Signal(kind=data["kind"], source=source, **known)


def is_person(kind: str, source: str | None) -> bool:
    """Whether somebody entered this by hand."""
    return kind == "note" or (source is not None and source.startswith(PERSON))
