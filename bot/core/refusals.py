"""Which refusals go into the audit one by one: nothing is ever taken out of it, and knocking costs nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.records import AuditEntry

MOST = 20
"""Of one person in a minute; more than hands do, also where a page presses something twice."""
WITHIN = timedelta(minutes=1)


@dataclass(slots=True)
class _Minute:
    began: datetime
    chat: str
    kept: int = 0
    more: int = 0


@dataclass(slots=True)
class Refusals:
    """Counts per person what is over the limit; it is told as one entry with the first refusal after that minute."""

    _of: dict[str, _Minute] = field(default_factory=dict)

    def to_keep(self, entry: AuditEntry) -> list[AuditEntry]:
        """What is to be written now that this one has come; `more` in an entry says how many others there were."""
        over = {who: minute for who, minute in self._of.items() if entry.at - minute.began >= WITHIN}
        told = [
            AuditEntry(entry.at, who, minute.chat, "refused", who, after={"more": minute.more})
            for who, minute in over.items()
            if minute.more
        ]
        for who in over:
            del self._of[who]
        mine = self._of.setdefault(entry.actor, _Minute(entry.at, entry.via.partition(":")[0]))
        if mine.kept < MOST:
            mine.kept += 1
            return [*told, entry]
        mine.more += 1
        return told
