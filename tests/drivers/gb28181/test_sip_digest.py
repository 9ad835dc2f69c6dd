"""A login is right by its password alone, in the words of every year's devices; nothing is remembered of who asks."""

from __future__ import annotations

import hashlib

import pytest

from drivers.authentication import authorization, choose, parse_challenges
from drivers.gb28181.sip_digest import (
    NONCE_LASTS_S,
    Algorithm,
    Answered,
    challenge,
    judge,
    nonce_for,
    response,
)
from drivers.model import Credential

KEY = b"k" * 32
REALM = "1402130000"
USER, PASSWORD = "14021300001180000001", "only-for-this-test"
NOW_S = 1000.0
ALGORITHMS: tuple[Algorithm, ...] = ("MD5", "SHA-256")


def judged(header: str, *, source: str = "a", now_s: float = NOW_S, algorithm: Algorithm = "MD5") -> Answered:
    return judge(
        header, "REGISTER", password=PASSWORD, realm=REALM, algorithm=algorithm, key=KEY, source=source, now_s=now_s
    )


def answer(algorithm: Algorithm = "MD5", password: str = PASSWORD) -> str:
    """Answer our challenge with the client that logs in at devices."""
    offered = choose(parse_challenges([challenge(REALM, nonce_for(KEY, "a", NOW_S), algorithm)]))
    assert offered is not None
    return authorization(offered, Credential("platform", USER, password), "REGISTER", "sip:x@y", 1, tls=False)


def by_hand(nc: str = "", **changed: str) -> str:
    """Write an answer as a device does, with what it may write otherwise."""
    said = {"username": USER, "realm": REALM, "nonce": nonce_for(KEY, "a", NOW_S), "uri": "sip:x@y"} | changed

    def digest(text: str) -> str:
        return hashlib.md5(text.encode("latin-1"), usedforsecurity=False).hexdigest()

    secret = digest(f"{said['username']}:{said['realm']}:{PASSWORD}")
    middle = f"{said['nonce']}:{nc}:c:auth" if nc else said["nonce"]
    response = digest(f"{secret}:{middle}:{digest('REGISTER:' + said['uri'])}")
    more = f', qop=auth, nc={nc}, cnonce="c"' if nc else ""
    return "Digest " + ", ".join(f'{k}="{v}"' for k, v in said.items()) + f', response="{response}"{more}'


def test_the_example_of_the_standard_of_digests_is_right() -> None:
    """Source: RFC 7616, 3.9.1, whose nonce is not ours, so that only the calculation is held against it."""
    said = {
        "username": "Mufasa", "realm": "http-auth@example.org", "uri": "/dir/index.html", "qop": "auth",
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "nc": "00000001",
        "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    }  # fmt: skip
    made = {name: response(said, "GET", "Circle of Life", name) for name in ALGORITHMS}
    assert made["MD5"] == "8ca523f5e9506fed4657c9700eebdbec"
    assert made["SHA-256"] == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_the_right_password_is_right_and_a_wrong_one_wrong(algorithm: Algorithm) -> None:
    assert judged(answer(algorithm), algorithm=algorithm) == "right"
    assert judged(answer(algorithm, "another"), algorithm=algorithm) == "wrong"


def test_a_device_of_2011_logs_in_without_qop() -> None:
    assert judged(by_hand()) == "right"


@pytest.mark.parametrize("nc", ["00000001", "0000000a", "0000000A", "1"])
def test_the_count_counts_as_it_was_written(nc: str) -> None:
    assert judged(by_hand(nc)) == "right"


def test_other_names_and_addresses_are_taken_as_they_were_written() -> None:
    assert judged(by_hand(username="admin", uri="sip:14021300002000123456@192.0.2.1:5060")) == "right"


@pytest.mark.parametrize(
    ("header", "verdict"),
    [
        ("", "no-digest"),
        ("Basic YTpi", "no-digest"),
        ("Digest", "no-digest"),
        ('Digest username="x"', "no-digest"),
        ('Capability algorithm="A:SM2;H:SM3"', "certificate"),
        ('Unidirection random1="x"', "certificate"),
        (by_hand() + ", algorithm=SHA-256", "other-algorithm"),
        (by_hand() + ", algorithm=MD5-sess", "other-algorithm"),
        (by_hand() + ", qop=auth-int", "other-algorithm"),
        (by_hand(realm="3402000000"), "other-realm"),
        (by_hand(nonce=""), "stale"),
        (by_hand(nonce="zz" * 16), "stale"),
        (by_hand(nonce="-0000001" + "0" * 24), "stale"),
        (by_hand(nonce=nonce_for(b"other" * 7, "a", NOW_S)), "stale"),
        ("Digest " + "a=b," * 5000, "no-digest"),
    ],
)
def test_what_is_no_answer_to_our_challenge_is_not_right(header: str, verdict: Answered) -> None:
    assert judged(header) == verdict


def test_a_nonce_is_for_who_asked_and_for_its_time() -> None:
    assert judged(by_hand(), source="another") == "stale"
    assert judged(by_hand(), now_s=NOW_S + NONCE_LASTS_S + 1) == "stale"
    assert judged(by_hand(), now_s=NOW_S - 1) == "stale"
    assert judged(by_hand(), now_s=NOW_S + NONCE_LASTS_S) == "right"


def test_an_answer_for_another_method_is_wrong() -> None:
    verdict = judge(
        by_hand(), "MESSAGE", password=PASSWORD, realm=REALM, algorithm="MD5", key=KEY, source="a", now_s=NOW_S
    )
    assert verdict == "wrong"


def test_an_empty_response_is_wrong() -> None:
    assert judged(by_hand().partition(", response=")[0] + ', response=""') == "wrong"
