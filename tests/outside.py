"""A watcher outside, as the services are that ring when a ping stays away; here on loopback."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from aiohttp import web

TOKEN = "b7-nobody-may-read-this"


class Outside:
    """Counts every GET of its address; answers as it is told."""

    def __init__(self):
        self.got, self.status, self.date, self.hangs, self.moved = [], 200, None, False, 0
        self.heard, self.over = asyncio.Event(), asyncio.Event()

    async def answer(self, request):
        self.got.append(request.path)
        self.heard.set()
        if self.hangs:
            await self.over.wait()
        if self.moved:
            self.moved -= 1
            raise web.HTTPFound(request.path)
        headers = {"Date": self.date} if self.date else {}
        return web.Response(status=self.status, headers=headers)

    @asynccontextmanager
    async def listening(self):
        app = web.Application()
        app.router.add_get("/{token}", self.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/{TOKEN}"
        try:
            yield self
        finally:
            self.over.set()
            await runner.cleanup()
