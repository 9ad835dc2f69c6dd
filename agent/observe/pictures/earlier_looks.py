"""Caches what the last looks at each private zone have left, for the next look to be judged together with. In memory.

The bytes (`masking/looks/evidence_format.py`) belong to one camera: only a child that judges its pictures gets them
back. Here nothing is read of them but how bright it was around the zone, so that looks of different light are held
(`masking/looks/kept.py`). They are in process memory and nowhere else: not in the spool, a report, a log or a file.
After a restart looks are gathered anew.

A look counts once: a picture with equal bytes is the one before, and a child leaves out looks at one moment. Looks
count for a day, while their basis is unchanged: the declared zones and the device's own masks. What was seen before a
zone changed for good, from bare to hidden, is dropped after two looks that do not fail.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from agent.observe.pictures.turns import KEPT, masks_digest, zones_digest
from agent.site.config.site import Site
from drivers.model import Masks, Observations
from drivers.picture import PathName
from masking.looks.evidence_format import LEAST_APART_S
from masking.looks.kept import chosen
from masking.model import Verdict

APART: Final = timedelta(seconds=LEAST_APART_S)

_MOST_ZONES: Final = 8192
"""Zones on paths that are held at most, the longest held go first: 100 MB."""


@dataclass(frozen=True, slots=True)
class ZonePlace:
    """A zone on one path of a camera; `preset` empty where the camera does not turn."""

    camera_id: str
    path: PathName
    zone: str
    preset: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """When a picture was taken, and the digest of its bytes (SHA-256, hex)."""

    at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class _Left:
    taken: Taken
    failed: bool
    evidence: bytes = field(repr=False)


_Held = Mapping[ZonePlace, tuple[_Left, ...]]


class EarlierLooks:
    """Evidence by zone, path and camera. Used from the thread that runs the cycle."""

    def __init__(self) -> None:
        self._held: dict[ZonePlace, tuple[_Left, ...]] = {}
        self._bases: dict[str, tuple[str, str]] = {}

    def rest_on(self, site: Site, told: Observations) -> None:
        """Drop the looks at cameras whose declared zones or own masks are others now; unread masks change nothing."""
        listed = {o.subject: masks_digest(o.value.masks) for o in told if isinstance(o.value, Masks)}
        for camera in site.cameras:
            name = camera.camera.id
            zones, masks = zones_digest(site, name), listed.get(f"camera:{name}", "")
            before = self._bases.get(name, (zones, masks))
            if before[0] != zones or (masks and before[1] not in ("", masks)):
                self.forget(name)
            self._bases[name] = zones, masks or before[1]

    def of(self, place: ZonePlace, taken: Taken) -> tuple[bytes, ...]:
        """Return what the earlier looks have left for this picture, oldest first; not those of the same picture."""
        young = (
            one
            for one in self._held.get(place, ())
            if APART <= taken.at - one.taken.at <= KEPT and one.taken.digest != taken.digest
        )
        return tuple(one.evidence for one in young)

    def keep(self, place: ZonePlace, taken: Taken, verdict: Verdict) -> None:
        """Store what a look has left, unless the zone could not be measured or the picture is that of a look before."""
        held = self._held.pop(place, ())
        held = tuple(one for one in held if timedelta() <= taken.at - one.taken.at <= KEPT)
        is_new = all(one.taken.digest != taken.digest and taken.at - one.taken.at >= APART for one in held)
        if verdict.evidence and is_new:
            held = (*held, _Left(taken, verdict.verdict == "FAIL", verdict.evidence))
            if len(held) > 1 and not (held[-1].failed or held[-2].failed):
                last = max((number for number, one in enumerate(held) if one.failed), default=-1)
                held = held[last + 1 :]
        if held:
            self._held[place] = tuple(held[number] for number in chosen([one.evidence for one in held]))
        while len(self._held) > _MOST_ZONES:
            del self._held[next(iter(self._held))]

    def forget(self, camera_id: str) -> None:
        """Remove all of a camera."""
        for place in [one for one in self._held if one.camera_id == camera_id]:
            del self._held[place]

    def set_aside(self, cameras: Collection[str]) -> _Held:
        """Remove the looks at these cameras, and return them for `put_back`."""
        aside = {place: one for place, one in self._held.items() if place.camera_id in cameras}
        self._held = {place: one for place, one in self._held.items() if place.camera_id not in cameras}
        return aside

    def put_back(self, cameras: Collection[str], aside: _Held) -> None:
        """Replace the looks at these cameras by those that were set aside."""
        self.set_aside(cameras)
        self._held.update(aside)

    def __repr__(self) -> str:
        return f"EarlierLooks({len(self._held)} zones)"
