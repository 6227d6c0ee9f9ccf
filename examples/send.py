"""Sends one batch of signals to a Showcaller room, signed by Standard Webhooks. Nothing but Python is needed.

    export SHOWCALLER_SECRET=whsec_...          # printed once by: python run.py secret us_main
    python examples/send.py --room us_main concurrent n=320
    python examples/send.py --room us_main order n=1 gmv=19.90 currency=USD order_id=o-17
    python examples/send.py --room us_main --file signals.jsonl
    some-tool | python examples/send.py --room us_main --file -

A line of the file is a JSON object ({"kind": "comment", "n": 3}) or is written as on the command line
(comment n=3 text="how much?"). A signal without `at` gets the present time. A batch that got no answer is sent
again under the same webhook-id, so it never counts twice.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import os
import shlex
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from datetime import UTC, datetime

TEXTS = frozenset(
    "at id source user text gmv currency sku order_id status state reason region device".split()  # noqa: SIM905
)
"""Fields that are texts even where they look like numbers (an amount of money is one: 19.90 must stay 19.90)."""
RETRIED = frozenset((429, 500, 502, 503, 504))


class SendError(Exception):
    """What went wrong, and what to do about it."""


def key_of(secret: str) -> bytes:
    """The bytes to sign with."""
    if not secret:
        raise SendError("SHOWCALLER_SECRET is not set; `python run.py secret ROOM` prints the room's secret once")
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise SendError("SHOWCALLER_SECRET is no secret: it looks like whsec_ and base64") from None


def sign(key: bytes, webhook_id: str, timestamp: str, body: bytes) -> str:
    """https://www.standardwebhooks.com: HMAC-SHA256 over id.timestamp.body."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def signal_of(words: list[str], where: str) -> dict[str, object]:
    """`order n=1 gmv=19.90` as a signal."""
    kind, *rest = words
    if "=" in kind:
        raise SendError(f"{where}: begin with the kind of the signal, like: concurrent n=320")
    signal: dict[str, object] = {"kind": kind}
    for word in rest:
        name, equals, value = word.partition("=")
        if not equals:
            raise SendError(f"{where}: {word!r} is no field; write name=value, like n=320")
        signal[name] = value if name in TEXTS else number_of(value)
    return signal


def number_of(text: str) -> object:
    """A number where it is one; else the text, and the server says what it expected."""
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def signals_of(text: str, name: str) -> list[dict[str, object]]:
    """Every line of a file, empty ones left out."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        where = f"{name}, line {number}"
        try:
            signal = json.loads(line) if line.lstrip().startswith("{") else signal_of(shlex.split(line), where)
        except ValueError as error:
            raise SendError(f"{where}: {error}") from None
        found.append(signal)
    return found


def read_signals(args: argparse.Namespace) -> list[dict[str, object]]:
    if args.file is None:
        return [signal_of(args.signal, "the command line")]
    try:
        data = sys.stdin.buffer.read() if args.file == "-" else open(args.file, "rb").read()  # noqa: PTH123, SIM115
        return signals_of(data.decode("utf-8-sig"), args.file)
    except OSError as error:
        raise SendError(f"{args.file}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise SendError(f"{args.file}: it is not UTF-8 text") from None


def post(url: str, key: bytes, webhook_id: str, body: bytes, timeout_s: float) -> tuple[int, dict[str, object]]:
    """One try: the status and the answer."""
    timestamp = str(int(time.time()))  # anew for each try: the server takes it within five minutes only
    headers = {
        "Content-Type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": sign(key, webhook_id, timestamp, body),
    }
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - checked in main
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as response:  # noqa: S310
            return response.status, read_answer(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, read_answer(error.read())


def read_answer(data: bytes) -> dict[str, object]:
    try:
        answer = json.loads(data)
    except ValueError:
        answer = None
    return answer if isinstance(answer, dict) else {"error": data[:200].decode("utf-8", "replace")}


def deliver(url: str, key: bytes, body: bytes, *, webhook_id: str, tries: int, timeout_s: float) -> dict[str, object]:
    """Tries until there is an answer that will not change; the same webhook-id each time."""
    wait_s = 0.5
    for left in reversed(range(tries)):
        try:
            status, answer = post(url, key, webhook_id, body, timeout_s)
            if status == 202:  # noqa: PLR2004
                return answer
            problem = f"{status}: {answer.get('error') or 'no reason given'}"
            if status not in RETRIED:
                raise SendError(f"{url} refused the batch, {problem}")
        except OSError as error:  # no connection, or none in time
            problem = str(getattr(error, "reason", error))
        if left:
            print(f"no luck yet ({problem}); again in {wait_s:g} s", file=sys.stderr)
            time.sleep(wait_s)
            wait_s = min(wait_s * 2, 30)
    raise SendError(f"{url} did not take the batch in {tries} tries ({problem}); is the bot running?")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    lines = (__doc__ or "").split("\n\n")
    parser = argparse.ArgumentParser(
        description=lines[0], epilog="\n\n".join(lines[1:]), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--room", required=True, help="the room's short name")
    parser.add_argument("--url", default="http://127.0.0.1:8766", help="where signals are taken (%(default)s)")
    parser.add_argument("--file", help="signals, one a line; - reads standard input")
    parser.add_argument("--id", help="webhook-id, to send a batch again after a crash (default: a new one)")
    parser.add_argument("--tries", type=int, default=5, help="how often to try (%(default)s)")
    parser.add_argument("--timeout", type=float, default=10, help="seconds to wait for an answer (%(default)s)")
    parser.add_argument("signal", nargs="*", help="kind and name=value, like: concurrent n=320")
    args = parser.parse_args(arguments)
    if bool(args.signal) == bool(args.file):
        parser.error("give either a signal (concurrent n=320) or --file")
    if urllib.parse.urlsplit(args.url).scheme not in ("http", "https"):
        parser.error("--url must begin with http:// or https://")
    if args.tries < 1:
        parser.error("--tries must be 1 or more")
    return args


def main(arguments: list[str] | None = None) -> int:
    args = parse(arguments)
    try:
        key = key_of(os.environ.get("SHOWCALLER_SECRET", ""))
        now = datetime.now(UTC).isoformat()
        signals = [{"at": now, **signal} for signal in read_signals(args)]
        url = f"{args.url.rstrip('/')}/v1/signals/{urllib.parse.quote(args.room, safe='')}"
        answer = deliver(
            url,
            key,
            json.dumps(signals).encode(),
            webhook_id=args.id or f"send-{uuid.uuid4()}",
            tries=args.tries,
            timeout_s=args.timeout,
        )
    except SendError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"accepted {answer.get('accepted')}, duplicates {answer.get('duplicates')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
