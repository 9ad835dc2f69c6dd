"""The sample broker set-up works as it stands, and keeps every site to its own topics."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from certificates import Authority
from delivery import Maker
from hubside import FAST, RunningHub, clock, publishing
from mosquitto import PASSWORDS, SampleBroker
from patience import PATIENCE_S, waits

from agent.contract.signing_keys import Signer
from agent.deliver.publish.publisher import Publisher
from agent.deliver.publish.tls import tls_context
from agent.hub.stores import trust
from agent.model.errors import ConfigurationError
from agent.service.daemon.names import names_message
from agent.site.config.site import Hub
from drivers.model import Credential


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture
def broker(tmp_path: Path, authority: Authority) -> Iterator[SampleBroker]:
    authority.issue("broker", server=True)
    with SampleBroker(tmp_path / "broker", authority.directory) as running:
        yield running


def by_certificate(broker: SampleBroker, authority: Authority, name: str) -> Hub:
    certificate, key = authority.issue(name)
    return Hub("127.0.0.1", broker.port, True, authority.ca, certificate, key)


def by_password(broker: SampleBroker, authority: Authority, name: str) -> Hub:
    credential = Credential("hub", name, PASSWORDS[name])
    return Hub("127.0.0.1", broker.password_port, True, authority.ca, credential=credential)


@pytest.mark.parametrize("way", [by_certificate, by_password])
def test_reports_are_confirmed_over_tls_with_certificate_and_with_password(
    tmp_path: Path, broker: SampleBroker, authority: Authority, hub_signer: Signer, way: object
) -> None:
    assert callable(way)
    maker = Maker(tmp_path / "site", delivery.site(hub=way(broker, authority, "S1")))
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    hub = RunningHub(tmp_path / "hub", way(broker, authority, "camwarden-hub"))
    with hub, publishing(maker, spool, hub_signer) as publisher:
        maker.cycle(spool, clock())
        publisher.wake()
        assert publisher.drained(PATIENCE_S)


@pytest.mark.parametrize("way", [by_certificate, by_password])
def test_a_site_cannot_write_for_another_nor_read_what_is_not_its_own(
    tmp_path: Path, broker: SampleBroker, authority: Authority, hub_signer: Signer, way: object
) -> None:
    """Site S2 uses its own way in and S1's name in topics: the broker refuses every publish."""
    assert callable(way)
    maker = Maker(tmp_path / "site", delivery.site("S1", hub=way(broker, authority, "S2")))
    spool = maker.open()
    with RunningHub(tmp_path / "hub", way(broker, authority, "camwarden-hub")) as hub:
        with publishing(maker, spool, hub_signer) as publisher:
            maker.cycle(spool, clock())
            publisher.wake()
            waits(lambda: spool.counts()["parked"] == 2)
            assert set(publisher.status().refused_publishes) == {
                "state: Not authorized",
                "event: Not authorized",
                "health: Not authorized",
            }
        assert [e for e in hub.tell.events if e["event"] != "ready"] == []


def test_a_broker_whose_access_list_knows_no_names_holds_up_no_report(
    tmp_path: Path, authority: Authority, hub_signer: Signer
) -> None:
    authority.issue("broker", server=True)
    broker = SampleBroker(tmp_path / "broker", authority.directory)
    acl = authority.directory / "acl"
    acl.write_text(acl.read_text().replace("pattern write vss/v1/+/%u/names\n", ""))
    maker = Maker(tmp_path / "site", delivery.site(hub=by_password(broker, authority, "S1")))
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    hub = RunningHub(tmp_path / "hub", by_password(broker, authority, "camwarden-hub"))
    with broker, hub, publishing(maker, spool, hub_signer) as publisher:
        names = {"author-S1-0000000000000001": "王工"}
        publisher.say(names_message(maker.site, maker.signer, names, clock()))
        maker.cycle(spool, clock())
        publisher.wake()
        assert publisher.drained(PATIENCE_S)
        waits(lambda: publisher.status().refused_publishes == {"names: Not authorized": 1})
        status = publisher.status()
        assert (status.publish_refused_at, status.answers_dropped, status.link) == (None, 0, "connected")
        assert not hub.tell.of("names")


def test_the_access_list_line_by_line(broker: SampleBroker, authority: Authority) -> None:
    def publish(user: str, topic: str) -> bool:
        done = subprocess.run(
            [
                *("mosquitto_pub", "-V", "5", "-q", "1", "-h", "127.0.0.1", "-p", str(broker.password_port)),
                *("--cafile", str(authority.ca), "-u", user, "-P", PASSWORDS[user], "-t", topic, "-m", "x", "-d"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        is_refused = "RC:135" in said or "Not authorized" in said
        assert is_refused or "PUBACK (Mid: 1, RC:" in said, f"{user} {topic}: nobody answered: {said}"
        return not is_refused

    own = ["state", "report/health", "report/config", "event", "gap", "names"]
    for tail in own:
        assert publish("S1", f"vss/v1/datong/S1/{tail}"), tail
        assert not publish("S1", f"vss/v1/datong/S2/{tail}"), tail
        assert not publish("camwarden-hub", f"vss/v1/datong/S1/{tail}"), tail
    for topic in ("vss/v1/datong/S1/ack", "vss/v1/datong/S1/report/other", "vss/v1/datong/S1", "other"):
        assert not publish("S1", topic), topic
    assert publish("camwarden-hub", "vss/v1/datong/S1/ack")
    assert not publish("camwarden-hub", "other")


def test_without_certificate_or_with_a_foreign_one_nobody_gets_in(
    tmp_path: Path, broker: SampleBroker, authority: Authority, hub_signer: Signer
) -> None:
    foreign = Authority(tmp_path / "foreign")
    certificate, key = foreign.issue("S1")
    expired, expired_key = authority.issue("old", lasts=timedelta(days=-1))
    for hub in (
        Hub("127.0.0.1", broker.port, True, authority.ca),
        Hub("127.0.0.1", broker.port, True, authority.ca, certificate, key),
        Hub("127.0.0.1", broker.port, True, authority.ca, expired, expired_key),
    ):
        maker = Maker(tmp_path / "site", delivery.site(hub=hub))
        spool = maker.open()
        with publishing(maker, spool, hub_signer) as publisher:
            waits(lambda publisher=publisher: publisher.status().reason != "")
            assert publisher.status().link in ("offline", "refused")
            assert publisher.status().connects == 0


def test_a_broker_with_a_certificate_of_another_authority_is_not_talked_to(
    tmp_path: Path, broker: SampleBroker, authority: Authority, hub_signer: Signer
) -> None:
    foreign = Authority(tmp_path / "foreign")
    hub = replace(by_password(broker, authority, "S1"), ca=foreign.ca)
    maker = Maker(tmp_path / "site", delivery.site(hub=hub))
    spool = maker.open()
    with publishing(maker, spool, hub_signer) as publisher:
        waits(lambda: publisher.status().reason != "")
        assert "is not signed by the configured CA" in publisher.status().reason
        assert "one" not in publisher.status().reason
    assert " as S1 " not in broker.log, "it got no login, nor anything else that MQTT begins with"


def test_a_renewed_certificate_is_used_at_the_next_connection_without_a_restart(
    tmp_path: Path, broker: SampleBroker, authority: Authority, hub_signer: Signer
) -> None:
    certificate, key = authority.issue("S1", lasts=timedelta(days=-1))
    maker = Maker(
        tmp_path / "site", delivery.site(hub=Hub("127.0.0.1", broker.port, True, authority.ca, certificate, key))
    )
    spool = maker.open()
    with publishing(maker, spool, hub_signer) as publisher:
        waits(lambda: publisher.status().reason != "")
        authority.issue("S1")  # the same files, valid now
        waits(lambda: publisher.status().link == "connected")


BAD_TLS = {
    "no-ca": ("ca", None, "No such file or directory; correct `ca`"),
    "ca-text": ("ca", b"hello", "holds no PEM certificate; correct `ca`"),
    "ca-binary": ("ca", b"\xff\xfe\x00", "not a PEM file; correct `ca`"),
    "no-certificate": ("certificate", None, "No such file or directory; correct `certificate`"),
    "no-key": ("key", None, "No such file or directory; correct `key`"),
    "key-text": ("key", b"hello", "not a PEM certificate and its unencrypted private key"),
    "certificate-text": ("certificate", b"hello", "not a PEM certificate and its unencrypted private key"),
}


@pytest.mark.parametrize("name", BAD_TLS)
def test_a_bad_tls_file_gives_one_line_and_78_before_anything_starts(
    tmp_path: Path, authority: Authority, hub_signer: Signer, name: str
) -> None:
    which, content, expected = BAD_TLS[name]
    certificate, key = authority.issue("S1")
    bad = tmp_path / "bad.pem"
    if content is not None:
        bad.write_bytes(content)
    hub = replace(Hub("127.0.0.1", 1, True, authority.ca, certificate, key), **{which: bad})
    maker = Maker(tmp_path / "site", delivery.site(hub=hub))
    with contextlib.closing(maker.open()) as spool, pytest.raises(ConfigurationError) as caught:
        Publisher(maker.site, spool, maker.signer, {hub_signer.kid: hub_signer.public}, clock, FAST)
    assert str(bad) in str(caught.value)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 78


def test_an_encrypted_key_does_not_ask_at_the_terminal(tmp_path: Path, authority: Authority) -> None:
    certificate, key = authority.issue("S1")
    locked = tmp_path / "locked.key"
    subprocess.run(
        ["openssl", "ec", "-aes256", "-passout", "pass:x", "-in", str(key), "-out", str(locked)],
        check=True,
        capture_output=True,
    )
    with pytest.raises(ConfigurationError, match="unencrypted private key"):
        tls_context(Hub("127.0.0.1", 1, True, authority.ca, certificate, locked))
