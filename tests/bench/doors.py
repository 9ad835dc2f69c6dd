"""Measures whether whoever compares the doors of a site at one look finds a difference.

A faulty site (the demo's, looked at once by the real cycle) and one in order are read through every door of the site.
Run alone: python tests/bench/doors.py [--quick] [--json].
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from handed_over import checked
from site_doors import site_doors
from sites import camera, gateway, healthy_camera, healthy_device, site
from smaller_site import only, unhurried
from ui_desk import desk_of

from agent.commands.ui.office import office_of
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES
from agent.model.matters import counts
from agent.onsite.one_look.result import CheckResult
from masking.worker.client import Worker
from measure.figures import Figure, flags, say, show

DOORS = Figure("doors", "doors", 10, "higher")
DIFFER = Figure("doors_that_differ", "doors", 0, "lower")

QUICK_DEVICE, QUICK_CAMERAS = "recorder", ("gate", "yard")


def demo_look(*, quick: bool) -> CheckResult:
    """Return one look of the real cycle at the demo's site, in quick at two of its cameras."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        devices = tuple(one for one in DEVICES if not quick or one.id == QUICK_DEVICE)
        cameras = tuple(one for one in CAMERAS if not quick or one.device == QUICK_DEVICE)
        running = stack.enter_context(SimulatedSite(lambda: datetime.now(UTC), devices, cameras))
        config = unhurried(running.write_config(folder, {"host": "127.0.0.1", "confirm": "broker", "tls": False}))
        if quick:
            config.write_text(only(config.read_text(), (QUICK_DEVICE,), QUICK_CAMERAS))
        worker = stack.enter_context(Worker())
        desk = desk_of(config, worker).desk
        place, loaded = desk.place, desk.state.site
        return office_of(worker, place.credentials, place.clock, loaded.storage.runtime).check(loaded)


def healthy_look() -> CheckResult:
    """Return a look at a site in order."""
    names = ("gate", "yard", "hall")
    told = (*gateway(), *healthy_device(), *(one for name in names for one in healthy_camera(name)))
    return checked(site(*map(camera, names)), told)


def differing(look: CheckResult, doors: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Yield the doors that show another number than the fold of the look's findings."""
    right = counts(look.seen.findings)
    for door, told in doors.items():
        if not told or any(right[status] != count for status, count in told.items()):
            yield door


def main() -> None:
    """Read both sites through every door."""
    asked = flags(__doc__ or "")
    looks = {"faulty": demo_look(quick=asked.quick), "healthy": healthy_look()}
    read = {name: site_doors(look) for name, look in looks.items()}
    wrong = [f"{name}: {door}" for name, look in looks.items() for door in differing(look, read[name])]
    for one in wrong:
        say(one)
    figures = {DOORS: len(read["faulty"]), DIFFER: len(wrong)}
    conditions = {"counts": {name: counts(look.seen.findings) for name, look in looks.items()}, "differ": wrong}
    show("doors", asked, {one.name: one.of([float(value)]) for one, value in figures.items()}, conditions)


if __name__ == "__main__":
    main()
