"""Classifies serial numbers of boxes: a default value that many report names none. Pure, and without a driver's types.

The site tells boxes apart by them, and so does a hub, by what sites report.
"""

import re
from typing import Final

_NO_SERIALS: Final = frozenset(
    {"", "na", "none", "null", "nil", "unknown", "default", "serial", "serialnumber", "tobefilledbyoem"}
)
_COUNTED: Final = ("0123456789abcdef", "012345678901234567890", "123456789abcdef", "12345678901234567890")


def serial_of(text: str) -> str:
    """Return a serial number, empty for a default value: `0000`, `N/A`, `123456789`.

    Many boxes report the same default: compared by it they would all be one box, and none ever exchanged.
    """
    serial = text.strip()
    plain = re.sub(r"[^0-9a-z]", "", serial.lower())
    counted_up = len(plain) > 3 and any(digits.startswith(plain) for digits in _COUNTED)
    return "" if plain in _NO_SERIALS or len(set(plain)) == 1 or counted_up else serial
