"""Limits tries at passwords, by address and by name, without ever closing a door for long.

A bucket of tries that fills up again; a right login gives its try back. A name has a bucket too, or many addresses
could try one name; but where the person has come in from an address before, that bucket does not count there, so that
strangers who try a name do not lock its owner out. Thread-safe; time is passed in.

Source: OWASP Authentication Cheat Sheet (login throttling); OWASP "Slow Down Online Guessing Attacks with Device
Cookies".
"""

import ipaddress
import threading
from collections import OrderedDict
from typing import Final

OF_ADDRESS: Final = (10.0, 1.0)
"""Tries at once, and how many more in each second. House rule."""

OF_NAME: Final = (10.0, 0.2)
"""At most 17,280 a day on one name: nothing against the passwords that are taken. House rule."""

BUCKETS_MOST: Final = 20_000

_Key = tuple[str, str]


class Limiter:
    """The buckets of one running page; the one that was not used for longest goes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: OrderedDict[_Key, tuple[float, float]] = OrderedDict()

    def take(self, address: str, name: str, is_known: bool, now_mono: float) -> float:
        """Take a try; return 0, or after how many seconds there is one, and then nothing was taken.

        `is_known`: the person of that name has come in from this address before.
        """
        wanted = self._wanted(address, name, is_known)
        with self._lock:
            left = [self._left(key, rate, now_mono) for key, rate in wanted]
            waits_s = max(
                (1 - have) / rate[1] if have < 1 else 0.0 for have, (_, rate) in zip(left, wanted, strict=True)
            )
            if waits_s == 0:
                for have, (key, _) in zip(left, wanted, strict=True):
                    self._put(key, have - 1, now_mono)
            return waits_s

    def give_back(self, address: str, name: str, is_known: bool, now_mono: float) -> None:
        """Give back the try of a right login."""
        with self._lock:
            for key, rate in self._wanted(address, name, is_known):
                self._put(key, min(rate[0], self._left(key, rate, now_mono) + 1), now_mono)

    def _wanted(self, address: str, name: str, is_known: bool) -> list[tuple[_Key, tuple[float, float]]]:
        of_address = (("address", network(address)), OF_ADDRESS)
        return [of_address] if is_known else [of_address, (("name", name), OF_NAME)]

    def _left(self, key: _Key, rate: tuple[float, float], now_mono: float) -> float:
        have, at_mono = self._buckets.get(key, (rate[0], now_mono))
        return min(rate[0], have + max(0.0, now_mono - at_mono) * rate[1])

    def _put(self, key: _Key, have: float, now_mono: float) -> None:
        self._buckets[key] = (have, now_mono)
        self._buckets.move_to_end(key)
        while len(self._buckets) > BUCKETS_MOST:
            self._buckets.popitem(last=False)


def network(address: str) -> str:
    """Return whose address it is: itself, or for IPv6 the /64 that one subscriber has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else str(found)
