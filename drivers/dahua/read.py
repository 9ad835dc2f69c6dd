"""Reads one Dahua device and its cameras: the driver's way in. Its sisters (Amcrest, Lorex, Intelbras) answer alike.

Each read fails alone and becomes an `Unavailable` with its reason. Tables of all channels are requested once, then RPC2
for what CGI does not give, then footage, channel by channel, within half of the time left: a search of all time can
take seconds. The first camera rotates from minute to minute.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from drivers.allowed_requests import Ask, http
from drivers.collect import Collector, is_final
from drivers.dahua import channels as channel_reads
from drivers.dahua import device as device_reads
from drivers.dahua import picture, plan, platform_link, rpc
from drivers.dahua.cgi import Fields, config
from drivers.dahua.held import read_footage
from drivers.deadline import Deadline
from drivers.details import Movable
from drivers.errors import DriverError, NotPermitted, Unsupported
from drivers.exchange import Transport
from drivers.footage import Channels, Schedule, Wanted, WantedFootage
from drivers.model import Camera, Fact, Masks, Observations, Overlays
from drivers.picture import Streams

_CONFIG = "/cgi-bin/configManager.cgi?action=getConfig&name="
_FIND = "/cgi-bin/mediaFileFind.cgi?action="

ASKS: Final[tuple[Ask, ...]] = (
    *http(
        "device", "GET",
        "/cgi-bin/global.cgi?action=getCurrentTime",
        "/cgi-bin/magicBox.cgi?action=getSystemInfo", "/cgi-bin/magicBox.cgi?action=getDeviceType",
        "/cgi-bin/magicBox.cgi?action=getSerialNo", "/cgi-bin/magicBox.cgi?action=getSoftwareVersion",
        "/cgi-bin/magicBox.cgi?action=getVendor",
        "/cgi-bin/storageDevice.cgi?action=getDeviceAllInfo", "/cgi-bin/userManager.cgi?action=getUserInfoAll",
        f"{_CONFIG}NTP", f"{_CONFIG}ChannelTitle", f"{_CONFIG}Encode", f"{_CONFIG}VideoWidget",
        f"{_CONFIG}PrivacyMasking", f"{_CONFIG}LeLensMask", f"{_CONFIG}RemoteDevice", f"{_CONFIG}RecordMode",
        f"{_CONFIG}Record",
    ),
    Ask("http", "POST", "/RPC2_Login"),
    Ask("http", "POST", "/RPC2", "getCameraState"),
    *(Ask("http", "POST", "/RPC2", table) for table in (platform_link.TABLE, *platform_link.NEIGHBOURS)),
    Ask("http", "POST", "/RPC2", "RPC2 logout"),
    *http(
        "search", "GET",
        f"{_FIND}factory.create", f"{_FIND}findFile&object=*&condition.*", f"{_FIND}findNextFile&object=*&count=*",
        f"{_FIND}close&object=*", f"{_FIND}destroy&object=*",
    ),
)  # fmt: skip

METHOD = "dahua"

_TABLES = (
    "ChannelTitle", "Encode", "VideoWidget", "PrivacyMasking", "LeLensMask", "RemoteDevice", "RecordMode", "Record",
)  # fmt: skip

_OF_A_PICTURE: tuple[Fact, ...] = ("encoders", "masks", "overlays")

_NOTHING_WANTED: WantedFootage = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of the configuration, each as it was read or as the error of that, and the names in ChannelTitle."""

    found: Mapping[str, Fields | DriverError]
    names: tuple[str, ...] | DriverError

    def of(self, name: str) -> Fields | DriverError:
        """Return one table, or why it could not be had."""
        return self.found[name]


def read(cameras: tuple[Camera, ...], transport: Transport, wanted: WantedFootage = _NOTHING_WANTED) -> Observations:
    """Read the device and its `cameras`; `wanted`: days to list, not months. Never raises for what the device does."""
    seen = Collector(transport, METHOD)
    box = f"device:{transport.device.id}"
    clock = seen.attempt(device_reads.read_clock, transport)
    # Where this was refused or did not arrive, one more question would only cost time, or a try.
    there = clock if isinstance(clock, DriverError) and is_final(clock) else transport
    ntp = seen.attempt(config, there, "NTP")
    seen.note(box, "clock", seen.attempt(device_reads.clock_of, clock, None if isinstance(ntp, DriverError) else ntp))
    seen.note(box, "identity", seen.attempt(device_reads.read_identity, there))
    found = {name: seen.attempt(config, there, name) for name in _TABLES}
    tables = Tables(found, seen.attempt(channel_reads.titles, found["ChannelTitle"]))
    seen.note(box, "disks", seen.attempt(device_reads.read_disks, there))
    seen.note(box, "accounts", seen.attempt(device_reads.read_accounts, there))
    states = _over_rpc(seen, there, box)
    seen.note(box, "channels", _channels(seen, tables, states))
    for camera in cameras:
        _camera(seen, transport, tables, states, camera)
    _footage(seen, transport, there, tables, clock, cameras, wanted)
    return tuple(seen.observations)


def _over_rpc(seen: Collector, there: Transport | DriverError, box: str) -> channel_reads.States | DriverError:
    """Note the platforms; return the states of the channels. The session is ended whatever happens."""
    session = seen.attempt(rpc.log_in, there)
    try:
        states = seen.attempt(channel_reads.states, seen.attempt(rpc.Session.camera_states, session))
        seen.note(box, "platform-link", seen.attempt(platform_link.read_platforms, session))
    finally:
        if isinstance(session, rpc.Session):
            session.log_out()
    return states


def _channels(seen: Collector, tables: Tables, states: channel_reads.States | DriverError) -> Channels | DriverError:
    """Join the data on channels; a device that reports neither states nor slots is no recorder."""
    slots = seen.attempt(channel_reads.remotes, tables.of("RemoteDevice"))
    if isinstance(states, DriverError) and isinstance(slots, DriverError):
        return tables.names if isinstance(tables.names, DriverError) else states
    return channel_reads.channels_of(
        None if isinstance(tables.names, DriverError) else tables.names,
        None if isinstance(states, DriverError) else states,
        None if isinstance(slots, DriverError) else slots,
    )


def _camera(
    seen: Collector, transport: Transport, tables: Tables, states: channel_reads.States | DriverError, camera: Camera
) -> None:
    """Collect one camera's facts from the tables. A channel that does not exist, or is named empty, has no streams."""
    subject, channel = f"camera:{camera.id}", camera.channel
    seen.of_source(subject, str(channel))
    seen.note(subject, "schedule", seen.attempt(_schedule, tables, channel))
    word = None if isinstance(states, DriverError) else states.get(channel)
    beyond = not isinstance(tables.names, DriverError) and channel > len(tables.names)
    if beyond or channel_reads.state_of(word) == "empty":
        seen.note(subject, "streams", Streams(()))
        for fact in _OF_A_PICTURE:
            seen.note(subject, fact, Unsupported("the device has no camera on this channel"))
        return
    encoders = seen.attempt(picture.encoders, tables.of("Encode"), channel)
    seen.note(subject, "encoders", encoders)
    known = None if isinstance(encoders, DriverError) else encoders
    # Where the encoders cannot be read, the channel is known by its name.
    there = known or tables.names
    more = seen.attempt(picture.further, tables.of("Encode"), channel)
    further = () if isinstance(more, DriverError) else more
    seen.note(
        subject,
        "streams",
        there if isinstance(there, DriverError) else picture.streams(transport.device, channel, known, further),
    )
    seen.note(subject, "masks", seen.attempt(_masks, tables.of("VideoWidget"), tables, channel))
    seen.note(subject, "overlays", seen.attempt(_overlays, tables.of("VideoWidget"), tables, channel))
    # Without such slots nothing is said: older firmware has no such table for any camera.
    if seen.attempt(picture.turns, tables.of("PrivacyMasking"), channel) is True:
        seen.note(subject, "movable", Movable(True))


def _schedule(tables: Tables, channel: int) -> Schedule:
    return plan.schedule(tables.of("RecordMode"), tables.of("Record"), channel)


def _masks(widget: Fields, tables: Tables, channel: int) -> Masks:
    """Parse the masks of one camera where VideoWidget was read.

    A login that may read VideoWidget may read every table: where another one is refused, the firmware does not have it.
    """
    others: list[Fields | None] = []
    for name in ("PrivacyMasking", "LeLensMask"):
        table = tables.of(name)
        if isinstance(table, DriverError) and not isinstance(table, NotPermitted | Unsupported):
            raise table
        others.append(None if isinstance(table, DriverError) else table)
    return picture.masks(widget, others[0], others[1], channel)


def _overlays(widget: Fields, tables: Tables, channel: int) -> Overlays:
    return picture.overlays(widget, None if isinstance(tables.names, DriverError) else tables.names, channel)


def _footage(
    seen: Collector,
    transport: Transport,
    there: Transport | DriverError,
    tables: Tables,
    clock: device_reads.ClockRead | DriverError,
    cameras: tuple[Camera, ...],
    wanted: WantedFootage,
) -> None:
    """Collect the footage of each camera, beginning with another one each minute."""
    spare = seen.attempt(_half, there)
    first = int(transport.clock().timestamp() // 60) % max(1, len(cameras))
    for camera in cameras[first:] + cameras[:first]:
        subject, days = f"camera:{camera.id}", wanted.get(camera.id, Wanted()).days
        arguments = (seen, transport, camera.channel, tables.names, clock, days, spare)
        held = seen.attempt(read_footage, *arguments)
        recordings, recorded = (held, held) if isinstance(held, DriverError) else held
        seen.note(subject, "recordings", recordings)
        seen.note(subject, "recorded-days", recorded)


def _half(transport: Transport) -> Deadline:
    return Deadline(transport.deadline.remaining_s() / 2)
