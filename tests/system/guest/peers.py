"""The gateway's neighbours: simulated devices, mosquitto, a hub and its enrollment desk, each a unit of the guest."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from machine import said, transient, wait_for
from places import (
    BROKER_PORT,
    CHECKOUT,
    DESK_PORT,
    HUB_DATA,
    INSTALLED,
    LIBRARIES,
    PEERS,
    SITE_FILES,
    SITE_ID,
)

SAMPLE = CHECKOUT / "packaging" / "mosquitto"
AUTHORITY = HUB_DATA / "enroll"
BROKER_CONF = Path("/etc/mosquitto/mosquitto.conf")
BROKER_FILES = Path("/etc/mosquitto/camwarden")
BROKER = "mosquitto.service"
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Stream:
    """What the hub holds of one stream of one epoch: its numbers in the order in which they arrived."""

    epoch: str
    name: str
    numbers: tuple[int, ...]


def start() -> None:
    """Start all of them. The libraries are those that the package brought, under names that outlive it."""
    PEERS.mkdir()
    said("cp", "-al", INSTALLED / "site-packages", LIBRARIES)
    HUB_DATA.mkdir(mode=0o700)
    hub("enroll", "init", "--address", f"127.0.0.1:{DESK_PORT}", "--broker", f"127.0.0.1:{BROKER_PORT}")
    set_up_broker(AUTHORITY)
    start_hub()
    _start_site()


def start_site() -> None:
    """Start the simulated devices alone: broker, hub and desk are on another machine."""
    PEERS.mkdir()
    said("cp", "-al", INSTALLED / "site-packages", LIBRARIES)
    _start_site()


def _start_site() -> None:
    transient("test-site", *_python(), HERE / "simulated_site.py", CHECKOUT, LIBRARIES, SITE_FILES)
    wait_for("the simulated site has written its files", (SITE_FILES / "site.toml").exists)  # the last one


def start_hub() -> None:
    """Start the hub and its desk on the data that there are."""
    own = [*_python(), HERE / "peer_command.py", "hub"]
    certificate = ("--ca", AUTHORITY / "ca.crt", "--certificate", AUTHORITY / "hub.crt", "--key", AUTHORITY / "hub.key")
    at_broker = ("--host", "127.0.0.1", "--port", str(BROKER_PORT), "--tls", *certificate)
    transient("test-hub", *own, "run", "--data", HUB_DATA, *at_broker)
    transient("test-desk", *own, "enroll", "serve", "--data", HUB_DATA)
    wait_for("the hub has its database", (HUB_DATA / "hub.db").exists)
    wait_for("the desk listens", lambda: _accepts(DESK_PORT))


def stop_hub() -> None:
    """End the hub and its desk."""
    said("systemctl", "stop", "test-hub", "test-desk")


def hub(*words: str) -> str:
    """Run a command of the hub and return what it printed."""
    return said(*_python(), HERE / "peer_command.py", "hub", *words, "--data", HUB_DATA)


def counts() -> dict[str, int]:
    """Return the hub's own numbers of the site, all 0 before it knows it."""
    sites = json.loads(hub("status", "--json"))["sites"]
    numbers: dict[str, int] = {"verified": 0, "confirmed": 0, "forks": 0, "tampered": 0, "new_epochs": 0}
    return numbers | {key: value for key, value in sites.get(SITE_ID, {}).items() if key in numbers}


def gaps() -> dict[str, int]:
    """Return what the hub misses of the site."""
    found: dict[str, int] = json.loads(hub("status", "--json"))["sites"][SITE_ID]["gaps"]
    return found


def streams() -> tuple[Stream, ...]:
    """Return the numbers of all reports in the hub's database."""
    with sqlite3.connect(f"file:{HUB_DATA / 'hub.db'}?mode=ro", uri=True) as db:
        rows = db.execute("SELECT epoch, stream, seq FROM report WHERE site = ? AND fork = 0 ORDER BY id", (SITE_ID,))
        found: dict[tuple[str, str], list[int]] = {}
        for epoch, stream, seq in rows:
            found.setdefault((epoch, stream), []).append(seq)
    return tuple(Stream(epoch, name, tuple(numbers)) for (epoch, name), numbers in found.items())


def token() -> str:
    """Have the hub's team make an enrollment token for the site."""
    made = json.loads(hub("enroll", "token", "--site", SITE_ID, "--json"))["tokens"]
    return str(made[0]["token"])


def set_up_broker(authority: Path) -> None:
    """Set mosquitto up as packaging/mosquitto/README.md says, with what a desk's authority has issued for it."""
    BROKER_FILES.mkdir()
    for name in ("ca.crt", "ca.crl", "broker.crt", "broker.key"):
        shutil.copy(authority / name, BROKER_FILES)
    shutil.copy(SAMPLE / "acl", BROKER_FILES)
    (BROKER_FILES / "passwords").touch()
    for path in (BROKER_FILES, *BROKER_FILES.iterdir()):
        path.chmod(0o700 if path.is_dir() else 0o600)
    said("chown", "--recursive", "mosquitto:", BROKER_FILES)
    BROKER_CONF.write_text((SAMPLE / "mosquitto.conf").read_text().replace("# crlfile", "crlfile"))
    said("systemctl", "restart", BROKER)
    wait_for("the broker listens", lambda: _accepts(BROKER_PORT))


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def _python() -> tuple[str, ...]:
    return (sys.executable, "-B", "-s")


def stop_broker() -> None:
    """Let neither site nor hub reach the other."""
    said("systemctl", "stop", BROKER)


def start_broker() -> None:
    """Let them talk again. The hub begins anew: its own pauses between attempts are not what is tested here."""
    said("systemctl", "start", BROKER)
    said("systemctl", "restart", "test-hub")


def listening() -> bool:
    """Say whether the broker accepts connections."""
    return subprocess.run(["systemctl", "is-active", "--quiet", BROKER]).returncode == 0
