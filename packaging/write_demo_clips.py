"""Encodes the clips of the simulated streams: `python packaging/write_demo_clips.py` (needs ffmpeg with libx264).

The clips are kept in the repository as package data, so that the demo needs no encoder. Each is raw H.264 (Annex B):
one IDR picture with its parameter sets, then P pictures, one slice each, without SEI. Run this again only when scenes,
masks or sizes change.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.demo.scene.scene import SIZES_PX, picture
from agent.demo.world.cameras import BARE_CLIPS, CAMERAS, DemoCamera, Fault
from drivers.picture import PathName

FRAMES = 8
RATE_HZ = 10
START_AT = datetime(2026, 11, 24, 8, 30, 5, tzinfo=UTC)
CRF: dict[PathName, int] = {"main": 26, "sub": 26}
DARK_CLIP = "dark"
"""One dark clip serves every camera: without light they all look the same."""


def clip_name(stem: str, path: PathName) -> str:
    """The file of a clip, e.g. `gate-main.h264`, `gate-bare-sub.h264`, `dark-main.h264`."""
    return f"{stem}-{path}.h264"


def encode(camera: DemoCamera, path: PathName, fault: Fault | None) -> bytes:
    """Render a short clip and encode it.

    Raises:
        subprocess.CalledProcessError: ffmpeg failed.
        FileNotFoundError: ffmpeg is not installed.
    """
    width, height = SIZES_PX[path]
    step = timedelta(seconds=1 / RATE_HZ)
    frames = b"".join(
        picture(camera, path, START_AT + step * index, fault, dated=False).tobytes() for index in range(FRAMES)
    )
    command = ["ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}"]
    command += ["-r", str(RATE_HZ), "-i", "-", "-c:v", "libx264", "-profile:v", "main", "-pix_fmt", "yuv420p"]
    command += ["-preset", "veryslow", "-bf", "0", "-g", "250", "-sc_threshold", "0", "-crf", str(CRF[path])]
    command += ["-x264-params", "slices=1:sliced-threads=0", "-bsf:v", "filter_units=remove_types=6|9"]
    command += ["-f", "h264", "-"]
    return subprocess.run(command, input=frames, capture_output=True, check=True).stdout


def make(directory: Path) -> int:
    """Write every clip into the directory and return their size together, in bytes."""
    directory.mkdir(parents=True, exist_ok=True)
    total = 0
    jobs: list[tuple[str, DemoCamera, Fault | None]] = [
        (camera.id, camera, None) for camera in CAMERAS if camera.id == camera.place
    ]
    jobs += [(f"{camera.id}-bare", camera, "mask-removed") for camera in CAMERAS if camera.id in BARE_CLIPS]
    jobs += [(DARK_CLIP, CAMERAS[0], "dark")]
    for stem, camera, fault in jobs:
        for path in CRF:
            data = encode(camera, path, fault)
            (directory / clip_name(stem, path)).write_bytes(data)
            total += len(data)
    return total


if __name__ == "__main__":
    size = make(Path(__file__).parent.parent / "agent/demo/clips")
    print(f"{size} bytes of clips", file=sys.stderr)
