"""Lists the places that benches look at: rendered ones, the demo's, Debian's opencv-doc footage, and a folder of clips.

A place gives one picture for each of its moments. Each belongs to one side: what is learned is learned on `train`,
and figures are measured on `test`. What lies on the machine decides which places there are; a bench names them. In
clips people and things move as they were filmed; photographs and rendered places are still, people are drawn later.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from agent.demo.scene.places import PLACES as DEMO_PLACES
from agent.demo.scene.scene import scene as demo_scene
from scenes import rendered

Picture = npt.NDArray[np.uint8]
Side = Literal["train", "test"]

MOMENTS = 24
"""Different moments that every place has."""

TRAIN_SEEDS = tuple(range(1, 45))
TEST_SEEDS = tuple(range(1002, 1020))
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
    """`frame(moment)` is a BGR picture; the same place, size and viewpoint at every moment 0 .. MOMENTS - 1.

    `is_real`: filmed or photographed; `moves`: what is in it differs from moment to moment.
    """

    name: str
    side: Side
    frame: Callable[[int], Picture]
    is_real: bool
    moves: bool


def places() -> tuple[Place, ...]:
    """All places on this machine, in a fixed order."""
    return (*_rendered(), *_demo(), *_opencv(), *_clips())


def footage_folder() -> Path | None:
    """Where opencv-doc's data lies: installed by apt, or unpacked where CAMWARDEN_OPENCV_DOC says."""
    folder = Path(os.environ.get("CAMWARDEN_OPENCV_DOC", "/usr/share/doc/opencv-doc")) / "examples" / "data"
    return folder if (folder / "vtest.avi").is_file() else None


def _rendered() -> list[Place]:
    def frame_of(seed: int) -> Callable[[int], Picture]:
        return lambda _: rendered.background(seed)

    train = [Place(f"rendered-{seed}", "train", frame_of(seed), False, False) for seed in TRAIN_SEEDS]
    return train + [Place(f"rendered-{seed}", "test", frame_of(seed), False, False) for seed in TEST_SEEDS]


def _demo() -> list[Place]:
    def frame_of(name: str) -> Callable[[int], Picture]:
        return lambda moment: np.asarray(demo_scene(name, 11.0 + 17.3 * moment), np.uint8)

    return [Place(f"demo-{name}", "test", frame_of(name), False, True) for name in DEMO_PLACES]


def _opencv() -> list[Place]:
    folder = footage_folder()
    if folder is None:
        return []
    found = [
        Place(f"opencv-{Path(name).stem}", "train", _still([folder / name]), True, False)
        for name in PHOTOS
        if (folder / name).is_file()
    ]
    found.append(Place("opencv-tree", "train", _clip(folder / "tree.avi"), True, True))
    found.append(Place("opencv-vtest", "test", _clip(folder / "vtest.avi"), True, True))
    found.append(Place("opencv-leuven", "test", _still([folder / "leuvenA.jpg", folder / "leuvenB.jpg"]), True, True))
    return found


def _clips() -> list[Place]:
    """Every clip in the folder that CAMWARDEN_FOOTAGE names; all of them on the test side."""
    folder = os.environ.get("CAMWARDEN_FOOTAGE")
    if not folder:
        return []
    return [Place(f"clip-{path.stem}", "test", _clip(path), True, True) for path in sorted(Path(folder).glob("*.mp4"))]


def _still(paths: list[Path]) -> Callable[[int], Picture]:
    """A photograph cut to 16:9, at most 1280 px wide and never enlarged."""

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
        wide = min(picture.shape[1], 1280) // 16 * 16
        return np.asarray(cv2.resize(picture, (wide, wide * 9 // 16 // 2 * 2), interpolation=cv2.INTER_AREA), np.uint8)

    return lambda moment: load(moment % len(paths))


def _clip(path: Path) -> Callable[[int], Picture]:
    """Moments spread evenly over a clip."""

    @lru_cache(maxsize=1)
    def load() -> list[Picture]:
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        wanted = {int(count * (moment + 0.3) / MOMENTS) for moment in range(MOMENTS)}
        found: list[Picture] = []
        for number in range(count):
            if not capture.grab():
                break
            if number in wanted:
                done, picture = capture.retrieve()
                if done:
                    height, width = picture.shape[:2]
                    found.append(np.asarray(picture[: height // 2 * 2, : width // 2 * 2], np.uint8))
        capture.release()
        if not found:
            raise FileNotFoundError(path)
        return found

    return lambda moment: load()[moment % len(load())]
