"""What a device tells of its overlay and its plan of recording, in the ways in which devices write it."""

from __future__ import annotations

import pytest

from drivers.gb28181.answers import Catalog, Config
from drivers.gb28181.config_blocks import DAY_S, Osd, Plan
from drivers.gb28181.manscdp import parse


def config(inner: str) -> Config:
    head = "<CmdType>ConfigDownload</CmdType><SN>1</SN><DeviceID>14021300001320000001</DeviceID><Result>OK</Result>"
    content = parse(f"<Response>{head}{inner}</Response>".encode()).content
    assert isinstance(content, Config)
    return content


def day(number: int, *segments: tuple[str, str]) -> str:
    """Return a day of a plan, its segments as HH:MM:SS."""
    rows = ""
    for start, stop in segments:
        parts = zip(("StartHour", "StartMin", "StartSec", "StopHour", "StopMin", "StopSec"),
                    (*start.split(":"), *stop.split(":")), strict=True)  # fmt: skip
        rows += f"<TimeSegment>{''.join(f'<{name}>{value}</{name}>' for name, value in parts)}</TimeSegment>"
    return f"<RecordSchedule><WeekDayNum>{number}</WeekDayNum>{rows}</RecordSchedule>"


def plan(*days: str, name: str = "VideoRecordPlan", on: str = "1") -> Plan | None:
    return config(f"<{name}><RecordEnable>{on}</RecordEnable>{''.join(days)}</{name}>").plan


def test_an_overlay_is_read_under_whatever_name() -> None:
    inner = (
        "<TimeEnable>1</TimeEnable><TimeType>1</TimeType><TextEnable>1</TextEnable><SumNum>2</SumNum>"
        "<Item><Text>大门</Text><X>1</X></Item><Item><Text></Text></Item><Item><Text>一层</Text></Item>"
    )
    for name in ("OSDConfig", "GetOSDConfig", "osdconfig"):
        assert config(f"<{name}>{inner}</{name}>").osd == Osd(True, True, ("大门", "一层"))
    assert config("<OSDConfig><TimeEnable>maybe</TimeEnable><TimeType>7</TimeType></OSDConfig>").osd == Osd()
    assert config("<OSDConfig/>").osd is None


def test_an_overlay_of_thousands_of_texts_leaves_eight() -> None:
    osd = config(f"<OSDConfig><TextEnable>1</TextEnable>{'<Item><Text>x</Text></Item>' * 5000}</OSDConfig>").osd
    assert osd is not None and len(osd.texts) == 8


WHOLE = (("0:0:0", "24:0:0"),)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([day(number, *WHOLE) for number in range(1, 8)], (DAY_S,) * 7),
        ([day(1, ("08:00:00", "12:00:00"), ("11:00:00", "18:00:00"))], (36_000, 0, 0, 0, 0, 0, 0)),
        ([day(7, ("0:0:0", "23:59:59")), day(6)], (0, 0, 0, 0, 0, 0, DAY_S - 1)),
        ([day(1, *WHOLE), day(1, *WHOLE)], ()),
        ([day(0, *WHOLE)], ()),
        ([day(8, *WHOLE)], ()),
        ([day(1, ("18:00:00", "08:00:00"))], ()),
        ([day(1, ("0:0:0", "25:0:0"))], ()),
        ([day(1, ("0:x:0", "8:0:0"))], ()),
        ([], ()),
    ],
)
def test_a_plan_tells_the_seconds_of_each_day_or_none_at_all(days: list[str], expected: tuple[int, ...]) -> None:
    assert plan(*days) == Plan(True, expected)


def test_a_plan_under_another_name_and_one_that_is_off() -> None:
    assert plan(day(1, *WHOLE), name="GetRecordPlan", on="0") == Plan(False, (DAY_S, 0, 0, 0, 0, 0, 0))
    alarm = "<RecordEnable>1</RecordEnable><RecordTime>30</RecordTime><PreRecordTime>5</PreRecordTime>"
    assert config(f"<VideoAlarmRecord>{alarm}</VideoAlarmRecord>").plan is None


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("30", 30), ("\uff13\uff10", 30), ("30\u5929", 30), (" 30 days ", 30), ("720h", 30), ("720\u5c0f\u65f6", 30),
        ("0", 0), ("", None), ("about 30", None), ("-30", None), ("3e1", None), ("9999999", None),
    ],
)  # fmt: skip
def test_days_of_footage_are_read_with_their_unit(text: str, days: int | None) -> None:
    item = f"<Item><DeviceID>14021300001320000001</DeviceID><Info><RecordSaveDays>{text}</RecordSaveDays></Info></Item>"
    body = f"<CmdType>Catalog</CmdType><SN>1</SN><SumNum>1</SumNum><DeviceList Num='1'>{item}</DeviceList>"
    catalog = parse(f"<Response>{body}</Response>".encode()).content
    assert isinstance(catalog, Catalog) and catalog.channels[0].record_save_days == days
