"""How much time reading a file may take."""

from __future__ import annotations

from collections.abc import Callable

from bot.core.errors import UserError

LIMIT_S = 10.0
"""Of one file: it is work that is limited, so on the machine's clock and not on one that a rehearsal sets."""


class Deadline:
    """`monotonic` gives seconds from any beginning."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._until = monotonic() + LIMIT_S

    def check(self) -> None:
        """Call it between any two pieces of work.

        Raises:
            UserError: the time is up.
        """
        if self._monotonic() > self._until:
            raise UserError("plan.too_slow")
