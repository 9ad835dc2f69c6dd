"""Reads one site through the doors of a hub, each from what it shows, so that what they count can be compared."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from here_run import run_here
from hub_web import Client

from agent.hub.domain.open_statuses import OPEN

Counts = Mapping[str, int]


def hub_doors(directory: Path, client: Client, site: str) -> dict[str, Counts]:
    """Return how many open matters of each status each door counts of a site, by the name of the door.

    Args:
        directory: Of the hub's data, which has what the site signed.
        client: Of that hub, let in as one who sees the site.
        site: Its id.
    """
    page = client.get(f"/sites/{site}").text
    totals = re.findall(r'<li class="(\w+)(?: zero)?">(?:<a [^>]*>)?<b>(\d+)</b>', page)
    listed = re.findall(r'<details class="matter">\s*<summary><span class="s (\w+)">', page)
    told = json.loads(run_here("hub", "site", site, "--json", "--data", directory, environ={}).stdout)
    return {
        "site page": {status: int(number) for status, number in totals if status in OPEN},
        "site page, listed": {status: listed.count(status) for status in OPEN},
        "API site": client.get(f"/api/v1/sites/{site}").json["counts"],
        "hub site": told["counts"],
    }
