"""A gateway that runs release 0.1, with reports that wait and memory of looks, takes this version and goes on."""

from __future__ import annotations

import json

import gateway
import peers
import pytest
from machine import main_pid, prop, said
from places import STATE


def open_since() -> dict[tuple[str, str], str]:
    """Return since when each fault is open, by check and subject, as `findings` tells it."""
    told = json.loads(said("camwarden", "findings", "--json", codes=(0, 1)))
    return {(one["check"], one["subject"]): one["detected_at"] for one in told["open"]}


@pytest.mark.usefixtures("gateway")
def test_release_0_1_with_reports_that_wait_goes_on_as_this_version() -> None:
    """One chain from the first report of 0.1 to the first of this version, and faults keep their begin."""
    gateway.begin_anew("release-0.1.deb")
    confirmed = gateway.wait_until_confirmed()["confirmed"]
    peers.stop_broker()
    said("systemctl", "restart", "camwarden.service", within_s=90)
    gateway.wait_until_seen()
    version, pid, waiting, since = gateway.installed_version(), main_pid(), gateway.spool_waits(), open_since()
    assert waiting > 0 and since
    key = (STATE / "report-key.pem").read_bytes()
    gateway.install("this.deb")
    assert prop("ActiveState") == "active" and main_pid() not in (0, pid)
    assert gateway.installed_version() != version
    gateway.wait_until_seen()
    assert gateway.spool_waits() > waiting
    assert (STATE / "report-key.pem").read_bytes() == key
    now = open_since()
    both = since.keys() & now.keys()
    assert both and {fault: now[fault] for fault in both} == {fault: since[fault] for fault in both}
    peers.start_broker()
    gateway.wait_until_confirmed(more_than=confirmed)
    newest = peers.streams()[-1].epoch
    for stream in peers.streams():
        if stream.epoch == newest:
            assert sorted(stream.numbers) == list(range(1, len(stream.numbers) + 1)), stream.name
    assert not any(peers.gaps().values())
    assert (peers.counts()["forks"], peers.counts()["tampered"]) == (0, 0)
