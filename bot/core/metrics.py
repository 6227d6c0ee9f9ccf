"""The figures of a session, by the formulas of the trade, each with its basis; what no source gave is None, never 0.

Ratios have four decimals, money whole minor units, seconds and viewers one decimal; all rounded half to even.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from bot.core.story import Figure, Figures
from bot.core.tally import INTERACTIONS, Amount, Count, Tally

COUNTS: Final = {
    "views": "entries into the room",
    "viewers": "unique viewers",
    "engaged": "unique viewers who commented, liked, shared or followed",
    "comments": "comments",
    "likes": "likes",
    "shares": "shares",
    "follows": "new followers",
    "product_clicks": "clicks on a product in the room",
    "orders": "paid orders (one per checkout), cancelled and refunded ones included",
}
_RATIO: Final = Decimal("0.0001")
_SECOND: Final = Decimal("0.1")


def figures(tally: Tally, *, ended_s: float) -> Figures:
    """Every figure by its name; `ended_s`: the session's end, in seconds from its start.

    Counts take in what came before the start and after the end; concurrent viewers are averaged between the two.
    """
    counts = {name: tally.count(name) for name in COUNTS}
    gross, net = tally.gross(), tally.net()
    return {
        **{name: _counted(counts[name], basis) for name, basis in COUNTS.items()},
        "acu": _average(tally, ended_s),
        "pcu": _peak(tally.peak()),
        "gmv_gross": _money(gross, "paid amount at order time, cancelled and refunded orders included"),
        "gmv_net": _money(net, "gmv_gross - cancelled - refunded"),
        "aov": _money_per(gross, counts["orders"], "gmv_gross / orders"),
        "gpm": _money_per(gross, counts["views"], "gmv_gross x 1000 / views", times=1000),
        "uv_value": _money_per(gross, counts["viewers"], "gmv_gross / viewers"),
        "gmv_per_hour": _money_per_hour(gross, tally.airtime.on_air_s(ended_s)),
        "live_ctr": _ratio(counts["product_clicks"], counts["views"], "product clicks / views"),
        "ctor": _ratio(counts["orders"], counts["product_clicks"], "orders / product clicks"),
        "conversion_rate": _ratio(counts["orders"], counts["viewers"], "orders / viewers"),
        "interaction_rate": _ratio(
            _sum([counts[name] for name in INTERACTIONS]),
            counts["views"],
            "(comments + likes + shares + follows) / views",
        ),
        "avg_view_duration_s": _duration(tally.count("watch_s"), counts["viewers"]),
    }


def _counted(count: Count | None, basis: str) -> Figure | None:
    return None if count is None else Figure(count.value, "count", basis, count.source)


def _average(tally: Tally, ended_s: float) -> Figure | None:
    presence, peak = tally.presence(0, ended_s), tally.peak()
    if presence.mean is None or peak is None:
        return None
    gap_s = round(presence.gap_s)
    basis = "time-weighted mean of concurrent viewers" + (f", {gap_s} s without a reading left out" if gap_s else "")
    return Figure(presence.mean, "viewers", basis, peak.source)


def _peak(peak: Count | None) -> Figure | None:
    return None if peak is None else Figure(peak.value, "viewers", "maximum of concurrent viewers", peak.source)


def _money(amount: Amount | None, basis: str) -> Figure | None:
    return None if amount is None else Figure(amount.value, amount.value.currency, basis, amount.source)


def _money_per(amount: Amount | None, count: Count | None, basis: str, *, times: int = 1) -> Figure | None:
    if amount is None or count is None or count.value <= 0:
        return None
    value = (amount.value * times).per(count.value)
    return Figure(value, value.currency, basis, _joined(amount.source, count.source))


def _money_per_hour(amount: Amount | None, on_air_s: float) -> Figure | None:
    if amount is None or on_air_s <= 0:
        return None
    value = (amount.value * 3600).per(Decimal(on_air_s))
    return Figure(value, value.currency, "gmv_gross / hours on air", amount.source)


def _ratio(part: Count | None, whole: Count | None, basis: str) -> Figure | None:
    if part is None or whole is None or whole.value <= 0:
        return None
    value = (Decimal(part.value) / whole.value).quantize(_RATIO, ROUND_HALF_EVEN)
    return Figure(value, "ratio", basis, _joined(part.source, whole.source))


def _duration(watched: Count | None, viewers: Count | None) -> Figure | None:
    if watched is None or viewers is None or viewers.value <= 0:
        return None
    value = (Decimal(watched.value) / viewers.value).quantize(_SECOND, ROUND_HALF_EVEN)
    return Figure(value, "s", "total watch time / viewers", _joined(watched.source, viewers.source))


def _sum(counts: list[Count | None]) -> Count | None:
    """None as soon as one of them is: a sum without it would be another figure."""
    known = [count for count in counts if count is not None]
    if len(known) < len(counts):
        return None
    return Count(sum(count.value for count in known), _joined(*(count.source for count in known)))


def _joined(*sources: str) -> str:
    return "+".join(sorted({name for source in sources for name in source.split("+")}))
