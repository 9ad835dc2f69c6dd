"""What `camwarden doctor` says of the broker, and that it disturbs no session there."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from certificates import Authority
from delivery import Maker, site
from gateway_place import CANARY, Place, statuses
from mosquitto import Broker
from patience import waits

from agent.model import exits
from agent.model.outcome import exit_code
from agent.text.translate import render


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with socket.create_server(("127.0.0.1", 0)) as device:
        yield Place(tmp_path, device.getsockname()[1])


def wrong_ca(place: Place) -> None:
    other = Authority(place.folder / "other", "somebody else")
    shutil.copy(other.ca, place.authority.directory / "ca-other.crt")
    place.change("authority/ca.crt", "authority/ca-other.crt")


def expiring_broker(place: Place) -> None:
    place.authority.issue("broker", server=True, lasts=timedelta(days=5))


def expired_broker(place: Place) -> None:
    place.authority.issue("broker", server=True, lasts=timedelta(days=-1))


def stranger(place: Place) -> None:
    """The site shows a certificate of another authority: the broker turns it away after the handshake."""
    other = Authority(place.folder / "other", "somebody else")
    for file in other.issue("S1"):
        shutil.copy(file, place.authority.directory / file.name)


@pytest.mark.parametrize(
    ("fault", "probe", "status", "what"),
    [
        (wrong_ca, "broker-tls", "fail", "not signed by the configured CA"),
        (expired_broker, "broker-tls", "fail", "has expired"),
        (expiring_broker, "broker-tls", "warn", "lasts 4 days"),
        (stranger, "broker-tls", "fail", "broker does not know the CA that signed our certificate"),
        (wrong_ca, "broker-login", "unknown", "not signed by the configured CA"),
    ],
)
def test_what_is_wrong_with_tls_is_said(
    fault: Callable[[Place], None], probe: str, status: str, what: str, place: Place
) -> None:
    fault(place)
    with place.broker:
        outcome = place.one(probe)
    assert (outcome.status, what in str(outcome.what)) == (status, True), str(outcome.what)
    assert outcome.next_step is not None


def test_one_dead_broker_is_one_failure(place: Place) -> None:
    found = place.look("broker-connection", "broker-tls", "broker-login")
    assert statuses(found) == {"broker-connection": "fail", "broker-tls": "unknown", "broker-login": "unknown"}
    assert exit_code(found.values()) == exits.FAILS


def with_password(place: Place, password: str) -> Broker:
    directory = place.authority.directory
    (directory / "passwords").write_text("")
    broker = Broker(place.folder / "broker2", ["allow_anonymous false", f"password_file {directory}/passwords"])
    subprocess.run(["mosquitto_passwd", "-b", str(directory / "passwords"), "S1", "right"], check=True)
    (directory / "passwords").chmod(0o644)
    secrets = place.folder / "secrets.toml"
    secrets.write_text(secrets.read_text() + f'[credential.hub]\nuser = "S1"\npassword = "{password}"\n')
    head, _, _ = place.text.partition("[hub]")
    hub = f'[hub]\nhost = "127.0.0.1"\nport = {broker.port}\ntls = false\ncredential = "hub"\nconfirm = "broker"\n'
    place.write(head + hub)
    return broker


@pytest.mark.parametrize(("password", "status", "code"), [("right", "pass", 0), (CANARY, "fail", exits.REFUSED)])
def test_a_login_is_tried_once_and_judged(password: str, status: str, code: int, place: Place) -> None:
    with with_password(place, password) as broker:
        outcome = place.one("broker-login")
        assert outcome.status == status
        assert exit_code([outcome]) == code
        said = "New client connected" if code == 0 else "not authori"
        waits(lambda: said in broker.log)  # it answers before it writes its log
        assert broker.log.count(said) == 1
        assert CANARY not in str(outcome)


def test_a_site_without_a_certificate_has_none_to_judge_and_nothing_to_report(place: Place) -> None:
    with with_password(place, "right"):
        outcome = place.one("certificate")
    assert (outcome.status, outcome.reason, outcome.next_step) == ("not_applicable", "no-certificate", None)


def test_why_a_broker_takes_no_connection_is_said_in_the_readers_language(place: Place) -> None:
    outcome = place.one("broker-connection")
    assert "Connection refused" in str(outcome.what) and "连接被拒绝" in render(outcome.what, "zh_CN")


def test_beside_a_running_service_no_login_is_tried(place: Place) -> None:
    with closing(Maker(place.state, site("S1")).open()), place.broker:  # held as a service holds it
        place.running()
        assert place.one("broker-login").status == "pass"
        place.running("refused", "Not authorized")
        outcome = place.one("broker-login")
        assert (outcome.status, outcome.refused) == ("fail", True)
        assert "Not authorized" in str(outcome.what)
        assert "as doctor" not in place.broker.log
