"""Ten seconds of a room, as the rules see them."""

from __future__ import annotations

from dataclasses import dataclass

TICK_S = 10
"""Length of a tick in seconds; tick i covers [i * TICK_S, (i + 1) * TICK_S) from the session's start."""


@dataclass(slots=True)
class Tick:
    """Counts within one tick. `concurrent` is the last gauge reported *in* this tick, None if none was.

    `heartbeat`: a gauge, quality or poll line arrived in it (chat alone is no heartbeat).
    `paused`: the stream was paused for some of it. `giveaway`: the rundown has a giveaway running.
    """

    index: int
    comments: int = 0
    likes: int = 0
    shares: int = 0
    follows: int = 0
    views: int = 0
    product_clicks: int = 0
    orders: int = 0
    concurrent: int | None = None
    heartbeat: bool = False
    paused: bool = False
    giveaway: bool = False

    @property
    def ends_s(self) -> int:
        """Seconds from the session's start to the tick's end: the moment of the decision."""
        return (self.index + 1) * TICK_S

    @property
    def is_empty(self) -> bool:
        """Nothing at all arrived in it: no line was counted, no gauge, no heartbeat."""
        counted = self.comments or self.likes or self.shares or self.follows
        return not (
            counted or self.views or self.product_clicks or self.orders or self.heartbeat or self.concurrent is not None
        )
