"""A hub with a machine of its own: enrolls a gateway of another machine, lists its findings, and has it upgraded."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress

import packaged_hub
import peers
import pytest
from machine import hand_over, handed_over, said, wait_for
from packaged_hub import DATA, UNITS
from places import BROKER_PORT, CARRIED, DESK_PORT, HUB_ADDRESS, SITE_ID

GATEWAY_WITHIN_S = 300.0
EXPOSURE_MOST = 1.5
SERVE = "camwarden-hub-serve.service"
PAGE = "http://127.0.0.1:8480"
WEB_ENV = packaged_hub.SETTINGS.with_name("web.env")


@pytest.fixture(scope="module", autouse=True)
def running() -> Iterator[None]:
    """Install the package, set the desk, the broker and the services up, hand a token out; in the end say so."""
    wait_for("the network is up", _has_address)
    packaged_hub.install()
    address, broker = (f"{HUB_ADDRESS}:{port}" for port in (DESK_PORT, BROKER_PORT))
    packaged_hub.hub("enroll", "init", "--address", address, "--broker", broker)
    peers.set_up_broker(DATA / "enroll")
    packaged_hub.start(HUB_ADDRESS)
    token = packaged_hub.asked("enroll", "token", "--site", SITE_ID)["tokens"][0]["token"]
    hand_over("token", token)
    yield
    hand_over("hub-is-through", "yes")


def _has_address() -> bool:
    with suppress(OSError), socket.create_server((HUB_ADDRESS, 0)):
        return True
    return False


def test_a_gateway_of_another_machine_enrolls_and_its_reports_are_confirmed() -> None:
    def confirmed() -> bool:
        return bool(packaged_hub.asked("status")["sites"].get(SITE_ID, {}).get("confirmed"))

    wait_for("a report of the gateway is confirmed", confirmed, GATEWAY_WITHIN_S)
    (key,) = packaged_hub.asked("trust", "list")["keys"]
    assert (key["site"], key["by"]) == (SITE_ID, "enrollment")
    peer = said("journalctl", "--no-pager", "--output=cat", "--unit=mosquitto.service")
    log = said("sh", "-c", "cat /var/log/mosquitto/*.log 2>/dev/null || true")
    assert re.search(r"New client connected from 10\.77\.0\.2:\d+ as ", peer + log), "it came over the wire"


def test_its_findings_are_listed_and_it_is_not_silent() -> None:
    told = json.loads(handed_over("gateway.json"))
    rows = packaged_hub.asked("findings")["findings"]
    assert {row["site"] for row in rows} == {SITE_ID}
    assert {row["status"] for row in rows} <= {"fail", "warn", "unknown"}
    assert packaged_hub.asked("silent")["sites"] == []
    own = [row for row in rows if row["status"] == "fail" and not row["caused_by"]]
    failing = sorted([row["check"], row["subject"]] for row in own)
    assert failing and failing == told["failing"], "what the site itself says"


def test_its_page_shows_people_in_a_browser_what_the_command_lists() -> None:
    WEB_ENV.write_text(f"WEB_OPTIONS=--url {PAGE}\n")
    said("systemctl", "start", SERVE)
    rated = re.search(r"exposure level for \S+: ([0-9.]+)", said("systemd-analyze", "--no-pager", "security", SERVE))
    assert rated and float(rated[1]) <= EXPOSURE_MOST
    made = packaged_hub.hub("user", "add", "anna", "--role", "administrator", "--made").split()
    paths = {"city": "/", "findings": "/findings", "site": f"/sites/{SITE_ID}", "audit": "/audit"}
    told = {"url": PAGE, "name": "anna", "password": made[-1], "paths": paths}
    (CARRIED / "page").write_text(json.dumps(told))  # a pipe: who looks at the page waits at its other end
    seen = json.loads(handed_over("seen.json"))
    assert {name: text.split()[0] for name, text in seen.items()} == dict.fromkeys(paths, "200"), seen
    rows = packaged_hub.asked("findings")["findings"]
    assert SITE_ID in seen["findings"] and f"{len(rows)} \u6761" in seen["findings"]
    assert "\u4e0d\u5408\u683c" in seen["site"], "it speaks the browser's language"


def test_the_version_that_it_names_runs_at_the_gateway() -> None:
    offered = json.loads(handed_over("gateway.json"))["offered"]
    packaged_hub.hub("upgrade", offered, "--all", "--by", "anna", "--why", "a gateway of an older version")
    hand_over("named", offered)

    def runs() -> bool:
        return [one["step"] for one in packaged_hub.asked("upgrade")["upgrade"]["sites"]] == ["runs"]

    wait_for("the gateway reports the version", runs, GATEWAY_WITHIN_S)


def test_the_services_ran_without_a_restart() -> None:
    for unit in UNITS:
        told = said("systemctl", "show", "--value", "--property=NRestarts,ActiveState", unit).split()
        assert sorted(told) == ["0", "active"], unit
