"""Records what each approved mask looks like on each path: plain numbers, beside the approval. Pure.

A look before the approval measures them (`masking/worth/signature.py`); `agent/judge/checks/pictures/signed.py`
compares later looks with them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from agent.model.finding import Json
from drivers.picture import LIVE, RECORDED, PathName, ZoneVerdict
from masking.worth.same_mask import is_signature

MOST: Final = 512
"""So many signatures does an approval hold at most: each zone on each path."""

_PATHS: Final = {str(path): path for path in (*LIVE, *RECORDED)}


@dataclass(frozen=True, slots=True)
class SignedMask:
    """The mask over one zone as it looked on one path when it was approved; `numbers` as in `same_mask.RANGES`."""

    path: PathName
    zone: str
    numbers: tuple[tuple[str, float], ...]


def signed_masks(verdicts: Iterable[ZoneVerdict]) -> tuple[SignedMask, ...]:
    """Return the signatures of what these verdicts proved hidden."""
    found = (SignedMask(one.path, one.zone, one.signature) for one in verdicts if one.signature)
    return tuple(found)[:MOST]


def to_data(masks: Iterable[SignedMask]) -> list[Json]:
    """Return signatures as plain data."""
    return [[one.path, one.zone, dict(one.numbers)] for one in masks]


def from_data(data: Any) -> tuple[SignedMask, ...]:
    """Return the signatures that `to_data` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    if not isinstance(data, list) or len(data) > MOST:
        raise ValueError("no signatures")
    found = []
    for path, zone, numbers in data:
        if not isinstance(zone, str) or not isinstance(numbers, dict) or not numbers or not is_signature(numbers):
            raise ValueError("no signature")
        known = tuple((str(name), float(value)) for name, value in numbers.items())
        found.append(SignedMask(_PATHS[path], zone, known))
    return tuple(found)
