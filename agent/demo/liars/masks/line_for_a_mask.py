"""Lists a mask of two corners.

A polygon may have any number of points, and nothing in the schema asks for three.

Source: ONVIF schema, `tt:Polygon`: minOccurs of Point is 3 in the document and is checked by no firmware.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Leave two corners of every mask."""
    first = r"(<tr2:Polygon>(?:<tt:Point [^>]*>){2})(?:<tt:Point [^>]*>)*"
    return says(changed("GetMasks", first, r"\1"))


LIE = Lie(
    name="line_for_a_mask",
    world="onvif",
    fakes=Message("a mask is a line"),
    makes=make,
    right={
        "privacy-mask-present camera:gate": NOT_PASS,
        "privacy-mask-geometry camera:gate": NOT_PASS,
    },
)
