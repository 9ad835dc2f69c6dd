"""Imports one site's rows of a ledger into its folder, all of them or none."""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.commands.ledger import file as ledger_file
from agent.commands.ledger.site_rows import of_site, sound_plan, with_recorders
from agent.commands.terminal.asking import Ended, ask_password
from agent.host.clock import utc_now
from agent.host.paths import CONFIG, SECRETS_NAME, SITE_NAME
from agent.model import exits
from agent.model.errors import UsageError
from agent.model.finding import Json, Message, first_of, listed
from agent.onsite.ledger import folder
from agent.onsite.ledger.changes import left_over
from agent.onsite.ledger.columns import COLUMNS
from agent.onsite.ledger.export import heading
from agent.onsite.ledger.rows import Problem
from agent.onsite.ledger.site_text import HUB_KEYS
from agent.onsite.ledger.sites import SitePlan
from agent.site.config.site import DEFAULT_TIME_ZONE
from agent.site.toml.edit import Change
from agent.text.harmless import printable
from agent.text.translate import translate
from drivers.spans import day_of

SCHEMA = "camwarden-ledger-import/1"
HUB_KEYS_MAX_BYTES = 256 * 1024
REPORT_NAME = "report.html"


def run(args: argparse.Namespace) -> int:
    """Read, compare with the folder, write."""
    ledger = ledger_file.read_ledger(args)
    site = folder.existing(args.out)
    entries, elsewhere = of_site(ledger, args, site)
    entries = with_recorders(args, entries, site)
    planned, bad = sound_plan(entries, site, ledger.problems, args.skip_bad)
    ledger_file.print_reading(args, ledger, len(ledger.entries))
    for remark in planned.remarks:
        ledger_file.say(args, remark)
    if elsewhere:
        ledger_file.say(
            args, Message("{count} rows belong to other sites: camwarden ledger render takes all", {"count": elsewhere})
        )
    answer: dict[str, Json] = {"schema": SCHEMA, "file": str(args.file), **ledger_file.reading_json(ledger)}
    ledger_file.print_problems(args, bad)
    if bad and (not args.skip_bad or not planned.cameras or planned.problems):
        ledger_file.say(args, Message("nothing was written: {count} mistakes", {"count": len(bad)}))
        if args.json:
            ledger_file.print_json({**answer, "written": [], "problems": ledger_file.problems_json(bad)})
        return exits.CONFIG
    logins = folder.new_logins(args.out, planned)
    passwords = ask_passwords(args, planned, logins) if args.ask_password else {}
    own_state = args.out.absolute() / SITE_NAME != CONFIG
    what = folder.draft(args.out, planned, site, hub_keys(args), args.by, today(), passwords, own_state)
    print_undeclared(args, [planned])
    _show(args, what, left_over(planned, site))
    if what.changes and what.by_hand and not args.force:
        raise UsageError(
            "{path} was changed by a person and was left as it is: if the ledger is right, repeat with "
            "--force; comments, zones and holds stay",
            path=args.out / SITE_NAME,
        )
    folder.write(what)
    ledger_file.remember_headings(args)
    print_left_out(args, bad)
    if args.json:
        changed = [change_json(change) for change in what.changes]
        written: list[Json] = [str(args.out / name) for name in what.files]
        ledger_file.print_json(
            {**answer, "written": written, "problems": ledger_file.problems_json(bad), "changes": changed}
        )
    print_written(args, what, planned, [name for name in logins if name not in passwords])
    return exits.OK


def ask_passwords(args: argparse.Namespace, planned: SitePlan, logins: Iterable[str]) -> dict[str, str]:
    """Ask for the password of each of these logins; an empty answer leaves one for later.

    Raises UsageError for a password that cannot be typed.
    """
    found: dict[str, str] = {}
    for name in logins:
        question = Message(
            "password of {user} (login {name}; empty: later):", {"user": planned.logins[name], "name": name}
        )
        try:
            password = ask_password(ledger_file.in_words(question, args.lang))
        except Ended:
            break
        if not password.isprintable():
            raise UsageError("the password holds a character that cannot be typed: write secrets.toml yourself")
        if password:
            found[name] = password
    return found


def hub_keys(args: argparse.Namespace) -> bytes | None:
    """Return the hub's public keys of the command line."""
    return None if args.hub_jwks is None else ledger_file.file_bytes(args.hub_jwks, HUB_KEYS_MAX_BYTES)


def change_json(change: Change) -> dict[str, Json]:
    """Encode a change for scripts."""
    return {"subject": change.subject, "key": change.key, "before": change.before, "after": change.after}


def today() -> date:
    """Return the day of a ledger's declarations in the sites' time zone."""
    return day_of(utc_now(), ZoneInfo(DEFAULT_TIME_ZONE))


def print_undeclared(args: argparse.Namespace, plans: Sequence[SitePlan]) -> None:
    """Report the columns of declarations that were left out, since they have no author."""
    duties = {duty for planned in plans for camera in planned.cameras for duty in camera.declared}
    if duties and not args.by:
        names = listed(heading(column, args.lang) for column in COLUMNS if column.option in duties)
        ledger_file.say(
            args,
            Message(
                "these columns are somebody's word and were not taken: {columns}; say whose with --by NAME",
                {"columns": names},
            ),
        )


def print_left_out(args: argparse.Namespace, bad: Sequence[Problem]) -> None:
    """Report the rows that were left out."""
    rows = sorted({problem.row for problem in bad if problem.row})
    if rows:
        shown = first_of(rows, 20)
        ledger_file.say(args, Message("{count} rows were left out: {rows}", {"count": len(rows), "rows": shown}))


def print_written(args: argparse.Namespace, what: folder.Draft, planned: SitePlan, empty: Sequence[str]) -> None:
    """Report what was written and what comes next; `empty` are the logins that still need a password."""
    if args.quiet:
        return
    if not what.files:
        ledger_file.say(
            args, Message("{folder} holds all of it already: nothing was written", {"folder": str(what.folder)})
        )
        return
    for name in what.files:
        ledger_file.say(args, Message("{path}: written", {"path": str(what.folder / name)}))
    if empty:
        said = Message(
            "next: write the password of each login ({logins}) into {path}; without one nothing is sent",
            {"logins": listed(empty), "path": str(what.folder / SECRETS_NAME)},
        )
        ledger_file.say(args, said)
    site = str(what.folder / SITE_NAME)
    ledger_file.say(
        args, Message("then answer what no device can say: camwarden declare --config {site}", {"site": site})
    )
    said = Message(
        "then look at the site: camwarden check --config {site} --report {report}",
        {"site": site, "report": str(what.folder / REPORT_NAME)},
    )
    ledger_file.say(args, said)
    if planned.hub_host and HUB_KEYS not in what.files and not (what.folder / HUB_KEYS).is_file():
        said = Message(
            "the hub {host} is not in force yet: give its public keys with --hub-jwks FILE", {"host": planned.hub_host}
        )
        ledger_file.say(args, said)


def _show(args: argparse.Namespace, what: folder.Draft, left: Sequence[str]) -> None:
    """Show how the ledger differs from the folder's file."""
    if args.quiet or args.json:
        return
    if what.changes:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for heading in (
            translate("where", args.lang),
            translate("key", args.lang),
            translate("site.toml", args.lang),
            translate("ledger", args.lang),
        ):
            table.add_column(heading, overflow="fold")
        for change in what.changes:
            answer = change.after.get("value") if isinstance(change.after, Mapping) else change.after
            before = Text("-" if change.before in (None, "") else printable(str(change.before)), style="red")
            after = Text(translate("new", args.lang) if answer is None else printable(str(answer)), style="green")
            table.add_row(Text(change.subject), Text(change.key), before, after)
        Console(no_color=args.no_color).print(table)
    if left:
        shown = first_of(left, 10)
        said = Message(
            "{count} cameras stand in site.toml and in no row; they stay until you take them out: {cameras}",
            {"count": len(left), "cameras": shown},
        )
        ledger_file.say(args, said)
