"""A cell of a spreadsheet never calculates, whatever stands unseen before its sign."""

import pytest

from agent.text.harmless import csv_cell, printable

BLANKS = (
    "",
    " ",
    "\u00a0",
    "\u3000",
    "\u200b",
    "\ufeff",
    "\x00",
    "\x1b",
    "\t",
    "\r\n",
    "\u2028",
    "\u00a0\u200b ",
    "\ufffd",
)
SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe62")


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("sign", SIGNS)
def test_a_formula_behind_any_blank_gets_an_apostrophe(blank: str, sign: str) -> None:
    text = f"{blank}{sign}1+1"
    assert csv_cell(text) == "'" + printable(text)
    assert csv_cell(printable(text)) == "'" + printable(text)


@pytest.mark.parametrize("text", ["", " ", "gate", "\u3000大门", "a=b", "1-2", "\u200b"])
def test_a_plain_text_stays_as_it_is(text: str) -> None:
    assert csv_cell(text) == printable(text)
