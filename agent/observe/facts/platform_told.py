"""Stores the reports of devices to the platform on their cameras, as a self-test of the link received them.

The catalogue of GB/T 28181 is what the police know of a camera. A self-test keeps named fields of it, of the last test
of each device alone: no address, no coordinate, no contact, no XML. One small file beside the results of the tests,
under the same rule: of its folder's owner alone, and of one box.

Source: GB/T 28181-2022, A.2.1.9 (item of a catalogue), A.2.4.7 (ConfigDownload).
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from agent.host.files import write_atomic
from agent.observe.facts.owned_rows import believed_rows, may_be_same, read_rows

NAME: Final = "link-told.json"
SCHEMA: Final = "camwarden-link-told/1"
MAX_BYTES: Final = 4 * 1024 * 1024
CAMERAS_MAX: Final = 256
"""Of one device; those of the site file are kept first."""
DEVICES_MAX: Final = 256
TEXT_MAX_CHARS: Final = 64
COUNTS_FOR: Final = timedelta(days=92)
"""How long it counts: cameras are set anew, moved and exchanged. House rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraTold:
    """What a device told of one camera, under its code; empty, None: not told. `install_time` has no zone.

    `mask_regions`, `time_shown`, `texts`, `plan_on` and `plan_days_s` (seconds of each weekday) are of its
    configuration. `codec` and `size_px` were seen: those of the picture that came through the link.
    """

    code: str
    name: str = ""
    save_days: int | None = None
    install_time: datetime | None = None
    unit: str = ""
    resolution: str = ""
    encoding: str = ""
    level: str = ""
    positions: tuple[str, ...] = ()
    masks_on: bool | None = None
    mask_regions: int | None = None
    time_shown: bool | None = None
    texts: tuple[str, ...] = ()
    plan_on: bool | None = None
    plan_days_s: tuple[int, ...] = ()
    codec: str = ""
    size_px: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTold:
    """What one device told in its last self-test, `..._count` in its whole catalogue. `box`: as of a `LinkTest`.

    `scheme`: by which it registers with a certificate (GB 35114), empty: by its password alone. `key_proven`: it signed
    a question of that test with the key of its certificate.
    """

    site: str
    device: str
    at: datetime
    box: tuple[str, ...] = ()
    cameras_count: int | None = None
    offline_count: int = 0
    scheme: str = ""
    certificate_until: datetime | None = None
    key_proven: bool = False
    cameras: tuple[CameraTold, ...] = ()

    def counts(self, box: Collection[str], now: datetime) -> bool:
        """Tell whether it counts at `now` for the box that answers, as a self-test does, for a shorter time."""
        return may_be_same(self.box, box) and timedelta(0) <= now - self.at <= COUNTS_FOR


def known_told(directory: Path, site_id: str) -> Mapping[str, DeviceTold]:
    """Return what each device of a site told; nothing of a file that cannot be believed, which is logged."""
    told = believed_rows(directory / NAME, lambda: read_told(directory))
    return {one.device: one for one in told if one.site == site_id}


def read_told(directory: Path) -> tuple[DeviceTold, ...]:
    """Return what every device told.

    Raises OSError where the file cannot be read, ValueError where it is damaged or not of the folder's owner alone.
    """
    return read_rows(directory / NAME, SCHEMA, "told", _device, MAX_BYTES)


def put_told(directory: Path, new: DeviceTold) -> None:
    """Store what a device told, in the place of what it told before; what counts no longer or has no room is gone.

    Raises OSError, or ValueError as `read_told`.
    """
    try:
        known = read_told(directory)
    except FileNotFoundError:
        known = ()
    others = [one for one in known if (one.site, one.device) != (new.site, new.device)]
    rest = [one for one in others if new.at - one.at <= COUNTS_FOR][-DEVICES_MAX + 1 :]
    rows = [_row(one) for one in (*rest, replace(new, cameras=new.cameras[:CAMERAS_MAX]))]
    while len(data := _encoded(rows)) > MAX_BYTES and len(rows) > 1:
        rows = rows[1:]
    write_atomic(directory / NAME, data, 0o600)


def _encoded(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return json.dumps({"schema": SCHEMA, "told": rows}, ensure_ascii=False).encode()


def _row(one: DeviceTold) -> dict[str, Any]:
    cameras = [
        {key: value for key, value in asdict(camera).items() if value not in (None, "", ())} for camera in one.cameras
    ]
    for camera in cameras:
        if "install_time" in camera:
            camera["install_time"] = camera["install_time"].isoformat()
    until = one.certificate_until.isoformat() if one.certificate_until else None
    head = {**asdict(replace(one, cameras=())), "at": one.at.isoformat(), "certificate_until": until}
    return {**head, "cameras": cameras}


def _device(data: Mapping[str, Any]) -> DeviceTold:
    at, count, until = datetime.fromisoformat(data["at"]), data["cameras_count"], data["certificate_until"]
    _require(type(data["offline_count"]) is int and type(data.get("key_proven", False)) is bool)
    ends_at = None if until is None else datetime.fromisoformat(until)
    _require(ends_at is None or ends_at.tzinfo is not None)
    if at.tzinfo is None or not (count is None or type(count) is int) or not isinstance(data["box"], list):
        raise ValueError("not what a device told")
    return DeviceTold(
        site=str(data["site"]),
        device=str(data["device"]),
        at=at,
        box=tuple(str(one) for one in data["box"]),
        cameras_count=count,
        offline_count=data["offline_count"],
        scheme=str(data["scheme"]),
        certificate_until=ends_at,
        key_proven=data.get("key_proven", False),
        cameras=tuple(_camera(one) for one in data["cameras"][:CAMERAS_MAX]),
    )


def _camera(data: Mapping[str, Any]) -> CameraTold:
    """Return a camera; a field of another kind than it has is a mistake of the file."""
    if not data.keys() <= {one.name for one in fields(CameraTold)}:
        raise ValueError("a field that nobody keeps")
    given = dict(data)
    for name in ("name", "code", "unit", "resolution", "encoding", "level", "codec"):
        _require(isinstance(given.get(name, ""), str))
    for name in ("save_days", "mask_regions"):
        _require(given.get(name) is None or type(given[name]) is int)
    for name in ("masks_on", "time_shown", "plan_on"):
        _require(given.get(name) is None or type(given[name]) is bool)
    for name, kind in (("positions", str), ("texts", str), ("plan_days_s", int), ("size_px", int)):
        _require(isinstance(given.get(name, []), list) and all(type(one) is kind for one in given.get(name, [])))
        given[name] = tuple(given.get(name, []))
    if "install_time" in given:
        given["install_time"] = datetime.fromisoformat(given["install_time"]).replace(tzinfo=None)
    return CameraTold(**given)


def _require(is_so: bool) -> None:
    if not is_so:
        raise ValueError("a field of another kind")
