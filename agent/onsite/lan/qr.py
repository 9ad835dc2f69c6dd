"""Renders a link as a QR code of text, which a phone reads from a terminal.

Source: ISO/IEC 18004, 6.3.8 (four modules of quiet zone).
"""

from collections.abc import Iterator
from typing import Final

import segno

QUIET: Final = 4
_BLOCKS: Final = {(True, True): " ", (True, False): "\u2584", (False, True): "\u2580", (False, False): "\u2588"}
"""What is printed for (upper, lower) of two modules, True for dark: light ones are drawn, dark ones left out."""


def qr_lines(text: str, coloured: bool) -> tuple[str, ...]:
    """Return the lines of a code, two rows of modules in each, quiet zone included.

    Args:
        text: What it holds, such as a link.
        coloured: With escape sequences for white on black; without them it is right on a dark terminal only, and most
            readers take the other one too.
    """
    before, after = ("\x1b[97;40m", "\x1b[0m") if coloured else ("", "")
    return tuple(f"{before}{line}{after}" for line in _lines(text))


def _lines(text: str) -> Iterator[str]:
    rows = [[bool(dark) for dark in row] for row in segno.make_qr(text, error="m").matrix_iter(border=QUIET)]
    rows += [[False] * len(rows[0])] * (len(rows) % 2)
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        yield "".join(_BLOCKS[pair] for pair in zip(upper, lower, strict=True))
