"""The devices of the site, a unit of the guest: writes the site's folder, then answers until it is ended."""

from __future__ import annotations

import json
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

checkout, libraries, directory, *hub = sys.argv[1:]
sys.path[:0] = [checkout, libraries]

from agent.demo.site import SimulatedSite  # noqa: E402
from agent.demo.world.cameras import CAMERAS, DEVICES, ISAPI_CAMERAS, ISAPI_DEVICES  # noqa: E402  # noqa: E402 - found only now

NO_HUB = {"host": "unknown.invalid"}
"""What `[hub]` says where no file of its rows was named: the gateway is yet to be enrolled."""

ON_SITE = ("gate", "corridor", "annex", "library")
"""Four cameras behind three devices of both kinds; none that hangs, so that a cycle takes a few seconds."""

cameras = [camera for camera in CAMERAS + ISAPI_CAMERAS if camera.id in ON_SITE]
devices = [device for device in DEVICES + ISAPI_DEVICES if device.id in {camera.device for camera in cameras}]
with SimulatedSite(lambda: datetime.now(UTC), devices, cameras) as site:
    site.write_config(Path(directory), json.loads(Path(hub[0]).read_text()) if hub else NO_HUB)
    signal.sigwait({signal.SIGTERM})
