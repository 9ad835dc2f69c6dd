"""Reads the segments of one local day in one folder: their states, their seal, and the stretches that they cover."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from zoneinfo import ZoneInfo

from drivers.footage import TroubleKind
from drivers.stores.container import UnreadableError, check
from drivers.stores.duration import duration_s
from drivers.stores.ends import SETTLES_S, Troubles, find_ends
from drivers.stores.folder import State, Tree
from drivers.stores.index import Index, Part
from drivers.stores.naming import FolderNames

FIRST_KEPT = 8
"""How many of the oldest segments are stored by name, so that one of them can be opened."""

HEADS_PER_PART = 32
HEADS_PER_LOOK = 1000
"""How many headers are read at most: on a disk that turns, each costs two movements of its arm."""


@dataclass(slots=True)
class StoreLook:
    """One look at a store, and its budget: headers left to read, parts put since the last commit."""

    tree: Tree
    index: Index
    zone: ZoneInfo
    now_s: float
    progress: Callable[[], None]
    heads_left: int = HEADS_PER_LOOK
    put: int = 0


@dataclass(frozen=True, slots=True)
class PartLocation:
    """Where a part lies: the camera's name in the store, the folder, and how names in it are read."""

    camera: str
    folder: str
    naming: FolderNames


def read_part(
    look: StoreLook,
    place: PartLocation,
    day: date,
    names: Sequence[str],
    before: Part | None,
    in_full: bool,
    at_end: bool,
) -> tuple[Part, bytes]:
    """Read one part.

    Args:
        look: The look.
        place: Its place.
        day: The local day.
        names: The names of its segments, sorted.
        before: The part of the last reading, if any.
        in_full: Whether every segment is read, whatever is cached of it.
        at_end: Whether these may be the oldest or the newest segments of the camera: then one of them is opened.

    Returns:
        The part, and the listing that makes its next reading cheaper; empty where none is expected soon.
    """
    use_listing = before is not None and not in_full
    kept = _cached_states(look.index.listing(place.camera, place.folder, day), before) if use_listing else {}
    fresh = [name for name in names if name not in kept]
    kept |= dict(zip(fresh, look.tree.states(place.folder, fresh), strict=True))
    rows = [(name, *state) for name in names if (state := kept[name]) is not None]
    listing = "".join([f"{name} {size} {changed}\n" for name, size, changed in rows]).encode("utf-8", "surrogateescape")
    there = [row[0] for row in rows]
    sizes = [row[1] for row in rows]
    changed_s = [row[2] / 1e9 for row in rows]
    begins_s = place.naming.begins(there, changed_s)
    heads = _Heads(look, place.folder, there)
    ends = find_ends(there, begins_s, changed_s, sizes, look.now_s, heads.duration)
    troubles = Troubles()
    troubles.add(ends.troubles)
    oldest = sorted((at, name) for at, name, size in zip(begins_s, there, sizes, strict=True) if size)[:FIRST_KEPT]
    written_s = max(changed_s, default=0.0)
    if (at_end or in_full) and oldest:
        begins, name = oldest[0]
        state = kept[name]
        quiet = state is not None and look.now_s - state[1] / 1e9 > SETTLES_S
        if quiet and (kind := heads.trouble(name)):
            troubles.note(kind, name, begins)
    part = Part(
        len(rows),
        sum(sizes),
        sha256(listing).hexdigest(),
        ends.spans,
        ends.sure,
        troubles.all(),
        tuple(oldest),
        written_s,
        look.now_s,
        look.now_s if before is None or not before.verified_s or in_full else before.verified_s,
    )
    # A part that grows, or that expires segment by segment, is read again soon.
    moving = look.now_s - written_s < SETTLES_S or (before is not None and before.segments != part.segments)
    return part, listing if moving else b""


def _cached_states(listing: bytes, before: Part | None) -> dict[str, State | None]:
    """Read a listing back, without the segments that were written to shortly before it was made."""
    lately_ns = ((before.read_s if before else 0.0) - SETTLES_S) * 1e9
    kept: dict[str, State | None] = {}
    for line in listing.decode("utf-8", "surrogateescape").split("\n")[:-1]:
        name, size, changed = line.rsplit(" ", 2)
        if (changed_ns := int(changed)) < lately_ns:
            kept[name] = (int(size), changed_ns)
    return kept


@dataclass(slots=True)
class _Heads:
    """Opens segments of a folder, within the budgets of look and part."""

    _look: StoreLook
    _folder: str
    _names: Sequence[str]
    _left: int = HEADS_PER_PART

    def duration(self, number: int) -> float | None:
        """Return the length of a segment out of its header."""
        if self._left <= 0 or self._look.heads_left <= 0:
            return None
        self._left -= 1
        self._look.heads_left -= 1
        try:
            file = self._look.tree.open(self._folder, self._names[number])
            if file is None:
                return None
            with file:
                return duration_s(file)
        except OSError:
            return None

    def trouble(self, name: str) -> TroubleKind | None:
        """Return whether a segment cannot be played; None where it can, or where it is gone."""
        try:
            file = self._look.tree.open(self._folder, name)
            if file is None:
                return None
            with file:
                check(file)
        except FileNotFoundError:
            return None
        except PermissionError:
            return "forbidden"
        except (UnreadableError, OSError):
            return "unreadable"
        return None
