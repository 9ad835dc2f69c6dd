"""Judges a zone by several looks, as the agent does over its cycles: the one place where benches ask the product.

Whoever changes how looks are joined changes `judge_each`, and no bench.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from masking.looks import together
from masking.looks.evidence_format import MOST_LOOKS
from masking.looks.kept import chosen
from masking.model import Verdict, Zone

Picture = npt.NDArray[np.uint8]


def judge_each(pictures: Iterable[Picture], zone: Zone, looks_a_day: int = MOST_LOOKS) -> Iterator[Verdict]:
    """Yield the verdict after each look, oldest picture first; looks count for a day."""
    left: tuple[tuple[int, bytes], ...] = ()
    for number, picture in enumerate(pictures):
        left = tuple(one for one in left if number - one[0] <= looks_a_day)
        seen = together.judge_looks(picture, replace(zone, earlier=tuple(evidence for _, evidence in left)))
        if seen.evidence:
            left = (*left, (number, seen.evidence))
            left = tuple(left[at] for at in chosen([evidence for _, evidence in left]))
        yield seen.together or seen


def judge_looks(pictures: Iterable[Picture], zone: Zone) -> Verdict:
    """Return the verdict after all looks. Raises ValueError without a picture."""
    verdict = None
    for verdict in judge_each(pictures, zone):  # noqa: B007
        pass
    if verdict is None:
        raise ValueError("no look at the zone")
    return verdict
