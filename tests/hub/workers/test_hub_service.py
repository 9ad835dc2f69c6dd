"""The running hub on a real broker, and its commands."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker
from hubdesk import Desk
from hubside import FAST, Peer, RunningHub, clock
from mosquitto import Broker, free_port
from patience import PATIENCE_S

from agent.commands.hub import command as hub_command
from agent.contract.signing_keys import load_jwks, load_or_create_signer
from agent.deliver.publish.publisher import Publisher
from agent.hub.stores import signing_key, trust
from agent.model.errors import ConfigurationError, Forbidden, HubUnavailable, UsageError
from agent.site.config.site import Hub


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def test_trust_add_while_the_hub_runs_verifies_the_backlog_and_confirms_it(tmp_path: Path) -> None:
    """The enrollment of a new site from end to end: unknown, compared, trusted, confirmed; nothing is restarted."""
    with Broker(tmp_path / "broker") as broker:
        maker = Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1", broker.port, tls=False)))
        assert maker.site.hub is not None
        hub_key = load_or_create_signer(tmp_path / "hub" / signing_key.KEY_NAME)
        spool = maker.open()
        maker.cycle(spool, clock())
        with RunningHub(tmp_path / "hub", maker.site.hub) as hub:
            publisher = Publisher(maker.site, spool, maker.signer, {hub_key.kid: hub_key.public}, clock, FAST)
            publisher.start()
            hub.tell.wait(lambda _: len(hub.tell.of("untrusted")) >= 3)
            assert hub.tell.of("verified") == hub.tell.of("confirmed") == []
            assert not spool.drained()
            trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
            assert publisher.drained(PATIENCE_S)
            assert len(hub.tell.of("verified")) == 2
            assert publisher.stop(5)
    spool.close()


def test_what_the_hub_itself_sends_does_not_come_back_to_it_as_a_message(tmp_path: Path) -> None:
    with (
        Broker(tmp_path / "broker") as broker,
        RunningHub(tmp_path / "hub", Hub("127.0.0.1", broker.port, tls=False)) as hub,
    ):
        with Peer(broker.port, "none") as peer:
            for kind in ("ack", "receipt", "config/desired", "cmd/1"):
                peer.publish(f"vss/v1/datong/S1/{kind}", b"{}")
            peer.publish("vss/v1/datong/S1/event", b"{}")
        hub.tell.wait(lambda _: len(hub.tell.of("rejected")) == 1)
        assert hub.tell.of("rejected")[0]["topic"] == "vss/v1/datong/S1/event"


def test_a_hub_that_was_away_gets_what_the_broker_kept_for_it(tmp_path: Path) -> None:
    with Broker(tmp_path / "broker") as broker:
        options = Hub("127.0.0.1", broker.port, tls=False)
        with RunningHub(tmp_path / "hub", options):
            pass
        with Peer(broker.port, "none") as peer:
            peer.publish("vss/v1/datong/S1/event", b"while you were out")
        with RunningHub(tmp_path / "hub", options) as hub:
            hub.tell.wait(lambda _: len(hub.tell.of("rejected")) == 1)


def test_a_broken_trust_file_does_not_stop_a_running_hub(tmp_path: Path, maker: Maker) -> None:
    with (
        Broker(tmp_path / "broker") as broker,
        RunningHub(tmp_path / "hub", Hub("127.0.0.1", broker.port, tls=False)) as hub,
    ):
        (tmp_path / "hub" / "trust.db").write_text("{")
        hub.tell.wait(lambda _: len(hub.tell.of("trust-refused")) == 1)
        (tmp_path / "hub" / "trust.db").unlink()
        trust.add(tmp_path / "hub", "S1", maker.signer.kid, NOW)
        hub.tell.wait(lambda _: any(event["keys"] == 1 for event in hub.tell.of("trust")))


def namespace(*words: object, as_json: bool = False) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.set_defaults(json=as_json, quiet=False, lang="en")
    hub_command.add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


def test_hub_commands_from_key_to_trust_to_status(
    tmp_path: Path, maker: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "hub"
    assert hub_command.run(namespace("jwks", "--data", data)) == 0
    pinned = tmp_path / "hub.jwks.json"
    pinned.write_text(capsys.readouterr().out)
    assert set(load_jwks(pinned)) == {load_or_create_signer(data / signing_key.KEY_NAME).kid}
    kid = maker.signer.kid
    assert hub_command.run(namespace("trust", "add", "S1", kid, "--data", data)) == 0
    assert hub_command.run(namespace("trust", "list", "--data", data, as_json=True)) == 0
    listed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [(key["site"], key["kid"], key["revoked_at"]) for key in listed["keys"]] == [("S1", kid, None)]
    assert hub_command.run(namespace("trust", "revoke", kid, "--data", data)) == 0
    assert trust.load(data).decide("S1", kid) == "revoked-key"
    desk = Desk(data)
    desk.birth(maker, "e1")
    desk.store.close()
    capsys.readouterr()
    assert hub_command.run(namespace("status", "--data", data, as_json=True)) == 0
    status = json.loads(capsys.readouterr().out)
    assert status["schema"] == "camwarden-hub-status/1"
    assert status["sites"]["S1"]["unverified"] == {"revoked-key": 1}
    assert hub_command.run(namespace("status", "--data", data)) == 0
    assert "not signed by this site 1: revoked-key" in capsys.readouterr().out


KID = "A" * 43
BAD_TRUST = {
    "site": (("add", "S-1", KID), UsageError, "'S-1' is not a site: 1 to 23 of 0-9, A-Z, a-z"),
    "kid": (("add", "S1", "abc"), UsageError, "'abc' is not a thumbprint: 43 characters, as `camwarden keys show`"),
    "unknown": (("revoke", KID), UsageError, "is not in"),
}


@pytest.mark.parametrize("name", BAD_TRUST)
def test_bad_words_for_trust_give_one_line_and_2(tmp_path: Path, name: str) -> None:
    words, kind, expected = BAD_TRUST[name]
    with pytest.raises(kind) as caught:
        hub_command.run(namespace("trust", *words, "--data", tmp_path))
    assert expected in str(caught.value)
    assert caught.value.exit_code == 2


def test_one_key_cannot_speak_for_two_sites(tmp_path: Path) -> None:
    trust.add(tmp_path, "S1", KID, NOW)
    with pytest.raises(UsageError, match="is the key of site S1; each site makes its own"):
        trust.add(tmp_path, "S2", KID, NOW)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", "[" * 100_000, '{"schema": "camwarden-trust/1", "keys": [{"kid": 1}]}']
)
def test_a_bad_trust_file_gives_one_line_and_78(tmp_path: Path, text: str) -> None:
    (tmp_path / "trust.json").write_text(text)
    with pytest.raises(ConfigurationError, match="not a trust file; restore it") as caught:
        trust.load(tmp_path)
    assert caught.value.exit_code == 78


def test_a_broker_that_is_not_there_gives_one_line_and_69(tmp_path: Path) -> None:
    port = free_port()
    with pytest.raises(HubUnavailable) as caught:
        hub_command.run(namespace("run", "--data", tmp_path / "hub", "--port", port))
    assert str(caught.value) == f"127.0.0.1:{port}: Connection refused; check that the broker runs and lets the hub in"
    assert caught.value.exit_code == 69


def test_a_broker_that_refuses_the_login_gives_one_line_and_69(tmp_path: Path) -> None:
    expected = "Not authorized; check that the broker runs and lets the hub in"
    with Broker(tmp_path / "broker", ["allow_anonymous false"]) as broker:
        with_refusal = pytest.raises(HubUnavailable, match=expected)
        with with_refusal:
            hub_command.run(namespace("run", "--data", tmp_path / "hub", "--port", broker.port))


def test_bad_files_for_hub_run_give_one_line(tmp_path: Path) -> None:
    password = tmp_path / "password"
    rows = [
        (("--user", "u"), UsageError, "--user and --password-file belong together"),
        (("--user", "u", "--password-file", password), ConfigurationError, f"{password}: No such file"),
        (
            ("--tls", "--ca", tmp_path / "ca.pem"),
            ConfigurationError,
            "ca.pem: No such file or directory; correct `ca`",
        ),
        (("--tls", "--key", tmp_path / "k"), ConfigurationError, "certificate and key for the broker belong together"),
    ]
    for words, kind, expected in rows:
        with pytest.raises(kind) as caught:
            hub_command.run(namespace("run", "--data", tmp_path / "hub", *words))
        assert expected in str(caught.value)
        assert "\n" not in str(caught.value)
    password.write_text("secret\n")
    password.chmod(0o644)
    with pytest.raises(Forbidden, match="mode 0644 opens the password to others") as refused:
        hub_command.run(namespace("run", "--data", tmp_path / "hub", "--user", "u", "--password-file", password))
    assert "secret" not in str(refused.value)


def test_status_of_a_folder_without_a_hub_gives_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no hub has run here; check --data"):
        hub_command.run(namespace("status", "--data", tmp_path))
    (tmp_path / "hub.db").write_text("something else" * 1000)
    with pytest.raises(ConfigurationError, match="not a hub's database"):
        hub_command.run(namespace("status", "--data", tmp_path))


RUN_HUB = """
import argparse, sys
from agent.commands.hub import command as hub
parser = argparse.ArgumentParser()
parser.set_defaults(json=True, quiet=False, lang="en")
hub.add_arguments(parser)
sys.exit(hub.run(parser.parse_args(sys.argv[1:])))
"""


def test_the_hub_says_ready_once_it_is_subscribed_and_ends_on_sigterm(tmp_path: Path) -> None:
    with Broker(tmp_path / "broker") as broker:
        words = ["run", "--data", str(tmp_path / "hub"), "--port", str(broker.port)]
        child = subprocess.Popen([sys.executable, "-c", RUN_HUB, *words], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        ready = json.loads(child.stdout.readline())
        assert (ready["event"], ready["port"]) == ("ready", broker.port)
        with Peer(broker.port, "none") as peer:  # sent after `ready`: must be seen
            peer.publish("vss/v1/datong/S1/event", b"{}")
        assert json.loads(child.stdout.readline())["event"] == "rejected"
        child.send_signal(signal.SIGTERM)
        assert child.wait(PATIENCE_S) == 0
        child.stdout.close()


def test_two_hubs_on_one_folder_are_told_apart(tmp_path: Path) -> None:
    with Broker(tmp_path / "broker") as broker:
        options = Hub("127.0.0.1", broker.port, tls=False)
        with RunningHub(tmp_path / "hub", options), pytest.raises(UsageError, match=f"process {os.getpid()} uses it"):
            hub_command.run(namespace("run", "--data", tmp_path / "hub", "--port", broker.port))
