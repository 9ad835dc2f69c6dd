"""Draws cameras by lot, and what honest devices tell the platform of them, as bytes of GB/T 28181.

An honest device writes what is true in one of the ways that are in the field: codes or names, days or hours, times with
a zone or without, full-width digits, a week from Sunday on.
"""

# ruff: noqa: RUF001, DTZ001  full-width marks and times without a zone are what devices write

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from agent.judge.checks.platform.compared import CameraTrue
from agent.observe.facts.platform_told import CameraTold
from agent.onsite.link.facts import cameras_told
from agent.onsite.link.platform import Asked
from drivers.gb28181 import manscdp

CODE: Final = "14021300001320000001"
DEVICE: Final = "14021300001180000001"
DAY_S: Final = 86_400
UNITS: Final = (
    "大同市第17中学",
    "大同市平城区新建南路商场",
    "Datong No. 17 School",
    "大同䶮光能源公司",
    "云冈石窟研究院(东区)",
)
NAMES: Final = (
    "大同市第十七中学教学楼三层东侧走廊尽头",
    "大门1",
    "东门 2号",
    "Gate 3",
    "食堂３",
    "停车场-B区",
    "㙟庄路口",
)
POSITIONS: Final = ("0010100", "0020100", "0020203", "0030000", "0040100", "0050300")
SIZES: Final = (
    (1920, 1080), (1080, 1920), (1280, 720), (2560, 1440), (2688, 1520), (3840, 2160), (704, 576), (2592, 1944),
    (352, 288), (2048, 1536),
)  # fmt: skip
SIZE_WORDS: Final[Mapping[tuple[int, int], tuple[str, ...]]] = {
    (1920, 1080): ("6", "5/6", "1080P", "1080p", "200万", "2MP", "6/5/4/3", "1080P/720P/D1", "1920*1080@25"),
    (1080, 1920): ("6", "1080P"),
    (1280, 720): ("5", "720P", "5/4", "720p/D1"), (2560, 1440): ("6", "400万", "4MP", "2K"),
    (2688, 1520): ("6", "4/5/6", "400万像素"), (3840, 2160): ("4K", "800万", "8MP", "6"),
    (704, 576): ("3", "4", "D1", "4CIF", "4CIF/CIF"), (2592, 1944): ("500万", "5MP", "6"), (352, 288): ("2", "CIF"),
    (2048, 1536): ("300万", "3MP"),
}  # fmt: skip
CODECS: Final[Mapping[str, tuple[str, ...]]] = {
    "H264": ("H.264", "H264", "h.264", "2", "AVC", "H.264/H.265", "H.264+", "Ｈ．２６４", "H.264 High Profile", "2;5"),
    "H265": ("H.265", "H265", "HEVC", "5", "h265", "2/5", "Smart265", "H.265 ", "SVAC/H.265"),
}
SEEN_AS: Final[Mapping[str, tuple[str, ...]]] = {"H264": ("H264", "h264"), "H265": ("H265", "h265", "HEVC")}
LEVELS: Final[Mapping[str, tuple[str, ...]]] = {
    "none": ("", "0", "none", "无"), "A": ("A", "a", "Ａ", "A级", "GB35114-A"), "B": ("B", "GB 35114-2017 B", "B级"),
    "C": ("C", "c"),
}  # fmt: skip
FULL_WIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True)
class Drawn:
    """What is true of a camera, and what its device writes: fields of its item, and blocks of its configuration."""

    true: CameraTrue
    item: Mapping[str, str]
    blocks: Mapping[str, str] = field(default_factory=dict)
    codec: str = ""

    def told(self, encoding: str) -> CameraTold:
        """Return what is read of it from its bytes."""
        inner = "".join(f"<{name}>{text}</{name}>" for name, text in self.item.items())
        listed = f"<SumNum>1</SumNum><DeviceList Num='1'><Item><DeviceID>{CODE}</DeviceID>{inner}</Item></DeviceList>"
        catalog = Asked(1, "Catalog", 200, [_read("Catalog", listed, encoding)])
        blocks = [
            Asked(
                2,
                "ConfigDownload",
                200,
                [_read("ConfigDownload", f"<Result>OK</Result><{name}>{text}</{name}>", encoding)],
            )
            for name, text in self.blocks.items()
        ]
        (told,) = cameras_told(catalog, CODE, blocks, (CODE,))
        return replace(told, codec=self.codec)


def _read(command: str, inner: str, encoding: str) -> object:
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    body = f"<Response><CmdType>{command}</CmdType><SN>1</SN><DeviceID>{DEVICE}</DeviceID>{inner}</Response>"
    found = manscdp.parse((head + body).encode(encoding)).content
    assert found is not None
    return found


def honest(lot: random.Random) -> Drawn:
    """Draw a camera of which all is told as it is."""
    tested_at = datetime(2026, 1, 1) + timedelta(seconds=lot.randrange(330 * DAY_S))
    age = lot.choice((lot.randint(1, 60), lot.randint(60, 2000)))
    used = tested_at - timedelta(days=age)
    own = lot.random() < 0.5
    room = lot.choice((7, 15, 30, 30, 31, 45, 60, 90, 92, 180))
    kept = min(age, room + lot.uniform(-0.9, 0.9))
    size, codec, level = lot.choice(SIZES), lot.choice(tuple(CODECS)), lot.choice(tuple(LEVELS))
    unit, name, position = lot.choice(UNITS), lot.choice(NAMES), lot.choice(POSITIONS)
    hours, masked, drawn = lot.choice((24, 24, 24, 8, 12)), lot.random() < 0.5, lot.random() < 0.9
    texts = (name, lot.choice(("大同公安", "Camera 01", "一层 东")))
    true = CameraTrue(
        tested_at=tested_at,
        kept_days=kept,
        could_keep_days=float(age),
        oldest_at=tested_at - timedelta(days=kept),
        in_use=used.date(),
        in_use_own=own,
        units=(unit, "Jinbei Security"),
        filed_name=name if lot.random() < 0.8 else "",
        position=position,
        sizes=(_seen(lot, size),),
        codecs=(lot.choice(SEEN_AS[codec]),) if lot.random() < 0.9 else (),
        level=level,
        masks_seen=("hidden" if masked else "") if lot.random() < 0.8 else "",
        masks_listed=lot.choice((1, 2, 6) if masked else (0,)) if lot.random() < 0.9 else None,
        time_drawn=drawn if lot.random() < 0.9 else None,
        texts=lot.choice((texts, texts, None, (*texts, "<ChannelName>"))),
        plan_days_s=week_s(hours) if lot.random() < 0.9 else (),
        records=lot.choice((True, None)),
    )
    installed = used - timedelta(days=lot.choice((0.0, lot.uniform(0, 90 if own else 300))))
    item = {
        "Name": _written(lot, name),
        "InstallTime": time_text(lot, installed),
        "RecordSaveDays": _save(lot, int(room)),
        "ManagementUnit": _unit(lot, unit),
        "CapturePositionType": lot.choice(
            (position, f"{position[:5]}00", f"{position}/0990000", f"{position[:3]}0000")
        ),
        "Resolution": _size(lot, size),
        "EncodeType": lot.choice(CODECS[codec]),
        "SecurityLevelCode": lot.choice(LEVELS[level]),
    }
    blocks = {
        "PictureMask": masks(lot.randint(0, 4) if masked else 0, lot.choice(("1", "ON", "true")) if masked else "0"),
        "OSDConfig": osd(lot.choice(("1", "ON")) if drawn else lot.choice(("0", "OFF")),
                         [_written(lot, one) for one in texts[: lot.randint(0, 2)]]),
        "VideoRecordPlan": plan(lot, hours),
    }  # fmt: skip
    left_out = {name for name in (*item, *blocks) if lot.random() < 0.1}
    return Drawn(
        true,
        {key: text for key, text in item.items() if key not in left_out},
        {key: text for key, text in blocks.items() if key not in left_out},
        codec.lower() if lot.random() < 0.5 else "",
    )


def _seen(lot: random.Random, size: tuple[int, int]) -> tuple[int, int]:
    width, height = size
    return (1920, 1088) if size == (1920, 1080) and lot.random() < 0.2 else (width, height)


def _size(lot: random.Random, size: tuple[int, int]) -> str:
    width, height = size
    sides = f"{width}{lot.choice(('*', 'x', 'X', '×', ' * '))}{height}"
    several = lot.choice((sides, f"{sides}/1280*720", f"704*576/{sides}"))
    return lot.choice((several, lot.choice(SIZE_WORDS[size])))


def time_text(lot: random.Random, local: datetime) -> str:
    """Write a time of Beijing: without a zone, in its own or another, to the second or less, or unpadded."""
    plain = local.replace(microsecond=0)
    odd = f"{plain.year}-{plain.month}-{plain.day}T{plain.hour}:{plain.minute}:{plain.second}"
    utc, tokyo = (plain - timedelta(hours=8)).isoformat(), (plain + timedelta(hours=1)).isoformat()
    zoned = (f"{plain.isoformat()}+08:00", f"{utc}Z", f"{tokyo}+09:00")
    return lot.choice((plain.isoformat(), f"{plain.isoformat()}.000", odd, *zoned))


def _save(lot: random.Random, days: int) -> str:
    forms = [
        str(days),
        str(days).translate(FULL_WIDTH),
        f"{days}天",
        f"{days} days",
        f"{days * 24}h",
        f"{days * 24}小时",
    ]
    return lot.choice([*forms, *([str(days * 24)] if days * 24 > 366 else []), "0"])


def _written(lot: random.Random, text: str) -> str:
    cut = text.encode("gb18030")[: lot.choice((31, 32))].decode("gb18030", "ignore")
    return lot.choice(
        (text, f" {text} ", cut, text.translate(FULL_WIDTH), text.replace(" ", ""), text.replace("-", " "))
    )


def _unit(lot: random.Random, unit: str) -> str:
    short = unit.removeprefix("大同市")
    return lot.choice((_written(lot, unit), short, unit.upper(), unit.replace("(", "（").replace(")", "）")))


def week_s(hours: int) -> tuple[int, ...]:
    """Recorded on each day for so long, on Sundays for half of it where it is not the whole day."""
    whole = hours * 3600
    return (*[whole] * 6, whole if hours == 24 else whole // 2)


def masks(regions: int, on: str) -> str:
    """Write a block PictureMask."""
    items = "".join(f"<Item><Seq>{number}</Seq><Point>0,0,10,10</Point></Item>" for number in range(1, regions + 1))
    return f"<On>{on}</On><SumNum>{regions}</SumNum><RegionList Num='{regions}'>{items}</RegionList>"


def osd(time: str, texts: Sequence[str]) -> str:
    """Write a block OSDConfig."""
    items = "".join(f"<Item><Text>{text}</Text><X>1</X><Y>1</Y></Item>" for text in texts)
    shown = f"<TextEnable>{1 if texts else 0}</TextEnable><SumNum>{len(texts)}</SumNum>{items}"
    return f"<Length>704</Length><Width>576</Width><TimeEnable>{time}</TimeEnable><TimeType>0</TimeType>{shown}"


def plan(lot: random.Random, hours: int, on: str = "1") -> str:
    """Write a block VideoRecordPlan: a day in one piece or two, ending at 23:59, 23:59:59 or 24:00, from any day on."""
    days = [seconds // 3600 for seconds in week_s(hours)]
    if lot.random() < 0.3:
        days = [days[-1], *days[:-1]]
    end = lot.choice(((23, 59, 59), (23, 59, 0), (24, 0, 0)))
    rows = []
    for number, length in enumerate(days, 1):
        edges = [(0, 0, 0), end] if length == 24 else [(8, 0, 0), (8 + length, 0, 0)]
        if lot.random() < 0.3:
            middle = (12, 0, 0) if length != 4 else (10, 0, 0)
            edges = [edges[0], middle, middle, edges[1]]
        parts = "".join(_segment(edges[at], edges[at + 1]) for at in range(0, len(edges), 2))
        rows.append(f"<RecordSchedule><WeekDayNum>{number}</WeekDayNum><TimeSegmentSumNum>{len(edges) // 2}"
                    f"</TimeSegmentSumNum>{parts}</RecordSchedule>")  # fmt: skip
    return f"<RecordEnable>{on}</RecordEnable><RecordScheduleSumNum>7</RecordScheduleSumNum>{''.join(rows)}"


def _segment(start: tuple[int, int, int], stop: tuple[int, int, int]) -> str:
    names = ("Hour", "Min", "Sec")
    fields = [(f"{edge}{name}", value) for edge, at in (("Start", start), ("Stop", stop))
              for name, value in zip(names, at, strict=True)]  # fmt: skip
    return f"<TimeSegment>{''.join(f'<{name}>{value}</{name}>' for name, value in fields)}</TimeSegment>"
