"""The gateway was put into use by one token: what that brought, who may read it, and how it goes on by itself."""

from __future__ import annotations

import json
import socket
import ssl
import stat
import sys
from pathlib import Path

import gateway
import peers
import pytest
from conftest import Gateway
from machine import as_user, journal, said, wait_for
from places import BROKER_PORT, PEERS, SITE_ID, SITE_TOML, STATE, TOKEN, UNIT, USER

NO_GOOD = 4
CERTIFICATE = STATE / "site.pem"
TLS_KEY = STATE / "site-key.pem"
OTHER = PEERS / "other"
MOST_OF_A_YEAR_DAYS = 300


def test_the_token_brought_a_certificate_and_the_hub_confirmed_the_first_report(service: Gateway) -> None:
    told = service.enrolled
    assert (told["site"], told["report"], told["broker"]) == (SITE_ID, "confirmed", f"127.0.0.1:{BROKER_PORT}")
    (key,) = json.loads(peers.hub("trust", "list", "--json"))["keys"]
    assert (key["kid"], key["by"]) == (told["kid"], "enrollment")


def test_what_the_hub_confirms_comes_with_the_certificate(service: Gateway) -> None:
    """The service goes on where `enroll` left off, and the broker lets nobody in without one."""
    assert gateway.wait_until_confirmed()["confirmed"] > 1
    context = ssl.create_default_context(cafile=str(SITE_TOML.parent / "hub-ca.pem"))
    with (
        pytest.raises(ssl.SSLError, match=r"(?i)certificate.required"),
        socket.create_connection(("127.0.0.1", BROKER_PORT), timeout=20) as raw,
        context.wrap_socket(raw, server_hostname="127.0.0.1") as tls,
    ):
        tls.recv(1)  # with TLS 1.3 the refusal comes after the handshake


def test_the_token_is_no_good_for_another_gateway(service: Gateway) -> None:
    OTHER.mkdir(exist_ok=True)
    config = OTHER / "site.toml"
    config.write_text(f'{gateway.as_rendered(SITE_TOML.read_text())}\n[storage]\ndirectory = "state"\n')
    tried = as_user("root", "camwarden", "enroll", "--token-file", TOKEN, "--config", config)
    assert tried.returncode == NO_GOOD and "used before, with other keys" in tried.stderr
    assert not (OTHER / "hub-ca.pem").exists() and not (OTHER / "state" / "site.pem").exists()


@pytest.mark.parametrize("name", ["site-key.pem", "report-key.pem"])
def test_its_keys_are_the_services_alone(service: Gateway, name: str) -> None:
    path = STATE / name
    assert (path.owner(), stat.S_IMODE(path.stat().st_mode)) == (USER, 0o600)
    tried = as_user("nobody", "cat", path)
    assert tried.returncode == 1 and "Permission denied" in tried.stderr
    assert "PRIVATE KEY" in as_user(USER, "cat", path).stdout


def test_the_running_service_renews_a_certificate_that_soon_ends(service: Gateway) -> None:
    """Under every line of its unit, and without a person; the broker takes the new pair."""
    script = Path(__file__).with_name("older_certificate.py")
    older, key = said(sys.executable, "-B", "-s", script, str(MOST_OF_A_YEAR_DAYS)), TLS_KEY.read_bytes()
    CERTIFICATE.write_text(older)
    said("systemctl", "restart", UNIT)
    wait_for("a word of a new certificate", lambda: "was renewed" in journal())
    assert CERTIFICATE.read_text() != older and TLS_KEY.read_bytes() != key
    assert [(path.owner(), stat.S_IMODE(path.stat().st_mode)) for path in (CERTIFICATE, TLS_KEY)] == [
        (USER, 0o644),
        (USER, 0o600),
    ]
    assert list(STATE.glob("*.next")) == []
    confirmed = peers.counts()["confirmed"]
    said("systemctl", "restart", UNIT)
    gateway.wait_until_confirmed(more_than=confirmed)
