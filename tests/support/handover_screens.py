"""Make hand-over reports of every kind of site, and look at them in Chromium: screenshots and pages, in build/screens/.

    make screens

The kinds are the ones that a layout breaks on: nothing to object to, everything failing, 64 cameras, very long names,
hostile names. Each is written in both languages.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

from handed_over import SIGNER, checked, html
from patience import PATIENCE_S
from pictures import jpeg, lit, scene
from sites import NOW, ZONE, camera, healthy, observed, site, without

from agent.commands.check.pdf import find_printer, print_pdf
from agent.onsite.one_look.result import CheckResult
from agent.onsite.one_look.shown import ReportPicture
from agent.text.translate import LANGUAGES
from agent.verify.html_seal import seal
from drivers.model import Camera, Clock, Observation, Observations, Unavailable
from drivers.picture import Stream, Streams, ZoneVerdict
from masking.model import Job
from masking.worker.client import Worker
from masking.worker.study import Study, Thumbnail

LONG = "School gate of the eastern campus, above the main entrance, towards the street and the bus stop, " * 3
CHINESE = "\u4e1c\u6821\u533a\u6b63\u95e8\u5165\u53e3\u4e0a\u65b9\u671d\u5411\u8857\u9053\u4e0e\u516c\u4ea4\u7ad9" * 8
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}\x1b[2J\u202e</style>"
STREAMS = Streams(
    (
        Stream("main", "rtsp://192.0.2.1/m", "H265", 2560, 1440, 25.0, 4096),
        Stream("sub", "rtsp://192.0.2.1/s", "H264", 640, 360, 15.0, 512),
        Stream("snapshot", "http://192.0.2.1/p"),
    )
)
"""Of a usual camera."""


@cache
def thumbnails(count: int, width_px: int = 480) -> tuple[bytes, ...]:
    """Return pictures as the worker makes them for a report, with the private zone of `sites.camera` black."""
    with Worker(timeout_s=PATIENCE_S) as worker:
        jobs = (jpeg(lit(scene(seed, 1280, 720), "day", seed), 90) for seed in range(count))
        studied = (
            worker.judge(Job(data, "jpeg", (), Study(thumbnail=Thumbnail(width_px, (ZONE.polygon,))))).studied
            for data in jobs
        )
        return tuple(one.thumbnail for one in studied if one is not None)


def of(
    names: Mapping[str, str], pictures: tuple[bytes, ...] = (), bare: bool = False, dead: bool = False
) -> CheckResult:
    """Return a site of cameras: `bare` show what is private, `dead` do not answer and their clocks are wrong."""
    cameras = [replace(camera(), camera=Camera(one, f"d-{one}", name, placement=name)) for one, name in names.items()]
    seen: Observations = ()
    for one in names:
        own = without(healthy(one, f"d-{one}"), Streams) + observed(f"camera:{one}", STREAMS)
        if bare:
            own = tuple(_bare(o) if isinstance(o.value, ZoneVerdict) else o for o in own)
            own = without(own, Clock) + observed(f"device:d-{one}", Clock(95.0, 0.2, False))
        seen += own if not dead else observed(f"camera:{one}", Unavailable("streams", "unreachable"))
    shown = {one: ReportPicture("main", NOW, picture) for one, picture in zip(names, pictures, strict=False)}
    name = next(iter(names.values())) if len(names) < 4 else "No. 3 Middle School"
    a_site = site(*cameras, name=name, in_use_since=date(2024, 9, 1))
    return checked(a_site, seen, shown)


def _bare(observation: Observation) -> Observation:
    assert isinstance(observation.value, ZoneVerdict)
    return replace(observation, value=replace(observation.value, verdict="FAIL", reason="not-hidden"))


@cache
def kinds(pictures: tuple[bytes, ...]) -> Mapping[str, CheckResult]:
    """Return every kind of site by its name; `pictures` are used in turn."""
    many = {f"camera-{n:02}": f"Corridor {n}" for n in range(64)}
    enough = tuple(pictures[n % len(pictures)] for n in range(64))
    return {
        "in-order": of({"gate": "School gate", "yard": "Playground"}, enough),
        "all-failing": of({f"c{n}": f"Corridor {n}" for n in range(6)}, enough, bare=True),
        "all-silent": of({f"c{n}": f"Corridor {n}" for n in range(6)}, dead=True),
        "64-cameras": of(many, enough, bare=True),
        "long-names": of({"gate" * 10: LONG, "yard": CHINESE}, enough, bare=True),
        "hostile-names": of({"gate": HOSTILE, "yard": f"{HOSTILE} again"}, enough, bare=True),
    }


def write(folder: Path) -> tuple[Path, ...]:
    """Write the signed report of each kind and language into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, one in kinds(thumbnails(4)).items():
        for lang in LANGUAGES:
            path = folder / f"{name}-{lang}.html"
            path.write_bytes(seal(html(one, lang), SIGNER))
            paths.append(path)
    return tuple(paths)


def look(path: Path) -> None:
    """Take a screenshot of a report, print it, and turn its pages into pictures beside it."""
    printer, pdf = find_printer(), path.with_suffix(".pdf")
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [printer.program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-sync",
             "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-quic",
             f"--user-data-dir={profile}", "--window-size=1000,2600", f"--screenshot={path.with_suffix('.png')}",
             path.absolute().as_uri()],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    print_pdf(printer, path, pdf, 0o644)
    subprocess.run(["pdftoppm", "-r", "75", "-png", "-l", "12", pdf, path.with_suffix("")], check=True, timeout=120)


if __name__ == "__main__":
    where = Path(sys.argv[1])
    shutil.rmtree(where, ignore_errors=True)
    for written in write(where):
        look(written)
        print(written, f"{written.stat().st_size / 1e6:.2f} MB")
