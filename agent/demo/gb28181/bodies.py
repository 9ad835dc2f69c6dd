"""Renders the XML bodies of the simulated device, with its habits, and with secrets that nobody may read on."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from agent.demo.gb28181.habits import Habits

INSTALLED: Final = datetime(2025, 3, 1, 4, 5, 6)  # noqa: DTZ001 - a device's own time
SECRETS: Final = ("kept-catalog-password", "10.99.88.77", "113.299417", "40.076541", "13800000000", "平城区某街9号")
"""What stands in each item of the catalogue and must go no further."""

_DAY: Final = (
    "<TimeSegment><StartHour>0</StartHour><StartMin>0</StartMin><StartSec>0</StartSec>"
    "<StopHour>23</StopHour><StopMin>59</StopMin><StopSec>59</StopSec></TimeSegment>"
)
WHOLE_WEEK: Final = "".join(
    f"<RecordSchedule><WeekDayNum>{day}</WeekDayNum>{_DAY}</RecordSchedule>" for day in range(1, 8)
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as the device reads it."""

    command: str
    number: str
    about: str
    fields: Mapping[str, str]


def read_query(body: bytes) -> Asked:
    """Read a query of a platform."""
    found = dict(re.findall(r"<(\w+)>([^<]*)</\w+>", body.decode("gb18030")))
    return Asked(found["CmdType"], found["SN"], found["DeviceID"], found)


def camera_codes(device: str, habits: Habits) -> list[str]:
    """Return the codes of its cameras."""
    codes = [f"{device[:10]}132{device[13]}{number:06d}" for number in range(1, habits.cameras + 1)]
    return [codes[0]] * habits.cameras if habits.repeated_codes else codes


def heartbeat(device: str, number: int, habits: Habits) -> bytes:
    """Return a heartbeat."""
    return _body("Notify", "Keepalive", str(number), device, "<Status>OK</Status>", habits)


def media_end(channel: str, number: int, habits: Habits) -> bytes:
    """Return the word that a recorded picture is over."""
    return _body("Notify", "MediaStatus", str(number), channel, "<NotifyType>121</NotifyType>", habits)


def answers(asked: Asked, device: str, habits: Habits, now: datetime) -> Iterator[bytes]:
    """Yield the bodies of the answer to a query, none where this device does not answer it."""
    if asked.command == "Catalog":
        yield from _catalog(asked, device, habits)
        return
    table: dict[str, Callable[[], str]] = {
        "DeviceInfo": lambda: (
            "<DeviceName>门卫</DeviceName><Result>OK</Result><Manufacturer>Demo</Manufacturer>"
            f"<Model>GB-1</Model><Firmware>V1.0</Firmware><Channel>{habits.cameras}</Channel>"
        ),
        "DeviceStatus": lambda: (
            "<Result>OK</Result><Online>ONLINE</Online><Status>OK</Status><Encode>ON</Encode>"
            f"<Record>ON</Record><DeviceTime>{_time(now, habits)}</DeviceTime>"
        ),
        "RecordInfo": lambda: _records(asked, habits, now),
        "ConfigDownload": lambda: _config(asked, habits),
        "SDCardStatus": lambda: (
            "<SumNum>1</SumNum><SDCardStatusInfo Num='1'><Item><ID>1</ID><Status>ok</Status>"
            "<Capacity>64000</Capacity><FreeSpace>100</FreeSpace></Item></SDCardStatusInfo>"
        ),
    }
    made = table.get(asked.command)
    if made is not None:
        yield _body("Response", asked.command, asked.number, asked.about, made(), habits)


def _catalog(asked: Asked, device: str, habits: Habits) -> Iterator[bytes]:
    items = [_item(code, number, device, habits) for number, code in enumerate(camera_codes(device, habits), 1)]
    for start in range(0, len(items), habits.items_in_message):
        part = items[start : start + habits.items_in_message]
        inner = f"<SumNum>{len(items)}</SumNum><DeviceList Num='{len(part)}'>{''.join(part)}</DeviceList>"
        yield _body("Response", "Catalog", asked.number, asked.about, inner, habits)


def _item(code: str, number: int, device: str, habits: Habits) -> str:
    password, address, longitude, latitude, contact, street = SECRETS
    if habits.raw_marks:
        street = f"A&B<1>{street}"
    parents = f"{device}/{device[:8]}" if habits.several_parents else device
    ptz = "<Info><PTZType>3</PTZType></Info>" if habits.ptz_in_info else "<PTZType>3</PTZType>"
    return (
        f"<Item><DeviceID>{code}</DeviceID><Name>大门{number}</Name><Manufacturer>Demo</Manufacturer><Model>C</Model>"
        f"<CivilCode>{code[:6]}</CivilCode><Address>{street}</Address>"
        f"<Parental>{65535 if habits.parental_65535 else 0}</Parental><ParentID>{parents}</ParentID>"
        f"<RegisterWay>1</RegisterWay><Secrecy>0</Secrecy><IPAddress>{address}</IPAddress><Port>8000</Port>"
        f"<Password>{password}</Password><Status>{habits.on}</Status><Longitude>{longitude}</Longitude>"
        f"<Latitude>{latitude}</Latitude><ContactInfo>{contact}</ContactInfo>"
        f"<InstallTime>{_time(INSTALLED, habits)}</InstallTime>"
        f"<RecordSaveDays>30</RecordSaveDays>{ptz}</Item>"
    )


def _records(asked: Asked, habits: Habits, now: datetime) -> str:
    end = datetime.fromisoformat(asked.fields["EndTime"])
    asks_right = asked.fields.get("Type") == "all" or not habits.all_types_only
    has = asks_right and now - end < timedelta(days=habits.record_days)
    if not has:
        return "<SumNum>0</SumNum>" + ("" if habits.no_record_list else "<RecordList Num='0'></RecordList>")
    row = (
        f"<Item><DeviceID>{asked.about}</DeviceID><StartTime>{asked.fields['StartTime']}</StartTime>"
        f"<EndTime>{asked.fields['EndTime']}</EndTime><Type>time</Type></Item>"
    )
    return f"<SumNum>1</SumNum><RecordList Num='1'>{row}</RecordList>"


def _config(asked: Asked, habits: Habits) -> str:
    kind = asked.fields["ConfigType"]
    name = f"Get{kind}" if habits.renamed_block else kind
    inner = {
        "BasicParam": f"<Name>x</Name><Expiration>{habits.expires_s}</Expiration>"
        f"<HeartBeatInterval>{habits.heartbeat_s:g}</HeartBeatInterval><HeartBeatCount>3</HeartBeatCount>",
        "PictureMask": "<On>1</On><SumNum>1</SumNum><RegionList Num='1'><Item><Seq>1</Seq><Point>0,0,10,10</Point>"
        "</Item></RegionList>",
        "FrameMirror": "0",
        "OSDConfig": "<TimeEnable>1</TimeEnable><TimeType>0</TimeType><TextEnable>1</TextEnable><SumNum>1</SumNum>"
        "<Item><Text>大门</Text><X>1</X><Y>1</Y></Item>",
        "VideoRecordPlan": f"<RecordEnable>1</RecordEnable>{WHOLE_WEEK}",
    }.get(kind, "")
    return f"<Result>OK</Result><{name}>{inner}</{name}>"


def _time(at: datetime, habits: Habits) -> str:
    return {
        "": at.isoformat(timespec="seconds"),
        "short": f"{at.year}-{at.month}-{at.day}T{at.hour}:{at.minute}:{at.second}",
        "zone": at.isoformat(timespec="seconds") + "+08:00",
        "ms": at.isoformat(timespec="milliseconds"),
    }[habits.times]


def _body(kind: str, command: str, number: str, device: str, inner: str, habits: Habits) -> bytes:
    head = f'<?xml version="1.0" encoding="{habits.label}"?>\r\n'
    if habits.fields_as_attributes:
        text = f'<{kind} CmdType="{command}" SN="{number}" DeviceID="{device}">{inner}</{kind}>'
    else:
        fields = f"<CmdType>{command}</CmdType><SN>{number}</SN><DeviceID>{device}</DeviceID>"
        text = f"<{kind}>\r\n{fields}{inner}\r\n</{kind}>"
    return (head + text).encode(habits.encoding)
