"""Draws its masks into the main stream and not into the sub-stream, by its own word.

Source: Dahua's SDK header: EncodeBlend is the main stream's, EncodeBlendExtra1 that of the first sub-stream.
"""

from agent.demo.liars.lie import NOT_PASS, UNKNOWN, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Take the masks out of the sub-stream, in words."""
    return says(changed("name=VideoWidget", r"(Covers\[0\]\.EncodeBlendExtra1)=true", r"\1=false"))


LIE = Lie(
    name="not_on_the_sub_stream",
    world="dahua",
    fakes=Message("a mask is drawn on the main stream only"),
    makes=make,
    right={
        "privacy-mask-present camera:pool": NOT_PASS,
        "privacy-mask-present camera:shed": NOT_PASS,
        "privacy-mask-geometry camera:pool": UNKNOWN,
        "privacy-mask-geometry camera:shed": UNKNOWN,
    },
)
