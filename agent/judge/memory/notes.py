"""Stores people's notes on findings, from acknowledgements to attestations, and the hub's decisions. A file each.

They are in `<state directory>/notes/`, the folder 0700 and the files 0600, replaced whole. The daemon reads all in each
cycle and writes only decisions of the hub: a note is independent of the spool. Every note has an end but `Settled`,
which is about one change of footage.

A note has an owner (`agent/observe/inventory/owners.py`). An acknowledgement or proof for a box does not count for
another one; plans, which may be to replace it, and settled changes of footage do.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, get_args

from agent.contract.disputes import Outcome
from agent.contract.signing_keys import PublicKey
from agent.host.files import write_atomic
from agent.host.not_ours import forbidden
from agent.judge.memory.disputes import KEPT_FOR, Contested, Decision, Dispute, contested
from agent.judge.memory.drills import Drill
from agent.judge.memory.exercises import EXERCISES
from agent.judge.memory.hub_words import verified
from agent.model.finding import Status
from agent.observe.approvals.attested import Attestation
from agent.observe.footage.days import recorder_of
from agent.observe.inventory.owners import (
    NOBODY,
    Owner,
    claim,
    is_another,
    of_site,
    owner_data,
    owner_from,
    site_of_folder,
)
from agent.site.config.site import Site

SCHEMA: Final = "camwarden-note/1"
FOLDER: Final = "notes"
MAX_BYTES: Final = 64 * 1024
NOTES_MAX: Final = 2000
OVER_FOR: Final = timedelta(days=31)
"""How long a note stays that counts no longer; the service removes it then, and each command that writes one."""

log = logging.getLogger("camwarden.notes")


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody knows of one episode, the one that was detected at `detected_at`. It counts before `until`.

    `worst`: how bad the episode was then; a worse one is not acknowledged.
    """

    key: str
    detected_at: datetime
    worst: Status
    by: str
    at: datetime
    why: str
    until: datetime
    owner: Owner = NOBODY


@dataclass(frozen=True, slots=True)
class Plan:
    """Work on `subject` (`site`, `device:ID`, `camera:ID`) from `start_at` until before `until`."""

    subject: str
    start_at: datetime
    until: datetime
    by: str
    at: datetime
    why: str
    owner: Owner = NOBODY


@dataclass(frozen=True, slots=True)
class Proof:
    """A job found `key` well at `at`; `detected_at` names the episode."""

    key: str
    detected_at: datetime
    at: datetime
    job: str
    owner: Owner = NOBODY


@dataclass(frozen=True, slots=True)
class Settled:
    """Changes of sealed footage, by their ids, that somebody reviewed."""

    key: str
    changes: tuple[str, ...]
    by: str
    at: datetime
    why: str
    owner: Owner = NOBODY


Note = Acknowledgement | Plan | Proof | Settled | Drill | Dispute | Decision | Attestation

KINDS: Final[
    Mapping[str, type[Acknowledgement | Plan | Proof | Settled | Drill | Dispute | Decision | Attestation]]
] = {
    "ack": Acknowledgement,
    "plan": Plan,
    "proof": Proof,
    "settled": Settled,
    "drill": Drill,
    "dispute": Dispute,
    "decision": Decision,
    "attest": Attestation,
}
"""The kind of a note, which begins its file name."""

_TIMES = frozenset({"detected_at", "at", "until", "start_at", "found_at", "recovered_at", "ended_at", "repaired_at"})
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "worst": get_args(Status), "status": get_args(Status), "exercise": tuple(EXERCISES), "outcome": get_args(Outcome),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ActiveNotes:
    """The notes in force at one moment: by key, and the subjects of planned work; the rest: all known ones."""

    acknowledged: Mapping[str, Acknowledgement] = field(default_factory=dict)
    planned: frozenset[str] = frozenset()
    proved: Mapping[str, Proof] = field(default_factory=dict)
    plans: tuple[Plan, ...] = ()
    drills: tuple[Drill, ...] = ()
    contested: tuple[Contested, ...] = ()


NO_NOTES: Final = ActiveNotes()


def active_notes(
    site: Site,
    notes: tuple[Note, ...],
    now: datetime,
    boxes: Mapping[str, Owner] = MappingProxyType({}),
    keys: Mapping[str, PublicKey] = MappingProxyType({}),
) -> ActiveNotes:
    """Return the notes in force now.

    `boxes`: the box of each camera and device (`owners.owners_now`). `keys`: the hub's pinned ones; what none of them
    signed is no decision. Pure.
    """
    notes = tuple(one for one in notes if not is_another(one.owner, _box_of(one, boxes)))
    return ActiveNotes(
        {one.key: one for one in notes if isinstance(one, Acknowledgement) and now < one.until},
        frozenset(name for one in notes if is_in_force(one, now) for name in planned_subjects(site, one)),
        {one.key: one for one in notes if isinstance(one, Proof)},
        tuple(one for one in notes if isinstance(one, Plan)),
        drills_of(notes),
        contested_of(notes, site.id, keys),
    )


def contested_of(notes: tuple[Note, ...], site_id: str, keys: Mapping[str, PublicKey]) -> tuple[Contested, ...]:
    """Return the disputes among notes with the decisions that one of `keys` signed, the newest first. Pure."""
    disputes = (one for one in notes if isinstance(one, Dispute))
    return contested(disputes, verified((one for one in notes if isinstance(one, Decision)), keys, site_id))


def attestations_of(notes: tuple[Note, ...]) -> tuple[Attestation, ...]:
    """Return the attestations among notes. Pure."""
    return tuple(one for one in notes if isinstance(one, Attestation))


def drills_of(notes: tuple[Note, ...]) -> tuple[Drill, ...]:
    """Return the drills among notes. Pure."""
    return tuple(one for one in notes if isinstance(one, Drill))


def _box_of(note: Note, boxes: Mapping[str, Owner]) -> Owner:
    """Return the box that a note is about, no one where that does not matter."""
    if not isinstance(note, Acknowledgement | Proof):
        return NOBODY
    return boxes.get(note.key.partition(" ")[2].removeprefix("camera:"), NOBODY)


def is_in_force(note: Note, now: datetime) -> bool:
    """Tell whether work is planned for now. Pure."""
    return isinstance(note, Plan) and note.start_at <= now < note.until


def planned_subjects(site: Site, plan: Note) -> tuple[str, ...]:
    """Return the subjects of a plan: a device with its cameras, a site with everything. Pure."""
    if not isinstance(plan, Plan):
        return ()
    cameras = {f"camera:{one.camera.id}": one for one in site.cameras}
    if plan.subject == "site":
        boxes = [*(device.id for device in site.devices), *(store.id for store in site.stores)]
        return ("site", *(f"device:{box}" for box in boxes), *cameras)
    behind = (
        name for name, one in cameras.items() if plan.subject in (f"device:{one.camera.device}", recorder_of(one))
    )
    return (plan.subject, *behind)


def settled_changes(notes: tuple[Note, ...]) -> frozenset[str]:
    """Return the ids of the reviewed changes of footage. Pure."""
    return frozenset(change for one in notes if isinstance(one, Settled) for change in one.changes)


def read_notes(directory: Path, site_id: str) -> tuple[Note, ...]:
    """Read every note of a site below a state directory; the log names what is another site's.

    A damaged or unreadable one is logged and skipped.
    """
    folder = directory / FOLDER
    try:
        paths = sorted(islice((p for p in folder.iterdir() if p.suffix == ".json" and p.name[0] != "."), NOTES_MAX))
    except FileNotFoundError:
        return ()
    except OSError as error:
        log.warning("%s: notes cannot be read: %s", folder, error.strerror)
        return ()
    found: list[tuple[Path, Owner, Note]] = []
    for path in paths:
        try:
            note = _read(path)
            found.append((path, note.owner, note))
        except OSError as error:
            log.warning("%s: this note cannot be read: %s", path, error.strerror)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            log.warning("%s: this note is damaged (%s) and does not count: write it again", path, type(error).__name__)
    return tuple(of_site(directory, found, site_id))


def write_note(directory: Path, note: Note, now: datetime) -> str:
    """Write a note, replacing an earlier one about the same; return the name of its file.

    Raises Forbidden where the folder may not be written, UsageError where it is another site's.
    """
    folder = directory / FOLDER
    name = name_of(note)
    try:
        claim(directory, note.owner.site)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        expire_notes(directory, note.owner.site or site_of_folder(directory), now)
        write_atomic(folder / name, json.dumps(to_data(note), ensure_ascii=False, indent=1).encode(), 0o600)
    except OSError as error:
        raise forbidden(folder, error) from None
    return name


def expire_notes(directory: Path, site_id: str, now: datetime) -> None:
    """Remove the notes of a site that count no longer, `OVER_FOR` after their end. Raises OSError."""
    for one in read_notes(directory, site_id):
        if _is_over(one, now):
            (directory / FOLDER / name_of(one)).unlink(missing_ok=True)


def remove_note(directory: Path, name: str) -> bool:
    """Remove the note of this name; return whether it existed. Raises Forbidden where the folder is read-only."""
    try:
        (directory / FOLDER / name).unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise forbidden(directory / FOLDER, error) from None
    return True


def name_of(note: Note) -> str:
    """Return the name of a note's file, the same for another one about the same. Pure."""
    kind = _kind_of(note)
    if isinstance(note, Attestation):
        about = [note.subject, note.zone]
    else:
        about = [note.subject, note.start_at.isoformat()] if isinstance(note, Plan | Drill) else [note.key]
    about += list(note.changes) if isinstance(note, Settled) else []
    about += [note.said.id] if isinstance(note, Dispute) else [note.dispute] if isinstance(note, Decision) else []
    return f"{kind}-{hashlib.sha256(json.dumps(about).encode()).hexdigest()[:16]}.json"


def to_data(note: Note) -> dict[str, Any]:
    """Return a note as JSON data. Pure."""
    there = {key: one for key, one in asdict(note).items() if one is not None}
    values = {key: one.isoformat() if isinstance(one, datetime) else one for key, one in there.items()}
    return {"schema": SCHEMA, "kind": _kind_of(note), **values, "owner": owner_data(note.owner)}


def from_data(data: Mapping[str, Any]) -> Note:
    """Return what `to_data` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    values = dict(data)
    if values.pop("schema") != SCHEMA:
        raise ValueError("another file")
    kind = KINDS[values.pop("kind")]
    owner = owner_from(values.pop("owner", None))
    for name, value in values.items():
        if name == "changes":
            values[name] = tuple(str(one) for one in value)
        elif not isinstance(value, str):
            raise TypeError(name)
        elif name in _WORDS and value not in _WORDS[name]:
            raise ValueError(name)
        elif name in _TIMES:
            values[name] = datetime.fromisoformat(value)
            if values[name].tzinfo is None:
                raise ValueError(name)
    return kind(**values, owner=owner)


def _kind_of(note: Note) -> str:
    return next(name for name, kind in KINDS.items() if isinstance(note, kind))


def _is_over(note: Note, now: datetime) -> bool:
    if isinstance(note, Dispute | Decision):
        return now - note.at > KEPT_FOR
    end = note.until if isinstance(note, Acknowledgement | Plan | Drill | Attestation) else note.at
    return now - end > OVER_FOR


def _read(path: Path) -> Note:
    with path.open("rb") as file:
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise ValueError("too large")
    note = from_data(json.loads(text))
    if name_of(note) != path.name:
        raise ValueError("another file")
    return note
