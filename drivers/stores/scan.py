"""Scans the folders of one camera, as far as they changed, into the index. Decides what is read again, and when.

A folder is listed again when its time of change moved. A part of it (one local day) is read again when the number of
its segments changed, or while it was written to within a quarter of an hour before its last reading; then only new
files and those written lately are examined. Besides, each part is read in full once a day, a few in each look, so that
a changed size or time of an old segment shows within a day.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from drivers.stores.ends import SETTLES_S, SLACK_S, Troubles
from drivers.stores.index import Folder, Part
from drivers.stores.naming import FolderNames
from drivers.stores.part import PartLocation, StoreLook, read_part
from drivers.stores.pattern import Step

ROUND_S = 86_400.0
"""In which time every part is read again in full."""

STRAYS_SHOWN = 3
"""How many names are shown that fit no pattern."""

_PARTS_AT_ONCE = 256
Fields = Mapping[str, str]
Parts = dict[date, Part]


@dataclass(slots=True)
class ScanResult:
    """`there`: the camera has a place. `whole`: every folder could be read; `why`: the first error, else None.

    `strays`: a few names in that place that fit no pattern.
    """

    there: bool = False
    whole: bool = True
    why: OSError | None = None
    parts: dict[tuple[str, date], Part] = field(default_factory=dict)
    troubles: Troubles = field(default_factory=Troubles)
    strays: list[str] = field(default_factory=list)

    def stray(self, names: Iterable[str]) -> None:
        """Note names that fit no pattern, the first few by order."""
        fresh = sorted(name for name in names if not name.startswith("."))
        self.strays += fresh[: STRAYS_SHOWN - len(self.strays)]

    def refused(self, folder: str, error: OSError) -> None:
        """Note a folder that could not be read."""
        self.whole = False
        self.why = self.why or error
        self.troubles.note("forbidden" if isinstance(error, PermissionError) else "unreadable", _last(folder))


def scan(look: StoreLook, camera: str, path: Sequence[Step]) -> ScanResult:
    """Read what changed of a camera since the last look.

    Args:
        look: The look, whose index is updated.
        camera: Its name in the store.
        path: The steps to its segments (`pattern.steps`).
    """
    found = ScanResult()
    folders = _folders(look, path, found)
    known: dict[str, Parts] = {}
    for (folder, day), part in look.index.parts(camera).items():
        known.setdefault(folder, {})[day] = part
    notes = look.index.folders(camera)
    due = _due(known, look.now_s, look.index.looked_s)
    alive: set[str] = set()
    for number, (folder, above) in enumerate(folders):
        look.progress()
        reader = _FolderReader(look, camera, folder, path[-1], above, at_end=number in (0, len(folders) - 1))
        try:
            parts, strays = reader.read(notes.get(folder), known.get(folder, {}), due.get(folder, set()))
        except FileNotFoundError:
            continue
        except NotADirectoryError:
            found.troubles.note("name", _last(folder))
            continue
        except OSError as error:
            found.refused(folder, error)
            continue
        alive.add(folder)
        found.there = found.there or path[-1].own or bool(parts)
        found.parts |= {(folder, day): part for day, part in parts.items()}
        if path[-1].own and strays.strays:
            found.troubles.note("name", strays.stray, times=strays.strays)
            if not parts and len(found.strays) < STRAYS_SHOWN:
                with suppress(OSError):
                    found.stray(look.tree.names(folder))
    if found.whole:
        for folder in (known.keys() | notes.keys()) - alive:
            look.index.drop(camera, folder)
    for part in found.parts.values():
        found.troubles.add(part.troubles)
    return found


def _folders(look: StoreLook, path: Sequence[Step], found: ScanResult) -> list[tuple[str, Fields]]:
    """Find the folders that hold segments, each with the fields of its path, in order of their names."""
    level: list[tuple[str, Fields]] = [("", {})]
    for step in path[:-1]:
        below: list[tuple[str, Fields]] = []
        for folder, above in level:
            if step.text:
                below.append((_join(folder, step.text), above))
                continue
            try:
                names = sorted(look.tree.names(folder))
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                found.refused(folder, error)
                continue
            found.there = found.there or step.own
            for name in names:
                match = step.expression.fullmatch(name)
                fields = match.groupdict() if match else {}
                if match and all(above.get(letter, text) == text for letter, text in fields.items()):
                    below.append((_join(folder, name), {**above, **fields}))
                elif step.own and not name.startswith("."):
                    found.troubles.note("name", name)
                    found.stray((name,))
        level = below
    return level


class _FolderReader:
    """Reads one folder of one camera. `at_end`: it is the first or the last of them."""

    def __init__(self, look: StoreLook, camera: str, folder: str, step: Step, above: Fields, at_end: bool) -> None:
        self._look = look
        self._camera = camera
        self._folder = folder
        self._step = step
        self._above = above
        self._at_end = at_end

    def read(self, notes: Folder | None, before: Parts, due: set[date]) -> tuple[Parts, Folder]:
        """Return the folder's parts, and its entry in the index."""
        look = self._look
        changed_ns = look.tree.changed_ns(self._folder)
        unsettled = {day for day, part in before.items() if part.read_s - part.written_s < SETTLES_S}
        if notes is not None and notes.changed_ns == changed_ns > 0 and not unsettled and not due:
            return before, notes
        names = FolderNames(self._step, self._above, look.zone)
        segments, others = names.matching(look.tree.names(self._folder))
        counts = names.by_day(segments)
        again = [
            day
            for day, count in counts.items()
            if day not in before or before[day].segments != count or day in unsettled or day in due
        ]
        after = {day: part for day, part in before.items() if day in counts and day not in again}
        place = PartLocation(self._camera, self._folder, names)
        ends = {min(counts), max(counts)} if counts and self._at_end else set()
        for day, rows in names.of_days(segments, again).items():
            look.progress()
            part, listing = read_part(look, place, day, rows, before.get(day), day in due, day in ends)
            after[day] = part
            look.index.put(self._camera, self._folder, day, part, listing)
        for day in before.keys() - after.keys():
            look.index.drop(self._camera, self._folder, day)
        strays = [name for name in others if not name.startswith(".")]
        # A change within the grain of the file system's clock would not show: then it is listed once more.
        lasting = changed_ns if changed_ns / 1e9 < look.now_s - SLACK_S else 0
        fresh = Folder(lasting, len(strays), min(strays, default=""))
        look.index.put_folder(self._camera, self._folder, fresh)
        look.put += len(again)
        if look.put >= _PARTS_AT_ONCE:
            look.index.commit()
            look.put = 0
        return after, fresh


def turns(count: int, looked_s: float, now_s: float) -> int:
    """Return how many of so many parts are due since the last look: each once in a round, as whole numbers."""
    if not looked_s or now_s <= looked_s:
        return 0
    return min(count, int(count * now_s / ROUND_S) - int(count * looked_s / ROUND_S))


def _due(known: Mapping[str, Parts], now_s: float, looked_s: float) -> dict[str, set[date]]:
    """Choose the parts that are read in full: enough to read each within a round, the longest unread first."""
    settled = [
        (part.verified_s, folder, day)
        for folder, parts in known.items()
        for day, part in parts.items()
        if part.read_s - part.written_s >= SETTLES_S
    ]
    count = turns(len(settled), looked_s, now_s)
    chosen: dict[str, set[date]] = {}
    for _, folder, day in sorted(settled)[:count]:
        chosen.setdefault(folder, set()).add(day)
    return chosen


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _last(folder: str) -> str:
    return folder.rpartition("/")[2] or "the store's own folder"
