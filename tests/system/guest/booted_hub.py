"""The package `camwarden-hub` beside the agent's: takes reports, lists findings, enrolls, backs up, and goes again."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
from collections.abc import Iterator

import gateway
import packaged_hub
import peers
import pytest
from conftest import Gateway
from listing import Listing, difference, listing
from machine import as_user, prop, said, wait_for
from packaged_hub import BACKUPS, DATA, NAME, UNITS
from places import DESK_PORT, SITE_ID, UNIT

EXPOSURE_MOST = 1.5
ALL_UNITS = (*UNITS, "camwarden-hub-backup.service")
OF_AGENT = ("/usr/lib/camwarden/", "/usr/share/doc/camwarden/", "/etc/camwarden/")
"""Where nothing may come or go; what the running service keeps changes by itself."""


@pytest.fixture(scope="module")
def packaged(gateway: Gateway) -> Iterator[Listing]:
    """Give the hub's package in place of the hub that was there, and the guest's files before it was installed."""
    before = listing()
    packaged_hub.install()
    assert [prop("ActiveState", unit) for unit in UNITS] == ["inactive", "inactive"], "nothing is set up yet"
    packaged_hub.take_over()
    yield before
    said("systemctl", "stop", *UNITS, codes=(0, 5))
    packaged_hub.give_back()
    said("rm", "--recursive", "--force", BACKUPS, DATA, "/etc/camwarden-hub")


def test_it_waits_for_its_set_up_and_its_services_are_locked_in(service: Gateway, packaged: Listing) -> None:
    for unit in UNITS:
        assert (prop("ActiveState", unit), prop("UnitFileState", unit)) == ("active", "enabled"), unit
    assert prop("ActiveState", "camwarden-hub-backup.timer") == "active"
    for unit in ALL_UNITS:
        told = said("systemd-analyze", "--no-pager", "security", unit)
        rated = re.search(r"Overall exposure level for \S+: ([0-9.]+)", told)
        assert rated and float(rated[1]) <= EXPOSURE_MOST, told.splitlines()[-1]


def test_no_library_of_pictures_or_xml_is_loaded(packaged: Listing) -> None:
    assert not packaged_hub.imported() & {"cv2", "numpy", "lxml", "zeep", "onvif", "requests"}


def test_it_confirms_what_the_gateway_reports_and_lists_its_findings(service: Gateway, packaged: Listing) -> None:
    confirmed = peers.counts()["confirmed"]
    said("systemctl", "restart", UNIT, within_s=90)
    numbers = gateway.wait_until_confirmed(more_than=confirmed)
    assert (numbers["forks"], numbers["tampered"]) == (0, 0)
    rows = packaged_hub.asked("findings")["findings"]
    assert rows and {row["site"] for row in rows} == {SITE_ID}
    assert packaged_hub.asked("silent")["sites"] == []


def test_its_desk_answers_gateways_and_makes_tokens(service: Gateway, packaged: Listing) -> None:
    assert packaged_hub.asked("enroll", "token", "--site", "other1")["tokens"][0]["site"] == "other1"
    context = ssl.create_default_context(cafile=DATA / "enroll" / "ca.crt")
    with (
        socket.create_connection(("127.0.0.1", DESK_PORT), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        secure.sendall(b"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n")
        assert b" 404 " in secure.recv(64), "it answers, and with the certificate that tokens pin"


def test_a_night_makes_a_verified_backup_and_doctor_sees_it(service: Gateway, packaged: Listing) -> None:
    rows = {row["probe"]: row for row in packaged_hub.asked("doctor", code=1)["probes"]}
    assert rows["backup"]["reason"] == "no-backup"
    said("systemctl", "start", "camwarden-hub-backup.service", within_s=120)
    (folder,) = BACKUPS.iterdir()
    assert packaged_hub.asked("backup", str(folder), "--verify")["files"]["hub.db"]
    done = as_user(NAME, NAME, "doctor", "--json")
    wrong = {row["probe"]: row for row in json.loads(done.stdout)["probes"] if row["status"] in ("fail", "unknown")}
    assert set(wrong) <= {"clock", "disk"}, wrong  # the guest's clock and disk are the machine's
    assert done.returncode == int(bool(wrong))


def test_it_comes_back_when_it_is_killed(service: Gateway, packaged: Listing) -> None:
    pid = int(prop("MainPID", UNITS[0]))
    os.kill(pid, signal.SIGKILL)
    wait_for("another process", lambda: int(prop("MainPID", UNITS[0])) not in (0, pid))
    confirmed = peers.counts()["confirmed"]
    said("systemctl", "restart", UNIT, within_s=90)
    gateway.wait_until_confirmed(more_than=confirmed)


def test_a_purge_keeps_what_was_stored_and_touches_nothing_of_the_agent(service: Gateway, packaged: Listing) -> None:
    before, pid = listing(), prop("MainPID", UNIT)
    told = said("dpkg", "--purge", NAME)
    assert f"{DATA} is kept" in told and (DATA / "hub.db").exists() and (DATA / "hub-key.pem").exists()
    after = listing()
    own = difference(before, after).keys()
    assert [path for path in own if path == "/usr/bin/camwarden" or path.startswith(OF_AGENT)] == []
    assert prop("MainPID", UNIT) == pid
    for unit in UNITS:
        assert prop("LoadState", unit) == "not-found"
    left = {path for path, what in difference(packaged, listing()).items() if what == "new" and NAME in path}
    places = (str(DATA), str(BACKUPS), "/etc/camwarden-hub")
    assert [path for path in left if not path.startswith(places)] == []
