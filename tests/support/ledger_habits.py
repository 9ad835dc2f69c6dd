"""Makes ledgers from seeded habits of their makers: other heads, orders, units, dates, marks, notes and files.

Heads and ways to write a value are what contractors, makers' tools and authorities' forms use; both were written down
before the reader was run on them.
"""
# ruff: noqa: RUF001, E501  full-width marks are what people type; one line is one column

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from ledger_corpus import Case, Page

SEEDS = range(1, 46)
PLACES = (
    "东大门", "西侧通道", "一层大厅", "二层走廊", "食堂后厨", "地下车库", "电梯轿厢", "财务室门口", "操场", "配电室",
    "消防通道", "收费岗亭", "图书馆", "宿舍楼", "围墙北段", "实验室",
)  # fmt: skip

HEADS: Mapping[str, tuple[str, ...]] = {
    "name": (
        "摄像机名称", "监控点名称", "点位名称", "监控名称", "摄像头名称", "通道名称", "监控点位", "探头名称", "相机名称",
        "前端名称", "点位", "设备名称",
    ),
    "address": ("IP地址", "IP", "摄像机IP", "摄像头IP", "设备IP", "前端IP", "相机IP地址", "前端设备IP地址", "IPv4地址"),
    "recorder_address": ("录像机IP", "NVR地址", "NVR IP", "所属NVR IP", "接入录像机IP", "硬盘录像机IP地址", "存储设备IP"),
    "recorder": ("录像机", "所属录像机", "NVR", "NVR名称", "录像机名称", "接入录像机", "硬盘录像机", "存储设备名称"),
    "channel": ("通道号", "通道", "NVR通道", "录像机通道号", "通道编号", "接入通道", "通道序号"),
    "code": ("国标编码", "国标ID", "GB28181编码", "设备编码(20位)", "国标编号", "摄像机编码", "GB/T28181编码"),
    "placement": ("安装位置", "安装地点", "具体位置", "安装地址", "点位位置", "位置", "详细位置"),
    "maker": ("品牌", "厂家", "设备厂商", "生产厂家", "设备品牌"),
    "model": ("型号", "设备型号", "规格型号", "产品型号", "摄像机型号"),
    "serial": ("序列号", "设备序列号", "出厂编号", "SN", "S/N"),
    "mac": ("MAC地址", "MAC", "物理地址", "设备MAC"),
    "user": ("用户名", "登录名", "账号", "登录账号"),
    "retention_days": ("存储天数", "录像保存天数(天)", "存储时间（天）", "保存期限(天)", "录像保存时长（天）", "存储周期/天"),
    "recorded": ("是否录像", "是否存储", "是否录像（是/否）", "是否录制"),
    "in_use_since": ("安装日期", "安装时间", "启用时间", "投入使用时间", "建设时间", "投用日期"),
    "linked": ("是否联网", "是否联网（是/否）", "是否接入公安平台", "是否接入公安网"),
    "height_m": ("安装高度(米)", "安装高度（m）", "高度(m)", "架设高度/米"),
    "site_name": ("单位名称", "使用单位", "所属单位", "建设单位"),
}  # fmt: skip
PASSWORDS = ("密码", "登录密码", "口令", "用户密码")
UNKNOWN = ("补光类型", "杆号", "供电方式", "像素", "所属网段说明", "巡检结果", "交换机端口位置")

Write = Callable[[str, int, Random], str]


def _either(*ways: Callable[[str], str]) -> Write:
    """Return a way to write a column: one of these, the same in every row of a ledger."""
    return lambda value, way, _: ways[way % len(ways)](value)


def _day_in_words(value: str) -> str:
    year, month, day = (int(part) for part in value.split("-"))
    return f"{year}年{month}月{day}日"


def _dots(value: str) -> str:
    return ".".join(str(int(part)) for part in value.split("-"))


def _wide(value: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in value)


def _yes_or_no(yes: str, no: str) -> Callable[[str], str]:
    return lambda value: yes if value == "yes" else no


WRITE: Mapping[str, Write] = {
    "address": _either(str, str, str, _wide, lambda v: f"{v} "),
    "recorder_address": _either(str, str, lambda v: v.replace(".", "。")),
    "channel": _either(
        lambda v: f"#{v}", str, lambda v: f"D{v}", lambda v: f"CH{int(v):02}", lambda v: f"通道{v}", lambda v: f"D{int(v):02}",
        lambda v: f"{v}通道",
    ),
    "code": _either(str, str, lambda v: f"{v[:6]} {v[6:]}", _wide),
    "mac": _either(lambda v: v.upper(), lambda v: v.replace(":", "-").upper(), lambda v: v.replace(":", ""), _wide),
    "retention_days": _either(lambda v: f"#{v}", str, lambda v: f"{v}天", lambda v: f"≥{v}天", lambda v: f"不少于{v}天"),
    "recorded": _either(_yes_or_no("是", "否"), _yes_or_no("√", "×"), _yes_or_no("有", "无"), _yes_or_no("Y", "N")),
    "linked": _either(_yes_or_no("是", "否"), _yes_or_no("已联网", "未联网"), _yes_or_no("√", "×")),
    "in_use_since": _either(
        lambda v: f"@{v}", str, _day_in_words, _dots, lambda v: v.replace("-", ""), lambda v: v.replace("-", "/")
    ),
    "height_m": _either(lambda v: f"#{v}", str, lambda v: f"{v}米", lambda v: f"{v}m"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Habits:
    """How one maker keeps ledgers."""

    random: Random
    columns: tuple[str, ...]
    heads: Mapping[str, str]
    ways: Mapping[str, int]
    form: str


def made(seeds: range = SEEDS) -> list[Case]:
    """Return the ledgers of these seeds."""
    return [_case(seed) for seed in seeds]


def _case(seed: int) -> Case:
    habits = _habits(seed)
    cameras = [_camera(n, habits) for n in range(habits.random.randrange(4, 15))]
    return _laid_out(f"habit-{seed:02}", habits, cameras)


def _habits(seed: int) -> Habits:
    random = Random(seed)
    read = random.choice(
        (
            ("address",),
            ("recorder_address", "channel"),
            ("recorder", "channel"),
            ("address", "recorder_address", "channel"),
        )
    )
    rest = [key for key in HEADS if key not in ("name", "address", "recorder_address", "recorder", "channel")]
    chosen = ["name", *read, *random.sample(rest, random.randrange(3, 9))]
    if random.random() < 0.4:
        random.shuffle(chosen)
    heads = {key: random.choice(HEADS[key]) for key in HEADS}
    ways = {key: random.randrange(60) for key in HEADS}
    form = random.choice(("xlsx", "xlsx", "xlsx", "csv", "csv-gb18030", "csv-semicolon", "tsv-utf-16"))
    return Habits(random, tuple(chosen), heads, ways, form)


def _camera(number: int, habits: Habits) -> dict[str, str]:
    """Return what a careful person reads of one camera."""
    random = habits.random
    place = PLACES[number % len(PLACES)]
    behind, channel = number // 6 + 1, number % 6 + 1
    every = {
        "name": f"{place}{number + 1}",
        "address": f"192.0.2.{101 + number}",
        "recorder_address": f"192.0.2.{10 + behind}",
        "recorder": ("NVR{}", "{}号录像机", "监控室NVR-{}")[habits.ways["recorder"] % 3].format(behind),
        "channel": str(channel),
        "code": f"1402130000131{number + 1:07d}",
        "placement": place,
        "maker": random.choice(("海康威视", "大华", "宇视")),
        "model": random.choice(("DS-2CD2T47G2-L", "DH-IPC-HFW2433F", "IPC-B2A2-IR")),
        "serial": f"AAWRF{10000000 + number}",
        "mac": f"c0:56:e3:00:00:{number:02x}",
        "user": "admin",
        "retention_days": random.choice(("30", "90")),
        "recorded": random.choice(("yes", "yes", "no")),
        "in_use_since": f"202{number % 5}-0{1 + number % 9}-{10 + number:02}",
        "linked": random.choice(("yes", "no")),
        "height_m": random.choice(("3", "3.5", "4")),
        "site_name": "XX市第三中学",
    }
    # Not every cell is filled in, but those by which a camera is found are.
    optional = ("placement", "model", "serial", "in_use_since", "height_m")
    return {key: every[key] for key in habits.columns if key not in optional or random.random() < 0.9}


def _laid_out(name: str, habits: Habits, cameras: list[dict[str, str]]) -> Case:
    """Lay the cameras out as this maker does: titles above, sections between, notes below."""
    random, is_book = habits.random, habits.form == "xlsx"
    extra = random.sample(UNKNOWN, random.randrange(3))
    heads = [*(habits.heads[key] for key in habits.columns), random.choice(PASSWORDS), *extra, "备注"]
    empty = random.choice(("", "/", "-", "无", "—"))
    number = random.random() < 0.7
    heads = ["序号", *heads] if number else heads
    grid: list[list[str]] = []
    merged: list[str] = []
    if random.random() < 0.6:
        grid.append(["XX市第三中学视频监控设备台账"])
    if random.random() < 0.3:
        grid.append(["填报单位：XX市第三中学", "", "", "填报人：王某", "联系电话：0352-5550100"])
    grid.append(heads)
    truth: dict[int, dict[str, str]] = {}
    last = ""
    for n, camera in enumerate(cameras):
        if n % 6 == 0 and random.random() < 0.4:
            grid.append([f"{'一二三四'[n // 6]}、{PLACES[n]}区域"])
        cells = [_written(key, camera[key], habits) if key in camera else empty for key in habits.columns]
        group = next((key for key in ("recorder", "recorder_address") if key in camera), "")
        if is_book and group and habits.ways[group] % 2 and last == camera[group] and len(grid) in truth:
            cells[habits.columns.index(group)] = ""
            column = chr(65 + habits.columns.index(group) + number)
            merged.append(f"{column}{len(grid)}:{column}{len(grid) + 1}")
        last = camera.get(group, "")
        cells += ["Pw123456", *("甲" for _ in extra), ""]
        grid.append([f"#{n + 1}", *cells] if number else cells)
        truth[len(grid)] = camera
    below = random.choice(("", "合计", "note", "sign"))
    grid += {"": [], "note": [["注：以上数据由维保单位填写"]], "sign": [["制表：王某", "", "审核：赵某"]]}.get(
        below, [["合计", f"#{len(cameras)}"]]
    )
    pages = (Page("一机一档", grid, _joined(merged)),)
    return Case(name=name, what="made from seeded habits", form=habits.form, pages=pages, truth=truth)


def _joined(areas: list[str]) -> list[str]:
    """Join areas of one column that overlap: a merged cell is one area."""
    found: list[str] = []
    for area in areas:
        first, last = area.split(":")
        if found and found[-1].endswith(f":{first}"):
            found[-1] = f"{found[-1].partition(':')[0]}:{last}"
        else:
            found.append(area)
    return found


def _written(key: str, value: str, habits: Habits) -> str:
    way = WRITE.get(key)
    return way(value, habits.ways[key], habits.random) if way else value
