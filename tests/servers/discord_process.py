"""The Discord test server as a process of its own, so that a bot can be killed and the server lives on."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.servers import checked
from tests.servers.discord_control import Remote

ROOT = Path(__file__).parent.parent.parent


@asynccontextmanager
async def discord_process(state: Path, *more: str) -> AsyncIterator[Remote]:
    """Started, and stopped at the end; what it checked is added to this run's counts. `state` is a file to be made."""
    command = (sys.executable, "-m", "tests.servers.discord_server", "--until-eof", "--state", str(state), *more)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe)
    try:
        assert process.stdout is not None
        about = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
        async with Remote(about["url"]) as control:
            yield control
            seen = await control.checked()
            checked.count("discord", seen["violations"], requests=seen["requests"])
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
