"""Decides to which site and box stored data belongs. Pure, but for the mark in a state folder.

Ids of cameras and devices are not unique between sites (`cam-000001`): data of another site, or of another box, does
not count. A box is another one where its serial number or MAC address proves it (`agent/observe/facts/sightings.py`);
one that could not be read voids nothing.

Release 0.1 stored no owner. Its files belong to the site that a state folder is marked for; without a mark, the first
site that writes there marks it.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from agent.contract.topics import SITE_ID
from agent.host.files import write_atomic
from agent.model.errors import UsageError
from agent.model.finding import Json, Message
from agent.observe.facts.sightings import BoxMark, KnownBox, is_same, mark_behind, mark_of
from agent.site.config.site import CameraConfig, Site
from drivers.details import Interfaces
from drivers.footage import Channels
from drivers.model import Identity, Observation

MARK_NAME: Final = "site.json"
SCHEMA: Final = "camwarden-state/1"
MAX_BYTES: Final = 4096

log = logging.getLogger("camwarden.owners")

_Stored = TypeVar("_Stored")


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner of stored data.

    `site`: its id, empty in data of release 0.1. `source`: address and channel of a camera, empty where irrelevant.
    `box`: the device that answered, `behind`: the camera on the channel as its recorder identifies it; None where
    neither serial number nor MAC address is known.
    """

    site: str = ""
    source: str = ""
    box: BoxMark | None = None
    behind: BoxMark | None = None


Owners = Mapping[str, Owner]

NOBODY: Final = Owner()
"""Of what nothing is known: no site, no place, no box."""


def is_another(kept: Owner, now: Owner) -> bool:
    """Tell whether stored data is of another owner than the present one. Pure.

    The camera behind a recorder counts where both know it: a recorder may be replaced and its cameras stay.
    """
    if kept.source and now.source and kept.source != now.source:
        return True
    if kept.behind is not None and now.behind is not None and _comparable(kept.behind, now.behind):
        return not is_same(kept.behind, now.behind)
    return is_another_box(kept.box, now.box)


def is_another_box(kept: BoxMark | None, now: BoxMark | None) -> bool:
    """Tell whether a box proves to be another one than the stored one. Pure."""
    return kept is not None and now is not None and _comparable(kept, now) and not is_same(kept, now)


def _comparable(one: BoxMark, other: BoxMark) -> bool:
    """Tell whether two marks both name proof of a box: models alone do not."""
    return bool((one.serial and other.serial) or (one.macs and other.macs))


def with_proof(before: Owner, now: Owner) -> Owner:
    """Return the present identity, with the last known one of what was not read. Pure."""
    return Owner(now.site, now.source or before.source, now.box or before.box, now.behind or before.behind)


def proven_marks(site: Site, observations: Iterable[Observation]) -> dict[str, BoxMark]:
    """Return the identity of each box, by device id, and `camera:ID` identified by its recorder. Pure."""
    identities: dict[str, Identity] = {}
    macs: dict[str, Interfaces] = {}
    channels: dict[str, Channels] = {}
    for one in observations:
        if isinstance(one.value, Identity):
            identities[one.subject.removeprefix("device:")] = one.value
        elif isinstance(one.value, Interfaces):
            macs[one.subject.removeprefix("device:")] = one.value
        elif isinstance(one.value, Channels):
            channels[one.subject.removeprefix("device:")] = one.value
    seen = {name: mark_of(value, macs.get(name)) for name, value in identities.items()}
    for camera in (one.camera for one in site.cameras if one.camera.device in channels):
        mark = mark_behind(channels[camera.device], camera.channel)
        seen |= {f"camera:{camera.id}": mark} if mark else {}
    return seen


def owners_now(
    site: Site, seen: Mapping[str, BoxMark], remembered: Mapping[str, KnownBox], *, source: bool = False
) -> dict[str, Owner]:
    """Return the owner of every camera, by its id, and device, as `device:ID`. Pure.

    `seen` is proven now; `remembered` counts for a box that was not read. `source`: include the place at which each
    camera is read.
    """
    marks = {name: one.answering for name, one in remembered.items()} | dict(seen)
    owners = {f"device:{one.id}": Owner(site.id, box=marks.get(one.id)) for one in site.devices}
    for camera in site.cameras:
        name, device = camera.camera.id, camera.camera.device
        place = source_of(site, camera) if source else ""
        owners[name] = Owner(site.id, place, marks.get(device), marks.get(f"camera:{name}"))
    return owners


def source_of(site: Site, camera: CameraConfig) -> str:
    """Return address, port and channel at which a camera is read. Pure."""
    places = (f"{one.host.lower()} {one.port}" for one in site.devices if one.id == camera.camera.device)
    return f"{next(places, '')} {camera.camera.channel}"


def owner_data(owner: Owner) -> dict[str, Json]:
    """Return an owner as plain data. Pure."""
    return {"site": owner.site, "source": owner.source, "box": mark_data(owner.box), "behind": mark_data(owner.behind)}


def owner_from(data: Any) -> Owner:
    """Return what `owner_data` wrote, `NOBODY` for None of release 0.1. Raises ValueError, KeyError or TypeError."""
    if data is None:
        return NOBODY
    site, source = data["site"], data["source"]
    if not isinstance(source, str) or not (site == "" or SITE_ID.fullmatch(site)):
        raise ValueError("no owner")
    return Owner(site, source, mark_from(data["box"]), mark_from(data["behind"]))


def mark_data(mark: BoxMark | None) -> list[Json] | None:
    """Return a mark as plain data. Pure."""
    return [mark.model, mark.serial, list(mark.macs)] if mark else None


def mark_from(data: Any) -> BoxMark | None:
    """Return the mark that `mark_data` wrote; older versions have no MAC addresses."""
    if data is None:
        return None
    model, serial, *macs = data
    return BoxMark(str(model), str(serial), tuple(map(str, macs[0] if macs else ())))


def boxes_data(boxes: Mapping[str, KnownBox]) -> dict[str, Json]:
    """Return remembered boxes as plain data. Pure."""
    return {
        name: [
            mark_data(one.mark),
            mark_data(one.other),
            *(at.isoformat() if at else None for at in (one.since, one.seen_at)),
        ]
        for name, one in boxes.items()
    }


def boxes_from(data: Mapping[str, Any]) -> dict[str, KnownBox]:
    """Return what `boxes_data` wrote; older ones have no `seen_at`. Raises ValueError, TypeError or AttributeError."""
    return {
        name: KnownBox(known, mark_from(other), *(datetime.fromisoformat(at) if at else None for at in times))
        for name, (mark, other, *times) in data.items()
        if (known := mark_from(mark)) is not None
    }


def site_of_folder(directory: Path) -> str:
    """Return the site that a state folder is marked for, empty without a readable mark."""
    try:
        with (directory / MARK_NAME).open("rb") as file:
            data = json.loads(file.read(MAX_BYTES))
        site = data["site"] if data["schema"] == SCHEMA else ""
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return site if isinstance(site, str) and SITE_ID.fullmatch(site) else ""


def of_site(directory: Path, found: Iterable[tuple[Path, Owner, _Stored]], site_id: str) -> list[_Stored]:
    """Return this site's data of a folder; another site's is logged once, with the remedy."""
    ours: list[_Stored] = []
    others: dict[str, list[Path]] = {}
    for path, owner, one in found:
        theirs = owner.site or site_of_folder(directory) or site_id
        if theirs == site_id:
            ours.append(one)
        else:
            others.setdefault(theirs, []).append(path)
    for theirs, paths in others.items():
        log.warning("%s (%d of that folder)", foreign_error(paths[0], theirs, site_id), len(paths))
    return ours


def foreign_error(path: Path, theirs: str, site_id: str) -> UsageError:
    """Return the error on another site's file, with the remedy. Pure."""
    return UsageError(
        Message(
            "{path} is of site {theirs}: at {site} nothing in it counts; give {site} a folder of its own with "
            "[storage] directory in its site.toml",
            {"path": path, "theirs": theirs, "site": site_id},
        )
    )


def claim(directory: Path, site_id: str) -> None:
    """Mark a state folder for a site before writing there; an empty site marks nothing.

    Raises UsageError where it is another site's, OSError where it cannot be written.
    """
    theirs = site_of_folder(directory)
    if theirs and site_id and theirs != site_id:
        raise foreign_error(directory, theirs, site_id)
    if not theirs and site_id:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(directory / MARK_NAME, json.dumps({"schema": SCHEMA, "site": site_id}).encode(), 0o600)


def adopt(directory: Path, site_id: str) -> None:
    """Mark the state folder of a service: data of release 0.1 in it is this site's from now on.

    Another site's folder is logged and unchanged, and its data does not count.
    """
    try:
        claim(directory, site_id)
    except (UsageError, OSError) as error:
        log.warning("%s", error)
