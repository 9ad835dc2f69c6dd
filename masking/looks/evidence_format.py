"""Encodes what one look at a zone leaves for the looks after it: opaque bytes of one length. Pure Python.

The daemon holds these bytes in its memory and hands them back; only a child of the same camera unpacks more than the
header (`evidence.py`). No picture can be drawn from them: the rest of a flat area, sums of detail under random signs,
and the mean brightness of 36 cells of the zone and of stretches along its border.
"""

import math
import struct
from dataclasses import dataclass
from typing import Final, Literal

from masking.model import Effect

MOST_LOOKS: Final = 6
"""So many looks are judged as one measurement, the present one among them."""

CERTAIN_FAIL: Final = 0.005
"""Probability up to which a look that fails plainly shows a bare zone: two such need no majority, for a mask that was
switched off a moment ago.
"""

PROBABILITY: Final = "hidden_probability"

LEAST_APART_S: Final = 2.0
"""So far apart two pictures must be to count as two looks."""

RASTER_CELLS: Final = 32
"""Cells a side of the raster of what is left in a flat area."""

BORDER_STRETCHES: Final = 16
INSIDE_CELLS: Final = 6
"""Equal stretches of the border, and cells a side of the inside, in which detail is summed."""

CHANGE_CELLS: Final = INSIDE_CELLS * INSIDE_CELLS + 2 * BORDER_STRETCHES
SIGNS: Final = 8
"""Cells, and random signs under each of which the detail of a cell is summed."""

Decision = Literal["PASS", "FAIL", "UNSURE"]

_DECISIONS: Final[tuple[Decision, ...]] = ("PASS", "FAIL", "UNSURE")
_JUDGES: Final[tuple[Effect | Literal[""], ...]] = ("", "color", "pixelated", "blurred")
_VERSION: Final = 2
_BASIS_BYTES: Final = 8
NO_MOMENT: Final = bytes(_BASIS_BYTES)
_HEADER: Final = struct.Struct(f">B{_BASIS_BYTES}s{_BASIS_BYTES}sBBBBf")

REST_BYTES: Final = RASTER_CELLS * RASTER_CELLS
CHANGE_BYTES: Final = CHANGE_CELLS * SIGNS * 2
LEVEL_BYTES: Final = CHANGE_CELLS * 2
EVIDENCE_BYTES: Final = _HEADER.size + REST_BYTES + CHANGE_BYTES + LEVEL_BYTES


class NoEvidence(ValueError):
    """Bytes that are not the evidence of a look."""


@dataclass(frozen=True, slots=True)
class Single:
    """The verdict on one picture, as far as looks after it need it.

    `basis`: a digest of the zone and of the picture's size. `moment`: one of what the picture shows, equal for two that
    show one moment; NO_MOMENT where it shows too little. `tells`: whether the picture could tell anything.
    `is_poor`: whether it was coded with too few bits for that. `probability`: 0..1, None where the zone could not be
    measured. `judge`: the effect that it is the probability of.
    """

    basis: bytes
    moment: bytes
    decision: Decision
    judge: Effect | Literal[""]
    tells: bool
    is_poor: bool
    probability: float | None


def pack(single: Single, rest: bytes, change: bytes, level: bytes) -> bytes:
    """Return the bytes of a look: the header and three parts of fixed length. Raises ValueError for other lengths."""
    lengths = (len(single.basis), len(single.moment), len(rest), len(change), len(level))
    if lengths != (_BASIS_BYTES, _BASIS_BYTES, REST_BYTES, CHANGE_BYTES, LEVEL_BYTES):
        raise ValueError("evidence of another length")
    numbers = (_DECISIONS.index(single.decision), _JUDGES.index(single.judge), int(single.tells), int(single.is_poor))
    odds = -1.0 if single.probability is None else single.probability
    return _HEADER.pack(_VERSION, single.basis, single.moment, *numbers, odds) + rest + change + level


def unpack(data: bytes) -> tuple[Single, bytes, bytes, bytes]:
    """Return what `pack` packed. Raises NoEvidence for anything else."""
    if len(data) != EVIDENCE_BYTES:
        raise NoEvidence("evidence of another length")
    version, basis, moment, decision, judge, tells, poor, odds = _HEADER.unpack_from(data)
    if version != _VERSION or decision >= len(_DECISIONS) or judge >= len(_JUDGES) or max(tells, poor) > 1:
        raise NoEvidence("no evidence")
    if not (odds == -1.0 or 0.0 <= odds <= 1.0) or math.isnan(odds):
        raise NoEvidence("no probability")
    single = Single(
        basis, moment, _DECISIONS[decision], _JUDGES[judge], bool(tells), bool(poor), None if odds < 0 else odds
    )
    change, level = _HEADER.size + REST_BYTES, EVIDENCE_BYTES - LEVEL_BYTES
    return single, data[_HEADER.size : change], data[change:level], data[level:]
