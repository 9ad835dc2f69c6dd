"""Every text of the page is said in Chinese too, with the same places, and nothing is translated that is not said."""

from __future__ import annotations

import re
from functools import cache

from page_stub import PAGE

CALL = re.compile(r"\bt\(\s*(?:[\w.]+ \? )?\"((?:[^\"\\]|\\.)*)\"(?: : \"((?:[^\"\\]|\\.)*)\")?")
ENTRY = re.compile(r"^  \"((?:[^\"\\]|\\.)*)\": \"((?:[^\"\\]|\\.)*)\",$", re.MULTILINE)


@cache
def said() -> frozenset[str]:
    texts: set[str] = set()
    for path in PAGE.glob("*.js"):
        for found in CALL.finditer(path.read_text()):
            texts |= {text for text in found.groups() if text}
    return frozenset(texts)


@cache
def chinese() -> dict[str, str]:
    return dict(ENTRY.findall((PAGE / "words_zh.js").read_text()))


def test_every_text_of_the_page_has_its_chinese_and_no_other() -> None:
    assert len(said()) > 150
    assert (said() - set(chinese()), set(chinese()) - said()) == (set(), set())


def test_every_call_of_the_page_names_its_text_where_this_search_finds_it() -> None:
    for path in PAGE.glob("*.js"):
        text = path.read_text()
        calls = len(re.findall(r"\bt\(", text))
        assert calls == len(CALL.findall(text)), path.name


def test_the_places_of_each_text_are_the_same_and_its_marks_are_full_width() -> None:
    places = re.compile(r"\{\w+\}")
    assert [
        text for text, own in chinese().items() if sorted(places.findall(text)) != sorted(places.findall(own))
    ] == []
    marks = re.compile(r"[\u4e00-\u9fff][,:;!?()]|[,:;!?()][\u4e00-\u9fff]")
    assert [own for own in chinese().values() if marks.search(own)] == []
