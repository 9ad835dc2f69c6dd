"""Decides which hidden zones may be panes of frosted glass: an approval answers what no picture can.

A pane that ends exactly where a zone does shows what a blurring mask shows. The sensor's noise in it is gone with the
codec, light, shadows and movement come through both, and nothing of a frame need be seen (figures in
`masking/README.md`). Whoever approved the masks has looked at the picture, and what the blur looked like then is kept.
"""

from typing import Final

from agent.observe.facts.facts import Facts
from agent.observe.pictures.turns import camera_zones_digest
from agent.site.config.site import CameraConfig
from drivers.picture import ZoneVerdict

LIKE_GLASS: Final = "like-glass"

_OF_A_BLUR: Final = "sigma_px"
"""A number that only the judge of blurs gives (`masking/looks/together.py`), and only the signature of a blur has."""


def may_be_glass(facts: Facts, camera: CameraConfig, verdict: ZoneVerdict) -> bool:
    """Tell whether a zone is hidden by a blur that nobody approved, as the zone is declared now.

    An approval of the zone on one path is one of the place: what hangs there is on every path.
    """
    if _OF_A_BLUR not in dict(verdict.numbers):
        return False
    approval = facts.approvals.get(camera.camera.id)
    if approval is None or approval.zones_digest != camera_zones_digest(camera):
        return True
    return not any(one.zone == verdict.zone and _OF_A_BLUR in dict(one.numbers) for one in approval.signatures)
