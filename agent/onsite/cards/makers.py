"""Lists the makers that cards are written for, and selects the one of a device."""

from typing import Final

from agent.model.finding import Message, sentence
from agent.onsite.cards import dahua, generic, hikvision, onvif, uniview
from agent.onsite.cards.model import Known, Maker
from agent.text.harmless import printable

MAKERS: Final[dict[str, Maker]] = {
    one.name: one for one in (hikvision.MAKER, dahua.MAKER, uniview.MAKER, onvif.MAKER, generic.MAKER)
}
"""Every maker, by the word for it; the first three are drivers of that name as well."""

_WORDS: Final = (
    ("hikvision", "hikvision"), ("海康", "hikvision"), ("hiwatch", "hikvision"), ("dahua", "dahua"), ("大华", "dahua"),
    ("uniview", "uniview"), ("宇视", "uniview"), ("unv", "uniview"),
)  # fmt: skip
"""Words in what a device reports as its manufacturer; whoever reads it over ONVIF draws on its maker's page."""


def maker_of(known: Known) -> Maker:
    """Return the maker whose page a device has; that of no maker where nothing is known of it."""
    if known.driver in MAKERS and known.driver != onvif.MAKER.name:
        return MAKERS[known.driver]
    reported = known.manufacturer.casefold()
    named = next((maker for word, maker in _WORDS if word in reported), "")
    if named:
        return MAKERS[named]
    has_media2 = known.driver == onvif.MAKER.name and (known.masks is not None or known.options is not None)
    return onvif.MAKER if has_media2 else generic.MAKER


def title_of(maker: Maker, known: Known) -> Message:
    """Return whose page it is: the maker's name, or that which the device reports, where no maker's page is known."""
    if maker in (onvif.MAKER, generic.MAKER) and known.manufacturer.strip():
        return sentence(printable(known.manufacturer))
    return maker.title
