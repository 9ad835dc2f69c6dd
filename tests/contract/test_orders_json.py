"""An order to send again comes back as it was written: of one report, of many, and of none at all it is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.contract.envelope import COMMAND_TYP, sign_payload
from agent.contract.orders import Command, Order, Range
from agent.contract.orders_json import read_command, write_command
from agent.contract.signing_keys import load_or_create_signer
from agent.model.errors import NotVerified

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


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
