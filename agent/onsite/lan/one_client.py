"""Decides which browser of the local network a page answers to: the first one that had the code, and no other.

The page's files have no secret in them and are open to whoever has the address, until somebody has traded the code.
"""

import ipaddress
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from agent.model.errors import UsageError
from agent.model.finding import listed

LASTS_S: Final = 7200.0
"""How long such a page lives: `WebBounds.lives_s`."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_WORDS: Final = b"this page belongs to another browser\n"


def chosen_address(named: str, own: Collection[str]) -> str:
    """Return the numeric address to listen on, of this machine's own ones.

    Args:
        named: By the person, empty where nobody named one.
        own: Addresses of this machine that the network reaches.

    Raises:
        UsageError: It is not one of them, or there are several and none was named.
    """
    usable = sorted(one for one in own if _is_usable(one))
    if named:
        if named in usable:
            return named
        raise UsageError(
            "--lan {address}: is no address of this machine in the local network; there are: {own}",
            address=named, own=listed(usable) or "-",
        )  # fmt: skip
    if len(usable) == 1:
        return usable[0]
    if usable:
        raise UsageError("--lan: name one of the addresses of this machine: --lan {own}", own=" | ".join(usable))
    raise UsageError("--lan: this machine has no address in a local network; connect it first")


def _is_usable(text: str) -> bool:
    one = ipaddress.ip_address(text)
    return not (one.is_loopback or one.is_unspecified or one.is_multicast or one.is_link_local)


def standing(bound: str, address: str) -> Literal["open", "own", "other"]:
    """Return how a client stands to the page: `bound` is the address that traded the code, empty before."""
    if not bound:
        return "open"
    return "own" if address == bound else "other"


@dataclass(slots=True)
class OneClient:
    """The browser that a page is bound to, and a wall before the page."""

    bound: str = ""

    def bind(self, address: str) -> bool:
        """Bind the page to the client that has traded the code; return False where it is another one's."""
        if standing(self.bound, address) == "other":
            return False
        self.bound = address
        return True

    def wall(self, app: App) -> App:
        """Return the application as it answers to the bound client alone, 403 to all others."""

        async def walled(scope: Message, receive: Receive, send: Send) -> None:
            if standing(self.bound, scope["client"][0]) != "other":
                await app(scope, receive, send)
                return
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(_WORDS))]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": _WORDS})

        return walled
