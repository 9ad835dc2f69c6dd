"""Collects the pictures of a hand-over report: those that were judged, with private areas blackened in the worker.

They are those of the check, found again by their digests: nothing is fetched twice, and what is shown is what was
judged. `agent/onsite/one_look/shown.py` decides which may be shown at all.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from agent.judge.checks.pictures.masks import EFFECTIVE
from agent.judge.zone_words import zone_words
from agent.model.finding import Finding, Message
from agent.observe.approvals.approvals import with_approvals
from agent.observe.facts.facts import Facts
from agent.observe.pictures.judge import Judge
from agent.onsite.masks_look.seen import render_path
from agent.onsite.one_look.shown import PictureChoice, ReportPicture, pictured, select_picture, why_withheld
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.secret import is_secret
from agent.site.declarations.standing import local_day
from drivers.model import Masks, Picture
from drivers.picture import PictureSeen, ZoneVerdict
from masking.model import Job, Judged, PictureKind
from masking.worker.study import Thumbnail

SIZES: Final[Mapping[PictureChoice, Thumbnail]] = {
    "fail": Thumbnail(160, max_bytes=16 * 1024),
    "all": Thumbnail(480, max_bytes=48 * 1024),
}
"""How large pictures are: 64 of them, in base64, stay below 4.2 MB whatever they show. What lies outside the zones is
not what a fail is about: 160 pixels show where the camera looks, and no face."""


class Album:
    """Passes jobs to the worker, and stores each judged picture by its digest until the report is made.

    `choice`: of which cameras pictures are wanted; where of none, nothing is stored.
    """

    def __init__(self, judge: Judge, choice: PictureChoice) -> None:
        self._judge, self._choice = judge, choice
        self._kept: dict[str, tuple[bytes, PictureKind]] = {}

    def judge(self, job: Job) -> Judged:
        """Judge a picture; one that the worker cannot judge is not stored."""
        judged = self._judge(job)
        if self._choice in SIZES:
            self._kept[hashlib.sha256(job.data).hexdigest()] = job.data, job.kind
        return judged

    def blackened(self, site: Site, facts: Facts, findings: Iterable[Finding]) -> dict[str, ReportPicture]:
        """Return the picture of each camera that has one in the report, by its id; approved masks are added."""
        wanted = pictured(site.cameras, findings, self._choice)
        cameras = with_approvals(site, facts.approvals).cameras
        return {c.camera.id: self._one(site, c, facts) for c in cameras if c.camera.id in wanted}

    def _one(self, site: Site, camera: CameraConfig, facts: Facts) -> ReportPicture:
        subject = f"camera:{camera.camera.id}"
        verdicts = facts.all(subject, ZoneVerdict)
        seen = select_picture(facts.all(subject, PictureSeen), verdicts)
        if seen is None:
            return ReportPicture()
        why = why_withheld(camera, facts, seen.path)
        if is_secret(site, camera.camera.id, local_day(site, seen.taken_at)):
            why = Message("not shown: it is declared to show a secret, and its pictures are in no paper")
        kept = self._kept.get(seen.digest)
        if why is not None or kept is None:
            return ReportPicture(seen.path, seen.taken_at, why=why)
        approval, listed = facts.approvals.get(camera.camera.id), facts.one(subject, Masks)
        drawn = (*(listed.masks if listed else ()), *(approval.masks if approval else ()))
        private = (*camera.zones, *(zone for preset in camera.presets for zone in preset.zones))
        picture = Picture(camera.camera.id, seen.path, seen.taken_at, *kept)
        words = zone_words(EFFECTIVE, facts, camera, seen.taken_at)
        own = tuple(one for one in words if one.path == seen.path)
        look = render_path(
            picture, private, drawn, private, own, self._judge, SIZES[self._choice], camera.overlay_boxes
        )
        return ReportPicture(seen.path, seen.taken_at, look.thumbnail)
