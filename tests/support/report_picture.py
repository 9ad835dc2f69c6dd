"""Makes the pictures of the first pages, README.md and README.zh.md, and the words that they show.

    make picture

One run of the demo gives both: the first page of its hand-over report and the first one with cameras, side by side.
A test compares the words beside them, `report.txt`, with the demo of today, so that a picture which no longer shows
what the demo finds is noticed without a browser.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from picture_words import PICTURES, WORDS, is_whole, words_of

from agent.commands.check.pdf import find_printer, print_pdf
from agent.demo.run import first_cycle, hand_over, start

DOTS_PER_INCH: Final = 80
EDGE_PX: Final = 14
PAPER_EDGE: Final = 150
"""Grey of the line around a page."""
GROUND: Final = 236
"""Grey between the pages."""
SHADES: Final = 14
"""Of each channel: enough for text and scenes, and a file that loads at once."""
PAGES: Final = 14
"""As many are searched for the first one full of pictures of cameras."""
COLOURED: Final = 40
"""Difference between the channels of a pixel, 0 to 255, from which it is no grey."""
HEIGHT_RATIO: Final = 0.72
"""Of a page: the results and what fails, two cameras; not its foot, as how many pages there are is no matter here."""

Page = NDArray[np.uint8]


def picture_of(report: Path) -> Page:
    """Return a report's first page and its first page full of pictures of cameras, side by side, their upper parts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print_pdf(find_printer(), report, folder / "report.pdf", 0o600)
        subprocess.run(
            ["pdftoppm", "-r", str(DOTS_PER_INCH), "-png", "-l", str(PAGES), folder / "report.pdf", folder / "page"],
            check=True, timeout=120,
        )  # fmt: skip
        pages = [np.asarray(cv2.imread(str(path)), np.uint8) for path in sorted(folder.glob("page*.png"))]
    coloured = [float((np.ptp(page, axis=2) > COLOURED).mean()) for page in pages]
    cameras = next(page for page, ratio in zip(pages, coloured, strict=True) if ratio > max(coloured) / 3)
    framed = [_framed(page[: int(len(page) * HEIGHT_RATIO)]) for page in (pages[0], cameras)]
    step = 255 / (SHADES - 1)
    return np.asarray(np.rint(np.hstack(framed) / step) * step, np.uint8)


def _framed(page: Page) -> Page:
    edged = cv2.copyMakeBorder(page, 1, 0, 1, 1, cv2.BORDER_CONSTANT, value=(PAPER_EDGE,) * 3)
    return np.asarray(
        cv2.copyMakeBorder(edged, EDGE_PX, 0, EDGE_PX, EDGE_PX, cv2.BORDER_CONSTANT, value=(GROUND,) * 3), np.uint8
    )


def main() -> None:
    """Run the demo once, and write its report's picture in each language and the words in English."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        demo = start(stack, Path(name, "demo"), "embedded", lambda: datetime.now(UTC), print)
        first_cycle(demo, print)
        for lang, picture in PICTURES.items():
            hand_over(demo, lang)
            report = (demo.out / "report.html").rename(Path(name, f"{lang}.html"))
            text = report.read_text("utf-8")
            if not is_whole(text, lang):
                sys.exit("report_picture: this machine was too busy to see the whole demo: try again")
            if lang == "en":
                WORDS.write_text(words_of(text), "utf-8")
            cv2.imwrite(str(picture), picture_of(report), [cv2.IMWRITE_PNG_COMPRESSION, 9])
            print(f"{picture}: {picture.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
