"""Defines how a simulated device lies: what it answers, shows and streams is changed before it leaves the device.

A lie sees bytes and targets of one device, and decides nothing else; where none is told, a device says what is true.
The lies themselves stand in `agent/demo/liars/`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Dialect, Target, closed, silent
from agent.demo.world.cameras import DemoCamera

Says = Callable[[str, bytes], bytes]
"""What becomes of an answer: what was asked (target of the request, and its body), and the body that was to leave.

It may raise what the device refuses with: SoapFault, IsapiError."""
Aims = Callable[[Target, DeviceView], "Target | None"]
"""What is streamed instead of what a stream's address names; None: nothing is there."""


Shows = Callable[[DemoCamera], DemoCamera]
"""Which camera a snapshot of a camera is rendered of, and with which mask."""


def true_words(asked: str, body: bytes) -> bytes:
    """Say what is true."""
    del asked
    return body


def true_aim(target: Target, view: DeviceView) -> Target | None:
    """Stream what was asked for."""
    del view
    return target


def true_view(camera: DemoCamera) -> DemoCamera:
    """Show what the camera sees."""
    return camera


@dataclass(frozen=True, slots=True)
class Lying:
    """How one device lies: in what it says over HTTP, in its snapshots, and in what it streams over RTSP.

    `opens` names the streams that it gives without a login, `tells` the documents that a stream's metadata repeats.
    """

    says: Says = field(default=true_words)
    aims: Aims = field(default=true_aim)
    shows: Shows = field(default=true_view)
    sdp: Callable[[str], str] = field(default=str)
    opens: Callable[[str], bool] = field(default=closed)
    tells: Callable[[Target], tuple[bytes, ...]] = field(default=silent)


HONEST = Lying()


def bent(dialect: Dialect, lying: Callable[[], Lying]) -> Dialect:
    """Return a way of naming streams that streams what the lie in force has in their place."""

    def find(view: DeviceView, url: str, described: Target | None) -> Target | None:
        found = dialect.find(view, url, described)
        return None if found is None else lying().aims(found, view)

    def describe(target: Target, url: str) -> str:
        return lying().sdp(dialect.describe(target, url))

    def tells(target: Target) -> tuple[bytes, ...]:
        return lying().tells(target)

    return replace(dialect, find=find, describe=describe, opens=lambda url: lying().opens(url), tells=tells)
