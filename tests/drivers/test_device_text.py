"""What devices say is made harmless where it enters: bounded, one line, and without what acts on a reader."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.text import decode_text, sanitize


@given(st.one_of(st.text(), st.binary().map(lambda data: data.decode("latin-1"))))
def test_any_text_becomes_one_short_line_that_json_and_utf8_can_carry(text: str) -> None:
    shown = sanitize(text)
    assert len(shown) <= 256 and len(shown.splitlines()) <= 1
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in shown)
    shown.encode()
    assert sanitize(shown) == shown, "a second pass changes nothing"


MARKS = ("LEFT-TO-RIGHT MARK", "RIGHT-TO-LEFT MARK", "ARABIC LETTER MARK")
KINDS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""What the standard calls explicit directional formatting characters. Source: Unicode Standard Annex 9, section 2."""


def test_no_text_turns_the_direction_of_what_stands_beside_it() -> None:
    turning = [
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if unicodedata.bidirectional(character) in KINDS or unicodedata.name(character, "") in MARKS
    ]
    assert len(turning) == 12
    for character in turning:
        assert sanitize(f"gate{character}gpj.exe") == "gate\ufffdgpj.exe", ascii(character)


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        (None, ""),
        (7, "7"),
        ("  North gate \n", "North gate"),
        ("a\tb\x1b[31mc\x07", "a\ufffdb\ufffd[31mc\ufffd"),
        ("gate\u202egpj.exe", "gate\ufffdgpj.exe"),
        ("=1+1", "=1+1"),
        ("[bold]x[/bold]", "[bold]x[/bold]"),
        ("校门🎥", "校门🎥"),
        ("\ud800", "\ufffd"),
        ("x" * 300, "x" * 256),
    ],
)
def test_names_keep_what_they_say(given_text: object, expected: str) -> None:
    assert sanitize(given_text) == expected


@given(st.binary(max_size=9000))
def test_any_bytes_are_read_as_text(data: bytes) -> None:
    assert isinstance(decode_text(data), str)


def test_chinese_refusals_are_read_in_either_encoding() -> None:
    for encoding in ("utf-8", "gb18030", "utf-8-sig"):
        assert decode_text("账号已被锁定".encode(encoding)) == "账号已被锁定"
    long = ("啊" * 3000).encode()
    assert decode_text(long).startswith("啊") and "\ufffd" not in decode_text(long)
