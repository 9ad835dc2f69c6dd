"""Encodes the clips of the simulated streams: `python packaging/write_demo_clips.py` (needs ffmpeg with libx264).

The clips are kept in the repository as package data, so that the demo needs no encoder. Each is raw H.264 (Annex B):
parameter sets, then IDR and P pictures, without SEI. A live main stream has two moments, each with an IDR picture of
its own, and what was recorded has a third: sensor noise and people differ between them, as they do in pictures of any
two moments. Of what was recorded there is a second key picture, of the same scene with other noise, and both are of one
slice for each row, so that a player can mix them. Run this again only when scenes, masks or sizes change.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from agent.demo.scene.drawing import Canvas
from agent.demo.scene.scene import SIZES_PX, card, picture
from agent.demo.world.cameras import BARE_CLIPS, CAMERAS, ISAPI_CAMERAS, DemoCamera, Fault
from drivers.picture import PathName

FRAMES = 8
RATE_HZ = 10
START_AT = datetime(2026, 11, 24, 8, 30, 5, tzinfo=UTC)
LATER_AT = START_AT + timedelta(seconds=47)
RECORDED_AT = START_AT - timedelta(hours=3)
OTHER_NOISE_AT = RECORDED_AT + timedelta(milliseconds=5)
"""So near that everybody is where they were."""
MOMENTS: dict[PathName, tuple[datetime, ...]] = {
    "main": (START_AT, LATER_AT),
    "sub": (START_AT,),
    "playback": (RECORDED_AT,),
}
"""When each GOP of a clip begins; they share the clip's frames evenly."""
CRF: dict[PathName, int] = {"main": 28, "sub": 26, "playback": 33}
"""Still so fine that noise is left in IDR pictures."""
SLICES: dict[PathName, str] = {"playback": "slices=23:mbtree=0"}
"""How a picture is cut, where it is not of one slice: a row each. A key picture is the same whatever follows it."""
CARD_PATHS: tuple[PathName, ...] = ("main", "sub")
LATE = "library"
"""Whose picture is also there at one moment that is on no other path: a live picture of a while ago."""
LATE_AT = START_AT + timedelta(minutes=5)
DARK_CLIP = "dark"
"""One dark clip serves every camera: without light they all look the same."""


def clip_name(stem: str, path: PathName) -> str:
    """The file of a clip, e.g. `gate-main.h264`, `gate-bare-sub.h264`, `dark-playback.h264`."""
    return f"{stem}-{path}.h264"


def encode(
    shown: Callable[[PathName, datetime], Canvas], path: PathName, begins: tuple[datetime, ...], count: int = FRAMES
) -> bytes:
    """Render a short clip of GOPs that begin at these moments, and encode its first pictures, all without `count`.

    Raises:
        subprocess.CalledProcessError: ffmpeg failed.
        FileNotFoundError: ffmpeg is not installed.
    """
    width, height = SIZES_PX[path]
    gop = FRAMES // len(begins)
    moments = [at + timedelta(seconds=index / RATE_HZ) for at in begins for index in range(gop)][:count]
    frames = b"".join(shown(path, at).tobytes() for at in moments)
    command = ["ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}"]
    command += ["-r", str(RATE_HZ), "-i", "-", "-c:v", "libx264", "-profile:v", "main", "-pix_fmt", "yuv420p"]
    command += ["-preset", "veryslow", "-bf", "0", "-g", str(gop), "-sc_threshold", "0", "-crf", str(CRF[path])]
    slices = SLICES.get(path, "slices=1")
    command += ["-x264-params", f"{slices}:sliced-threads=0:open-gop=0", "-bsf:v", "filter_units=remove_types=6|9"]
    command += ["-f", "h264", "-"]
    return subprocess.run(command, input=frames, capture_output=True, check=True).stdout


def make(directory: Path) -> int:
    """Write every clip into the directory and return their size together, in bytes."""
    directory.mkdir(parents=True, exist_ok=True)
    total = 0
    cameras = (*CAMERAS, *ISAPI_CAMERAS)
    jobs: list[tuple[str, DemoCamera, Fault | None]] = [(camera.id, camera, None) for camera in cameras]
    jobs += [(f"{camera.id}-bare", camera, "mask-removed") for camera in cameras if camera.id in BARE_CLIPS]
    jobs += [(DARK_CLIP, CAMERAS[0], "dark")]
    for stem, camera, fault in jobs:
        for path in MOMENTS:
            if path == "playback" and camera.recording is None:
                continue
            shown = partial(_shown, camera, fault)
            data = encode(shown, path, MOMENTS[path])
            if path == "playback":
                data += encode(shown, path, (OTHER_NOISE_AT,), count=1)
            (directory / clip_name(stem, path)).write_bytes(data)
            total += len(data)
    for path in CARD_PATHS:
        data = encode(card, path, MOMENTS["main"])
        (directory / clip_name("card", path)).write_bytes(data)
        total += len(data)
    late = next(one for one in cameras if one.id == LATE)
    data = encode(partial(_shown, late, None), "main", (LATE_AT,), count=1)
    (directory / f"{LATE}-late.h264").write_bytes(data)
    return total + len(data)


def _shown(camera: DemoCamera, fault: Fault | None, path: PathName, at: datetime) -> Canvas:
    return picture(camera, path, at, fault, dated=False)


if __name__ == "__main__":
    size = make(Path(__file__).parent.parent / "agent/demo/clips")
    print(f"{size} bytes of clips", file=sys.stderr)
