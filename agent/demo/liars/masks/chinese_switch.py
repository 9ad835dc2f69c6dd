"""Writes the switch of its masks as a word that is neither true nor false.

Source: reports of mainland and OEM firmware that writes `on`, `1` or Chinese words for xs:boolean.
"""

from agent.demo.liars.lie import NOT_PASS, UNKNOWN, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Write 否 (no) for every switch of a mask."""
    return says(changed("privacymask", r"<enabled>true</enabled>", "<enabled>否</enabled>"))


LIE = Lie(
    name="chinese_switch",
    world="hikvision",
    fakes=Message("the switch of a mask is a word that nobody knows"),
    makes=make,
    right={
        "privacy-mask-present camera:library": NOT_PASS,
        "privacy-mask-present camera:gym": NOT_PASS,
        "privacy-mask-geometry camera:library": UNKNOWN,
        "privacy-mask-geometry camera:gym": UNKNOWN,
    },
)
