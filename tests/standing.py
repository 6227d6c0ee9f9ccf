"""What stands in a bot's database, to be compared: before and after, or of two lives."""

from __future__ import annotations

from datetime import timedelta

from tests.front_door import SHOW_AT


async def state(bot):
    """Everything that deeds may change: shows with their timers still to come, series, rooms, items."""

    def look(tx):
        shows = tx.shows.between(SHOW_AT - timedelta(days=9), SHOW_AT + timedelta(days=99))
        timers = {
            (timer.kind, timer.subject, timer.due_at)
            for show in shows
            for timer in tx.timers.of_subject(show.id)
            if timer.done_at is None
        }
        series = {show.series: tx.shows.series(show.series) for show in shows if show.series}
        items = {show.id: tx.checklists.items(show.id) for show in shows}
        plans = {show.id: (tx.shows.segments(show.id), tx.shows.cues(show.id)) for show in shows}
        return shows, timers, series, tx.rooms.all(archived=True), items, plans

    return await bot.app.store.read(look)
