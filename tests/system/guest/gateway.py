"""The gateway under test: what an operator does to it, and what it says of itself."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import peers
from machine import prop, props, said, wait_for
from places import DROP_INS, PACKAGES, PEERS, SECRETS_TOML, SITE_FILES, SITE_TOML, STATE, TOKEN, UNIT

ENROLLED_TOML = PEERS / "enrolled.toml"
"""site.toml after enrollment: what every test begins with."""


def install(name: str) -> None:
    """Install one of the packages, as `apt install ./NAME` does once all is downloaded."""
    said("dpkg", "--install", "--force-confdef", "--force-confold", PACKAGES / name, within_s=120)


def installed_version() -> str:
    """Return the version of the package that dpkg knows."""
    return said("dpkg-query", "--show", "--showformat=${Version}", "camwarden")


def forget() -> None:
    """Purge the package and delete what people and the service wrote, as README.Debian says."""
    said("dpkg", "--purge", "camwarden")
    for folder in (SITE_TOML.parent, STATE):
        shutil.rmtree(folder, ignore_errors=True)


def begin_anew(name: str) -> None:
    """Put a gateway into use that has nothing of us on it, with one of the packages."""
    peers.start_broker()
    forget()
    install(name)
    put_into_use()


def put_into_use(token: str = "") -> dict[str, Any]:
    """Take the first steps that the README says, with the package installed; return what `enroll` told.

    `token`: from the hub's team; empty: from the desk that is a neighbour here.
    """
    (SITE_FILES / "site.toml").write_text(as_rendered((SITE_FILES / "site.toml").read_text()))
    configure(SITE_FILES / "site.toml")
    TOKEN.write_text(token or peers.token())
    told: dict[str, Any] = json.loads(said("camwarden", "enroll", "-", "--json", typed=TOKEN.read_text(), within_s=90))
    ENROLLED_TOML.write_text(SITE_TOML.read_text())
    said("systemctl", "enable", "--now", UNIT, within_s=90)
    return told


def as_rendered(text: str) -> str:
    """Return a site.toml as `ledger render` gives it: no hub yet, and the agent's own files where they belong."""
    return re.sub(r"\[(storage|hub)\]\n(?:\w+ = .*\n)+", "", text)


def configure(site_toml: Path) -> None:
    """Put the site's files where the service reads them, with owners and modes as systemd/README.md says."""
    SITE_TOML.write_text(site_toml.read_text())
    SITE_TOML.chmod(0o640)
    said("chown", "root:camwarden", SITE_TOML)
    SECRETS_TOML.write_text((SITE_FILES / "secrets.toml").read_text())
    SECRETS_TOML.chmod(0o600)


def restore() -> None:
    """Bring the service back to what every test begins with: no drop-in, the right files, running."""
    for path in DROP_INS.glob("*.conf"):
        path.unlink()
    said("systemctl", "daemon-reload")
    peers.start_broker()
    configure(ENROLLED_TOML)
    said("systemctl", "reset-failed", UNIT)
    said("systemctl", "restart", UNIT, within_s=90)


def wait_until_seen() -> str:
    """Wait for the end of the running process's first cycle and return what it tells systemd."""
    return wait_for("a first cycle", lambda: prop("StatusText"), within_s=45)


def wait_until_confirmed(more_than: int = 0) -> dict[str, int]:
    """Wait until the spool is empty and the hub has confirmed more than that many reports; return the hub's numbers."""

    def all_of_them() -> dict[str, int] | None:
        if spool_waits():
            return None
        numbers = peers.counts()
        return numbers if numbers["confirmed"] > more_than else None

    return wait_for(f"the hub has confirmed more than {more_than} reports and the spool is empty", all_of_them, 60)


def spool() -> dict[str, int]:
    """Return how many reports of the spool are in which state, by what it says itself."""
    by_stream = json.loads(said("camwarden", "queue", "list", "--json"))["counts"].values()
    states: Counter[str] = Counter()
    for counts in by_stream:
        states.update(counts)
    return dict(states)


def spool_waits() -> int:
    """Return how many reports the hub has not confirmed yet."""
    return sum(count for state, count in spool().items() if state != "confirmed")


def times_started() -> int:
    """Return how often systemd has restarted the service by itself."""
    return int(prop("NRestarts"))


def ended() -> dict[str, str]:
    """Return how the service last ended."""
    return props("ActiveState", "SubState", "Result", "ExecMainStatus", "NRestarts", "MainPID")


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the content of the files in a folder, by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
