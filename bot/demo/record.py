"""Writes the bundled recording of the demo evening: `python -m bot.demo.record` makes the same bytes every time."""

from __future__ import annotations

import gzip
import io
import json
import math
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.core.money import Money
from bot.demo import chatter, evening
from bot.demo.crowd import Crowd, Shop
from bot.demo.goods import CURRENCY, PRODUCTS, ROOM, facts
from bot.demo.noise import Noise, exp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.demo.crowd import Order

FOLDER = Path(__file__).parent
RECORDING = FOLDER / "us_evening.jsonl.gz"
LABELS = FOLDER / "us_evening.labels.json"

SEED = 43600
"""One of many tried: its noise alone makes no dip that could be taken for a cold spell, which real rooms do have."""
STEPS = evening.LENGTH_S // evening.STEP_S
VIEWERS = 600
COMMENTS_PER_MIN = 45.0
STAY_S = 500.0
CLICKS_PER_VIEWER_MIN = 0.031
ORDERS_PER_CLICK = 0.095

UNPAID = frozenset(range(20, 300, 45))
PAID_LATER = frozenset(range(5, 300, 12))
"""Orders by the number of their making."""
LATE_ORDERS_S = (412, 1275, 2218)
LATE_CANCELLATION_S = 39_900
LATE_REFUNDS_S = (21_300, 63_100)

Line = dict[str, Any]


@dataclass(slots=True)
class Tape:
    """Lines in the order of their making; `t` in hundredths of a second, so that times are exact."""

    lines: list[tuple[int, Line]] = field(default_factory=list)

    def add(self, at_s: float, kind: str, n: int | None = None, **fields: Any) -> None:
        line = {"kind": kind} | ({} if n is None else {"n": n}) | fields
        self.lines.append((int(at_s * 100), line))

    def in_order(self) -> list[tuple[int, Line]]:
        """By time; lines of one instant stay in the order of their making."""
        return sorted(self.lines, key=lambda timed: timed[0])


def _viewers() -> list[float]:
    slow = Noise(SEED + 1).drift(STEPS, sd=0.05, tau_s=1500, step_s=evening.STEP_S)
    quick = Noise(SEED + 2).drift(STEPS, sd=0.025, tau_s=60, step_s=evening.STEP_S)
    return [VIEWERS * evening.viewers(_middle(i)) * exp(slow[i] + quick[i]) for i in range(STEPS)]


def _middle(step: int) -> float:
    return (step + 0.5) * evening.STEP_S


def _at(noise: Noise, step: int) -> float:
    return step * evening.STEP_S + noise.uniform(0, evening.STEP_S)


def _people(tape: Tape, viewers: list[float]) -> None:
    """Entries, comments, likes, shares, follows and the gauge."""
    noise, likes_noise, words, door = Noise(SEED + 3), Noise(SEED + 4), Noise(SEED + 5), Noise(SEED + 11)
    crowd = Crowd(Noise(SEED + 6))
    hostile: dict[int, list[str]] = {}
    for typed_s, text in chatter.HOSTILE:
        hostile.setdefault(typed_s // evening.STEP_S, []).append(text)
    quick = noise.drift(STEPS, sd=0.2, tau_s=60, step_s=evening.STEP_S)
    slow = noise.drift(STEPS, sd=0.08, tau_s=1200, step_s=evening.STEP_S)
    warmth = likes_noise.drift(STEPS, sd=0.3, tau_s=90, step_s=evening.STEP_S)
    for step, here in enumerate(viewers):
        t_s, start_s = _middle(step), step * evening.STEP_S
        growth = max(0.0, here - viewers[step - 1]) if step else here
        for _ in range(door.poisson(here * evening.STEP_S / STAY_S + growth * 0.5)):
            tape.add(_at(door, step), "view", 1 + door.chance(0.06), user=crowd.enter())
        crowd.leave_until(round(here))
        tape.add(start_s + 2, "concurrent", max(0, round(here + 0.6 * math.sqrt(here) * noise.normal())))
        share = here / VIEWERS * exp(quick[step] + slow[step] - 0.0232)
        mean = COMMENTS_PER_MIN / 6 * share * evening.chatting(t_s)
        for _ in range(noise.poisson(mean * noise.gamma(6))):
            at_s = _at(noise, step)
            tape.add(at_s, "comment", 1, text=chatter.line(words, at_s), user=crowd.talker())
        for text in hostile.get(step, ()):
            tape.add(_at(words, step), "comment", 1, text=text, user=crowd.somebody())
        liked = COMMENTS_PER_MIN * here / VIEWERS * evening.liking(t_s) * exp(warmth[step])
        if likes := likes_noise.poisson(liked * likes_noise.gamma(4)):
            tape.add(start_s + 6, "like", likes)
        for kind, per_viewer_min in (("share", 0.0016), ("follow", 0.0026)):
            for _ in range(likes_noise.poisson(here * per_viewer_min / 6)):
                tape.add(_at(likes_noise, step), kind, 1, user=crowd.somebody())


def _sales(tape: Tape, viewers: list[float]) -> None:
    """Product clicks, carts and orders."""
    noise = Noise(SEED + 7)
    shop = Shop(Noise(SEED + 8))
    wiggle = noise.drift(STEPS, sd=0.2, tau_s=120, step_s=evening.STEP_S)
    for step, here in enumerate(viewers):
        t_s = _middle(step)
        mean = here * CLICKS_PER_VIEWER_MIN / 6 * evening.clicking(t_s) * exp(wiggle[step])
        clicks = Counter(_clicked(noise, t_s) for _ in range(noise.poisson(mean)))
        carts = Counter[str]()
        for sku, n in sorted(clicks.items()):
            tape.add(step * evening.STEP_S + 7, "product_click", n, sku=sku)
            carts[sku] += sum(noise.chance(0.2) for _ in range(n))
            probability = ORDERS_PER_CLICK * evening.buying(t_s)
            for _ in range(sum(noise.chance(probability) for _ in range(n))):
                shop.sell(_at(noise, step), sku)
        for sku, n in sorted(carts.items()):
            if n:
                tape.add(step * evening.STEP_S + 8, "add_to_cart", n, sku=sku)
    _order_lines(tape, noise, shop)
    _late_lines(tape, noise, shop)


def _clicked(noise: Noise, t_s: float) -> str:
    """Mostly the pinned product, then the ones shown before it; ahead of the first release anything in the bag."""
    shown = [sku for at_s, sku in evening.RELEASES if t_s >= at_s] or [sku for _, sku in evening.RELEASES]
    pinned = evening.released(t_s)
    return pinned if pinned and noise.chance(0.75) else noise.pick(shown)


def _order_lines(tape: Tape, noise: Noise, shop: Shop) -> None:
    """Most orders arrive paid; some are placed first and paid later, a few are cancelled unpaid, one comes back."""
    for number, order in enumerate(shop.orders):
        later_s = order.at_s + noise.uniform(15, 55)
        cancelled_s = order.at_s + noise.uniform(180, 420)
        if number in UNPAID and _apart(cancelled_s):
            _order(tape, order, "created")
            _order(tape, order, "cancelled", cancelled_s)
        elif number in PAID_LATER and _apart(later_s):
            _order(tape, order, "created")
            _order(tape, order, "paid", later_s)
        else:
            _order(tape, order, "paid")
    _refund(tape, shop.orders[22], shop.orders[22].gmv, 7937.4)


def _apart(at_s: float) -> bool:
    """Inside the show and outside the stall, during which no order line may come."""
    return at_s < evening.LENGTH_S and not evening.STALL.covers(at_s)


def _late_lines(tape: Tape, noise: Noise, shop: Shop) -> None:
    """What makes the settled summary differ from the provisional one."""
    end_s = evening.LENGTH_S
    returned, partly, withdrawn = shop.orders[61], shop.orders[118], shop.orders[150]
    for after_s, sku in zip(LATE_ORDERS_S, ("HM-STEAM-1", "HM-MIST-120", "DW-SERUM-30"), strict=True):
        if order := shop.sell(end_s + after_s + noise.uniform(), sku):
            _order(tape, order, "paid")
    _refund(tape, returned, returned.gmv, end_s + LATE_REFUNDS_S[0])
    _order(tape, withdrawn, "cancelled", end_s + LATE_CANCELLATION_S)
    _refund(tape, partly, Money.parse("5.00", CURRENCY), end_s + LATE_REFUNDS_S[1])


def _order(tape: Tape, order: Order, status: str, at_s: float | None = None) -> None:
    money = {"gmv": f"{order.gmv.amount:f}", "currency": CURRENCY}
    when_s = order.at_s if at_s is None else at_s
    tape.add(when_s, "order", 1, sku=order.sku, order_id=order.order_id, status=status, **money)


def _refund(tape: Tape, order: Order, gmv: Money, at_s: float) -> None:
    tape.add(at_s, "refund", 1, gmv=f"{gmv.amount:f}", currency=CURRENCY, order_id=order.order_id)


def _stream(tape: Tape) -> None:
    """Start, end, picture quality and the pinned links."""
    noise = Noise(SEED + 9)
    tape.add(0, "stream", state="started")
    slow = noise.drift(STEPS, sd=0.03, tau_s=300, step_s=evening.STEP_S)
    for step in range(STEPS):
        kbps = round(4500 * exp(slow[step] + 0.03 * noise.normal()))
        drop = round(0.002 * noise.exponential(), 4)
        rtt_ms = round(172 + 6 * noise.exponential() + 60 * slow[step])
        tape.add(step * evening.STEP_S + 4, "quality", kbps, drop=drop, rtt_ms=rtt_ms)
    pinned = None
    for at_s, sku in evening.RELEASES:
        when_s = at_s + noise.uniform(4, 12)
        if pinned:
            tape.add(when_s, "pin", sku=pinned, state="removed")
        tape.add(when_s, "pin", sku=sku, state="released")
        pinned = sku
    tape.add(evening.LENGTH_S, "stream", state="ended")


class Totals:
    """The platform's own cumulative figures: what the lines before it add up to, reported once a minute."""

    PERIOD = 6000

    def __init__(self) -> None:
        self._noise = Noise(SEED + 10)
        self._counts = Counter[str]()
        self._users: set[str] = set()
        self._prices = {product.sku: product.price for product in PRODUCTS}
        self._gmv = Money(0, CURRENCY)

    def see(self, line: Line) -> None:
        kind, n = line["kind"], line.get("n", 0)
        self._counts[kind] += n
        if kind == "view":
            self._users.add(line["user"])
            self._counts["impression"] += n * 6 + self._noise.below(6)
        elif kind == "product_click":
            self._counts["product_impression"] += n * 8 + self._noise.below(8)
        elif kind == "concurrent":
            self._counts["watch_s"] += n * evening.STEP_S
        elif kind == "order" and line["status"] == "paid":
            gmv = Money.parse(line["gmv"], CURRENCY)
            self._gmv += gmv
            self._counts["paid"] += 1
            self._counts["items"] += gmv.minor // self._prices[line["sku"]].minor

    def line(self) -> Line:
        names = {
            "views": "view", "impressions": "impression", "product_impressions": "product_impression",
            "product_clicks": "product_click", "comments": "comment", "likes": "like", "shares": "share",
            "follows": "follow", "orders": "paid", "items": "items", "watch_s": "watch_s",
        }  # fmt: skip
        counts = {name: self._counts[kind] for name, kind in names.items()}
        gmv = {"gmv": f"{self._gmv.amount:f}", "currency": CURRENCY}
        return {"kind": "totals", "viewers": len(self._users)} | counts | gmv


def _with_totals(timed: list[tuple[int, Line]]) -> Iterator[tuple[int, Line]]:
    totals, due = Totals(), Totals.PERIOD
    for at, line in timed:
        while due <= min(at, evening.LENGTH_S * 100):
            yield due, totals.line()
            due += Totals.PERIOD
        totals.see(line)
        yield at, line


def lines() -> Iterator[Line]:
    """The whole recording, its meta line first."""
    meta = {"room": ROOM, "market": "US", "zone": "America/New_York", "currency": CURRENCY, "language": "en"}
    yield {"meta": meta | {"start": evening.START, "products": [facts(product) for product in PRODUCTS]}}
    tape, viewers = Tape(), _viewers()
    _stream(tape)
    _people(tape, viewers)
    _sales(tape, viewers)
    for number, (at, line) in enumerate(_with_totals(tape.in_order()), 1):
        yield {"id": f"r-{number:06}", "t": at / 100} | line


def text() -> bytes:
    """The recording before it is packed: one JSON object a line."""
    return b"".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for line in lines())


def packed(content: bytes) -> bytes:
    """Gzip without a time or a file name. GzipFile, because gzip.compress writes the platform into the header."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as file:
        file.write(content)
    return buffer.getvalue()


def write(recording: Path = RECORDING, labels: Path = LABELS) -> int:
    """Writes both files and answers the recording's number of lines.

    A recording that already says the same is left alone: another build of zlib may pack the same text differently.
    """
    content = text()
    if not recording.exists() or gzip.decompress(recording.read_bytes()) != content:
        recording.write_bytes(packed(content))
    labels.write_text(json.dumps(evening.labels(), indent=1) + "\n", encoding="utf-8", newline="\n")
    return content.count(b"\n")


if __name__ == "__main__":
    sys.stdout.write(f"{RECORDING.name}: {write()} lines\n")
