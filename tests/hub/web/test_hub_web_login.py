"""Log-in to the page: a right password begins a session of its own; a crowd of wrong ones does not keep it out."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from city_told import NOW, city
from hub_web import PASSWORD, Client, add_person, serving
from patience import PATIENCE_S

from agent.hub.stores.page.people import NAME, People
from agent.hub.web.people import passwords
from agent.hub.web.people.limiter import BUCKETS_MOST, OF_ADDRESS, OF_NAME, Limiter, network
from agent.hub.web.people.sessions import secret_digest
from agent.hub.web.people.turnstile import KNOWN_MOST, WAIT_MOST, Busy, Turnstile
from agent.model.errors import UsageError

TRIES_MOST = 5
WAITS_MOST_S = 8
"""What she is told to wait; the seconds themselves are measured by tests/bench/hub_pages.py."""

WRONG = 1000


@pytest.fixture(scope="module")
def stored() -> str:
    """Return the hash of `PASSWORD`: to make one takes a tenth of a second."""
    return passwords.hashed(PASSWORD)


@pytest.fixture
def hub(tmp_path: Path, stored: str) -> Path:
    directory = city(tmp_path / "hub")
    add_person(directory, "anna", "viewer")
    with closing(People(directory)) as people:
        row = people.person("anna")
        assert row is not None
        people.keep_person(replace(row, password=stored))
    return directory


def test_a_right_password_begins_a_session_and_the_page_names_who_it_is(hub: Path) -> None:
    with serving(hub) as client:
        assert client.get("/").status == 303
        entered = client.log_in("anna")
        assert (entered.status, entered.headers["location"]) == (303, "/")
        assert "; HttpOnly; SameSite=Strict" in entered.headers["set-cookie"]
        shown = client.get("/")
        assert shown.status == 200 and ">anna</a>" in shown.text
        assert client.post("/logout", {}).status == 303
        assert client.get("/").status == 303


def test_whatever_is_wrong_the_answer_is_the_same_and_costs_as_much(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(People(hub)) as people:
        row = people.person("anna")
        assert row is not None
        people.keep_person(replace(row, name="gone", disabled_at="2026-11-01T00:00:00Z"))
    add_person(hub, "proxied", "viewer")
    texts, verified, verify = set(), [], PasswordHasher.verify

    def counted(hasher: PasswordHasher, stored: str, password: str) -> bool:
        verified.append(stored)
        return verify(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    with serving(hub) as client:
        for name in ("anna", "nobody", "gone", "proxied"):
            answer = client.log_in(name, "a wrong password" if name != "gone" else PASSWORD)
            assert answer.status == 422 and not client.cookies
            texts.add(answer.text.replace(name, "NAME"))
        assert client.log_in("anna' OR 1=1 --", PASSWORD).status == 422
        assert client.log_in("", "").status == 422
    assert len(texts) == 1 and "name or password is wrong" in texts.pop()
    assert [stored.split("$")[3] for stored in verified[:4]] == ["m=65536,t=3,p=4"] * 4, "a hash each"


def test_a_cookie_from_before_the_log_in_is_no_session_after_it(hub: Path) -> None:
    with serving(hub) as client:
        client.cookies["camwarden-hub"] = planted = "x" * 43
        client.log_in("anna")
        first = client.cookies["camwarden-hub"]
        assert first != planted and client.get("/").status == 200
        client.log_in("anna")
        second = client.cookies["camwarden-hub"]
        for old in (planted, first):
            assert Client(client.port, client.url, hub, {"camwarden-hub": old}).get("/").status == 303
    assert second.encode() not in (hub / NAME).read_bytes()


@pytest.mark.parametrize(("later", "status"), [({"minutes": 59}, 200), ({"minutes": 61}, 303)])
def test_a_session_ends_an_hour_after_its_last_use(hub: Path, later: dict[str, int], status: int) -> None:
    times = [NOW]
    with serving(hub, clock=lambda: times[-1]) as client:
        client.log_in("anna")
        times.append(NOW + timedelta(**later))
        assert client.get("/").status == status


def test_a_session_ends_after_12_hours_however_much_it_is_used(hub: Path) -> None:
    times = [NOW]
    with serving(hub, clock=lambda: times[-1]) as client:
        client.log_in("anna")
        for quarters in range(1, 49):
            times.append(NOW + timedelta(minutes=15 * quarters))
            assert client.get("/").status == (200 if quarters < 48 else 303), quarters


def test_what_is_left_of_sessions_that_are_over_is_deleted_at_the_next_log_in(hub: Path) -> None:
    times = [NOW]
    with serving(hub, clock=lambda: times[-1]) as client, closing(People(hub)) as people:
        client.log_in("anna")
        first = secret_digest(client.cookies["camwarden-hub"])
        assert people.session(first) is not None
        times.append(NOW + timedelta(hours=2))
        Client(client.port, client.url, hub).log_in("anna")
        assert people.session(first) is None


def test_a_person_that_is_disabled_or_gets_another_password_is_out_at_once(hub: Path) -> None:
    with serving(hub) as client, closing(People(hub)) as people:
        client.log_in("anna")
        row = people.person("anna")
        assert row is not None
        people.keep_person(replace(row, disabled_at="2026-11-27T00:00:00Z"))
        assert client.get("/").status == 303
        people.keep_person(row)
        assert client.get("/").status == 200
        people.keep_person(replace(row, role="maintainer"))
        assert client.get("/api/v1/findings").json["total"] == 0  # its new role is bound, and to nothing
        people.end_sessions("anna")
        assert client.get("/").status == 303


def test_a_password_is_changed_by_whoever_knows_it_and_ends_every_session(hub: Path) -> None:
    with serving(hub) as client:
        other = Client(client.port, client.url, hub)
        client.log_in("anna")
        other.log_in("anna")
        form = {"old": PASSWORD, "new": "another long sentence", "again": "another long sentence"}
        assert client.post("/account/password", {**form, "old": "a guess at it"}).status == 422
        assert client.post("/account/password", {**form, "again": "a third one"}).status == 422
        assert client.post("/account/password", {**form, "new": "short", "again": "short"}).status == 422
        assert client.post("/account/password", form).headers["location"] == "/login"
        assert (client.get("/").status, other.get("/").status) == (303, 303)
        assert client.log_in("anna").status == 422
        assert client.log_in("anna", form["new"]).status == 303


@pytest.mark.parametrize(
    ("flood_from", "names", "comes_from", "has_come_before"),
    [
        (1, ("anna",), "127.0.0.9", False),
        (1, ("nobody", "boris"), "127.0.0.1", True),
        (50, ("anna",), "127.0.0.1", True),
        (50, ("anna", *(f"n{n}" for n in range(20))), "127.0.0.9", True),
    ],
    ids=["one address, anna is new", "her own address", "many addresses", "many addresses and names"],
)
def test_a_right_log_in_succeeds_in_few_tries_under_1000_wrong_ones(
    hub: Path, flood_from: int, names: tuple[str, ...], comes_from: str, has_come_before: bool
) -> None:
    with serving(hub) as client:
        anna = Client(client.port, client.url, hub, address=comes_from)
        if has_come_before:
            assert anna.log_in("anna").status == 303
        told: Counter[int] = Counter()
        is_over, tried = threading.Event(), threading.Semaphore(0)

        def try_wrong(number: int) -> None:
            if is_over.is_set():
                return
            address = f"127.0.{1 + number % flood_from if flood_from > 1 else 0}.1"
            one = Client(client.port, client.url, hub, address=address)
            told[one.log_in(names[number % len(names)], "a wrong password").status] += 1
            tried.release()

        with ThreadPoolExecutor(12) as pool:
            tries = [pool.submit(try_wrong, number) for number in range(WRONG)]
            for _ in range(30):  # the flood runs
                tried.acquire()
            answer, waits_s = anna.log_in("anna"), []
            while answer.status != 303 and len(waits_s) < TRIES_MOST:
                waits_s.append(int(answer.headers["retry-after"]))
                is_over.wait(waits_s[-1])
                answer = anna.log_in("anna")
            is_over.set()
            for one in tries:
                one.result()
        assert answer.status == 303 and sum(waits_s) <= WAITS_MOST_S, waits_s
        assert set(told) <= {422, 429, 503} and told[429] + told[503] > 0


def test_who_tries_too_often_is_told_when_to_try_again_before_anything_is_hashed(
    hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = list[str]()
    monkeypatch.setattr(passwords, "is_right", lambda stored, password: bool(tried.append(password)))
    times = [0.0]
    with serving(hub, mono=lambda: times[-1]) as client:
        answers = [client.log_in(f"name{n}", f"wrong {n}") for n in range(12)]
        assert [one.status for one in answers] == [422] * 10 + [429] * 2
        assert answers[-1].headers["retry-after"] == "1" and len(tried) == 10
        times.append(1.0)
        assert [client.log_in("anna", "wrong").status for _ in range(2)] == [422, 429]


def at(turnstile: Turnstile, go_on: threading.Event) -> Callable[[str, bool], str]:
    """Return what waits at a turnstile, from an address, and stays inside until all may go on."""

    def wait(address: str, is_known: bool) -> str:
        try:
            with turnstile.turn(is_known, address):
                go_on.wait(PATIENCE_S)
                return "in"
        except Busy:
            return "busy"

    return wait


def test_few_wait_for_their_turn_and_those_who_came_before_have_places_of_their_own() -> None:
    turnstile, go_on = Turnstile(), threading.Event()
    wait = at(turnstile, go_on)
    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(wait, f"192.0.2.{number}", False) for number in range(WAIT_MOST + 1)]
        _until(lambda: turnstile.inside == len(waiting))
        assert wait("192.0.2.99", False) == "busy"
        known = [pool.submit(wait, "192.0.2.1", True) for _ in range(KNOWN_MOST - WAIT_MOST)]
        _until(lambda: turnstile.inside == len(waiting) + len(known))
        assert wait("192.0.2.99", True) == "busy"
        go_on.set()
        assert [one.result() for one in (*waiting, *known)] == ["in"] * (KNOWN_MOST + 1)


def test_strangers_of_few_addresses_leave_places_to_others_and_their_own_when_they_go() -> None:
    """Where a password takes a second, an address that tries one in each would else have every place."""
    turnstile = Turnstile()
    for addresses, get_in in ((["2001:db8::1", "2001:db8::2"], 3), (["192.0.2.1", "192.0.2.2", "192.0.2.3"], 5)):
        go_on = threading.Event()
        wait = at(turnstile, go_on)
        with ThreadPoolExecutor(20) as pool:
            inside = []
            for number in range(get_in):
                inside.append(pool.submit(wait, addresses[number % len(addresses)], False))
                _until(lambda: turnstile.inside == len(inside))  # noqa: B023  it is waited for here
            assert [wait(address, False) for address in addresses] == ["busy"] * len(addresses)
            others = [(f"198.51.100.{number}", False) for number in range(WAIT_MOST + 1 - get_in)]
            inside += [pool.submit(wait, *other) for other in (*others, (addresses[0], True))]
            _until(lambda: turnstile.inside == len(inside))  # noqa: B023
            go_on.set()
            assert [one.result() for one in inside] == ["in"] * (WAIT_MOST + 2)
        assert turnstile.inside == 0


def _until(is_so: Callable[[], bool]) -> None:
    begins, never = time.monotonic(), threading.Event()
    while not is_so():
        assert not never.wait(0.001) and time.monotonic() - begins < PATIENCE_S


def test_tries_of_an_address_and_of_a_name_run_out_and_come_back() -> None:
    limiter = Limiter()
    waits = [limiter.take("192.0.2.1", f"n{n}", False, 0.0) for n in range(11)]
    assert waits[:10] == [0.0] * 10 and waits[10] == pytest.approx(1 / OF_ADDRESS[1])
    assert limiter.take("192.0.2.1", "n", False, 1.0) == 0.0
    for n in range(10):  # three tries of an address on a name are its own; the fourth is the name's
        assert [limiter.take(f"198.51.100.{n}", "anna", False, 0.0) for _ in range(4)] == [0.0] * 4
    waits = [limiter.take("203.0.113.1", "anna", False, 0.0) for _ in range(4)]
    assert waits == [0.0] * 3 + [pytest.approx(1 / OF_NAME[1])]
    assert limiter.take("203.0.113.1", "anna", True, 0.0) == 0.0
    assert network("2001:db8:1:2:3::4") == network("2001:db8:1:2::9") != network("2001:db8:1:3::9")
    assert network("::ffff:192.0.2.1") == "192.0.2.1"


def test_a_crowd_of_addresses_does_not_fill_the_memory() -> None:
    limiter = Limiter()
    for n in range(BUCKETS_MOST):
        limiter.take(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", f"n{n}", False, 0.0)
    assert len(limiter.buckets) == BUCKETS_MOST


@pytest.mark.parametrize("password", ["short", "x" * 257, ""])
def test_a_password_that_is_too_short_or_long_is_not_taken(password: str) -> None:
    with pytest.raises(UsageError, match="12 to 256"):
        passwords.hashed(password)


def test_a_password_that_was_cut_is_another_one(stored: str) -> None:
    assert passwords.is_right(stored, PASSWORD)
    assert not passwords.is_right(stored, PASSWORD[:-1]) and not passwords.is_right("", "")
    long = passwords.hashed("x" * 256)
    assert not passwords.is_right(long, "x" * 300) and not passwords.is_right("no hash", "x" * 12)
