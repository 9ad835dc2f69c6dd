"""Gathers the privacy file: purpose, who receives what, what each store holds now, and who opened what.

A file is looked at by name, size and time alone. What this user may not list is not known, which is another thing than
empty. Footage is no store of ours: it stays on the recorders.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.host.access_register import Opening, read_openings
from agent.model.finding import Message
from agent.onsite.privacy.stores import STORES, Folder, Store, stores_of
from agent.site.config.messages import ROBOTS
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day, standing

PURPOSES: Final = (
    "To show whether cameras and recorders work as the rules ask: private zones hidden, view, footage, access, papers.",
    "Pictures are looked at in a process without files and network and are then thrown away; numbers, states and "
    "digests stay. No face, person, voice or number plate is recognised.",
    "Footage stays on the recorders. Single moments of it are opened to see that they play; none is copied.",
    "Names are stored of those who approve, declare, acknowledge or open something, with day and reason: without its "
    "author a word is worth nothing.",
)
"""What the processing is for; all of them are msgids."""

GROUNDS: Final = (
    "Order 799, articles 13, 15, 16 and 17: view and signs, safe running, access and its register, storage of footage.",
    "Personal Information Protection Law, article 13(1), item 3: duties that a law or regulation sets; article 26: "
    "pictures taken in public places serve public security alone.",
    "Which ground holds for this site is for the operator to say: this paper is a technical account, no legal finding.",
)
"""The rules that stand behind it; all of them are msgids."""

FILES_MOST: Final = 100_000

HOURS_SAID: Final = 48
"""Up to so many hours a limit is put into words in hours, beyond in days."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets data of this site; `who` is of the configuration."""

    who: str
    what: str
    leaves: bool


@dataclass(frozen=True, slots=True)
class StoreNow:
    """A row of `STORES` and what it holds now; `files` None: not known to this user, or not looked at from here."""

    store: Store
    files: int | None = None
    size_bytes: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyFile:
    """The privacy file of a site or hub. `unit` is the declared legal unit, empty where nobody declared it."""

    site: str
    name: str
    unit: str
    at: datetime
    time_zone: str
    recipients: tuple[Recipient, ...]
    stores: tuple[StoreNow, ...]
    unnamed: tuple[str, ...]
    openings: tuple[Opening, ...]


Folders = Mapping[Folder, Path]


def privacy_file(site: Site, own: Path, now: datetime) -> PrivacyFile:
    """Gather the privacy file of a site; `own`: the folder of this user's own state, which has a register too.

    Raises OSError where a register cannot be read.
    """
    folders: Folders = {"state": site.storage.directory, "runtime": site.storage.runtime}
    registers = dict.fromkeys((site.storage.directory, own))
    found = [one for folder in registers for one in read_openings(folder)]
    stores, unnamed = stores_now(folders)
    return PrivacyFile(
        site=site.id,
        name=site.name,
        unit=_declared(site, "legal-unit", now),
        at=now,
        time_zone=site.time_zone,
        recipients=recipients(site),
        stores=tuple(one for one in stores if one.store.folder != "hub"),
        unnamed=unnamed,
        openings=tuple(sorted(found, key=lambda one: one.at)),
    )


def hub_file(data: Path, now: datetime, time_zone: str) -> PrivacyFile:
    """Gather the privacy file of a hub whose data is in a folder. Raises OSError where the register cannot be read."""
    stores, unnamed = stores_now({"hub": data})
    shown = tuple(one for one in stores if one.store.folder in ("hub", "journal", "anywhere"))
    return PrivacyFile(
        site="", name="", unit="", at=now, time_zone=time_zone, recipients=(), stores=shown, unnamed=unnamed,
        openings=read_openings(data),
    )  # fmt: skip


def recipients(site: Site) -> tuple[Recipient, ...]:
    """Return everybody who gets data by the configuration. Pure."""
    reports = "signed reports: findings, numbers, digests, ids of those who approved or declared; no picture"
    names = "names of those whom reports name by ids, apart from the reports"
    found = [Recipient("", "everything that is stored on the gateway", leaves=False)]
    if site.hub is not None and site.hub.confirm != "file":
        found += [Recipient(site.hub.host, what, leaves=True) for what in (reports, names)]
    found += [Recipient(one.host, reports, leaves=True) for one in site.mirrors]
    for one in site.notify:
        counts, sentences = "code of the site, severities and counts", "names of cameras and places, and sentences"
        found.append(Recipient(f"{one.name} ({one.kind})", counts if one.kind in ROBOTS else sentences, leaves=True))
    if site.daily_digest is not None:
        counts, sentences = "counts, once a day", "names of cameras and sentences, once a day"
        kind = site.daily_digest.kind
        found.append(Recipient(kind, counts if kind in ROBOTS else sentences, leaves=True))
    if site.metrics.listen or site.metrics.textfile:
        found.append(Recipient("Prometheus", "numbers and ids of cameras and devices", leaves=True))
    return tuple(found)


def stores_now(folders: Folders) -> tuple[tuple[StoreNow, ...], tuple[str, ...]]:
    """Count the files of each row below the folders; return also the files that no row names."""
    seen: dict[str, list[os.stat_result]] = {one.name: [] for one in STORES}
    unnamed: list[str] = []
    unread: set[Folder] = set()
    for kind, folder in folders.items():
        try:
            files = list(_files(folder))
        except OSError:
            unread.add(kind)
            continue
        for name, status in files:
            rows = stores_of(kind, name)
            unnamed += [] if rows or kind != "state" else [name]
            for row in rows:
                seen[row.name].append(status)
    known = folders.keys() - unread
    return tuple(_now(row, seen[row.name]) if row.folder in known else StoreNow(row) for row in STORES), tuple(unnamed)


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the files below a folder, by their path within it. Raises OSError where one may not be listed."""

    def refuse(error: OSError) -> None:
        raise error

    count = 0
    if not folder.exists():
        return
    for place, _, names in os.walk(folder, onerror=refuse):
        for name in names:
            path = Path(place) / name
            count += 1
            if count > FILES_MOST:
                return
            yield path.relative_to(folder).as_posix(), path.lstat()


def _now(row: Store, found: list[os.stat_result]) -> StoreNow:
    oldest = min((one.st_mtime for one in found), default=None)
    size = sum(one.st_size for one in found)
    return StoreNow(row, len(found), size, datetime.fromtimestamp(oldest, UTC) if oldest is not None else None)


def _declared(site: Site, duty: str, now: datetime) -> str:
    value = standing(site, duty, local_day(site, now)).value
    return "" if value is None else str(value)


def kept_text(store: Store) -> Message:
    """Return in words how long a store keeps something."""
    since = Message("until {since}", {"since": Message(store.since)})
    if store.kept is None or not store.kept:
        return since
    hours = round(store.kept.total_seconds() / 3600)
    if hours <= HOURS_SAID:
        return Message("{hours} h after {since}", {"hours": hours, "since": Message(store.since)})
    return Message("{days} days after {since}", {"days": store.kept.days, "since": Message(store.since)})
