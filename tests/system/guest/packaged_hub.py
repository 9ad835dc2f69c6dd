"""The package `camwarden-hub` in the guest: takes the data of the hub that was there over, and gives them back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import peers
from machine import as_user, said, wait_for
from places import HUB_DATA, PACKAGES

NAME = "camwarden-hub"
DATA = Path("/var/lib/camwarden-hub")
BACKUPS = Path("/var/lib/camwarden-hub-backup")
SETTINGS = Path("/etc/camwarden-hub/hub.env")
INSTALLED = Path("/usr/lib/camwarden-hub")
UNITS = ("camwarden-hub.service", "camwarden-hub-enroll.service")
SAMPLE = Path("/usr/share/doc/camwarden-hub/examples/hub.env")


def install() -> None:
    """Install the package; nothing runs yet, since nothing is set up."""
    said("dpkg", "--install", PACKAGES / "hub.deb", within_s=120)


def take_over() -> None:
    """Stop the hub that was there, move its data to where the package's is, and start that one as README.Debian says.

    The place of the data stays a way to them, so that what looks at the hub's store finds it.
    """
    peers.stop_hub()
    _move(HUB_DATA, DATA)
    said("chown", "--recursive", f"{NAME}:", DATA)
    HUB_DATA.rmdir()
    HUB_DATA.symlink_to(DATA)
    start("127.0.0.1")


def start(broker: str) -> None:
    """Name the broker and start the services, as README.Debian says."""
    SETTINGS.write_text(SAMPLE.read_text().replace("broker.city.example", broker))
    said("systemctl", "start", *UNITS)
    wait_for("the hub of the package runs", lambda: "ready" in hub_journal())


def give_back() -> None:
    """Move the data back, and start the hub that was there again."""
    HUB_DATA.unlink()
    HUB_DATA.mkdir(mode=0o700)
    _move(DATA, HUB_DATA)
    said("chown", "--recursive", "root:", HUB_DATA)
    peers.start_hub()


def hub(*words: str, code: int = 0) -> str:
    """Run a command of the package's hub as its user, and return what it printed."""
    done = as_user(NAME, NAME, *words)
    assert done.returncode == code, f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def asked(*words: str, code: int = 0) -> dict[str, Any]:
    """Return what a command of the package's hub tells as JSON."""
    told: dict[str, Any] = json.loads(hub(*words, "--json", code=code))
    return told


def hub_journal() -> str:
    """Return what the hub of the package has said."""
    return said("journalctl", "--no-pager", "--output=cat", "--unit=camwarden-hub.service")


def imported() -> set[str]:
    """Return the packages that are loaded when every module of the hub is, by the package's own interpreter.

    But for what needs pika: the extra `province` is in no package of ours, and `hub run --amqp` says so.
    """
    script = (
        "import importlib, json, pkgutil, sys; sys.path.append(sys.argv[1])\n"
        "import agent.hub, agent.commands.hub\n"
        "for one in (agent.hub, agent.commands.hub):\n"
        "    for each in pkgutil.walk_packages(one.__path__, one.__name__ + '.'):\n"
        "        try:\n"
        "            importlib.import_module(each.name)\n"
        "        except ModuleNotFoundError as error:\n"
        "            if error.name != 'pika':\n"
        "                raise\n"
        "print(json.dumps([name.partition('.')[0] for name in sys.modules]))"
    )
    return set(json.loads(said("/usr/bin/python3", "-ISB", "-c", script, INSTALLED / "site-packages")))


def _move(source: Path, target: Path) -> None:
    for path in source.iterdir():
        shutil.move(path, target / path.name)
