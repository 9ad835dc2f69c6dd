"""Expires what a state folder has held for longer than its limit: once a day, by a clock that is synchronised.

Two kinds of limit are here: files of a fixed age, and what belongs to a camera, receiver or store that site.toml no
longer has. Others are where their data is: the spool, notes, the history, the register. The table of all of them for
people is `agent/onsite/privacy/stores.py`.

A clock that nobody vouches for deletes nothing: put forward by years, it would delete everything.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from agent.host.access_register import KEPT as RECORDS_KEPT
from agent.host.access_register import expire_openings
from agent.host.files import write_atomic
from agent.judge.memory.history import expire_history
from agent.judge.memory.notes import expire_notes
from agent.model.finding import Moment
from agent.observe.approvals.approvals import FOLDER as APPROVALS
from agent.observe.approvals.reference_views import path_of, read_preset_views
from agent.observe.inventory.owners import site_of_folder
from agent.site.config.site import Site

NAME: Final = "expiry.json"
SCHEMA: Final = "camwarden-expiry/1"
MAX_BYTES: Final = 1024 * 1024
MONTH: Final = timedelta(days=31)
DAY: Final = timedelta(days=1)

AGED: Final[Mapping[str, timedelta]] = {
    "baselines/sheet.html": MONTH,
    "samples/*.txt": MONTH,
    "spool.db.corrupt-*": MONTH,
    "history.db.damaged*": MONTH,
    "credentials.json.damaged": MONTH,
    "jobs/*.json": RECORDS_KEPT,
    "drills/*.json": RECORDS_KEPT,
    ".*.json.*": DAY,
    "*/.*.json.*": DAY,
    "baselines/*/.*.json.*": DAY,
    "baselines/.sheet.html.*": DAY,
    "samples/.sample.*": DAY,
    ".authors.key.*": DAY,
}
"""Files below a state folder, and how long after they were written they are removed.

A name that begins with a dot is half of a write that was cut off.
"""

log = logging.getLogger("camwarden.expire")


@dataclass(frozen=True, slots=True)
class ExpiryState:
    """When a folder was last gone through, and since when each file is of nothing that site.toml has."""

    at: datetime | None = None
    unused_since: Mapping[str, datetime] = field(default_factory=dict)


def expire(site: Site, moment: Moment) -> None:
    """Remove what is over from a site's state folder, at most once a day. Failures are logged and stop nothing.

    A folder that is not marked as this site's is left alone: what is in it is not this one's to delete.
    """
    folder, now = site.storage.directory, moment.at
    if not (moment.clock_synced or site.policy.own_clock == "trusted"):
        return
    state = _read(folder)
    if (state.at is not None and timedelta() <= now - state.at < DAY) or site_of_folder(folder) != site.id:
        return
    try:
        remove_aged(folder, now)
        expire_notes(folder, site.id, now)
        expire_history(site.storage, now)
        expire_openings(folder, now)
        unused = unused_now(unused_files(folder, site), state.unused_since, now)
        for name in over(unused, now):
            (folder / name).unlink(missing_ok=True)
            log.info("%s is removed: site.toml has had nothing it belongs to for %d days", name, MONTH.days)
        _write(folder, ExpiryState(now, {name: since for name, since in unused.items() if (folder / name).exists()}))
    except OSError as error:
        log.warning("%s: what is over cannot be removed: %s", folder, error.strerror)


def expire_own(folder: Path, moment: Moment) -> None:
    """Remove what is over from a user's own state folder, where no service looks. Failures are logged."""
    if not moment.clock_synced:
        return
    try:
        remove_aged(folder, moment.at)
        expire_openings(folder, moment.at)
    except OSError as error:
        log.warning("%s: what is over cannot be removed: %s", folder, error.strerror)


def remove_aged(folder: Path, now: datetime) -> None:
    """Remove the files of `AGED` whose time is over. Raises OSError."""
    for pattern, kept in AGED.items():
        for path in folder.glob(pattern):
            if path.is_file() and now - datetime.fromtimestamp(path.lstat().st_mtime, UTC) > kept:
                path.unlink(missing_ok=True)


def unused_files(folder: Path, site: Site) -> tuple[str, ...]:
    """Return the files, from the folder on, of cameras, receivers and stores that the site does not have."""
    cameras = {one.camera.id for one in site.cameras}
    wanted = {
        f"{APPROVALS}/*.json": {f"{name}.json" for name in cameras},
        "notify/*.json": {f"{one.name}.json" for one in site.notify},
        "stores/*.index": {f"{one.id}.index" for one in site.stores},
    }
    found = [path for pattern, names in wanted.items() for path in folder.glob(pattern) if path.name not in names]
    for name, views in read_preset_views(folder, site.id).items():
        found += [path_of(folder, name, one.preset) for one in views if name not in cameras]
    return tuple(sorted(path.relative_to(folder).as_posix() for path in found if not path.name.startswith(".")))


def unused_now(files: Iterable[str], before: Mapping[str, datetime], now: datetime) -> dict[str, datetime]:
    """Return since when each of these files is unused; what came back into use begins anew later. Pure."""
    return {name: min(before.get(name, now), now) for name in files}


def over(unused: Mapping[str, datetime], now: datetime) -> tuple[str, ...]:
    """Return the files that have been unused for more than a month. Pure."""
    return tuple(name for name, since in unused.items() if now - since > MONTH)


def _read(folder: Path) -> ExpiryState:
    """Return the state; an empty one where it cannot be used: then months begin anew."""
    try:
        with (folder / NAME).open("rb") as file:
            data = json.loads(file.read(MAX_BYTES))
        if data["schema"] != SCHEMA:
            raise ValueError("another file")
        times = {str(name): _time(text) for name, text in data["unused_since"].items()}
        return ExpiryState(_time(data["at"]), times)
    except FileNotFoundError:
        return ExpiryState()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        log.warning("%s cannot be used (%s) and is made anew", folder / NAME, type(error).__name__)
        return ExpiryState()


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at


def _write(folder: Path, state: ExpiryState) -> None:
    assert state.at is not None  # noqa: S101 - it was just gone through
    times = {name: since.isoformat() for name, since in state.unused_since.items()}
    data = {"schema": SCHEMA, "at": state.at.isoformat(), "unused_since": times}
    write_atomic(folder / NAME, json.dumps(data, ensure_ascii=False).encode(), 0o600)
