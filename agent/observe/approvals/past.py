"""Records past approvals: who, when, why and digests, without a picture. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent.model.finding import Json, utc_text

KEPT: Final = 8
"""How many past approvals of a camera are stored, the newest ones."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PastApproval:
    """A replaced approval. `preset` names its position, empty for the whole camera.

    `masks_digest` and `zones_digest` may be empty; `references` are SHA-256, hex, of the deleted pictures.
    """

    by: str
    at: datetime
    why: str
    masks_digest: str
    zones_digest: str
    no_private_area: bool = False
    references: tuple[str, ...] = ()
    preset: str = ""


def with_past(history: tuple[PastApproval, ...], past: PastApproval) -> tuple[PastApproval, ...]:
    """Return the history, oldest first, with one more; the oldest beyond `KEPT` are dropped."""
    return (*history, past)[-KEPT:]


def past_json(past: PastApproval) -> dict[str, Json]:
    """Return what may be shown of a past approval."""
    return {
        "by": past.by,
        "at": utc_text(past.at),
        "why": past.why,
        "preset": past.preset or None,
        "masks_digest": past.masks_digest or None,
        "zones_digest": past.zones_digest or None,
        "no_private_area": past.no_private_area,
        "references": list(past.references),
    }


def to_data(past: PastApproval) -> list[Json]:
    """Return a past approval as plain data."""
    return [
        past.by, past.at.isoformat(), past.why, past.masks_digest, past.zones_digest, past.no_private_area,
        list(past.references), past.preset,
    ]  # fmt: skip


def from_data(data: Any) -> PastApproval:
    """Return the past approval that `to_data` wrote. Raises ValueError or TypeError for anything else."""
    by, at, why, masks_digest, zones_digest, no_private_area, references, preset = data
    texts = (by, why, masks_digest, zones_digest, preset, *references)
    if not all(isinstance(text, str) for text in texts) or not isinstance(no_private_area, bool):
        raise TypeError("no past approval")
    if not all(_DIGEST.fullmatch(one) for one in (*references, masks_digest, zones_digest) if one):
        raise ValueError("no digests")
    when = datetime.fromisoformat(at)
    if when.tzinfo is None:
        raise ValueError("a time without its zone")
    return PastApproval(by, when, why, masks_digest, zones_digest, no_private_area, tuple(references), preset)
