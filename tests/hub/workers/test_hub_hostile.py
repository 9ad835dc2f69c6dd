"""What the hub makes of messages that nobody honest sends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from delivery import Maker
from hubdesk import Desk, chain_of, trusted
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.envelope import REPORT_TYP, sign_payload
from agent.contract.jwk import b64url
from agent.contract.topics import topic
from agent.hub.views.status import write_status
from agent.model.errors import NotVerified
from agent.model.finding import Json
from agent.verify.message import read_message


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


HOSTILE = {
    "no-topic": ("vss/v2/a/b/event", b"{}", "", "topic"),
    "ack-topic": ("vss/v1/datong/S1/ack", b"{}", "", "topic"),
    "wildcard-site": ("vss/v1/datong/S-1/event", b"{}", "", "topic"),
    "empty": ("vss/v1/datong/S1/event", b"", "", "unsigned"),
    "junk-jws": ("vss/v1/datong/S1/event", b"{}", "a..b", "malformed"),
    "huge": ("vss/v1/datong/S1/event", b" " * (1024 * 1024 + 1), "a..b", "size"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_message_of_a_site_is_counted_by_its_reason(desk: Desk, name: str) -> None:
    where, payload, jws, reason = HOSTILE[name]
    event = desk.hand_in(where, payload, jws)
    assert (event["event"], event["reason"]) == ("rejected", reason)
    site = "" if where == "vss/v1/datong/S-1/event" or where.startswith("vss/v2") else "S1"
    shown = write_status(desk.store)["sites"][site]
    assert (shown["rejected"], shown["unverified"]) == ({}, {reason: 1})


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 0},
        {"seq": -1},
        {"seq": 2**63},
        {"seq": True},
        {"seq": "1"},
        {"seq": 1.0},
        {"prev": "x"},
        {"prev": None},
        {"epoch": "\ud800"},
        {"epoch": ["e"]},
        {"epoch": "e" * 65},
        {"body": []},
        {"stream": "state"},
        {"stream": {}},
        {"schema": "vss-report/2"},
        {"site": 1},
    ],
    ids=lambda change: f"{change}".encode("ascii", "backslashreplace").decode(),
)
def test_a_signed_payload_outside_the_contract_is_refused_and_the_hub_goes_on(
    desk: Desk, maker: Maker, change: dict[str, Json]
) -> None:
    trusted(desk, maker)
    payload = json.dumps({**json.loads(chain_of(maker, 1)[0].report.payload), **change}).encode()
    event = desk.hand_in(topic("datong", "S1", "event"), payload, sign_payload(payload, maker.signer, REPORT_TYP))
    reason = "number" if change == {"seq": 2**63} else "payload"
    assert (event["event"], event["reason"]) == ("rejected", reason)
    assert desk.send(chain_of(maker, 1)[0])["event"] == "verified"


def test_deeply_nested_json_is_refused(desk: Desk, maker: Maker) -> None:
    payload = b"[" * 100_000 + b"]" * 100_000
    event = desk.hand_in(topic("datong", "S1", "event"), payload, sign_payload(payload, maker.signer, REPORT_TYP))
    assert (event["event"], event["reason"]) == ("rejected", "too-deep")


def test_a_deeply_nested_header_is_refused_and_the_hub_goes_on(desk: Desk, maker: Maker) -> None:
    """It stands before the signature: whoever may publish at the broker can write it."""
    trusted(desk, maker)
    jws = b64url(b"[" * 3000) + "..AAAA"
    event = desk.hand_in(topic("datong", "S1", "event"), b"{}", jws)
    assert (event["event"], event["reason"]) == ("rejected", "malformed")
    assert desk.send(chain_of(maker, 1)[0])["event"] == "verified"


@given(st.text(), st.binary(), st.text())
@settings(max_examples=200)
def test_arbitrary_messages_are_refused_and_nothing_else(name: str, payload: bytes, jws: str) -> None:
    with pytest.raises(NotVerified):
        read_message(name, payload, jws)
