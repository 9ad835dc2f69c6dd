"""Serves the enrollment desk over HTTPS: one address, one kind of request, everything bounded.

`agent/hub/enroll/desk.py` decides the answers, `agent/host/http_serving.py` enforces the bounds. The desk shows a
certificate of its own authority, which tokens pin.
"""

import logging
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from agent.contract.enrollment import PATH, REQUEST_MAX_BYTES, Grant, Refusal, write_grant, write_refusal
from agent.host import http_serving
from agent.host.http_serving import Limits, Request, Response
from agent.hub.enroll.authority import serial_and_end
from agent.hub.enroll.desk import answer
from agent.hub.enroll.place import DeskFolder
from agent.hub.ports.enroll import EnrollStore
from agent.model.errors import AgentError, ConfigurationError
from agent.model.finding import Json

LOG = logging.getLogger("camwarden.enroll")

REQUEST_WITHIN_S: Final = 10.0
"""How long a connection may last, from its first byte to its last."""

AT_ONCE_MOST: Final = 32
_JSON: Final = "application/json"
_STATUS: Final = {"malformed": 400, "request": 400, "busy": 503}

Tell = Callable[[dict[str, Json]], None]


@contextmanager
def serving(
    place: DeskFolder, store: EnrollStore, listen: tuple[str, int], tell: Tell, clock: Callable[[], datetime]
) -> Iterator[int]:
    """Serve the desk while the block runs, on a free port for port 0; yield the port.

    Nothing else in this process uses `store` meanwhile. `tell` gets one event for each request, on a connection's
    thread, one at a time; `clock` is the wall clock, aware UTC.

    Raises:
        ConfigurationError: The address cannot be listened on, or the desk's key is missing.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(place.path("desk.crt"), place.path("desk.key"), password=lambda: b"")
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            "{path}: cannot be used: {why}; restore the folder", path=place.path("desk.key"), why=error
        ) from None

    def reply(asked: Request) -> Response:
        if asked.path != PATH:
            return Response(404, _JSON, b"")
        now = clock()
        try:
            given, request = answer(place, store, asked.body, now)
        except AgentError as error:
            LOG.error("nothing was granted: %s", error)
            given, request = Refusal("busy", now), None
        tell(_event(given, request.site if request else "", request.key.kid if request else "", asked.address))
        if isinstance(given, Grant):
            return Response(200, _JSON, write_grant(given))
        return Response(_STATUS.get(given.reason, 403), _JSON, write_refusal(given))

    limits = Limits(REQUEST_WITHIN_S, AT_ONCE_MOST, REQUEST_MAX_BYTES)
    with http_serving.serving(listen, "POST", reply, limits, "--listen", {place.settings.host}, context) as port:
        yield port


def _event(given: Grant | Refusal, site: str, kid: str, address: str) -> dict[str, Json]:
    if isinstance(given, Refusal):
        return {"event": "refused", "reason": given.reason, "site": site, "from": address}
    serial, ends = serial_and_end(given.certificate.encode())
    told: dict[str, Json] = {"event": "enrolled", "site": site, "kid": kid, "serial": f"{serial:x}"}
    return {**told, "not_after": ends.isoformat(timespec="seconds"), "from": address}
