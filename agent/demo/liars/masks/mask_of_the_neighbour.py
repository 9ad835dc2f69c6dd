"""Answers a question for one camera's masks with those of another.

Filters of GetMasks are ignored by some firmware; each mask still names its configuration.

Source: ONVIF Media2 Service Specification, GetMasks, ConfigurationToken.
"""

import re
from dataclasses import replace

from agent.demo.liars.lie import NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import COURT
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Have no mask on court, and list gate's for it as well."""
    assert COURT.mask is not None  # noqa: S101 - a row of our own table

    def say(asked: str, body: bytes) -> bytes:
        if "GetMasks" not in asked:
            return body
        masks = re.findall(rb"<tr2:Masks .*?</tr2:Masks>", body, re.DOTALL)
        return body.replace(masks[0], masks[0] * 2) if masks else body

    return Telling(lying=Lying(says=say), rows=(replace(COURT, mask=replace(COURT.mask, enabled=False)),))


LIE = Lie(
    name="mask_of_the_neighbour",
    world="onvif",
    fakes=Message("every camera lists the mask of the first one"),
    makes=make,
    right={
        "privacy-mask-present camera:court": NOT_PASS,
        "privacy-mask-effective camera:court": NOT_PASS,
    },
)
