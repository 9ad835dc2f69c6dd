"""Validates that a private zone is bare: a first picture that shows it so waits for a second look. Pure.

Two pictures of one path, at least two seconds apart and with different bytes, or two paths show it; a look that was
judged together with earlier ones that failed (`masking/looks/together.py`) is confirmed already. Until then the zone is
UNSURE `unconfirmed`. A zone that showed bare is UNSURE `hidden-again` until pictures show it hidden: two, and two more
for each further time within a day. The third time one picture is enough: a mask that comes and goes hides nothing.
Footage needs no second look: what is stored does not change, and its oldest moment is the same picture again.

What is remembered is little, and plain: which zones failed on which path, in which picture, and whether that was
confirmed. A zone that has been failing waits for nobody, also after a restart.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.pictures.earlier_looks import APART
from agent.observe.pictures.turns import KEPT, masks_digest, zones_digest
from agent.site.config.site import Site
from drivers.model import Masks, Observation, Observations
from drivers.picture import RECORDED, TOLD, PathName, PictureSeen, PictureTold, ZoneVerdict
from masking.model import Verdict

UNCONFIRMED: Final = "unconfirmed"
HIDDEN_AGAIN: Final = "hidden-again"
AWAITED: Final = (UNCONFIRMED, HIDDEN_AGAIN)
"""Why a zone is unsure that another picture of the same path may settle."""

HIDDEN_EACH: Final = 2
"""So many pictures have to show a zone hidden for each time that it was bare."""

CERTAIN_TIMES: Final = 3
"""The time within a day from which one picture alone shows a zone bare."""

_TIMES_MOST: Final = 8

VERDICTS: Final = ("PASS", "FAIL", "UNSURE")
OF_A_BLUR: Final = "sigma_px"
"""A number that only the judge of blurs gives (`masking/looks/together.py`), and only the signature of a blur has."""

LOOKS: Final = "looks"
"""The number in a verdict that says how many looks were judged together."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A zone that a picture showed bare: when the last did, its digest (SHA-256, hex), and whether that is certain.

    `hidden`: the digests of the pictures since that showed it hidden, as many as are asked for. `times`: how often it
    was bare, each less than a day after the time before.
    """

    at: datetime
    digest: str
    confirmed: bool
    hidden: tuple[str, ...] = ()
    times: int = 1

    @property
    def is_over(self) -> bool:
        """Return whether enough pictures have shown it hidden since."""
        return len(self.hidden) >= HIDDEN_EACH * self.times


@dataclass(frozen=True, slots=True)
class CameraVerdicts:
    """The zones of one camera that failed, by path and zone, and the digests of the basis of that.

    `masks` is empty where the device never listed any.
    """

    camera_id: str
    zones: str
    masks: str
    failed: Mapping[tuple[str, str], Failed] = field(default_factory=dict)


def zone_verdict(path: PathName, verdict: Verdict) -> ZoneVerdict:
    """Return the worker's verdict on a zone as what was observed on a path."""
    return ZoneVerdict(path, verdict.zone, verdict.verdict, verdict.reason, verdict.numbers, verdict.signature)


def confirm_verdicts(
    site: Site,
    told: Observations,
    looked: Observations,
    before: Iterable[CameraVerdicts],
    now: datetime,
    is_again: bool = False,
) -> tuple[Observations, tuple[CameraVerdicts, ...]]:
    """Return the observations, in which no zone fails that one picture alone shows bare; and what to remember.

    `told` has the devices' masks, `looked` this round's verdicts, without those of paths that had no turn. `is_again`:
    the pictures were asked for long enough after those of the round before, by our monotonic clock.
    """
    listed = {o.subject: masks_digest(o.value.masks) for o in told if isinstance(o.value, Masks)}
    known = {one.camera_id: one for one in before}
    digests = {(o.subject, o.value.path): o.value.digest for o in looked if isinstance(o.value, PictureSeen)}
    newest = max([now, *(one.taken_at for one in looked)])  # pictures are taken after the cycle has begun
    found: list[Observation] = list(looked)
    after: list[CameraVerdicts] = []
    for camera in site.cameras:
        name = camera.camera.id
        zones, masks = zones_digest(site, name), listed.get(f"camera:{name}", "")
        kept = known.get(name)
        if kept is None or kept.zones != zones or (masks and kept.masks != masks):
            kept = CameraVerdicts(name, zones, masks)
        young = {key: one for key, one in kept.failed.items() if timedelta() <= newest - one.at <= KEPT}
        own = [at for at, one in enumerate(found) if one.subject == f"camera:{name}" and _is_live_verdict(one)]
        failing = {key for key, one in young.items() if not one.is_over and key[0] not in TOLD}
        failing |= {(v.path, v.zone) for at in own if (v := _verdict(found[at])).verdict == "FAIL"}
        for at in own:
            digest = digests.get((found[at].subject, _verdict(found[at]).path), "")
            found[at] = _confirmed(found[at], digest, failing, young, is_again)
        for at, one in enumerate(found):
            if one.subject == f"camera:{name}" and isinstance(one.value, PictureTold):
                found[at] = replace(one, value=_confirmed_told(one.value, one.taken_at, failing, young, is_again))
        if young:
            after.append(replace(kept, failed=young))
    return tuple(found), tuple(after)


def _is_live_verdict(one: Observation) -> bool:
    return isinstance(one.value, ZoneVerdict) and one.value.path not in RECORDED


def _verdict(one: Observation) -> ZoneVerdict:
    assert isinstance(one.value, ZoneVerdict)  # noqa: S101 - the caller has looked
    return one.value


def _confirmed(
    one: Observation,
    digest: str,
    failing: Collection[tuple[str, str]],
    young: dict[tuple[str, str], Failed],
    is_again: bool,
) -> Observation:
    """Return a verdict as it counts, and note it in `young`."""
    return replace(one, value=_counted(_verdict(one), one.taken_at, digest, failing, young, is_again))


def _confirmed_told(
    told: PictureTold,
    at: datetime,
    failing: Collection[tuple[str, str]],
    young: dict[tuple[str, str], Failed],
    is_again: bool,
) -> PictureTold:
    """Return a picture that metadata told of with its verdicts as they count.

    A live path confirms that a zone is bare in it; it confirms no live one, for nothing says how old it is.
    """
    counted = (_counted(one, at, told.digest, failing, young, is_again) for one in told.verdicts)
    return replace(told, verdicts=tuple(counted))


def _counted(
    verdict: ZoneVerdict,
    at: datetime,
    digest: str,
    failing: Collection[tuple[str, str]],
    young: dict[tuple[str, str], Failed],
    is_again: bool,
) -> ZoneVerdict:
    key = (verdict.path, verdict.zone)
    other_path = any(zone == verdict.zone and path != verdict.path for path, zone in failing)
    value, state = judge_failed(verdict, Failed(at, digest, other_path), young.pop(key, None), is_again)
    if state is not None:
        young[key] = state
    return value


def judge_failed(
    verdict: ZoneVerdict, picture: Failed, before: Failed | None, is_again: bool = False
) -> tuple[ZoneVerdict, Failed | None]:
    """Return a verdict as it counts, and what to remember of the zone.

    Args:
        verdict: That of this look.
        picture: The picture, and whether another path shows the zone bare.
        before: What was remembered.
        is_again: As for `confirm_verdicts`.
    """
    if verdict.verdict == "UNSURE" or (verdict.verdict == "PASS" and before is None):
        return verdict, before
    if before is not None and verdict.verdict == "PASS":
        hidden = (*before.hidden, *({picture.digest} - set(before.hidden)))[-HIDDEN_EACH * before.times :]
        after = replace(before, hidden=hidden)
        return (verdict if after.is_over else replace(verdict, verdict="UNSURE", reason=HIDDEN_AGAIN)), after
    anew = before is not None and before.is_over and before.digest != picture.digest
    times = min(before.times + anew, _TIMES_MOST) if before is not None else 1
    second = before is not None and not anew and (before.confirmed or _are_two(before, picture, is_again))
    if second or times >= CERTAIN_TIMES or picture.confirmed or dict(verdict.numbers).get(LOOKS, 1) > 1:
        return verdict, replace(picture, confirmed=True, times=times)
    waits = picture if before is None or anew else before
    return replace(verdict, verdict="UNSURE", reason=UNCONFIRMED), replace(waits, hidden=(), times=times)


def _are_two(before: Failed, picture: Failed, is_again: bool) -> bool:
    return before.digest != picture.digest and (is_again or picture.at - before.at >= APART)


def to_data(camera: CameraVerdicts) -> dict[str, Json]:
    """Return what is remembered of a camera as plain data for the stored memory."""
    return {
        "id": camera.camera_id,
        "zones": camera.zones,
        "masks": camera.masks,
        "failed": [[path, zone, *failed_data(one)] for (path, zone), one in camera.failed.items()],
    }


def from_data(data: Mapping[str, Any]) -> CameraVerdicts:
    """Return what `to_data` wrote. Raises ValueError, KeyError or TypeError for anything else.

    Earlier releases wrote the last verdicts of each zone: one that failed in the newest has been failing.
    """
    if "failed" in data:
        failed = {(str(path), str(zone)): failed_from(*one) for path, zone, *one in data["failed"]}
    else:
        newest = {(str(path), str(zone)): ones[-1] for path, zone, ones in data["glances"] if ones}
        failed = {key: state for key, one in newest.items() if (state := failed_before(one)) is not None}
    return CameraVerdicts(str(data["id"]), str(data["zones"]), str(data["masks"]), failed)


def failed_data(one: Failed) -> list[Json]:
    """Return a failure as plain data."""
    return [one.at.isoformat(), one.digest, one.confirmed, list(one.hidden), one.times]


def failed_from(at: str, digest: Any, confirmed: Any, hidden: Any = (), times: Any = 1) -> Failed:
    """Return the failure that `failed_data` wrote. Raises ValueError or TypeError for anything else."""
    is_one = isinstance(digest, str) and isinstance(confirmed, bool) and isinstance(hidden, (list, tuple))
    if not is_one or times not in range(1, _TIMES_MOST + 1):
        raise ValueError("no failure")
    return Failed(datetime.fromisoformat(at), digest, confirmed, tuple(str(one) for one in hidden), int(times))


def failed_before(glance: Any) -> Failed | None:
    """Return the failure that a single verdict of an earlier release was, if any. Raises ValueError or TypeError."""
    at, verdict, *_ = glance
    if verdict not in VERDICTS:
        raise ValueError("no verdict")
    return Failed(datetime.fromisoformat(at), "", True) if verdict == "FAIL" else None
