"""Compares filed equipment with the present one, and selects the changes that must be filed. Pure.

Source: State Council Order 799, article 14: unit, locations, number and type of devices, and storage period; changes
are filed promptly. Firmware, addresses and stream settings are not among them: they are listed and not due.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal

from agent.model.finding import Json
from agent.onsite.filing.contents import CameraRow, DeviceRow, Inventory, StreamRow

Kind = Literal["added", "removed", "changed", "unread"]

DEVICE_DUE: Final = ("kind", "maker", "model", "serial")
CAMERA_DUE: Final = ("name", "placement", "zone", "position", "device", "channel", "maker", "model", "serial",
                     "storage_days")  # fmt: skip
DEVICE_TOLD: Final = (*DEVICE_DUE, "firmware", "hardware", "host", "port", "macs", "capacity_bytes")
CAMERA_TOLD: Final = (*CAMERA_DUE, "code", "firmware", "address", "mac", "height_m", "azimuth_degrees")
STREAM_TOLD: Final = ("encoding", "width_px", "height_px", "frame_rate", "bitrate_kbps")
"""How a stream is set; what a sample of it measured is never the same twice."""

SAID_BY_RECORDERS: Final = frozenset({"maker", "model", "serial", "firmware", "mac", "address"})
"""Of a camera behind a recorder; one that is its own box is told of as that."""


@dataclass(frozen=True, slots=True)
class EquipmentChange:
    """One difference. `subject` is `site`, `device:ID` or `camera:ID`; `key` empty where all of it came or went.

    `unread`: it was filed with its data, and could not be read now, so that a change is unknown.
    """

    kind: Kind
    subject: str
    key: str = ""
    before: Json = None
    after: Json = None
    due: bool = True


def changes(filed: Inventory, now: Inventory) -> tuple[EquipmentChange, ...]:
    """List every difference, the site's first, then devices, then cameras, each in the order of the filed list."""
    return tuple(_site(filed, now)) + tuple(_devices(filed, now)) + tuple(_cameras(filed, now))


def _site(filed: Inventory, now: Inventory) -> Iterator[EquipmentChange]:
    if filed.unit != now.unit:
        yield EquipmentChange("changed", "site", "unit", filed.unit, now.unit)
    if filed.storage_days != now.storage_days:
        yield EquipmentChange("changed", "site", "storage_days", filed.storage_days, now.storage_days)
    for key, before, after in (
        ("cameras", len(filed.cameras), len(now.cameras)),
        ("devices", len(filed.devices), len(now.devices)),
    ):
        if before != after:
            yield EquipmentChange("changed", "site", key, before, after)


def _devices(filed: Inventory, now: Inventory) -> Iterator[EquipmentChange]:
    there = {one.id: one for one in now.devices}
    yield from _came_and_went("device", [one.id for one in filed.devices], list(there))
    for one in filed.devices:
        other = there.get(one.id)
        if other is None:
            continue
        if other.unread:
            yield EquipmentChange("unread", f"device:{one.id}", after=other.unread, due=False)
        elif not one.unread:
            yield from _differing(f"device:{one.id}", _json_row(one), _json_row(other), DEVICE_TOLD, DEVICE_DUE)


def _cameras(filed: Inventory, now: Inventory) -> Iterator[EquipmentChange]:
    there = {one.id: one for one in now.cameras}
    unread = {one.id for side in (filed, now) for one in side.devices if one.unread}
    recorders = {one.id for side in (filed, now) for one in side.devices if one.kind == "recorder"}
    yield from _came_and_went("camera", [one.id for one in filed.cameras], list(there))
    for one in filed.cameras:
        other = there.get(one.id)
        if other is None:
            continue
        # What its box did not say, now or then, is no difference.
        boxes = {one.device, other.device}
        silent = bool(boxes & unread)
        asked = [key for key in CAMERA_TOLD if key not in SAID_BY_RECORDERS or (not silent and boxes <= recorders)]
        yield from _differing(f"camera:{one.id}", _json_row(one), _json_row(other), asked, CAMERA_DUE)
        if not silent:
            yield from _streams(one, other)


def _streams(filed: CameraRow, now: CameraRow) -> Iterator[EquipmentChange]:
    there = {one.path: one for one in now.streams}
    for one in filed.streams:
        if (other := there.get(one.path)) is not None:
            before, after = _json_row(one), _json_row(other)
            for change in _differing(f"camera:{filed.id}", before, after, STREAM_TOLD, ()):
                yield EquipmentChange(
                    "changed", change.subject, f"{one.path}.{change.key}", change.before, change.after, False
                )


def _came_and_went(kind: str, filed: Sequence[str], now: Sequence[str]) -> Iterator[EquipmentChange]:
    yield from (EquipmentChange("removed", f"{kind}:{one}") for one in filed if one not in now)
    yield from (EquipmentChange("added", f"{kind}:{one}") for one in now if one not in filed)


def _differing(
    subject: str, before: Mapping[str, Json], after: Mapping[str, Json], keys: Sequence[str], due: Sequence[str]
) -> Iterator[EquipmentChange]:
    for key in keys:
        if before[key] != after[key]:
            yield EquipmentChange("changed", subject, key, before[key], after[key], key in due)


def _json_row(row: DeviceRow | CameraRow | StreamRow) -> dict[str, Json]:
    """Convert a row to its form in JSON."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(row).items()}
