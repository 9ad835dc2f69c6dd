"""Serves `/metrics`, in threads of its own, and formats metrics as Prometheus text.

No login: the address decides who may connect. A slow or hostile client delays only this page. Source: Prometheus
exposition formats, text format 0.0.4.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Literal

from agent.host import http_serving
from agent.host.http_serving import Limits, Request, Response
from agent.model.errors import AgentError

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Kind = Literal["gauge", "counter"]
Labels = Mapping[str, str]


def block(name: str, kind: Kind, text: str, samples: Iterable[tuple[Labels, float]]) -> str:
    """Return one metric with its samples (labels, value); `name` has its unit, and of a counter ends in `_total`."""
    told = text.replace("\\", r"\\").replace("\n", r"\n")
    lines = [f"# HELP {name} {told}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        inside = ",".join(f'{label}="{_escaped(of)}"' for label, of in labels.items())
        lines.append(f"{name}{{{inside}}} {value:.15g}" if inside else f"{name} {value:.15g}")
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


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
