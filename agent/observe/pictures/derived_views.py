"""Derives references for a light in which nobody approved the view. Never in place of an approval.

The chain of proof: an approved reference shows of several pictures in another light that the camera is still; then
those pictures show the approved view in that light. A derived reference proves none further. Derived ones are stored
apart from approvals with the light and time of their proof, are in no approval's digest, and are void as soon as the
approval changes. They are below `<state directory>/baselines/derived/`, one file for each camera, the folder 0700 and
the files 0600.
"""

import base64
import json
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from agent.host.files import write_atomic
from agent.model.finding import Json, utc_text
from agent.observe.approvals.approvals import Approval, approvals_digest, lights, read_approvals
from agent.observe.approvals.reference_views import PresetView
from agent.observe.inventory.owners import NOBODY, Owner, of_site, owner_data, owner_from
from agent.observe.pictures.view_memory import CameraView, References, Views, references_of
from masking.view import baseline
from masking.view.baseline import BaselineError
from masking.view.model import LIGHT_MODES, LightMode
from masking.view.persistence import CHECKS

SCHEMA: Final = "camwarden-derived-references/1"
FOLDER: Final = "baselines/derived"
MAX_BYTES: Final = 2 * 1024 * 1024
"""A file holds at most two references: one light at least was approved."""

log = logging.getLogger("camwarden.derived")


@dataclass(frozen=True, slots=True)
class DerivedReference:
    """One derived reference. `proved_by`: light of the approved one that proved it; `at`: when, aware UTC.

    `approval`: `approvals_digest` of the camera's approval then; `owner`: the owner of that approval.
    """

    camera_id: str
    approval: str
    light: LightMode
    proved_by: LightMode
    at: datetime
    reference: bytes = field(repr=False)
    owner: Owner = NOBODY


@dataclass(frozen=True, slots=True)
class ApprovedViews:
    """By camera id: approved references, derived ones, and the approved presets of cameras that turn."""

    references: References = field(default_factory=dict, repr=False)
    derived: References = field(default_factory=dict, repr=False)
    presets: Mapping[str, tuple[PresetView, ...]] = field(default_factory=dict)


def approved_views(
    approvals: Mapping[str, Approval], derived: Mapping[str, tuple[DerivedReference, ...]]
) -> ApprovedViews:
    """Return the references for pictures."""
    return ApprovedViews(
        references_of(approvals),
        {name: tuple(one.reference for one in ones) for name, ones in derived.items()},
        {name: approval.presets for name, approval in approvals.items() if approval.presets},
    )


def wanted_light(view: CameraView | None, known: Iterable[LightMode]) -> LightMode | None:
    """Return the light for which a reference is to be gathered, or None. Pure.

    `known`: the lights that have a reference already, approved or derived.
    """
    last = view.memory.recent[-1] if view is not None and view.memory.recent else None
    if last is None or last.state != "still" or last.light == last.reference_light or last.light in known:
        return None
    return last.light


def proven_references(
    found: Mapping[str, tuple[LightMode, bytes]], approvals: Mapping[str, Approval], views: Views, now: datetime
) -> tuple[DerivedReference, ...]:
    """Return the references to store. Pure.

    `found`: by camera id, backgrounds of pictures that were all still in an approved reference, and its light.
    `approvals`: those in force when these pictures were compared. `views` must be settled as still, by CHECKS pictures
    in a row.
    """
    kept = []
    for name, (proved_by, reference) in found.items():
        approval, view = approvals.get(name), views.get(name)
        settled = view.settled(now) if view is not None else None
        if approval is None or view is None or settled is None or settled.state != "still":
            continue
        light = baseline.decode(reference).light
        in_it = [one for one in view.memory.recent if one.state == "still" and one.light == light]
        if len(in_it) == CHECKS and proved_by in lights(approval) and light not in lights(approval):
            kept.append(DerivedReference(name, _binding(approval), light, proved_by, now, reference, approval.owner))
    return tuple(kept)


def read_derived(
    directory: Path, site_id: str, approvals: Mapping[str, Approval]
) -> dict[str, tuple[DerivedReference, ...]]:
    """Read what was derived from the present approvals, by camera id; others are skipped.

    A damaged file is logged and skipped: the agent makes another.
    """
    found: dict[str, tuple[DerivedReference, ...]] = {}
    if not (directory / FOLDER).is_dir():
        return found
    for name, approval in approvals.items():
        path = directory / FOLDER / f"{name}.json"
        if not approval.references or not path.exists():
            continue
        try:
            ones = _read(path)
        except OSError as error:
            log.warning("%s: these references cannot be read: %s", path, error.strerror)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            log.warning("%s: these references are damaged (%s) and are made again", path, type(error).__name__)
        else:
            digest, approved = _binding(approval), lights(approval)
            here = of_site(directory, ((path, one.owner, one) for one in ones), site_id)
            holds = (one for one in here if one.approval == digest and one.proved_by in approved)
            found[name] = tuple(one for one in holds if one.light not in approved)
    return {name: ones for name, ones in found.items() if ones}


def store_derived(directory: Path, site_id: str, made: tuple[DerivedReference, ...], held: Collection[str]) -> None:
    """Write derived references, and remove those of cameras whose approval proves them no longer.

    A person may have approved during the look: where something was made, approvals are read again; otherwise no file
    is, which for 64 cameras would cost as much as the look's own reading. Each of `made` joins those of its camera,
    replacing one of its light; `held`: the cameras of which `read_derived` found some in this cycle. Failed writes are
    logged.
    """
    folder = directory / FOLDER
    if not made and not folder.is_dir():
        return
    try:
        keep = _stored(directory, site_id, made, read_approvals(directory, site_id)) if made else held
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.suffix == ".json" and path.name.removesuffix(".json") not in keep:
                path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s: derived references cannot be kept: %s", folder, error.strerror)


def _stored(
    directory: Path, site_id: str, made: tuple[DerivedReference, ...], approvals: Mapping[str, Approval]
) -> Collection[str]:
    """Write what was made, and return the cameras that have some now."""
    folder = directory / FOLDER
    before = read_derived(directory, site_id, approvals)
    after = dict(before)
    for one in made:
        if one.camera_id in approvals and one.approval == _binding(approvals[one.camera_id]):
            rest = (other for other in after.get(one.camera_id, ()) if other.light != one.light)
            after[one.camera_id] = (*rest, one)
    if after:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    for name, ones in after.items():
        if ones != before.get(name):
            write_atomic(folder / f"{name}.json", _file_bytes(name, ones), 0o600)
            said = ", ".join(f"{one.light} (proved by {one.proved_by})" for one in ones)
            log.info("camera %s: the agent now knows its approved view by %s as well", name, said)
    return after.keys()


def _binding(approval: Approval) -> str:
    """Return the digest a derived reference is bound to: any change of the approval voids it."""
    return approvals_digest({approval.camera_id: replace(approval, presets=())})


def derived_json(one: DerivedReference) -> dict[str, Json]:
    """Return what may be shown of a derived reference; no picture."""
    return {"light": one.light, "proved_by": one.proved_by, "at": utc_text(one.at), "made_by": "camwarden"}


def _file_bytes(name: str, ones: tuple[DerivedReference, ...]) -> bytes:
    rows = [
        {
            **derived_json(one),
            "at": one.at.isoformat(),
            "approval": one.approval,
            "reference": base64.b64encode(one.reference).decode("ascii"),
        }
        for one in ones
    ]
    owner = owner_data(ones[0].owner)
    return json.dumps({"schema": SCHEMA, "camera": name, "owner": owner, "references": rows}, indent=1).encode()


def _read(path: Path) -> tuple[DerivedReference, ...]:
    with path.open("rb") as file:
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise ValueError("too large")
    data: dict[str, Any] = json.loads(text)
    if data["schema"] != SCHEMA or f"{data['camera']}.json" != path.name or len(data["references"]) >= len(LIGHT_MODES):
        raise ValueError("another file")
    owner = owner_from(data.get("owner"))
    return tuple(_reference_from(data["camera"], owner, row) for row in data["references"])


def _reference_from(name: str, owner: Owner, row: dict[str, Any]) -> DerivedReference:
    reference, at = base64.b64decode(row["reference"], validate=True), datetime.fromisoformat(row["at"])
    try:
        light = baseline.decode(reference).light
    except BaselineError as error:
        raise ValueError(error.reason) from None
    if light != row["light"] or row["proved_by"] not in LIGHT_MODES or at.tzinfo is None:
        raise ValueError("values that do not fit each other")
    return DerivedReference(name, str(row["approval"]), light, row["proved_by"], at, reference, owner)
