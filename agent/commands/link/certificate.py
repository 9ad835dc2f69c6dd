"""Writes the signed paper of a self-test into a new folder: `link test --certificate DIR --made-by NAME`.

The PDFs are printed where a program for it is installed. A test takes minutes and a person at the device: what cannot
be written is found before it, and a printer that fails costs the PDFs alone.
"""

import argparse
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.commands.check.pdf import Printer, find_printer, print_pdf
from agent.commands.check.report_key import ReportKey, report_key
from agent.commands.terminal.new_file import require_new
from agent.host.clock import utc_now
from agent.host.files import sync_directory, write_atomic
from agent.model.errors import Forbidden, ProgramMissing, UsageError, os_words
from agent.model.finding import Message, utc_text
from agent.onsite.handover.report import KeyPart
from agent.onsite.link.certificate import Certificate, files_of
from agent.onsite.link.result import LinkResult
from agent.site.config.site import DEFAULT_TIME_ZONE, Site
from agent.site.declarations.standing import local_day, standing
from agent.text.harmless import printable
from agent.text.translate import LANGUAGES, render
from agent.verify.paper import LINK_TEST, signed_files

MODE: Final = 0o600
NAME_MAX_CHARS: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatePlan:
    """Where the paper goes, who signs it, and who stands on it; `printer` None: none is installed."""

    folder: Path
    key: ReportKey
    printer: Printer | None
    made_by: str
    made_for: str
    site: Site | None
    device: str


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the options of the paper."""
    parser.add_argument("--certificate", type=Path, metavar="DIR", help="write a signed page of the test: a new folder")
    parser.add_argument("--made-by", metavar="NAME", help="who makes the test, as it stands on the page")
    parser.add_argument("--made-for", metavar="NAME", help="for whom (default: the unit or name of the site file)")


def plan_certificate(args: argparse.Namespace, site: Site | None, device: str) -> CertificatePlan | None:
    """Settle everything that can fail about a paper before a device is asked; None where none is wanted.

    Raises:
        UsageError: The folder is there already, or nobody is named on the paper.
        Forbidden, ConfigurationError: There is no key to sign with, and none can be made.
    """
    if args.certificate is None:
        if args.made_by or args.made_for:
            raise UsageError("--made-by and --made-for stand on a certificate: add --certificate DIR")
        return None
    require_new(args.certificate)
    made_by = _name(args.made_by)
    made_for = _name(args.made_for) or _owner(site)
    if not made_by or not made_for:
        option = "--made-by" if not made_by else "--made-for"
        raise UsageError("a certificate says who made the test, and for whom: add {option} NAME", option=option)
    try:
        printer = find_printer()
    except ProgramMissing:
        printer = None
    return CertificatePlan(
        folder=args.certificate, key=report_key(site), printer=printer, made_by=made_by, made_for=made_for,
        site=site, device=device,
    )  # fmt: skip


def write_certificate(plan: CertificatePlan, result: LinkResult, args: argparse.Namespace) -> None:
    """Write the paper, whole or not at all. `result` names no address.

    Raises Forbidden where the folder cannot be written.
    """
    key, site = KeyPart(plan.key.signer.kid, plan.key.is_site_key), plan.site
    one = Certificate(
        site=site.id if site is not None else "",
        time_zone=site.time_zone if site is not None else DEFAULT_TIME_ZONE,
        device=plan.device,
        made_by=plan.made_by,
        made_for=plan.made_for,
        test=result,
    )
    try:
        room = Path(tempfile.mkdtemp(dir=plan.folder.parent, prefix=f".{plan.folder.name}."))
        try:
            files = files_of(one, key)
            for name, data in files.items():
                write_atomic(room / name, data, MODE)
            missing = _print(plan.printer, room)
            files |= {path.name: path.read_bytes() for path in room.glob("*.pdf")}
            signed = signed_files(LINK_TEST, one.site, utc_text(result.ended_at), files, plan.key.signer)
            for name in signed.keys() - {path.name for path in room.iterdir()}:
                write_atomic(room / name, signed[name], MODE)
            room.rename(plan.folder)
        except BaseException:
            shutil.rmtree(room, ignore_errors=True)
            raise
        sync_directory(plan.folder.parent)
    except OSError as error:
        raise Forbidden(
            "{path}: {why}; name a file in a folder with room, of your own", path=plan.folder, why=os_words(error)
        ) from None
    _say(args, missing)
    values = {"path": printable(str(plan.folder)), "kid": plan.key.signer.kid}
    _say(args, Message("certificate: {path}. Signed with the key {kid}", values))


def _print(printer: Printer | None, room: Path) -> Message | None:
    """Print each page; return what to say where there are no PDFs."""
    if printer is None:
        return Message("no PDF was made: apt install chromium, or print the page from a browser")
    try:
        for lang in LANGUAGES:
            print_pdf(printer, room / f"link-test.{lang}.html", room / f"link-test.{lang}.pdf", MODE)
    except ProgramMissing as error:
        for path in room.glob("*.pdf"):
            path.unlink()
        return Message("no PDF was made: {why}", {"why": error})
    return None


def _name(text: str | None) -> str:
    return printable(" ".join((text or "").split()))[:NAME_MAX_CHARS]


def _owner(site: Site | None) -> str:
    if site is None:
        return ""
    unit = standing(site, "legal-unit", local_day(site, utc_now())).value
    return _name(str(unit) if unit else site.name)


def _say(args: argparse.Namespace, message: Message | None) -> None:
    if message is not None and not args.quiet:
        sys.stderr.write(f"{printable(render(message, args.lang))}\n")
