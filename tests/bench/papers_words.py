"""Finds in Chinese pages and tables the Latin words and raw ids that a reader cannot be expected to know.

For `papers.py`: `foreign_cells` of a page, and `id_cells`, which looks for ids alone in what is a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import get_args

from agent.contract.chain import STREAMS
from drivers.picture import PathName

BLOCKS = frozenset(
    {"td", "th", "li", "p", "div", "dt", "dd", "h1", "h2", "h3", "figcaption", "summary", "span", "b", "small", "text"}
)
CODES = (
    r"camwarden(?: (?:--?)?[A-Za-z.][A-Za-z0-9.=_/-]*)*",
    r"(?:GB|GA|DB\d\d)(?:/T)? ?[\d.]+(?:-\d{4})?",
    r"(?<![A-Za-z0-9])(?:NTP|OSD|Media2|ONVIF|RTSP|HTTP|H\.?26[45]|JPEG|GB|fps|kbit/s|HTML|PDF|ZIP|CSV|SHA-256|UTC|MAC)"
    r"(?![A-Za-z0-9])",
    r"\[{0,2}[a-z_.]+\]{1,2}|\b[a-z]+\.toml|\b[\w*.-]+\.(?:html|csv|json|pdf|zip|db|jpg|jsonl)\b[\w*.-]*|--[a-z-]+",
    r"[\w.*-]*(?:[/*][\w.*-]*)+|\b\w+\.(?:db|conf|jpg|txt|corrupt|damaged)[\w*-]*|\b[a-z]+(?:_[a-z]+)+\b|\b\w+(?==)",
    r"\b[0-9a-f]{12,}\b|(?:/[\w.@{}-]+)+/?",
)
"""What stays in Latin letters in Chinese: commands, numbers of standards, words of the field, keys, files, digests."""

_ID = re.compile(
    r"(?<![\w./-])(?:[a-z][a-z0-9]*(?:-[a-z0-9]+)+|" + "|".join(
        sorted({*get_args(PathName), "pass", "warn", "fail", "unknown", "not_applicable"} - {*STREAMS}, key=len,
               reverse=True)) + r")(?![\w/-])"
)  # fmt: skip
_CHINESE = re.compile("[\u4e00-\u9fff]")


class Cells(HTMLParser):
    """The text of each cell, item and paragraph of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = [""]
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("style", "title")
        if tag in BLOCKS:
            self.cells.append("")
        told = [value for name, value in attrs if name in ("alt", "aria-label", "title") and value]
        self.cells += [*told, ""] if told else []

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title")
        if tag in BLOCKS:
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.cells[-1] += data


def cells_of(page: str) -> list[str]:
    """Return the text of each cell, item and paragraph of a page."""
    parser = Cells()
    parser.feed(page)
    return parser.cells


def foreign_cells(cells: Iterable[str], names: Iterable[str], codes: Iterable[str] = CODES) -> list[str]:
    """Return the Chinese cells that hold a Latin word which is neither a name, a code nor a command."""
    known = _known(names, codes)
    return [cell for cell in cells if re.search(r"[A-Za-z]{2,}", known.sub(" ", cell))]


def id_cells(cells: Iterable[str], names: Iterable[str], codes: Iterable[str] = CODES) -> list[str]:
    """Return the Chinese sentences that hold an id of a check, reason, declaration, path or status of ours.

    An id in a cell of its own, or before a colon or in brackets behind its words, is what people type: no sentence.
    """
    known = _known(names, codes)
    found = []
    for cell in cells:
        said = re.sub(r"^\W*[a-z0-9-]+[:\uff1a]|\uff08[a-z0-9-]+\uff09|[a-z0-9-]+/[a-z0-9-]+", " ", cell)
        if _CHINESE.search(said) and _ID.search(known.sub(" ", said)):
            found.append(cell)
    return found


def _known(names: Iterable[str], codes: Iterable[str]) -> re.Pattern[str]:
    ordered = sorted({one for one in names if one}, key=len, reverse=True)
    return re.compile("|".join((*codes, *(rf"(?<![A-Za-z]){re.escape(one)}(?![A-Za-z])" for one in ordered))))
