"""Builds the lists of a dossier: their columns, and CSV for spreadsheets. Pure.

One list each of boxes, cameras, streams and kept footage. The printable pages show the same columns.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from agent.judge.wording.picture_words import path_word
from agent.judge.wording.unavailable import ROWS
from agent.model.finding import Level, Message
from agent.onsite.filing.contents import NOT_MEASURED, CameraRow, DeviceRow, Dossier, StreamRow
from agent.onsite.filing.declared_rows import CameraSheet
from agent.onsite.filing.kept_footage import KeptFootage
from agent.onsite.ledger.files.csv_file import csv_bytes
from agent.report.levels import LEVEL_WORDS
from agent.site.declarations.detail_table import DATA_SHEET
from agent.site.declarations.table import BY_ID, ZONE_TYPE
from agent.text.translate import render, together, translate

GIGABYTE: Final = 1_000_000_000
"""As makers of disks count."""

KINDS: Final = {"recorder": "recorder", "camera": "camera"}
ZONES: Final = {choice.value: choice.meaning for choice in BY_ID[ZONE_TYPE].choices}

Cell = str | int


@dataclass(frozen=True, slots=True)
class EquipmentList:
    """One list: its file in the ZIP, the headings, and one row of cells for each thing, in the reader's language."""

    name: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def csv(self) -> bytes:
        """The list as CSV."""
        return csv_bytes(self.headings, self.rows)


DEVICE_HEADINGS: Final = (
    "device", "kind", "maker", "model", "serial number", "MAC", "firmware", "hardware", "address", "disks (GB)",
    "remark",
)  # fmt: skip
CAMERA_HEADINGS: Final = (
    "camera", "name", "GB/T 28181 code", "placement", "kind of place", "longitude, latitude", "height (m)",
    "azimuth (degrees)", "device", "channel", "maker", "model", "serial number", "MAC", "firmware", "address",
    "storage period required (days)",
)  # fmt: skip
STREAM_HEADINGS: Final = (
    "camera", "stream", "codec", "resolution", "frame rate (fps)", "bitrate (kbit/s)", "keyframe distance (frames)",
    "measured codec", "measured resolution", "measured frame rate (fps)", "measured bitrate (kbit/s)",
    "measured for (s)", "remark",
)  # fmt: skip


FOOTAGE_HEADINGS: Final = (
    "camera", "name", "storage period required (days)", "listed by the recorder (days)", "opened by us (days)",
    "oldest footage at", "remark",
)  # fmt: skip


PARAMETER_HEADINGS: Final = (
    "camera", "name", "model", "serial number", "lens", "sensor", "infrared (m)", "protection class", "turns or zooms",
    "sound", "GB/T 28181 version", "GB 35114 level",
)  # fmt: skip
_PARAMETERS: Final = (*(one.id for one in DATA_SHEET), "gb35114")


def lists(dossier: Dossier, lang: str) -> tuple[EquipmentList, ...]:
    """Build the lists of devices, cameras, streams, parameters and kept footage."""
    inventory = dossier.inventory
    streams = [(camera, stream) for camera in inventory.cameras for stream in camera.streams]
    return (
        _equipment_list("devices.csv", DEVICE_HEADINGS, (_device(one, lang) for one in inventory.devices), lang),
        _equipment_list("cameras.csv", CAMERA_HEADINGS, (_camera(one, lang) for one in inventory.cameras), lang),
        _equipment_list("streams.csv", STREAM_HEADINGS, (_stream(*one, lang) for one in streams), lang),
        _equipment_list("parameters.csv", PARAMETER_HEADINGS, _parameters(dossier, lang), lang),
        _equipment_list(
            "footage.csv", FOOTAGE_HEADINGS, (_footage(one, dossier.time_zone, lang) for one in dossier.kept), lang
        ),
    )


def _equipment_list(name: str, headings: tuple[str, ...], rows: Iterable[tuple[Cell, ...]], lang: str) -> EquipmentList:
    return EquipmentList(name, tuple(translate(heading, lang) for heading in headings), tuple(rows))


def _device(one: DeviceRow, lang: str) -> tuple[Cell, ...]:
    disks = "" if one.capacity_bytes is None else str(round(one.capacity_bytes / GIGABYTE))
    remark = _remark("not read", _why(one.unread, lang), lang) if one.unread else ""
    kind = translate(KINDS[one.kind], lang) if one.kind in KINDS else one.kind
    told = (one.maker, one.model, one.serial, ", ".join(one.macs), one.firmware, one.hardware)
    return (one.id, kind, *told, f"{one.host}:{one.port}", disks, remark)


def _camera(one: CameraRow, lang: str) -> tuple[Cell, ...]:
    place = (one.placement, translate(ZONES.get(one.zone, one.zone), lang), one.position, one.height_m)
    told = (one.maker, one.model, one.serial, one.mac, one.firmware, one.address)
    days = one.storage_days or translate("not kept", lang)
    return (one.id, one.name, one.code, *place, one.azimuth_degrees, one.device, one.channel, *told, days)


def _stream(camera: CameraRow, one: StreamRow, lang: str) -> tuple[Cell, ...]:
    set_ = (one.encoding, _size(one.width_px, one.height_px), _number(one.frame_rate), _number(one.bitrate_kbps))
    measured = (one.measured_codec, _size(one.measured_width_px, one.measured_height_px))
    numbers = (_number(one.measured_fps), _number(one.measured_kbps), _number(one.measured_s))
    why = _why(one.unmeasured, lang) if one.unmeasured not in ("", NOT_MEASURED) else ""
    remark = _remark("not measured", why, lang) if one.unmeasured else ""
    return (camera.id, render(path_word(one.path), lang), *set_, _number(one.gop_frames), *measured, *numbers, remark)


def _parameters(dossier: Dossier, lang: str) -> Iterable[tuple[Cell, ...]]:
    sheets = {one.camera: one for one in dossier.parameters}
    for camera in dossier.inventory.cameras:
        sheet = sheets.get(camera.id, CameraSheet(camera.id, {}, {}))
        told = {"model": camera.model, "serial": camera.serial, **sheet.told}
        cells = (_known(told.get(one, ""), sheet.declared.get(one, ""), lang) for one in _PARAMETERS)
        yield (camera.id, camera.name, *cells)


def _known(told: str, declared: str, lang: str) -> str:
    """Return a parameter with how it is known; both where device and people say different things."""
    both: tuple[tuple[str, Level], ...] = ((told, "told"), (declared, "declared"))
    said = [(_answer(text, lang), level) for text, level in both if text]
    if len(said) == 2 and said[0][0] == said[1][0]:
        said = said[:1]
    levels = {level: translate(words, lang) for level, words in LEVEL_WORDS.items()}
    words = (Message("{text} ({named})", {"text": text, "named": levels[level]}) for text, level in said)
    return together(words, lang, "; ")


def _answer(text: str, lang: str) -> str:
    return translate(text, lang) if text in ("yes", "no") else text


def _footage(one: KeptFootage, time_zone: str, lang: str) -> tuple[Cell, ...]:
    oldest = datetime.fromisoformat(one.oldest_at).astimezone(ZoneInfo(time_zone)) if one.oldest_at else None
    required = one.required_days or translate("not kept", lang)
    measured = ("" if days is None else f"{days:g}" for days in (one.listed_days, one.opened_days))
    return (
        one.camera,
        one.name,
        required,
        *measured,
        f"{oldest:%Y-%m-%d %H:%M}" if oldest else "",
        render(one.says, lang),
    )


def _remark(what: str, why: str, lang: str) -> str:
    return f"{translate(what, lang)}{translate(': ', lang)}{why}" if why else translate(what, lang)


def _why(reason: str, lang: str) -> str:
    """Return a reason in the checks' words; the reason itself where they need values."""
    known = next((message.template for name, message in ROWS.items() if name == reason), "{}")
    return reason if "{" in known else translate(known, lang)


def _size(width_px: int, height_px: int) -> str:
    return f"{width_px} x {height_px}" if width_px and height_px else ""


def _number(value: float) -> str:
    return f"{value:g}" if value else ""
