"""The gateway's neighbours: simulated devices, mosquitto, and a hub, each a unit of the guest."""

from __future__ import annotations

import json
import secrets
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from machine import said, transient, wait_for
from places import CHECKOUT, HUB_DATA, INSTALLED, LIBRARIES, PASSWORDS, PEERS, SITE_FILES, SITE_ID

BROKER_CONF = Path("/etc/mosquitto/conf.d/site.conf")
BROKER_PASSWORDS = Path("/etc/mosquitto/passwords")
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
    logins = {SITE_ID: secrets.token_urlsafe(16), "camwarden-hub": secrets.token_urlsafe(16)}
    _start_broker(logins)
    HUB_DATA.mkdir(mode=0o700)
    PASSWORDS.mkdir(mode=0o700)
    jwks = PEERS / "hub-jwks.json"
    jwks.write_text(hub("jwks"))
    password = PASSWORDS / "hub"
    password.write_text(logins["camwarden-hub"])
    password.chmod(0o600)
    at_broker = ("--host", "127.0.0.1", "--port", "1883", "--user", "camwarden-hub", "--password-file", password)
    transient("test-hub", *_python(), HERE / "peer_command.py", "hub", "run", "--data", HUB_DATA, *at_broker)
    rows = {"host": "127.0.0.1", "port": 1883, "tls": False, "jwks": str(jwks), "confirm": "hub"}
    rows |= {"user": SITE_ID, "password": logins[SITE_ID]}
    login = PASSWORDS / "site.json"
    login.write_text(json.dumps(rows))
    transient("test-site", *_python(), HERE / "simulated_site.py", CHECKOUT, LIBRARIES, SITE_FILES, login)
    wait_for("the simulated site has written its files", (SITE_FILES / "site.toml").exists)
    wait_for("the hub has its database", (HUB_DATA / "hub.db").exists)


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


def _start_broker(logins: dict[str, str]) -> None:
    for user, password in logins.items():
        create = [] if BROKER_PASSWORDS.exists() else ["-c"]
        said("mosquitto_passwd", *create, "-b", BROKER_PASSWORDS, user, password)
    said("chown", "mosquitto", BROKER_PASSWORDS)
    BROKER_CONF.write_text(
        f"listener 1883 127.0.0.1\nallow_anonymous false\npassword_file {BROKER_PASSWORDS}\nmax_packet_size 262144\n"
    )
    said("systemctl", "restart", BROKER)


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
