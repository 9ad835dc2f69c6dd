"""camwarden's reader of segments on a listing of millions, some of them real files; a first look and following ones.

Prints what the looks took, the peak of resident memory, and the holes that were found in another, seeded listing.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from clients.store_layout import FLAT, NOW, PATTERN, Listing, judge, segments, stretches
from drivers.footage import Store, StoreIndex, StoreTask
from drivers.model import Recordings
from drivers.stores.folder import DiskTree
from drivers.stores.segments import read

BETWEEN = timedelta(minutes=15)


class Mixed:
    """Some cameras from a listing, the others from a real folder."""

    def __init__(self, listing: Listing, root: Path, real: Sequence[str]) -> None:
        self.listing = listing
        self._disk = DiskTree(root, lambda: None)
        self._real = set(real)

    def _of(self, folder: str) -> Listing | DiskTree:
        return self._disk if folder.partition("/")[0] in self._real else self.listing

    def names(self, folder: str) -> list[str]:
        """List a folder."""
        return self._of(folder).names(folder) if folder else [*self._real, *self.listing.cameras]

    def changed_ns(self, folder: str) -> int:
        """Tell when a folder changed."""
        return self._of(folder).changed_ns(folder)

    def states(self, folder: str, names: Sequence[str]) -> list[tuple[int, int] | None]:
        """Tell sizes and times."""
        return self._of(folder).states(folder, names)

    def open(self, folder: str, name: str) -> BinaryIO | None:
        """Open a real file."""
        return self._of(folder).open(folder, name)


class Holed:
    """One camera whose recorded time is given: names in whole seconds, each file last written when its footage ends."""

    def __init__(self, recorded: list[tuple[float, float]]) -> None:
        self._files: dict[str, dict[str, tuple[int, int]]] = {}
        for stretch in recorded:
            for begins_s, ends_s in segments(stretch):
                at = datetime.fromtimestamp(begins_s, UTC)
                state = (int((ends_s - begins_s) * 100_000) + 1, int(ends_s * 1e9))
                self._files.setdefault(f"gate/{at:%Y-%m-%d}", {})[f"{at:%H-%M-%S}.mp4"] = state

    def names(self, folder: str) -> list[str]:
        """List a folder."""
        if not folder:
            return ["gate"]
        return [name[5:] for name in self._files] if folder == "gate" else list(self._files[folder])

    def changed_ns(self, folder: str) -> int:
        """Tell when a folder changed."""
        return max(state[1] for state in self._files[folder].values())

    def states(self, folder: str, names: Sequence[str]) -> list[tuple[int, int] | None]:
        """Tell sizes and times."""
        return [self._files[folder][name] for name in names]

    def open(self, folder: str, name: str) -> BinaryIO | None:
        """Open nothing."""
        return None


def main() -> None:
    """Do what was asked for on standard input, and print what it took."""
    asked = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as place:
        if "holes" in asked:
            print(json.dumps(_holes(Path(place), asked["holes"], asked["days"])))
        else:
            print(json.dumps(_looks(Path(place), asked)))


def _looks(place: Path, asked: dict[str, int]) -> dict[str, object]:
    flat = bool(asked.get("flat"))
    names = [f"cam{number}" for number in range(asked["cameras"])]
    root = place / "store"
    root.mkdir()
    real = names[: asked["real"]]
    listing = Listing(names[len(real) :], asked["days"], NOW, flat)
    begun = time.monotonic()
    files = sum(_create(root / name, Listing([name], asked["days"], NOW), name) for name in real)
    created_s = time.monotonic() - begun
    tree = Mixed(listing, root, real)
    store = Store("disk", "segments", root, FLAT if flat else PATTERN, "UTC")
    cameras = tuple((name, name) for name in names)
    took: list[tuple[float, float]] = []
    counted = 0
    for number in range(asked["looks"]):
        if number:
            listing.now += BETWEEN
        task = StoreTask(store, cameras, place / "index.db", listing.now)
        cpu_s, wall_s = sum(os.times()[:2]), time.monotonic()
        observations, _ = read(task, tree)
        took.append((time.monotonic() - wall_s, sum(os.times()[:2]) - cpu_s))
        days = [one.value.days for one in observations if isinstance(one.value, StoreIndex)]
        spans = [one.value.spans for one in observations if isinstance(one.value, Recordings)]
        if len(days) != len(names) or any(len(one) != 1 for one in spans):
            raise SystemExit(f"{len(days)} cameras with {[len(one) for one in spans][:3]} stretches")
        if not number:
            counted = sum(day.segments for one in days for day in one)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    index_mb = (place / "index.db").stat().st_size / 1e6
    return {
        "segments": counted,
        "real_files": files,
        "created_s": round(created_s, 1),
        "wall_s": [round(one[0], 3) for one in took],
        "cpu_s": [round(one[1], 3) for one in took],
        "rss_mb": round(peak_mb, 1),
        "index_mb": round(index_mb, 1),
    }


def _create(folder: Path, listing: Listing, camera: str) -> int:
    """Make the files of one camera: the sizes of a recording, but without its blocks on the disk."""
    count = 0
    for day in listing.names(camera):
        (folder / day).mkdir(parents=True)
        names = listing.names(f"{camera}/{day}")
        for name, state in zip(names, listing.states(f"{camera}/{day}", names), strict=True):
            assert state is not None
            path = f"{folder}/{day}/{name}"
            with open(path, "wb") as file:  # noqa: PTH123 # hundreds of thousands of them
                file.truncate(state[0])
            os.utime(path, ns=(state[1], state[1]))
            count += 1
        changed_ns = listing.changed_ns(f"{camera}/{day}")
        os.utime(folder / day, ns=(changed_ns, changed_ns))
    return count


def _holes(place: Path, seeds: list[int], days: int) -> dict[str, int]:
    true = found = invented = 0
    for seed in seeds:
        recorded = stretches(seed, days, NOW)
        store = Store("disk", "segments", place, PATTERN, "UTC")
        task = StoreTask(store, (("gate", "gate"),), place / f"{seed}.db", NOW)
        observations, _ = read(task, Holed(recorded))
        (spans,) = (one.value.spans for one in observations if isinstance(one.value, Recordings))
        told = [(span.start_at.timestamp(), span.end_at.timestamp()) for span in spans]
        one = judge(recorded, told)
        true, found, invented = true + one[0], found + one[1], invented + one[2]
    return {"true": true, "found": found, "invented": invented}


if __name__ == "__main__":
    main()
