"""What reads foreign text by patterns needs time as the text has bytes: no text makes it look at the same place again.

Judged by processor time of this process, between 4,096 and 262,144 characters: a quadratic reader needs 4,096 times as
long for 64 times as much, minutes where a linear one needs a fraction of a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.onsite.bundle.secrets import known_secrets
from agent.text.redact import redact

CHARS = 262_144
WITHIN_CPU_S = 5.0

TO_REDACT = {
    "addresses in addresses": "://",
    "addresses with colons": "://a:",
    "addresses after addresses": "a://b@",
    "open elements": "<password ",
    "open elements with a prefix": "<a:password a",
    "a prefix without end": "<aaaa",
    "keys without values": "password:",
    "keys and quotes": 'password="',
    "keys and escaped quotes": 'password: "\\',
    "keys, both quotes": "token='secret=\"",
    "keys and spaces": "password   ",
    "headers": "authorization ",
    "nonces": 'nonce="a ',
    "tokens": "camwarden1.a-",
    "keys that begin": "-----BEGIN ",
    "keys that begin and never end": "-----BEGIN PRIVATE KEY-----",
    "keys that end without a word": "-----BEGIN PRIVATE KEY----------END A",
}
IN_A_FILE = {
    "addresses": "://x:",
    "addresses with users": "://x:y:",
    "empty lines": "\n",
    "lines of blanks": "   \r",
    "keys": "password\n",
    "signs": "=\n",
    "quotes": "\"'",
    "open quotes": "\n\"'a",
    "key lines": "PRIVATE KEY\naaaaaaaaaaaaaaaa",
}


def cpu_s(run: Callable[[str], object], piece: str) -> float:
    text = (piece * (CHARS // len(piece) + 1))[:CHARS]
    began = time.process_time()
    run(text)
    return time.process_time() - began


@pytest.mark.parametrize("name", TO_REDACT)
def test_a_text_is_redacted_in_time_that_grows_as_it_does(name: str) -> None:
    assert cpu_s(redact, TO_REDACT[name]) < WITHIN_CPU_S


@pytest.mark.parametrize("name", IN_A_FILE)
def test_secrets_of_a_site_are_looked_for_in_time_that_grows_as_its_file_does(name: str, tmp_path: Path) -> None:
    config = tmp_path / "site.toml"

    def read(text: str) -> None:
        config.write_text(text)
        known_secrets(config, None, tmp_path)

    assert cpu_s(read, IN_A_FILE[name]) < WITHIN_CPU_S


def test_a_password_in_an_address_is_known_up_to_its_last_sign(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(
        "a = 'rtsp://u:p@ss:w@host/x:y@z'\nb = http://u@h:80/x and ://n/x:no and http://n/x://u2:pa2@h\n"
    )
    assert set(known_secrets(tmp_path / "site.toml", None, tmp_path)) == {"p@ss:w@host/x:y", "pa2"}
