"""Runs a drill at a camera: a person provokes a fault, and sees that it is found, and that its recovery is found.

    camwarden drill mask CAMERA --by NAME     take the mask of a test zone off, and put it back
    camwarden drill lens CAMERA --by NAME     cover the lens, and uncover it

The camera must be well. What the drill provokes makes no event and is in no figure; the next report has the drill
itself, and a signed file of it is written. It ends by itself. Nothing is changed in a device by this command.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Final

from agent.commands.check.report_key import report_key
from agent.commands.terminal.asking import person
from agent.commands.terminal.opened import expire_own_state
from agent.commands.terminal.service_memory import episodes_known, read_memory
from agent.commands.terminal.unconfined import with_flag
from agent.commands.terminal.worker_flag import add_worker_flag
from agent.deliver.keys.rotate import SPOOL_NAME
from agent.host.clock import utc_now
from agent.host.files import as_owner_of
from agent.host.health import moment
from agent.host.paths import credentials_file, own_state
from agent.judge.memory.drills import MOST, Drill, drill_json
from agent.judge.memory.exercises import EXERCISES, Outcome
from agent.judge.memory.memory import EMPTY_MEMORY, Memory
from agent.judge.memory.notes import drills_of, read_notes, write_note
from agent.model import exits
from agent.model.errors import AgentError, UsageError
from agent.model.finding import Finding, Json, Message
from agent.observe.inventory.owners import Owner
from agent.onsite.one_look.compare import part_of
from agent.onsite.one_look.drilling import Rim, first_looks, may_begin, run_drill
from agent.onsite.one_look.job_file import signed, write
from agent.service.cycle.cycle import see
from agent.service.cycle.environment import Environment, worker_of
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.text.harmless import json_text, printable
from agent.text.translate import render
from drivers.credentials import Credentials
from masking.worker.client import Worker

SCHEMA: Final = "camwarden-drill/1"
FOLDER: Final = "drills"
MINUTES: Final = 15
EVERY_S: Final = 3.0
"""How long a camera rests between two looks."""
NAME_MAX_CHARS: Final = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "exercise", choices=sorted(EXERCISES), help="mask: you take a mask off; lens: you cover the lens"
    )
    parser.add_argument("camera", metavar="CAMERA", help="id of a camera with a harmless test zone, or a test camera")
    parser.add_argument("--by", default="", metavar="NAME", help="who provokes it, as it is to stand in the reports")
    parser.add_argument(
        "--minutes", type=_minutes, default=MINUTES, metavar="N", help="end by itself after N minutes, 1 to 30"
    )
    add_worker_flag(parser)


def run(args: argparse.Namespace) -> int:
    """Run the drill and show what came of it: 0 found and recovered, 1 not, 3 the camera was not well before."""
    site = with_flag(load(args.config), args)
    with worker_of(site) as worker, as_owner_of(site.storage.directory):
        looking = Looking(part_of(site, {f"camera:{args.camera}"}), worker, utc_now)
        return practise(args, site, looking, sleep)


def practise(args: argparse.Namespace, site: Site, looking: Looking, wait: Callable[[float], None]) -> int:
    """Run one drill at a camera of a site; `wait` waits some seconds between looks. Returns the exit code.

    Raises:
        UsageError: There is no such camera, nobody is named, or a drill may not begin there now.
    """
    directory, subject, clock = site.storage.directory, f"camera:{args.camera}", looking.clock
    if args.camera not in {one.camera.id for one in site.cameras}:
        raise UsageError("site.toml has no camera {camera!r}", camera=printable(args.camera))
    by = printable(person(args).strip())[:NAME_MAX_CHARS]
    if not by:
        raise UsageError("nobody is known as the one who says so: add --by NAME")
    known = drills_of(read_notes(directory, site.id))
    may_begin(args.exercise, subject, known, tuple(episodes_known(directory)), clock())

    def store(drill: Drill) -> None:
        write_note(directory, drill, clock())

    rim = Rim(look=looking.look, clock=clock, wait=wait, store=store, say=lambda message: _say(args, message))
    if not (directory / SPOOL_NAME).exists():
        _say(args, Message("no service keeps its state here: one elsewhere takes what you provoke for a fault"))
    _say(args, Message("looking at {camera} first: it has to be well", {"camera": printable(args.camera)}))
    if missing := first_looks(rim, args.exercise, subject):
        values = {"check": missing[0].check, "subject": subject, "status": missing[0].status, "why": missing[0].message}
        _say(args, Message("no drill: {check} {subject} is {status} before it: {why}", values))
        return exits.UNCHECKED
    at = clock()
    drill = Drill(
        exercise=args.exercise, subject=subject, start_at=at, until=at + min(timedelta(minutes=args.minutes), MOST),
        by=by, at=at, owner=Owner(site.id),
    )  # fmt: skip
    drill = run_drill(rim, drill, EVERY_S)
    _show(args, site, drill, looking)
    return exits.OK if drill.recovered_at is not None else exits.FAILS


class Looking:
    """Looks at one part of a site again and again; each look knows the one before."""

    def __init__(self, site: Site, worker: Worker, clock: Callable[[], datetime]) -> None:
        path = credentials_file(site.storage.directory, os.environ)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.clock, self.count = clock, 0
        self._site, self._memory = site, _service_memory(site.storage.directory)
        self._env = Environment(
            Credentials(path), worker.judge, clock, wait=time.sleep, confinement=lambda: worker.confinement
        )

    def look(self) -> tuple[Finding, ...]:
        """Look once; return the findings as they are, whatever drill is under way."""
        seen = see(self._site, self._env, moment(self.clock()), self._memory)
        self._memory, self.count = seen.memory, self.count + 1
        return seen.findings


def _service_memory(directory: Path) -> Memory:
    """Return what the service here has learned of its cameras; nothing where none runs."""
    with suppress(AgentError):
        return read_memory(directory)
    return EMPTY_MEMORY


def _show(args: argparse.Namespace, site: Site, drill: Drill, looking: Looking) -> None:
    """Write the signed file, and show the result."""
    told = result_json(drill, looking.clock(), looking.count)
    state = own_state(site.storage.directory, os.environ)
    path = state / FOLDER / f"{drill.start_at:%Y%m%dT%H%M%SZ}-{drill.exercise}-{args.camera}.json"
    signer = report_key(site).signer
    expire_own_state(site.storage.directory)
    with as_owner_of(state):
        write(path, signed(signer, site, path.stem, "drill", drill.start_at, (), {"drill": told}))
    if args.json:
        shown: dict[str, Json] = {"schema": SCHEMA, "site": site.id, **told, "file": str(path), "kid": signer.kid}
        sys.stdout.write(json_text(shown) + "\n")
        return
    values = {"found_s": told["found_s"], "recovered_s": told["recovered_s"], "minutes": args.minutes}
    _say(args, Message(OUTCOMES[drill.outcome(looking.clock())], values))
    _say(args, Message("{path} is the signed record; camwarden verify checks it", {"path": str(path)}))
    every = round(site.period_s / 60)
    _say(args, Message("a drill looks all the time; the service looks every {every} min", {"every": every}))


def result_json(drill: Drill, now: datetime, looks: int) -> dict[str, Json]:
    """Return a drill that is over as the signed file and `--json` have it.

    `found_s` and `recovered_s` are seconds since it began, and since it was found: what the person needs is in them.
    """
    return {
        **drill_json(drill, now),
        "found_s": _seconds(drill.start_at, drill.found_at),
        "recovered_s": _seconds(drill.found_at, drill.recovered_at),
        "looks": looks,
    }


OUTCOMES: Final[Mapping[Outcome, str]] = {
    "recovered": "PASSED: found after {found_s} s, recovered after {recovered_s} s",
    "not-recovered": "found after {found_s} s; no recovery was seen: put everything right, and run camwarden check",
    "not-found": "NOT FOUND within {minutes} minutes: put everything right. If the fault was there, it is a mistake of "
    "camwarden: report it",
    "broken-off": "broken off, nothing was found: put everything right",
}


def _seconds(begin: datetime | None, end: datetime | None) -> int | None:
    return round((end - begin).total_seconds()) if begin is not None and end is not None else None


def _say(args: argparse.Namespace, message: Message) -> None:
    """Show a message at once: to people on standard output, beside `--json` on standard error."""
    if not args.quiet:
        to = sys.stderr if args.json else sys.stdout
        to.write(render(message, args.lang) + "\n")
        to.flush()


def _minutes(text: str) -> int:
    most = MOST // timedelta(minutes=1)
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= most:
        raise UsageError("{given} is no number of minutes from 1 to {most}", given=printable(text), most=most)
    return int(text)
