"""Builds a store's answer from what was read of each camera: its facts, and the pictures that are due."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import BinaryIO

from drivers.footage import Opening, StoreTask
from drivers.model import STORE_BOX, Observation, Observations, Picture, Provenance, Reason, Unavailable, Value
from drivers.picture import FootageOpened
from drivers.rtsp.openings import moment_of
from drivers.stores.container import UnreadableError
from drivers.stores.ends import Troubles
from drivers.stores.facts import disk, recordings, store_index
from drivers.stores.index import Part
from drivers.stores.samples.first import first_picture
from drivers.text import sanitize

METHOD = "store"

TRIES = 8
"""How many of the oldest segments are tried until one can be opened."""

BARE_WITHIN_S = 3600.0
"""How long before a moment a segment may begin that is taken to hold it. House rule: no segment is longer."""

PICTURES_BYTES = 64 * 1024 * 1024
"""The limit of all pictures of one look, by a picture or so; the cameras left over are due again."""

Result = tuple[Observations, tuple[Picture, ...]]
Open = Callable[[str, str], BinaryIO | None]
"""Opens a segment by folder and name; None where there is only a listing. Raises OSError."""


@dataclass(frozen=True, slots=True)
class Account:
    """A camera's parts by folder and day, and troubles; `whole`: all was read; `missing`: why nothing is known."""

    parts: Mapping[tuple[str, date], Part] = field(default_factory=dict)
    troubles: Troubles = field(default_factory=Troubles)
    whole: bool = True
    missing: tuple[Reason, str] | None = None


def answer(task: StoreTask, accounts: Iterable[tuple[str, Account]], open_segment: Open) -> Result:
    """Build the facts of the disk, and of each camera in turn.

    Args:
        task: The look.
        accounts: Camera ids, each with its account.
        open_segment: Opens a segment that the parts name.
    """
    facts = [_disk(task)]
    pictures: list[Picture] = []
    left = PICTURES_BYTES
    for camera, account in accounts:
        values: list[Value]
        if account.missing:
            values = [Unavailable("recordings", *account.missing), Unavailable("store-index", *account.missing)]
        else:
            values = [
                recordings(account.parts, account.whole, task.now),
                store_index(account.parts, account.troubles, task.now),
            ]
        if camera in task.due:
            if account.missing:
                values.append(Unavailable("picture", *account.missing, "playback"))
            elif left <= 0:
                values.append(Unavailable("picture", "not-looked-at", "enough pictures for one look", "playback"))
            elif isinstance(picture := _picture(task.store.id, camera, account, open_segment), Picture):
                further = [_moment(task, camera, account, one, open_segment) for one in task.opens.get(camera, ())]
                found = (picture, *(one for one in further if isinstance(one, Picture)))
                values += [one for one in further if isinstance(one, FootageOpened)]
                pictures += found
                left -= sum(len(one.data) for one in found)
            else:
                values.append(picture)
        where = Provenance(box=f"{STORE_BOX}{task.store.id}", source=camera)
        facts += [Observation(f"camera:{camera}", value, task.now, METHOD, where) for value in values]
    return tuple(facts), tuple(pictures)


def unavailable(task: StoreTask, reason: Reason, detail: str) -> Observations:
    """Return every fact of the store as unavailable."""
    facts = [(f"device:{task.store.id}", Unavailable("disks", reason, detail))]
    for camera, _ in task.cameras:
        facts.append((f"camera:{camera}", Unavailable("recordings", reason, detail)))
        facts.append((f"camera:{camera}", Unavailable("store-index", reason, detail)))
        if camera in task.due:
            facts.append((f"camera:{camera}", Unavailable("picture", reason, detail, "playback")))
    return tuple(Observation(subject, value, task.now, METHOD) for subject, value in facts)


def reason_of(error: OSError) -> Reason:
    """Convert an error of the operating system into our reason."""
    if isinstance(error, PermissionError):
        return "refused"
    return "unreachable" if isinstance(error, FileNotFoundError) else "fault"


def _disk(task: StoreTask) -> Observation:
    value: Value
    try:
        value = disk(task.store.path)
    except OSError as error:
        value = Unavailable("disks", reason_of(error), f"the disk of the store cannot be asked: {error.strerror}")
    return Observation(f"device:{task.store.id}", value, task.now, METHOD)


def _moment(
    task: StoreTask, camera: str, account: Account, wanted: Opening, open_segment: Open
) -> Picture | FootageOpened | None:
    """Open the footage of a moment, as near as it is known by name: a day's first segments. None: nothing is due.

    Newest footage needs no opening: its file was seen to grow.
    """
    at = None if wanted.name == "newest" else moment_of(recordings(account.parts, account.whole, task.now), wanted)
    if at is None:
        return None
    named = sorted((begins_s, folder, name) for (folder, _), part in account.parts.items()
                   for begins_s, name in part.first)  # fmt: skip
    before = [row for row in named if row[0] <= at.timestamp()]
    nearest = before[-TRIES:] or named[:TRIES]
    if wanted.name == "bare":
        nearest = [row for row in nearest[-1:] if 0 <= at.timestamp() - row[0] < BARE_WITHIN_S]
    if not nearest:
        return None
    picture = _first_of(task.store.id, camera, reversed(nearest), open_segment)
    if isinstance(picture, Unavailable):
        return None if picture.reason == "not-looked-at" else FootageOpened(wanted.name, at, reason=picture.reason)
    return replace(picture, opening=Opening(wanted.name, at))


def _picture(store: str, camera: str, account: Account, open_segment: Open) -> Picture | Unavailable:
    """Extract the first key picture of the oldest segment that has one, of a few; or return why there is none."""
    oldest = sorted(
        (begins_s, folder, name) for (folder, _), part in account.parts.items() for begins_s, name in part.first
    )
    return _first_of(store, camera, oldest[:TRIES], open_segment)


def _first_of(
    store: str, camera: str, segments: Iterable[tuple[float, str, str]], open_segment: Open
) -> Picture | Unavailable:
    reason: Reason = "malformed"
    why = "there is no footage"
    for begins_s, folder, name in segments:
        short = sanitize(name.rpartition("/")[2])
        try:
            file = open_segment(folder, name)
            if file is None:
                return Unavailable("picture", "not-looked-at", "only a listing is there", "playback")
            with file:
                taken = first_picture(file)
            # The picture is seen here; when it was taken is what the recording program wrote into the file's name.
            begins_at = datetime.fromtimestamp(begins_s, UTC)
            where = Provenance(box=f"{STORE_BOX}{store}", source=camera, path="playback", level="seen")
            return Picture(camera, "playback", begins_at, taken.data, taken.kind, provenance=where)
        except UnreadableError as error:
            reason, why = "malformed", f"the oldest segments cannot be opened; the last one tried was {short}: {error}"
        except OSError as error:
            reason = reason_of(error)
            why = f"the oldest segments cannot be opened; the last one tried was {short}: {error.strerror}"
    return Unavailable("picture", reason, why, "playback")
