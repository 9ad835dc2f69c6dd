"""Make the picture of README.md: two pages of the demo site's hand-over report, side by side.

make picture
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

from agent.commands.check.pdf import find_printer, print_pdf

DOTS_PER_INCH = 68
EDGE_PX = 12
GREY = 200
SHADES = 16
"""Of each channel: enough for text and scenes, and a file that loads at once."""
PAGES = 8
"""As many are searched for the first one full of pictures of cameras."""
COLOURED = 40
"""Difference between the channels of a pixel, 0 to 255, from which it is no grey."""


def main(report: Path, out: Path) -> None:
    """Print the report and write its first page and its first page full of pictures as one PNG."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print_pdf(find_printer(), report, folder / "report.pdf", 0o600)
        subprocess.run(
            ["pdftoppm", "-r", str(DOTS_PER_INCH), "-png", "-l", str(PAGES), folder / "report.pdf", folder / "page"],
            check=True, timeout=120,
        )  # fmt: skip
        pages = [np.asarray(cv2.imread(str(path))) for path in sorted(folder.glob("page*.png"))]
    coloured = [float((np.ptp(page, axis=2) > COLOURED).mean()) for page in pages]
    cameras = next(page for page, ratio in zip(pages, coloured, strict=True) if ratio > max(coloured) / 2)
    framed = [
        cv2.copyMakeBorder(page, EDGE_PX, EDGE_PX, EDGE_PX, EDGE_PX, cv2.BORDER_CONSTANT, value=(GREY,) * 3)
        for page in (pages[0], cameras)
    ]
    step = 255 / (SHADES - 1)
    both = (np.rint(np.hstack(framed) / step) * step).astype(np.uint8)
    cv2.imwrite(str(out), both, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
