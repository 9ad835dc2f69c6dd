"""Decides which hidden zones may be panes of frosted glass: an approval answers what no picture can.

A pane that ends exactly where a zone does shows what a blurring mask shows. The sensor's noise in it is gone with the
codec, light, shadows and movement come through both, and nothing of a frame need be seen (figures in
`masking/README.md`). Whoever approved the masks has looked at the picture, and what the blur looked like then is kept.
"""

from collections.abc import Iterable
from typing import Final

from agent.observe.approvals.reference_views import PresetView, zones_digest_of
from agent.observe.approvals.signed_masks import SignedMask
from agent.observe.facts.facts import Facts
from agent.observe.pictures.turns import camera_zones_digest
from agent.observe.pictures.zone_verdicts import OF_A_BLUR
from agent.site.config.site import CameraConfig, Preset
from drivers.picture import ZoneVerdict

LIKE_GLASS: Final = "like-glass"


def may_be_glass(facts: Facts, camera: CameraConfig, verdict: ZoneVerdict) -> bool:
    """Tell whether a zone is hidden by a blur that nobody approved, as the zone is declared now.

    An approval of the zone on one path is one of the place: what hangs there is on every path.
    """
    if OF_A_BLUR not in dict(verdict.numbers):
        return False
    approval = facts.approvals.get(camera.camera.id)
    if approval is None or approval.zones_digest != camera_zones_digest(camera):
        return True
    return not _was_blurred(approval.signatures, verdict.zone)


def may_be_glass_at(view: PresetView | None, preset: Preset, verdict: ZoneVerdict) -> bool:
    """Tell the same of a zone of a preset. `view`: what was approved of that preset, None for nothing."""
    if OF_A_BLUR not in dict(verdict.numbers):
        return False
    known = view.signatures if view is not None and view.zones == zones_digest_of(preset) else ()
    return not _was_blurred(known, verdict.zone)


def _was_blurred(approved: Iterable[SignedMask], zone: str) -> bool:
    return any(one.zone == zone and OF_A_BLUR in dict(one.numbers) for one in approved)
