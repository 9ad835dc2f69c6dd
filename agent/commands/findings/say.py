"""Writes a person's note on findings for the service. See `agent/judge/memory/notes.py`."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from agent.commands.terminal.asking import person
from agent.commands.terminal.service_memory import read_memory
from agent.host.files import as_owner_of
from agent.judge.checks.footage.shared import TAMPER_ID
from agent.judge.memory.episodes import Episode, open_episodes
from agent.judge.memory.memory import Memory
from agent.judge.memory.notes import (
    Acknowledgement,
    Note,
    Plan,
    Settled,
    name_of,
    read_notes,
    remove_note,
    to_data,
    write_note,
)
from agent.model import exits
from agent.model.errors import UsageError
from agent.model.finding import Json, Listed, Message, listed
from agent.observe.footage.days import recorder_of
from agent.observe.inventory.owners import Owner, owners_now
from agent.report.secret_names import hidden, secret_names
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day
from agent.text.harmless import json_text, printable
from agent.text.site_time import local
from agent.text.translate import render

SCHEMA: Final = "camwarden-findings-note/1"
ACK_MAX: Final = timedelta(days=366)
PLAN_MAX: Final = timedelta(days=31)
"""Whoever needs longer says so again: a note that is forgotten must not silence anything for years."""

TEXT_MAX_CHARS: Final = 500


def _ack(args: argparse.Namespace, site: Site, now: datetime) -> int:
    memory = read_memory(site.storage.directory)
    episode = _open_episode(args, memory)
    said = args.until if isinstance(args.until, date) else (now + args.until).date()
    until = after(said, ZoneInfo(site.time_zone))
    require_within(now, until, ACK_MAX, "an acknowledgement")
    box = owners_now(site, {}, memory.remembered.identities).get(args.subject.removeprefix("camera:"), Owner(site.id))
    note = Acknowledgement(episode.key, episode.detected_at, episode.worst, author(args), now, why(args), until, box)
    message = Message(
        "{key}: acknowledged until {until}; it stays open and counted, and is not told again",
        {"key": printable(episode.key), "until": str(said)},
    )
    return store_note(args, site, note, now, message)


def _unack(args: argparse.Namespace, site: Site, now: datetime) -> int:
    key = f"{args.check} {args.subject}"
    found = [n for n in read_notes(site.storage.directory, site.id) if isinstance(n, Acknowledgement) and n.key == key]
    _remove_notes(site, found)
    if not found:
        raise UsageError("nobody acknowledged {key!r}: see `camwarden findings`", key=printable(key))
    return _print_note(args, found[0], Message("{key}: no longer acknowledged", {"key": printable(key)}))


def _settle(args: argparse.Namespace, site: Site, now: datetime) -> int:
    if args.check != TAMPER_ID:
        raise UsageError(
            "only {check} is settled by a word; anything else ends when it is seen well: use `ack`", check=TAMPER_ID
        )
    memory = read_memory(site.storage.directory)
    cameras = [c.camera.id for c in site.cameras if args.subject in (f"camera:{c.camera.id}", recorder_of(c))]
    known = [memory.remembered.footage[name] for name in cameras if name in memory.remembered.footage]
    changes = tuple(change.id_of(one.camera_id) for one in known for change in one.changes)
    if not changes:
        raise UsageError(
            "no changed footage is known of {subject!r}: see `camwarden findings`", subject=printable(args.subject)
        )
    note = Settled(f"{args.check} {args.subject}", changes, author(args), now, why(args), Owner(site.id))
    message = Message(
        "{count} changes of footage are settled; the next look no longer tells them", {"count": len(changes)}
    )
    return store_note(args, site, note, now, message)


def _plan(args: argparse.Namespace, site: Site, now: datetime) -> int:
    subject, zone = _subject(args, site), ZoneInfo(site.time_zone)
    start_at = _site_time(args.start, zone)
    until = _site_time(args.until, zone) if isinstance(args.until, datetime) else after(args.until, zone)
    require_within(max(start_at, now), until, PLAN_MAX, "planned work")
    note = Plan(subject, start_at, until, author(args), now, why(args), Owner(site.id))
    message = Message(
        "{subject}: work is planned from {start} until {until}; outages meanwhile are not told",
        {"subject": subject, "start": local(start_at, zone), "until": local(until, zone)},
    )
    return store_note(args, site, note, now, message)


def _unplan(args: argparse.Namespace, site: Site, now: datetime) -> int:
    subject = _subject(args, site)
    notes = read_notes(site.storage.directory, site.id)
    found = [n for n in notes if isinstance(n, Plan) and n.subject == subject and now < n.until]
    _remove_notes(site, found)
    if not found:
        raise UsageError("no work is planned for {subject}: see `camwarden findings`", subject=subject)
    message = Message("{subject}: {count} plans are taken back", {"subject": subject, "count": len(found)})
    return _print_note(args, found[0], message)


ACTIONS: Final[Mapping[str, Callable[[argparse.Namespace, Site, datetime], int]]] = {
    "ack": _ack,
    "unack": _unack,
    "settle": _settle,
    "plan": _plan,
    "unplan": _unplan,
}


def _open_episode(args: argparse.Namespace, memory: Memory) -> Episode:
    """Return the open episode that the command line names."""
    key = f"{args.check} {args.subject}"
    known = memory.known.get(key)
    if known is not None and known.episode is not None:
        return known.episode
    keys = [one.key for one in open_episodes(memory.known)]
    similar = [one for one in keys if one.endswith(f" {args.subject}")] or keys
    names = Listed(tuple(printable(one) for one in similar[:5]) or ("none",), "; ")
    raise UsageError("no finding {key!r} is open; open are: {names}", key=printable(key), names=names)


def _subject(args: argparse.Namespace, site: Site) -> str:
    if args.of_site:
        return "site"
    if args.of_camera:
        if args.of_camera not in {c.camera.id for c in site.cameras}:
            raise UsageError("site.toml has no camera {of_camera!r}", of_camera=printable(args.of_camera))
        return f"camera:{args.of_camera}"
    boxes = {*(device.id for device in site.devices), *(store.id for store in site.stores)}
    if args.of_device not in boxes:
        raise UsageError("site.toml has no device or store {of_device!r}", of_device=printable(args.of_device))
    return f"device:{args.of_device}"


def author(args: argparse.Namespace) -> str:
    """Return who says so. Raises UsageError where nobody is known."""
    name = person(args)
    if not name.strip():
        raise UsageError("nobody is known as the one who says so: add --by NAME")
    return printable(name)[:TEXT_MAX_CHARS]


def why(args: argparse.Namespace) -> str:
    """Return the reason. Raises UsageError where it is empty."""
    if not args.why.strip():
        raise UsageError("--why needs a reason that somebody else understands later")
    return printable(args.why)[:TEXT_MAX_CHARS]


def _site_time(said: date, zone: ZoneInfo) -> datetime:
    """Return a time in UTC; one without an offset, and the start of a day, are those of the clocks on site."""
    if not isinstance(said, datetime):
        said = datetime.combine(said, time())
    return (said if said.tzinfo else said.replace(tzinfo=zone)).astimezone(UTC)


def after(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day is over on site."""
    try:
        return _site_time(day + timedelta(days=1), zone)
    except OverflowError:
        raise UsageError("--until {day} is no day that anybody will see", day=day) from None


def require_within(start: datetime, until: datetime, most: timedelta, what: str) -> None:
    """Raise UsageError where a time is over already, or lasts longer than `most`; `what` begins the sentence."""
    if until <= start:
        raise UsageError("--until is over already, or before --from: name a later one")
    if until - start > most:
        raise UsageError(
            "{what} ends after {days} days at most: name an earlier --until, and say it again then",
            what=what,
            days=most.days,
        )


def store_note(args: argparse.Namespace, site: Site, note: Note, now: datetime, message: Message) -> int:
    """Write a note and print it; return the exit code.

    Raises UsageError where its words name a secret camera: they are signed, and go to the hub as they are.
    """
    secret = secret_names(site, None, local_day(site, now))
    if any(hidden(secret)(text) != text for text in (args.by, args.why)):
        raise UsageError(
            "--why or --by names a camera that is declared secret, and goes to the hub: write its id ({cameras})",
            cameras=listed(secret),
        )
    with as_owner_of(site.storage.directory):
        write_note(site.storage.directory, note, now)
    return _print_note(args, note, message)


def _remove_notes(site: Site, notes: Sequence[Note]) -> None:
    with as_owner_of(site.storage.directory):
        for note in notes:
            remove_note(site.storage.directory, name_of(note))


def _print_note(args: argparse.Namespace, note: Note, message: Message) -> int:
    if args.json:
        told: dict[str, Json] = {"schema": SCHEMA, "action": args.action, "note": to_data(note)}
        sys.stdout.write(json_text(told) + "\n")
    elif not args.quiet:
        sys.stdout.write(render(message, args.lang) + "\n")
    return exits.OK
