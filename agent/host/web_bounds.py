"""Decides what a web page's listener takes from its clients: limits, names, requests, room, headers. Pure.

`web.py` enforces it. Only plain requests are taken: HTTP/1.1, a path, a length that is told, one exact `Host`. What no
browser sends to a page is refused before the page sees it, so that no two readers of one request can disagree on it.

Source: RFC 9112 sections 2.6, 3.2, 6.1 and 11.2 (versions, targets, lengths, smuggling); RFC 9110 section 15.5.20.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

Header = tuple[bytes, bytes]

METHODS: Final = frozenset({"GET", "HEAD", "POST"})

PLAIN: Final = ((b"content-type", b"text/plain; charset=utf-8"),)

NO_POLICY: Final = b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The content security policy of what has none of its own: such an answer loads nothing."""

ALWAYS: Final[Mapping[bytes, bytes]] = {
    b"cache-control": b"no-store",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"x-frame-options": b"DENY",
    b"connection": b"close",
}
"""Headers of each answer, whatever the page says. A connection brings one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebBounds:
    """Limits for clients. Times are seconds, from when that part of a connection began, however it drips.

    `at_once`: connections in all; `per_address`: of one client's address. While all places are taken, a new connection
    has that of the one which makes us wait longest. `idle_s`: the listener ends so long after the last request that
    was answered well; `lives_s`: and so long after its start at the latest.
    """

    head_within_s: float = 5.0
    body_within_s: float = 10.0
    answer_within_s: float = 30.0
    body_max_bytes: int = 64 * 1024
    head_max_bytes: int = 8 * 1024
    at_once: int = 64
    per_address: int = 64
    idle_s: float = 1800.0
    lives_s: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """An open connection: the client's address, and since when it makes us wait; None while the page answers."""

    address: str
    waits_since_mono: float | None


def own_hosts(host: str, port: int, names: Collection[str], tls: bool) -> frozenset[str]:
    """Return the values of `Host` that mean this listener, in small letters.

    `names` are further names or addresses, each for this port, or with a port of its own (`localhost:8800`, such as
    the near end of a tunnel, or of a proxy: `hub.city.example:443`). Where a browser leaves the port out, the name
    alone is one too.
    """
    found = set()
    for name in (host, *names):
        bare = name.lower()
        bare = f"[{bare}]" if bare.count(":") > 1 and not bare.startswith("[") else bare
        if ":" in bare.rpartition("]")[2]:
            found.add(bare)
            name_alone, _, its_port = bare.rpartition(":")
            if its_port in ("80", "443"):
                found.add(name_alone)
            continue
        found.add(f"{bare}:{port}")
        if port == (443 if tls else 80):
            found.add(bare)
    return frozenset(found)


def refused(
    version: str,
    method: str,
    target: bytes,
    path: str,
    headers: Sequence[Header],
    hosts: Collection[str],
    bounds: WebBounds,
) -> tuple[int, str] | None:
    """Return status and words of a refusal, None for a request that the page may see.

    Args:
        version: Of the request, such as "1.1".
        method: As it came.
        target: Its raw bytes, with the query.
        path: The target's path decoded.
        headers: Names in small letters.
        hosts: What `own_hosts` returned.
        bounds: Limits of head and body.
    """
    if len(target) + sum(len(name) + len(value) + 4 for name, value in headers) > bounds.head_max_bytes:
        return 431, "the head is too large"  # uvicorn's own limit is for a head that comes in parts
    told = {name: [value for other, value in headers if other == name] for name in (b"host", b"content-length")}
    if version != "1.1":
        return 505, "HTTP/1.1 is spoken here"
    if len(told[b"host"]) != 1:
        return 400, "one Host is needed"
    if told[b"host"][0].decode("latin-1").lower() not in hosts:
        return 421, "this page has another address: open the link that camwarden printed"
    if method not in METHODS:
        return 405, "GET, HEAD and POST are answered"
    is_path = target.startswith(b"/") and not target.startswith(b"//")
    if not is_path or any(ord(sign) < 32 or sign == "\x7f" for sign in path):
        return 400, "the target must be a path"
    if any(name in (b"transfer-encoding", b"upgrade") for name, _ in headers):
        return 400, "a body's length must be told, and no other protocol is spoken"
    if len(told[b"content-length"]) > 1:
        return 400, "one Content-Length is enough"
    if told[b"content-length"] and int(told[b"content-length"][0]) > bounds.body_max_bytes:
        return 413, "the body is too large"
    return None


Key = TypeVar("Key", bound=Hashable)


def makes_room(open_ones: Mapping[Key, Place], address: str, bounds: WebBounds) -> tuple[bool, list[Key]]:
    """Return whether a new connection from an address is taken, and which open one is cut for it: one or none.

    The one that has waited longest goes: of the same address where that has its share, else of the address which has
    most. Where each is being answered, the new one is not taken.
    """
    of = Counter(place.address for place in open_ones.values())
    if of[address] >= bounds.per_address:
        crowd = address
    elif len(open_ones) >= bounds.at_once:
        crowd = max(of, key=lambda one: (of[one], one == address))
    else:
        return True, []
    waiting = [
        (place.waits_since_mono, key)
        for key, place in open_ones.items()
        if place.address == crowd and place.waits_since_mono is not None
    ]
    if not waiting:
        return False, []
    return True, [min(waiting, key=lambda one: one[0])[1]]


def bounded_headers(headers: Iterable[Header]) -> list[Header]:
    """Return an answer's headers with `ALWAYS`, and `NO_POLICY` where it has no content security policy."""
    own = [(name.lower(), value) for name, value in headers]
    own = [(name, value) for name, value in own if name not in ALWAYS and name not in (b"server", b"date")]
    policy = [] if any(name == b"content-security-policy" for name, _ in own) else [NO_POLICY]
    return [*own, *((b"content-security-policy", one) for one in policy), *ALWAYS.items()]
