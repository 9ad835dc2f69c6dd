"""Bench `capture`: one keyframe from each of 64 sub-streams, decoded in the picture worker, against OpenCV's own way.

And what it costs to listen to a stream of 4 Mbit/s for 10 s, so as to say what it delivers.

Run: python tests/bench/capture.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import os
import statistics
from typing import Any

from measure.figures import Figure, flags, say, show
from measure.processes import run, stub_devices

WALL = Figure("rtsp_64_wall_s", "s", 0.8, "lower")
CPU = Figure("rtsp_64_cpu_s", "s", 0.7, "lower")
VS_CV2 = Figure("rtsp_vs_cv2_ratio", "x", 10, "higher")
SAMPLE = Figure("sample_10s_cpu_ms", "ms", 100, "lower")

LOGIN = {"user": "admin", "password": "bench-Pa55"}


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    count, half, rounds = (4, 1, 2) if asked.quick else (64, 32, 16)
    load = round(os.getloadavg()[0], 2)
    with stub_devices(["login"] * count) as devices:
        ports = [one["rtsp"] for one in devices]
        say("camwarden's capture")
        all_of_them = _measured(ports, rounds)
        half_of_them = _measured(ports[:half], rounds)
        say("cv2.VideoCapture")
        cv2_s = run("cv2_capture", {"ports": ports[:half], "login": True, **LOGIN}).said["wall_s"]
    say("samples of 10 s")
    asked_s, at_once, times = (1, 2, 1) if asked.quick else (10, 8, 3)
    with stub_devices(["rich"] * at_once) as devices:
        said = {"ports": [one["rtsp"] for one in devices], "seconds": asked_s, "rounds": times, **LOGIN}
        samples = run("samples", said).said
    figures = {
        WALL.name: WALL.of([one["wall_s"] for one in all_of_them]),
        CPU.name: CPU.of([one["cpu_s"] for one in all_of_them]),
        # OpenCV is measured once, ours often: the spread is ours.
        VS_CV2.name: VS_CV2.of([cv2_s / one["wall_s"] for one in half_of_them]),
        SAMPLE.name: SAMPLE.of([one["cpu_ms"] for one in samples]),
    }
    conditions = {
        "streams": count,
        "login": "Digest",
        "load_1min_before": load,
        "fetched_after_s": _median(all_of_them, "fetch_s"),
        "worker_cpu_s": _median(all_of_them, "worker_cpu_s"),
        "samples": {
            "at_once": at_once,
            "mbit_per_s": _median(samples, "mbit_per_s"),
            "wall_s": _median(samples, "wall_s"),
        },
        "cv2": {"streams": half, "wall_s": round(cv2_s, 2), "ours_wall_s": _median(half_of_them, "wall_s")},
    }
    show("capture", asked, figures, conditions)


def _measured(ports: list[int], rounds: int) -> list[dict[str, Any]]:
    """Let the client do its rounds; the first one warms up and does not count."""
    return list(run("keyframes", {"ports": ports, "rounds": rounds, **LOGIN}).said[1:])


def _median(rounds: list[dict[str, Any]], name: str) -> float:
    return round(statistics.median(one[name] for one in rounds), 3)


if __name__ == "__main__":
    main()
