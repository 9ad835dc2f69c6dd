"""Bench `ledger`: a city's ledger into a hundred site folders, and a school's ledger into one, as a user starts them.

Run: python tests/bench/ledger.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from openpyxl import Workbook

from measure.figures import Figure, flags, say, show
from measure.processes import ROOT

RENDER = Figure("render_100_sites_s", "s", 60, "lower")
IMPORT = Figure("import_40_s", "s", 5, "lower")

HEADINGS = (
    "站点编号", "站点名称", "城市代码", "行政区划代码", "监管平台地址", "摄像机名称", "国标编码", "安装位置",
    "IP地址", "录像机IP", "通道号", "品牌", "型号", "序列号", "MAC地址", "用户名", "密码", "存储天数",
)  # fmt: skip
SCHOOL = ROOT / "tests" / "fixtures" / "ledgers" / "school-40.xlsx"


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    sites, cameras, times = (3, 2, 1) if asked.quick else (100, 10, 5)
    load = round(os.getloadavg()[0], 2)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        (home / "city.xlsx").write_bytes(city(sites, cameras))
        (home / "keys.json").write_text('{"keys": []}')
        keys = ("--hub-jwks", str(home / "keys.json"))
        rendered, imported = [], []
        for number in range(times):
            say(f"{sites} sites, {number + 1}/{times}")
            out = home / f"sites-{number}"
            rendered.append(timed(home, "render", str(home / "city.xlsx"), "--out", str(out), *keys))
            if len(list(out.glob("*/site.toml"))) != sites:
                raise RuntimeError("not every site has its folder")
            one = home / f"school-{number}"
            more = ("--site", "dt0001", "--set", "city=datong")
            imported.append(timed(home, "import", str(SCHOOL), "--out", str(one), *more))
            if (one / "site.toml").read_text("utf-8").count("[[camera]]") != 40:
                raise RuntimeError("not every camera was taken in")
        valid(home / "sites-0" / "s0001" / "site.toml", home)
    figures = {RENDER.name: RENDER.of(rendered), IMPORT.name: IMPORT.of(imported)}
    show("ledger", asked, figures, {"sites": sites, "cameras_per_site": cameras, "load_1min_before": load})


def city(sites: int, cameras: int) -> bytes:
    """Return a workbook with so many sites and cameras, each behind its site's recorder."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("一机一档")
    sheet.append(HEADINGS)
    for site in range(1, sites + 1):
        for camera in range(1, cameras + 1):
            number = site * 1000 + camera
            sheet.append(
                (
                    f"s{site:04d}", f"第{site}中学", "datong", "140213", "hub.example.org", f"摄像机{camera}",
                    f"1402130000131{number:07d}", "教学楼", f"10.{site}.0.{camera}", f"10.{site}.1.1", camera,
                    "海康威视", "DS-2CD2T47G2-L", f"AAWRF{number:08d}",
                    f"C0-56-E3-{number >> 16 & 255:02X}-{number >> 8 & 255:02X}-{number & 255:02X}", "admin", "x", 30,
                )
            )  # fmt: skip
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def timed(home: Path, *arguments: str) -> float:
    """Return the wall time of a command from its start to its end, interpreter and imports included."""
    begun = time.monotonic()
    run(home, "ledger", *arguments, "-q")
    return time.monotonic() - begun


def valid(path: Path, home: Path) -> None:
    """Have the configuration command accept one of the sites."""
    run(home, "config", "validate", "--config", str(path))


def run(home: Path, *arguments: str) -> None:
    """Run a command, and end where it fails."""
    environment = os.environ | {"XDG_STATE_HOME": str(home / "state"), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-m", "agent", *arguments]
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode("utf-8", "replace")[-2000:])


if __name__ == "__main__":
    main()
