"""Trusted sites that report to a hub day by day, for tests of the figures that it adds up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import delivery
from delivery import Maker
from hubdesk import Desk

from agent.cli import main
from agent.hub.views.assessment import GroupRow, assess
from agent.model.finding import Draft, Head

DAY = timedelta(days=1)
FIRST = date(2026, 11, 1)
NOON = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
"""Noon in China on `FIRST`."""
LATER = datetime(2026, 12, 5, tzinfo=UTC)


class Reporting:
    """One trusted site that reports to a hub, one report after the other."""

    def __init__(self, desk: Desk, folder: Path, name: str, begun: datetime = NOON) -> None:
        self.desk, self.name = desk, name
        self.maker = Maker(folder / name, replace(delivery.site(), id=name))
        self.heads: dict[Any, Head] = {}
        self.epoch = "e1"
        self.desk.birth(self.maker, self.epoch, at=begun)
        self.desk.vouch(self.maker)

    def send(self, draft: Draft, at: datetime) -> str:
        (envelope,), self.heads = self.maker.envelopes([draft], self.heads, self.epoch, at)
        return str(self.desk.send(envelope, self.name, at=at)["event"])

    def health(self, day: int, division: str = "140200", **figures: Any) -> None:
        told = {"day": (FIRST + day * DAY).isoformat(), **figures}
        body = {**delivery.health().body, "division": division, "rates": told}
        assert self.send(Draft("health", body), NOON + day * DAY) == "verified"

    def config(self, day: int, cameras: list[tuple[str, str, str]], findings: dict[str, str], **more: Any) -> None:
        """Send a config report; `cameras`: id, device, maintainer; `findings`: `check subject` and status."""
        assert self.try_config(day, cameras, findings, **more) == "verified"

    def try_config(self, day: int, cameras: list[tuple[str, str, str]], findings: dict[str, str], **more: Any) -> str:
        """Send such a report and return what became of it."""
        body = {
            **delivery.config_report().body,
            "devices": [
                {"id": device, "driver": "onvif", "identity": {"model": device.upper()} if device != "dumb" else None}
                for device in sorted({device for _, device, _ in cameras})
            ],
            "cameras": [{"id": name, "device": device, "maintainer": who} for name, device, who in cameras],
            "findings": [
                {"check": key.split()[0], "subject": key.split()[1], "status": status}
                for key, status in findings.items()
            ],
            **more,
        }
        return self.send(Draft("config", body), NOON + day * DAY)


def rows(
    desk: Desk, by: Any = "division", days: int = 1, now: datetime = LATER, sort: str = "online"
) -> list[GroupRow]:
    return list(assess(desk.store, by, FIRST, FIRST + (days - 1) * DAY, now, sort).rows)


def shown(desk: Desk, *words: object) -> int:
    return main(["hub", "report", *map(str, words), "--data", str(desk.directory), "--no-color"])
