"""`camwarden verify --follow` and `--topic`: what passes is verified, one line for each fault, nothing is published."""

from __future__ import annotations

import argparse
import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import delivery
import pytest
from caseside import write_files
from delivery import NOW, Maker
from hubside import Peer
from hypothesis import given
from hypothesis import strategies as st
from mosquitto import Broker
from patience import PATIENCE_S

from agent.commands.verify import command as verify_command
from agent.commands.verify import watch
from agent.contract.envelope import STATE_TYP, flatten, sign_payload
from agent.contract.presence import write_state
from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.contract.topics import topic
from agent.contract.watermark import Watermark, write_watermark
from agent.model.errors import HubUnavailable, UsageError
from agent.model.finding import Draft, Envelope, Head
from agent.verify import follow as follow_module
from agent.verify.follow import ChainEvent, Follow
from agent.verify.message import Claim, examine, read_payload

MAKER: list[Maker] = []


@pytest.fixture(scope="module", autouse=True)
def one_maker(tmp_path_factory: pytest.TempPathFactory) -> None:
    MAKER[:] = [Maker(tmp_path_factory.mktemp("site"))]


def events(count: int, epoch: str = "e1") -> list[Envelope]:
    made, _ = MAKER[0].envelopes([delivery.event(n) for n in range(count)], {}, epoch)
    return list(made)


def claim(envelope: Envelope) -> Claim:
    return read_payload(envelope.report.payload, envelope.jws)


def gap(first: int, last: int, digest: str) -> Envelope:
    body = {"stream": "event", "epoch": "e1", "from_seq": first, "to_seq": last, "count": last - first + 1}
    (made,), _ = MAKER[0].envelopes([Draft("gap", {**body, "reason": "spool-full", "last_digest": digest})], {}, "e1")
    return made


def watched(*envelopes: Envelope) -> tuple[list[tuple[str, int, int]], Follow]:
    follow = Follow()
    told = [seen for envelope in envelopes for seen in follow.take(claim(envelope))]
    return [(seen.fault, seen.from_seq, seen.to_seq) for seen in told], follow


def test_a_hole_is_told_when_it_opens_and_when_it_is_filled() -> None:
    made = events(6)
    told, follow = watched(made[0], made[4], made[2], made[1], made[3])
    assert told == [("gap", 2, 4), ("filled", 2, 4)]
    assert follow.open_holes() == ()
    told, follow = watched(made[0], made[4], made[2])
    assert [(hole.from_seq, hole.to_seq) for hole in follow.open_holes()] == [(2, 2), (4, 4)]


def test_a_gap_record_closes_a_hole_before_or_after_it_shows() -> None:
    made = events(5)
    record = gap(2, 3, made[2].report.digest)
    assert watched(made[0], record, made[3], made[4])[0] == []
    assert watched(made[0], made[3], record)[0] == [("gap", 2, 3), ("filled", 2, 3)]
    false = gap(2, 3, "d" * 64)
    assert watched(made[0], false, made[3])[0] == [("tamper", 4, 4)]
    assert ("tamper", 4, 4) in watched(made[0], made[3], false)[0]


def test_forks_duplicates_and_tampering_are_told_apart() -> None:
    made = events(3)
    (other,), _ = MAKER[0].envelopes([delivery.event(77)], {}, "e1")
    told, follow = watched(made[0], made[0], other, made[1])
    assert (told, follow.duplicates) == ([("fork", 1, 1)], 1)
    (bad,), _ = MAKER[0].envelopes([delivery.event()], {"event": Head(1, "b" * 64)}, "e1")
    assert watched(made[0], bad)[0] == [("tamper", 2, 2)]
    assert watched(bad, made[0])[0] == [("tamper", 2, 2)]


@given(st.permutations(range(7)), st.sets(st.integers(0, 6), max_size=4))
def test_watching_in_any_order_ends_with_what_looking_at_all_of_them_finds(order: list[int], lost: set[int]) -> None:
    made = events(7)
    come = [made[place] for place in order if place not in lost]
    _, follow = watched(*come)
    first = come[0].report.seq  # what lies before the first that was seen may have passed before one listened
    found = {(p.from_seq, p.to_seq) for p in examine(claim(e) for e in come) if p.from_seq > first}
    assert {(hole.from_seq, hole.to_seq) for hole in follow.open_holes()} == found


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow_module, "REMEMBERED_MOST", 5)
    monkeypatch.setattr(follow_module, "STREAMS_MOST", 3)
    follow = Follow()
    for number in range(6):
        for envelope in events(20, f"e{number}"):
            assert follow.take(claim(envelope)) == ()
    assert len(follow._streams) == 3
    assert all(len(stream.reports) == 5 for stream in follow._streams.values())
    assert follow.take(claim(events(1, "e5")[0])) == ()  # long ago: neither a fork nor a duplicate can be told
    assert ChainEvent("gap", "S1", "e5", "event", 1, 1) not in follow.open_holes()


def parsed(*words: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.set_defaults(json=True, lang="en")
    verify_command.add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


def key_file(path: Path, *signers: Signer) -> Path:
    path.write_text(json.dumps({"keys": [dict(signer.jwk) for signer in signers]}))
    return path


def send(peer: Peer, envelope: Envelope, retain: bool = False) -> None:
    peer.publish(topic("datong", "S1", envelope.report.stream), envelope.report.payload, envelope.jws, retain)


def birth() -> tuple[bytes, str]:
    maker = MAKER[0]
    payload = write_state(
        maker.presence(),
        "ready",
        NOW,
    )
    return payload, sign_payload(payload, maker.signer, STATE_TYP)


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_topic_is_verified_until_nothing_comes_any_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hub = load_or_create_signer(tmp_path / "hub.pem")
    payload, jws = birth()
    mark = write_watermark(Watermark("S1", "e1", 1, {"event": Head(1, "a" * 64)}), NOW)
    with Broker(tmp_path / "broker") as broker, Peer(broker.port, "none") as peer:
        peer.publish(topic("datong", "S1", "state"), payload, jws, retain=True)
        peer.publish(topic("datong", "S1", "ack"), mark, sign_payload(mark, hub, "vss-ack+json"), retain=True)
        send(peer, MAKER[0].envelopes([delivery.config_report(9)], {}, "e1")[0][0], retain=True)
        words = ("--topic", "vss/v1/datong/S1/#", "--port", broker.port, "--idle", "2")
        keys = key_file(tmp_path / "keys", MAKER[0].signer)
        assert verify_command.run(parsed(*words, "--jwks", keys)) == 3  # nobody said which hub is the right one
        told = lines(capsys.readouterr().out)
        assert [(line["event"], line.get("reason")) for line in told] == [
            ("ready", None),
            ("unchecked", "unknown-key"),
            ("end", None),
        ]
        both = key_file(tmp_path / "both", MAKER[0].signer, hub)
        assert verify_command.run(parsed(*words, "--jwks", both)) == 0
        assert verify_command.run(parsed(*words, "--kid", MAKER[0].signer.kid, "--kid", hub.kid)) == 1
        capsys.readouterr()
        peer.publish(topic("datong", "S1", "ack"), b"", retain=True)
        assert verify_command.run(parsed(*words, "--kid", MAKER[0].signer.kid)) == 0  # the birth shows the key
        assert verify_command.run(parsed(*words, "--jwks", key_file(tmp_path / "other", hub))) == 1
        assert "camwarden-verify-" in broker.log
        assert "Received PUBLISH from camwarden-verify-" not in broker.log


def test_what_is_wrong_on_a_topic_is_told_line_by_line_while_it_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = events(6)
    stop = threading.Event()
    seen: list[int] = []
    with Broker(tmp_path / "broker") as broker:
        keys = key_file(tmp_path / "keys", MAKER[0].signer)
        words = ("--topic", "vss/#", "--port", broker.port, "--jwks", keys, "--follow")
        thread = threading.Thread(target=lambda: seen.append(watch.watch_topic(parsed(*words), stop)))
        thread.start()
        with Peer(broker.port, "none") as peer:
            _until(broker, "SUBACK to camwarden-verify-")
            send(peer, made[0])
            send(peer, made[3])
            peer.publish(topic("datong", "S1", "event"), made[1].report.payload, made[2].jws)
            peer.publish(topic("datong", "S2", "event"), made[4].report.payload, made[4].jws)
            peer.publish(topic("datong", "S1", "health"), made[4].report.payload, made[4].jws)
            peer.publish("vss/v1/datong/S1/event", b"\xff\x00 nonsense")
            peer.publish("vss/other", flatten(made[4].report.payload, made[4].jws))
            peer.publish(topic("datong", "S1", "event"), flatten(made[4].report.payload, made[4].jws))
            _until(broker, "Received PUBACK from camwarden-verify-", 8)
        stop.set()
        thread.join(PATIENCE_S)
    assert seen == [1]
    told = lines(capsys.readouterr().out)
    assert [(line["event"], line.get("reason")) for line in told[1:-1]] == [
        ("gap", None),
        ("failed", "signature"),
        ("failed", "site"),
        ("failed", "topic"),
        ("failed", "unsigned"),
        ("failed", "topic"),
    ]
    end = told[-1]
    assert (end["verified"], end["failed"], len(end["missing"])) == (3, 5, 1)  # type: ignore[arg-type]


def _until(broker: Broker, text: str, times: int = 1) -> None:
    deadline = threading.Event()
    for _ in range(100 * int(PATIENCE_S)):
        if broker.log.count(text) >= times:
            return
        deadline.wait(0.01)
    raise AssertionError(broker.log)


def test_a_broker_that_is_not_there_or_refuses_gives_one_line_and_69(tmp_path: Path) -> None:
    keys = key_file(tmp_path / "keys", MAKER[0].signer)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # taken, and nobody listens: a free one may be somebody else's a moment later
        words = ("--topic", "vss/#", "--port", held.getsockname()[1], "--jwks", keys)
        with pytest.raises(HubUnavailable, match="Connection refused; check that the broker runs"):
            verify_command.run(parsed(*words))
    with (
        Broker(tmp_path / "broker", ["allow_anonymous false"]) as broker,
        pytest.raises(HubUnavailable, match="Not authorized"),
    ):
        verify_command.run(parsed("--topic", "vss/#", "--port", broker.port, "--jwks", keys, "--follow"))


def test_words_that_make_no_sense_give_one_line_and_2(tmp_path: Path) -> None:
    keys = key_file(tmp_path / "keys", MAKER[0].signer)
    rows = [
        ((), "give either files to verify, or a topic"),
        (("x", "--topic", "vss/#", "--jwks", keys), "give either files to verify, or a topic"),
        (("--topic", "a/#/b", "--jwks", keys), "'a/#/b' is not an MQTT topic filter"),
        (("--topic", "vss/v1+", "--jwks", keys), "is not an MQTT topic filter"),
        (("--topic", "vss/#"), "say whom to believe"),
        ((tmp_path, "--kid", "abc"), "'abc' is not a thumbprint"),
        ((keys, "--follow", "--jwks", keys), "--follow watches folders"),
    ]
    for words, expected in rows:
        with pytest.raises(UsageError) as caught:
            verify_command.run(parsed(*words))
        assert expected in str(caught.value)
        assert caught.value.exit_code == 2


RUN_VERIFY = """
import argparse, sys
from agent.commands.verify import command as verify
parser = argparse.ArgumentParser()
parser.set_defaults(json=True, quiet=False, lang="en")
verify.add_arguments(parser)
sys.exit(verify.run(parser.parse_args(sys.argv[1:])))
"""


def test_a_folder_is_followed_and_the_end_tells_what_is_still_missing(tmp_path: Path) -> None:
    made = events(5)
    folder = write_files(tmp_path / "out", made[:1])
    keys = key_file(tmp_path / "keys", MAKER[0].signer)
    words = [str(folder), "--jwks", str(keys), "--follow"]
    child = subprocess.Popen([sys.executable, "-c", RUN_VERIFY, *words], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        assert json.loads(child.stdout.readline())["event"] == "ready"
        write_files(folder, made[3:4])
        assert json.loads(child.stdout.readline()) == {
            **{"event": "gap", "site": "S1", "epoch": "e1", "stream": "event"},
            **{"from_seq": 2, "to_seq": 3},
        }
        write_files(folder, made[1:3])
        assert json.loads(child.stdout.readline())["event"] == "filled"
        part = folder / "part.json"
        part.write_text("{")
        assert json.loads(child.stdout.readline())["event"] == "unusable"
        part.write_bytes(flatten(made[4].report.payload, made[4].jws).replace(b"no answer", b"an answer"))
        assert json.loads(child.stdout.readline())["reason"] == "signature"
        child.send_signal(signal.SIGTERM)
        end = json.loads(child.stdout.readline())
        assert (end["event"], end["verified"], end["failed"], end["missing"]) == ("end", 4, 1, [])
        assert child.wait(PATIENCE_S) == 1
    finally:
        child.kill()
        child.wait(PATIENCE_S)
        child.stdout.close()
