"""Fetches one JPEG from a device by HTTP: without a login first, bounded, and nothing but a JPEG. No redirect."""

from datetime import datetime
from typing import Final

from drivers.errors import DeviceFault, Malformed, NotTried
from drivers.exchange import Request, Transport

JPEG_MAX_BYTES: Final = 16 * 1024 * 1024
JPEG_BEGINNING: Final = b"\xff\xd8\xff"


def fetch_jpeg(
    transport: Transport, operation: str, target: str, port: int, limit_s: float = 0.0
) -> tuple[bytes, datetime]:
    """Return the JPEG at a path of the device, and when it had arrived.

    Args:
        transport: How the device is reached.
        operation: What the request is called in messages and in `ASKS`.
        target: Path and query.
        port: 0 means the device's own.
        limit_s: Its share of the device's time; 0 means all of it.

    Raises:
        DriverError: No JPEG came.
    """
    request = Request(operation, "GET", target, port=port, max_bytes=JPEG_MAX_BYTES, anonymous_first=True,
                      limit_s=limit_s)  # fmt: skip
    exchange = transport.exchange(request)
    reply = exchange.reply
    if reply.status == 401:
        raise NotTried(f"{operation}: the device asks for a login of a kind that is not known")
    if reply.status != 200:
        raise DeviceFault(f"{operation}: HTTP {reply.status}")
    if not reply.body.startswith(JPEG_BEGINNING):
        raise Malformed(f"{operation}: the answer is no JPEG")
    return reply.body, exchange.received_at
