"""Parses the 20-digit codes of GB/T 28181, and detects the examples that factories put in their place. Pure.

Source: GB/T 28181-2022, annex E.
"""

from dataclasses import dataclass
from typing import Final

RECORDERS: Final = frozenset({"111", "112", "113", "118", "122", "130"})
CAMERAS: Final = frozenset({"131", "132"})
PLATFORMS: Final = frozenset({"200", "209", "211"})
"""Signalling server, access gateway, secure routing gateway."""
DIGITS: Final = 20
EXAMPLE_CENTRE: Final = "34020000"
"""The centre of every example of the trade, and of many devices as they leave their factory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code by its parts. `centre`: province, city, county and access unit, two digits each."""

    centre: str
    industry: str
    type: str
    network: str
    serial: str

    @property
    def is_example(self) -> bool:
        """Whether it is one of the examples, which stand for no device of anybody."""
        return self.centre == EXAMPLE_CENTRE


def parse_code(text: str) -> Code | None:
    """Parse a code; None where it has not 20 digits."""
    if not (len(text) == DIGITS and text.isascii() and text.isdecimal()):
        return None
    return Code(centre=text[:8], industry=text[8:10], type=text[10:13], network=text[13], serial=text[14:])


def is_within(centre: str, division: str) -> bool:
    """Return whether a centre is that of a division (GB/T 2260, six digits), or of one above or below it."""
    area, place = (code[:6].rstrip("0") for code in (centre, division))
    area, place = (code + "0" * (len(code) % 2) for code in (area, place))
    shared = min(len(area), len(place))
    return bool(shared) and area[:shared] == place[:shared]
