"""How often somebody may try a code: few wrong ones per address, and a limit for all of them together."""

from __future__ import annotations

import ipaddress
from collections import deque
from collections.abc import Collection
from datetime import datetime, timedelta

from aiohttp import web

WINDOW = timedelta(minutes=15)
EACH, ALL = 5, 100
"""Wrong tries in a window: from one address (somebody who mistypes gets there in the end), and from all together. At a
hundred in a quarter of an hour, guessing the shortest code (49 bits) takes 100 million years; it is good for a day."""


class TooManyError(Exception):
    """No try now: `wait_s` seconds to the next."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


class Brake:
    """Counts tries. One is taken before it is known to be wrong, so that a hundred at once are counted too."""

    def __init__(self) -> None:
        self._tries: deque[tuple[datetime, str]] = deque()

    def take(self, address: str, now: datetime) -> None:
        """Counts a try of this address.

        Raises:
            TooManyError: its tries, or all of them, are used up.
        """
        while self._tries and self._tries[0][0] <= now - WINDOW:
            self._tries.popleft()
        mine = [at for at, who in self._tries if who == address]
        for used, most in ((mine, EACH), ([at for at, _ in self._tries], ALL)):
            if len(used) >= most:
                left = used[-most] + WINDOW - now
                raise TooManyError(-(-left // timedelta(seconds=1)))
        self._tries.append((now, address))

    def give_back(self, address: str, at: datetime) -> None:
        """It was a right one, or none that guesses."""
        if (at, address) in self._tries:
            self._tries.remove((at, address))


def address_of(request: web.Request, proxies: Collection[str]) -> str:
    """Who asks, as far as it can be known: X-Forwarded-For only counts when one of our own proxies says it.

    Of IPv6 the /64: one household or phone has all addresses of it.
    """
    asks = _tidy(request.remote or "")
    if asks in proxies:
        hops = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
        asks = next((hop for hop in map(_tidy, reversed(hops)) if hop and hop not in proxies), asks)
    address = ipaddress.ip_address(asks) if asks else None
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return asks


def _tidy(text: str) -> str:
    """An address in its one spelling; empty where it is none."""
    try:
        address = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
