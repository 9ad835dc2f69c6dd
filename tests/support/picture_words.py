"""Reads what the pictures of the first pages show as text: whether they are old is told without a browser."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from agent.judge.wording.unavailable import ROWS
from agent.text.translate import translate

PACKAGING: Final = Path(__file__).parents[2] / "packaging"
WORDS: Final = PACKAGING / "report.txt"
PICTURES: Final = {"en": PACKAGING / "report.png", "zh_CN": PACKAGING / "report.zh.png"}
"""One for each language that a first page is written in."""

CAMERAS: Final = 2
"""As many cameras are on the page that the pictures show."""


class _Shown(HTMLParser):
    """The text of a report's head, its first section and its first cameras, line by line."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._cameras = 0
        self._section = ""
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "svg", "title"):
            self._hidden += 1
        if tag in ("header", "section", "article"):
            self._section = " ".join((tag, dict(attrs).get("class") or ""))
            self._cameras += tag == "article"

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "svg", "title")
        if tag in ("header", "section", "article"):
            self._section = ""

    def handle_data(self, data: str) -> None:
        shown = self._section.startswith(("header", "section first")) or (
            self._section.startswith("article") and self._cameras <= CAMERAS
        )
        if shown and not self._hidden and data.strip():
            self.lines.append(" ".join(data.split()))


def words_of(report: str) -> str:
    """Return what the picture of a report shows as text, without its days, times and seconds of a clock.

    They are as old as the picture, and make it no less true.
    """
    parser = _Shown()
    parser.feed(report)
    moment = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(\+\d\d:\d\d)?)?"
    in_use_since = "2024-09-01"
    return "".join(
        re.sub(
            r"\d+\.\d s\b",
            "SECONDS",
            re.sub(moment, lambda found: found[0] if found[0] == in_use_since else "DAY", line),
        )
        + "\n"
        for line in parser.lines
    )


def is_whole(report: str, lang: str = "en") -> bool:
    """Tell whether only the demo's one silent device missed its deadline; on a busy machine others do too."""
    said = re.escape(escape(translate(ROWS["deadline"].template, lang)))
    alone = rf'<b class="at"><a href="#c\d+">[^<]*</a></b> {said}'
    return len(re.findall(said, report)) == len(re.findall(alone, report)) == 1
