"""examples/send.py: what it sends, what it says when it cannot, and that a second try counts once."""

from __future__ import annotations

import asyncio
import http.server
import threading
from datetime import UTC, datetime

import pytest

from tests.command_line import send
from tests.front_door import SECRET, running


@pytest.mark.parametrize(
    ("secret", "words", "named"),
    [
        ("", ["comment"], "SHOWCALLER_SECRET is not set"),
        ("whsec_!!", ["comment"], "SHOWCALLER_SECRET is no secret"),
        ("whsec_AAAA", ["n=5"], "begin with the kind of the signal"),
        ("whsec_AAAA", ["comment", "five"], "'five' is no field; write name=value"),
        ("whsec_AAAA", ["--file", "gone.jsonl"], "gone.jsonl: No such file"),
        ("whsec_AAAA", ["--file", "bad.jsonl"], "bad.jsonl, line 2: "),
        ("whsec_AAAA", ["--url", "http://127.0.0.1:1", "--tries", "1", "comment"], "did not take the batch in 1 tries"),
    ],
)
def test_send_says_what_is_wrong(tmp_path, secret, words, named):
    (tmp_path / "bad.jsonl").write_text('comment n=1\n{"kind": \n', "utf-8")
    assert named in send(tmp_path, secret, *words).error()


def test_send_wants_one_way_of_naming_signals(tmp_path):
    for words in ([], ["--file", "a", "comment"], ["--url", "ftp://x", "comment"], ["--tries", "0", "comment"]):
        assert send(tmp_path, "whsec_AAAA", *words).code == 2


async def test_send_posts_a_file_of_both_ways_of_writing(tmp_path):
    """The bot's clock stands at the machine's time, since the example signs with that."""
    lines = 'stream state=started\n\n{"kind": "comment", "n": 3}\norder n=1 gmv=19.90 currency=USD order_id=007\n'
    async with running(tmp_path, start=datetime.now(UTC)) as bot:
        await bot.ok("/room add us_main us")
        await bot.secret("us_main")
        words = ("--url", bot.ingest, "--file", "-", "--id", "w1")
        sent = await asyncio.to_thread(send, tmp_path, SECRET, *words, stdin=lines)
        assert (sent.code, sent.out) == (0, "accepted 3, duplicates 0\n"), sent
        stored = await bot.app.store.read(lambda tx: list(tx.signals.of_session(tx.sessions.latest("us_main").id)))
        order = {"kind": "order", "n": 1, "gmv": "19.90", "currency": "USD", "order_id": "007"}
        assert stored[2].data == order
        wrong = await asyncio.to_thread(send, tmp_path, SECRET, "--url", bot.ingest, "comment", "n=-1")
        assert "422: line 1, field 'n': -1 is wrong" in wrong.error()


class Flaky(http.server.BaseHTTPRequestHandler):
    """Refuses twice, then takes what comes; remembers the ids."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        seen = self.server.seen
        seen.append((self.headers["webhook-id"], self.headers["webhook-signature"]))
        status, body = (503, b"busy") if len(seen) < 3 else (202, b'{"accepted": 1, "duplicates": 0}')
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def test_send_tries_again_under_the_same_id(tmp_path):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Flaky) as server:
        server.seen = []
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        sent = send(tmp_path, "whsec_AAAA", "--url", f"http://127.0.0.1:{server.server_port}", "comment")
        server.shutdown()
        thread.join()
    assert (sent.code, sent.out) == (0, "accepted 1, duplicates 0\n")
    assert len(server.seen) == 3
    assert len({webhook_id for webhook_id, _ in server.seen}) == 1
    assert sent.err.count("no luck yet (503: busy)") == 2
