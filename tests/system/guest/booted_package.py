"""The package: another version takes its place and goes again, and purging leaves what people made."""

from __future__ import annotations

import gateway
import peers
from booted_service import assert_without_gap
from conftest import Gateway
from listing import difference, listing
from machine import main_pid, prop, said
from places import SECRETS_TOML, SITE_TOML, STATE, UNIT

USERS = {f"/etc/{name}{old}" for name in ("passwd", "group", "shadow", "gshadow") for old in ("", "-")} | {
    "/etc/.pwd.lock"
}
"""Where the service's user stands."""


def operators_files() -> list[tuple[bytes, int, str, str]]:
    """Return content, mode, owner and group of what the operator wrote."""
    files = (SITE_TOML, SECRETS_TOML)
    return [(path.read_bytes(), path.stat().st_mode, path.owner(), path.group()) for path in files]


def test_another_version_keeps_reports_key_and_files(service: Gateway) -> None:
    """Down to the version before and up again, while reports wait for a broker that is away."""
    version, confirmed = gateway.installed_version(), gateway.wait_until_confirmed()["confirmed"]
    peers.stop_broker()
    key = (STATE / "report-key.pem").read_bytes()
    written = operators_files()
    for package in ("before.deb", "this.deb"):
        pid, waiting = main_pid(), gateway.spool_waits()
        gateway.install(package)
        assert prop("ActiveState") == "active" and main_pid() not in (0, pid), package
        gateway.wait_until_seen()
        assert gateway.spool_waits() > waiting, package
        assert (STATE / "report-key.pem").read_bytes() == key
        assert operators_files() == written
        assert (gateway.installed_version() == version) == (package == "this.deb")
    peers.start_broker()
    assert_without_gap(gateway.wait_until_confirmed(more_than=confirmed))


def test_purging_leaves_nothing_but_what_people_and_the_service_wrote(service: Gateway) -> None:
    """Compared with the machine before installation; the user stays, whose files these are."""
    said("dpkg", "--purge", "camwarden")
    left = difference(service.bare, listing())
    ours = {path for path in left if path.startswith(("/etc/camwarden", "/var/lib/camwarden"))}
    assert {str(SITE_TOML), str(SECRETS_TOML)} <= ours
    assert left.keys() - ours - USERS == set()
    assert prop("LoadState", UNIT) == "not-found"
