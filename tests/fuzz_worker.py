"""Thousands of mutated pictures and segments against the picture worker: `make fuzz`. None may hurt the parent.

Each file is a real one with bytes changed, moved, doubled or cut away, by a seeded hand. What must hold for every one
of them: an answer or a WorkerError within the time limit, and after it a whole picture is judged as before. Prints one
JSON object; ends with 1 where that did not hold.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from pictures import encodings, job

from masking.model import Job, PictureKind, WorkerError
from masking.worker import Worker

CHECK_EVERY = 50
"""After so many files a whole picture is judged, whatever became of them."""
MUXERS: dict[PictureKind, str] = {"mp4": "mp4", "mpegts": "mpegts", "matroska": "matroska"}


def segments() -> dict[PictureKind, bytes]:
    """Return one second of test picture in each container."""
    made: dict[PictureKind, bytes] = {}
    source = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=1"]
    for kind, muxer in MUXERS.items():
        with TemporaryDirectory() as folder:
            path = Path(folder) / "segment"
            command = ["ffmpeg", "-v", "error", *source, "-c:v", "libx264", "-g", "5", "-f", muxer, str(path)]
            subprocess.run(command, check=True, capture_output=True, timeout=60)
            made[kind] = path.read_bytes()
    return made


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with one to several wounds."""
    wounded = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16, 64))):
        at = rng.randrange(len(wounded))
        wound = rng.randrange(5)
        if wound == 0:
            wounded[at] = rng.randrange(256)
        elif wound == 1:
            wounded[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff"))
        elif wound == 2:
            del wounded[at : at + rng.randrange(1, 64)]
        elif wound == 3:
            wounded[at:at] = wounded[: rng.randrange(400)]
        else:
            start = rng.randrange(len(wounded))
            wounded[at : at + 32] = wounded[start : start + 32]
        if not wounded:
            return b"\x00"
    return bytes(wounded[: rng.randrange(1, len(wounded) + 1)] if rng.random() < 0.2 else wounded)


def main() -> int:
    """Run, print, and say whether everything held."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    whole = encodings()
    kinds: dict[str, bytes] = {**whole, **segments()}
    rng = random.Random(args.seed)
    ends: Counter[str] = Counter()
    slowest_s, unwell = 0.0, 0
    with Worker() as worker:
        for number in range(args.files):
            kind = rng.choice(sorted(kinds))
            begun = time.monotonic()
            try:
                worker.judge(Job(mutated(kinds[kind], rng), kind))  # type: ignore[arg-type]
                ends[f"{kind} judged"] += 1
            except WorkerError as error:
                ends[f"{kind} {error.reason}"] += 1
            slowest_s = max(slowest_s, time.monotonic() - begun)
            if number % CHECK_EVERY == 0:
                try:
                    unwell += worker.judge(job(whole["jpeg"])).width_px != 640
                except WorkerError:
                    unwell += 1
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer = {
        "files": args.files, "seed": args.seed, "ends": dict(sorted(ends.items())), "slowest_s": round(slowest_s, 2),
        "unwell_afterwards": unwell, "parent_rss_mb": round(rss_mb, 1),
    }  # fmt: skip
    sys.stdout.write(json.dumps(answer, indent=1) + "\n")
    return 1 if unwell else 0


if __name__ == "__main__":
    sys.exit(main())
