"""A school with 40 cameras on simulated devices, and its ledger as a contractor keeps it: for tests and benches.

Run: python tests/support/school.py DIR [COUNT] [1080p] writes the ledgers there, prints one line of JSON when every
device answers, and ends with its standard input. `1080p`: live main streams are encoded anew in that size.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Literal

from ledgers import HEADINGS, Cell, csv_text, school, xlsx

from agent.demo.rtsp import clips
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, ISAPI_CAMERAS, DemoCamera, DemoDevice

USER = "viewer"
PASSWORD = "Dt@2025#jk"
CAMERAS_IN_LEDGER = 40
RECORDERS = 3
ANSWERS = ("7-2", "no", "y", "work-room", "y", "yes")
"""What `declare` is told: class of the system, no key target, and for all cameras at once their place and link."""
FILES = {"xlsx": "school.xlsx", "csv": "school.csv", "named": "school-named.xlsx"}
ISAPI = "nvr-0"
"""The recorder that speaks ISAPI."""


@contextmanager
def running(count: int = CAMERAS_IN_LEDGER) -> Iterator[SimulatedSite]:
    """Let the school's devices answer: recorders with channels, and four cameras that are read by themselves."""
    devices, cameras = made(count)
    with SimulatedSite(lambda: datetime.now(UTC), devices, cameras, password=PASSWORD) as site:
        yield site


def made(count: int) -> tuple[list[DemoDevice], list[DemoCamera]]:
    """Return the devices and cameras that the ledger's rows name; one recorder speaks ISAPI, everything else ONVIF."""
    scenes = {"hikvision": ISAPI_CAMERAS[:1], "onvif": [c for c in CAMERAS if c.id in ("gate", "canteen", "parking")]}
    devices: dict[str, DemoDevice] = {}
    cameras = []
    for number, (name, channel) in enumerate(places(count)):
        recorder = name.startswith("nvr")
        driver: Literal["onvif", "hikvision"] = "hikvision" if name == ISAPI else "onvif"
        devices[name] = DemoDevice(name, USER, "BOX", f"S-{name}", recorder=recorder, driver=driver)
        scene = next(islice(cycle(scenes[driver]), number, None))
        plan = scene.recording if recorder else None
        cameras.append(replace(scene, id=f"row-{number}", device=name, channel=channel, code="", recording=plan))
    return list(devices.values()), cameras


def places(count: int) -> list[tuple[str, int]]:
    """Return, for each row of the ledger, the device it is read through and its channel there."""
    channels = [row[HEADINGS.index("通道号")] for row in school(count, RECORDERS)]
    return [
        (f"nvr-{number % RECORDERS}", channel) if isinstance(channel, int) else (f"alone-{number}", 1)
        for number, channel in enumerate(channels)
    ]


def write_ledgers(site: SimulatedSite, folder: Path, count: int = CAMERAS_IN_LEDGER) -> dict[str, str]:
    """Write the ledger with the addresses at which the devices listen; return the paths by kind.

    As XLSX, as GB18030 CSV, and `named`: as XLSX with the recorders by name, whose addresses stand once in each.
    """
    rows = school(count, RECORDERS)
    at = {heading: HEADINGS.index(heading) for heading in HEADINGS}
    for row, (name, _) in zip(rows, places(count), strict=True):
        where, behind = site.devices[name], name.startswith("nvr")
        row[at["录像机IP"]], row[at["IP地址"]] = (where.host, None) if behind else (None, where.host)
        row[at["用户名"]] = USER
        row[at["品牌"]] = "海康威视" if name == ISAPI else "其他"
        row += [where.port, None] if behind else [None, where.port]
        row.append("海康威视" if name == ISAPI else None)
    headings = [*HEADINGS, "录像机HTTP端口", "HTTP端口", "录像机品牌"]
    found = {kind: folder / name for kind, name in FILES.items()}
    found["xlsx"].write_bytes(xlsx(rows, headings))
    found["csv"].write_bytes(csv_text(rows, headings).encode("gb18030"))
    found["named"].write_bytes(xlsx(named(rows, places(count)), ["录像机", *headings]))
    return {kind: str(path) for kind, path in found.items()}


def named(rows: list[list[Cell]], there: list[tuple[str, int]]) -> list[list[Cell]]:
    """Return the rows with the name of each recorder before them; its address stands in its first row alone."""
    told: set[str] = set()
    found: list[list[Cell]] = []
    for row, (name, _) in zip(rows, there, strict=True):
        behind, known = name.startswith("nvr"), name in told
        told.add(name)
        line = [
            None if known and behind and n in (HEADINGS.index("录像机IP"), len(HEADINGS), len(HEADINGS) + 2) else cell
            for n, cell in enumerate(row)
        ]
        found.append([name if behind else None, *line])
    return found


def in_full_hd(clip: clips.Clip) -> clips.Clip:
    """Return a clip with pictures of 1920 x 1080, each a key picture: a live picture is one."""
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "h264",
        "-i",
        "-",
        "-vf",
        "scale=1920:1080:flags=bicubic,noise=alls=4:allf=t",
    ]
    command += ["-c:v", "libx264", "-profile:v", "main", "-pix_fmt", "yuv420p", "-preset", "veryfast", "-crf", "23"]
    command += ["-g", "1", "-x264-params", "slices=1:sliced-threads=0", "-bsf:v", "filter_units=remove_types=6|9"]
    units = b"".join(b"\0\0\0\1" + unit for unit in (clip.sps, clip.pps, *chain.from_iterable(clip.pictures)))
    done = subprocess.run([*command, "-f", "h264", "-"], input=units, capture_output=True, check=True)
    return clips.cut(done.stdout)


def main() -> None:
    """Serve until standard input ends."""
    count = int(sys.argv[2]) if len(sys.argv) > 2 else CAMERAS_IN_LEDGER
    if sys.argv[3:] == ["1080p"]:
        load = clips.load
        wide = {f"{one.place}-main.h264" for one in made(count)[1]}
        large = {name: in_full_hd(load(name)) for name in wide}
        clips.load = lambda name: large.get(name) or load(name)  # type: ignore[assignment]
    with running(count) as site:
        told = {"password": PASSWORD, "answers": ANSWERS, **write_ledgers(site, Path(sys.argv[1]), count)}
        print(json.dumps(told), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
