"""Lists the mask of a configuration that no profile has.

Masks outlive the video source configuration for which they were drawn.

Source: ONVIF Media2 Service Specification, GetMasks: ConfigurationToken.
"""

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Name another configuration than gate's."""
    named = r"(<tr2:ConfigurationToken>)vsc1<"
    return says(changed("GetMasks", named, r"\g<1>vsc7<"))


LIE = Lie(
    name="mask_of_no_source",
    world="onvif",
    fakes=Message("a mask belongs to a source that is gone"),
    makes=make,
    right={
        "privacy-mask-present camera:gate": NOT_PASS,
        "privacy-mask-geometry camera:gate": NOT_PASS,
        "privacy-mask-present camera:court": NOT_FAIL,
    },
)
