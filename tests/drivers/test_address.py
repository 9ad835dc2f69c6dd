"""Addresses and challenges as devices write them: the host stays ours, and no text breaks the reading."""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

import pytest
from devices import PASSWORD, device
from hypothesis import given
from hypothesis import strategies as st

from drivers.address import is_foreign, parse_address, url_on, without_secrets
from drivers.authentication import authorization, choose, parse_challenges
from drivers.errors import DriverError, Malformed, NotTried
from drivers.model import Credential, Device

BOX = Device("box", "10.0.0.1", 8080, "onvif")


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("http://10.0.0.1:81/onvif/media?a=1", "http://10.0.0.1:81/onvif/media?a=1"),
        ("http://10.0.0.1/onvif/media", "http://10.0.0.1:80/onvif/media"),
        ("http://192.168.1.64/onvif/media", "http://10.0.0.1:8080/onvif/media"),
        ("https://10.0.0.1/onvif/media", "http://10.0.0.1:8080/onvif/media"),
        ("http://user:pw@192.168.1.64/x", "http://10.0.0.1:8080/x"),
        ("http://10.0.0.1:81", "http://10.0.0.1:81/"),
        ("http://10.0.0.1:81//evil.example/x", "http://10.0.0.1:81//evil.example/x"),
        ("rtsp://user:pw@192.168.1.64/live?ch=1", "rtsp://10.0.0.1:554/live?ch=1"),
        ("RTSP://[fe80::1]:8554/live", "rtsp://10.0.0.1:8554/live"),
        (" http://10.0.0.1:81/x\n", "http://10.0.0.1:81/x"),
        ("rtsp://192.168.1.64:80:554/live?ch=1", "rtsp://10.0.0.1:554/live?ch=1"),
        ("rtsp://user:12:34@192.168.1.64:80:8554/live", "rtsp://10.0.0.1:8554/live"),
        ("rtsp://[fe80::1]:80:8554/live", "rtsp://10.0.0.1:8554/live"),
        ("rtsp://10.0.0.1:80:8554", "rtsp://10.0.0.1:8554/"),
        ("rtsp://10.0.0.1:8554/a:80:554/b", "rtsp://10.0.0.1:8554/a:80:554/b"),
    ],
)
def test_path_and_query_are_kept_and_the_host_is_the_configured_one(given_url: str, expected: str) -> None:
    assert url_on(BOX, parse_address(given_url, BOX)) == expected


def test_a_name_and_its_numbers_are_the_same_host() -> None:
    named = Device("box", "camera.example", 8080, "onvif")
    where = parse_address("http://10.0.0.1:81/x", named, own_hosts=("10.0.0.1",))
    assert where.port == 81 and not is_foreign(where, named, ("10.0.0.1",))
    assert is_foreign(where, named, ())


def test_an_ipv6_host_is_written_in_brackets() -> None:
    six = Device("box", "fd00::1", 80, "onvif")
    assert url_on(six, parse_address("http://[fd00::1]:81/x", six)) == "http://[fd00::1]:81/x"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/relative",
        "ftp://h/x",
        "http://",
        "http://h:99999/",
        "http://h/a b",
        'http://h/"',
        "http://h/\r\nX: y",
        "rtsp://h:80:554:1/x",
        "rtsp://h:80:99999/x",
        "rtsp://h::554:1/x",
    ],
)
def test_what_is_no_usable_address_is_malformed(url: str) -> None:
    with pytest.raises(Malformed):
        parse_address(url, BOX)


@given(st.one_of(st.text(max_size=60), st.text(max_size=60).map(lambda rest: f"http://{rest}")))
def test_any_text_gives_our_host_or_an_error_of_ours(text: str) -> None:
    with contextlib.suppress(DriverError):
        url = url_on(BOX, parse_address(text, BOX))
        assert urlsplit(url).hostname == "10.0.0.1"
        assert urlsplit(url).username is None


@pytest.mark.parametrize(
    "target",
    [
        "/snap?user=admin&pwd=hunter2&ch=1",
        "/user=admin&password=hunter2&channel=1.sdp",
        "/x;passwd=hunter2;y=1?token=hunter2",
    ],
)
def test_logins_inside_a_path_are_blanked_in_records(target: str) -> None:
    assert "hunter2" not in without_secrets(target)
    assert "=1" in without_secrets(target)


@given(st.text(max_size=200))
def test_any_challenge_is_read_without_an_error(text: str) -> None:
    for header in (text, f"Digest {text}", f'Digest realm="{text}", nonce="n"'):
        found = parse_challenges([header])
        challenge = choose(found)
        if challenge is not None and challenge.scheme == "digest":
            assert authorization(challenge, Credential("c", "u", "p"), "GET", "/", 1, tls=False).startswith("Digest ")


def test_the_strongest_known_scheme_is_chosen() -> None:
    headers = ['Basic realm="x"', 'Digest realm="x", nonce="1"', 'Digest realm="x", nonce="2", algorithm=SHA-256']
    chosen = choose(parse_challenges(headers))
    assert chosen is not None and (chosen.scheme, chosen.algorithm) == ("digest", "SHA-256")
    together = choose(parse_challenges([", ".join(headers)]))
    assert together == chosen
    assert choose(parse_challenges(['Digest realm="x", nonce="1", algorithm=SHA-512-256', "Negotiate"])) is None
    assert choose(parse_challenges(['Digest realm="x", nonce="1", qop="auth-int"'])) is None


def test_the_rfcs_own_example_is_answered_as_it_says() -> None:
    """RFC 7616 section 3.9.1, with the client nonce of the example put in the place of ours."""
    header = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    expected = {
        "MD5": "8ca523f5e9506fed4657c9700eebdbec",
        "SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    }
    credential = Credential("c", "Mufasa", "Circle of Life")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("secrets.token_hex", lambda size: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
        for algorithm, response in expected.items():
            challenge = choose(parse_challenges([header.format(algorithm)]))
            assert challenge is not None
            answer = authorization(challenge, credential, "GET", "/dir/index.html", 1, tls=False)
            assert f'response="{response}"' in answer


@pytest.mark.parametrize("user", ["ad\r\nmin", 'ad"min', "ad\x00min"])
def test_a_user_name_cannot_break_out_of_its_header(user: str) -> None:
    challenge = choose(parse_challenges(['Digest realm="x", nonce="1"']))
    assert challenge is not None
    with pytest.raises(NotTried):
        authorization(challenge, Credential("c", user, PASSWORD), "GET", "/", 1, tls=False)
    assert PASSWORD not in repr(device(80))
