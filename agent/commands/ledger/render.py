"""Renders one folder per site of a ledger, and one page on how to enroll each site."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from rich.console import Console

from agent.commands.ledger.file import (
    given,
    print_json,
    problems_json,
    read_ledger,
    reading_json,
    say,
    tell_problems,
    tell_reading,
    write_file,
)
from agent.commands.ledger.import_rows import hub_keys, sound_plan, tell_left_out, tell_undeclared, today
from agent.model import exits
from agent.model.errors import UsageError
from agent.model.finding import Json, Message
from agent.onsite.ledger import folder
from agent.onsite.ledger.enrollment import page
from agent.onsite.ledger.rows import Entry, Problem
from agent.onsite.ledger.sites import SitePlan, by_site, with_given

SCHEMA = "camwarden-ledger-render/1"
PAGE = "README.md"


def run(args: argparse.Namespace) -> int:
    """Plan every site first, then write them all."""
    ledger = read_ledger(args)
    keys = hub_keys(args)
    groups, nameless = by_site(with_given(ledger.entries, given(args.set)))
    rows = {entry.row for rows in groups.values() for entry in rows}
    bad: list[Problem] = [*nameless, *(p for p in ledger.problems if not p.row or p.row not in rows)]
    drafts: list[folder.Draft] = []
    plans: list[SitePlan] = []
    hopeless = [problem for problem in bad if not problem.row]
    for id_, entries in groups.items():
        target = args.out / id_
        site = folder.existing(target) if id_ else {}
        planned, wrong = sound_plan(entries, site, [p for p in ledger.problems if p.row], args.skip_bad)
        bad += wrong
        hopeless += planned.problems
        if not wrong or (args.skip_bad and planned.cameras and not planned.problems):
            plans.append(planned)
            drafts.append(folder.draft(target, planned, site, keys, args.by, today()))
    twice = _codes_twice(plans)
    bad += twice
    hopeless += twice
    tell_reading(args, ledger, sum(len(planned.cameras) for planned in plans))
    tell_undeclared(args, plans)
    for remark in {str(one): one for planned in plans for one in planned.remarks}.values():
        say(args, remark)
    tell_problems(args, bad)
    answer: dict[str, Json] = {"schema": SCHEMA, "file": str(args.file), **reading_json(ledger)}
    if bad and (not args.skip_bad or not plans or hopeless):
        say(args, Message("nothing was written: {count} mistakes", {"count": len(bad)}))
        if args.json:
            print_json({**answer, "sites": [], "problems": problems_json(bad)})
        return exits.FAILS
    touched = [draft.folder.name for draft in drafts if draft.by_hand and draft.changes]
    if touched and not args.force:
        raise UsageError(
            Message(
                "a person changed site.toml of {sites}; nothing was written: look at each with camwarden "
                "ledger diff, then repeat with --force",
                {"sites": ", ".join(touched)},
            )
        )
    errors = Console(stderr=True, no_color=args.no_color, quiet=args.quiet)
    with errors.status("") as status:
        for number, draft in enumerate(drafts, start=1):
            status.update(f"{number}/{len(drafts)} {draft.folder.name}")
            folder.write(draft)
    tell_left_out(args, bad)
    write_file(args.out / PAGE, page(plans, args.lang).encode())
    if args.json:
        sites: list[Json] = [
            {"id": p.id, "folder": str(d.folder), "cameras": len(p.cameras), "written": list(d.files)}
            for p, d in zip(plans, drafts, strict=True)
        ]
        print_json({**answer, "sites": sites, "problems": problems_json(bad)})
    if not args.quiet:
        said: dict[str, str | int | float] = {"count": len(plans), "out": str(args.out), "page": str(args.out / PAGE)}
        say(args, Message("{count} sites in {out}; how each is enrolled stands in {page}", said))
    return exits.OK


def _codes_twice(plans: Iterable[SitePlan]) -> list[Problem]:
    """Return the codes that stand at two sites; those of one site are told with it."""
    found = []
    firsts: dict[Json, tuple[str, Entry]] = {}
    for planned in plans:
        for camera in planned.cameras:
            entry, code = camera.entry, camera.table.get("code")
            site, first = firsts.setdefault(code, (planned.id, entry))
            if code and site != planned.id:
                said = Message(
                    "{key} {value} stands in {where} too: each camera has its own",
                    {"key": "code", "value": str(code), "where": first.where("code")},
                )
                found.append(Problem(entry.where("code"), entry.row, said))
    return found
