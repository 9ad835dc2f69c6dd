"""Limits tries at passwords, by address and by name, without closing the door to those whose it is.

Buckets of tries that fill up again; a right login gives its try back. Who comes from an address has a bucket of that
address; a name has one too, or many addresses could try one name. But strangers must not use up what a person needs:
the first tries of an address on a name do not count in the bucket of the name, and where a person has come in from an
address before, a bucket of the two alone counts. Thread-safe; time is passed in.

Left open: somebody who is new at an address from which others try hundreds of passwords a second, and somebody whose
own address and name they use. No limit can tell these apart before a password is hashed.

Source: OWASP Authentication Cheat Sheet (login throttling); OWASP "Slow Down Online Guessing Attacks with Device
Cookies".
"""

import ipaddress
import threading
from collections import OrderedDict
from typing import Final

Rate = tuple[float, float]
"""Tries at once, and how many more in each second."""

OF_ADDRESS: Final[Rate] = (10.0, 1.0)
OF_NAME: Final[Rate] = (10.0, 0.2)
"""At most 17,280 a day on one name: nothing against the passwords that are taken."""

OF_BOTH: Final[Rate] = (3.0, 1 / 60)
OF_KNOWN: Final[Rate] = (10.0, 0.5)
BUCKETS_MOST: Final = 20_000

_Key = tuple[str, str, str]


class Limiter:
    """The buckets of one running page; the one that was not used for longest goes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.buckets: OrderedDict[_Key, tuple[float, float]] = OrderedDict()

    def take(self, address: str, name: str, is_known: bool, now_mono: float) -> float:
        """Take a try; return 0, or after how many seconds there is one, and then nothing was taken.

        `is_known`: the person of that name has come in from this address before.
        """
        with self._lock:
            wanted = self._wanted(address, name, is_known, now_mono)
            left = [(self._left(key, rate, now_mono), key, rate) for key, rate in wanted]
            waits_s = max((1 - have) / rate[1] if have < 1 else 0.0 for have, _, rate in left)
            if waits_s == 0:
                for have, key, _ in left:
                    self._put(key, have - 1, now_mono)
            return waits_s

    def give_back(self, address: str, name: str, is_known: bool, now_mono: float) -> None:
        """Give back a try: it was right, or nothing was tried."""
        place = network(address)
        keys = [(("known", place, name), OF_KNOWN)] if is_known else [
            (("address", place, ""), OF_ADDRESS), (("both", place, name), OF_BOTH),
        ]  # fmt: skip
        with self._lock:
            for key, rate in keys:
                self._put(key, min(rate[0], self._left(key, rate, now_mono) + 1), now_mono)

    def _wanted(self, address: str, name: str, is_known: bool, now_mono: float) -> list[tuple[_Key, Rate]]:
        place = network(address)
        if is_known:
            return [(("known", place, name), OF_KNOWN)]
        both = ("both", place, name)
        has_own = self._left(both, OF_BOTH, now_mono) >= 1
        return [(("address", place, ""), OF_ADDRESS), (both, OF_BOTH) if has_own else (("name", "", name), OF_NAME)]

    def _left(self, key: _Key, rate: Rate, now_mono: float) -> float:
        have, at_mono = self.buckets.get(key, (rate[0], now_mono))
        return min(rate[0], have + max(0.0, now_mono - at_mono) * rate[1])

    def _put(self, key: _Key, have: float, now_mono: float) -> None:
        self.buckets[key] = (have, now_mono)
        self.buckets.move_to_end(key)
        while len(self.buckets) > BUCKETS_MOST:
            self.buckets.popitem(last=False)


def network(address: str) -> str:
    """Return whose address it is: itself, or for IPv6 the /64 that one subscriber has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
