"""Stores the approved view of each preset, one file each beside the camera's approval, and encodes references.

`<state directory>/baselines/presets/`, the folder 0700 and the files 0600, replaced whole. Presets have names in any
script, so the file name is a digest of camera and preset.

References are small pictures of a real place (`masking/view/baseline.py`), at most one for each light mode: never in a
repr, a log or a report.
"""

import base64
import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from agent.host.files import write_atomic
from agent.host.not_ours import forbidden
from agent.observe.approvals.signed_masks import MOST, SignedMask, signed_masks
from agent.observe.approvals.signed_masks import from_data as signed_from
from agent.observe.approvals.signed_masks import to_data as signed_data
from agent.observe.inventory.owners import NOBODY, Owner, claim, of_site, owner_data, owner_from
from agent.site.config.site import Preset
from drivers.picture import ZoneVerdict
from masking.view import baseline
from masking.view.baseline import BaselineError
from masking.view.model import LIGHT_MODES, LightMode

SCHEMA: Final = "camwarden-preset-view/1"
FOLDER: Final = "baselines/presets"
MAX_BYTES: Final = 4 * 1024 * 1024

log = logging.getLogger("camwarden.preset_views")


@dataclass(frozen=True, slots=True)
class PresetView:
    """A person's approval of a preset: the camera is at it when it shows this, and hides there what it must.

    `at` is aware UTC. `references`: the view, encoded, at most one for each light mode. `owner`: the camera's site, and
    the box that showed it. `signatures`: what the masks over its zones looked like then; `zones`: the digest of those
    zones (`zones_digest_of`), empty in data of before.
    """

    camera_id: str
    preset: str
    by: str
    at: datetime
    why: str
    references: tuple[bytes, ...] = field(default=(), repr=False)
    owner: Owner = NOBODY
    signatures: tuple[SignedMask, ...] = ()
    zones: str = ""


def zones_digest_of(preset: Preset) -> str:
    """Return SHA-256, hex, over the declared private zones of a preset."""
    return hashlib.sha256(json.dumps(asdict(preset)).encode()).hexdigest()


def with_masks(
    view: PresetView, preset: Preset, verdicts: Iterable[ZoneVerdict], before: PresetView | None
) -> PresetView:
    """Return an approved view with what the masks look like there: as seen now, else as approved `before`."""
    zones, seen = zones_digest_of(preset), signed_masks(verdicts)
    known = before.signatures if before is not None and before.zones == zones else ()
    now = {(one.path, one.zone) for one in seen}
    kept = tuple(one for one in known if (one.path, one.zone) not in now)
    return replace(view, signatures=(*seen, *kept)[:MOST], zones=zones)


def read_preset_views(directory: Path, site_id: str) -> dict[str, tuple[PresetView, ...]]:
    """Read the approved presets of a site below a state directory, by camera id, in the order of their names.

    A damaged or unreadable file is logged and skipped: its preset then counts as not approved.
    """
    folder = directory / FOLDER
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".json" and not path.name.startswith("."))
    except OSError as error:
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            log.warning("%s: approved presets cannot be read: %s", folder, error.strerror)
        return {}
    read: list[tuple[Path, Owner, PresetView]] = []
    for path in paths:
        try:
            view = _read(path)
        except OSError as error:
            log.warning("%s: this approved preset cannot be read: %s", path, error.strerror)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            log.warning("%s: this approved preset is damaged (%s): take it again", path, type(error).__name__)
        else:
            read.append((path, view.owner, view))
    found: dict[str, list[PresetView]] = {}
    for view in of_site(directory, read, site_id):
        found.setdefault(view.camera_id, []).append(view)
    return {name: tuple(sorted(views, key=lambda view: view.preset)) for name, views in found.items()}


def write_preset_view(directory: Path, view: PresetView) -> None:
    """Write an approved preset, replacing the last one of its name.

    Raises Forbidden where the folder may not be written, UsageError where it is another site's.
    """
    data = {
        "schema": SCHEMA,
        "camera": view.camera_id,
        "preset": view.preset,
        "owner": owner_data(view.owner),
        "by": view.by,
        "at": view.at.isoformat(),
        "why": view.why,
        "references": to_texts(view.references),
        "signatures": signed_data(view.signatures),
        "zones": view.zones,
    }
    folder = directory / FOLDER
    try:
        claim(directory, view.owner.site)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        text = json.dumps(data, ensure_ascii=False, indent=1).encode()
        write_atomic(path_of(directory, view.camera_id, view.preset), text, 0o600)
    except OSError as error:
        raise forbidden(folder, error) from None


def path_of(directory: Path, camera_id: str, preset: str) -> Path:
    """Return the file of an approved preset below a state directory."""
    return directory / FOLDER / _file_name(camera_id, preset)


def _file_name(camera_id: str, preset: str) -> str:
    return hashlib.sha256(f"{camera_id}\0{preset}".encode()).hexdigest()[:40] + ".json"


def _read(path: Path) -> PresetView:
    with path.open("rb") as file:
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise ValueError("too large")
    data: dict[str, Any] = json.loads(text)
    words = [data[name] for name in ("camera", "preset", "by", "why")]
    if not all(isinstance(word, str) for word in words):
        raise TypeError("no text")
    camera_id, preset, by, why = words
    at = datetime.fromisoformat(data["at"])
    if data["schema"] != SCHEMA or path.name != _file_name(camera_id, preset) or at.tzinfo is None:
        raise ValueError("another file")
    owner = owner_from(data.get("owner"))
    signed, zones = signed_from(data.get("signatures", [])), data.get("zones", "")
    if not isinstance(zones, str):
        raise TypeError("no digest")
    return PresetView(camera_id, preset, by, at, why, from_texts(data["references"], path), owner, signed, zones)


_reference_log = logging.getLogger("camwarden.references")


def with_reference(references: tuple[bytes, ...], descriptor: bytes) -> tuple[bytes, ...]:
    """Return the references with a new one in place of that of its light mode. Raises BaselineError if damaged."""
    light = baseline.decode(descriptor).light
    kept = {baseline.light_of(one): one for one in references} | {light: descriptor}
    return tuple(kept[mode] for mode in LIGHT_MODES if mode in kept)


def lights_of(references: Iterable[bytes]) -> tuple[LightMode, ...]:
    """Return the light mode of each reference, validated before by `from_texts`."""
    return tuple(baseline.light_of(one) for one in references)


def digests(references: Iterable[bytes]) -> list[str]:
    """Return SHA-256, hex, of each reference."""
    return [hashlib.sha256(reference).hexdigest() for reference in references]


def to_texts(references: Iterable[bytes]) -> list[str]:
    """Return the references as base64 for a file."""
    return [base64.b64encode(one).decode("ascii") for one in references]


def from_texts(texts: list[str], path: Path) -> tuple[bytes, ...]:
    """Return the whole references; a damaged one is logged with its file `path`, and costs only its light mode."""
    kept: tuple[bytes, ...] = ()
    for text in texts:
        try:
            kept = with_reference(kept, base64.b64decode(text, validate=True))
        except (BaselineError, ValueError) as error:
            _reference_log.warning("%s: a reference is damaged (%s): take it again", path, type(error).__name__)
    return kept
