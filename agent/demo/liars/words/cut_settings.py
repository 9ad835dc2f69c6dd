"""Simulates a device that ends its answer in the middle, at the end of a line.

A buffer of 4 KB ends an answer whose length was counted after it was cut.

Source: reports; nothing in CGI says where an answer ends but its length.
"""

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Leave everything of the second channel out of what is drawn."""
    return says(changed("name=VideoWidget", r"table\.VideoWidget\[1\].*", ""))


LIE = Lie(
    name="cut_settings",
    world="dahua",
    fakes=Message("half of the settings, cut at a line"),
    makes=make,
    right={
        "privacy-mask-present camera:shed": NOT_PASS,
        "privacy-mask-present camera:pool": NOT_FAIL,
    },
)
