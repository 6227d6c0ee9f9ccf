"""The Telegram test server in a process of its own, so that it outlives a bot that is killed. Calls block.

    with TelegramProcess() as server:
        server.user(7, "Mei")
        server.until(lambda: server.said(7))

Every method of Control by its name; the results are the same classes, copied.
"""

from __future__ import annotations

import dataclasses
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]


def encoded(value: Any) -> Any:
    """JSON that says which class each part was of."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {one.name: encoded(getattr(value, one.name)) for one in dataclasses.fields(value)}
        return {"class": type(value).__name__, "parts": parts}
    if isinstance(value, dict):
        return {"pairs": [[encoded(key), encoded(one)] for key, one in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [encoded(one) for one in value]}
    return [encoded(one) for one in value] if isinstance(value, list) else value


def decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [decoded(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "class" in value:
        return _classes()[value["class"]](**{name: decoded(one) for name, one in value["parts"].items()})
    if "tuple" in value:
        return tuple(decoded(one) for one in value["tuple"])
    return {decoded(key): decoded(one) for key, one in value["pairs"]}


def _classes() -> dict[str, Any]:
    from tests.servers import telegram_control, telegram_methods, telegram_world

    known = (telegram_world.Message, telegram_world.Version, telegram_world.User, telegram_world.Chat)
    more = (telegram_world.Topic, telegram_methods.Query, telegram_control.Request, telegram_control.Violation)
    return {one.__name__: one for one in (*known, *more)}


class TelegramProcess:
    """Ends with the block, or with the process that started it."""

    def __init__(self, *, port: int = 0, token: str | None = None) -> None:
        self._asked = ["--port", str(port)] + (["--token", token] if token else [])
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/bot"

    @property
    def base_file_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/file/bot"

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.telegram_server", *self._asked],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.port = json.loads(self._process.stdout.readline())["port"]
        return self

    def __exit__(self, *_: object) -> None:
        """What was wrong is counted here, where the run's totals are."""
        from tests.servers import checked

        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            if self._process.poll() is None:
                asked = self("asked", polls=True)
                checked.count("telegram", [str(one) for one in self.violations()], requests=len(asked))
        finally:
            self._process.stdin.close()
            self._process.wait(10)
            self._process.stdout.close()

    def violations(self) -> list[Any]:
        """By the rules and the description there, and by the models here, which take long to load."""
        from tests.servers.telegram_control import Violation
        from tests.servers.telegram_spec import check_models

        found = self("noted_violations")
        return found + [
            Violation(one.method, reason, one.body)
            for one in self("asked", polls=True)
            for reason in check_models(one.method, one.body)
        ]

    def __call__(self, name: str, *args: Any, **kwargs: Any) -> Any:
        code, answer = self._http("POST", f"/control/{name}", json.dumps({"args": args, "kwargs": kwargs}))
        if code != 200:
            raise AssertionError(f"{name}: {answer['error']}")
        return decoded(answer["result"])

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self(name, *args, **kwargs)

    def until(self, is_so: Callable[[], Any], patience_s: float = 20.0) -> Any:
        """What `is_so` gives once that is true; asked again after each answered request. AssertionError if never."""
        end = time.monotonic() + patience_s
        while True:
            known = self._http("GET", "/control/changed?since=-1")[1]["stirs"]
            if value := is_so():
                return value
            if time.monotonic() > end:
                last = [f"{one.method} {one.status} {one.description}" for one in self("asked")[-8:]]
                raise AssertionError(f"not so after {patience_s} s; the last requests: {last}")
            self._http("GET", f"/control/changed?since={known}")

    def _http(self, method: str, path: str, body: str | None = None) -> tuple[int, Any]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            line.request(method, path, body, {"Content-Type": "application/json"})
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            line.close()
