"""Stores an owner's dispute of a finding for the service, which reports it to the hub with its next look.

What is disputed is an episode: the open one, or the last one that is over. One that is disputed already waits for the
hub's decision first; after it anybody may dispute again.
"""

import argparse
import sys
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from agent.commands.findings.say import author, store_note, why
from agent.commands.terminal.new_file import require_new
from agent.commands.terminal.service_memory import read_memory
from agent.contract.authors import author_id
from agent.host.files import as_owner_of, write_atomic
from agent.judge.memory.authors import author_key
from agent.judge.memory.disputes import Dispute, beside, finding_code
from agent.judge.memory.episodes import Episode, open_episodes
from agent.judge.memory.history import read_history
from agent.judge.memory.hub_words import pinned_keys
from agent.judge.memory.notes import contested_of, read_notes
from agent.model import exits
from agent.model.errors import UsageError
from agent.model.finding import Json, Listed, Message, utc_text
from agent.observe.inventory.owners import Owner
from agent.onsite.dispute_form.form import render_form
from agent.site.config.site import Site
from agent.site.declarations.secret import nameless
from agent.site.declarations.standing import local_day
from agent.text.harmless import json_text, printable
from agent.text.site_time import local
from agent.text.translate import render

FORM_SCHEMA: Final = "camwarden-findings-form/1"


def dispute(args: argparse.Namespace, site: Site, now: datetime) -> int:
    """Write the dispute for the service.

    Raises:
        UsageError: There is no such finding, nobody says so, or its dispute is not decided yet.
    """
    episode = episode_of(args, site)
    notes = read_notes(site.storage.directory, site.id)
    known = beside(contested_of(notes, site.id, pinned_keys(site)), episode.key, episode.detected_at)
    if known is not None and known.decision is None:
        raise UsageError(
            "{key} is disputed by {by} since {day} already: the hub decides on that first",
            key=printable(episode.key),
            by=printable(known.dispute.by),
            day=local(known.dispute.at, ZoneInfo(site.time_zone)),
        )
    by = author(args)
    with as_owner_of(site.storage.directory):
        key = author_key(site.storage.directory)
    note = Dispute(
        key=episode.key, detected_at=episode.detected_at, status=episode.worst, reason=episode.reason, by=by,
        at=now.replace(microsecond=0), why=why(args), repaired_at=episode.repaired_at,
        author=author_id(key, site.id, by), owner=Owner(site.id),
    )  # fmt: skip
    message = Message(
        "{key}: disputed by {by}; it stays as it is, with this word beside it, until the hub has decided (number {id})",
        {"key": printable(episode.key), "by": note.by, "id": note.said.id[:8]},
    )
    return store_note(args, site, note, now, message)


def form(args: argparse.Namespace, site: Site, now: datetime) -> int:
    """Write the form on which somebody without a login disputes a finding.

    Raises:
        UsageError: There is no such finding, or the file exists.
        Forbidden: This user may not write there.
    """
    episode = episode_of(args, site)
    require_new(args.file)
    shown = nameless(site, local_day(site, now))
    write_atomic(args.file, render_form(shown, episode, args.lang).encode(), 0o644)
    code = finding_code(site.id, episode.key, episode.detected_at)
    if args.json:
        told: dict[str, Json] = {"schema": FORM_SCHEMA, "file": str(args.file), "code": code, "at": utc_text(now)}
        sys.stdout.write(json_text(told) + "\n")
    elif not args.quiet:
        message = Message("{file}: print it; its code is {code}", {"file": str(args.file), "code": code})
        sys.stdout.write(render(message, args.lang) + "\n")
    return exits.OK


def episode_of(args: argparse.Namespace, site: Site) -> Episode:
    """Return the episode that the command line names, by check and subject or by the code of a form.

    Raises UsageError where there is none.
    """
    known = _episodes(site)
    if args.code:
        wanted = args.code.replace("-", "").replace(" ", "").upper()
        found = next((e for e in known if finding_code(site.id, e.key, e.detected_at).replace("-", "") == wanted), None)
        if found is None:
            raise UsageError(
                "no finding here has the code {code!r}: see that it is this site's form and every character is right",
                code=printable(args.code),
            )
        return found
    if not args.check or not args.subject:
        raise UsageError("name CHECK and SUBJECT of the finding, or the --code of its form: see `camwarden findings`")
    key = f"{args.check} {args.subject}"
    found = next((one for one in known if one.key == key), None)
    if found is None:
        names = [printable(one.key) for one in known[:5]] or ["none"]
        raise UsageError(
            "no finding {key!r} is open or over; there are: {names}",
            key=printable(key),
            names=Listed(tuple(names), "; "),
        )
    return found


def _episodes(site: Site) -> list[Episode]:
    """Return the episodes that can be disputed: the open ones, then those that are over, the newest first."""
    past = read_history(site.storage.directory)
    closed = [one.episode for one in past if one.closes and one.episode is not None]
    return [*open_episodes(read_memory(site.storage.directory).known), *reversed(closed)]
