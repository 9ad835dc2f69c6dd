"""What a page's listener decides, as a table: names, refusals, room, headers."""

from __future__ import annotations

import pytest

from agent.host.web_bounds import ALWAYS, NO_POLICY, Place, WebBounds, bounded_headers, makes_room, own_hosts, refused

HOSTS = own_hosts("127.9.8.7", 8800, ("localhost", "Hub.Example:9000", "::1"), tls=False)
OWN = (b"host", b"127.9.8.7:8800")


def test_a_name_has_this_port_or_the_one_that_it_was_given() -> None:
    assert {"127.9.8.7:8800", "localhost:8800", "hub.example:9000", "[::1]:8800"} == HOSTS
    assert own_hosts("::1", 443, ("hub.example",), tls=True) == {"[::1]:443", "[::1]", "hub.example:443", "hub.example"}
    assert own_hosts("10.0.0.1", 80, (), tls=True) == {"10.0.0.1:80"}
    proxied = own_hosts("127.0.0.1", 8480, ("hub.example:443", "other.example:8443"), tls=False)
    assert proxied == {"127.0.0.1:8480", "hub.example:443", "hub.example", "other.example:8443"}


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, None),
        ({"headers": [(b"host", b"LOCALHOST:8800"), (b"content-length", b"100")]}, None),
        ({"version": "1.0"}, 505),
        ({"headers": []}, 400),
        ({"headers": [OWN, OWN]}, 400),
        ({"headers": [(b"host", b"127.9.8.7:8801")]}, 421),
        ({"headers": [(b"host", b"127.9.8.7")]}, 421),
        ({"headers": [(b"host", b"\xe6127.9.8.7:8800")]}, 421),
        ({"method": "PUT"}, 405),
        ({"target": b"http://127.9.8.7:8800/", "path": "http://127.9.8.7:8800/"}, 400),
        ({"target": b"//a"}, 400),
        ({"target": b""}, 400),
        ({"path": "/a\0"}, 400),
        ({"path": "/a\x7f"}, 400),
        ({"headers": [OWN, (b"transfer-encoding", b"identity")]}, 400),
        ({"headers": [OWN, (b"upgrade", b"h2c")]}, 400),
        ({"headers": [OWN, (b"content-length", b"1"), (b"content-length", b"1")]}, 400),
        ({"headers": [OWN, (b"content-length", b"101")]}, 413),
        ({"headers": [OWN, (b"x", b"y" * 1000)]}, 431),
        ({"target": b"/" + b"x" * 1000}, 431),
    ],
)
def test_a_request_is_refused_for_what_no_browser_sends(changed: dict, status: int | None) -> None:
    given = {"version": "1.1", "method": "GET", "target": b"/a?b", "path": "/a", "headers": [OWN], **changed}
    told = refused(hosts=HOSTS, bounds=WebBounds(head_max_bytes=1000, body_max_bytes=100), **given)
    assert (told and told[0]) == status


def test_room_is_made_by_who_waits_longest_of_the_address_that_has_most() -> None:
    bounds = WebBounds(at_once=4, per_address=3)
    crowd = {"a1": Place("a", 5.0), "a2": Place("a", 3.0), "b1": Place("b", 1.0)}
    assert makes_room({}, "a", bounds) == (True, [])
    assert makes_room(crowd, "a", bounds) == (True, []), "there is room"
    crowd["a3"] = Place("a", None)
    assert makes_room(crowd, "b", bounds) == (True, ["a2"]), "not b1, which waits longer and is of fewer"
    assert makes_room(crowd, "a", bounds) == (True, ["a2"]), "its own share is full"
    busy = {name: Place("a", None) for name in "wxyz"}
    assert makes_room(busy, "a", bounds) == makes_room(busy, "b", bounds) == (False, [])


def test_headers_are_there_once_and_a_policy_of_the_page_stays() -> None:
    found = bounded_headers([(b"Cache-Control", b"public"), (b"DATE", b"x"), (b"A", b"b")])
    assert found == [(b"a", b"b"), (b"content-security-policy", NO_POLICY), *ALWAYS.items()]
    assert (b"content-security-policy", NO_POLICY) not in bounded_headers([(b"Content-Security-Policy", b"own")])
