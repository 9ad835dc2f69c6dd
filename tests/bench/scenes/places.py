"""The places that benches look at: rendered ones, the demo's, Debian's opencv-doc footage, and a folder of clips.

A place gives one picture for each of its moments. Each belongs to one side: what is learned is learned on `train`,
and figures are measured on `test`. What lies on the machine decides which places there are; a bench names them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from agent.demo.scene.places import PLACES as DEMO_PLACES
from agent.demo.scene.scene import scene as demo_scene
from scenes import rendered

Picture = npt.NDArray[np.uint8]
Side = Literal["train", "test"]

MOMENTS = 3
"""Different moments that every place has."""

TRAIN_SEEDS = tuple(range(1, 27))
TEST_SEEDS = tuple(range(1002, 1012))
SIZES_PX = ((640, 360), (640, 360), (320, 180), (640, 360), (1280, 720), (640, 360), (480, 270))
"""Sizes of the rendered training places, in turn; those that figures are measured on are 640 x 360."""

PHOTOS = [
    "aero1.jpg",
    "aloeL.jpg",
    "baboon.jpg",
    "basketball1.png",
    "blox.jpg",
    "board.jpg",
    "box_in_scene.png",
    "building.jpg",
    "butterfly.jpg",
    "cards.png",
    "ela_original.jpg",
    "fruits.jpg",
    "graf1.png",
    "home.jpg",
    "left01.jpg",
    "left08.jpg",
    "licenseplate_motion.jpg",
    "messi5.jpg",
    "rubberwhale1.png",
    "smarties.png",
    "squirrel_cls.jpg",
    "starry_night.jpg",
    "stuff.jpg",
    "sudoku.png",
    "../hfs/data/000.jpg",
    "../hfs/data/001.jpg",
    "../hfs/data/002.jpg",
    "../text/scenetext01.jpg",
    "../text/scenetext02.jpg",
    "../text/scenetext03.jpg",
    "../text/scenetext04.jpg",
    "../text/scenetext05.jpg",
    "../text/scenetext06.jpg",
    "../alphamat/input_images/plant.jpg",
]
"""Photographs of opencv-doc that are learned on. Its fixed cameras, vtest.avi and leuven, are kept for the figures."""


@dataclass(frozen=True)
class Place:
    """`frame(moment)` is a BGR picture; the same place, size and viewpoint at every moment 0 .. MOMENTS - 1."""

    name: str
    side: Side
    frame: Callable[[int], Picture]
    is_real: bool


def places() -> tuple[Place, ...]:
    """All places on this machine, in a fixed order."""
    return (*_rendered(), *_demo(), *_opencv(), *_clips())


def footage_folder() -> Path | None:
    """Where opencv-doc's data lies: installed by apt, or unpacked where CAMWARDEN_OPENCV_DOC says."""
    folder = Path(os.environ.get("CAMWARDEN_OPENCV_DOC", "/usr/share/doc/opencv-doc")) / "examples" / "data"
    return folder if (folder / "vtest.avi").is_file() else None


def _rendered() -> list[Place]:
    found = []
    for index, seed in enumerate(TRAIN_SEEDS):
        size = SIZES_PX[index % len(SIZES_PX)]
        found.append(Place(f"rendered-{seed}", "train", _sized(rendered.frame, seed, size), False))
    for seed in TEST_SEEDS:
        found.append(Place(f"rendered-{seed}", "test", _sized(rendered.frame, seed, (640, 360)), False))
    return found


def _sized(paint: Callable[[int, int], Any], seed: int, size: tuple[int, int]) -> Callable[[int], Picture]:
    return lambda moment: np.asarray(cv2.resize(paint(seed, moment), size, interpolation=cv2.INTER_AREA), np.uint8)


def _demo() -> list[Place]:
    def frame_of(name: str) -> Callable[[int], Picture]:
        return lambda moment: np.asarray(
            cv2.resize(demo_scene(name, 11.0 + 17.3 * moment), (640, 360), interpolation=cv2.INTER_AREA), np.uint8
        )

    return [Place(f"demo-{name}", "test", frame_of(name), False) for name in DEMO_PLACES]


def _opencv() -> list[Place]:
    folder = footage_folder()
    if folder is None:
        return []
    found = [
        Place(f"opencv-{Path(name).stem}", "train", _still([folder / name]), True)
        for name in PHOTOS
        if (folder / name).is_file()
    ]
    found.append(Place("opencv-tree", "train", _clip(folder / "tree.avi"), True))
    found.append(Place("opencv-vtest", "test", _clip(folder / "vtest.avi"), True))
    found.append(Place("opencv-leuven", "test", _still([folder / "leuvenA.jpg", folder / "leuvenB.jpg"]), True))
    return found


def _clips() -> list[Place]:
    """Every clip in the folder that CAMWARDEN_FOOTAGE names; all of them on the test side."""
    folder = os.environ.get("CAMWARDEN_FOOTAGE")
    if not folder:
        return []
    return [Place(f"clip-{path.stem}", "test", _clip(path), True) for path in sorted(Path(folder).glob("*.mp4"))]


def _still(paths: list[Path]) -> Callable[[int], Picture]:
    """A photograph cut to 16:9, at most 640 px wide and never enlarged."""

    @lru_cache(maxsize=4)
    def load(index: int) -> Picture:
        picture = cv2.imread(str(paths[index]), cv2.IMREAD_COLOR)
        if picture is None:
            raise FileNotFoundError(paths[index])
        height, width = picture.shape[:2]
        if height * 16 > width * 9:
            cut = (height - width * 9 // 16) // 2
            picture = picture[cut : cut + width * 9 // 16]
        else:
            cut = (width - height * 16 // 9) // 2
            picture = picture[:, cut : cut + height * 16 // 9]
        wide = min(picture.shape[1], 640) // 16 * 16
        return np.asarray(cv2.resize(picture, (wide, wide * 9 // 16 // 2 * 2), interpolation=cv2.INTER_AREA), np.uint8)

    return lambda moment: load(moment % len(paths))


def _clip(path: Path) -> Callable[[int], Picture]:
    """Moments spread evenly over a clip."""

    @lru_cache(maxsize=MOMENTS)
    def load(moment: int) -> Picture:
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        picture = None
        for _ in range(max(int(count * (moment + 0.3) / MOMENTS), 1)):
            done, read = capture.read()
            picture = read if done else picture
        capture.release()
        if picture is None:
            raise FileNotFoundError(path)
        height, width = picture.shape[:2]
        return np.asarray(picture[: height // 2 * 2, : width // 2 * 2], np.uint8)

    return load
