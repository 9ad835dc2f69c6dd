"""The enrollment token: what it says comes back, and nothing else is taken for one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.enrollment_token import PREFIX, Token, read_token, write_token
from agent.contract.jwk import b64url
from agent.model.errors import UsageError

TOKEN = Token("hub.example.org", 8890, "S1", datetime(2026, 11, 28, tzinfo=UTC), b"p" * 32, b"s" * 32)


@pytest.mark.parametrize("host", ["hub.example.org", "192.0.2.7", "2001:db8::7"])
def test_what_a_token_says_comes_back(host: str) -> None:
    token = replace(TOKEN, host=host)
    assert read_token(write_token(token)) == token


def test_a_token_is_one_line_that_stands_in_any_shell_and_chat() -> None:
    line = write_token(TOKEN)
    assert line.startswith(PREFIX) and len(line) < 300
    assert line.replace("_", "").replace("-", "").replace(".", "").isalnum()


def test_line_breaks_of_a_mail_do_not_count() -> None:
    line = write_token(TOKEN)
    assert read_token(f"\n  {line[:70]}\r\n {line[70:]} \n") == TOKEN


def test_the_secret_shows_neither_in_a_repr_nor_in_its_name() -> None:
    assert "ssss" not in repr(TOKEN)
    assert TOKEN.name not in write_token(TOKEN) and len(TOKEN.name) == 8


@pytest.mark.parametrize("place", range(0, len(write_token(TOKEN)), 7))
def test_a_token_with_one_wrong_or_missing_character_is_refused_and_not_repeated(place: int) -> None:
    line = write_token(TOKEN)
    for wrong in (line[:place], line[:place] + ("x" if line[place] != "x" else "y") + line[place + 1 :]):
        with pytest.raises(UsageError) as caught:
            read_token(wrong)
        assert "\n" not in str(caught.value)
        assert line[20:40] not in str(caught.value)


def sealed(said: object) -> str:
    """Return a token of any content, with the right digest."""
    data = json.dumps(said).encode()
    return PREFIX + b64url(data + sha256(data).digest()[:4])


GOOD = {"a": "hub:1", "i": "S1", "e": 1, "p": b64url(b"p" * 32), "s": b64url(b"s" * 32)}
HOSTILE = [
    [], None, 3, "x", {},
    {**GOOD, "a": "http://hub/:1"}, {**GOOD, "a": "hub:0"}, {**GOOD, "a": "hub:99999"}, {**GOOD, "a": 7},
    {**GOOD, "a": "hub:65536"},
    {**GOOD, "a": "user@hub:1"}, {**GOOD, "i": "../x"}, {**GOOD, "i": 7}, {**GOOD, "e": 1.5}, {**GOOD, "e": True},
    {**GOOD, "e": -1}, {**GOOD, "e": 10**30}, {**GOOD, "p": b64url(b"p")}, {**GOOD, "s": ""}, {**GOOD, "s": None},
    [[[[[[]]]]]],
]  # fmt: skip


@pytest.mark.parametrize("said", HOSTILE, ids=str)
def test_made_up_contents_are_refused_in_one_line(said: object) -> None:
    with pytest.raises(UsageError):
        read_token(sealed(said))


def test_the_made_up_ones_are_made_of_a_good_one() -> None:
    assert read_token(sealed(GOOD)).host == "hub"


def test_a_token_without_end_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="not whole"):
        read_token(PREFIX + "A" * 10_000_000)


@given(st.text(max_size=300))
def test_no_text_raises_anything_but_ours(text: str) -> None:
    for line in (text, PREFIX + text):
        with pytest.raises(UsageError):
            read_token(line)
