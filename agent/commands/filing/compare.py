"""Compares a filed dossier with the site of today, and stores the filing so that the service watches it.

A dossier counts that nobody changed, of this site, signed with a key of this site or computer, or with one that the
user names. One that is older than the stored filing is compared and not stored.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.commands.check.looking import LookOptions, look_at_site
from agent.commands.check.report_key import report_key
from agent.commands.filing.status import finding_json, findings_shown, say
from agent.contract.signing_keys import Signer
from agent.host.files import as_owner_of
from agent.model import exits
from agent.model.errors import ConfigurationError, NotVerified, UsageError
from agent.model.exits import refused
from agent.model.finding import Finding, Json, Message
from agent.observe.facts.filed_file import read_filed, write_filed
from agent.observe.facts.filed_system import Filing
from agent.onsite.filing.changes import EquipmentChange, changes
from agent.onsite.filing.clocks import change_findings, filing_site
from agent.onsite.filing.contents import Inventory, filed_facts, inventory_of, without_secret_places
from agent.onsite.filing.wire import read_content
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day
from agent.text.harmless import json_text, printable
from agent.text.translate import render, translate
from agent.verify.archive import open_container
from agent.verify.judge import Trusted
from agent.verify.paper import DOSSIER, MEMBER_MAX_BYTES, judge_paper, read_signed

SCHEMA = "camwarden-filing-compare/1"
NAMED_MAX = 60
"""How long a value is shown in the table."""


def run(args: argparse.Namespace) -> int:
    """Read the dossier, look, store what was filed, show; 1 where a change must be filed."""
    site = load(args.config)
    signer = report_key(site).signer
    made, filed = read_dossier(args.dossier, site.id, signer, args.kid)
    checked = look_at_site(args, site, LookOptions())
    if checked.interrupted:
        say(args, Message("interrupted: nothing was compared, and nothing kept"))
        return exits.INTERRUPTED
    day = local_day(site, checked.at)
    wanted = filing_site(site, day)
    filed = without_secret_places(filed, site, day)
    found = changes(filed, inventory_of(wanted, checked.seen.facts, day))
    facts = filed_facts(site.id, args.filed or made, filed)
    findings = change_findings(wanted, facts, checked.at)
    kept = _store_filing(args, site, facts, signer)
    if args.json:
        sys.stdout.write(json_text(_result_json(args, facts, found, findings, kept)) + "\n")
    elif not args.quiet:
        _show(args, facts, found, findings)
    due = any(change.due for change in found)
    return exits.worst(due, bool(refused(checked.seen.findings)), any(one.kind == "unread" for one in found))


def read_dossier(path: Path, site_id: str, signer: Signer, kid: str | None) -> tuple[date, Inventory]:
    """Return the day on which a dossier of a site was made, and what it lists.

    `signer` is this user's key for the site, `kid` another key that the user trusts, by its thumbprint.

    Raises:
        NotVerified: It was changed.
        ConfigurationError: It is no dossier, or cannot be read.
        UsageError: It is of another site, or signed with an unknown key.
    """
    with open_container(path, "", MEMBER_MAX_BYTES) as container:
        if DOSSIER.content not in container.names:
            raise ConfigurationError(
                "{path}: no dossier: {file} is missing; name one that camwarden wrote", path=path, file=DOSSIER.content
            )
        key = read_signed(container).key
        believed = {one.kid: one for one in (signer.public, key) if one.kid in (signer.kid, kid)}
        for judged in judge_paper(container, Trusted(believed)):
            if judged.verdict == "unchecked":
                raise UsageError("{path}: {why}", path=path, why=judged.why)
            if judged.verdict != "verified":
                raise NotVerified(judged.reason, "{name}: {why}", name=judged.name, why=judged.why)
        site, made, inventory = read_content(container.read(DOSSIER.content))
    if site != site_id:
        values = {"path": path, "site": printable(site), "site_id": site_id}
        raise UsageError("{path}: is of site {site}, not of {site_id}: name one of this site", **values)
    return made, inventory


def _store_filing(args: argparse.Namespace, site: Site, facts: Filing, signer: Signer) -> bool:
    """Store what was filed for the service, unless a later filing is stored; report where that fails."""
    directory = site.storage.directory
    last = read_filed(directory, site.id)
    if last is not None and last.at > facts.at:
        said = {"day": last.at.isoformat()}
        say(args, Message("the filing of {day} is kept, which is later: this dossier was only compared", said))
        return False
    try:
        with as_owner_of(directory):
            write_filed(directory, facts, signer)
    except OSError as error:
        why = {"folder": str(directory), "why": str(error.strerror)}
        say(
            args,
            Message(
                "what was filed could not be kept in {folder} ({why}): run it as root, so that the service watches it",
                why,
            ),
        )
        return False
    return True


def _result_json(
    args: argparse.Namespace, facts: Filing, found: Sequence[EquipmentChange], findings: Sequence[Finding], kept: bool
) -> dict[str, Json]:
    return {
        "schema": SCHEMA,
        "dossier": str(args.dossier),
        "site": facts.site,
        "filed_at": facts.at.isoformat(),
        "kept": kept,
        "change_due": any(change.due for change in found),
        "changes": [{**asdict(one), "key": one.key or None} for one in found],
        "findings": [finding_json(one) for one in findings],
    }


def _show(
    args: argparse.Namespace, facts: Filing, found: Sequence[EquipmentChange], findings: Sequence[Finding]
) -> None:
    console = Console(no_color=args.no_color, highlight=False)
    since = render(Message("changes since the filing of {day}", {"day": facts.at.isoformat()}), args.lang)
    if found:
        console.print(_table(found, since, args.lang))
    else:
        console.print(Text(translate("nothing has changed since it was filed", args.lang), style="green"))
    for line in findings_shown([one for one in findings if one.status != "not_applicable"], args.lang):
        console.print(line)
    if any(change.due for change in found):
        step = Message("file the change: camwarden filing export, then hand the new dossier in")
        console.print(Text(render(step, args.lang), style="bold"))


def _table(found: Sequence[EquipmentChange], title: str, lang: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    words = {
        "added": translate("added", lang),
        "removed": translate("removed", lang),
        "changed": translate("changed", lang),
        "unread": translate("not read", lang),
    }
    for heading in (translate("where", lang), translate("difference", lang), translate("key", lang)):
        table.add_column(heading, overflow="fold")
    for heading in (translate("as filed", lang), translate("now", lang)):
        table.add_column(heading, overflow="fold", ratio=2)
    table.add_column(translate("to be filed", lang))
    for one in found:
        cells = (Text(_value_text(value)) for value in (one.before, one.after))
        due = Text(translate("yes" if one.due else "no", lang), style="bold red" if one.due else "dim")
        table.add_row(Text(printable(one.subject)), words[one.kind], Text(one.key), *cells, due)
    return table


def _value_text(value: Json) -> str:
    if value is None:
        return ""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return printable(text)[:NAMED_MAX]
