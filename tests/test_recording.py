"""The bundled recording: the script writes it, every line is a signal, and what the labels say is what happens."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import os
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo import chatter, evening, record
from bot.demo.goods import PRODUCTS
from bot.demo.noise import Noise, exp

SKUS = {product.sku for product in PRODUCTS}
NEEDED = {
    "comment": {"n", "text", "user"},
    "concurrent": {"n"},
    "view": {"n", "user"},
    "like": {"n"},
    "share": {"n", "user"},
    "follow": {"n", "user"},
    "product_click": {"n", "sku"},
    "add_to_cart": {"n", "sku"},
    "order": {"n", "gmv", "currency", "sku", "order_id", "status"},
    "refund": {"n", "gmv", "currency", "order_id"},
    "quality": {"n", "drop", "rtt_ms"},
    "stream": {"state"},
    "pin": {"sku", "state"},
    "totals": {
        *("views", "viewers", "impressions", "product_impressions", "product_clicks", "comments", "likes", "shares"),
        *("follows", "orders", "items", "gmv", "currency", "watch_s"),
    },
}
END = evening.LENGTH_S


@pytest.fixture(scope="module")
def content():
    return gzip.decompress(record.RECORDING.read_bytes())


@pytest.fixture(scope="module")
def meta(content):
    return json.loads(content.split(b"\n", 1)[0])["meta"]


@pytest.fixture(scope="module")
def lines(content):
    return [json.loads(line) for line in content.splitlines()[1:]]


@pytest.fixture(scope="module")
def by_kind(lines):
    found = {kind: [] for kind in NEEDED}
    for line in lines:
        found[line["kind"]].append(line)
    return found


def counted(lines, start_s, end_s):
    return sum(line.get("n", 1) for line in lines if start_s <= line["t"] < end_s)


def per_viewer(by_kind, *spans):
    """Comments per viewer and gauge reading."""
    comments = sum(counted(by_kind["comment"], *span) for span in spans)
    return comments / sum(counted(by_kind["concurrent"], *span) for span in spans)


def paid(by_kind):
    """Paid orders by id, at the time they were first placed."""
    placed, found = {}, {}
    for line in by_kind["order"]:
        placed.setdefault(line["order_id"], line["t"])
        if line["status"] == "paid":
            found[line["order_id"]] = line | {"placed": placed[line["order_id"]]}
    return found


class TestWriting:
    def test_the_script_writes_what_is_bundled(self, content):
        assert content == record.text()

    def test_neither_hash_seed_nor_time_zone_nor_locale_matter(self, content):
        code = "import hashlib; from bot.demo import record; print(hashlib.sha256(record.text()).hexdigest())"
        env = os.environ | {"PYTHONHASHSEED": "77", "TZ": "Asia/Shanghai", "LC_ALL": "C"}
        ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        assert hashlib.sha256(content).hexdigest() == ran.stdout.strip()

    def test_writing_again_gives_the_same_bytes_without_time_or_name(self, tmp_path, content):
        paths = [(tmp_path / f"{n}.jsonl.gz", tmp_path / f"{n}.json") for n in "ab"]
        counts = {record.write(*pair) for pair in paths}
        assert {content.count(b"\n")} == counts
        assert paths[0][0].read_bytes() == paths[1][0].read_bytes()
        assert record.LABELS.read_bytes() == paths[0][1].read_bytes() == paths[1][1].read_bytes()
        assert bytes.fromhex("1f8b08 00 00000000 02 ff") == paths[0][0].read_bytes()[:10]

    def test_the_same_text_packed_by_another_zlib_is_left_alone(self, tmp_path, content):
        path = tmp_path / "r.jsonl.gz"
        other = gzip.compress(content, compresslevel=1, mtime=0)
        path.write_bytes(other)
        record.write(path, tmp_path / "l.json")
        assert other == path.read_bytes()

    def test_another_text_is_replaced(self, tmp_path, content):
        path = tmp_path / "r.jsonl.gz"
        path.write_bytes(gzip.compress(b"{}\n"))
        record.write(path, tmp_path / "l.json")
        assert content == gzip.decompress(path.read_bytes())

    def test_size(self, lines):
        assert record.RECORDING.stat().st_size < 400_000
        assert 20_000 < len(lines) < 25_500


class TestLines:
    def test_each_has_the_fields_of_its_kind_and_no_other(self, lines):
        wrong = [line for line in lines if {"id", "t", "kind"} | NEEDED[line["kind"]] != set(line)]
        assert wrong == []

    def test_values_are_in_range(self, lines):
        states = {"stream": {"started", "ended"}, "pin": {"released", "removed"}}
        for line in lines:
            kind = line["kind"]
            assert all(type(line[name]) is int and line[name] >= 0 for name in ("n", "rtt_ms") if name in line)
            assert line.get("sku") in SKUS | {None}
            assert line.get("currency") in {"USD", None}
            assert line.get("status") in {"created", "paid", "cancelled", None}
            assert line.get("state") in states.get(kind, {None})
            assert 0 <= line.get("drop", 0) <= 1
            assert kind == "concurrent" or line.get("n", 1) > 0
            assert 0 < len(line.get("text", "x")) <= 2000
            assert all(isinstance(line[name], str) for name in ("gmv", "user", "order_id") if name in line)
            if "gmv" in line:
                assert Decimal(line["gmv"]).as_tuple().exponent == -2

    def test_ids_are_unique_and_times_never_go_back(self, lines):
        assert [f"r-{n:06}" for n in range(1, len(lines) + 1)] == [line["id"] for line in lines]
        times = [line["t"] for line in lines]
        assert sorted(times) == times
        assert all(round(t, 2) == t for t in times)

    def test_stream_starts_first_and_nothing_but_money_comes_after_the_end(self, lines, by_kind):
        assert [(line["t"], line["state"]) for line in by_kind["stream"]] == [(0, "started"), (END, "ended")]
        assert lines[0]["kind"] == "stream"
        late = lines[lines.index(by_kind["stream"][-1]) + 1 :]
        assert Counter(order=4, refund=2) == Counter(line["kind"] for line in late)

    def test_gauge_and_quality_come_every_ten_seconds(self, by_kind):
        for kind in ("concurrent", "quality"):
            assert list(range(END // 10)) == [int(line["t"] // 10) for line in by_kind[kind]]

    def test_totals_say_each_minute_what_the_lines_before_add_up_to(self, lines, by_kind):
        assert [60 * n for n in range(1, END // 60 + 1)] == [line["t"] for line in by_kind["totals"]]
        counts, users, gmv = Counter(), set(), Decimal(0)
        last = Counter()
        for line in lines:
            if line["kind"] == "totals":
                names = ("view", "product_click", "comment", "like", "share", "follow", "order")
                assert [counts[name] for name in names] == [line[f"{name}s"] for name in names]
                assert (len(users), gmv, counts["concurrent"] * 10) == (
                    line["viewers"],
                    Decimal(line["gmv"]),
                    line["watch_s"],
                )
                assert line["views"] <= line["impressions"]
                assert line["product_clicks"] <= line["product_impressions"]
                assert line["orders"] <= line["items"]
                assert all(line[name] >= last[name] for name in ("impressions", "product_impressions", "items"))
                last = line
            elif line["kind"] != "order" or line["status"] == "paid":
                counts[line["kind"]] += line.get("n", 0)
                users |= {line["user"]} if line["kind"] == "view" else set()
                gmv += Decimal(line["gmv"]) if line["kind"] == "order" else 0

    def test_meta_names_the_show_and_knows_every_product_fact(self, meta):
        assert tuple(meta[name] for name in ("room", "market", "zone", "currency", "language")) == (
            "us_main",
            "US",
            "America/New_York",
            "USD",
            "en",
        )
        start = datetime.fromisoformat(meta["start"])
        local = start.astimezone(ZoneInfo("America/New_York"))
        assert (4, 20, 0, start.utcoffset()) == (local.weekday(), local.hour, local.minute, local.utcoffset())
        assert local.utcoffset() != (local + timedelta(days=2)).utcoffset()
        assert [product.sku for product in PRODUCTS] == [product["sku"] for product in meta["products"]]
        for product in meta["products"]:
            assert 0 < Decimal(product["price"]) < Decimal(product["list_price"])
            assert product["stock"] >= 20
            assert product["limit_per_buyer"] >= 1
            assert product["warranty_days"] > 0
            assert product["name"]
            assert product["ships_from"]
            assert len(product["selling_points"]) == 3
        assert any(product["gifts"] for product in meta["products"])


class TestEvening:
    def test_labels_name_the_four_happenings(self):
        labels = json.loads(record.LABELS.read_text(encoding="utf-8"))
        assert [(label["kind"], label["start"], label["end"], label["factor"]) for label in labels["labels"]] == [
            ("lull", 2700, 3300, 0.45),
            ("giveaway", 4110, 4500, 5),
            ("cold", 5520, 6000, 0.3),
            ("stall", 6600, 7100, 0),
        ]
        assert (labels["seconds"], labels["room"]) == (END, "us_main")

    def test_the_room_is_as_busy_as_meant(self, by_kind):
        gauge = [line["n"] for line in by_kind["concurrent"]]
        assert 500 < sum(gauge) / len(gauge) < 620
        assert gauge[0] < 0.35 * max(gauge)
        assert gauge[-1] < 0.7 * max(gauge)
        assert 7000 <= len(by_kind["comment"]) <= 9000
        assert 600 * per_viewer(by_kind, (900, 2700)) * 6 == pytest.approx(45, rel=0.15)

    def test_cold_spell(self, by_kind):
        usual = per_viewer(by_kind, (4700, 5520), (6240, 7800))
        assert per_viewer(by_kind, (5520, 6000)) / usual == pytest.approx(0.3, abs=0.05)
        assert per_viewer(by_kind, (6000, 6240)) > 0.9 * usual

    def test_in_the_lull_viewers_leave_and_comments_only_follow_them(self, by_kind):
        before = counted(by_kind["concurrent"], 2460, 2700) / 24
        assert counted(by_kind["concurrent"], 2890, 3110) / 22 / before == pytest.approx(0.45, abs=0.07)
        assert counted(by_kind["concurrent"], 3300, 3540) / 24 > 0.85 * before
        usual = per_viewer(by_kind, (1500, 2700), (3300, 4050))
        assert per_viewer(by_kind, (2700, 3300)) / usual == pytest.approx(1, abs=0.15)
        assert counted(by_kind["comment"], 2880, 3120) < 0.65 * counted(by_kind["comment"], 2460, 2700)

    def test_giveaway_burst_and_its_quick_end(self, by_kind):
        usual = per_viewer(by_kind, (3300, 4050), (4650, 5520))
        assert per_viewer(by_kind, (4110, 4500)) / usual == pytest.approx(5, rel=0.2)
        assert per_viewer(by_kind, (4650, 4950)) / usual == pytest.approx(1, abs=0.25)

    def test_no_other_three_minutes_look_cold(self, by_kind):
        usual = per_viewer(by_kind, (900, 4050), (4700, 5520), (6240, END))
        starts = [s for s in range(900, END - 179, 10) if not 5340 < s < 6000]
        assert min(per_viewer(by_kind, (s, s + 180)) for s in starts) > 0.55 * usual

    def test_stall_keeps_clicks_and_stops_orders(self, by_kind):
        assert [line for line in by_kind["order"] if 6600 <= line["t"] < 7100] == []
        before = counted(by_kind["product_click"], 5310, 6600) / 1290
        assert counted(by_kind["product_click"], 6600, 7100) / 500 > 0.65 * before
        assert len([t for line in paid(by_kind).values() if 7100 <= (t := line["t"]) < 7600]) >= 15

    def test_pins_follow_the_releases(self, by_kind):
        released = [line for line in by_kind["pin"] if line["state"] == "released"]
        assert [sku for _, sku in evening.RELEASES] == [line["sku"] for line in released]
        assert all(4 <= line["t"] - at_s <= 12 for line, (at_s, _) in zip(released, evening.RELEASES, strict=True))
        removed = [line for line in by_kind["pin"] if line["state"] == "removed"]
        assert [line["sku"] for line in released[:-1]] == [line["sku"] for line in removed]
        assert [line["t"] for line in released[1:]] == [line["t"] for line in removed]

    def test_viewers_click_and_buy_more_after_a_release(self, by_kind):
        orders = list(paid(by_kind).values())
        for lines, least in ((by_kind["product_click"], 1.3), (orders, 1.3)):
            after = sum(counted(lines, at_s, at_s + 180) for at_s, _ in evening.RELEASES)
            before = sum(counted(lines, at_s - 180, at_s) for at_s, _ in evening.RELEASES)
            assert after > least * before


class TestTrade:
    def test_orders_and_gmv_are_plausible(self, by_kind):
        orders = paid(by_kind).values()
        assert 180 <= len(orders) <= 260
        assert 4_000 < sum(Decimal(line["gmv"]) for line in orders) < 9_000

    def test_lines_cost_whole_items_within_limit_and_stock(self, by_kind):
        products = {product.sku: product for product in PRODUCTS}
        sold = Counter()
        for line in paid(by_kind).values():
            items = Decimal(line["gmv"]) / products[line["sku"]].price.amount
            assert items in range(1, products[line["sku"]].limit_per_buyer + 1)
            sold[line["sku"]] += int(items)
        assert all(sold[sku] <= product.stock for sku, product in products.items())
        assert set(sold) == SKUS

    def test_some_are_paid_later_and_a_few_cancelled_unpaid(self, by_kind):
        statuses = {}
        for line in by_kind["order"]:
            statuses.setdefault(line["order_id"], []).append(line["status"])
        ways = Counter(map(tuple, statuses.values()))
        assert set(ways) == {("paid",), ("created", "paid"), ("created", "cancelled"), ("paid", "cancelled")}
        assert ways["created", "paid"] >= 5
        assert 3 <= ways["created", "cancelled"] <= 8
        assert ways["paid", "cancelled"] == 1

    def test_late_lines_make_the_settled_summary_differ(self, by_kind):
        orders = paid(by_kind)
        late = [line for line in by_kind["order"] if line["t"] > END]
        assert [line["status"] for line in late] == ["paid", "paid", "paid", "cancelled"]
        assert all(line["t"] <= END + 2400 for line in late[:3])
        assert late[3]["t"] <= END + 72_000
        assert orders[late[3]["order_id"]]["t"] < END
        refunds = by_kind["refund"]
        assert [END < line["t"] <= END + 72_000 for line in refunds] == [False, True, True]
        for line in refunds:
            order = orders[line["order_id"]]
            assert order["t"] < line["t"]
            assert 0 < Decimal(line["gmv"]) <= Decimal(order["gmv"])
        assert len({line["order_id"] for line in [late[3], *refunds]}) == 4


class TestPeople:
    def test_everybody_who_comments_came_in_first_and_some_comment_often(self, lines):
        inside, comments = set(), Counter()
        for line in lines:
            if line["kind"] == "view":
                inside.add(line["user"])
            elif line["kind"] == "comment":
                comments[line["user"]] += 1
        assert set(comments) <= inside
        assert max(comments.values()) >= 8
        assert 1000 < len(comments) < len(inside) / 2

    def test_hostile_comments_are_in_it(self, by_kind):
        said = {line["text"]: line["t"] for line in by_kind["comment"]}
        assert len(chatter.HOSTILE) == 20
        for at_s, text in chatter.HOSTILE:
            assert at_s - 10 < said[text] < at_s + 10

    def test_talk_is_varied(self, by_kind):
        texts = Counter(line["text"] for line in by_kind["comment"])
        assert len(texts) > 800
        assert texts.most_common(1)[0][1] < 0.03 * texts.total()
        assert sum(count for text, count in texts.items() if "?" in text) > 0.25 * texts.total()


class TestNoise:
    @given(st.floats(-12, 12))
    def test_exp(self, x):
        assert exp(x) == pytest.approx(math.exp(x), rel=1e-8)

    @given(st.integers(0, 2**32), st.integers(1, 40))
    def test_draws_stay_in_range(self, seed, n):
        noise = Noise(seed)
        assert 0 <= noise.below(n) < n
        assert noise.exponential() >= 0
        assert noise.poisson(n / 10) >= 0
        assert -6 <= noise.normal() <= 6

    @pytest.mark.parametrize(
        ("draw", "mean", "variance"),
        [
            (Noise.normal, 0, 1),
            (Noise.exponential, 1, 1),
            (lambda noise: noise.gamma(4), 1, 0.25),
            (lambda noise: noise.poisson(7.5), 7.5, 7.5),
        ],
    )
    def test_moments(self, draw, mean, variance):
        noise, n = Noise(1), 6000
        values = [draw(noise) for _ in range(n)]
        found = math.fsum(values) / n
        assert found == pytest.approx(mean, abs=5 * math.sqrt(variance / n))
        assert math.fsum((v - found) ** 2 for v in values) / n == pytest.approx(variance, rel=0.15)

    def test_drift_has_its_spread_and_memory(self):
        values = Noise(3).drift(20_000, sd=0.4, tau_s=60, step_s=10)
        square = math.fsum(v * v for v in values) / len(values)
        lagged = math.fsum(a * b for a, b in zip(values, values[6:], strict=False)) / len(values)
        assert math.sqrt(square) == pytest.approx(0.4, rel=0.1)
        assert lagged / square == pytest.approx(math.exp(-1), abs=0.1)
