"""Stores of segments, written by ffmpeg's segmenter and by motion: what is told of them is what was recorded."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest
from patience import PATIENCE_S, waits
from store_footage import CLIP_S, PATTERN, clips, disks, every, lay, of_gate, spans, task, troubles, written

from drivers.model import Picture
from drivers.stores.facts import disk
from drivers.stores.segments import read
from masking.model import Job
from masking.worker.client import Worker

CHINA = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 12, 15, 0, tzinfo=CHINA)
LENGTH = timedelta(seconds=CLIP_S)
DUE = frozenset({"gate"})


def size_in_the_worker(picture: Picture) -> tuple[int, int]:
    with Worker(timeout_s=PATIENCE_S) as worker:
        judged = worker.judge(Job(picture.data, picture.kind))
    assert judged.contrast > 10
    return judged.width_px, judged.height_px


@pytest.mark.parametrize("ending", ["mp4", "ts", "mkv"])
def test_forty_days_of_ffmpegs_segments_are_told_as_they_were_recorded(tmp_path: Path, ending: str) -> None:
    """Six segments an evening; one evening is missing, and on another the second and third segment were lost."""
    evenings = [NOW.replace(hour=23) - timedelta(days=number) for number in range(40, 0, -1)]
    missing, short = evenings[10], evenings[20]
    lost = (short + LENGTH, short + 2 * LENGTH)
    kept = [evening for evening in evenings if evening != missing]
    begins = [one for evening in kept for one in every(evening, 6) if one not in lost]
    lay(tmp_path / "store", f"{PATTERN}.{ending}", begins)
    observations, pictures = read(task(tmp_path / "store", NOW, f"{PATTERN}.{ending}", due=DUE))
    recordings, index = of_gate(observations)
    whole = [(evening, evening + 6 * LENGTH) for evening in kept if evening != short]
    pieces = [(short, short + LENGTH), (short + 3 * LENGTH, short + 6 * LENGTH)]
    assert spans(recordings) == sorted(whole + pieces)
    assert [(one.start_at, one.end_at) for one in recordings.listed] == [(evenings[0], evenings[-1] + 6 * LENGTH)]
    assert [(day.day, day.segments) for day in index.days] == [
        (evening.date(), 4 if evening == short else 6) for evening in kept
    ]
    (picture,) = pictures
    assert (picture.path, picture.kind, picture.taken_at) == ("playback", "h264", evenings[0])
    assert size_in_the_worker(picture) == (320, 240)


def test_what_ffmpeg_records_now_has_no_hole_and_is_running(tmp_path: Path) -> None:
    """It names the segments by the clock of this machine, in real time."""
    root = tmp_path / "store"
    (root / "gate").mkdir(parents=True)
    source = ["-re", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=10:duration=5"]
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p"]
    cut = ["-f", "segment", "-segment_time", "1", "-segment_format", "mpegts", "-strftime", "1"]
    target = root / "gate" / "%Y-%m-%d_%H-%M-%S.ts"
    begun = datetime.now(UTC)
    command = ["ffmpeg", "-v", "error", *source, *encode, *cut, str(target)]
    subprocess.run(command, check=True, timeout=60, env={"TZ": "Asia/Shanghai", "PATH": "/usr/bin:/bin:/usr/local/bin"})
    now = datetime.now(UTC)
    recordings, index = of_gate(read(task(root, now, "%path/%Y-%m-%d_%H-%M-%S.ts"))[0])
    ((begins, ends),) = spans(recordings)
    assert begun - timedelta(seconds=1) <= begins <= ends <= now
    assert ends - begins >= timedelta(seconds=3)
    assert recordings.running is True and index.troubles == ()


def test_motions_own_files_and_its_privacy_mask_are_read(tmp_path: Path) -> None:
    root = tmp_path / "store"
    source, mask, settings = tmp_path / "scene.mkv", tmp_path / "mask.pgm", tmp_path / "motion.conf"
    # Ten seconds, at the speed at which a camera sends them.
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=10", "-g", "10"]
    subprocess.run([*command, str(source)], check=True, timeout=60)
    pixels = bytes(0 if x < 160 and y < 120 else 255 for y in range(240) for x in range(320))
    mask.write_bytes(b"P5\n320 240\n255\n" + pixels)
    settings.write_text(
        f"daemon off\nlog_level 4\ntarget_dir {root}\nnetcam_url file://{source}\nwidth 320\nheight 240\n"
        "framerate 10\nemulate_motion on\npicture_output off\nmovie_output on\nmovie_codec mp4\nmovie_max_time 3\n"
        f"movie_filename gate/%Y-%m-%d/%H-%M-%S\nmask_privacy {mask}\nwebcontrol_port 0\nstream_port 0\n"
    )
    root.mkdir()
    begun = datetime.now(UTC)
    with subprocess.Popen(
        ["motion", "-n", "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as child:
        waits(lambda: child.poll() is not None or len(list(root.rglob("*.mp4"))) > 2)  # each of three seconds
        child.terminate()
        child.wait(PATIENCE_S)
    now = datetime.now(UTC)
    local = datetime.now().astimezone().tzinfo
    assert local is not None
    observations, pictures = read(task(root, now, f"{PATTERN}.mp4", _zone_name(), due=DUE))
    recordings, index = of_gate(observations)
    assert recordings.running is True and set(troubles(index)) <= {"unreadable"}
    assert begun - timedelta(seconds=1) <= recordings.spans[0].start_at <= recordings.spans[-1].end_at <= now
    assert sum(day.segments for day in index.days) >= 2
    (picture,) = pictures
    clip = tmp_path / "oldest.h264"
    clip.write_bytes(picture.data)
    frame = cv2.VideoCapture(str(clip)).read()[1]
    assert frame is not None
    assert float(np.mean(frame[10:110, 10:150])) < 20 < float(np.mean(frame[130:230, 170:310]))


def _zone_name() -> str:
    """Return the zone of this machine, in which motion writes its names."""
    place = Path("/etc/localtime").resolve().as_posix()
    return place.partition("zoneinfo/")[2] or "UTC"


@pytest.mark.parametrize(
    "pattern",
    [
        "%path/%Y-%m-%d_%H-%M-%S-%f.mp4",
        "%path/%Y-%m-%d_%H-%M-%S%z.mp4",
        "%path/%s.mp4",
        "%Y-%m-%d/%H/%path/%M.%S.mp4",
        "%Y/%m/%d/%path-%H%M%S.mp4",
        "%path/%Y%m%d/%Y%m%dT%H%M%S.mp4",
    ],
)
def test_the_names_of_other_recorders_tell_the_same(tmp_path: Path, pattern: str) -> None:
    begins = every(NOW - timedelta(hours=30), 3) + every(NOW - timedelta(minutes=1), 30)
    lay(tmp_path / "store", pattern, begins)
    recordings, index = of_gate(read(task(tmp_path / "store", NOW, pattern))[0])
    first = NOW - timedelta(hours=30)
    assert spans(recordings) == [(first, first + 3 * LENGTH), (NOW - timedelta(minutes=1), NOW)]
    assert [(day.day, day.segments) for day in index.days] == [(date(2026, 3, 11), 3), (date(2026, 3, 12), 30)]
    assert recordings.running is True and index.troubles == ()


def test_a_camera_whose_name_begins_like_anothers_has_its_own_footage_only(tmp_path: Path) -> None:
    root = tmp_path / "store"
    pattern = "%path-%Y-%m-%d_%H-%M-%S.mp4"
    lay(root, pattern, every(NOW - timedelta(minutes=1), 2))
    lay(root, pattern, every(NOW - timedelta(minutes=9), 2), camera="gate-2026")
    recordings, index = of_gate(read(task(root, NOW, pattern))[0])
    assert spans(recordings) == [(NOW - timedelta(minutes=1), NOW - timedelta(minutes=1) + 2 * LENGTH)]
    assert index.troubles == ()


def test_recording_goes_on_over_midnight_without_a_hole(tmp_path: Path) -> None:
    begin = NOW.replace(hour=23, minute=59, second=50) - timedelta(days=1)
    lay(tmp_path / "store", f"{PATTERN}.mp4", every(begin, 10))
    recordings, index = of_gate(read(task(tmp_path / "store", NOW))[0])
    assert spans(recordings) == [(begin, begin + 10 * LENGTH)]
    assert [day.segments for day in index.days] == [5, 5]


@pytest.mark.parametrize(
    ("turn", "zone"),
    [
        (datetime(2025, 10, 26, 1, 0, tzinfo=UTC), "Europe/Berlin"),
        (datetime(2025, 3, 30, 1, 0, tzinfo=UTC), "Europe/Berlin"),
        (datetime(2025, 4, 5, 15, 0, tzinfo=UTC), "Australia/Lord_Howe"),
    ],
)
def test_a_turn_of_the_clock_is_no_hole_and_no_overlap(tmp_path: Path, turn: datetime, zone: str) -> None:
    """Two hours before and after, in segments of seven minutes: no name comes twice, though an hour does."""
    begin = turn - timedelta(hours=2)
    begins = [one.astimezone(ZoneInfo(zone)) for one in every(begin, 35, 420)]
    lay(tmp_path / "store", "%path/%Y-%m-%d_%H-%M-%S.mp4", begins, length_s=420)
    now = begin + timedelta(seconds=35 * 420)
    recordings, index = of_gate(read(task(tmp_path / "store", now, "%path/%Y-%m-%d_%H-%M-%S.mp4", zone))[0])
    assert spans(recordings) == [(begin, now)]
    assert index.troubles == ()


def test_a_segment_that_grows_and_new_ones_show_in_the_next_look(tmp_path: Path) -> None:
    root = tmp_path / "store"
    begins = every(NOW - timedelta(seconds=20), 10)
    lay(root, f"{PATTERN}.mp4", begins)
    growing = root / begins[-1].strftime("gate/%Y-%m-%d/%H-%M-%S.mp4")
    written(growing, NOW - timedelta(seconds=1))
    before, _ = of_gate(read(task(root, NOW))[0])
    assert before.spans[-1].end_at == NOW - timedelta(seconds=1)
    written(growing, NOW)
    lay(root, f"{PATTERN}.mp4", every(NOW, 5))
    after, index = of_gate(read(task(root, NOW + timedelta(seconds=30)))[0])
    assert spans(after) == [(begins[0], NOW + 5 * LENGTH)]
    assert index.days[0].segments == 15


def test_the_file_system_that_holds_the_store_is_told(tmp_path: Path) -> None:
    lay(tmp_path / "store", f"{PATTERN}.mp4", every(NOW, 1))
    (found,) = disks(read(task(tmp_path / "store", NOW))[0]).disks
    assert found.capacity_bytes is not None and found.free_bytes is not None
    assert 0 < found.free_bytes <= found.capacity_bytes == shutil.disk_usage(tmp_path).total
    assert found.kind and found.name and found.writable is None


@pytest.mark.parametrize(
    ("line", "writable"),
    [
        # How the agent sees it (its unit has everything read-only) says nothing of the recorder.
        ("36 35 {device} / {point} ro,relatime shared:1 - ext4 /dev/sdb1 rw,errors=remount-ro", None),
        ("36 35 {device} / {point} rw,relatime shared:1 - ext4 /dev/sdb1 ro,errors=remount-ro", False),
        ("36 35 {device} / {point} rw,relatime - ext4 /dev/sdb1 rw", None),
        ("36 35 0:99 / {point} rw,relatime - ext4 pool rw", None),
    ],
)
def test_only_a_file_system_that_is_read_only_itself_is_known_to_take_nothing(
    tmp_path: Path, line: str, writable: bool | None
) -> None:
    store, mounts = tmp_path / "a disk" / "store", tmp_path / "mountinfo"
    store.mkdir(parents=True)
    number = store.stat().st_dev
    device, point = f"{os.major(number)}:{os.minor(number)}", str(store.parent).replace(" ", "\\040")
    mounts.write_text(f"20 1 0:1 / / rw - overlay overlay rw\n{line.format(device=device, point=point)}\nnonsense\n")
    (found,) = disk(store, mounts).disks
    assert (found.name, found.kind, found.state, found.writable) == (str(store.parent), "ext4", "ok", writable)


def test_a_link_to_another_disk_is_followed(tmp_path: Path) -> None:
    root = tmp_path / "store"
    (root / "gate").mkdir(parents=True)
    lay(tmp_path / "slow", f"{PATTERN}.mp4", every(NOW - timedelta(days=3), 2))
    day = (NOW - timedelta(days=3)).strftime("%Y-%m-%d")
    (root / "gate" / day).symlink_to(tmp_path / "slow" / "gate" / day)
    recordings, _ = of_gate(read(task(root, NOW))[0])
    assert recordings.spans[0].start_at == NOW - timedelta(days=3)


def test_the_clips_that_these_tests_lay_out_last_as_long_as_they_say() -> None:
    """Times of change are set by the tests: this holds them to the footage."""
    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"]
    for ending in ("mp4", "ts", "mkv"):
        for clip in clips(ending):
            done = subprocess.run([*command, str(clip)], capture_output=True, text=True, check=True, timeout=60)
            assert float(done.stdout) == pytest.approx(CLIP_S, abs=0.15)
