"""Reads named fields out of the answers of GB/T 28181, and no others. Pure.

What is not named here goes no further: passwords, addresses, coordinates, contacts. A word that means nothing here is
None, never a guess; a habit of a maker that was read all the same is a word in `quirks`.

Source: GB/T 28181-2022, A.2.1.9, A.2.5.2 and A.2.6; annex O.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from drivers.gb28181.config_blocks import Osd, Plan, osd_of, plan_of
from drivers.gb28181.fields import MAX_ITEMS, days_of, items_in, named_in, number_of, text_of, time_of, yes_no_of
from drivers.http.xml_answer import elements, name_of
from drivers.text import sanitize


@dataclass(frozen=True, slots=True)
class Keepalive:
    """A heartbeat: whether the device calls itself well, and which of its parts it calls faulty."""

    well: bool | None
    faulty: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One item of a catalogue, as it is filed at the platform. Times are the device's own, without a zone."""

    code: str
    name: str = ""
    manufacturer: str = ""
    model: str = ""
    civil_code: str = ""
    parents: tuple[str, ...] = ()
    online: bool | None = None
    register_way: int | None = None
    secrecy: int | None = None
    security_level: str = ""
    record_save_days: int | None = None
    install_time: datetime | None = None
    management_unit: str = ""
    point_type: int | None = None
    positions: tuple[str, ...] = ()
    room_type: int | None = None
    ptz_type: int | None = None
    resolution: str = ""
    encode_type: str = ""


@dataclass(frozen=True, slots=True)
class Catalog:
    """A part of a catalogue: how many items the whole has, and those of this message."""

    total: int | None
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo:
    """What a device says that it is; `channels`: its video inputs."""

    done: bool | None
    name: str = ""
    manufacturer: str = ""
    model: str = ""
    firmware: str = ""
    channels: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatus:
    """How a device says that it is; `device_time` by its own clock, without a zone."""

    done: bool | None
    online: bool | None = None
    well: bool | None = None
    encoding: bool | None = None
    recording: bool | None = None
    device_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One stretch of footage."""

    start: datetime | None
    end: datetime | None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Records:
    """A part of a list of footage."""

    total: int | None
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Which blocks of its configuration a device told, and what of them is held against other facts."""

    done: bool | None
    blocks: tuple[str, ...] = ()
    heartbeat_s: int | None = None
    heartbeat_count: int | None = None
    expires_s: int | None = None
    masks_on: bool | None = None
    masks: int | None = None
    mirror: int | None = None
    osd: Osd | None = None
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class StorageCard:
    """One card or disk of a device; sizes in MB."""

    status: str
    capacity_mb: int | None
    free_mb: int | None


@dataclass(frozen=True, slots=True)
class StorageCards:
    """The cards of a device."""

    total: int | None
    cards: tuple[StorageCard, ...]


@dataclass(frozen=True, slots=True)
class MediaStatus:
    """A word on a picture that is sent: whether it is over, as at the end of footage."""

    is_end: bool


Content = Keepalive | MediaStatus | Catalog | DeviceInfo | DeviceStatus | Records | Config | StorageCards


def items_of(content: Content) -> int:
    """Return how many rows a content has, one for what is no list."""
    rows = {Catalog: "channels", Records: "records", StorageCards: "cards"}.get(type(content))
    return max(1, len(getattr(content, rows))) if rows else 1


def read_keepalive(root: etree._Element, quirks: set[str]) -> Keepalive:
    """Read a heartbeat; its Info lists the faulty parts. Source: A.2.5.2."""
    faulty = [
        sanitize(one.text, 32)
        for info in named_in(root, "Info")
        for one in elements(info)[:MAX_ITEMS]
        if name_of(one).lower() == "deviceid"
    ]
    return Keepalive(yes_no_of(root, "Status", set()), tuple(faulty))


def read_media_status(root: etree._Element, quirks: set[str]) -> MediaStatus:
    """Read that a picture is over. Source: A.2.5.5; 9.8.3 (121: the end of the footage)."""
    return MediaStatus(number_of(root, "NotifyType") == 121)


def read_catalog(root: etree._Element, quirks: set[str]) -> Catalog:
    """Read a part of a catalogue. Source: A.2.6.4, A.2.1.9."""
    items = items_in(root, "DeviceList", quirks)
    return Catalog(number_of(root, "SumNum"), tuple(_channel(one, quirks) for one in items))


def read_device_info(root: etree._Element, quirks: set[str]) -> DeviceInfo:
    """Read what a device is. Source: A.2.6.5."""
    return DeviceInfo(
        done=yes_no_of(root, "Result", set()),
        name=text_of(root, "DeviceName"),
        manufacturer=text_of(root, "Manufacturer"),
        model=text_of(root, "Model"),
        firmware=text_of(root, "Firmware"),
        channels=number_of(root, "Channel"),
    )


def read_device_status(root: etree._Element, quirks: set[str]) -> DeviceStatus:
    """Read how a device is. Source: A.2.6.6."""
    return DeviceStatus(
        done=yes_no_of(root, "Result", set()),
        online=yes_no_of(root, "Online", set()),
        well=yes_no_of(root, "Status", set()),
        encoding=yes_no_of(root, "Encode", set()),
        recording=yes_no_of(root, "Record", set()),
        device_time=time_of(root, "DeviceTime", quirks),
    )


def read_records(root: etree._Element, quirks: set[str]) -> Records:
    """Read a part of a list of footage. Source: A.2.6.7."""
    items = items_in(root, "RecordList", quirks)
    records = (
        Record(time_of(one, "StartTime", quirks), time_of(one, "EndTime", quirks), text_of(one, "Type", 16))
        for one in items
    )
    return Records(number_of(root, "SumNum"), tuple(records))


def read_config(root: etree._Element, quirks: set[str]) -> Config:
    """Read blocks of a configuration, under whatever name: known by what is in them. Source: A.2.6.9."""
    heads = ("cmdtype", "sn", "deviceid", "result", "sumnum")
    blocks = [one for one in elements(root) if name_of(one).lower() not in heads][:32]
    basic = next((one for one in blocks if text_of(one, "HeartBeatInterval")), None)
    masks = next((one for one in blocks if list(named_in(one, "RegionList"))), None)
    for block, name in ((basic, "BasicParam"), (masks, "PictureMask")):
        if block is not None and name_of(block) != name:
            quirks.add("renamed-block")
    mirror = next((one for one in blocks if name_of(one).lower() == "framemirror"), None)
    mirror_text = "" if mirror is None else sanitize(mirror.text, 4)
    return Config(
        done=yes_no_of(root, "Result", set()),
        blocks=tuple(sanitize(name_of(one), 40) for one in blocks),
        heartbeat_s=None if basic is None else number_of(basic, "HeartBeatInterval"),
        heartbeat_count=None if basic is None else number_of(basic, "HeartBeatCount"),
        expires_s=None if basic is None else number_of(basic, "Expiration"),
        masks_on=None if masks is None else yes_no_of(masks, "On", set()),
        masks=None if masks is None else len(items_in(masks, "RegionList", quirks)),
        mirror=int(mirror_text) if mirror_text in ("0", "1", "2", "3") else None,
        osd=osd_of(blocks),
        plan=plan_of(blocks),
    )


def read_cards(root: etree._Element, quirks: set[str]) -> StorageCards:
    """Read the cards of a device. Source: A.2.6.16."""
    cards = (
        StorageCard(text_of(one, "Status", 16), number_of(one, "Capacity"), number_of(one, "FreeSpace"))
        for one in items_in(root, "SDCardStatusInfo", quirks)
    )
    return StorageCards(number_of(root, "SumNum"), tuple(cards))


READERS: Final[Mapping[str, Callable[[etree._Element, set[str]], Content]]] = {
    "Keepalive": read_keepalive,
    "MediaStatus": read_media_status,
    "Catalog": read_catalog,
    "DeviceInfo": read_device_info,
    "DeviceStatus": read_device_status,
    "RecordInfo": read_records,
    "ConfigDownload": read_config,
    "SDCardStatus": read_cards,
}
"""Every body that is read, by its CmdType."""


def _channel(item: etree._Element, quirks: set[str]) -> Channel:
    if number_of(item, "Parental") == 65535:
        quirks.add("parental-65535")
    info = next(named_in(item, "Info"), item)
    if info is not item and not text_of(item, "PTZType") and text_of(info, "PTZType"):
        quirks.add("ptz-in-info")
    parents = tuple(one for one in text_of(item, "ParentID").split("/") if one)[:16]
    if len(parents) > 1:
        quirks.add("several-parents")
    return Channel(
        code=text_of(item, "DeviceID", 32),
        name=text_of(item, "Name"),
        manufacturer=text_of(item, "Manufacturer"),
        model=text_of(item, "Model"),
        civil_code=text_of(item, "CivilCode", 32),
        parents=parents,
        online=yes_no_of(item, "Status", quirks),
        register_way=number_of(item, "RegisterWay"),
        secrecy=number_of(item, "Secrecy"),
        security_level=_either(item, info, "SecurityLevelCode"),
        record_save_days=days_of(_either(item, info, "RecordSaveDays")),
        install_time=time_of(item, "InstallTime", quirks),
        management_unit=_either(item, info, "ManagementUnit"),
        point_type=number_of(item, "PointType"),
        positions=tuple(one for one in _either(item, info, "CapturePositionType").split("/") if one)[:16],
        room_type=number_of(item, "RoomType") if text_of(item, "RoomType") else number_of(info, "RoomType"),
        ptz_type=number_of(item, "PTZType") if text_of(item, "PTZType") else number_of(info, "PTZType"),
        resolution=_either(item, info, "Resolution"),
        encode_type=_either(item, info, "EncodeType"),
    )


def _either(item: etree._Element, info: etree._Element, name: str) -> str:
    return text_of(item, name) or text_of(info, name)
