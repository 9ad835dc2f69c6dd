"""`camwarden masks verify` and `compare` on real picture files, through the real worker."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import pictures
import pytest
from pictures import Mask
from warm import one_worker

from agent.cli import main
from agent.commands.masks import files
from agent.commands.masks.files import kind_of
from agent.model import exits

DESK = pictures.polygon(pictures.ZONE)
SOLID = Mask("solid")
DOOR = pictures.polygon((0.7, 0.1, 0.95, 0.6))


def toml(*rows: str) -> str:
    return "\n".join(f"[[region]]\n{row}" for row in rows)


def region(name: str, polygon: object, kind: str = "any", more: str = "") -> str:
    points = json.dumps(polygon)
    return f'name = "{name}"\npolygon = {points}\ntype = "{kind}"\n{more}'


@pytest.fixture(scope="module", autouse=True)
def warm() -> Iterator[None]:
    with one_worker(files):
        yield


@pytest.fixture
def regions(tmp_path: Path) -> Path:
    path = tmp_path / "regions.toml"
    path.write_text(toml(region("desk", DESK, "color", 'color = "#000000"\n')))
    return path


def saved(path: Path, picture: pictures.Picture) -> Path:
    path.write_bytes(pictures.jpeg(picture))
    return path


def masked(seed: int = 21, mask: Mask = SOLID, noise: int = 1) -> pictures.Picture:
    return pictures.masked(pictures.lit(pictures.scene(seed), "day", noise), pictures.ZONE, mask)


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, Any]]:
    code = main(["masks", *map(str, arguments), "--json"])
    shown = capsys.readouterr()
    assert shown.err == ""
    return code, json.loads(shown.out)


@pytest.mark.parametrize("kind", ["jpeg", "h264", "h265"])
def test_a_hidden_and_a_bare_region_are_told_apart_in_each_kind_of_file(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = tmp_path / f"picture.{kind}"
    image.write_bytes(pictures.encodings()[kind])
    desk, both = tmp_path / "desk.toml", tmp_path / "both.json"
    desk.write_text(toml(region("desk", DESK, "Color")))
    both.write_text(json.dumps({"region": [{"name": "desk", "polygon": DESK}, {"name": "door", "polygon": DOOR}]}))
    code, told = run(capsys, "verify", image, "--regions", desk)
    assert (code, [one["verdict"] for one in told["regions"]]) == (exits.OK, ["PASS"])
    code, told = run(capsys, "verify", image, "--regions", both)
    assert code == exits.FAILS
    assert [(one["region"], one["verdict"]) for one in told["regions"]] == [("desk", "PASS"), ("door", "FAIL")]
    assert told["schema"] == "camwarden-masks-verify/1"
    (file,) = told["images"]
    assert (file["file"], file["kind"], file["width_px"], file["error"]) == (str(image), kind, 640, None)


def by_ffmpeg(data: bytes, ending: str, *arguments: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"recording.{ending}"
        subprocess.run(["ffmpeg", "-v", "error", *arguments, str(path)], input=data, check=True, capture_output=True)
        return path.read_bytes()


@cache
def encoded(codec: str) -> bytes:
    """Return a recording of a second whose desk is hidden."""
    shape = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-video_size", "640x360", "-framerate", "10", "-i", "-"]
    alone = ["-x265-params", "log-level=error:pools=none"] if codec == "libx265" else []
    encode = ["-c:v", codec, *alone, "-g", "5", "-pix_fmt", "yuv420p"]
    return by_ffmpeg(masked().tobytes() * 10, "mkv", *shape, *encode)


@cache
def recorded(ending: str, codec: str = "libx264") -> bytes:
    """Return the same recording in another container."""
    return by_ffmpeg(encoded(codec), ending, "-i", "-", "-c", "copy") if ending != "mkv" else encoded(codec)


@pytest.mark.parametrize(("ending", "kind"), [("mp4", "mp4"), ("ts", "mpegts"), ("mkv", "matroska")])
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_of_a_recording_the_first_key_picture_is_judged_and_it_is_told_what_it_was(
    ending: str, kind: str, codec: str, tmp_path: Path, regions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = tmp_path / "recording"
    image.write_bytes(recorded(ending, codec))
    code, told = run(capsys, "verify", image, "--regions", regions)
    (file,) = told["images"]
    assert (code, file["kind"], file["width_px"], file["error"]) == (exits.OK, kind, 640, None)
    code, told = run(capsys, "compare", image, image, "--regions", regions)
    assert (code, told["state"], told["error"]) == (exits.OK, "still", None)


def test_a_recording_without_a_picture_is_one_line_and_never_a_pass(
    tmp_path: Path, regions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, cut, foreign = tmp_path / "good.mkv", tmp_path / "cut.mp4", tmp_path / "foreign.mkv"
    good.write_bytes(recorded("mkv"))
    cut.write_bytes(recorded("mp4")[:4000])
    foreign.write_bytes(recorded("mkv", "ffv1"))
    code, told = run(capsys, "verify", good, cut, foreign, "--regions", regions)
    assert (code, [one["kind"] for one in told["images"]]) == (exits.UNCHECKED, ["matroska", "mp4", "matroska"])
    assert told["images"][1]["error"] == "undecodable: it has no index: it was cut off, or is still being written"
    assert told["images"][2]["error"] == "undecodable: its video is V_MS/VFW/FOURCC FFV1, not H.264 or H.265"
    assert main(["masks", "verify", str(foreign), "--regions", str(regions)]) == exits.UNCHECKED
    shown = capsys.readouterr()
    assert shown.out == f"{foreign}: not judged: {told['images'][2]['error']}\n" and shown.err == ""
    for pair in ((good, cut), (cut, good)):
        code, told = run(capsys, "compare", *pair)
        assert (code, told["reason"]) == (exits.UNCHECKED, "not-decoded")
        assert told["error"].startswith(f"{cut}: undecodable: it has no index")


def test_several_files_are_pooled(tmp_path: Path, regions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = [saved(tmp_path / f"{noise}.jpg", masked(noise=noise)) for noise in (1, 2, 3)]
    code, told = run(capsys, "verify", *images, "--regions", regions)
    (together,) = told["regions"]
    assert (code, together["verdict"], together["numbers"]["looks"]) == (exits.OK, "PASS", 3.0)
    images.append(saved(tmp_path / "bare.jpg", masked(mask=Mask("none"))))
    code, told = run(capsys, "verify", *images, "--regions", regions)
    assert code == exits.FAILS, "a picture that plainly shows the region is not voted down"


def test_a_region_that_is_hidden_otherwise_than_declared_never_fails_however_many_pictures_show_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soft = tmp_path / "soft.toml"
    soft.write_text(toml(region("desk", DESK, "pixelated")), "utf-8")
    grey = Mask("solid", color=(128, 128, 128))
    images = [saved(tmp_path / f"grey{noise}.jpg", masked(noise=noise, mask=grey)) for noise in (1, 2, 3)]
    code, told = run(capsys, "verify", *images, "--regions", soft)
    (together,) = told["regions"]
    assert (code, together["verdict"], together["reason"]) == (exits.UNCHECKED, "UNSURE", "other-effect")


def test_one_picture_twice_is_one_look(tmp_path: Path, regions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = saved(tmp_path / "one.jpg", masked(noise=1))
    _, told = run(capsys, "verify", image, image, image, "--regions", regions)
    assert "looks" not in told["regions"][0]["numbers"]


def test_what_cannot_be_told_is_no_success(tmp_path: Path, regions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grey, anything = np.full((360, 640, 3), 128, np.uint8), tmp_path / "any.toml"
    anything.write_text(toml(region("desk", DESK)))
    code, told = run(capsys, "verify", saved(tmp_path / "flat.jpg", grey), "--regions", anything)
    assert (code, told["regions"][0]["verdict"]) == (exits.UNCHECKED, "UNSURE")
    black = np.zeros((360, 640, 3), np.uint8)
    code, told = run(capsys, "verify", saved(tmp_path / "dark.jpg", black), "--regions", regions)
    assert (code, told["regions"][0]["reason"]) == (exits.UNCHECKED, "dark")


def test_a_damaged_picture_is_named_and_never_a_pass(
    tmp_path: Path, regions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, cut = saved(tmp_path / "good.jpg", masked()), tmp_path / "cut.jpg"
    cut.write_bytes(good.read_bytes()[:5000])
    code, told = run(capsys, "verify", good, cut, "--regions", regions)
    assert code == exits.UNCHECKED
    assert told["images"][1]["error"].startswith("damaged: ")
    code, told = run(capsys, "verify", cut, "--regions", regions)
    assert (code, told["regions"]) == (exits.UNCHECKED, [])
    assert main(["masks", "verify", str(cut), "--regions", str(regions)]) == exits.UNCHECKED
    assert capsys.readouterr().out.startswith(f"{cut}: not judged: damaged")


def test_the_policy_of_a_region_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = saved(tmp_path / "mosaic.jpg", masked(mask=Mask("mosaic", 16)))
    policy = tmp_path / "policy.toml"
    policy.write_text(toml(region("desk", DESK, "pixelated")))
    assert run(capsys, "verify", image, "--regions", policy)[0] == exits.OK
    policy.write_text(toml(region("desk", DESK, "pixelated", "[region.policy]\nleast_block_ratio = 0.5\n")))
    code, told = run(capsys, "verify", image, "--regions", policy)
    assert (code, told["regions"][0]["reason"]) == (exits.FAILS, "mosaic-too-fine")


def test_people_read_one_line_for_each_region(
    tmp_path: Path, regions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = saved(tmp_path / "one.jpg", masked())
    assert main(["masks", "verify", str(image), "--regions", str(regions), "--lang", "en"]) == exits.OK
    assert capsys.readouterr().out.startswith("desk: hidden (solid): ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no [[region]] is in it"),
        ("region = 3", "no [[region]] is in it"),
        ("[[zone]]\n", "no [[region]] is in it"),
        ("[[region]\n", "neither TOML nor JSON"),
        ("\x00\xff", "neither TOML nor JSON"),
        (toml('name = "a"'), "region 1: polygon is missing or no list"),
        (toml(region("a", [[0, 0], [2, 0], [1, 1]])), "region 1: polygon has a point that is not [x, y]"),
        (toml(region("a", [[0, 0], ["x", 0], [1, 1]])), "region 1: polygon has a point that is not [x, y]"),
        (toml(region("a", [[0, 0], [1, 1]])), "region 1: the polygon has 2 points"),
        (toml(region("a", [[0, 0], [1, 1], [1, 0], [0, 1]])), "sides cross or touch"),
        (toml(region("a", DESK, "solid")), "type must be one of color, pixelated, blurred, any"),
        (toml(region("a", DESK, "blurred", 'color = "#000000"')), "color has no use with blurred"),
        (toml(region("a", DESK, "color", 'color = "black"')), 'color must be written as "#rrggbb"'),
        (toml(region("a", DESK, "color", 'effect = "color"')), "type and effect are one thing"),
        (toml(region("a", DESK, "color", "colour = 1")), "colour is unknown; known are name, polygon"),
        (toml(region("a", DESK, "any", "overlay_boxes = 1")), "overlay_boxes must be a list of at most"),
        (toml(region("a", DESK, "any", "overlay_boxes = [[0, 0, 1]]")), "overlay_boxes must be a list of at most"),
        (toml(region("a", DESK, "any", "overlay_boxes = [[0, 0, 1, 2]]")), "overlay_boxes must be a list of at most"),
        (toml(region("a", DESK, "any", "policy = 1")), "policy must be a table"),
        (toml(region("a", DESK, "any", "policy = {least_block_ratio = nan}")), "least_block_ratio must be a number"),
        (toml(region("a", DESK), region("a", DOOR)), "region 2: the name 'a' stands twice"),
        (toml(region("", DESK)), "name must be a text"),
    ],
)
def test_a_wrong_regions_file_is_one_clear_line(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image, wrong = saved(tmp_path / "one.jpg", masked()), tmp_path / "wrong.toml"
    wrong.write_bytes(text.encode("latin-1"))
    assert main(["masks", "verify", str(image), "--regions", str(wrong)]) == exits.CONFIG
    shown = capsys.readouterr()
    assert shown.err.startswith(f"camwarden: {wrong}: ")
    assert said in shown.err
    assert shown.err.count("\n") == 1 and shown.out == ""


def test_all_mistakes_of_a_regions_file_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(toml(region("a", DESK, "x"), region("b", DESK), region("c", 1)))
    assert main(["masks", "verify", str(wrong), "--regions", str(wrong)]) == exits.CONFIG
    assert [line.split(": ")[2] for line in capsys.readouterr().err.splitlines()] == ["region 1", "region 3"]


def test_files_that_are_no_pictures_are_named_each(
    tmp_path: Path, regions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    png = tmp_path / "picture.png"
    png.write_bytes(cv2.imencode(".png", masked())[1].tobytes())
    empty = tmp_path / "empty.jpg"
    empty.touch()
    files = [png, tmp_path / "missing.jpg", tmp_path, empty]
    assert main(["masks", "verify", *map(str, files), "--regions", str(regions)]) == exits.USAGE
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert "neither JPEG, H.264 or H.265 (Annex B), MP4, MPEG-TS nor Matroska: convert it" in lines[0]
    assert [line.partition(": ")[2].partition(":")[0] for line in lines] == [str(file) for file in files]


def test_kinds_are_told_by_their_first_bytes() -> None:
    told = {kind: kind_of(Path("x"), data) for kind, data in pictures.encodings().items()}
    assert told == {"jpeg": "jpeg", "h264": "h264", "h265": "h265"}
    assert kind_of(Path("x"), b"\0\0\0\x18ftypisom") == "mp4"
    assert kind_of(Path("x"), b"\x1a\x45\xdf\xa3") == "matroska"
    assert kind_of(Path("x"), b"\x47" + bytes(187) + b"\x47") == "mpegts"
    assert kind_of(Path("x.hevc"), b"\0\0\1\x26") == "h265"
    for nothing in (b"", b"\0\0\1", b"G" * 400, b"GIF89a", bytes(400)):
        assert kind_of(Path("x.jpg"), nothing) in (None, "mpegts" if nothing[:1] == b"G" else None), nothing


def turned(degrees: float) -> pictures.Picture:
    matrix = cv2.getRotationMatrix2D((640, 360), degrees, 1.15)
    large = cv2.warpAffine(pictures.scene(5, 1280, 720), matrix, (1280, 720))
    return pictures.lit(np.asarray(cv2.resize(large, (640, 360), interpolation=cv2.INTER_AREA), np.uint8), "day", 3)


def test_a_view_that_stays_and_one_that_was_turned(
    tmp_path: Path, regions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = saved(tmp_path / "reference.jpg", turned(0))
    code, told = run(capsys, "compare", reference, saved(tmp_path / "same.jpg", turned(0)))
    assert (code, told["state"], told["schema"]) == (exits.OK, "still", "camwarden-masks-compare/1")
    moved = saved(tmp_path / "moved.jpg", turned(3))
    code, told = run(capsys, "compare", reference, moved, "--regions", regions)
    assert (code, told["state"]) == (exits.FAILS, "moved")
    assert abs(told["movement"]["rotation_deg"]) == pytest.approx(3, abs=0.2)
    assert main(["masks", "compare", str(reference), str(moved), "--lang", "en"]) == exits.FAILS
    assert capsys.readouterr().out.startswith("moved by up to ")


def test_views_that_cannot_be_compared_are_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = saved(tmp_path / "good.jpg", turned(0))
    other = saved(tmp_path / "other.jpg", pictures.lit(pictures.scene(9), "day", 1))
    flat = saved(tmp_path / "flat.jpg", np.full((360, 640, 3), 128, np.uint8))
    narrow = saved(tmp_path / "narrow.jpg", turned(0)[:, :480])
    for reference, current in ((good, other), (good, flat), (flat, good), (good, narrow)):
        code, told = run(capsys, "compare", reference, current)
        assert (code, told["state"]) == (exits.UNCHECKED, "unknown"), (reference, current)
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(good.read_bytes()[:4000])
    for reference, current in ((good, cut), (cut, good)):
        code, told = run(capsys, "compare", reference, current)
        assert (code, told["reason"]) == (exits.UNCHECKED, "not-decoded")
        assert told["error"].startswith(f"{cut}: damaged")
