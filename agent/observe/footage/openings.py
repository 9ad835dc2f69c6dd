"""Schedules which moments of footage are opened besides the oldest. Pure.

One locked hour may be the oldest footage of a recorder, and a list may end at its own clock: neither says what lies
between, nor that recording goes on. So the floor's age, the newest moment, one drawn by lot between them, and one that
was seen as bare are opened too. Each is one picture, fetched in the turn of playback.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from agent.observe.footage.bare import Bare, bare_opening
from agent.observe.footage.days import CameraFootage, Footage, floor_of
from agent.site.config.site import CameraConfig, Site
from drivers.footage import Opening, Wanted, WantedFootage
from drivers.picture import PathName

DAY = timedelta(days=1)


def with_openings(
    site: Site,
    wanted: WantedFootage,
    footage: Footage,
    bare: Bare,
    due: Mapping[str, Collection[PathName]],
    now: datetime,
) -> WantedFootage:
    """Return the requests for footage, with the moments to open of each recorded camera whose playback is due."""
    asked = dict(wanted)
    for camera in site.cameras:
        name = camera.camera.id
        if camera.recorded and "playback" in due.get(name, ()):
            known = footage.get(name)
            seen_bare = bare_opening(bare.get(name, ()), known, now)
            newest = Opening("newest", known.there(now) if known else now)
            drawn = drawn_opening(site, camera, known, now)
            opens = (floor_opening(site, camera, known, now), newest, drawn, *((seen_bare,) if seen_bare else ()))
            asked[name] = replace(asked.get(name, Wanted()), opens=opens)
    return asked


def floor_opening(site: Site, camera: CameraConfig, known: CameraFootage | None, now: datetime) -> Opening:
    """Return the request for footage of the age that is due, by the recorder's clock."""
    return Opening("floor", (known.there(now) if known else now) - floor_of(site, camera))


def drawn_opening(site: Site, camera: CameraConfig, known: CameraFootage | None, now: datetime) -> Opening:
    """Return the request for one moment between the floor's age and yesterday, another one each hour.

    Drawn by a digest, so that a repeated look of the same hour draws the same, and nobody can tell it from the days
    that are left.
    """
    there = known.there(now) if known else now
    lot = hashlib.sha256(f"{camera.camera.id} {there:%Y-%m-%dT%H}".encode()).digest()
    share = int.from_bytes(lot[:4]) / 2**32
    return Opening("drawn", there - DAY - share * max(floor_of(site, camera) - DAY, timedelta()))
