"""Serves `/metrics`, in threads of its own.

No login: the address decides who may connect. A slow or hostile client delays only this page. The text is
`agent/text/metrics.py`. Source: Prometheus exposition formats, text format 0.0.4.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Final

from agent.host import http_serving
from agent.host.http_serving import Limits, Request, Response
from agent.model.errors import AgentError

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

REQUEST_WITHIN_S: Final = 5.0
"""Deadline of a client."""

AT_ONCE_MOST: Final = 32

_PLAIN: Final = "text/plain; charset=utf-8"


@contextmanager
def serving(
    address: tuple[str, int], read: Callable[[], str], option: str, names: Collection[str] = ()
) -> Iterator[int]:
    """Serve the page while the block runs; yield the port.

    Args:
        address: Numeric address or name, and port; 0: any free one.
        read: Returns the page; called for each request on its thread, one at a time. An AgentError becomes 503.
        option: The option that named the address, for the message.
        names: Accepted `Host` names beside loopback and the address.

    Raises:
        ConfigurationError: The address cannot be listened on.
    """

    def reply(asked: Request) -> Response:
        if asked.path != "/metrics":
            return Response(404, _PLAIN, b"only /metrics is here\n")
        try:
            return Response(200, CONTENT_TYPE, _bytes(read()))
        except AgentError as error:
            return Response(503, _PLAIN, _bytes(f"{error}\n"))

    limits = Limits(REQUEST_WITHIN_S, AT_ONCE_MOST)
    with http_serving.serving(address, "GET", reply, limits, option, names) as port:
        yield port


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
