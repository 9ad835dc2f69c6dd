"""Writes the signed dossier from one look at the site. It has serial numbers and addresses, no picture."""

import argparse
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from agent.commands.check.looking import LookOptions, look_at_site
from agent.commands.check.report_key import ReportKey, report_key
from agent.commands.filing.status import finding_json, say
from agent.commands.terminal.new_file import require_new
from agent.commands.terminal.opened import note_opened
from agent.commands.terminal.progress_line import progress_line
from agent.host.clock import utc_now
from agent.host.files import write_atomic
from agent.model import exits
from agent.model.errors import Forbidden, UsageError, os_words
from agent.model.finding import Json, Message, listed, utc_text
from agent.onsite.filing.contents import Dossier, dossier_of
from agent.onsite.filing.lists import lists
from agent.onsite.filing.page import render_page
from agent.onsite.filing.papers import enclose, slots
from agent.onsite.filing.wire import content_bytes, deadline_json, slot_json
from agent.onsite.handover.report import KeyPart
from agent.site.config.add_declaration import digest_of_file
from agent.site.config.load import load
from agent.site.declarations.standing import local_day
from agent.site.declarations.words import duties_listed
from agent.text.harmless import json_text, printable
from agent.text.translate import LANGUAGES
from agent.verify.paper import DOSSIER, MEMBER_MAX_BYTES, pack_paper

SCHEMA = "camwarden-filing-export/1"
MODE = 0o600
"""Of the dossier: it says what hangs where, and how it is reached."""


def run(args: argparse.Namespace) -> int:
    """Settle what can fail, look, write, and report what is missing: a dossier that was written is 0."""
    site = load(args.config)
    today = local_day(site, utc_now())
    path: Path = args.out or Path(f"{site.id}-filing-{today:%Y%m%d}.zip")
    require_new(path)
    given, left = given_papers(args.documents, {slot.sha256 for slot in slots(site, today)})
    key = report_key(site)
    checked = look_at_site(args, site, LookOptions(sample_s=args.sample))
    if checked.interrupted:
        say(args, Message("interrupted: no dossier was written, since it would not hold all devices"))
        return exits.INTERRUPTED
    with progress_line(args, Message("the dossier is written")):
        dossier = dossier_of(checked)
        enclosed, members = enclose(dossier.slots, given)
        dossier = replace(dossier, slots=enclosed)
        files = {**files_of(dossier, key, args.lang), **members}
    try:
        write_atomic(path, pack_paper(DOSSIER, site.id, utc_text(dossier.at), files, key.signer), MODE)
    except OSError as error:
        raise Forbidden(
            "{path}: {why}; name a file in a folder with room, of your own", path=path, why=os_words(error)
        ) from None
    note_opened(site.storage.directory, "filing export", "equipment", path)
    if args.json:
        sys.stdout.write(json_text(_result_json(path, dossier, key, tuple(files), left)) + "\n")
    elif not args.quiet:
        _print_result(args, path, dossier, key, left)
    return exits.OK


def files_of(dossier: Dossier, key: ReportKey, lang: str) -> dict[str, bytes]:
    """Return the files of a dossier but its papers: content for programs, lists in one language, pages in each."""
    shown = KeyPart(key.signer.kid, key.is_site_key)
    pages = {f"dossier.{one}.html": render_page(dossier, shown, one).encode() for one in LANGUAGES}
    return {DOSSIER.content: content_bytes(dossier), **{one.name: one.csv for one in lists(dossier, lang)}, **pages}


def given_papers(folder: Path | None, wanted: Collection[str]) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Return the files of a folder, without its subfolders, whose SHA-256 (hex) is wanted, and the names of the others.

    `folder` None: none were given. Raises UsageError where it is no folder, or one of its files cannot be read or is
    too large.
    """
    if folder is None:
        return {}, ()
    if not folder.is_dir():
        raise UsageError("{folder}: no folder; put the papers into one and name it with --documents", folder=folder)
    found, left = {}, []
    try:
        for path in sorted(one for one in folder.iterdir() if one.is_file()):
            if digest_of_file(path) not in wanted:
                left.append(path.name)
            elif path.stat().st_size > MEMBER_MAX_BYTES:
                values = {"path": path, "bytes_most": MEMBER_MAX_BYTES}
                raise UsageError("{path}: larger than {bytes_most} bytes; scan it in fewer colours", **values)
            else:
                found[path.name] = path.read_bytes()
    except OSError as error:
        raise UsageError("{folder}: {why}", folder=folder, why=os_words(error)) from None
    return found, tuple(left)


def _result_json(
    path: Path, dossier: Dossier, key: ReportKey, files: tuple[str, ...], left: tuple[str, ...]
) -> dict[str, Json]:
    return {
        "schema": SCHEMA,
        "path": str(path),
        "site": dossier.site,
        "at": utc_text(dossier.at),
        "kid": key.signer.kid,
        "site_key": key.is_site_key,
        "files": sorted(files),
        "deadlines": [deadline_json(clock) for clock in dossier.clocks],
        "papers": [slot_json(slot) for slot in dossier.slots],
        "findings": [finding_json(clock.finding) for clock in dossier.clocks],
        "unread": [{"device": one.id, "reason": one.unread} for one in dossier.inventory.devices if one.unread],
        "left_out": list(left),
    }


def _print_result(
    args: argparse.Namespace, path: Path, dossier: Dossier, key: ReportKey, left: tuple[str, ...]
) -> None:
    kept = dossier.inventory
    counts: dict[str, str | int | float] = {
        "cameras": len(kept.cameras),
        "devices": len(kept.devices),
        "path": printable(str(path)),
    }
    say(args, Message("dossier: {path}; {cameras} cameras, {devices} devices", counts))
    say(
        args,
        Message(
            "it holds serial numbers and addresses, because filing asks for them: it stays here until you hand it in. "
            "Signed with the key {kid}",
            {"kid": key.signer.kid},
        ),
    )
    for clock in dossier.clocks:
        say(args, clock.finding.message)
    missing = duties_listed(slot.duty for slot in dossier.slots if not slot.is_there)
    if missing:
        say(args, Message("papers that are not declared: {duties}", {"duties": missing}))
    absent = duties_listed(s.duty for s in dossier.slots if s.is_there and not s.is_none and not s.member)
    if absent:
        say(args, Message("declared, and not in the dossier since no file agrees: {duties}", {"duties": absent}))
    for name in left:
        said = Message("left out, its SHA-256 is that of no declared paper: {file}", {"file": printable(name)})
        say(args, said)
    silent = listed(
        Message("{text} ({named})", {"text": one.id, "named": one.unread}) for one in kept.devices if one.unread
    )
    if silent:
        said = Message("devices that could not be read, so their data is missing: {devices}", {"devices": silent})
        say(args, said)
    step = Message(
        "next: print dossier.zh_CN.html, hand it in, then camwarden filing compare {path} --filed DAY",
        {"path": printable(str(path))},
    )
    say(args, step)
