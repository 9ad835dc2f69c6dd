"""Draws its masks into the preview and not into what it encodes.

Source: Dahua's SDK header, AV_CFG_VideoWidgetCover: PreviewBlend and EncodeBlend.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Take the masks out of what is encoded."""
    return says(changed("name=VideoWidget", r"(Covers\[0\]\.EncodeBlend(?:Extra1)?)=true", r"\1=false"))


LIE = Lie(
    name="preview_only",
    world="dahua",
    fakes=Message("a mask is drawn on the recorder's own screen only"),
    makes=make,
    right={
        "privacy-mask-present camera:pool": NOT_PASS,
        "privacy-mask-present camera:shed": NOT_PASS,
    },
)
