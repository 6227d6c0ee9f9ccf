"""A machine whose clocks a test moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(slots=True)
class TestMachine:
    """`pass_` moves both clocks; `set_clock` only the time of day, as a person or a time service does."""

    __test__ = False

    at: datetime = datetime(2027, 3, 12, 23, tzinfo=UTC)
    count_s: float = 1000.0

    def wall(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.count_s

    def pass_(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.count_s += seconds

    def set_clock(self, by_s: float) -> None:
        self.at += timedelta(seconds=by_s)
