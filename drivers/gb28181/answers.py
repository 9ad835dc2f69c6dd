"""Reads named fields out of the answers of GB/T 28181, and no others. Pure.

What is not named here goes no further: passwords, addresses, coordinates, contacts. A word that means nothing here is
None, never a guess; a habit of a maker that was read all the same is a word in `quirks`.

Source: GB/T 28181-2022, A.2.1.9, A.2.5.2 and A.2.6; annex O.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from drivers.errors import Malformed
from drivers.http.xml_answer import elements, name_of
from drivers.text import sanitize

MAX_ITEMS: Final = 10_000
"""Source: GB/T 28181-2022, annex M."""
_TIME: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})T(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?"
)
_PLAIN_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_YES: Final = frozenset({"ON", "ONLINE", "OK", "TRUE", "1"})
_NO: Final = frozenset({"OFF", "OFFLINE", "FALSE", "0", "ERROR", "DEFAULT", "FAULT"})


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


def text_of(element: etree._Element, name: str, most_chars: int = 256) -> str:
    """Return a field as clean text, empty where it is missing: a child element, else an attribute, in any case."""
    wanted = name.lower()
    for child in elements(element):
        if name_of(child).lower() == wanted:
            return sanitize(child.text, most_chars)
    return next((sanitize(v, most_chars) for k, v in element.attrib.items() if str(k).lower() == wanted), "")


def number_of(element: etree._Element, name: str) -> int | None:
    """Return a field as a whole number from 0 on, None where it is none."""
    text = text_of(element, name, 16)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 else None


def time_of(element: etree._Element, name: str, quirks: set[str]) -> datetime | None:
    """Return a field as a time of the device's own clock, without a zone; None where it is no time."""
    text = text_of(element, name, 40)
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    if _PLAIN_TIME.fullmatch(text) is None:
        quirks.add("odd-times")
    try:
        return datetime(*(int(one) for one in found.groups()[:6]))  # type: ignore[arg-type] # noqa: DTZ001 - the device's
    except ValueError:
        return None


def read_keepalive(root: etree._Element, quirks: set[str]) -> Keepalive:
    """Read a heartbeat; its Info lists the faulty parts. Source: A.2.5.2."""
    faulty = [
        sanitize(one.text, 32)
        for info in _named(root, "Info")
        for one in elements(info)[:MAX_ITEMS]
        if name_of(one).lower() == "deviceid"
    ]
    return Keepalive(_yes_no(root, "Status", set()), tuple(faulty))


def read_media_status(root: etree._Element, quirks: set[str]) -> MediaStatus:
    """Read that a picture is over. Source: A.2.5.5; 9.8.3 (121: the end of the footage)."""
    return MediaStatus(number_of(root, "NotifyType") == 121)


def read_catalog(root: etree._Element, quirks: set[str]) -> Catalog:
    """Read a part of a catalogue. Source: A.2.6.4, A.2.1.9."""
    items = _items(root, "DeviceList", quirks)
    return Catalog(number_of(root, "SumNum"), tuple(_channel(one, quirks) for one in items))


def read_device_info(root: etree._Element, quirks: set[str]) -> DeviceInfo:
    """Read what a device is. Source: A.2.6.5."""
    return DeviceInfo(
        done=_yes_no(root, "Result", set()),
        name=text_of(root, "DeviceName"),
        manufacturer=text_of(root, "Manufacturer"),
        model=text_of(root, "Model"),
        firmware=text_of(root, "Firmware"),
        channels=number_of(root, "Channel"),
    )


def read_device_status(root: etree._Element, quirks: set[str]) -> DeviceStatus:
    """Read how a device is. Source: A.2.6.6."""
    return DeviceStatus(
        done=_yes_no(root, "Result", set()),
        online=_yes_no(root, "Online", set()),
        well=_yes_no(root, "Status", set()),
        encoding=_yes_no(root, "Encode", set()),
        recording=_yes_no(root, "Record", set()),
        device_time=time_of(root, "DeviceTime", quirks),
    )


def read_records(root: etree._Element, quirks: set[str]) -> Records:
    """Read a part of a list of footage. Source: A.2.6.7."""
    items = _items(root, "RecordList", quirks)
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
    masks = next((one for one in blocks if list(_named(one, "RegionList"))), None)
    for block, name in ((basic, "BasicParam"), (masks, "PictureMask")):
        if block is not None and name_of(block) != name:
            quirks.add("renamed-block")
    mirror = next((one for one in blocks if name_of(one).lower() == "framemirror"), None)
    mirror_text = "" if mirror is None else sanitize(mirror.text, 4)
    return Config(
        done=_yes_no(root, "Result", set()),
        blocks=tuple(sanitize(name_of(one), 40) for one in blocks),
        heartbeat_s=None if basic is None else number_of(basic, "HeartBeatInterval"),
        heartbeat_count=None if basic is None else number_of(basic, "HeartBeatCount"),
        expires_s=None if basic is None else number_of(basic, "Expiration"),
        masks_on=None if masks is None else _yes_no(masks, "On", set()),
        masks=None if masks is None else len(_items(masks, "RegionList", quirks)),
        mirror=int(mirror_text) if mirror_text in ("0", "1", "2", "3") else None,
    )


def read_cards(root: etree._Element, quirks: set[str]) -> StorageCards:
    """Read the cards of a device. Source: A.2.6.16."""
    cards = (
        StorageCard(text_of(one, "Status", 16), number_of(one, "Capacity"), number_of(one, "FreeSpace"))
        for one in _items(root, "SDCardStatusInfo", quirks)
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
    info = next(_named(item, "Info"), item)
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
        online=_yes_no(item, "Status", quirks),
        register_way=number_of(item, "RegisterWay"),
        secrecy=number_of(item, "Secrecy"),
        security_level=_either(item, info, "SecurityLevelCode"),
        record_save_days=number_of(item, "RecordSaveDays") or number_of(info, "RecordSaveDays"),
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


def _yes_no(element: etree._Element, name: str, quirks: set[str]) -> bool | None:
    """Return a word for yes or no; makers have several (`ONLINE` for `ON`), which is noted."""
    word = text_of(element, name, 16).upper()
    if word in ("ONLINE", "OFFLINE", "OK", "TRUE", "FALSE", "1", "0"):
        quirks.add("other-status-words")
    return True if word in _YES else False if word in _NO else None


def _named(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return (one for one in elements(element) if name_of(one).lower() == name.lower())


def _items(root: etree._Element, list_name: str, quirks: set[str]) -> list[etree._Element]:
    """Return the items of a list; a list that is not there has none, which some devices write for zero."""
    holder = next(_named(root, list_name), None)
    if holder is None:
        if number_of(root, "SumNum") == 0:
            quirks.add("no-list")
        return []
    items = list(_named(holder, "Item"))
    if len(items) > MAX_ITEMS:
        raise Malformed("the list has too many items")
    return items
