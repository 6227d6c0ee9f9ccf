"""This bot's cold-room rule with one ingredient taken out, for `detection.py --ablate` to tell what each does.

The only place that reaches into the rule to change it. An ingredient is taken out while `taken_out` is entered and is
back afterwards; where the rule no longer has what is to be swapped, it stops and says so instead of measuring the whole
rule under another name.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from bot.core import coldfilter, course, witness
from bot.core.audience import Audience
from bot.core.rules import cold_room

if TYPE_CHECKING:
    from bot.core.coldfilter import Pace
    from bot.core.tick import Tick

NEVER, AT_ONCE = 1e-12, 0.99
"""Chances of entering and of leaving an explanation that is taken out; 0 and 1 the filter cannot divide by."""


class AsReported(Audience):
    """The last reading, held and given up like the product's."""

    def watch(self, concurrent: int | None) -> None:
        super().watch(concurrent)
        if self.viewers is not None:
            self.viewers = max(1.0, float(self._recent[-1]))


@dataclass(frozen=True)
class Swap:
    """For a while `owner` has under `name` what `made` makes of what it has there."""

    owner: Any
    name: str
    made: Callable[[Any], Any]


def _anything(_: Tick) -> bool:
    return True


@dataclass(frozen=True)
class Without:
    """`can_matter`: to a room with such a tick; a folder that has none is not measured, and told so as `else_told`."""

    name: str
    swaps: Sequence[Swap] = ()
    can_matter: Callable[[Tick], bool] = _anything
    else_told: str = ""


def _paced(**flows: float) -> tuple[Swap, ...]:
    """Both filters, of comments and of likes, made with these instead of their own."""

    def of(pace: Pace) -> Pace:
        return pace._replace(**flows)

    return (
        Swap(course, "ColdFilter", lambda kind: functools.partial(kind, of(coldfilter.EACH_TICK))),
        Swap(witness, "_PACE", of),
    )


WITHOUT: Final = (
    Without("the whole rule"),
    Without('without "hot"', _paced(to_hot=NEVER, from_hot=AT_ONCE)),
    Without("without the mild dip", _paced(to_dip=NEVER, from_dip=AT_ONCE)),
    Without(
        "spread fixed, not learned",
        (
            Swap(coldfilter, "_S2_LEAST", lambda _: coldfilter._S2),
            Swap(coldfilter, "_S2_MOST", lambda _: coldfilter._S2),
        ),
    ),
    Without(
        "likes not heard",
        (Swap(witness.Likes, "hear", lambda _: lambda _self, _likes, _viewers: None),),
        lambda tick: tick.likes > 0,
        "there are no likes",
    ),
    Without(
        "nothing begun anew",
        (Swap(coldfilter, "_UNLIKELY_COLD", lambda _: 0.0), Swap(coldfilter, "_UNLIKELY_HOT", lambda _: 0.0)),
    ),
    Without(
        "viewers as reported",
        (Swap(cold_room, "Audience", lambda _: AsReported),),
        lambda tick: tick.concurrent is not None,
        "there are no viewers",
    ),
)


@contextmanager
def taken_out(without: Without) -> Iterator[None]:
    """Rules made and judging meanwhile do without.

    Raises:
        SystemExit: the rule has no such thing.
    """
    with ExitStack() as until_done:
        for swap in without.swaps:
            try:
                made = swap.made(getattr(swap.owner, swap.name))
                until_done.enter_context(patch.object(swap.owner, swap.name, made))
            except (AttributeError, TypeError, ValueError) as error:
                owner = getattr(swap.owner, "__qualname__", swap.owner.__name__)
                raise SystemExit(
                    f"{without.name}: {owner}.{swap.name} is not what it was ({error}); "
                    "bring WITHOUT in benchmarks/detection_without.py up to date"
                ) from error
        yield


def try_all() -> None:
    """Takes each out and puts it back, so that what is no longer there is told at once and not after ten minutes."""
    for without in WITHOUT:
        with taken_out(without):
            pass
