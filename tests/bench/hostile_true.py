"""True pictures for bench `hostile`: what encoders and recorders really write, in every shape that is at hand.

Each is named by how it was made. Small and short, so that hundreds are made in a minute: what is asked is whether a
reader knows the syntax, not how large a picture is. Odd sizes are among them, for cropping.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

import cv2

_SOURCE: Final = "testsrc2=size={size}:rate=10:duration={seconds}"
SIZES: Final = ("320x240", "352x288", "426x240", "642x362", "1920x1080")

X264: Final = (
    "profile=baseline:level=3", "profile=baseline:level=1b", "profile=main:level=3.1", "profile=main:level=4:bframes=3",
    "profile=high:level=4", "profile=high:level=4.1:cabac=0", "profile=high:level=5.1", "profile=high:level=6.2",
    "profile=high10", "profile=high422", "profile=high444", "slices=2", "slices=4:cabac=0", "slice-max-size=600",
    "slice-max-mbs=40", "interlaced=1", "tff=1", "fake-interlaced=1", "8x8dct=0", "cqm=jvt", "ref=16:bframes=5",
    "open-gop=1:bframes=3:keyint=5", "intra-refresh=1", "aud=1",
    "nal-hrd=cbr:vbv-maxrate=800:vbv-bufsize=800:bitrate=800",
    "nal-hrd=vbr:vbv-maxrate=900:vbv-bufsize=900:pic-struct=1", "repeat-headers=0", "bluray-compat=1", "sps-id=3",
    "sps-id=31", "colorprim=bt709:transfer=bt709:colormatrix=bt709", "fullrange=on", "videoformat=pal:overscan=show",
    "chromaloc=2", "weightp=2:bframes=2:weightb=1", "constrained-intra=1", "qp=0", "qpmin=40", "deblock=-6,-6",
    "no-deblock=1", "nr=500", "frame-packing=3", "level=2.1:force-cfr=1", "sar=16/11", "crop-rect=2,2,4,6",
)  # fmt: skip
X265: Final = (
    "profile=main", "profile=main10", "profile=main12", "profile=main422-10", "profile=main444-8", "profile=main444-10",
    "profile=main444-12", "profile=main422-12", "profile=main-intra:keyint=1", "profile=main10-intra:keyint=1",
    "profile=mainstillpicture", "level-idc=3.1", "level-idc=5.1:high-tier=1", "level-idc=4:high-tier=0",
    "open-gop=1:keyint=5:bframes=4", "open-gop=0:keyint=5", "slices=2", "slices=4", "wpp=1", "wpp=0", "ctu=16",
    "ctu=32", "ctu=64:min-cu-size=16", "rect=1:amp=1", "tskip=1", "lossless=1", "cu-lossless=1", "scaling-list=default",
    "hrd=1:vbv-maxrate=800:vbv-bufsize=800:bitrate=700", "aud=1", "repeat-headers=1", "repeat-headers=0", "info=0",
    "hash=1", "hash=3", "temporal-layers=3:bframes=4", "sao=0", "deblock=-3,-3", "no-deblock=1", "weightp=1:weightb=1",
    "ref=5:bframes=8", "colorprim=bt709:transfer=bt709:colormatrix=bt709:range=full", "videoformat=pal:overscan=show",
    "sar=16:11", "display-window=2,2,4,6",
    "master-display=G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,1):max-cll=100,50",
    "constrained-intra=1", "strong-intra-smoothing=0", "field=1", "idr-recovery-sei=1", "single-sei=1",
    "log2-max-poc-lsb=16", "opt-qp-pps=1", "multi-pass-opt-rps=1", "frame-dup=1:vbv-maxrate=800:vbv-bufsize=800:hrd=1",
)  # fmt: skip
_PIXELS_264: Final = {"high10": "yuv420p10le", "high422": "yuv422p", "high444": "yuv444p"}
_PIXELS_265: Final = {
    "main10": "yuv420p10le", "main12": "yuv420p12le", "main422-10": "yuv422p10le", "main444-8": "yuv444p",
    "main444-10": "yuv444p10le", "main444-12": "yuv444p12le", "main422-12": "yuv422p12le", "main10-intra":
    "yuv420p10le",
}  # fmt: skip
GSTREAMER: Final = (
    "x264enc key-int-max=5 ! video/x-h264,profile=baseline,stream-format=byte-stream",
    "x264enc key-int-max=5 byte-stream=true threads=4 sliced-threads=true",
    "x264enc key-int-max=5 byte-stream=true interlaced=true",
    "x264enc key-int-max=5 byte-stream=true aud=false option-string=slices=8",
    "openh264enc gop-size=5",
    "openh264enc gop-size=5 slice-mode=n-slices num-slices=4",
    "openh264enc gop-size=5 complexity=high deblocking=off",
    "x265enc key-int-max=5",
)
JPEG: Final = (
    (cv2.IMWRITE_JPEG_QUALITY, 95), (cv2.IMWRITE_JPEG_QUALITY, 10), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    (cv2.IMWRITE_JPEG_OPTIMIZE, 1), (cv2.IMWRITE_JPEG_RST_INTERVAL, 1), (cv2.IMWRITE_JPEG_RST_INTERVAL, 40),
    (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x411111), (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x221111),
    (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x211111), (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """A true picture on the disk: `kind` is jpeg, h264, h265, or that of a container."""

    name: str
    kind: str
    path: Path


def true_pictures(folder: Path, quick: bool) -> list[Made]:
    """Make them all, two at a time; what an encoder here cannot make is left out."""
    jobs = list(_jobs(folder))
    jobs = jobs[:: len(jobs) // 4] if quick else jobs
    with ThreadPoolExecutor(2) as pool:
        done = [one for one in pool.map(_made, jobs) if one is not None]
    return [*done, *_rewritten(folder, done), *_jpegs(folder, quick)]


@dataclass(frozen=True, slots=True)
class _Job:
    name: str
    kind: str
    path: Path
    command: tuple[str, ...]


def _jobs(folder: Path) -> Iterator[_Job]:
    for number, (codec, options) in enumerate([*product(["libx264"], X264), *product(["libx265"], X265)]):
        kind = "h264" if codec == "libx264" else "h265"
        size = SIZES[number % 4] if number % 9 else SIZES[4]
        yield _encoded(folder, f"{kind}-{number}", codec, options, size, kind, "h264" if kind == "h264" else "hevc")
    shapes = (
        ("mp4", "mp4", ()), ("mp4", "mp4", ("-movflags", "faststart")), ("mov", "mp4", ()),
        ("mp4", "mp4", ("-movflags", "frag_keyframe+empty_moov+default_base_moof")), ("ismv", "mp4", ()),
        ("mp4", "mp4", ("-movflags", "cmaf+frag_keyframe")), ("mpegts", "mpegts", ()), ("matroska", "matroska", ()),
        ("mpegts", "mpegts", ("-mpegts_flags", "resend_headers+pat_pmt_at_frames")), ("mpegts", "mpegts", ("-muxrate",
        "4M")), ("matroska", "matroska", ("-live", "1")), ("matroska", "matroska", ("-cluster_size_limit", "20000")),
    )  # fmt: skip
    codecs = (
        ("libx264", "bframes=0"), ("libx264", "bframes=3:open-gop=1:keyint=5"), ("libx264", "slices=4:aud=1"),
        ("libx264", "profile=baseline"), ("libx265", "keyint=5"), ("libx265", "open-gop=1:keyint=5:bframes=4"),
        ("libx265", "slices=3:hrd=0"),
    )  # fmt: skip
    for number, ((muxer, kind, more), (codec, options)) in enumerate(product(shapes, codecs)):
        yield _encoded(folder, f"{kind}-{number}", codec, options, SIZES[number % 4], kind, muxer, more)
    if shutil.which("gst-launch-1.0"):
        for number, encoder in enumerate(GSTREAMER):
            kind = "h265" if "265" in encoder else "h264"
            parser = (
                "h265parse config-interval=-1 ! video/x-h265"
                if kind == "h265"
                else "h264parse config-interval=-1 ! video/x-h264"
            )
            path = folder / f"gstreamer-{number}.{kind}"
            source = "videotestsrc num-buffers=12 pattern=smpte ! video/x-raw,format=I420,width=640,height=360"
            pipe = f"{source} ! {encoder} ! {parser},stream-format=byte-stream ! filesink location={path}"
            yield _Job(f"gstreamer {encoder}", kind, path, ("gst-launch-1.0", "-q", *pipe.split()))


def _encoded(
    folder: Path, name: str, codec: str, options: str, size: str, kind: str, muxer: str, more: tuple[str, ...] = ()
) -> _Job:
    profile = options.partition("profile=")[2].split(":")[0]
    pixels = (_PIXELS_264 if codec == "libx264" else _PIXELS_265).get(profile, "yuv420p")
    x265 = codec == "libx265"
    pools = "2" if "slices" in options else "none"  # without a pool of threads it writes broken slices, or crashes
    # A profile of x265 is an option of its own, and a still picture has one frame.
    own = options.replace(f"profile={profile}", "").strip(":") if profile else options
    flag, values = ("-x265-params", f"log-level=none:pools={pools}:{own}") if x265 else ("-x264-params", own)
    frames = "1" if "mainstill" in options else "12"
    source = _SOURCE.format(size=size, seconds=2)
    command = ("ffmpeg", "-v", "quiet", "-y", "-nostdin", "-f", "lavfi", "-i", source, "-frames:v", frames)
    command += ("-pix_fmt", pixels, "-c:v", codec, "-preset", "ultrafast" if x265 else "veryfast")
    command += (("-profile:v", profile) if profile else ()) + (flag, values or "keyint=12", *more, "-f", muxer)
    path = folder / f"{name}.{kind}"
    return _Job(f"{codec} {options} {size} {muxer} {' '.join(more)}".strip(), kind, path, (*command, str(path)))


def _made(job: _Job) -> Made | None:
    done = subprocess.run(job.command, capture_output=True, check=False, timeout=120)
    there = done.returncode == 0 and job.path.exists() and job.path.stat().st_size > 100
    return Made(job.name, job.kind, job.path) if there else None


def _rewritten(folder: Path, made: list[Made]) -> Iterator[Made]:
    """What hardware and networks add to streams: private units, sets twice, zeros, short start codes, a cut-off end."""
    for number, one in enumerate(made):
        data = one.path.read_bytes()
        if one.kind in ("h264", "h265"):
            private = b"\0\0\0\1" + (b"\x18\xaa\xbb\xcc" if one.kind == "h264" else b"\x60\x01\xaa\xbb\xcc")
            at = data.index(b"\0\0\1", 4)
            forms = {
                "private units in front and within": private + data[:at] + b"\0" + private[1:] + b"\0" + data[at:],
                "zeros before, between and behind": b"\0" * 7
                + data.replace(b"\0\0\0\1", b"\0\0\0\0\0\0\1")
                + b"\0" * 5,
                "short start codes": data.replace(b"\0\0\0\1", b"\0\0\1"),
            }
        else:
            forms = {"cut behind its first part": data[: max(len(data) * 2 // 3, 4096)]} if number % 2 else {}
        for name, form in list(forms.items())[number % 3 :: 3] if one.kind.startswith("h26") else forms.items():
            path = folder / f"rewritten-{number}-{len(name)}.{one.kind}"
            path.write_bytes(form)
            yield Made(f"{one.name}: {name}", one.kind, path)


def _jpegs(folder: Path, quick: bool) -> Iterator[Made]:
    _, frame = cv2.VideoCapture(str(_still(folder))).read()
    for number, (options, shape) in enumerate(product(JPEG, ((640, 360), (641, 359), (33, 17)))):
        if quick and number > 1:
            break
        picture = cv2.resize(frame, shape, interpolation=cv2.INTER_AREA)
        for grey in (False, True):
            pixels = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) if grey else picture
            data = cv2.imencode(".jpg", pixels, list(options))[1].tobytes()
            path = folder / f"jpeg-{number}-{grey}.jpeg"
            path.write_bytes((data, data + b"\0" * 512, b"\xff\xd8\xff\xe1\0\x0aExif\0\0\0\0" + data[2:])[number % 3])
            yield Made(f"JPEG {options} {shape} grey={grey} form={number % 3}", "jpeg", path)


def _still(folder: Path) -> Path:
    path = folder / "still.png"
    source = _SOURCE.format(size="640x360", seconds=1)
    command = ["ffmpeg", "-v", "quiet", "-y", "-f", "lavfi", "-i", source, "-frames:v", "1", str(path)]
    subprocess.run(command, check=True, timeout=30)
    return path
