"""Encodes and parses what calibrations found, for the picture worker; answers are validated as in `wire.py`."""

from typing import Any

from masking.model import Job, Verdict
from masking.worker.wire import WireError, integer
from masking.worth.sensitivity import GAPS_PX, OPACITIES, SIDES, Sensitivity


def calibrate_message(job: Job) -> dict[str, Any]:
    """The request in a job's header; empty where nothing is to be calibrated."""
    return {"calibrate": list(job.calibrate)} if job.calibrate else {}


def sensitivities_message(found: tuple[Sensitivity | None, ...]) -> dict[str, Any]:
    """What a child found, one for each zone, null where it was not measured."""
    rows = [one and [one.gap_px, one.sides, one.blind_sides, one.opacity_ratio] for one in found]
    return {"sensitivities": rows} if found else {}


def read_sensitivities(
    answer: dict[str, Any], job: Job, verdicts: tuple[Verdict, ...]
) -> tuple[Sensitivity | None, ...]:
    """Parse an answer: nothing where nothing was asked. Raises WireError, also for a zone that did not pass."""
    said = answer.get("sensitivities")
    if said is None and not (job.calibrate and job.zones):
        return ()
    if not job.calibrate or not isinstance(said, list) or len(said) != len(verdicts):
        raise WireError("not the calibrations that were asked for")
    return tuple(None if one is None else _sensitivity(one, each) for one, each in zip(said, verdicts, strict=True))


def _sensitivity(said: object, verdict: Verdict) -> Sensitivity:
    if verdict.verdict != "PASS" or not isinstance(said, list) or len(said) != 4:
        raise WireError("a calibration that is none")
    gap, opacity = said[0], said[3]
    sides, blind = integer(said[1], 0, len(SIDES)), integer(said[2], 0, len(SIDES))
    tried = (gap is None or gap in GAPS_PX) and (opacity is None or opacity in OPACITIES)
    if isinstance(gap, bool) or isinstance(opacity, bool) or not tried or blind > sides:
        raise WireError("a calibration that is none")
    if (gap is None) != (blind == sides):
        raise WireError("a calibration that contradicts itself")
    return Sensitivity(gap, sides, blind, opacity)
