"""Encodes a dossier's content as JSON for programs, and parses its inventory. Pure.

Texts of devices and people are unchanged, but encoded so that none steers a terminal.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from agent.judge.wording.past_breach import BREACH
from agent.model.errors import NotVerified
from agent.model.finding import Finding, Json, utc_text
from agent.onsite.filing.clocks import Deadline
from agent.onsite.filing.contents import CameraRow, DeviceRow, Dossier, Inventory, StreamRow
from agent.onsite.filing.kept_footage import kept_json
from agent.onsite.filing.papers import Slot
from agent.onsite.link.last_tests import row_json
from agent.text.harmless import json_text
from agent.version import VERSION

SCHEMA: Final = "camwarden-filing/1"


def content_bytes(dossier: Dossier) -> bytes:
    """Encode `dossier.json`."""
    return (json_text(content_json(dossier)) + "\n").encode("utf-8", "backslashreplace")


def content_json(dossier: Dossier) -> dict[str, Json]:
    """Convert a dossier for programs."""
    return {
        "schema": SCHEMA,
        "made_by": f"camwarden {VERSION}",
        "at": utc_text(dossier.at),
        "day": dossier.day.isoformat(),
        "site": {
            "id": dossier.site,
            "name": dossier.name,
            "division": dossier.division,
            "time_zone": dossier.time_zone,
            "organ": dossier.organ,
            "national_class": dossier.national_class,
            "place_category": dossier.place_category,
            "accepted": _day(dossier.accepted),
            "is_not_accepted": dossier.is_not_accepted,
            "in_use_since": _day(dossier.in_use_since),
        },
        "deadlines": [deadline_json(clock) for clock in dossier.clocks],
        "papers": [slot_json(slot) for slot in dossier.slots],
        "unit": asdict(dossier.unit),
        "firms": [asdict(one) for one in dossier.firms],
        "parameters": [asdict(one) for one in dossier.parameters],
        "past_breaches": [past_json(one) for one in dossier.past],
        "inventory": asdict(dossier.inventory),
        "footage": [kept_json(one) for one in dossier.kept],
        "platform_interfaces": [row_json(one) for one in dossier.links],
    }


def deadline_json(clock: Deadline) -> dict[str, Json]:
    """Convert one deadline."""
    return {
        "check": clock.finding.check,
        "status": clock.finding.status,
        "reason": clock.finding.reason,
        "begins": _day(clock.begins),
        "due": _day(clock.due),
        "filed": _day(clock.filed),
        "days_left": clock.days_left,
        "message": str(clock.finding.message),
        "source": str(clock.finding.source),
    }


def past_json(one: Finding) -> dict[str, Json]:
    """Convert what was late or out of order."""
    return {
        "check": one.check,
        "message": str(one.message),
        "days": one.evidence.get(BREACH),
        "source": str(one.source),
    }


def slot_json(slot: Slot) -> dict[str, Json]:
    """Convert one paper."""
    return {
        "number": slot.number,
        "duty": slot.duty,
        "state": slot.state,
        "paper": slot.paper or None,
        "date": _day(slot.dated),
        "sha256": slot.sha256 or None,
        "declared_by": slot.by or None,
        "file": slot.member or None,
        "lacks": list(slot.lacks),
    }


def read_content(data: bytes) -> tuple[str, date, Inventory]:
    """Parse the site's id, the local day and the inventory of a verified `dossier.json`.

    Raises NotVerified where it has another shape than this version writes.
    """
    try:
        said: dict[str, Any] = json.loads(data)
        if said["schema"] != SCHEMA:
            raise ValueError
        return str(said["site"]["id"]), date.fromisoformat(said["day"]), _inventory(said["inventory"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotVerified("payload", "signed, but its content is not {schema}: export it anew", schema=SCHEMA) from None


def _inventory(said: Mapping[str, Any]) -> Inventory:
    devices = tuple(DeviceRow(**{**one, "macs": tuple(one["macs"])}) for one in said["devices"])
    cameras = tuple(
        CameraRow(**{**one, "streams": tuple(StreamRow(**stream) for stream in one["streams"])})
        for one in said["cameras"]
    )
    return Inventory(str(said["unit"]), int(said["storage_days"]), devices, cameras)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
