"""Schedules which moments of footage are opened besides the oldest. Pure.

One locked hour may be the oldest footage of a recorder, and a list may end at its own clock: neither says what lies
between, nor that recording goes on. So the floor's age, the newest moment, one drawn by lot between them, and one that
was seen as bare are opened too. Each is one picture, fetched in the turn of playback.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from agent.observe.footage.bare import Bare, bare_opening
from agent.observe.footage.days import CameraFootage, Footage, floor_of
from agent.observe.pictures.turns import PathResult
from agent.site.config.site import CameraConfig, Site
from drivers.footage import Opening, Wanted, WantedFootage
from drivers.picture import FootageOpened, PathName

DAY = timedelta(days=1)
NEAR: Final = timedelta(hours=1)
"""How far from the requested moment the picture that came may lie. House rule: one file of a recorder."""
TURNS: Final = timedelta(days=2)
"""How far from the moment that is due now the one may lie that was requested in an earlier look."""
OURS: Final = ("deadline", "not-looked-at")
"""Reasons that say of a moment only that our own time was used up."""
NONE_UNOPENED: Final[Mapping[str, datetime]] = MappingProxyType({})


def with_openings(
    site: Site,
    wanted: WantedFootage,
    footage: Footage,
    bare: Bare,
    due: Mapping[str, Collection[PathName]],
    now: datetime,
    unopened: Mapping[str, datetime] = NONE_UNOPENED,
) -> WantedFootage:
    """Return the requests for footage, with the moments to open of each recorded camera whose playback is due.

    `unopened`: by camera id, the drawn moment that could not be opened last, which is requested again.
    """
    asked = dict(wanted)
    for camera in site.cameras:
        name = camera.camera.id
        if camera.recorded and "playback" in due.get(name, ()):
            known = footage.get(name)
            seen_bare = bare_opening(bare.get(name, ()), known, now)
            newest = Opening("newest", known.there(now) if known else now)
            drawn = drawn_opening(site, camera, known, now, unopened.get(name))
            opens = (floor_opening(site, camera, known, now), newest, drawn, *((seen_bare,) if seen_bare else ()))
            asked[name] = replace(asked.get(name, Wanted()), opens=opens)
    return asked


def floor_opening(site: Site, camera: CameraConfig, known: CameraFootage | None, now: datetime) -> Opening:
    """Return the request for footage of the age that is due, by the recorder's clock."""
    return Opening("floor", (known.there(now) if known else now) - floor_of(site, camera))


def drawn_opening(
    site: Site, camera: CameraConfig, known: CameraFootage | None, now: datetime, again: datetime | None = None
) -> Opening:
    """Return the request for one moment between the floor's age and yesterday, another one each hour.

    Drawn by a digest, so that a repeated look of the same hour draws the same. `again`: a moment that could not be
    opened; it is requested until it can, or is older than the floor: a lucky draw would hide it.
    """
    there = known.there(now) if known else now
    if again is not None and there - floor_of(site, camera) <= again <= there - DAY:
        return Opening("drawn", again)
    lot = hashlib.sha256(f"{camera.camera.id} {there:%Y-%m-%dT%H}".encode()).digest()
    share = int.from_bytes(lot[:4]) / 2**32
    return Opening("drawn", there - DAY - share * max(floor_of(site, camera) - DAY, timedelta()))


def is_as_asked(one: FootageOpened, camera: CameraConfig) -> bool:
    """Tell whether a picture of the requested moment came: of a store the nearest readable segment counts."""
    return one.at is not None and abs(one.at - one.asked_at) <= (TURNS if camera.store else NEAR)


def unopened_moments(site: Site, looked: Iterable[PathResult]) -> dict[str, datetime]:
    """Return by camera id the drawn moment that did not open, or showed nothing, when it was last asked for."""
    cameras = {one.camera.id: one for one in site.cameras}
    return {
        look.camera_id: one.asked_at
        for look in looked
        for one in look.opened
        if look.camera_id in cameras and one.name == "drawn" and one.reason not in OURS
        and (one.blank or not is_as_asked(one, cameras[look.camera_id]))
    }  # fmt: skip
