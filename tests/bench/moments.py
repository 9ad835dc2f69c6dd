"""Bench `moments`: how well imprints tell one moment from the next, and one scene from another, and cards from scenes.

Run: python tests/bench/moments.py [--quick] [--json]. Needs ffmpeg. Places are the demo's, with fresh sensor noise in
each picture, and the clips in the folder that CAMWARDEN_FOOTAGE names, as they are and with fresh noise; clips are
compressed already, so that much of their noise is gone. Pictures go through an encoder, as a camera's do. What is
compared has gone through the same one, unless said otherwise.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from agent.demo.scene.scene import card, picture
from agent.demo.world.cameras import CAMERAS, ISAPI_CAMERAS
from agent.judge.checks.devices.online import CARD_RATIO
from masking.quality.measure import measure
from masking.view.imprint import imprint
from masking.view.likeness import Imprint, likeness, read
from masking.view.model import QualityJob
from measure.figures import Figure, flags, say, show

Bgr = npt.NDArray[np.uint8]
Frames = dict[float, Bgr]
"""A place's pictures by their time in seconds."""

TIME = Figure("imprint_360p_ms", "ms", 3, "lower")
LATER_EQUAL = Figure("another_moment_equal_ratio", "", 0, "lower")
FRAME_EQUAL = Figure("same_frame_equal_ratio", "", 1, "higher")
SCENES_ALIKE = Figure("other_scene_alike_ratio", "", 0.02, "lower")
SCENE_CARD = Figure("scene_called_card_ratio", "", 0, "lower")
CARD_FOUND = Figure("card_found_ratio", "", 1, "higher")
SCENE_OTHER = Figure("same_scene_other_ratio", "", 0.02, "lower")

NEXT_S, APART_S = 0.04, (1.0, 7.0, 19.0)
AT = datetime(2026, 11, 24, 8, 30, 5, tzinfo=UTC)
NOISE_SIGMA = 2.0


def main() -> None:
    """Measure and print."""
    asked = flags(__doc__ or "")
    places = dict(list(_places())[:: 6 if asked.quick else 1])
    coded: dict[str, dict[tuple[str, float], Imprint | None]] = {}
    even: list[float] = []
    for name, frames in places.items():
        say(f"{name}: {len(frames)} pictures")
        pictures = {(code, at): encode(one) for code, encode in ENCODERS.items() for at, one in frames.items()}
        coded[name] = {key: read(imprint(one)) for key, one in pictures.items()}
        even += [measure(one, QualityJob()).even_ratio for one in pictures.values()]
    figures, conditions = _figures(coded)
    cards = [card("sub", AT + timedelta(seconds=7 * number)) for number in range(3 if asked.quick else 20)]
    found = [measure(encode(one), QualityJob()).even_ratio for one in cards for encode in ENCODERS.values()]
    figures[SCENE_CARD.name] = SCENE_CARD.of([statistics.fmean(one >= CARD_RATIO for one in even)])
    figures[CARD_FOUND.name] = CARD_FOUND.of([statistics.fmean(one >= CARD_RATIO for one in found)])
    conditions |= {"most_even_scene_ratio": round(max(even), 3), "least_even_card_ratio": round(min(found), 3)}
    sample = next(iter(next(iter(places.values())).values()))
    figures[TIME.name] = TIME.of([_ms(sample) for _ in range(5 if asked.quick else 60)])
    show("moments", asked, figures, conditions)


def _figures(coded: dict[str, dict[tuple[str, float], Imprint | None]]) -> tuple[dict[str, Any], dict[str, Any]]:
    later: list[float] = []
    following: list[float] = []
    recoded: list[float] = []
    scene: list[float] = []
    for shown in coded.values():
        for (one, other), code in product(combinations(sorted({at for _, at in shown}), 2), ENCODERS):
            first, second = shown[code, one], shown[code, other]
            if first is None or second is None:
                continue
            how = likeness(first, second)
            (following if other - one < 0.5 else later).append(float(how == "equal"))
            scene.append(float(how == "other"))
        for at in {at for _, at in shown}:
            pair = [shown[code, at] for code in ENCODERS]
            if pair[0] is not None and pair[1] is not None:
                recoded.append(float(likeness(pair[0], pair[1]) == "equal"))
    codes = [(name, code) for name in coded for code in ENCODERS]
    unrelated = [
        likeness(first, second) != "other"
        for (one, code), (other, same) in combinations(codes, 2)
        if code == same and _base(one) != _base(other)
        and (first := coded[one][code, 0.0]) is not None and (second := coded[other][same, 0.0]) is not None
    ]  # fmt: skip
    every = [one for shown in coded.values() for one in shown.values()]
    equal = [float(likeness(one, one) == "equal") for one in every if one is not None]
    figures = {
        LATER_EQUAL.name: LATER_EQUAL.of([statistics.fmean(later)]),
        FRAME_EQUAL.name: FRAME_EQUAL.of([statistics.fmean(equal)]),
        SCENES_ALIKE.name: SCENES_ALIKE.of([statistics.fmean(map(float, unrelated))]),
        SCENE_OTHER.name: SCENE_OTHER.of([statistics.fmean(scene)]),
    }
    conditions = {
        "pairs_of_moments": len(later), "pairs_of_scenes": len(unrelated), "pictures": len(every),
        "pictures_without_imprint": sum(one is None for one in every),
        "next_frame_equal_ratio": round(statistics.fmean(following), 4), "next_frames": len(following),
        "other_encoder_equal_ratio": round(statistics.fmean(recoded), 4), "other_encoders": len(recoded),
    }  # fmt: skip
    return figures, conditions


def _base(name: str) -> str:
    """Return the place without its condition: with and without noise it is the same scene."""
    return name.partition(" ")[0]


def _places() -> Iterator[tuple[str, Frames]]:
    """Yield each place with its pictures."""
    times = (0.0, NEXT_S, *APART_S)
    for camera in (*CAMERAS, *ISAPI_CAMERAS):
        at = {each: AT + timedelta(seconds=each) for each in times}
        yield camera.id, {each: np.asarray(picture(camera, "main", at[each], dated=False)) for each in times}
    folder = os.environ.get("CAMWARDEN_FOOTAGE")
    for clip in sorted(Path(folder).glob("*.mp4")) if folder else ():
        for number, start_s in enumerate((2.0, 8.0)):
            frames = _clip(clip, [start_s + each for each in times], start_s)
            yield f"{clip.stem} from {number}", frames
            noisy = {each: _noisy(one, round(1000 * (start_s + each))) for each, one in frames.items()}
            yield f"{clip.stem} from {number} with noise", noisy


def _clip(clip: Path, wanted_s: list[float], start_s: float) -> Frames:
    found: Frames = {}
    video = cv2.VideoCapture(str(clip))
    for at in wanted_s:
        video.set(cv2.CAP_PROP_POS_MSEC, 1000 * at)
        came, frame = video.read()
        if came:
            found[round(at - start_s, 2)] = np.asarray(frame, np.uint8)
    return found


def _noisy(one: Bgr, seed: int) -> Bgr:
    noise = np.random.default_rng(seed).normal(0, NOISE_SIGMA, one.shape)
    return np.clip(one + noise, 0, 255).astype(np.uint8)


def _h264(one: Bgr) -> Bgr:
    """Encode a picture as a keyframe and decode it."""
    height, width = one.shape[:2]
    raw = ["-f", "rawvideo", "-pix_fmt", "bgr24"]
    encode = ["ffmpeg", "-v", "error", *raw, "-s", f"{width}x{height}", "-i", "-", "-c:v", "libx264", "-crf", "26"]
    data = subprocess.run([*encode, "-f", "h264", "-"], input=one.tobytes(), capture_output=True, check=True).stdout
    decode = ["ffmpeg", "-v", "error", "-f", "h264", "-i", "-", *raw, "-"]
    shown = subprocess.run(decode, input=data, capture_output=True, check=True).stdout
    return np.frombuffer(shown, np.uint8).reshape(height, width, 3)


def _jpeg(one: Bgr) -> Bgr:
    data = cv2.imencode(".jpg", one, [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


ENCODERS: dict[str, Callable[[Bgr], Bgr]] = {"h264": _h264, "jpeg": _jpeg}


def _ms(one: Bgr) -> float:
    begun = time.thread_time()
    imprint(one)
    return 1000 * (time.thread_time() - begun)


if __name__ == "__main__":
    main()
