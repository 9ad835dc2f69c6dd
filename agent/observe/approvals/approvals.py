"""Stores approvals: the masks of each camera, the absence of private areas, and the approved view. On disk.

One JSON file for each camera below `<state directory>/baselines/`, the folder 0700 and the files 0600, replaced whole.
References (`masking/view/baseline.py`) are small pictures of a real place: never in a repr, a log or a report. Beside
these files are the approved presets (`reference_views.py`), which belong to an approval, and derived references
(`agent/observe/pictures/derived_views.py`), which never do. The daemon reads all in each cycle and writes only derived
ones.
"""

import hashlib
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from agent.host.files import write_atomic
from agent.host.not_ours import forbidden
from agent.model.finding import Json, utc_text
from agent.observe.approvals.past import KEPT, PastApproval, with_past
from agent.observe.approvals.past import from_data as past_from
from agent.observe.approvals.past import to_data as past_data
from agent.observe.approvals.reference_views import (
    PresetView,
    digests,
    from_texts,
    lights_of,
    read_preset_views,
    to_texts,
)
from agent.observe.approvals.signed_masks import SignedMask
from agent.observe.approvals.signed_masks import from_data as signed_from
from agent.observe.approvals.signed_masks import to_data as signed_data
from agent.observe.inventory.owners import NOBODY, Owner, claim, is_another, of_site, owner_data, owner_from
from agent.observe.pictures.turns import masks_digest, zones_digest
from agent.site.config.site import CameraConfig, NoPrivateArea, PrivateZone, Site
from drivers.model import Mask
from masking.geometry import GeometryError, validate
from masking.view.model import LightMode

SCHEMA: Final = "camwarden-approval/1"
FOLDER: Final = "baselines"
MAX_BYTES: Final = 4 * 1024 * 1024
"""A file holds at most one reference for each light mode, each of at most 512 KiB, and as text a third more."""

EFFECTS: Final[Mapping[str, str]] = {"Color": "color", "Pixelated": "pixelated", "Blurred": "blurred"}
"""ONVIF's mask types, and what a zone calls them; a device's other words count as `any`."""

_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_DIGEST = re.compile(r"[0-9a-f]{64}")

log = logging.getLogger("camwarden.baselines")


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's approval of a camera's masks, or that it needs none.

    `at` is aware UTC. `masks` are the device's at approval; `masks_digest` is `turns.masks_digest` of them, empty where
    the device does not list its masks, so that only the pictures were approved. `zones_digest`: what was declared
    private then. `no_private_area`: nothing private is in view. `references`: the approved view, encoded, at most one
    for each light mode; a camera with presets has none, but `presets`. `history`: earlier approvals, oldest first.
    `owner`: the camera's site, and the box that showed it. `signatures`: what the masks looked like then.
    """

    camera_id: str
    by: str
    at: datetime
    why: str
    masks: tuple[Mask, ...]
    masks_digest: str
    zones_digest: str
    no_private_area: bool = False
    references: tuple[bytes, ...] = field(default=(), repr=False)
    presets: tuple[PresetView, ...] = ()
    history: tuple[PastApproval, ...] = field(default=(), repr=False)
    owner: Owner = NOBODY
    signatures: tuple[SignedMask, ...] = ()


def approve(
    site: Site,
    camera_id: str,
    by: str,
    at: datetime,
    why: str,
    masks: tuple[Mask, ...] | None,
    references: tuple[bytes, ...] = (),
) -> Approval:
    """Return the approval of a camera's masks; `masks` None: the device does not list them. Pure."""
    listed = masks if masks is not None else ()
    approval = Approval(
        camera_id, by, at, why, listed, masks_digest(listed) if masks is not None else "", "", references=references
    )
    return _with_zones(site, approval)


def approve_no_private_area(
    site: Site, camera_id: str, by: str, at: datetime, why: str, references: tuple[bytes, ...] = ()
) -> Approval:
    """Return the declaration that nothing private is in a camera's view. Pure."""
    return _with_zones(site, Approval(camera_id, by, at, why, (), masks_digest(()), "", True, references))


def _with_zones(site: Site, approval: Approval) -> Approval:
    in_it = with_approvals(site, {approval.camera_id: approval})
    return replace(approval, zones_digest=zones_digest(in_it, approval.camera_id), owner=Owner(site.id))


def with_approvals(site: Site, approvals: Mapping[str, Approval]) -> Site:
    """Return the site with approvals in place of missing declarations. Pure.

    A camera with neither zones nor a declaration takes its approved, enabled masks as zones, or the approved
    declaration that nothing private is in view. Declarations are never changed: a camera with presets has declared its
    zones by position, and a device does not report the position of a mask.
    """
    return replace(site, cameras=tuple(_camera_in_force(c, approvals.get(c.camera.id)) for c in site.cameras))


def _camera_in_force(camera: CameraConfig, approval: Approval | None) -> CameraConfig:
    if approval is None or camera.zones or camera.presets or camera.no_private_area is not None:
        return camera
    if approval.no_private_area:
        return replace(camera, no_private_area=NoPrivateArea(approval.by, approval.at.date().isoformat()))
    return replace(camera, zones=mask_zones(approval.masks))


def mask_zones(masks: tuple[Mask, ...]) -> tuple[PrivateZone, ...]:
    """Return the zones of enabled masks, each with a name of its own. Pure."""
    zones: list[PrivateZone] = []
    for mask in masks:
        if mask.enabled and mask.polygon:
            taken = {zone.name for zone in zones}
            name = f"mask {mask.token}"
            name = name if name not in taken else f"{name} ({len(zones) + 1})"
            effect: Any = EFFECTS.get(mask.effect, "any")
            color = mask.color.lower() if effect == "color" and _COLOR.fullmatch(mask.color) else ""
            zones.append(PrivateZone(name, mask.polygon, effect, color))
    return tuple(zones)


def lights(approval: Approval) -> tuple[LightMode, ...]:
    """Return the light modes in which the view was approved."""
    return lights_of(approval.references)


def approval_json(approval: Approval) -> dict[str, Json]:
    """Return what may be shown and sent of an approval: author, time, reason, digests; no picture."""
    return {
        "by": approval.by,
        "at": utc_text(approval.at),
        "why": approval.why,
        "masks_digest": approval.masks_digest or None,
        "zones_digest": approval.zones_digest,
        "no_private_area": approval.no_private_area,
    }


def approvals_digest(approvals: Mapping[str, Approval]) -> str:
    """Return SHA-256, hex, over the approvals of every camera, references included by their digests.

    History and derived references are not part of it.
    """
    rows = [
        [key, one.by, one.at.isoformat(), one.why, one.masks_digest, one.zones_digest, one.no_private_area,
         digests(one.references),
         *([signed_data(one.signatures)] if one.signatures else []),
         *([p.preset, p.by, p.at.isoformat(), p.why, digests(p.references),
            *([signed_data(p.signatures), p.zones] if p.signatures else [])] for p in one.presets)]
        for key, one in sorted(approvals.items())
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def read_approvals(directory: Path, site_id: str) -> dict[str, Approval]:
    """Read every approval of a site below a state directory, by camera id; the log names what is another site's.

    A damaged or unreadable file is logged and skipped: its camera then counts as not approved.
    """
    folder = directory / FOLDER
    found: list[tuple[Path, Owner, Approval]] = []
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".json" and not path.name.startswith("."))
    except FileNotFoundError:
        return {}
    except OSError as error:
        log.warning("%s: approvals cannot be read: %s", folder, error.strerror)
        return {}
    for path in paths:
        try:
            approval = _read(path)
            found.append((path, approval.owner, approval))
        except OSError as error:
            log.warning("%s: this approval cannot be read: %s", path, error.strerror)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            # What stands in the file may be part of a picture: only the kind of mistake is told.
            log.warning("%s: this approval is damaged (%s): approve the camera again", path, type(error).__name__)
    presets = read_preset_views(directory, site_id)
    ours = {one.camera_id: one for one in of_site(directory, found, site_id)}
    return {name: replace(one, presets=presets[name]) if name in presets else one for name, one in ours.items()}


def of_present_boxes(approvals: Mapping[str, Approval], now: Mapping[str, Owner]) -> dict[str, Approval]:
    """Return the approvals without those of a box that proves to be another one. Pure."""
    found = {}
    for name, approval in approvals.items():
        presets = tuple(one for one in approval.presets if not is_another(one.owner, now.get(name, NOBODY)))
        if not is_another(approval.owner, now.get(name, NOBODY)):
            found[name] = replace(approval, presets=presets)
    return found


def prepare_folder(directory: Path, site_id: str) -> None:
    """Create the folder and check that approvals can be written, before anybody is asked anything.

    Raises Forbidden where they cannot be written, UsageError where the folder is another site's.
    """
    folder = directory / FOLDER
    try:
        claim(directory, site_id)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        write_atomic(folder / ".writable", b"", 0o600)
        (folder / ".writable").unlink()
    except OSError as error:
        raise forbidden(folder, error) from None


def write_approval(directory: Path, approval: Approval) -> None:
    """Write an approval below a state directory, replacing the camera's last one, which becomes history.

    Its presets are not written: `reference_views.py` does that. Raises Forbidden where the folder may not be written,
    UsageError where it is another site's.
    """
    prepare_folder(directory, approval.owner.site)
    path = directory / FOLDER / f"{approval.camera_id}.json"
    masks: list[Any] = [{**asdict(mask), "polygon": [list(point) for point in mask.polygon]} for mask in approval.masks]
    data = {
        "schema": SCHEMA,
        "camera": approval.camera_id,
        "owner": owner_data(approval.owner),
        "by": approval.by,
        "at": approval.at.isoformat(),
        "why": approval.why,
        "masks": masks,
        "masks_digest": approval.masks_digest,
        "zones_digest": approval.zones_digest,
        "no_private_area": approval.no_private_area,
        "references": to_texts(approval.references),
        "signatures": signed_data(approval.signatures),
        "history": [past_data(past) for past in _history(path, approval)],
    }
    write_atomic(path, json.dumps(data, ensure_ascii=False, indent=1).encode(), 0o600)


def _history(path: Path, approval: Approval) -> tuple[PastApproval, ...]:
    """Return the file's history, and its approval if it was another one."""
    try:
        last = _read(path)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return approval.history
    if last.owner.site not in ("", approval.owner.site):
        return approval.history
    past = approval.history or last.history
    return past if (last.by, last.at) == (approval.by, approval.at) else with_past(past, past_of(last))


def past_of(approval: Approval) -> PastApproval:
    """Return an approval as a history entry. Pure."""
    return PastApproval(
        approval.by, approval.at, approval.why, approval.masks_digest, approval.zones_digest, approval.no_private_area,
        tuple(digests(approval.references)),
    )  # fmt: skip


def _read(path: Path) -> Approval:
    with path.open("rb") as file:
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise ValueError("too large")
    data: dict[str, Any] = json.loads(text)
    if data["schema"] != SCHEMA or f"{data['camera']}.json" != path.name:
        raise ValueError("another file")
    at = datetime.fromisoformat(data["at"])
    masks = tuple(_mask(one) for one in data["masks"])
    digest = _string(data["masks_digest"])
    if at.tzinfo is None or (digest and digest != masks_digest(masks)) or not _DIGEST.fullmatch(data["zones_digest"]):
        raise ValueError("values that do not fit each other")
    if not isinstance(data["no_private_area"], bool):
        raise TypeError("no_private_area")
    return Approval(
        data["camera"], _string(data["by"]), at, _string(data["why"]), masks, digest, data["zones_digest"],
        data["no_private_area"], from_texts(data["references"], path),
        history=tuple(past_from(past) for past in data.get("history", [])[-KEPT:]), owner=owner_from(data.get("owner")),
        signatures=signed_from(data.get("signatures", [])),
    )  # fmt: skip


def _mask(data: dict[str, Any]) -> Mask:
    enabled = data["enabled"]
    polygon = tuple((float(x), float(y)) for x, y in data["polygon"])
    if polygon:
        try:
            validate(polygon)
        except GeometryError:
            raise ValueError("a polygon that is no area") from None
    if not (enabled is None or isinstance(enabled, bool)):
        raise TypeError("enabled")
    return Mask(_string(data["token"]), polygon, _string(data["effect"]), enabled, _string(data["color"]))


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value
