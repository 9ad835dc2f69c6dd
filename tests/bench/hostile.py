"""Bench `hostile`: pictures made to break the decoder, true ones that must be read, and what both walls cost.

Run: python tests/bench/hostile.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from hostile_foreign import Hostile, attempts, foreign_files
from hostile_neighbours import faked_verdicts
from hostile_true import Made, true_pictures

from drivers.errors import DriverError
from drivers.stores.container import UnreadableError
from drivers.stores.samples.first import first_picture
from masking.model import Job, PictureKind, WorkerError
from masking.worker.client import Worker
from masking.worker.warm_parent import WarmParent, exchange
from measure.beside import THIS_CHECKOUT, cycles_beside, tree_environment, unpacked
from measure.figures import Figure, flags, say, show
from measure.processes import ROOT, run

BEFORE = "9c5cd3f"
"""The last commit before pictures were read by us before they were decoded, and judged in a child of their own."""

FOREIGN = Figure("foreign_decoded", "pictures", 0, "lower")
DEATHS = Figure("foreign_child_deaths", "children", 0, "lower")
REFUSED = Figure("true_pictures_refused", "pictures", 0, "lower")
FAKED = Figure("verdicts_faked_by_neighbour", "verdicts", 0, "lower")
READY = Figure("child_ready_ms", "ms", 10, "lower")
RESTING = Figure("resting_pss_mb", "MB", 2, "lower")
CYCLE = Figure("cycle_64_cpu_ratio", "x", 1.1, "lower")

TRUE_SIZE = (640, 360)
JUDGE_S = 60.0


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        say("making hostile pictures")
        files = foreign_files(_made(folder / "foreign"), asked.quick)
        good = {kind: _good(kind) for kind in ("h264", "h265", "jpeg")}
        tried = list(attempts(files, good["h264"], good["h265"], good["jpeg"]))
        say(f"{len(tried)} hostile pictures")
        foreign, deaths, became = _hostile(tried)
        say("making true pictures")
        true, pixels, about_true = _true(_made(folder / "true"), folder, asked.quick)
        say("lying, dying and hanging children beside good ones")
        faked, lies = faked_verdicts(good["jpeg"], asked.quick)
        say("the time until a child is locked down")
        ready_ms = _ready_ms(3 if asked.quick else 100)
        resting_mb = _resting_mb(good["jpeg"])
        beside = cycles_beside(*((THIS_CHECKOUT, folder, 2, 1, 1) if asked.quick else (BEFORE, folder, 64, 4, 3)))
    figures = {
        FOREIGN.name: FOREIGN.of([foreign]) | {"n": len(tried)},
        DEATHS.name: DEATHS.of([deaths]) | {"n": len(tried)},
        REFUSED.name: REFUSED.of([true]) | {"n": about_true["pictures"]},
        FAKED.name: FAKED.of([faked]) | {"n": sum(lies.values())},
        READY.name: READY.of(ready_ms),
        RESTING.name: RESTING.of([resting_mb]),
        CYCLE.name: CYCLE.of(beside.cpu),
    }
    conditions = {
        "foreign_files": len(files), "hostile_became": became, "true_pictures": about_true,
        "true_pictures_with_other_pixels": pixels, "neighbours": lies, "cycles": dict(beside.told),
    }  # fmt: skip
    show("hostile", asked, figures, conditions)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _good(kind: str) -> bytes:
    """A true picture of 640x360, as one keyframe."""
    source = ["-f", "lavfi", "-i", f"mandelbrot=size={TRUE_SIZE[0]}x{TRUE_SIZE[1]}:rate=1"]
    codec = {"h264": ["libx264"], "h265": ["libx265", "-x265-params", "log-level=none"], "jpeg": ["mjpeg"]}[kind]
    form = {"h264": "h264", "h265": "hevc", "jpeg": "image2pipe"}[kind]
    command = ["ffmpeg", "-v", "error", "-nostdin", *source, "-frames:v", "1", "-pix_fmt", "yuvj420p", "-c:v", *codec]
    return subprocess.run([*command, "-f", form, "pipe:1"], check=True, capture_output=True, timeout=60).stdout


def _hostile(tried: list[Hostile]) -> tuple[int, int, dict[str, int]]:
    """Have each judged as it would be; count what was decoded besides the true picture, and children that died."""
    became: Counter[str] = Counter()
    foreign = deaths = 0
    with Worker(timeout_s=JUDGE_S) as worker:
        for number, one in enumerate(tried):
            try:
                data, kind = _delivered(one)
                judged = worker.judge(Job(data, kind, device=f"{number}"))
            except (UnreadableError, DriverError) as refused:
                became[f"refused by the reader of containers ({type(refused).__name__})"] += 1
            except WorkerError as refused:
                deaths += refused.reason in ("crashed", "timeout")
                became[refused.reason] += 1
                if refused.reason in ("crashed", "timeout"):
                    say(f"  {one.name}: {refused}")
            else:
                is_true = (judged.width_px, judged.height_px) == TRUE_SIZE
                foreign += not is_true
                became["true picture" if is_true else "foreign"] += 1
                if not is_true:
                    say(f"  {one.name}: decoded as {judged.width_px}x{judged.height_px}")
    return foreign, deaths, dict(became)


def _delivered(one: Hostile) -> tuple[bytes, PictureKind]:
    if one.kind != "file":
        return one.data, one.kind
    sample = first_picture(io.BytesIO(one.data))
    return sample.data, sample.kind


def _true(made_in: Path, folder: Path, quick: bool) -> tuple[int, int, dict[str, Any]]:
    """Hold each true picture's pixels against those of the commit before; count what is refused, and what differs.

    True is what this machine's own ffmpeg decodes. Where pixels differ from before and are that ffmpeg's, the commit
    before was wrong: it showed memory that nobody wrote for what is interlaced.
    """
    made = [one for one in true_pictures(made_in, quick) if _opens(one)]
    files = [[f"{number} {one.name}", one.kind, str(one.path)] for number, one in enumerate(made)]
    compared = THIS_CHECKOUT if quick else BEFORE
    before_tree, now_tree = tree_environment(unpacked(compared, folder / "before")), tree_environment(ROOT)
    before = run("decodes", {"files": files}, environment=before_tree).said
    now = run("decodes", {"files": files}, environment=now_tree).said
    about: Counter[str] = Counter()
    other = refused = 0
    with Worker(timeout_s=JUDGE_S) as worker:
        for one, (name, _, _) in zip(made, files, strict=True):
            if now[name].startswith("refused") or _refuses(worker, one):
                refused += 1
                say(f"  refused: {name}: {now[name]}")
            elif before[name].startswith("refused"):
                about["refused before"] += 1
            elif now[name] != before[name] and now[name] == _by_ffmpeg(one):
                about["as this machine's ffmpeg shows it, and not as before"] += 1
            elif now[name] != before[name]:
                other += 1
                say(f"  other pixels: {name}")
    kinds = Counter(one.kind for one in made)
    return refused, other, {"pictures": len(made), **about, "kinds": dict(kinds)}


def _opens(one: Made) -> bool:
    demuxer = {"h264": ["-f", "h264"], "h265": ["-f", "hevc"]}.get(one.kind, [])
    command = ["ffmpeg", "-v", "error", "-nostdin", *demuxer, "-i", str(one.path), "-frames:v", "1", "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    return (
        done.returncode == 0 and b"Output file is empty" not in done.stderr and b"does not contain" not in done.stderr
    )


def _by_ffmpeg(one: Made) -> str:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(one.path), "-frames:v", "1", "-pix_fmt", "bgr24"]
    told = ["ffprobe", "-v", "error", "-show_entries", "stream=height,width", "-of", "csv=p=0", str(one.path)]
    width, height = subprocess.run(told, capture_output=True, check=True, timeout=60).stdout.split()[0].split(b",")[:2]
    pixels = subprocess.run([*command, "-f", "rawvideo", "-"], capture_output=True, check=True, timeout=60).stdout
    return f"({int(height)}, {int(width)}, 3) {hashlib.sha256(pixels).hexdigest()}"


def _refuses(worker: Worker, one: Made) -> bool:
    hostile = Hostile(one.name, "file" if one.kind not in ("h264", "h265", "jpeg") else one.kind, one.path.read_bytes())  # type: ignore[arg-type]
    try:
        data, kind = _delivered(hostile)
        worker.judge(Job(data, kind, device=one.name))
    except (UnreadableError, WorkerError):
        return True
    return False


def _ready_ms(times: int) -> list[float]:
    """From the request for a child to its word that it is locked down."""
    parent, took_ms = WarmParent(), []
    for _ in range(times):
        begun = time.monotonic()
        child = parent.fork()
        exchange(child.stream.fileno(), b"", begun + JUDGE_S)
        took_ms.append((time.monotonic() - begun) * 1000)
        parent.collect(child)
    parent.close()
    return took_ms


def _resting_mb(jpeg: bytes) -> float:
    """Proportional memory of every process that a worker started, and that of ours which grew, once it rests."""
    with Worker(timeout_s=JUDGE_S) as worker:
        before = _pss_bytes("self")
        for number in range(8):
            worker.judge(Job(jpeg, "jpeg", device=f"{number}"))
        worker.rest()
        children = [p for p in Path("/proc").iterdir() if p.name.isdecimal() and _parent_of(p) == os.getpid()]
        grown = max(0, _pss_bytes("self") - before)
        return (grown + sum(_pss_bytes(one.name) for one in children)) / 1e6


def _pss_bytes(process: str) -> int:
    rows = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(row.split()[1]) * 1024 for row in rows if row.startswith("Pss:"))


def _parent_of(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


if __name__ == "__main__":
    main()
