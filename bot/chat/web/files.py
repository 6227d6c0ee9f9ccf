"""Files of the web chat: pictures out, plan files in."""

from __future__ import annotations

from aiohttp import web

from bot.chat import uploads
from bot.chat.web.asked import RefusedError
from bot.core.command import Actor, CommandTable
from bot.core.errors import UserError
from bot.core.plan_file import MAX_FILE
from bot.core.ports import Clock, Store


async def shown(request: web.Request, store: Store, *, may_be_cached: bool) -> web.Response:
    """A stored file. With a sign-in, a picture must not outlive its session in a browser that others use too."""
    found = await store.read(lambda tx: tx.files.get(request.match_info["name"]))
    if found is None:
        raise RefusedError(404, "there is no such file")
    headers = {"Cache-Control": "private, max-age=86400, immutable" if may_be_cached else "no-store"}
    return web.Response(body=found[1], content_type=found[0], headers=headers)


async def brought(
    request: web.Request, actor: Actor, store: Store, commands: CommandTable, clock: Clock
) -> web.StreamResponse:  # fmt: skip
    """A file in the body, its name in the query; whoever brings one may use it for a day.

    Raises:
        UserError: it is too large, one of too many, or nothing this person may bring.
    """
    await store.read(lambda tx: uploads.may_bring(tx, actor, commands))
    uploads.check_size(request.content_length or 0)
    try:
        data = await request.read()
    except web.HTTPRequestEntityTooLarge as error:  # it did not say how much it would be
        raise UserError("plan.too_large", size=MAX_FILE // 1024 + 1, most=MAX_FILE // 1024) from error
    name, kind = request.query.get("name", ""), request.content_type
    kept = await store.write(lambda tx: uploads.keep(tx, name, kind, data, actor, clock.now()))
    return web.json_response({"upload": kept.id, "name": kept.name})
