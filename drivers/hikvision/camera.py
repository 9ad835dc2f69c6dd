"""Reads one camera's picture settings: its streams, masks and overlays."""

from collections.abc import Callable
from typing import TypeVar

from lxml import etree

from drivers.address import authority
from drivers.details import Audio, Encoders, MaskOptions, Movable
from drivers.errors import Unsupported
from drivers.hikvision import parse_picture
from drivers.hikvision.channels import NO_CAMERA, Table
from drivers.hikvision.client import Isapi
from drivers.hikvision.parse_channels import Input, StreamRow
from drivers.hikvision.parse_device import DeviceKind
from drivers.hikvision.parse_picture import MaskSwitch
from drivers.model import Device, Masks, Overlays
from drivers.picture import STREAMS, Stream, Streams

_T = TypeVar("_T")

_TURNS = {"IPDOME": True, "IPCAMERA": False}
"""What a camera calls itself (deviceType), and whether such a one turns: an IPDome is a speed dome."""


def streams_of(device: Device, table: Table, channel: int, rtsp_port: int) -> Streams:
    """Return where a camera's picture can be fetched, on the configured host. Raises DriverError.

    The largest stream of a channel is its first; what lies behind the fifth is named as `further`. An empty list
    means that the device has no camera on this channel.
    """
    one = table.find(channel)
    if one is None or one.state == "empty":
        return Streams(())
    rows = table.rows(channel)
    if not rows:
        raise Unsupported(f"the device lists no stream of channel {channel}")
    scheme = "https" if device.tls else "http"
    snapshot = f"{scheme}://{authority(device.host, device.port)}/ISAPI/Streaming/channels/{rows[0].id}/picture"
    found = [Stream("snapshot", snapshot, "JPEG", profile=str(rows[0].id))]
    for path, row in zip(STREAMS, rows, strict=False):
        url = f"rtsp://{authority(device.host, rtsp_port)}/Streaming/Channels/{row.id}"
        as_told = row.encoder
        found.append(
            Stream(
                path, url, as_told.encoding, as_told.width_px, as_told.height_px,
                as_told.frame_rate, as_told.bitrate_kbps, as_told.gop_frames, str(row.id),
            )
        )  # fmt: skip
    return Streams(tuple(found), tuple(str(row.id) for row in rows[len(STREAMS) :]))


def encoders_of(table: Table, channel: int) -> Encoders:
    """Return how every stream of a camera is encoded. Raises DriverError."""
    return Encoders(tuple(row.encoder for row in _rows(table, channel)))


def audio_of(table: Table, channel: int) -> Audio:
    """Return the streams of a camera that carry sound, and those without a report on it. Raises DriverError."""
    rows = _rows(table, channel)
    untold = tuple(str(row.id) for row in rows if not row.audio_told)
    return Audio(tuple(row.audio for row in rows if row.audio is not None), untold)


def movable_of(kind: DeviceKind, table: Table, channel: int) -> Movable:
    """Return whether a camera reports that its own sensor turns. Raises Unsupported without, or for a recorder's."""
    turns = _TURNS.get(kind.kind.upper())
    if turns is None or not _connected(table, channel).own:
        raise Unsupported("the device does not say whether this camera turns")
    return Movable(turns)


def read_masks(isapi: Isapi, table: Table, channel: int) -> tuple[Masks, MaskOptions]:
    """Read the privacy masks of one camera, and which ones it could have: both are in the same document.

    Raises:
        Unsupported: No camera on this channel, or no masks of it in the device. A recorder's refusal proves nothing
            about the masks in the camera: then the camera itself has to be asked.
        DriverError: They cannot be read.
    """
    return _first(_settings_paths(table, channel, "privacyMask"), lambda path: _masks_at(isapi, path))


def read_overlays(isapi: Isapi, table: Table, channel: int) -> Overlays:
    """Read the texts in one camera's picture. Raises DriverError, like `read_masks`."""
    name = _connected(table, channel).name

    def read(root: etree._Element) -> Overlays:
        return parse_picture.overlays(root, name)

    paths = _settings_paths(table, channel, "overlays")
    return _first(paths, lambda path: isapi.get(path, "VideoOverlay", read, optional=True))


def _rows(table: Table, channel: int) -> tuple[StreamRow, ...]:
    _connected(table, channel)
    return table.rows(channel)


def _masks_at(isapi: Isapi, path: str) -> tuple[Masks, MaskOptions]:
    def told(switch: MaskSwitch, regions: etree._Element) -> tuple[Masks, MaskOptions]:
        return Masks(parse_picture.masks(switch, regions)), parse_picture.mask_options(switch, regions)

    def read(root: etree._Element) -> tuple[MaskSwitch, tuple[Masks, MaskOptions] | None]:
        switch = parse_picture.mask_switch(root)
        return switch, None if switch.regions is None else told(switch, switch.regions)

    switch, found = isapi.get(path, "PrivacyMask", read)
    if found is None:
        # The regions have a document of their own as well.
        root = "PrivacyMaskRegionList"
        found = isapi.get(f"{path}/regions", root, lambda regions: told(switch, regions))
    return found


def _settings_paths(table: Table, channel: int, what: str) -> tuple[str, ...]:
    """Return the paths of picture settings, in order; own numbers differ with both kinds. Raises Unsupported."""
    one = _connected(table, channel)
    own = f"System/Video/inputs/channels/{one.id}/{what}"
    if one.own:
        return (own,)
    behind = f"ContentMgmt/InputProxy/channels/{one.id}/video/{what}"
    return (behind,) if table.mixed else (behind, own)


def _first(paths: tuple[str, ...], read: Callable[[str], _T]) -> _T:
    """Return what the first path gives that the device has. Raises DriverError; where it has none, the first one's."""
    missing: Unsupported | None = None
    for path in paths:
        try:
            return read(path)
        except Unsupported as error:
            missing = missing or error
    raise missing or Unsupported("there is nothing to ask")


def _connected(table: Table, channel: int) -> Input:
    one = table.find(channel)
    if one is None or one.state == "empty":
        raise Unsupported(NO_CAMERA)
    return one
