"""One's own settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from bot.core.command import Arg, Context
from bot.core.ports import Tx
from bot.core.reply import Facts, Heading, Note, Reply, msg, reply
from bot.core.zones import zone as check_zone
from handlers import lookup
from handlers.lookup import record


@dataclass(frozen=True, slots=True)
class Me:
    language: Annotated[str | None, Arg("zh-CN", kind="choice", choices=("en", "zh-cn", "team"), keyed=True)] = None
    zone: Annotated[str | None, Arg("Asia/Shanghai", keyed=True, completer="zone")] = None


async def me(request: Me, ctx: Context) -> Reply:
    """Shows one's settings, and changes language or zone; "team" goes back to the team's language."""
    if request.zone is not None:
        check_zone(request.zone)

    def work(tx: Tx) -> Reply:
        old = lookup.person(tx, ctx.actor.person)
        language = old.language
        if request.language is not None:
            language = {"zh-cn": "zh-CN", "team": None}.get(request.language, request.language)
        new = replace(old, language=language, zone=request.zone or old.zone)
        if new != old:
            tx.people.save(new)
            before, after = ({"language": side.language, "zone": side.zone} for side in (old, new))
            record(tx, ctx, "me", old.slug, before, after)
        team = ctx.ports.team
        rows = (
            (msg("me.role"), msg(f"role.{new.role.name.lower()}")),
            (msg("me.language"), new.language or msg("me.team_value", value=team.language)),
            (msg("me.zone"), new.zone or msg("me.team_value", value=team.zone)),
        )
        return reply(Heading(new.name), Facts(rows), Note(msg("me.how")))

    return await ctx.ports.store.write(work)
