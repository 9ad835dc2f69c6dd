"""What happens reaches the endpoints of other systems, signed, each its own, and no endpoint holds up another."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from certificates import Authority
from hooked import hook, receiver
from hubside import RunningHub
from mosquitto import Broker
from patience import LATE_S, PATIENCE_S
from portside import HOUR, Sender, config, finding
from webhook_server import Hook as Server
from webhook_server import serving

from agent.contract.chain import utc_text
from agent.hub.domain.rows.webhooks import Happening, Hook
from agent.hub.domain.scope import Scope, SitePlace
from agent.hub.domain.webhooks import TRIED_FOR
from agent.hub.stores.engines import open_store
from agent.hub.stores.store import Store
from agent.hub.workers.webhooks import sending
from agent.hub.workers.webhooks.sending import queue_happened, send, send_next
from agent.site.config.site import Hub

NOW = datetime.now(UTC)
"""The receiver's library holds a message against its own clock."""
GATE = finding("camera-online", "camera:c0", "fail")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "hub")
    yield opened
    opened.close()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as one:
        yield one


def present() -> datetime:
    """Return the time at which a message is signed for a library that has a clock of its own, and five minutes."""
    return datetime.now(UTC)


def at(server: Server, name: str = "tickets", **more: object) -> Hook:
    return hook(name, server.url("/in?token=TOKEN-1"), **more)


def happening(number: int = 1, **place: object) -> Happening:
    return Happening(
        id=f"evt_{number}", kind="finding.failed", at=utc_text(NOW), told={"site": f"S{number}"},
        place=SitePlace(**place),  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_fail_and_its_end_come_signed_as_the_receivers_library_verifies_them(store: Store, server: Server) -> None:
    one = at(server)
    store.webhooks.keep(one)
    site = Sender().meet(store, NOW)
    site.send(store, "config", 1, config(GATE), NOW)
    site.send(store, "config", 2, config(), NOW + HOUR)
    queue_happened(store, NOW)
    while send_next(store, one.name, present, 0.5) is not None:
        pass
    assert [path for path, _ in server.requests] == ["/in?token=TOKEN-1"] * 2
    with receiver() as library:
        told = [
            library.verify(one.secret, headers, body)
            for headers, (_, body) in zip(server.heard, server.requests, strict=True)
        ]
        assert [(body["type"], body["sequence"], body["data"]["status"]) for body in told] == [
            ("finding.failed", 1, "fail"),
            ("finding.ended", 2, "over"),
        ]
        headers, (_, body) = server.heard[0], server.requests[0]
        assert library.verify(hook().secret, headers, body) is None
        assert library.verify(one.secret, headers, body.replace(b"fail", b"pass")) is None
        assert library.verify(one.secret, {**headers, "webhook-id": "evt_0"}, body) is None
    assert [headers["webhook-id"] for headers in server.heard] == [body["id"] for body in told]
    assert store.webhooks.waiting(one.name).count == 0
    assert store.webhooks.progress(one.name).delivered == 2


def test_both_secrets_verify_for_a_day_after_one_was_exchanged(store: Store, server: Server) -> None:
    exchanged = at(server, secret_before=hook().secret, before_until=utc_text(NOW + timedelta(days=1)))
    assert send(exchanged, "evt_1", b"{}", present()) == ((200, ""), "")
    with receiver() as library:
        for secret in (exchanged.secret, exchanged.secret_before):
            assert library.verify(secret, server.heard[0], server.requests[0][1]) == {}
        assert library.verify(hook().secret, server.heard[0], server.requests[0][1]) is None


def test_each_endpoint_gets_its_own_and_numbers_without_a_gap(store: Store, server: Server) -> None:
    for name, scope in (("one", Scope(maintainers=("Company One",))), ("two", Scope(divisions=("1403",)))):
        store.webhooks.keep(at(server, name, scope=scope))
    store.webhooks.note(happening(1, maintainers=("Company One",)))
    store.webhooks.note(happening(2, divisions=("140301",), maintainers=("Company Two",)))
    store.webhooks.note(happening(3, divisions=("140301",), maintainers=("Company One",)))
    queue_happened(store, NOW)
    for name, expected in (("one", ["S1", "S3"]), ("two", ["S2", "S3"])):
        server.requests.clear()
        while send_next(store, name, lambda: NOW, 0.5) is not None:
            pass
        assert [(body["data"]["site"], body["sequence"]) for body in server.bodies()] == [
            (expected[0], 1),
            (expected[1], 2),
        ]


def test_a_failure_is_tried_again_with_the_same_id_and_the_same_bytes(store: Store, server: Server) -> None:
    one = at(server)
    store.webhooks.keep(one)
    store.webhooks.note(happening())
    queue_happened(store, NOW)
    server.status = 503
    server.headers = {"Retry-After": "100"}
    done = send_next(store, one.name, lambda: NOW, 0.5)
    assert done is not None and done[1].last_status == 503
    assert send_next(store, one.name, lambda: NOW + timedelta(seconds=99), 0.5) is None, "it asked to be left alone"
    server.status = 204
    assert send_next(store, one.name, lambda: NOW + timedelta(seconds=100), 0.5) is not None
    assert server.requests[0] == server.requests[1]
    assert server.heard[0]["webhook-id"] == server.heard[1]["webhook-id"] == "evt_1"
    assert server.heard[0]["webhook-timestamp"] != server.heard[1]["webhook-timestamp"]
    assert send_next(store, one.name, lambda: NOW + timedelta(days=1), 0.5) is None


def test_a_message_that_is_refused_lets_the_next_one_by(store: Store, server: Server) -> None:
    one = at(server)
    store.webhooks.keep(one)
    for number in (1, 2):
        store.webhooks.note(happening(number))
    queue_happened(store, NOW)
    server.status = 422
    assert send_next(store, one.name, lambda: NOW, 0.5) is not None
    server.status = 200
    assert send_next(store, one.name, lambda: NOW, 0.5) is not None
    assert send_next(store, one.name, lambda: NOW, 0.5) is None
    assert [body["data"]["site"] for body in server.bodies()] == ["S1", "S2"]
    assert store.webhooks.waiting(one.name).count == 1


def test_an_endpoint_that_is_gone_or_never_answers_is_stopped_and_what_waits_goes_on_when_it_is_enabled(
    store: Store, server: Server
) -> None:
    one = at(server)
    store.webhooks.keep(one)
    store.webhooks.note(happening(1))
    queue_happened(store, NOW)
    server.status = 410
    assert send_next(store, one.name, lambda: NOW, 0.5) is not None
    assert store.webhooks.progress(one.name).stopped_at == utc_text(NOW)
    store.webhooks.note(happening(2))
    queue_happened(store, NOW)
    assert send_next(store, one.name, lambda: NOW + timedelta(hours=9), 0.5) is None
    assert store.webhooks.waiting(one.name).count == 1, "what happens meanwhile is not told"
    store.webhooks.keep_progress(one.name, sending.webhooks.enabled(store.webhooks.progress(one.name)))
    server.status = 500
    hours = [NOW + timedelta(hours=number) for number in range(80)]
    tries = [hour for hour in hours if send_next(store, one.name, partial(_same, hour), 0.5) is not None]
    assert tries[-1] - NOW >= TRIED_FOR and 5 < len(tries) < 30
    assert store.webhooks.progress(one.name).stopped_at
    assert store.webhooks.progress(one.name).given_up == 1


def _same(when: datetime) -> datetime:
    return when


def test_a_redirect_is_not_followed(store: Store, server: Server) -> None:
    with serving() as other:
        for status in (301, 302, 303, 307, 308):
            server.status, server.headers = status, {"Location": other.url("/")}
            assert send(at(server), "evt_1", b"{}", NOW) == ((status, ""), "")
        assert other.requests == []


@contextmanager
def saying(*parts: bytes, each_s: float = 0.0) -> Iterator[Hook]:
    """Answer each connection with these bytes, the last of them again and again until nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        is_over = threading.Event()

        def run() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with client, suppress(OSError):
                        client.settimeout(PATIENCE_S)
                        client.recv(65536)
                        for part in parts[:-1]:
                            client.sendall(part)
                        while parts[-1] and not is_over.wait(each_s):
                            client.sendall(parts[-1])

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield hook(url=f"http://127.0.0.1:{listener.getsockname()[1]}/SECRET-PATH")
        finally:
            is_over.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE_S)


TAKEN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"


def test_the_status_of_an_answer_counts_and_no_body_is_read_however_long(store: Store) -> None:
    with saying(TAKEN, b"x" * 65536) as one:
        begins = time.monotonic()
        assert send(one, "evt_1", b"{}", NOW, within_s=60) == ((200, ""), "")
        assert time.monotonic() - begins < LATE_S


@pytest.mark.parametrize(
    ("parts", "each_s"),
    [
        ((b"",), 0.0), ((b"220 mail ESMTP\r\n", b""), 0.0), ((b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), 0.0),
        ((b"HTTP/1.1 200 OK\r\n", b"x"), 0.1), ((b"HTTP/1.1 ", b"0"), 0.0),
    ],
    ids=["nothing", "not HTTP", "headers without end", "dripping headers", "status without end"],
)  # fmt: skip
def test_what_is_no_answer_is_told_in_time_and_without_the_address(parts: tuple[bytes, ...], each_s: float) -> None:
    with saying(*parts, each_s=each_s) as one:
        begins = time.monotonic()
        (status, why), retry_after = send(one, "evt_1", b"{}", NOW, within_s=1.0)
        assert time.monotonic() - begins < 1.0 + LATE_S
    assert status == 0 and why and "SECRET" not in why and one.secret not in why
    assert retry_after == ""


def test_an_endpoint_in_a_private_network_is_reached_only_where_that_was_said(server: Server) -> None:
    (status, why), _ = send(at(server, is_private=False), "evt_1", b"{}", NOW)
    assert (status, why) == (0, "its name leads to an address that it may not lead to")
    assert server.requests == []
    assert send(at(server), "evt_1", b"{}", NOW)[0] == (200, "")


def test_only_a_certificate_of_its_authority_is_believed(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with serving(authority.issue("hooks", server=True)) as one:
        assert send(at(one), "evt_1", b"{}", NOW)[0][0] == 0
        assert one.requests == []
        assert send(at(one, ca=str(authority.ca)), "evt_1", b"{}", NOW)[0] == (200, "")
        assert send(at(one, ca=str(tmp_path / "gone.pem")), "evt_1", b"{}", NOW)[0][0] == 0


def test_the_oldest_message_is_given_up_where_too_many_wait(
    store: Store, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending.webhooks, "WAITING_MOST", 3)
    store.webhooks.keep(at(server))
    for number in range(5):
        store.webhooks.note(happening(number))
    queue_happened(store, NOW)
    assert store.webhooks.waiting("tickets").count == 3
    assert store.webhooks.progress("tickets").given_up == 2
    assert send_next(store, "tickets", lambda: NOW, 0.5) is not None
    assert server.bodies()[0]["sequence"] == 3


def test_a_running_hub_tells_an_endpoint_while_another_one_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside an endpoint that takes a connection and says nothing, for longer than this test waits."""
    monkeypatch.setattr(sending, "send", partial(send, within_s=2 * PATIENCE_S))
    with Broker(tmp_path / "broker") as broker, serving() as well, serving() as ill, receiver() as library:
        ill.silent = True
        one = at(well, "well")
        opened = Store(tmp_path / "hub")
        opened.webhooks.keep(one)
        opened.webhooks.keep(at(ill, "ill"))
        opened.close()
        with RunningHub(tmp_path / "hub", Hub("127.0.0.1", broker.port, tls=False)) as hub:
            other = Store(tmp_path / "hub")
            for number in range(3):
                other.webhooks.note(happening(number))
            other.close()
            assert ill.asked.wait(PATIENCE_S)
            begins = time.monotonic()
            while len(well.requests) < 3 and time.monotonic() - begins < PATIENCE_S:
                well.asked.wait(0.05)
            told = [
                library.verify(one.secret, head, body)
                for head, (_, body) in zip(well.heard, well.requests, strict=True)
            ]
            assert [body["sequence"] for body in told] == [1, 2, 3]
            assert hub.tell.of("failed") == hub.tell.of("webhook-fails") == []
        ill.ended.set()


def test_no_address_and_no_secret_is_in_what_is_told_of_an_endpoint(store: Store, server: Server) -> None:
    one = replace(at(server), url=f"http://127.0.0.1:{server.port}/SECRET-PATH?token=SECRET-TOKEN")
    assert "SECRET" not in repr(one) and one.secret not in repr(one)
    store.webhooks.keep(one)
    store.webhooks.note(happening())
    queue_happened(store, NOW)
    server.status = 500
    told: list[object] = []
    senders = sending.Senders(store.directory, lambda: NOW, told.append)
    senders.serve(one.name)
    assert told and "SECRET" not in json.dumps(told)


def test_that_the_database_does_not_answer_is_told_once_and_not_each_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "postgres.conninfo").write_text("host=/nowhere dbname=hub")
    senders, tries = sending.Senders(tmp_path, present, lambda _: None), count(1)

    def opened(directory: Path) -> object:
        if next(tries) == 5:
            senders.ended.set()
        return open_store(directory)

    monkeypatch.setattr(sending, "open_store", opened)
    monkeypatch.setattr(sending, "LOOK_S", 0.0)
    senders.run()
    assert (next(tries), len(caplog.records)) == (6, 1)
