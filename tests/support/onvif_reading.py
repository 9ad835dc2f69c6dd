"""Reads a scripted ONVIF device with the real driver, and picks single facts out of what came."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from devices import PASSWORD, HttpDevice, clock, device
from onvif_device import Script

from drivers.credentials import Credentials
from drivers.http.transport import Transport, open_transport
from drivers.model import (
    Camera,
    Observations,
    Span,
    Unavailable,
    Value,
)
from drivers.onvif.read import read

CAMERAS = (Camera("one", "box", channel=1), Camera("two", "box", channel=2))
DEADLINE_S = 0.6


@contextmanager
def transport_to(
    served: HttpDevice, deadline_s: float = 60.0, password: str | None = PASSWORD, **changes: object
) -> Iterator[Transport]:
    box = replace(device(served.port, password), **changes)  # type: ignore[arg-type]
    with open_transport(box, deadline_s, Credentials(None), clock) as transport:
        yield transport


def observe(
    script: Script, deadline_s: float = 60.0, cameras: tuple[Camera, ...] = CAMERAS, **changes: object
) -> Observations:
    with script.device() as served, transport_to(served, deadline_s, **changes) as transport:  # type: ignore[arg-type]
        return read(cameras, transport)


def fact(observations: Observations, subject: str, kind: type[Value] | str) -> Value:
    """Return the one observation of a kind, or the Unavailable that stands for it."""
    name = kind.replace("-", "") if isinstance(kind, str) else kind.__name__.lower()
    values = [one.value for one in observations if one.subject == subject]
    found = [
        value
        for value in values
        if type(value).__name__.lower() == name
        or (isinstance(value, Unavailable) and value.fact.replace("-", "") == name and value.path is None)
    ]
    assert len(found) == 1, (subject, name, values)
    return found[0]


def reason(observations: Observations, subject: str, name: str) -> str:
    value = fact(observations, subject, name)
    assert isinstance(value, Unavailable), value
    return value.reason


HOUR = timedelta(hours=1)
DAY0 = datetime(2026, 10, 1, tzinfo=UTC)


def at(hours: int) -> str:
    return (DAY0 + hours * HOUR).isoformat().replace("+00:00", "Z")


def spans(*hours: tuple[int, int]) -> tuple[Span, ...]:
    return tuple(Span(DAY0 + start * HOUR, DAY0 + end * HOUR) for start, end in hours)
