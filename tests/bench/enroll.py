"""Bench `enroll`: a hundred fresh gateways, from a rendered ledger to a first report that the hub has confirmed.

Run: python tests/bench/enroll.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fleet_parts import HubProcess
from ledger import city

from agent.observe.inventory.site_skeleton import OWN_STORAGE
from measure.figures import Figure, flags, say, show
from measure.processes import ROOT
from tests.support.mosquitto import SampleBroker, free_port

ENROLLED = Figure("enroll_100_s", "s", 600, "lower")
AT_ONCE = 4
BROKER_FILES = ("ca.crt", "ca.crl", "broker.crt", "broker.key")


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    sites, times = (3, 1) if asked.quick else (100, 3)
    load = round(os.getloadavg()[0], 2)
    walls: list[float] = []
    each: list[float] = []
    for number in range(times):
        say(f"{sites} gateways, {number + 1}/{times}")
        with tempfile.TemporaryDirectory() as name:
            wall_s, single = enrolled(Path(name), sites)
        walls.append(wall_s)
        each += single
    conditions = {
        "sites": sites,
        "at_once": AT_ONCE,
        "slowest_gateway_s": round(max(each), 2),
        "load_1min_before": load,
    }
    show("enroll", asked, {ENROLLED.name: ENROLLED.of(walls)}, conditions)


def enrolled(home: Path, sites: int) -> tuple[float, list[float]]:
    """Return the wall time from the first token to the last confirmed report, and that of each gateway."""
    home.chmod(0o755)
    (home / "city.xlsx").write_bytes(city(sites, 2))
    command("ledger", "render", str(home / "city.xlsx"), "--out", str(home / "sites"), "-q")
    with hub_team(home) as data:
        begun = time.monotonic()
        command("hub", "enroll", "token", "--sites", str(home / "sites"), "--write", "--data", str(data), "-q")
        gateways = [path.parent for path in sorted((home / "sites").glob("*/site.toml"))]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            single = list(pool.map(lambda folder: one(folder, home / "gateways" / folder.name), gateways))
        wall_s = time.monotonic() - begun
        known = json.loads(command("hub", "status", "--data", str(data), "--json"))["sites"]
    if len(gateways) != sites or len(known) != sites or not all(site["verified"] >= 1 for site in known.values()):
        raise RuntimeError(f"the hub has heard of {len(known)} sites of {sites}")
    return wall_s, single


def one(folder: Path, gateway: Path) -> float:
    """Enroll a gateway as a person does: copy the site's folder, one command. Return how long the command took.

    All of them are on one machine, where each needs a state directory of its own: what `camwarden init` writes for it
    is added to the copy.
    """
    shutil.copytree(folder, gateway)
    (gateway / "state").mkdir(mode=0o700)
    config = gateway / "site.toml"
    config.write_text(config.read_text("utf-8") + OWN_STORAGE)
    begun = time.monotonic()
    told = json.loads(
        command("enroll", "--token-file", str(gateway / "enroll-token"), "--config", str(config), "--json")
    )
    if told["report"] != "confirmed" or told["site"] != folder.name:
        raise RuntimeError(f"{folder.name}: {told}")
    return time.monotonic() - begun


@contextmanager
def hub_team(home: Path) -> Iterator[Path]:
    """Run desk, hub and the sample broker, which asks for certificates; yield the hub's data."""
    data, files, desk_port = home / "hub", home / "broker-files", free_port()
    files.mkdir(mode=0o755)
    broker = SampleBroker(home / "broker", files, revocations=True)
    addresses = ("--address", f"127.0.0.1:{desk_port}", "--broker", f"127.0.0.1:{broker.port}")
    command("hub", "enroll", "init", *addresses, "--data", str(data), "-q")
    made = data / "enroll"
    for name in BROKER_FILES:
        shutil.copy(made / name, files / name)
    words = ("--host", "127.0.0.1", "--tls", "--ca", str(made / "ca.crt"))
    hub = HubProcess(
        data, broker.port, (*words, "--certificate", str(made / "hub.crt"), "--key", str(made / "hub.key"))
    )
    with broker, serving(data):
        hub.start()
        try:
            yield data
        finally:
            hub.stop()


@contextmanager
def serving(data: Path) -> Iterator[None]:
    """Run the desk as a process of its own."""
    words = [sys.executable, "-P", "-m", "agent", "hub", "enroll", "serve", "--data", str(data)]
    with (data / "desk.log").open("w+") as log, subprocess.Popen(words, stdout=log, env=environment()) as child:
        try:
            deadline = time.monotonic() + 30
            while "ready" not in (data / "desk.log").read_text():
                if child.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the desk did not start")
                time.sleep(0.05)
            yield
        finally:
            child.terminate()


def command(*words: str) -> str:
    """Run a camwarden command, return what it prints, and end where it fails."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "agent", *words], capture_output=True, text=True, env=environment(), check=False
    )
    if done.returncode:
        raise RuntimeError(f"{words[:3]} ended with {done.returncode}: {(done.stderr + done.stdout)[-2000:]}")
    return done.stdout


def environment() -> dict[str, Any]:
    """Return the environment of a command: this checkout."""
    return os.environ | {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}


if __name__ == "__main__":
    main()
