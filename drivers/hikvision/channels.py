"""Reads which channels a device has, of both kinds, and which streams are of them."""

from dataclasses import dataclass, replace

from drivers.collect import attempt
from drivers.errors import DeviceFault, DriverError, Malformed, Unsupported
from drivers.footage import Channel, Channels, ChannelState
from drivers.hikvision import parse_channels
from drivers.hikvision.client import Isapi
from drivers.hikvision.parse_channels import Input, StreamRow
from drivers.hikvision.parse_device import DeviceKind

NO_CAMERA = "no camera is on this channel"
_PROXIES = "ContentMgmt/InputProxy/channels"
_OWN_KINDS = ("IPCAMERA", "IPDOME", "IPZOOM")


@dataclass(frozen=True, slots=True)
class Table:
    """Every channel of a device, and its streams, or why those are not known."""

    inputs: tuple[Input, ...]
    streams: tuple[StreamRow, ...] | DriverError

    @property
    def mixed(self) -> bool:
        """Whether the device has inputs of its own and IP cameras behind it."""
        return len({one.own for one in self.inputs}) == 2

    def find(self, number: int) -> Input | None:
        """Return the channel of this number; None where the device lists none."""
        return next((one for one in self.inputs if one.number == number), None)

    def rows(self, number: int) -> tuple[StreamRow, ...]:
        """Return the streams of a channel, its main stream first. Raises DriverError where they are not known."""
        if isinstance(self.streams, DriverError):
            raise self.streams
        one = self.find(number)
        return () if one is None else parse_channels.rows_of(one, self.streams, self.mixed)

    def track(self, number: int) -> int:
        """Return the track that a channel's main stream is recorded on. It is there also where the camera is gone."""
        if not isinstance(self.streams, DriverError):
            main = next((row.id for row in self.rows(number)), 0)
            if main > 100:
                return main
        return number * 100 + 1


def read_table(isapi: Isapi, kind: DeviceKind | DriverError) -> Table:
    """Read both kinds of channels and the streams, the inputs of IP recorders once. Raises DriverError."""
    what = "" if isinstance(kind, DriverError) else kind.kind.upper()
    behind = _list(isapi, _PROXIES, "InputProxyChannelList", parse_channels.proxies)
    own: tuple[Input, ...] | Unsupported = ()
    if isinstance(behind, Unsupported) or not (behind and what == "NVR"):
        own = _list(isapi, "System/Video/inputs/channels", "VideoInputChannelList", parse_channels.inputs)
    streams = attempt(isapi.get, "Streaming/channels", "StreamingChannelList", parse_channels.streams)
    if isinstance(behind, Unsupported) and isinstance(own, Unsupported):
        if what not in _OWN_KINDS:
            raise own
        # A camera that lists no inputs has one sensor.
        own = (Input(1, 1, own=True),)
    of_own = () if isinstance(own, Unsupported) else own
    of_behind = () if isinstance(behind, Unsupported) else behind
    rows = () if isinstance(streams, DriverError) else streams
    return Table(parse_channels.numbered(of_own, of_behind, rows), streams)


def read_channels(isapi: Isapi, table: Table) -> Channels:
    """Read which of the IP cameras are connected; return every channel. Raises DriverError."""
    behind = [one for one in table.inputs if not one.own and one.state != "empty"]
    states = _states(isapi, behind) if behind else {}
    found = []
    for one in table.inputs:
        if not one.own and one.id in states and one.state != "empty":
            state, word = states[one.id]
            one = replace(one, state=state, word=word)
        found.append(one.channel())
    found += _only_streamed(table)
    return Channels(tuple(found))


def _only_streamed(table: Table) -> tuple[Channel, ...]:
    """Return the channels that have streams and that no list of inputs names: one that is hidden still streams."""
    if isinstance(table.streams, DriverError):
        return ()
    claimed = {row.id for one in table.inputs for row in table.rows(one.number)}
    listed = {one.number for one in table.inputs}
    numbers = {row.id // 100 for row in table.streams if row.id not in claimed} - listed
    # The zero channel is the recorder's own mosaic of all the others.
    return tuple(Channel(number, "", "unknown", "streamed, and not listed") for number in sorted(numbers - {0}))


def _list(isapi: Isapi, path: str, root: str, read: object) -> tuple[Input, ...] | Unsupported:
    try:
        return isapi.get(path, root, read)  # type: ignore[arg-type]
    except Unsupported as error:
        return error


def _states(isapi: Isapi, behind: list[Input]) -> dict[int, tuple[ChannelState, str]]:
    """Ask for all states at once, and where that is not there, one by one."""
    try:
        return isapi.get(f"{_PROXIES}/status", "InputProxyChannelStatusList", parse_channels.states)
    except (Unsupported, DeviceFault) as error:
        found: dict[int, tuple[ChannelState, str]] = {}
        for one in behind:
            path = f"{_PROXIES}/{one.id}/status"
            answer = attempt(isapi.get, path, "InputProxyChannelStatus", parse_channels.state)
            if isinstance(answer, Unsupported) and not found:
                raise error from None
            if isinstance(answer, DriverError):
                continue
            if answer[0] != one.id:
                raise Malformed(f"{path}: the state is that of channel {answer[0]}") from None
            found[one.id] = answer[1]
        return found
