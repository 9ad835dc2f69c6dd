"""Orders and answers come back as they were written; what is signed and is no such message is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.contract import orders_json
from agent.contract.envelope import COMMAND_TYP, DESIRED_TYP, REPORTED_TYP, RESULT_TYP, sign_payload
from agent.contract.orders import Command, Desired, Order, Range, Refused, Reported, ReportRef, Result, SpotCheck
from agent.contract.orders_json import read_command, write_command
from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.model.errors import NotVerified

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
RESULT = Result(
    "c-1", "S1", "140200", "e1", "resend", "done", report=ReportRef("e1", "health", 9, "a" * 64), resent=2,
    missing=((3, 4),),
)  # fmt: skip
DESIRED = Desired("S1", 3, NOW, {"retention_days": 30}, LATER, ("id = 'x'",))
REPORTED = Reported("S1", "140200", "e1", 3, {}, "b" * 64, Refused(4, "range", "too long"))
SPOT_CHECK = Command("c-2", "S1", "check-now", NOW, LATER, None, SpotCheck("a" * 32, ("gate",)))


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return load_or_create_signer(tmp_path / "key.pem")


def read_again(folder: Path, first: int, last: int) -> Range | None:
    asked = Range("e1", "health", first, last)
    hub = load_or_create_signer(folder / "hub.pem")
    payload = write_command(Command("c-1", "S1", "resend", NOW, NOW + timedelta(hours=1), asked))
    order = Order("cmd", "c-1", payload, sign_payload(payload, hub, COMMAND_TYP))
    return read_command(order, {hub.kid: hub.public}, "S1").resend


@pytest.mark.parametrize("last", [7, 8, 900])
def test_a_run_of_reports_is_asked_for_again(last: int, tmp_path: Path) -> None:
    assert read_again(tmp_path, 7, last) == Range("e1", "health", 7, last)


def test_a_run_that_ends_before_it_begins_is_none(tmp_path: Path) -> None:
    with pytest.raises(NotVerified, match="signed, but not a payload"):
        read_again(tmp_path, 7, 6)


KINDS: dict[str, tuple[bytes, str, Callable[[bytes, str, Signer], object], object]] = {
    "command": (
        write_command(SPOT_CHECK), COMMAND_TYP,
        lambda payload, jws, one: read_command(Order("cmd", "c-2", payload, jws), {one.kid: one.public}, "S1"),
        SPOT_CHECK,
    ),
    "result": (
        orders_json.write_result(RESULT, NOW), RESULT_TYP,
        lambda payload, jws, one: orders_json.read_result(payload, jws, {one.kid: one.public}), RESULT,
    ),
    "desired": (
        orders_json.write_desired(DESIRED), DESIRED_TYP,
        lambda payload, jws, one: orders_json.read_desired(payload, jws, {one.kid: one.public}, "S1"), DESIRED,
    ),
    "reported": (
        orders_json.write_reported(REPORTED, NOW), REPORTED_TYP,
        lambda payload, jws, one: orders_json.read_reported(payload, jws, {one.kid: one.public}), REPORTED,
    ),
}  # fmt: skip


def told(kind: str, signer: Signer, **changes: Any) -> object:
    """Return what is read of a signed message with these members instead."""
    payload, typ, read, _ = KINDS[kind]
    if changes:
        payload = json.dumps({**json.loads(payload), **changes}).encode()
    return read(payload, sign_payload(payload, signer, typ), signer)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_message_comes_back_as_it_was_written(kind: str, signer: Signer) -> None:
    assert told(kind, signer) == KINDS[kind][3]


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        *((kind, {"schema": "vss-other/1"}) for kind in KINDS),
        ("command", {"cameras": "gate"}),
        ("command", {"cameras": ["gate"] * (orders_json.NAMES_MOST + 1)}),
        ("command", {"nonce": "?"}),
        ("result", {"resent": -1}),
        ("result", {"resent": True}),
        ("result", {"missing": [[1, -2]]}),
        ("result", {"missing": [[1]]}),
        ("result", {"status": "perhaps"}),
        ("result", {"report": {"epoch": "e1", "stream": "health", "seq": -9, "digest": "a" * 64}}),
        ("result", {"report": {"epoch": "e1", "stream": "health", "seq": 9, "digest": "a"}}),
        ("desired", {"version": -3}),
        ("desired", {"version": "3"}),
        ("desired", {"policy": []}),
        ("desired", {"packs": "id = 'x'"}),
        ("desired", {"packs": [7]}),
        ("desired", {"packs": ["\ud800"]}),
        ("desired", {"packs": ["id = 'x'"] * (orders_json.PACKS_MOST + 1)}),
        ("reported", {"version": -1}),
        ("reported", {"policy": None}),
        ("reported", {"config_digest": "b"}),
        ("reported", {"refused": {"version": 4, "reason": "?", "why": ""}}),
    ],
)
def test_what_a_key_of_ours_signed_and_is_no_such_message_is_refused(
    kind: str, changes: dict[str, Any], signer: Signer
) -> None:
    with pytest.raises(NotVerified) as caught:
        told(kind, signer, **changes)
    assert caught.value.reason == "payload"
