"""Checks how a device answers our login challenge, without a memory of those who were challenged. Pure.

A nonce is made of the time and of who asked, under a key that lasts as long as the test: ten thousand strangers leave
nothing behind. Devices differ in what they write back, so that the answer is calculated over their own words; only
realm, nonce and algorithm must be ours.

Source: RFC 7616 sections 3.3 and 3.4, RFC 2617 section 3.2.2 (devices of 2011 without qop); GB/T 28181-2022, 9.1.
"""

import hmac
from collections.abc import Mapping
from typing import Final, Literal

from drivers.authentication import HASHES, parameters

Algorithm = Literal["MD5", "SHA-256"]
Answered = Literal["right", "wrong", "stale", "other-realm", "other-algorithm", "no-digest", "certificate"]
"""`certificate`: the device begins as GB 35114 has it, and asks for no digest."""

NONCE_LASTS_S: Final = 300
LONGEST_CHARS: Final = 4096
CERTIFICATE_SCHEMES: Final = frozenset({"capability", "unidirection", "bidirection", "asymmetric"})
"""Source: GB 35114-2017, annex C; `Asymmetric`: certificate registration of GB/T 28181-2016."""


def nonce_for(key: bytes, source: str, now_s: float) -> str:
    """Return a nonce for one who asks, 32 hexadecimal digits: its time, and the mark of both."""
    time_text = f"{int(now_s) & 0xFFFFFFFF:08x}"
    return time_text + hmac.digest(key, f"{time_text} {source}".encode(), "sha256").hex()[:24]


def challenge(realm: str, nonce: str, algorithm: Algorithm, stale: bool = False) -> str:
    """Return the value of WWW-Authenticate, in the order of common platforms: some devices read no other."""
    text = f'Digest realm="{realm}", qop="auth", nonce="{nonce}", algorithm={algorithm}'
    return f"{text}, stale=true" if stale else text


def judge(
    header: str,
    method: str,
    *,
    password: str,
    realm: str,
    algorithm: Algorithm,
    key: bytes,
    source: str,
    now_s: float,
) -> Answered:
    """Judge the value of Authorization of a request; `source` and `key` as its nonce was made with them."""
    scheme, _, rest = header[:LONGEST_CHARS].strip().partition(" ")
    if scheme.lower() in CERTIFICATE_SCHEMES:
        return "certificate"
    said, _ = parameters(rest)
    if scheme.lower() != "digest" or not {"username", "realm", "nonce", "uri", "response"} <= said.keys():
        return "no-digest"
    if said.get("algorithm", "MD5").upper() != algorithm or said.get("qop", "auth").lower() != "auth":
        return "other-algorithm"
    if said["realm"] != realm:
        return "other-realm"
    if not is_fresh(said["nonce"], key, source, now_s):
        return "stale"
    expected = response(said, method, password, algorithm)
    return "right" if hmac.compare_digest(said["response"].lower().encode(), expected.encode()) else "wrong"


def is_fresh(nonce: str, key: bytes, source: str, now_s: float) -> bool:
    """Return whether a nonce is ours, for this source, and not too old."""
    try:
        made_s = int(nonce[:8], 16)
        own = hmac.compare_digest(nonce.encode(), nonce_for(key, source, made_s).encode())
    except ValueError:
        return False
    return own and 0 <= (int(now_s) - made_s) & 0xFFFFFFFF <= NONCE_LASTS_S


def response(said: Mapping[str, str], method: str, password: str, algorithm: Algorithm) -> str:
    """Return the response that proves a password, over a device's own words. Source: RFC 7616 section 3.4.1."""
    digest = HASHES[algorithm]
    secret = digest(f"{said['username']}:{said['realm']}:{password}".encode("latin-1"))
    request = digest(f"{method}:{said['uri']}".encode("latin-1"))
    # The count as it was written: a platform that writes it anew in capitals refuses good logins from the tenth on.
    middle = f"{said['nonce']}:{said.get('nc', '')}:{said.get('cnonce', '')}:auth" if "qop" in said else said["nonce"]
    return digest(f"{secret}:{middle}:{request}".encode("latin-1"))
