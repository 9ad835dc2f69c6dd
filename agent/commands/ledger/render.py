"""Renders one folder per site of a ledger, and one page on how to enroll each site."""

import argparse
from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console

from agent.commands.ledger import file as ledger_file
from agent.commands.ledger.import_rows import hub_keys, print_left_out, print_undeclared, today
from agent.commands.ledger.site_rows import sound_plan
from agent.host.files import portable_name
from agent.model import exits
from agent.model.errors import UsageError
from agent.model.finding import Json, Message, listed
from agent.onsite.ledger import folder
from agent.onsite.ledger.enrollment import page
from agent.onsite.ledger.recorders import parse_said, with_addresses
from agent.onsite.ledger.rows import Entry, Ledger, Problem
from agent.onsite.ledger.sites import SitePlan, by_site, with_given

SCHEMA = "camwarden-ledger-render/1"
PAGE = "README.md"


@dataclass(frozen=True, slots=True)
class _SitePlans:
    """The plans of every site, and what is wrong. `hopeless`: mistakes that no row can be left out for."""

    plans: tuple[SitePlan, ...]
    drafts: tuple[folder.Draft, ...]
    bad: tuple[Problem, ...]
    hopeless: tuple[Problem, ...]


def run(args: argparse.Namespace) -> int:
    """Plan every site first, then write them all."""
    ledger = ledger_file.read_ledger(args)
    planned = _plan_all(args, ledger)
    _print_plans(args, ledger, planned)
    answer: dict[str, Json] = {"schema": SCHEMA, "file": str(args.file), **ledger_file.reading_json(ledger)}
    problems = ledger_file.problems_json(planned.bad)
    if not _is_writable(planned, args.skip_bad):
        ledger_file.say(args, Message("nothing was written: {count} mistakes", {"count": len(planned.bad)}))
        if args.json:
            ledger_file.print_json({**answer, "sites": [], "problems": problems})
        return exits.CONFIG
    _require_untouched(planned.drafts, args.force)
    _write(args, planned)
    if args.json:
        ledger_file.print_json({**answer, "sites": _sites_json(planned), "problems": problems})
    if not args.quiet:
        count, path = len(planned.plans), str(args.out / PAGE)
        said: dict[str, str | int | float] = {"count": count, "out": str(args.out), "page": path}
        ledger_file.say(args, Message("{count} sites in {out}; how each is enrolled stands in {page}", said))
    return exits.OK


def _plan_all(args: argparse.Namespace, ledger: Ledger) -> _SitePlans:
    """Plan each site beside its folder's files."""
    keys = hub_keys(args)
    groups, nameless = by_site(with_given(ledger.entries, ledger_file.parse_given(args.set)))
    rows = {entry.row for entries in groups.values() for entry in entries}
    bad: list[Problem] = [*nameless, *(p for p in ledger.problems if not p.row or p.row not in rows)]
    hopeless = [problem for problem in bad if not problem.row]
    plans: list[SitePlan] = []
    drafts: list[folder.Draft] = []
    for id_, entries in groups.items():
        target = args.out / portable_name(id_)
        site = folder.existing(target) if id_ else {}
        entries = with_addresses(entries, parse_said(args.recorder))
        planned, wrong = sound_plan(entries, site, [p for p in ledger.problems if p.row], args.skip_bad)
        bad += wrong
        hopeless += planned.problems
        if not wrong or (args.skip_bad and planned.cameras and not planned.problems):
            plans.append(planned)
            drafts.append(folder.draft(target, planned, site, keys, args.by, today()))
    twice = _codes_twice(plans)
    return _SitePlans(tuple(plans), tuple(drafts), (*bad, *twice), (*hopeless, *twice))


def _is_writable(planned: _SitePlans, skip_bad: bool) -> bool:
    """Return whether sites may be written: nothing is wrong, or only rows that may be left out."""
    return not planned.bad or bool(skip_bad and planned.plans and not planned.hopeless)


def _print_plans(args: argparse.Namespace, ledger: Ledger, planned: _SitePlans) -> None:
    ledger_file.print_reading(args, ledger, len(ledger.entries))
    print_undeclared(args, planned.plans)
    for remark in {str(remark): remark for one in planned.plans for remark in one.remarks}.values():
        ledger_file.say(args, remark)
    ledger_file.print_problems(args, planned.bad)


def _require_untouched(drafts: Iterable[folder.Draft], force: bool) -> None:
    """Stop before anything is written where a person has changed a file that would be."""
    touched = [draft.folder.name for draft in drafts if draft.by_hand and draft.changes]
    if touched and not force:
        raise UsageError(
            "a person changed site.toml of {sites}; nothing was written: look at each with camwarden "
            "ledger diff, then repeat with --force",
            sites=listed(touched),
        )


def _write(args: argparse.Namespace, planned: _SitePlans) -> None:
    errors = Console(stderr=True, no_color=args.no_color, quiet=args.quiet)
    with errors.status("") as status:
        for number, draft in enumerate(planned.drafts, start=1):
            status.update(f"{number}/{len(planned.drafts)} {draft.folder.name}")
            folder.write(draft)
    ledger_file.remember_headings(args)
    print_left_out(args, planned.bad)
    ledger_file.write_file(args.out / PAGE, page(planned.plans, args.lang).encode())


def _sites_json(planned: _SitePlans) -> list[Json]:
    return [
        {"id": p.id, "folder": str(d.folder), "cameras": len(p.cameras), "written": list(d.files)}
        for p, d in zip(planned.plans, planned.drafts, strict=True)
    ]


def _codes_twice(plans: Iterable[SitePlan]) -> list[Problem]:
    """Find the codes of two sites; those within one site are reported with it."""
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
