"""`hub status` begins at once: it imports nothing that talks to devices, judges pictures or serves pages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HEAVY = (
    "drivers.model",
    "drivers.details",
    "masking",
    "agent.site.config.site",
    "http.server",
    "ssl",
    "asyncio",
    "agent.hub.views.metrics",
)


def test_status_imports_neither_drivers_nor_pages() -> None:
    what = "import sys, agent.cli, agent.commands.hub.command, agent.commands.hub.view; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-P", "-c", what], check=True, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}
    ).stdout.split()
    assert "agent.hub.views.status" in found
    assert [name for name in HEAVY if name in found] == []
