"""Pools the last verdicts on one zone and path: one picture may be coded badly or show a passer-by. Pure.

Verdicts of up to three cycles count, none older than a day, and only while their basis is unchanged: the declared zones
and the device's own masks. `masking/zones/pool.py` weighs them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from agent.model.finding import Json
from agent.observe.pictures.turns import KEPT, masks_digest, zones_digest
from agent.site.config.site import Site
from drivers.model import Masks, Observation, Observations
from drivers.picture import PathName, ZoneVerdict
from masking.model import Effect, Verdict
from masking.zones.pool import MEASURED_BY, MOST_LOOKS, PROBABILITY, judge_of, pool

VERDICTS: Final = ("PASS", "FAIL", "UNSURE")


@dataclass(frozen=True, slots=True)
class SingleVerdict:
    """One single verdict, as far as pooling needs it.

    `hidden_probability`: 0..1, None where unknown. `judge`: the effect with these odds; empty where unknown, as in data
    of an earlier release.
    """

    at: datetime
    verdict: Literal["PASS", "FAIL", "UNSURE"]
    reason: str
    hidden_probability: float | None
    judge: Effect | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class CameraVerdicts:
    """The single verdicts on one camera's zones, oldest first, by path and zone, and the digests of their basis.

    `masks` is empty where the device never listed any.
    """

    camera_id: str
    zones: str
    masks: str
    glances: Mapping[tuple[str, str], tuple[SingleVerdict, ...]] = field(default_factory=dict)


def zone_verdict(path: PathName, verdict: Verdict) -> ZoneVerdict:
    """Return the worker's verdict on a zone as what was observed on a path."""
    return ZoneVerdict(path, verdict.zone, verdict.verdict, verdict.reason, verdict.numbers, verdict.signature)


def pool_verdicts(
    site: Site, told: Observations, looked: Observations, before: Iterable[CameraVerdicts], now: datetime
) -> tuple[Observations, tuple[CameraVerdicts, ...]]:
    """Return the observations with pooled verdicts in place of single ones, and the verdicts to remember.

    `told` has the devices' masks, `looked` this cycle's single verdicts, without those of paths that had no turn.
    """
    listed = {o.subject: masks_digest(o.value.masks) for o in told if isinstance(o.value, Masks)}
    known = {one.camera_id: one for one in before}
    after: dict[str, CameraVerdicts] = {}
    for camera in site.cameras:
        name = camera.camera.id
        zones, masks = zones_digest(site, name), listed.get(f"camera:{name}", "")
        kept = known.get(name)
        if kept is None or kept.zones != zones or (masks and kept.masks != masks):
            kept = CameraVerdicts(name, zones, masks)
        after[name] = replace(kept, glances=_recent(kept.glances, now))
    result = tuple(_pooled(observation, after, now) for observation in looked)
    return result, tuple(one for one in after.values() if one.glances)


def _recent(
    glances: Mapping[tuple[str, str], tuple[SingleVerdict, ...]], now: datetime
) -> dict[tuple[str, str], tuple[SingleVerdict, ...]]:
    young = {key: tuple(g for g in ones if timedelta(0) <= now - g.at <= KEPT) for key, ones in glances.items()}
    return {key: ones for key, ones in young.items() if ones}


def _pooled(observation: Observation, after: dict[str, CameraVerdicts], now: datetime) -> Observation:
    verdict = observation.value
    camera = after.get(observation.subject.removeprefix("camera:"))
    if not isinstance(verdict, ZoneVerdict) or camera is None:
        return observation
    key = (verdict.path, verdict.zone)
    value, glances = pool_with(camera.glances.get(key, ()), verdict, now)
    after[camera.camera_id] = replace(camera, glances={**camera.glances, key: glances})
    return replace(observation, value=value)


def pool_with(
    earlier: tuple[SingleVerdict, ...], verdict: ZoneVerdict, now: datetime
) -> tuple[ZoneVerdict, tuple[SingleVerdict, ...]]:
    """Return the pooled verdict, and the single ones that the next is pooled with."""
    single = Verdict(verdict.zone, verdict.verdict, verdict.reason, verdict.numbers)
    together = pool([*(_verdict(verdict.zone, one) for one in earlier), single])
    probability = dict(verdict.numbers).get(PROBABILITY)
    known = None if probability is None else round(probability, 6)
    glance = SingleVerdict(now, verdict.verdict, verdict.reason, known, judge_of(verdict.numbers))
    value = replace(verdict, verdict=together.verdict, reason=together.reason, numbers=together.numbers)
    # One less than is pooled: the next look makes the number full.
    return value, (*earlier, glance)[-(MOST_LOOKS - 1) :]


def _verdict(zone: str, glance: SingleVerdict) -> Verdict:
    known = glance.hidden_probability
    numbers = () if known is None else ((PROBABILITY, known),)
    return Verdict(zone, glance.verdict, glance.reason, numbers, judge=glance.judge)


def to_data(camera: CameraVerdicts) -> dict[str, Json]:
    """Return a camera's verdicts as plain data for the stored memory."""
    return {
        "id": camera.camera_id,
        "zones": camera.zones,
        "masks": camera.masks,
        "glances": [[path, zone, [verdict_data(g) for g in ones]] for (path, zone), ones in camera.glances.items()],
    }


def from_data(data: Mapping[str, Any]) -> CameraVerdicts:
    """Return the verdicts that `to_data` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    glances = {
        (str(path), str(zone)): tuple(verdict_from(*one) for one in ones) for path, zone, ones in data["glances"]
    }
    return CameraVerdicts(str(data["id"]), str(data["zones"]), str(data["masks"]), glances)


def verdict_data(glance: SingleVerdict) -> list[Json]:
    """Return a verdict as plain data."""
    return [glance.at.isoformat(), glance.verdict, glance.reason, glance.hidden_probability, glance.judge]


def verdict_from(at: str, verdict: Any, reason: str, probability: float | None, judge: Any = "") -> SingleVerdict:
    """Return the verdict that `verdict_data` wrote. Raises ValueError or TypeError for anything else."""
    if verdict not in VERDICTS or (judge and judge not in MEASURED_BY):
        raise ValueError("no verdict")
    known = None if probability is None else float(probability)
    return SingleVerdict(datetime.fromisoformat(at), verdict, str(reason), known, judge)
