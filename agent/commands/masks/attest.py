"""Stores a person's attestation of a zone that pictures cannot prove: `camwarden masks attest`.

The finding stays unknown; who has looked, and until when that counts, is shown with it as declared.
"""

import argparse
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from agent.commands.findings.say import after, author, require_within, store_note, why
from agent.commands.terminal.moments import day_or_span
from agent.commands.terminal.service_memory import read_memory
from agent.host.clock import utc_now
from agent.host.not_ours import require_readable
from agent.model.errors import UsageError
from agent.model.finding import Message, listed
from agent.observe.approvals.attested import Attestation, drawn
from agent.observe.inventory.owners import Owner, owners_now
from agent.site.config.load import load
from agent.site.declarations.accepted import LASTS_MAX_DAYS
from agent.text.harmless import printable


def run(args: argparse.Namespace) -> int:
    """Write the attestation for the service.

    Raises:
        UsageError: There is no such camera or zone, nobody says so, or it would last too long.
    """
    site, now = load(args.config), utc_now().replace(microsecond=0)
    require_readable(site.storage.directory)
    camera = next((one for one in site.cameras if one.camera.id == args.camera), None)
    if camera is None:
        raise UsageError("site.toml has no camera {camera!r}", camera=printable(args.camera))
    zone = next((one for one in camera.zones if one.name == args.zone), None)
    if zone is None:
        names = listed([one.name for one in camera.zones] or ["none"])
        raise UsageError(
            "camera {camera} has no private zone {zone!r}; it has: {names}",
            camera=args.camera,
            zone=printable(args.zone),
            names=names,
        )
    given = day_or_span(args.until)
    said = given if isinstance(given, date) else (now + given).date()
    until = after(said, ZoneInfo(site.time_zone))
    require_within(now, until, timedelta(days=LASTS_MAX_DAYS), "an attestation")
    boxes = owners_now(site, {}, read_memory(site.storage.directory).remembered.identities)
    note = Attestation(
        subject=f"camera:{args.camera}", zone=zone.name, drawn=drawn(zone), by=author(args), at=now, until=until,
        why=why(args), owner=boxes.get(args.camera, Owner(site.id)),
    )  # fmt: skip
    message = Message(
        "{camera}: {by} declares zone {zone} hidden until {until}; pictures still cannot prove it, so it stays unknown",
        {"camera": args.camera, "by": note.by, "zone": zone.name, "until": str(said)},
    )
    return store_note(args, site, note, now, message)
