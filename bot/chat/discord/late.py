"""Answers that an earlier process kept and did not live to show.

Discord sends nobody's command again to a process that is new. So once the connection is there, what was asked in the
last minutes and stands nowhere is promised by the outbox: to the place, unless it is found there, or to the account.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from bot.chat.desk import Answer, Desk, Incoming
from bot.chat.discord.deliver import Outbound
from bot.core.ports import Clock
from bot.core.reply import msg

log = structlog.get_logger()

_WORTH = timedelta(minutes=5)
"""Whoever has waited longer has asked again."""


@dataclass(slots=True)
class Late:
    desk: Desk
    clock: Clock
    _left: list[tuple[Incoming, Answer]] = field(default_factory=list)

    async def gather(self) -> None:
        """Before anything comes in: everything that stands nowhere now is an earlier process's."""
        self._left = await self.desk.unshown(self.clock.now() - _WORTH)

    async def say(self, outbound: Outbound) -> None:
        """Raises nothing: what cannot be found out is left alone, as an answer said twice is worse than a late one."""
        left, self._left = self._left, []
        for incoming, answer in left:
            try:
                await self._say(outbound, incoming, answer)
            except Exception as error:  # noqa: BLE001  # as above
                log.warning("discord_late_answer_failed", kind=type(error).__name__)

    async def _say(self, outbound: Outbound, incoming: Incoming, answer: Answer) -> None:
        message = answer.message or ""
        if not answer.reply.private and not incoming.is_private:
            channel = int(incoming.address)
            found = await outbound.find(message, channel, self.clock.now() - _WORTH)
            if found is not None:
                await self.desk.stood(message, f"{channel}:{found}")
                return
        await self.desk.fall_back(incoming, answer, msg("chat.late_answer"))
