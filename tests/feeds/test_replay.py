import gzip
import itertools
import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.errors import ShowcallerError, StartError
from bot.core.facts import PromptLine
from bot.core.money import Money
from bot.core.reply import Span
from bot.core.rules.cold_room import RING_AT
from bot.feeds.replay import FILES, replay_files

META = {
    "room": "us_main",
    "zone": "America/New_York",
    "currency": "USD",
    "language": "en",
    "start": "2027-03-12T20:00:00-05:00",
    "products": [
        {"sku": "mug", "name": "Steel mug", "price": "19.90", "selling_points": ["keeps hot for 8 h"], "stock": 40}
    ],
}


class PlainWriter:
    """Words without a catalogue; remembers what it was asked."""

    def __init__(self, *, chart=None):
        self.facts, self.used, self.stories = [], [], []
        self.picture = chart

    def say(self, text):
        params = (
            f"{name}={value.seconds if isinstance(value, Span) else value}" for name, value in text.params.items()
        )
        return f"{text.key} {' '.join(params)}"

    def prompts(self, facts, used):
        self.facts.append(facts)
        self.used.append(used)
        name = facts.product.name if facts.product else "it"
        return [
            PromptLine(f"line{len(used) + place}", tactic, f"Ask about {name} ({len(used)})", facts.language, None)
            for place, tactic in enumerate(("self_qa", "low_threshold_question"))
        ]

    def summarise(self, story):
        self.stories.append(story)
        orders = story.figures["orders"]
        return {"room": story.room.slug, "orders": orders and orders.value}, f"# {story.title}\n"

    def chart(self, story):
        return self.picture


def recording(seed=1, *, meta=META, minutes=70, spells=((30, 38, 0.1),), silent=(), gauge=True):
    """Lines of a made-up session, about 45 comments a minute; `spells` and `silent` in minutes."""
    rng = random.Random(seed)
    lines = [] if meta is None else [{"meta": meta}]
    lines.append({"t": 0.0, "kind": "stream", "state": "started"})
    for tick in range(minutes * 6):
        at, minute = tick * 10, tick / 6
        if any(start <= minute < end for start, end in silent):
            continue
        if gauge:
            lines.append({"t": at, "kind": "concurrent", "n": rng.randint(380, 420)})
        if tick == 60:
            lines.append({"t": at, "kind": "pin", "sku": "mug", "state": "released"})
        factor = next((share for start, end, share in spells if start <= minute < end), 1.0)
        seconds = sorted(rng.uniform(0, 10) for _ in range(10) if rng.random() < 0.75 * factor)
        lines += [{"t": round(at + second, 2), "kind": "comment", "n": 1} for second in seconds]
        if tick % 12 == 0:
            lines.append({"t": at + 9.999, "kind": "order", "n": 1, "gmv": "19.90", "sku": "mug"})
    return lines


def save(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(json.dumps(line) + "\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def read(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def play(tmp_path, lines, writer=None, **how):
    source = save(tmp_path / "in" / "show.jsonl", lines)
    replay_files([source], tmp_path / "out", room=None, writer=writer or PlainWriter(), **how)
    return tmp_path / "out" / "show"


def test_a_spell_is_written_with_its_prompts_and_its_nudge(tmp_path):
    writer = PlainWriter()
    folder = play(tmp_path, recording(), writer)
    [alert] = read(folder / "alerts.jsonl")
    assert list(alert) == ["kind", "opened_s", "resolved_s", "reason", "evidence", "prompts"]
    assert alert["kind"] == "cold_room"
    assert 1800 < alert["opened_s"] <= 1800 + 240
    assert 2280 < alert["resolved_s"] <= 2280 + 180
    assert alert["reason"].startswith("alert.cold_room.reason n=")
    assert alert["prompts"][0] == {
        "tactic": "self_qa",
        "text": "Ask about Steel mug (0)",
        "language": "en",
        "gloss": None,
    }
    assert read(folder / "nudges.jsonl") == [
        {"t": alert["opened_s"], "to": "host", "kind": "alert", "text": "Ask about Steel mug (0)"}
    ]
    [facts] = writer.facts
    assert facts.product.price == Money(1990, "USD")
    assert facts.now.isoformat() == f"2027-03-13T01:{alert['opened_s'] // 60:02}:{alert['opened_s'] % 60:02}+00:00"


def test_states_cover_the_session(tmp_path):
    states = read(play(tmp_path, recording()) / "states.jsonl")
    for rule in ("no_data", "cold_room"):
        own = [state for state in states if state["rule"] == rule]
        assert (own[0]["from_s"], own[0]["state"]) == (0, "warming")
        assert 4190 <= own[-1]["to_s"] <= 4200
        assert all(one["to_s"] == two["from_s"] for one, two in itertools.pairwise(own))
    cold = [(state["state"], state["from_s"]) for state in states if state["rule"] == "cold_room"]
    assert cold == [("warming", 0), ("judging", 600)]


def test_a_silent_source_is_no_data_without_prompts_for_the_host(tmp_path):
    folder = play(tmp_path, recording(spells=(), silent=((30, 40),)))
    [alert] = read(folder / "alerts.jsonl")
    assert (alert["kind"], alert["prompts"]) == ("no_data", [])
    assert 1860 <= alert["opened_s"] <= 1870
    assert alert["resolved_s"] == 2410
    assert read(folder / "nudges.jsonl") == []


def test_lines_offered_before_are_told_to_the_next_prompt(tmp_path):
    writer = PlainWriter()
    folder = play(tmp_path, recording(spells=((20, 26, 0.05), (45, 52, 0.05))), writer)
    assert len(read(folder / "alerts.jsonl")) == 2
    assert writer.used == [(), ("line0", "line1")]


def test_the_story_holds_what_happened(tmp_path):
    writer = PlainWriter()
    folder = play(tmp_path, recording(), writer)
    [story] = writer.stories
    assert story.figures["orders"].value == 35
    assert story.figures["gmv_gross"].value == Money(35 * 1990, "USD")
    assert story.figures["views"] is None
    assert [row.sku for row in story.products] == ["mug"]
    assert story.products[0].name == "Steel mug"
    assert [(alert.kind, alert.orders_next_10min) for alert in story.alerts] == [("cold_room", 5)]
    assert story.alerts[0].prompts[0].state == "offered"
    assert [release.t_s for release in story.releases] == [600]
    assert len(story.timeline.orders) == 70
    assert json.loads((folder / "summary.json").read_text()) == {"room": "us_main", "orders": 35}
    assert (folder / "summary.md").read_text() == "# show\n"
    assert not (folder / "chart.png").exists()


def test_a_chart_is_written_when_one_is_drawn(tmp_path):
    folder = play(tmp_path, recording(minutes=12, spells=()), PlainWriter(chart=b"PNG"))
    assert (folder / "chart.png").read_bytes() == b"PNG"


def test_the_same_input_writes_the_same_bytes(tmp_path):
    lines = recording(spells=((20, 26, 0.05), (45, 52, 0.05)))
    one, two = play(tmp_path / "a", lines), play(tmp_path / "b", lines)
    names = [name for name in FILES if name != "chart.png"]
    assert [(one / name).read_bytes() for name in names] == [(two / name).read_bytes() for name in names]


def test_gzip_reads_the_same(tmp_path):
    lines = recording()
    packed = save(tmp_path / "in" / "show.jsonl.gz", lines)
    replay_files([packed], tmp_path / "packed", room=None, writer=PlainWriter())
    plain = play(tmp_path, lines)
    assert (tmp_path / "packed" / "show" / "alerts.jsonl").read_bytes() == (plain / "alerts.jsonl").read_bytes()


def test_without_meta_unknown_stays_unknown(tmp_path):
    writer = PlainWriter()
    play(tmp_path, recording(meta=None, minutes=12, spells=()), writer)
    [story] = writer.stories
    assert (story.room.slug, story.figures["gmv_gross"]) == ("show", None)
    assert "replay.note.no_start" in [note.key for note in story.notes]


def test_the_room_file_fills_in_what_the_recording_does_not_say(tmp_path):
    writer = PlainWriter()
    source = save(tmp_path / "show.jsonl", recording(meta={"room": "eu_main"}, minutes=12, spells=()))
    room = {"slug": "x", "name": "Europe", "currency": "EUR", "zone": "Europe/Berlin", "language": "de"}
    replay_files([source], tmp_path / "out", room=room, writer=writer)
    [story] = writer.stories
    assert (story.room.slug, story.room.name, story.room.market.currency) == ("eu_main", "Europe", "EUR")
    assert story.figures["gmv_gross"].value.currency == "EUR"


@pytest.mark.parametrize(
    ("room", "named"),
    [({"colour": "red"}, "colour"), ({"zone": "Mars/Base"}, "Mars/Base"), ({"currency": "EURO"}, "EURO")],
)
def test_a_wrong_room_is_named(tmp_path, room, named):
    source = save(tmp_path / "show.jsonl", recording(meta=None, minutes=1))
    with pytest.raises(StartError, match=named):
        replay_files([source], tmp_path / "out", room=room, writer=PlainWriter())


def test_the_room_file_says_how_easily_it_rings(tmp_path, monkeypatch):
    monkeypatch.setitem(RING_AT, "calm", 1_000.0)
    source = save(tmp_path / "show.jsonl", recording())
    for setting in ("calm", "normal"):
        replay_files([source], tmp_path / setting, room={"sensitivity": setting}, writer=PlainWriter())
    rang = {name: (tmp_path / name / "show" / "alerts.jsonl").read_text() for name in ("calm", "normal")}
    assert ("", True) == (rang["calm"], "cold_room" in rang["normal"])


def test_a_wrong_sensitivity_is_named_with_the_choices(tmp_path):
    source = save(tmp_path / "show.jsonl", recording())
    with pytest.raises(StartError, match="'loud' is none of calm, normal, keen"):
        replay_files([source], tmp_path / "out", room={"sensitivity": "loud"}, writer=PlainWriter())


def test_nothing_is_judged_after_the_end(tmp_path):
    lines = recording(minutes=40, spells=())
    lines += [{"t": 2400.0, "kind": "stream", "state": "ended"}, {"t": 9000.0, "kind": "order", "n": 1, "gmv": "5"}]
    writer = PlainWriter()
    folder = play(tmp_path, lines, writer)
    assert read(folder / "alerts.jsonl") == []
    assert max(state["to_s"] for state in read(folder / "states.jsonl")) == 2400
    assert writer.stories[0].length_s == 2400
    assert writer.stories[0].figures["orders"].value == 21


def restarted(gap_s):
    """A session that ends after 40 minutes and starts again after the gap, with a spell 30 minutes later."""
    first = recording(minutes=40, spells=())
    second = recording(seed=2, minutes=60, spells=((30, 38, 0.05),), meta=None)
    again = [line | {"t": line["t"] + 2400 + gap_s} for line in second]
    return [*first, {"t": 2400.0, "kind": "stream", "state": "ended"}, *again]


def test_a_restart_within_ten_minutes_is_the_same_session(tmp_path):
    folder = play(tmp_path, restarted(500))
    [alert] = read(folder / "alerts.jsonl")
    assert alert["kind"] == "cold_room"
    assert 4700 < alert["opened_s"] < 5180
    cold = [state for state in read(folder / "states.jsonl") if state["rule"] == "cold_room"]
    assert ("no_data", 2410, 2910) in [(state["state"], state["from_s"], state["to_s"]) for state in cold]


def test_a_later_restart_is_another_session(tmp_path):
    writer = PlainWriter()
    folder = play(tmp_path, restarted(700), writer)
    assert read(folder / "alerts.jsonl") == []
    assert writer.stories[0].length_s == 2400
    assert writer.stories[0].figures["orders"].value == 20
    assert "replay.note.second_session" in [note.key for note in writer.stories[0].notes]


@pytest.mark.parametrize(
    "bad",
    [
        '{"t": 5, "kind": "comment", "n": -1}',
        '{"t": 5, "kind": "dance"}',
        "{nonsense",
        '{"t": -100, "kind": "comment"}',
    ],
)
def test_one_bad_line_means_no_output_at_all(tmp_path, bad):
    good = save(tmp_path / "in" / "good.jsonl", recording(minutes=12, spells=()))
    broken = save(tmp_path / "in" / "broken.jsonl", recording(minutes=12, spells=()))
    count = len(broken.read_text().splitlines())
    with broken.open("a") as file:
        file.write(bad + "\n")
    with pytest.raises(ShowcallerError, match=rf"broken\.jsonl: line {count + 1}\b"):
        replay_files([good, broken], tmp_path / "deep" / "out", room=None, writer=PlainWriter())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_a_bad_line_after_another_sessions_start_is_still_bad(tmp_path):
    with pytest.raises(ShowcallerError, match="line"):
        play(tmp_path, [*restarted(700), {"t": 1.0, "kind": "comment"}])


def test_a_bad_price_names_its_product(tmp_path):
    meta = META | {"products": [{"sku": "mug", "price": True}]}
    with pytest.raises(ShowcallerError, match=r"show\.jsonl: line 1.*price of 'mug'"):
        play(tmp_path, recording(meta=meta, minutes=1))


def test_two_inputs_of_one_name_are_refused(tmp_path):
    one = save(tmp_path / "a" / "show.jsonl", recording(minutes=1))
    two = save(tmp_path / "b" / "show.jsonl.gz", recording(minutes=1))
    with pytest.raises(ShowcallerError, match=r"b/show\.jsonl\.gz and .*a/show\.jsonl"):
        replay_files([one, two], tmp_path / "out", room=None, writer=PlainWriter())
    assert not (tmp_path / "out").exists()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ShowcallerError, match=r"gone\.jsonl"):
        replay_files([tmp_path / "gone.jsonl"], tmp_path / "out", room=None, writer=PlainWriter())


def test_out_may_not_be_a_file(tmp_path):
    source = save(tmp_path / "show.jsonl", recording(minutes=1))
    with pytest.raises(StartError, match="give a folder"):
        replay_files([source], source, room=None, writer=PlainWriter())


def test_a_second_run_replaces_its_own_files_and_no_others(tmp_path):
    lines = recording(minutes=12, spells=())
    folder = play(tmp_path, lines, PlainWriter(chart=b"PNG"))
    (folder / "notes.txt").write_text("mine")
    play(tmp_path, lines)
    assert sorted(path.name for path in folder.iterdir()) == sorted({*FILES, "notes.txt"} - {"chart.png"})


def test_progress_names_the_session_and_ends_at_its_end(tmp_path):
    told = []
    play(tmp_path, recording(minutes=12, spells=()), progress=lambda name, t_s: told.append((name, t_s)))
    assert told[-1][0] == "show"
    assert told[-1][1] == pytest.approx(720, abs=10)


def earlier(alerts, until_s):
    return [{**alert, "resolved_s": None} for alert in alerts if alert["opened_s"] <= until_s]


@pytest.fixture(scope="module")
def eventful(tmp_path_factory):
    lines = recording(spells=((20, 26, 0.05), (45, 52, 0.05)), silent=((58, 62),))
    alerts = read(play(tmp_path_factory.mktemp("whole"), lines) / "alerts.jsonl")
    assert [alert["kind"] for alert in alerts] == ["cold_room", "cold_room", "no_data"]
    return lines, alerts


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_cutting_anywhere_leaves_every_earlier_alert_as_it_was(eventful, tmp_path_factory, data):
    lines, alerts = eventful
    openings = [
        place for place, line in enumerate(lines) if any(abs(line.get("t", 0) - one["opened_s"]) < 3 for one in alerts)
    ]
    cut = data.draw(st.integers(2, len(lines)) | st.sampled_from(openings))
    found = read(play(tmp_path_factory.mktemp("cut"), lines[:cut]) / "alerts.jsonl")
    assert [{**alert, "resolved_s": None} for alert in found] == earlier(alerts, lines[cut - 1]["t"])
