"""Compiles the content of a dossier: the site, its two clocks, five papers, and its equipment. Pure.

`clocks.py` and `agent/site/declarations/standing.py` decide deadlines and declared papers; `wire.py`, `lists.py` and
`page.py` render.

Source: Datong Measures, article 15(1); State Council Order 799, article 14.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from agent.judge.checks.papers.filed import due_days
from agent.judge.memory.disputes import contested_words
from agent.model.finding import Finding
from agent.observe.facts.facts import Facts
from agent.observe.facts.filed_system import FiledDevice, Filing
from agent.observe.footage.days import floor_of
from agent.observe.inventory.equipment import equipment_json
from agent.onsite.filing.clocks import Deadline, deadlines, filing_site, past_breaches
from agent.onsite.filing.declared_rows import CameraSheet, FirmRow, Unit, camera_sheet, firms, unit_of
from agent.onsite.filing.kept_footage import KeptFootage, kept_footage
from agent.onsite.filing.papers import Slot, slots
from agent.onsite.ledger.seen import Equipment, from_devices
from agent.onsite.link.last_tests import LastTest, last_tests
from agent.onsite.one_look.result import CheckResult
from agent.site.config.site import CameraConfig, Site
from agent.site.config.tables import site_tables
from agent.site.declarations.secret import is_secret
from agent.site.declarations.standing import local_day, standing
from agent.site.declarations.table import NATIONAL_CLASS, NONE, PLACE_CATEGORY, ZONE_TYPE
from drivers.details import Interfaces
from drivers.footage import Channels, Disks
from drivers.model import Identity, Unavailable
from drivers.picture import Stream, Streams, StreamSample

NOT_MEASURED: Final = "not-measured"
"""Why a stream has no sample where nobody asked for one."""


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One box: its kind, address, and identity as it reports it; `unread` is the reason where it could not be read.

    `kind`: `recorder` or `camera`. `capacity_bytes` is that of all its disks, None where the device does not report it.
    """

    id: str
    kind: str
    host: str
    port: int
    maker: str = ""
    model: str = ""
    firmware: str = ""
    hardware: str = ""
    serial: str = ""
    macs: tuple[str, ...] = ()
    capacity_bytes: int | None = None
    unread: str = ""


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One live stream: its settings, zero or empty where the device does not report them, and a sample's measurements.

    `measured_s` 0: it was not measured, `unmeasured` is the reason.
    """

    path: str
    encoding: str = ""
    width_px: int = 0
    height_px: int = 0
    frame_rate: float = 0.0
    bitrate_kbps: int = 0
    gop_frames: int = 0
    measured_s: float = 0.0
    measured_codec: str = ""
    measured_width_px: int = 0
    measured_height_px: int = 0
    measured_fps: float = 0.0
    measured_kbps: float = 0.0
    unmeasured: str = ""


@dataclass(frozen=True, slots=True)
class CameraRow:
    """One camera: its place, identity and streams; `storage_days` is what is required, 0: it is not recorded."""

    id: str
    name: str
    code: str
    placement: str
    device: str
    channel: int
    zone: str = ""
    position: str = ""
    height_m: str = ""
    azimuth_degrees: str = ""
    address: str = ""
    maker: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    mac: str = ""
    storage_days: int = 0
    streams: tuple[StreamRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is compared with the site later: the unit, the required storage period in days, and all equipment."""

    unit: str
    storage_days: int
    devices: tuple[DeviceRow, ...]
    cameras: tuple[CameraRow, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """The content of a dossier. `day` is the local day of `at`; undeclared words are empty.

    `past` is what was late or out of order, `links` what is known of interfaces for the police platform.
    `is_not_accepted`: it is declared that there was no acceptance yet.
    """

    site: str
    name: str
    division: str
    time_zone: str
    at: datetime
    day: date
    organ: str
    national_class: str
    place_category: str
    accepted: date | None
    in_use_since: date | None
    clocks: tuple[Deadline, ...]
    slots: tuple[Slot, ...]
    inventory: Inventory
    kept: tuple[KeptFootage, ...]
    unit: Unit
    firms: tuple[FirmRow, ...]
    parameters: tuple[CameraSheet, ...]
    past: tuple[Finding, ...]
    is_not_accepted: bool
    links: tuple[LastTest, ...]


def _with_dispute(checked: CheckResult, clock: Deadline) -> Deadline:
    word = checked.disputed(clock.finding.key)
    return replace(clock, disputed=contested_words(word)) if word else clock


def dossier_of(checked: CheckResult) -> Dossier:
    """Compile a dossier of this look; no paper is enclosed yet."""
    day = local_day(checked.site, checked.at)
    site = filing_site(checked.site, day)
    accepted = standing(site, "acceptance-date", day).value
    return Dossier(
        site.id,
        site.name,
        site.division,
        site.time_zone,
        checked.at,
        day,
        _word(site, "supervising-organ", day),
        _word(site, NATIONAL_CLASS, day),
        _word(site, PLACE_CATEGORY, day),
        accepted if isinstance(accepted, date) else None,
        site.in_use_since,
        tuple(_with_dispute(checked, one) for one in deadlines(site, checked.at)),
        slots(site, day),
        inventory_of(site, checked.seen.facts, day),
        kept_footage(site, checked.seen.facts, checked.seen.findings),
        unit_of(site, day),
        firms(site, day),
        tuple(camera_sheet(site, checked.seen.facts, one.camera.id, day) for one in site.cameras),
        past_breaches(site, checked.seen.facts, checked.at),
        accepted == NONE,
        last_tests(site, checked.seen.facts, checked.at),
    )


def inventory_of(site: Site, facts: Facts, day: date) -> Inventory:
    """Return the observed equipment; `site` has the floors of the rules already."""
    seen = from_devices(equipment_json(site, facts), site_tables(site))
    devices = tuple(_device(site, facts, device.id, device.id in seen.recorders) for device in site.devices)
    cameras = tuple(
        _camera(site, facts, one, seen.cameras.get(one.camera.id, Equipment()), day) for one in site.cameras
    )
    return Inventory(_word(site, "legal-unit", day), due_days(site), devices, cameras)


def without_secret_places(filed: Inventory, site: Site, day: date) -> Inventory:
    """Return a filed inventory as one of today would be: secret cameras without a name and a place.

    One that was filed before a camera was declared secret still has them.
    """
    return replace(
        filed,
        cameras=tuple(
            replace(one, name="", placement="", position="") if is_secret(site, one.id, day) else one
            for one in filed.cameras
        ),
    )


def filed_facts(site_id: str, day: date, inventory: Inventory) -> Filing:
    """Return the facts to store of a dossier once it is filed. `day`: the local day of filing."""
    return Filing(
        site_id,
        day,
        tuple(camera.id for camera in inventory.cameras),
        inventory.storage_days,
        tuple(FiledDevice(device.id, device.model, device.serial) for device in inventory.devices),
        {camera.id: camera.name for camera in inventory.cameras if camera.name},
    )


def _device(site: Site, facts: Facts, id_: str, is_recorder: bool) -> DeviceRow:
    device = next(one for one in site.devices if one.id == id_)
    subject = f"device:{id_}"
    channels = facts.one(subject, Channels)
    kind = "recorder" if is_recorder or (channels is not None and len(channels.channels) > 1) else "camera"
    row = DeviceRow(id_, kind, device.host, device.port)
    identity = facts.one(subject, Identity)
    if identity is None:
        return replace(row, unread=facts.why_not(subject, "identity").reason)
    interfaces, disks = facts.one(subject, Interfaces), facts.one(subject, Disks)
    sizes = [disk.capacity_bytes for disk in disks.disks] if disks is not None else []
    return replace(
        row,
        maker=identity.manufacturer,
        model=identity.model,
        firmware=identity.firmware,
        hardware=identity.hardware,
        serial=identity.serial,
        macs=tuple(dict.fromkeys(one.mac for one in interfaces.interfaces if one.mac)) if interfaces else (),
        capacity_bytes=sum(size for size in sizes if size) if sizes and None not in sizes else None,
    )


def _camera(site: Site, facts: Facts, config: CameraConfig, equipment: Equipment, day: date) -> CameraRow:
    camera = config.camera
    return CameraRow(
        camera.id,
        camera.name,
        camera.code,
        camera.placement,
        camera.device,
        camera.channel,
        _word(site, ZONE_TYPE, day, camera.id),
        "" if is_secret(site, camera.id, day) else _word(site, "position", day, camera.id),
        _word(site, "height-m", day, camera.id),
        _word(site, "azimuth-degrees", day, camera.id),
        equipment.address,
        equipment.maker,
        equipment.model,
        equipment.serial,
        equipment.firmware,
        equipment.mac,
        floor_of(site, config).days if config.recorded else 0,
        tuple(_streams(facts, f"camera:{camera.id}")),
    )


def _streams(facts: Facts, subject: str) -> Iterator[StreamRow]:
    known = facts.one(subject, Streams)
    samples: Mapping[str, StreamSample] = {one.path: one for one in facts.all(subject, StreamSample)}
    why: Mapping[str | None, str] = {
        one.path: one.reason for one in facts.all(subject, Unavailable) if one.fact == "stream-sample"
    }
    for stream in known.streams if known is not None else ():
        if stream.path != "snapshot":
            yield _stream(stream, samples.get(stream.path), why.get(stream.path, NOT_MEASURED))


def _stream(stream: Stream, sample: StreamSample | None, why: str) -> StreamRow:
    row = StreamRow(
        stream.path,
        stream.encoding,
        stream.width_px,
        stream.height_px,
        stream.frame_rate,
        stream.bitrate_kbps,
        stream.gop_frames,
    )
    if sample is None:
        return replace(row, unmeasured=why)
    return replace(
        row,
        measured_s=round(sample.seconds, 1),
        measured_codec=sample.codec,
        measured_width_px=sample.width_px,
        measured_height_px=sample.height_px,
        measured_fps=round(sample.fps, 1),
        measured_kbps=round(sample.bitrate_bps / 1000, 1),
    )


def _word(site: Site, duty: str, day: date, camera: str = "") -> str:
    value = standing(site, duty, day, camera).value
    return "" if value is None else ", ".join(value) if isinstance(value, tuple) else str(value)
