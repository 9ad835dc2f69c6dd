"""Probes the gateway: clock, free space, software, service, picture worker."""

import importlib.metadata
import platform
import sqlite3
import ssl
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from agent.host.health import clock_synced, judge_room
from agent.model.finding import Listed, Message, listed
from agent.model.outcome import Outcome, found, not_due, passed
from agent.onsite.doctor.model import Situation, site_of
from agent.version import VERSION
from masking.model import NOT_CONFINED, WorkerError
from masking.worker.client import Worker

UNIT: Final = "camwarden.service"
LIBRARIES: Final = ("opencv-python-headless", "numpy", "paho-mqtt", "cryptography", "zeep")

_SYSTEMD = Path("/run/systemd/system")
_SYSTEMCTL_S = 4.0


def clock(situation: Situation) -> Outcome:
    """Judge whether the gateway's own clock can be compared with a device's. Source: adjtimex(2)."""
    status, site = situation.status, situation.site
    if status is not None and status.age.total_seconds() < -60:
        what = Message("the clock was set back: the service's last look lies {seconds} s ahead", _ahead(status.age))
        return found("fail", "set-back", what, Message("set up NTP on this gateway: timedatectl set-ntp true"))
    if clock_synced():
        return passed(Message("the kernel says that the clock is synchronised"))
    if site is not None and site.policy.own_clock == "trusted":
        return passed(Message("the site vouches for this clock (own_clock = trusted); the kernel does not"))
    what = Message("the clock is not synchronised: devices' clocks and certificates cannot be judged by it")
    return found("fail", "not-synchronised", what, Message("set up NTP on this gateway: timedatectl set-ntp true"))


def _ahead(age: object) -> dict[str, int]:
    seconds = getattr(age, "total_seconds", lambda: 0.0)()
    return {"seconds": round(-seconds)}


def time_zone(situation: Situation) -> Outcome:
    """Report the site's time zone and the gateway's; they may differ."""
    site = site_of(situation)
    there = situation.now.astimezone(ZoneInfo(site.time_zone))
    here = situation.now.astimezone()
    values = {"site": site.time_zone, "there": _offset(there), "here": _offset(here)}
    return passed(Message("cameras: {site} ({there}); this gateway: {here}", values))


def _offset(at: datetime) -> str:
    return f"UTC{at:%z}"


def room(situation: Situation) -> Outcome:
    """Judge what is free on the disk of the state directory: bytes, and whether a full spool still fits."""
    storage = situation.storage
    spool = storage.directory / "spool.db"
    taken = spool.stat().st_size if spool.exists() else 0
    return judge_room(storage.directory, storage.spool_max_bytes - taken)


def software(situation: Situation) -> Outcome:
    """Report the versions that work together here. OpenCV's is read without loading it."""
    versions = {"camwarden": VERSION, "python": platform.python_version(), "openssl": ssl.OPENSSL_VERSION.split()[1]}
    versions["sqlite"] = sqlite3.sqlite_version
    missing = []
    for name in LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    told = listed(f"{name} {version}" for name, version in versions.items())
    if missing:
        what = Message("{told}; no version is told of {missing}", {"told": told, "missing": listed(missing)})
        return Outcome("unknown", what, Message("look how it was installed"), "no-metadata", versions)
    return Outcome("pass", Message("{told}", {"told": told}), evidence=versions)


def service(situation: Situation) -> Outcome:
    """Judge whether the service runs: systemd's state, and the age of its last look."""
    status = situation.status
    step = Message("look why: journalctl -u camwarden -n 50")
    if not _SYSTEMD.is_dir():
        if situation.is_running:
            return passed(Message("there is no systemd here, but the service works"))
        return not_due("no-systemd", Message("there is no systemd here, and no service works"))
    asked = subprocess.run(
        ["systemctl", "is-active", UNIT], capture_output=True, text=True, timeout=_SYSTEMCTL_S, check=False
    )
    state = asked.stdout.strip()[:40]
    if state != "active":
        what = Message("systemd calls {unit} {state}", {"unit": UNIT, "state": repr(state)})
        return found("fail", "not-active", what, Message("start it: systemctl enable --now camwarden"))
    if status is None:
        return found("warn", "no-status", Message("it is active, and has not finished a look yet"), step)
    if status.stale:
        return found("fail", "stale", Message("it is active, but its next look is overdue"), step)
    return passed(Message("it is active and looks"))


def worker(situation: Situation) -> Outcome:
    """Start a picture worker of our own and judge its confinement. The service's is left alone."""
    try:
        with Worker() as one:
            measured = one.measure()
    except WorkerError as error:
        what = Message("the picture worker does not start: {why}", {"why": str(error)})
        return found("fail", "does-not-start", what, Message("install camwarden anew; pictures cannot be judged"))
    limits, ways = list(measured.limits), list(measured.open_ways)
    if ways:
        told = {"ways": listed(ways), "limits": Listed(tuple(limits) or ("-",), "; ")}
        step = Message("install libseccomp2, or allow seccomp in this container")
        if situation.site is not None and situation.site.worker.unconfined == "accept":
            what = Message("pictures are decoded unconfined, as the site accepts; open: {ways} ({limits})", told)
            return found("warn", "worker-unconfined", what, step, limits=limits, open=ways)
        what = Message("it cannot be confined, so that no picture is judged; open to it: {ways} ({limits})", told)
        return found("unknown", NOT_CONFINED, what, step, limits=limits, open=ways)
    if limits:
        what = Message("it is confined, but not by every layer: {limits}", {"limits": Listed(tuple(limits), "; ")})
        step = Message("use a kernel from 5.13 on with Landlock; until then seccomp alone holds")
        return found("warn", "worker-limits", what, step, limits=limits)
    return passed(Message("it starts, and gives up files, network and programs (Landlock, seccomp)"))
