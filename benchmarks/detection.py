"""This bot's cold-room rule beside five textbook ways, on the same labelled sessions, at the same false alarms an hour.

    pip install -c constraints.txt -e ".[bench]"
    python benchmarks/detection.py --scorer score.py [--ablate] FOLDER [FOLDER ...]

A FOLDER holds NAME.jsonl (a recording) and NAME.labels.json (name, seconds, and what really happened). SCORE.PY is the
judges' script, not part of this project: what counts as found, as a false alarm and as a right all-clear is its
business, and every figure comes from its own `--json`. Each way has one knob, which is set on the very sessions so that
the false alarms come as near as possible to `--alarms-per-hour` without going above. This bot's rule is run as it is
shipped, through the product's Watch, and once more with its threshold matched like theirs. A team sets a knob once,
not for each room: of several folders, the later ones are also judged with the knobs matched to the first.

With --ablate it is this rule beside itself with one ingredient taken out at a time, each with its threshold matched.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib.util
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Protocol

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

import detection_rivals as rivals
from detection_without import WITHOUT, taken_out, try_all

from bot.core.errors import ShowcallerError
from bot.core.rules import rules_for
from bot.core.rules.cold_room import ColdRoom
from bot.core.tally import Tally
from bot.core.tick import TICK_S, Tick
from bot.core.watch import Watch
from bot.feeds.decode import read_recording

if TYPE_CHECKING:
    from types import ModuleType

    from bot.core.verdict import Rule

RULE = "cold_room"
NEARER = 4
"""Halvings between the last knob within the limit and the first above it."""


class Judge(Protocol):
    """One session's: is the alarm on after this tick?"""

    def step(self, tick: Tick) -> bool: ...


class OurRule:
    """The product's Watch; `ring_at`: log odds instead of the shipped ones."""

    def __init__(self, ring_at: float | None = None) -> None:
        self._watch = Watch() if ring_at is None else Watch(_ringing_at(ring_at))
        self._on = False

    def step(self, tick: Tick) -> bool:
        for change in self._watch.step(tick):
            if change.rule == RULE and change.kind != "going_on":
                self._on = change.kind == "opened"
        return self._on


def _ringing_at(ring_at: float) -> Sequence[Rule]:
    """The product's rules, all of them, with another threshold."""
    rules = rules_for()
    [rule] = [rule for rule in rules if isinstance(rule, ColdRoom)]
    if not hasattr(rule, "_ring_at"):
        raise SystemExit("the rule keeps its threshold elsewhere now: bring _ringing_at in detection.py up to date")
    rule._ring_at = ring_at
    return rules


@dataclass(frozen=True)
class Way:
    """`knobs` from few alarms to many; none: it is run as it is."""

    name: str
    make: Callable[[float], Judge]
    knobs: Sequence[float] = ()
    unit: str = ""


THRESHOLDS = (5, 3, 2, 1.5, 1, 0.5, 0, -0.5, -0.75)
"""All above the rule's CLEAR_AT: an alarm that opens where it clears would open again at once."""
WAYS = {
    "shipped": Way("this rule as shipped", lambda _: OurRule()),
    "rule": Way("this rule, matched", OurRule, THRESHOLDS, "log odds"),
    "fixed": Way("below k a minute, 3 min", rivals.Fixed, (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50), "comments"),
    "ratio": Way(
        "ratio to trailing 30 min",
        rivals.Ratio,
        (*(share / 100 for share in range(2, 60, 3)), 0.65, 0.75, 0.9),
        "of the mean",
    ),
    "ewma": Way("EWMA chart", rivals.Ewma, tuple(steps / 5 for steps in range(50, 1, -2)), "sd"),
    "cusum": Way("CUSUM, neg. binomial", rivals.Cusum, (60, 40, 30, 20, 15, 12, 10, 8, 7, 6, 5, 4, 3, 2), "nats"),
    "adwin": Way("river ADWIN", rivals.Adwin, (*(10.0**power for power in range(-30, 0, 2)), 0.05, 0.3, 0.9), "delta"),
}
"""By the name that --only takes."""


@dataclass(frozen=True)
class Session:
    name: str
    ticks: tuple[Tick, ...]


@dataclass(frozen=True)
class Score:
    """`figures` are the scorer's; `tick_us` is what judging a tick took."""

    knob: float
    figures: dict[str, Any]
    tick_us: float

    @property
    def alarms_per_hour(self) -> float:
        return float(self.figures["fa_per_h"] or 0.0)

    @property
    def found(self) -> float:
        return float(self.figures["recall_fair"] or 0.0)


class Scorer:
    """The judges' script, loaded as a module and asked as from the command line. Sessions are read once."""

    def __init__(self, path: Path, scratch: Path) -> None:
        self._scratch = scratch
        self._main = _loaded(path)
        self._path = path

    def score(self, folder: Path, alarms: dict[str, list[tuple[int, int | None]]]) -> dict[str, Any]:
        """`alarms` by session: opened and resolved, in seconds from the session's start."""
        for name, spans in alarms.items():
            home = self._scratch / name
            home.mkdir(exist_ok=True)
            rows = [{"kind": RULE, "opened_s": opened, "resolved_s": resolved} for opened, resolved in spans]
            (home / "alerts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        said, before = io.StringIO(), sys.argv
        sys.argv = [str(self._path), str(folder), str(self._scratch), "--kind", RULE, "--json"]
        try:
            with contextlib.redirect_stdout(said):
                self._main()
        finally:
            sys.argv = before
        figures: dict[str, Any] = json.loads(said.getvalue())
        return figures


def _loaded(path: Path) -> Callable[[], None]:
    if not path.is_file():
        raise SystemExit(f"--scorer {path}: there is no such file; give the path of the judges' score.py")
    spec = importlib.util.spec_from_file_location("scorer", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"--scorer {path}: it is no Python script; give the path of the judges' score.py")
    module: ModuleType = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        raise SystemExit(f'--scorer {path}: it needs {error.name}; pip install -e ".[bench]"') from error
    except SyntaxError as error:
        raise SystemExit(f"--scorer {path}: it is no Python script ({error})") from error
    lacking = [name for name in ("load", "main") if not callable(getattr(module, name, None))]
    if lacking:
        raise SystemExit(f"--scorer {path}: it has no {' and no '.join(lacking)}(); give the judges' score.py")
    module.load = functools.cache(module.load)  # main() finds it by this name
    main: Callable[[], None] = module.main
    return main


def sessions_of(folder: Path) -> list[Session]:
    """Every labelled session of the folder, as the ticks that the product would judge."""
    if not folder.is_dir():
        raise SystemExit(f"{folder}: there is no such folder")
    labels = sorted(folder.glob("*.labels.json"))
    if not labels:
        raise SystemExit(f"{folder}: it has no NAME.labels.json; make some with the judges' sessions.py")
    return [_session(path) for path in labels]


def _session(labels: Path) -> Session:
    recording = labels.with_name(labels.name.replace(".labels.json", ".jsonl"))
    try:
        name = str(json.loads(labels.read_text("utf-8"))["name"])
    except (ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{labels}: it is no label file, which says at least a name ({error!r})") from error
    tally, last_s = Tally(None), 0.0
    try:
        for chunk in read_recording(recording).chunks():
            for line in chunk:
                last_s = max(last_s, line.t or 0.0)
                tally.add(line, line.t or 0.0)
    except ShowcallerError as error:
        raise SystemExit(f"{recording}: {error}") from error
    # Like replay: a tick is judged when a line passes its end.
    return Session(name, tuple(tally.tick(index) for index in range(int(last_s // TICK_S))))


def spans(heard: Sequence[bool]) -> list[tuple[int, int | None]]:
    """Where the alarm was on, in seconds, decided at the end of a tick; None: it was on to the end."""
    found: list[tuple[int, int | None]] = []
    was = False
    for index, is_on in enumerate(heard):
        at_s = (index + 1) * TICK_S
        if is_on and not was:
            found.append((at_s, None))
        elif was and not is_on:
            found[-1] = (found[-1][0], at_s)
        was = is_on
    return found


def matched(try_knob: Callable[[float], Score], knobs: Sequence[float], limit: float) -> Score | None:
    """The score nearest to `limit` false alarms an hour of those not above it; None: none of them finds anything.

    All of `knobs` are tried, because few alarms can also mean that one never ends; then, between the best of them and
    the next above the limit, NEARER halvings.
    """
    tried = [try_knob(knob) for knob in knobs]
    within = [place for place, score in enumerate(tried) if score.alarms_per_hour <= limit and score.found > 0]
    if not within:
        return None
    place = max(within, key=lambda place: (tried[place].alarms_per_hour, tried[place].found))
    best = tried[place]
    if place + 1 < len(tried) and tried[place + 1].alarms_per_hour > limit:
        low, high = best.knob, tried[place + 1].knob
        for _ in range(NEARER):
            score = try_knob(sqrt(low * high) if low > 0 and high > 0 else (low + high) / 2)
            if score.alarms_per_hour > limit:
                high = score.knob
                continue
            low = score.knob
            if (score.alarms_per_hour, score.found) > (best.alarms_per_hour, best.found):
                best = score
    return best


HEADS = ("", "fair spells found", "false alarms/h", "found after s", "clear right/early", "knob", "us/tick")


def row(way: Way, score: Score | None, limit: float) -> tuple[str, ...]:
    if score is None:
        return (way.name, f"cannot reach {limit:g} false alarms an hour and find anything", "", "", "", "", "")
    figures = score.figures
    return (
        way.name,
        f"{percent(figures['recall_fair'])} ±{percent(figures['recall_fair_ci95'])}",
        f"{score.alarms_per_hour:.2f}",
        f"{seconds(figures['ttd_median_s'])} / {seconds(figures['ttd_p90_s'])}",
        f"{percent(figures['clear_ok'])} / {percent(figures['clear_early'])}",
        f"{score.knob:.3g} {way.unit}" if way.knobs else "-",
        f"{score.tick_us:.1f}",
    )


def percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"


def seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Columns as wide as what is in them; a remark runs to the right as far as it likes."""
    is_remark = [row[2:] == ("",) * (len(row) - 2) for row in rows]
    plain = [row for row, remark in zip(rows, is_remark, strict=True) if not remark]
    widths = [max(len(row[0]) for row in rows)] + [
        max(len(row[place]) for row in plain) for place in range(1, len(HEADS))
    ]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


class Bench:
    """One folder's sessions, ready to be judged and scored again and again."""

    def __init__(self, folder: Path, scorer: Scorer) -> None:
        self.name = folder.name
        self._folder, self._scorer = folder, scorer
        self._sessions = sessions_of(folder)

    def run(self, way: Way, knob: float) -> Score:
        alarms: dict[str, list[tuple[int, int | None]]] = {}
        took_us: list[float] = []
        for session in self._sessions:
            judge = way.make(knob)
            begun = time.process_time()  # and the median session: other work on the machine is not what is measured
            heard = [judge.step(tick) for tick in session.ticks]
            took_us.append((time.process_time() - begun) / max(len(heard), 1) * 1e6)
            alarms[session.name] = spans(heard)
        return Score(knob, self._scorer.score(self._folder, alarms), median(took_us))

    def match(self, way: Way, limit: float) -> Score | None:
        print(f"{self.name}: {way.name} ...", file=sys.stderr)
        if not way.knobs:
            return self.run(way, 0.0)
        return matched(lambda knob: self.run(way, knob), [float(knob) for knob in way.knobs], limit)

    def heading(self, scores: Iterable[Score | None]) -> str:
        figures = next((score.figures for score in scores if score is not None), None)
        sessions = f"{self.name}: {len(self._sessions)} sessions"
        if figures is None:
            return sessions
        return f"{sessions}, {figures['hours']} h outside spells, {figures['fair']} fair spells of {figures['spells']}"

    def has(self, wanted: Callable[[Tick], bool]) -> bool:
        return any(wanted(tick) for session in self._sessions for tick in session.ticks)


def compare(benches: Iterable[Bench], ways: Sequence[Way], limit: float) -> None:
    """A table for each, its knobs matched to it; and for all but the first how the first one's knobs do there."""
    first: tuple[str, dict[str, float]] | None = None
    for bench in benches:
        scores = [bench.match(way, limit) for way in ways]
        print(f"{bench.heading(scores)}; knobs matched to at most {limit:g} false alarms an hour")
        print(table([HEADS, *(row(way, score, limit) for way, score in zip(ways, scores, strict=True))]), end="\n\n")
        if first is None:
            knobs = {way.name: score.knob for way, score in zip(ways, scores, strict=True) if score is not None}
            first = bench.name, knobs
            continue
        name, knobs = first
        same = [(way, knobs[way.name]) for way in ways if way.knobs and way.name in knobs]
        if same:
            print(f"{bench.name}, with the knobs matched to {name}")
            print(table([HEADS, *(row(way, bench.run(way, knob), limit) for way, knob in same)]), end="\n\n")


def ablate(benches: Iterable[Bench], limit: float) -> None:
    """A table for each: the rule, and what it is without this or that."""
    try_all()
    for bench in benches:
        rows: list[tuple[str, ...]] = [HEADS]
        scores: list[Score | None] = []
        for without in WITHOUT:
            if not bench.has(without.can_matter):
                rows.append((without.name, without.else_told, "", "", "", "", ""))
                continue
            way = Way(without.name, OurRule, THRESHOLDS, "log odds")
            with taken_out(without):
                scores.append(bench.match(way, limit))
            rows.append(row(way, scores[-1], limit))
        print(f"{bench.heading(scores)}; thresholds matched to at most {limit:g} false alarms an hour")
        print(table(rows), end="\n\n")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="sessions with labels")
    parser.add_argument("--scorer", type=Path, required=True, help="path of the judges' score.py")
    parser.add_argument("--alarms-per-hour", type=float, default=0.2, metavar="N", help="matched to (default 0.2)")
    parser.add_argument("--only", metavar="NAMES", help=f"of {','.join(WAYS)}")
    parser.add_argument("--ablate", action="store_true", help="not the rivals: this rule without this or that")
    given = parser.parse_args(words)
    if given.ablate and given.only is not None:
        parser.error("--only chooses among rivals and --ablate has none; leave one of the two out")
    given.only = [] if given.ablate else list(WAYS) if given.only is None else given.only.split(",")
    unknown = [name for name in given.only if name not in WAYS]
    if unknown:
        parser.error(f"--only has no {unknown[0]!r}; there are {', '.join(WAYS)}")
    if not given.alarms_per_hour > 0:
        parser.error(f"--alarms-per-hour must be above 0, not {given.alarms_per_hour:g}")
    if "adwin" in given.only and importlib.util.find_spec("river") is None:
        parser.error('ADWIN needs river: pip install -c constraints.txt -e ".[bench]", or leave adwin out with --only')
    return given


def main(words: Sequence[str] | None = None) -> int:
    given = _arguments(words)
    with tempfile.TemporaryDirectory() as scratch:
        homes = [Path(scratch) / str(number) for number in range(len(given.folders))]
        for home in homes:
            home.mkdir()
        benches = (Bench(folder, Scorer(given.scorer, home)) for folder, home in zip(given.folders, homes, strict=True))
        if given.ablate:
            ablate(benches, given.alarms_per_hour)
        else:
            compare(benches, [WAYS[name] for name in given.only], given.alarms_per_hour)
    return 0


if __name__ == "__main__":
    sys.exit(main())
