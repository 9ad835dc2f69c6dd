"""Converts what was read in a store into facts: recordings, the days, the disk. Pure but for `disk`.

A day's digest is that of its one part, or SHA-256 over the digests of its parts in order. It proves that the names,
sizes and times of change are those of an earlier look; not that the files hold what the camera recorded, nor that
nobody reset a time of change after changing a file.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from drivers.footage import DayIndex, Disk, Disks, StoreIndex
from drivers.model import Recordings
from drivers.model import Span as Recorded
from drivers.stores.ends import SETTLES_S, Span, Troubles, merged
from drivers.stores.index import Part
from drivers.text import sanitize

SPANS_MAX = 4000
"""The most stretches reported of one camera. Of older footage only days are reported, outside `listed`."""

MOUNTS = Path("/proc/self/mountinfo")


def recordings(parts: Mapping[tuple[str, date], Part], whole: bool, now: datetime) -> Recordings:
    """Return the recordings of one camera.

    Args:
        parts: Its parts, by folder and local day.
        whole: Whether everything could be read; otherwise nothing is `listed`.
        now: The moment of the look.
    """
    spans = merged([span for part in parts.values() for span in part.spans])
    if not spans:
        return Recordings((), running=False)
    unsure = merged([(part.spans[0][0], part.spans[-1][1]) for part in parts.values() if part.spans and not part.sure])
    listed = _without((spans[0][0], spans[-1][1]), unsure) if whole else []
    if len(spans) > SPANS_MAX:
        spans, cut_s = _fewer(spans)
        listed = [(max(begins, cut_s), ends) for begins, ends in listed if ends > cut_s]
    running = now.timestamp() - spans[-1][1] <= SETTLES_S
    return Recordings(_recorded(spans), listed=_recorded(listed), running=running)


def store_index(parts: Mapping[tuple[str, date], Part], troubles: Troubles, now: datetime) -> StoreIndex:
    """Seal the days of one camera, and report its troubles. A recorder that stopped is a trouble too."""
    days: dict[date, list[Part]] = {}
    for (_, day), part in sorted(parts.items()):
        if part.segments:
            days.setdefault(day, []).append(part)
    newest_s = max((part.spans[-1][1] for part in parts.values() if part.spans), default=None)
    if newest_s is not None and now.timestamp() - newest_s > SETTLES_S:
        troubles.note("stalled", "the newest segment", newest_s)
    return StoreIndex(
        tuple(
            DayIndex(day, sum(part.segments for part in rows), sum(part.size_bytes for part in rows), _digest(rows))
            for day, rows in sorted(days.items())
        ),
        tuple(replace(trouble, first=sanitize(trouble.first)) for trouble in troubles.all()),
    )


def disk(path: Path, mounts: Path = MOUNTS) -> Disks:
    """Read size and free space of the file system that holds a store.

    Whether the recorder may write is unknown: the agent may see the disk read-only while the recorder does not. Only a
    file system that is itself mounted read-only, as the kernel does with one that failed, is known to be so.

    Raises:
        OSError: The path is missing, or may not be read.

    Source: statvfs(3); proc_pid_mountinfo(5).
    """
    sizes = os.statvfs(path)
    device = path.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    name, kind, options = "", "", ""
    try:
        # Some file systems tell another number there; then the longest mount point above counts.
        real = path.resolve()
        lines = [line.split(" ") for line in mounts.read_text("utf-8", "replace").splitlines()]
        rows = [(_unescaped(line[4]), line[2] == wanted, line[line.index("-") + 1 :]) for line in lines if "-" in line]
        holding = [(same, len(point), point, rest) for point, same, rest in rows if real.is_relative_to(point)]
        _, _, name, (kind, _, options, *_) = max(holding, key=lambda row: row[:2])
    except (OSError, ValueError, IndexError):
        pass
    read_only = "ro" in options.split(",")
    one = Disk(
        sanitize(name or str(path)),
        sanitize(kind),
        "ok",
        word="read-only" if read_only else "",
        capacity_bytes=sizes.f_blocks * sizes.f_frsize,
        free_bytes=sizes.f_bavail * sizes.f_frsize,
        writable=False if read_only else None,
    )
    return Disks((one,))


def _unescaped(point: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(code, character)
    return point


def _digest(parts: Sequence[Part]) -> str:
    if len(parts) == 1:
        return parts[0].digest
    return sha256("".join(part.digest for part in parts).encode()).hexdigest()


def _recorded(spans: Sequence[Span]) -> tuple[Recorded, ...]:
    return tuple(Recorded(datetime.fromtimestamp(a, UTC), datetime.fromtimestamp(b, UTC)) for a, b in spans)


def _without(extent: Span, holes: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    at = extent[0]
    for begins, ends in holes:
        if begins > at:
            found.append((at, begins))
        at = max(at, ends)
    if extent[1] > at:
        found.append((at, extent[1]))
    return found


def _fewer(spans: list[Span]) -> tuple[list[Span], float]:
    """Join the oldest stretches day by day, counted from the oldest, so that few remain; return where that ends too."""
    keep = SPANS_MAX // 2
    joined: list[Span] = []
    for begins, ends in spans[:-keep]:
        if joined and ends - joined[-1][0] <= 86_400:
            joined[-1] = (joined[-1][0], ends)
        else:
            joined.append((begins, ends))
    return joined + spans[-keep:], spans[-keep][0]
