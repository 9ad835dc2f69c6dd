"""A gateway with a machine of its own: enrolls at a hub of another machine, and is upgraded by that hub's word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import gateway
import peers
from machine import hand_over, handed_over, main_pid, prop, said, wait_for
from places import BROKER_PORT, HUB_ADDRESS, PACKAGES, SITE_FILES, SITE_ID, STATE

FOLDER: Final = PACKAGES / "apt"
SOURCES: Final = Path("/etc/apt/sources.list.d/camwarden.sources")
UPGRADE: Final = "camwarden-upgrade.service"
NAMED_WITHIN_S: Final = 120.0
"""The hub looks after its upgrades each half a minute, and sends a second or two later."""


def test_it_enrolls_over_the_network_and_everything_it_reports_is_confirmed() -> None:
    gateway.install("older.deb")
    peers.start_site()
    with (SITE_FILES / "site.toml").open("a") as file:
        file.write("\n[upgrade]\nallow = true\n")
    told = gateway.put_into_use(handed_over("token"))
    assert (told["site"], told["report"], told["broker"]) == (SITE_ID, "confirmed", f"{HUB_ADDRESS}:{BROKER_PORT}")
    gateway.wait_until_seen()
    wait_for("the hub has confirmed all", lambda: not gateway.spool_waits(), within_s=90)
    found = json.loads(said("camwarden", "findings", "--json", codes=(0, 1, 3)))["open"]
    failing = sorted([one["check"], one["subject"]] for one in found if one["status"] == "fail")
    (offered,) = PACKAGES.glob("camwarden_*.deb")
    release = said("dpkg-deb", "--field", offered, "Version").partition("-")[0]
    hand_over("gateway.json", json.dumps({"failing": failing, "offered": release}))


def test_root_installs_the_version_that_the_hub_names_from_the_signed_folder() -> None:
    codename = said("sh", "-c", ". /etc/os-release; echo $VERSION_CODENAME").strip()
    key = FOLDER / "camwarden-archive-keyring.asc"
    lines = ("Types: deb", f"URIs: file:{FOLDER}", f"Suites: {codename}", "Components: main", f"Signed-By: {key}")
    SOURCES.write_text("\n".join(lines) + "\n")
    said("systemctl", "stop", UPGRADE.replace(".service", ".timer"))  # this test says when
    named, before = handed_over("named"), main_pid()
    wait_for("the service leaves the version for root", (STATE / "wanted-version").exists, NAMED_WITHIN_S)
    assert gateway.installed_version() == "0.0.9-1", "the service itself installs nothing"
    said("systemctl", "start", UPGRADE, within_s=180)
    assert gateway.installed_version().startswith(f"{named}-")
    assert said("camwarden", "--version").split()[-1] == named
    assert main_pid() not in (0, before) and prop("ActiveState") == "active"
    wait_for("nothing is wanted any more", lambda: not (STATE / "wanted-version").exists())
    handed_over("hub-is-through")
