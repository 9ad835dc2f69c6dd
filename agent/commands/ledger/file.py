"""Reads a ledger's file, probes a site's devices and writes files, for all actions of `ledger`."""

import argparse
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from agent.commands.terminal.progress_line import progress_line
from agent.commands.terminal.service_memory import sources_known
from agent.host.clock import utc_now
from agent.host.files import as_owner_of, write_atomic
from agent.host.health import moment
from agent.host.paths import LEDGER_HEADINGS_NAME, SECRETS_NAME, credentials_file, user_state
from agent.model.errors import UsageError, os_words
from agent.model.finding import Json, Message, listed
from agent.observe.inventory.equipment import equipment_json
from agent.onsite.ledger import headings_said
from agent.onsite.ledger.columns import BY_KEY
from agent.onsite.ledger.export import heading as heading_of
from agent.onsite.ledger.files.grid import Unreadable, letters
from agent.onsite.ledger.rows import FILE_MAX_BYTES, Ledger, Problem, read
from agent.onsite.ledger.seen import NOTHING_SEEN, ObservedEquipment, from_devices, parse_observed
from agent.onsite.ledger.tables import Tables
from agent.onsite.ledger.values import Refused
from agent.service.cycle.cycle import see
from agent.service.cycle.environment import Environment, worker_of
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.text.harmless import json_text, printable
from agent.text.translate import render, translate
from drivers.credentials import Credentials

SEEN_MAX_BYTES = 64 * 1024 * 1024


def read_ledger(args: argparse.Namespace) -> Ledger:
    """Parse the ledger of the command line; what `--map` makes forgotten is forgotten at once. Raises UsageError."""
    said = headings_said.parse(args.map)
    kept = user_state(os.environ) / LEDGER_HEADINGS_NAME
    known = headings_said.load(kept)
    left = {heading: key for heading, key in known.items() if said.get(heading) != headings_said.FORGET}
    if left != known:
        headings_said.save(kept, left)
    mapped = {heading: key for heading, key in (left | said).items() if key}
    try:
        with progress_line(args, Message("{path} is read", {"path": printable(str(args.file))})):
            ledger = read(file_bytes(args.file, FILE_MAX_BYTES), mapped, args.sheet)
    except Unreadable as error:
        raise Unreadable("{path}: {error}", path=args.file, error=error) from None
    return ledger


def remember_headings(args: argparse.Namespace) -> None:
    """Store what `--map` said of headings: after an import was written, since a wrong word would break the next too."""
    said = headings_said.parse(args.map)
    kept = user_state(os.environ) / LEDGER_HEADINGS_NAME
    known = headings_said.load(kept)
    mapped = {heading: key for heading, key in (known | said).items() if key}
    if mapped != known:
        headings_said.save(kept, mapped)


def parse_given(texts: Iterable[str], site: str = "") -> dict[str, Json]:
    """Parse `--set COLUMN=VALUE` and `--site ID` for empty cells.

    Raises UsageError where there is no such column, or its value is wrong.
    """
    found: dict[str, Json] = {}
    for text in [*texts, *([f"site_id={site}"] if site else [])]:
        key, equals, value = text.partition("=")
        column = BY_KEY.get(key.strip().lower().replace(" ", "_"))
        if not equals or column is None:
            raise UsageError(
                '--set "{text}": write COLUMN=VALUE, the column one of: {known}', text=text, known=listed(BY_KEY)
            )
        try:
            found[column.key] = column.parse(value)
        except Refused as refused:
            raise UsageError("--set {key}: {message}", key=column.key, message=refused.message) from None
    return found


def print_reading(args: argparse.Namespace, ledger: Ledger, cameras: int) -> None:
    """Report on standard error what was read, what was not, and why."""
    if args.quiet:
        return
    name = args.file.name
    sheet = f", {ledger.sheet}" if ledger.sheet else ""
    values = {"file": name, "form": ledger.form, "sheet": sheet, "count": cameras}
    say(args, Message("{file} ({form}{sheet}): {count} cameras", values))
    for remark in ledger.remarks:
        say(args, remark)
    for heading in ledger.headings:
        if heading.remembered:
            values = {"heading": heading.text, "key": heading.key}
            say(args, Message('"{heading}" is read as {key}, as you said: --map "{heading}=" forgets that', values))
    for heading in ledger.unknown:
        if heading.unit:
            said = Message(
                'column {column} is not read: "{heading}" counts in {unit}, and another unit is due',
                {"column": letters(heading.column), "heading": heading.text, "unit": heading.unit},
            )
        elif heading.guess:
            said = Message(
                'column {column} is not read: "{heading}"; if it is {key}: --map "{heading}={option}"',
                {
                    "column": letters(heading.column),
                    "heading": heading.text,
                    "key": heading.guess,
                    "option": heading.guess,
                },
            )
        else:
            said = Message(
                'column {column} is not read: "{heading}"', {"column": letters(heading.column), "heading": heading.text}
            )
        say(args, said)
    for heading in ledger.headings:
        if heading.password:
            said = Message(
                'column {column} ("{heading}") holds passwords and was not read: write them into {secrets}, under the '
                "name of their login",
                {"column": letters(heading.column), "heading": heading.text, "secrets": SECRETS_NAME},
            )
            say(args, said)


def say(args: argparse.Namespace, message: Message) -> None:
    """Write one line for people to standard error."""
    sys.stderr.write(f"{in_words(message, args.lang)}\n")


def in_words(message: Message, lang: str) -> str:
    """Render a message on one line; a column gets its heading in that language."""
    column = BY_KEY.get(str(message.values.get("key", "")))
    values = {**message.values, "key": heading_of(column, lang)} if column else message.values
    return printable(render(replace(message, values=values), lang))


def print_problems(args: argparse.Namespace, problems: Iterable[Problem]) -> None:
    """List what is wrong with rows and cells, each with its place."""
    for problem in problems:
        row = translate("row", args.lang)
        where = f"{row} {problem.where}" if problem.where.isdigit() else problem.where
        said = in_words(problem.message, args.lang)
        sys.stderr.write(": ".join(part for part in (printable(args.file.name), printable(where), said) if part) + "\n")


def problems_json(problems: Sequence[Problem]) -> list[Json]:
    """Return problems for scripts."""
    return [{"cell": one.where, "row": one.row, "message": str(one.message)} for one in problems]


def reading_json(ledger: Ledger) -> dict[str, Json]:
    """Encode what was read for scripts."""
    return {
        "form": ledger.form,
        "sheet": ledger.sheet,
        "columns": {letters(h.column): h.key for h in ledger.headings if h.key},
        "not_read": {letters(h.column): {"heading": h.text, "guess": h.guess} for h in ledger.unknown},
        "passwords": [letters(h.column) for h in ledger.headings if h.password],
        "remarks": [str(remark) for remark in ledger.remarks],
    }


def print_json(answer: Mapping[str, Json]) -> None:
    """Print the one object of `--json`."""
    sys.stdout.write(json_text(answer) + "\n")


def given_equipment(args: argparse.Namespace, site: Tables) -> ObservedEquipment | None:
    """Return the equipment of `--seen` or `--look`, None where neither was given."""
    if args.look:
        return observe_equipment(args, load(args.config), site)
    if args.seen is None:
        return None
    try:
        text = file_bytes(args.seen, SEEN_MAX_BYTES).decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(
            "{path}: is not UTF-8; give what check --json or discover --json has written", path=args.seen
        ) from None
    try:
        return parse_observed(text, site)
    except UsageError as error:
        raise UsageError("{path}: {error}", path=args.seen, error=error) from None


def observe_equipment(args: argparse.Namespace, site: Site, tables: Tables) -> ObservedEquipment:
    """Ask the site's devices once, as `check` does, for their equipment."""
    if not site.devices:
        return NOTHING_SEEN
    remembered = credentials_file(site.storage.directory, os.environ)
    remembered.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    values = {"count": len(site.devices), "site": site.id}
    progress = progress_line(args, Message("{count} devices of {site} are read", values))
    with worker_of(site) as worker, progress, as_owner_of(site.storage.directory):
        env = Environment(Credentials(remembered), worker.judge, utc_now)
        known = sources_known(site.storage.directory, site.id)
        facts = see(site, env, moment(utc_now()), known).facts
    return from_devices(equipment_json(site, facts), tables, list(facts.undeclared))


def file_bytes(path: Path, limit: int) -> bytes:
    """Read a file, one byte more than the limit where it is larger. Raises UsageError where there is none."""
    try:
        if not path.is_file():
            raise UsageError(
                "{path} is not there or is no file: give the ledger as the first argument, .xlsx or .csv", path=path
            )
        with path.open("rb") as file:
            return file.read(limit + 1)
    except PermissionError:
        raise
    except OSError as error:
        raise UsageError("{path} cannot be read: {why}", path=path, why=os_words(error)) from None


def write_file(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Replace a file. Raises UsageError where it cannot be written."""
    try:
        write_atomic(path, data, mode)
    except PermissionError:
        raise
    except OSError as error:
        raise UsageError("{path} cannot be written: {why}", path=path, why=os_words(error)) from None
