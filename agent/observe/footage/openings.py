"""Schedules which moments of footage are opened besides the oldest: the floor's age, the newest, seen as bare. Pure.

One locked hour may be the oldest footage of a recorder, and a list may end at its own clock: neither says what lies
between, nor that recording goes on. Each is one picture, fetched in the turn of playback.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from agent.observe.footage.bare import Bare, bare_opening
from agent.observe.footage.days import CameraFootage, Footage, floor_of
from agent.site.config.site import CameraConfig, Site
from drivers.footage import Opening, Wanted, WantedFootage
from drivers.picture import PathName


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
            opens = (floor_opening(site, camera, known, now), newest, *((seen_bare,) if seen_bare else ()))
            asked[name] = replace(asked.get(name, Wanted()), opens=opens)
    return asked


def floor_opening(site: Site, camera: CameraConfig, known: CameraFootage | None, now: datetime) -> Opening:
    """Return the request for footage of the age that is due, by the recorder's clock."""
    return Opening("floor", (known.there(now) if known else now) - floor_of(site, camera))
