"""Selects the rows of one site from a ledger, asks for the addresses of its recorders, and drops wrong rows."""

import argparse
import sys
from collections.abc import Mapping, Sequence

from agent.commands.ledger import file as ledger_file
from agent.commands.terminal.asking import Ended, Wrong, ask
from agent.model.errors import UsageError
from agent.model.finding import Json, Message, listed
from agent.onsite.ledger import values
from agent.onsite.ledger.recorders import grouped_by_name, parse_said, with_addresses
from agent.onsite.ledger.rows import Entry, Ledger, Problem
from agent.onsite.ledger.sites import SitePlan, by_site, plan, with_given
from agent.onsite.ledger.tables import Tables
from agent.text.translate import render


def of_site(ledger: Ledger, args: argparse.Namespace, site: Tables) -> tuple[tuple[Entry, ...], int]:
    """Return the rows of the requested site, and how many rows belong to others.

    Raises UsageError where the ledger has rows of several sites, and none of them was named.
    """
    known = site.get("site")
    here = str(known.get("id", "")) if isinstance(known, dict) else ""
    rows, others = _where(ledger.entries, ledger_file.parse_given(args.where))
    groups, problems = by_site(rows)
    wanted = args.site or here
    said = ledger_file.parse_given(args.set)
    if set(groups) <= {""}:
        return with_given(rows, ledger_file.parse_given(args.set, wanted)), others
    if len(groups) == 1 and not wanted:
        return with_given(rows, said), others
    if wanted not in groups:
        names = listed(sorted(filter(None, groups))[:20])
        raise UsageError(
            "{path}: choose one site with --site ID, or take all with ledger render: {names}",
            path=args.file,
            names=names,
        )
    others += sum(len(rows) for name, rows in groups.items() if name != wanted)
    return with_given(groups[wanted], said), others + len(problems)


def _where(entries: tuple[Entry, ...], wanted: Mapping[str, Json]) -> tuple[tuple[Entry, ...], int]:
    """Return the rows with these values, and how many others there are. Raises UsageError where no row has them."""
    rows = tuple(entry for entry in entries if all(entry.values.get(key) == value for key, value in wanted.items()))
    if wanted and not rows:
        said = listed(f"{key}={value}" for key, value in wanted.items())
        raise UsageError("--where {wanted}: no row of the ledger has that", wanted=said)
    return rows, len(entries) - len(rows)


def with_recorders(args: argparse.Namespace, entries: tuple[Entry, ...], site: Tables) -> tuple[Entry, ...]:
    """Fill in the addresses of recorders that `--recorder` says; ask a person on a terminal for each other one once."""
    entries = with_addresses(entries, parse_said(args.recorder))
    if args.json or args.quiet or not sys.stdin.isatty():
        return entries
    said: dict[str, str] = {}
    for recorder in grouped_by_name(entries, site).unknown:
        question = Message(
            "address of recorder {name} (cameras behind it: {count}; empty: later):",
            {"name": recorder.name, "count": recorder.count},
        )
        try:
            address = ask(ledger_file.in_words(question, args.lang), lambda text: _address(text, args.lang))
        except Ended:
            break
        if address:
            said |= parse_said([f"{recorder.name}={address}"])
    return with_addresses(entries, said)


def _address(text: str, lang: str) -> str:
    try:
        return values.address(text) if text.strip() else ""
    except values.Refused as refused:
        raise Wrong(render(refused.message, lang)) from None


def sound_plan(
    entries: Sequence[Entry], site: Tables, refused: Sequence[Problem], skip_bad: bool
) -> tuple[SitePlan, tuple[Problem, ...]]:
    """Return the plan of a site's rows and everything that is wrong with them.

    With `skip_bad` wrong rows are left out until the rest holds; what no row can correct stays in the plan.
    """
    rows = {entry.row for entry in entries}
    bad = [problem for problem in refused if problem.row in rows or not problem.row]
    while True:
        wrong = {problem.row for problem in bad} if skip_bad else set()
        entries = [entry for entry in entries if entry.row not in wrong]
        planned = plan(entries, site)
        known = {(problem.where, str(problem.message)) for problem in bad}
        fresh = [p for p in planned.problems if (p.where, str(p.message)) not in known] if entries else []
        bad += fresh
        if not skip_bad or not {problem.row for problem in fresh} & rows:
            break
    return planned, tuple(sorted(bad, key=lambda problem: problem.row))
