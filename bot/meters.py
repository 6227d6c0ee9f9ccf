"""Prometheus metrics of deliveries: how long they waited, how many wait, what became of them.

Labels are chats and kinds, never a destination's address: addresses name people, and grow without end. Each bot has a
registry of its own; nothing is kept per process.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from bot.core.records import Delivery

_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
_STATES = ("new", "sending", "parked")
_NOT_SENT_YET = {"paused", "failed", "unknown"}


class Meters:
    """Counts as the relay goes; what waits is looked up when somebody asks."""

    content_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self, chats: Iterable[str]) -> None:
        self._chats = tuple(chats)
        self._registry = registry = CollectorRegistry()
        self._dwell = Histogram(
            "showcaller_delivery_dwell_seconds", "From the promise of a post or edit until a chat had it",
            ["kind"], buckets=_BUCKETS_S, registry=registry,
        )  # fmt: skip
        self._outcomes = Counter(
            "showcaller_delivery_outcomes", "What became of the tries to deliver", ["chat", "kind", "outcome"],
            registry=registry,
        )  # fmt: skip
        self._retries = Counter(
            "showcaller_delivery_retries", "Tries that did not bring it and will be made again", ["chat", "kind"],
            registry=registry,
        )  # fmt: skip
        self._queue = Gauge(
            "showcaller_delivery_queue", "Posts and edits that wait or are under way", ["chat", "state"],
            registry=registry,
        )  # fmt: skip
        self._parked = Gauge(
            "showcaller_parked_destinations", "Destinations that refuse for good until somebody resumes them",
            ["chat"], registry=registry,
        )  # fmt: skip

    def count(self, delivery: Delivery, outcome: str, at: datetime) -> None:
        chat = self._chat(delivery.destination)
        self._outcomes.labels(chat, delivery.kind, outcome).inc()
        if outcome == "sent":
            waited_s = (at - delivery.created_at).total_seconds()
            self._dwell.labels(delivery.kind).observe(max(0.0, waited_s))
        elif outcome in _NOT_SENT_YET:
            self._retries.labels(chat, delivery.kind).inc()

    def text(self, unsettled: Iterable[tuple[str, str, int]], parked: Iterable[str]) -> bytes:
        """All of it in Prometheus' text format. `unsettled`: rows by destination and state; `parked`: destinations."""
        queue: Tally[tuple[str, str]] = Tally()
        for destination, state, n in unsettled:
            queue[self._chat(destination), state] += n
        shut = Tally(self._chat(destination) for destination in parked)
        for chat in {*self._chats, *(chat for chat, _ in queue), *shut}:
            self._parked.labels(chat).set(shut[chat])
            for state in _STATES:
                self._queue.labels(chat, state).set(queue[chat, state])
        return generate_latest(self._registry)

    def _chat(self, destination: str) -> str:
        """The chat's name; whatever is configured no more is one label, however often somebody binds nonsense."""
        chat = destination.partition(":")[0]
        return chat if chat in self._chats else "unknown"
