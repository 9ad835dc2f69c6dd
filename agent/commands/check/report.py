"""Writes the signed hand-over report of a check into one file: `check --report FILE [--pdf FILE]`."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from agent.commands.check.pdf import Printer, find_printer, print_pdf
from agent.commands.check.report_key import ReportKey, report_key
from agent.commands.terminal.new_file import require_new
from agent.host.files import write_atomic
from agent.model.errors import Forbidden, UsageError, os_words
from agent.model.finding import Message
from agent.onsite.handover.contents import contents
from agent.onsite.handover.report import KeyPart, render_report
from agent.onsite.one_look.result import CheckResult
from agent.onsite.one_look.shown import PictureChoice
from agent.site.config.site import Site
from agent.text.harmless import printable
from agent.text.translate import render
from agent.verify.html_seal import seal

MODE = 0o600
"""Of the report and its PDF: they hold pictures of the site."""


@dataclass(frozen=True, slots=True)
class ReportPlan:
    """The report's path, signing key and printer; settled before the first request is sent."""

    path: Path
    key: ReportKey
    pdf: Path | None
    printer: Printer | None
    redacted: bool
    pictures: PictureChoice
    lang: str
    quiet: bool


def plan_report(args: argparse.Namespace, site: Site | None) -> ReportPlan | None:
    """Settle everything that can fail about a report before a device is asked; None where none is wanted.

    Raises:
        UsageError: A file exists already, its folder does not, or `--pdf` has no `--report`.
        ProgramMissing: No program is installed that prints a PDF.
        Forbidden, ConfigurationError: There is no key to sign with, and none can be made.
    """
    if args.report is None:
        if args.pdf is not None:
            raise UsageError("--pdf prints a report: add --report FILE")
        return None
    for path in (args.report, args.pdf):
        if path is not None:
            require_new(path)
    printer = find_printer() if args.pdf is not None else None
    return ReportPlan(
        args.report, report_key(site), args.pdf, printer, args.redact, args.pictures, args.lang, args.quiet
    )


def write_report(plan: ReportPlan, checked: CheckResult) -> None:
    """Render, sign and write the report, print it where requested, and report its path on stderr.

    `checked` is anonymous already where the plan demands it. Raises Forbidden where the file cannot be written, and
    ProgramMissing where the program that prints failed; the report itself is there.
    """
    key = KeyPart(plan.key.signer.kid, plan.key.is_site_key)
    html = render_report(contents(checked, key, plan.lang, plan.redacted, plan.pictures), plan.lang)
    try:
        write_atomic(plan.path, seal(html, plan.key.signer), MODE)
    except OSError as error:
        raise Forbidden(
            "{path}: {why}; name a file in a folder with room, of your own", path=plan.path, why=os_words(error)
        ) from None
    sys.stderr.write(written_line(plan) + "\n" if not plan.quiet else "")
    if plan.pdf is not None and plan.printer is not None:
        print_pdf(plan.printer, plan.path, plan.pdf, MODE)


def written_line(plan: ReportPlan) -> str:
    """Return one line for the person who waits for the report."""
    line = Message(
        "report: {path}; it holds pictures of the site and stays there. Signed with the key {kid}",
        {"path": printable(str(plan.path)), "kid": plan.key.signer.kid},
    )
    return render(line, plan.lang)
