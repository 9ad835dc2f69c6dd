"""A connection's number is never one that the site has used: not after its state folder was restored or copied."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from delivery import NOW, Maker
from hubside import Peer, clock, maker_on, publishing
from mosquitto import Broker
from patience import waits

from agent.contract.envelope import STATE_TYP, sign_payload
from agent.contract.presence import Status, write_state
from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.deliver.publish.messages import DecodedMessage
from agent.deliver.publish.received import number_in_use

STATE = "vss/v1/datong/S1/state"


def retained(maker: Maker, epoch: str, number: int, status: Status = "disconnected") -> tuple[bytes, str]:
    payload = write_state(maker.presence(epoch, number), status, NOW)
    return payload, sign_payload(payload, maker.signer, STATE_TYP)


def born(peer: Peer) -> list[int]:
    told = [json.loads(bytes(one["payload"])) for one in peer.of("/state")]  # type: ignore[arg-type]
    return [one["connection_no"] for one in told if one["status"] == "ready"]


@pytest.mark.parametrize("status", ["disconnected", "lost", "ready"])
def test_a_restored_state_folder_takes_a_number_above_the_one_that_the_broker_has_retained(
    tmp_path: Path, broker: Broker, hub_signer: Signer, status: Status
) -> None:
    maker = maker_on(tmp_path, broker, confirm="broker")
    spool = maker.open()
    with Peer(broker.port) as peer:
        peer.publish(STATE, *retained(maker, spool.epoch, 9, status), retain=True)
        maker.cycle(spool, clock())
        with publishing(maker, spool, hub_signer) as publisher:
            waits(lambda: 10 in born(peer))
            waits(spool.drained)
            assert publisher.status().connection_no == 10
            assert publisher.status().refused_publishes == {}
    spool = maker.open()
    assert spool.next_connection_no() == 11
    spool.close()


def test_a_first_connection_keeps_its_number(tmp_path: Path, broker: Broker, hub_signer: Signer) -> None:
    maker = maker_on(tmp_path, broker, confirm="broker")
    spool = maker.open()
    with Peer(broker.port) as peer:
        for number in (1, 2):
            with publishing(maker, spool, hub_signer):
                waits(lambda number=number: number in born(peer))
            spool = maker.open()
        spool.close()
        assert born(peer) == [1, 2]


def test_only_the_sites_own_word_of_this_epoch_moves_its_number(tmp_path: Path) -> None:
    maker, stranger = Maker(tmp_path / "site"), load_or_create_signer(tmp_path / "other.pem")
    mine, key = maker.presence("e1", 3), maker.signer.public
    payload, jws = retained(maker, "e1", 3)

    def number(name: str, payload: bytes, jws: str, own: tuple[bytes, ...] = ()) -> int:
        return number_in_use(DecodedMessage(name, payload, jws), mine, own, key)

    assert number(STATE, payload, jws) == 3
    assert number(STATE, payload, jws, own=(b"", payload)) == 0
    assert number(STATE, *retained(maker, "e1", 2)) == 0
    assert number(STATE, *retained(maker, "e0", 9)) == 0
    assert number("vss/v1/datong/S2/state", payload, jws) == 0
    assert number(STATE, payload, sign_payload(payload, stranger, STATE_TYP)) == 0
    assert number(STATE, payload.replace(b":3", b":9"), jws) == 0
    assert number(STATE, b"{}", sign_payload(b"{}", maker.signer, STATE_TYP)) == 0
    assert number(STATE, *retained(maker, "e1", 2**53)) == 0
    assert number(STATE, b"", "") == 0
