"""Compares the faults of an earlier check with those of now: `check --against`, `--open` and `--close`.

camwarden check --against monday.json     compare with an earlier `check --json`
camwarden check --open 2611-gate          look, and store that signed: before the repair
camwarden check --close 2611-gate         look again at what was not well, show both, and store that signed
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.commands.check.report_key import report_key
from agent.commands.check.show import result_json, show
from agent.commands.terminal.marks import STYLE
from agent.commands.terminal.opened import expire_own_state
from agent.contract.signing_keys import Signer
from agent.host.files import as_owner_of
from agent.host.paths import own_state
from agent.judge.memory.episodes import times_json
from agent.judge.memory.notes import Proof, write_note
from agent.model import exits
from agent.model.errors import Forbidden, UsageError
from agent.model.exits import exit_code
from agent.model.finding import Finding, Json, Message, listed, sentence, utc_text
from agent.observe.inventory.owners import Owner, owners_now, proven_marks
from agent.onsite.one_look.anonymise import anonymous
from agent.onsite.one_look.compare import (
    OUTCOMES,
    Compared,
    Outcome,
    about,
    compare,
    counts,
    narrowed,
    to_look_at_again,
)
from agent.onsite.one_look.job_file import FOLDER, EarlierLook, path_of, read_look, signed, write
from agent.onsite.one_look.result import CheckResult
from agent.report.build import finding_json
from agent.report.check_titles import TITLES
from agent.report.indication import error_rates, indication
from agent.site.config.site import Site
from agent.text.harmless import json_text, printable
from agent.text.site_time import local
from agent.text.translate import render, translate

SCHEMA = "camwarden-check-compared/1"
SHOWN: dict[Outcome, tuple[str, str]] = {
    "still-open": ("still open", "bold red"),
    "new": ("new fault", "bold red"),
    "cannot-be-told": ("cannot be told", "magenta"),
    "repaired": ("repaired", "bold green"),
    "well-now": ("well now", "green"),
}
"""Each outcome as people read it, and its colour."""

CHECK_WIDTH = 22
"""So that the id of a check mostly stands on one line."""

LookOnce = Callable[[argparse.Namespace, Site], CheckResult]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that compare two looks."""
    group = parser.add_argument_group("before and after a repair").add_mutually_exclusive_group()
    group.add_argument("--against", type=Path, metavar="FILE", help="compare with an earlier `check --json`, or a job")
    group.add_argument("--open", metavar="JOB", help="keep this look, signed, as the one before a repair")
    group.add_argument("--close", metavar="JOB", help="look again at what was not well then, and compare")


def is_asked(args: argparse.Namespace) -> bool:
    """Return whether two looks are to be compared, or the first of them stored."""
    return bool(args.against or args.open or args.close)


def run(args: argparse.Namespace, site: Site, look_once: LookOnce) -> int:
    """Look, compare, store and show; return the exit code.

    Raises AgentError where the earlier look cannot be used, or this one cannot be stored or signed.
    """
    if args.csv and not args.open:
        raise UsageError("--csv has no columns for two looks: use --json")
    state = own_state(site.storage.directory, os.environ)
    folder = state / FOLDER
    with as_owner_of(state):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    expire_own_state(site.storage.directory)
    signer = report_key(None if args.host is not None else site).signer
    if args.open:
        return _open(args, site, look_once, signer, folder)
    if args.against:
        before = read_look(args.against, site.id, {signer.kid: signer.public}, known_only=False)
        checked = _run_look(args, site, look_once)
        _show(args, site, before, checked, compare(before.findings, checked.seen.findings), {})
        return exits.INTERRUPTED if checked.interrupted else exit_code(checked.seen.findings)
    return _close(args, site, look_once, signer, folder)


def _open(args: argparse.Namespace, site: Site, look_once: LookOnce, signer: Signer, folder: Path) -> int:
    path = path_of(folder, args.open, "open")
    if path.exists():
        raise UsageError("{path}: this job is open already: close it, or take another name", path=path)
    checked = _run_look(args, site, look_once)
    if checked.interrupted:
        show(args, checked)
        return exits.INTERRUPTED
    with as_owner_of(folder):
        write(path, signed(signer, site, args.open, "open", checked.at, checked.seen.findings, {}))
    if args.json:
        job: Json = {"name": args.open, "file": str(path), "kid": signer.kid}
        sys.stdout.write(json_text({**result_json(checked), "job": job}) + "\n")
    else:
        show(args, checked)
        _say(args, Message("job {job} is open; after the repair: camwarden check --close {job}", {"job": args.open}))
        _say(args, _signed_by(path, signer))
    return exit_code(checked.seen.findings)


def _close(args: argparse.Namespace, site: Site, look_once: LookOnce, signer: Signer, folder: Path) -> int:
    first = path_of(folder, args.close, "open")
    if not first.exists():
        names = sorted(printable(one.name.removesuffix(".open.json")) for one in folder.glob("*.open.json"))
        raise UsageError(
            "no job {close!r} is open here; open are: {names}",
            close=printable(args.close),
            names=listed(names or ["none"]),
        )
    before = read_look(first, site.id, {signer.kid: signer.public}, known_only=True)
    wanted = to_look_at_again(before.findings)
    if not wanted:
        raise UsageError("{first}: nothing was wrong at that look: there is no repair to prove", first=first)
    checked = _run_look(args, narrowed(site, wanted), look_once)
    after = about(wanted, checked.seen.findings)
    compared = compare(about(wanted, before.findings), after)
    if checked.interrupted:
        _show(args, site, before, checked, compared, {})
        return exits.INTERRUPTED
    rows = [_row(one, before, checked) for one in compared]
    more: dict[str, Json] = {"first": before.digest, "first_at": utc_text(before.at), "compared": rows}
    path = path_of(folder, args.close, "close")
    with as_owner_of(folder):
        write(path, signed(signer, site, args.close, "close", checked.at, after, more))
        _prove(args.close, site, checked, compared, args.redact)
    _show(args, site, before, checked, compared, {"name": args.close, "file": str(path), "kid": signer.kid})
    if not args.json:
        _say(args, _signed_by(path, signer))
    outcomes = counts(compared)
    return exits.worst(
        fails=bool(outcomes["still-open"] or outcomes["new"]), refused=False, unchecked=bool(outcomes["cannot-be-told"])
    )


def _run_look(args: argparse.Namespace, site: Site, look_once: LookOnce) -> CheckResult:
    """Look; a file that is handed over names no more than what is shown."""
    checked = look_once(args, site)
    return anonymous(checked) if args.redact else checked


def _prove(job: str, site: Site, checked: CheckResult, compared: Iterable[Compared], is_redacted: bool) -> None:
    """Note the proven repairs for the service here, which closes these episodes at its next look that agrees."""
    seen = (o for ones in checked.seen.facts.by_subject.values() for o in ones)
    boxes = {} if is_redacted else owners_now(site, proven_marks(site, seen), {})
    for one in compared:
        episode = checked.episodes.get(one.key)
        if one.outcome == "repaired" and episode is not None:
            with suppress(Forbidden, UsageError):  # then it closes them by itself, once they were well for long enough
                owner = boxes.get(one.key.partition(" ")[2].removeprefix("camera:"), Owner(site.id))
                proof = Proof(one.key, episode.detected_at, checked.at, job, owner)
                write_note(site.storage.directory, proof, checked.at)


def _row(one: Compared, before: EarlierLook, checked: CheckResult) -> dict[str, Json]:
    """Return a comparison with its times. What no service has seen was detected by the first look at the latest."""
    either = one.after or one.before
    assert either is not None  # noqa: S101 - one of both is there
    episode = checked.episodes.get(one.key)
    at = utc_text(checked.at)
    was_there = one.before is not None and one.outcome not in ("new", "well-now")
    times: dict[str, Json] = {
        "detected_at": utc_text(before.at) if was_there else at,
        "acknowledged": None,
        "repaired_at": None,
    }
    if episode is not None:
        times |= {name: value for name, value in times_json(episode).items() if name in times}
    proved = one.outcome == "repaired"
    return {
        "check": either.check,
        "subject": either.subject,
        "outcome": one.outcome,
        **times,
        "repaired_at": (times["repaired_at"] or at) if proved else None,
        "verified_at": at if proved else None,
        "before": finding_json(one.before) if one.before else None,
        "after": finding_json(one.after) if one.after else None,
    }


def _show(
    args: argparse.Namespace,
    site: Site,
    before: EarlierLook,
    checked: CheckResult,
    compared: tuple[Compared, ...],
    job: dict[str, Json],
) -> None:
    if args.json:
        told: dict[str, Json] = {
            "schema": SCHEMA,
            "site": site.id,
            "before_at": utc_text(before.at),
            "at": utc_text(checked.at),
            "same_configuration": before.config_digest == site.digest if before.config_digest else None,
            "before_kid": before.kid or None,
            "job": job or None,
            "counts": {str(outcome): number for outcome, number in counts(compared).items()},
            "compared": [_row(one, before, checked) for one in compared],
        }
        sys.stdout.write(json_text(told) + "\n")
    elif not args.quiet:
        Console(no_color=args.no_color).print(_table(site, before, checked, compared, args.lang))
        for line in _remarks(site, before, compared):
            _say(args, line)
        _worth(args, compared)


def _worth(args: argparse.Namespace, compared: Iterable[Compared]) -> None:
    """Print what such a comparison is worth, with the error rates of the checks that were compared."""
    _say(args, sentence(indication(args.lang)))
    for title, rates in error_rates((one.key.partition(" ")[0] for one in compared), TITLES, args.lang):
        _say(args, sentence(f"{title} {rates}".strip()))


def _table(site: Site, before: EarlierLook, checked: CheckResult, compared: Iterable[Compared], lang: str) -> Table:
    names = {f"camera:{c.camera.id}": c.camera.name for c in checked.site.cameras}
    zone = ZoneInfo(site.time_zone)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(translate("outcome", lang), no_wrap=True)
    table.add_column(translate("where", lang), overflow="fold", min_width=CHECK_WIDTH)
    table.add_column(f"{translate('before', lang)}\n{local(before.at, zone)}", overflow="fold")
    table.add_column(f"{translate('now', lang)}\n{local(checked.at, zone)}", overflow="fold")
    for one in compared:
        check, subject = one.key.split(" ", 1)
        where = Text(printable(names.get(subject) or subject))
        where.append(f"\n{check}", style="dim")
        words, style = SHOWN[one.outcome]
        table.add_row(Text(translate(words, lang), style=style), where, _side(one.before, lang), _side(one.after, lang))
    return table


def _side(finding: Finding | None, lang: str) -> Text:
    if finding is None:
        return Text("-", style="dim")
    text = Text(translate(finding.status, lang).replace("_", " "), style=STYLE[finding.status])
    text.append(f"\n{printable(render(finding.message, lang))}", style="default")
    return text


def _remarks(site: Site, before: EarlierLook, compared: tuple[Compared, ...]) -> Iterable[Message]:
    yield Message(
        "{repaired} repaired, {still_open} still open, {new} new, {cannot_be_told} cannot be told, {well_now} well now",
        {outcome.replace("-", "_"): counts(compared)[outcome] for outcome in OUTCOMES},
    )
    if before.config_digest and before.config_digest != site.digest:
        yield Message("site.toml is another one than at the first look: what is due may be another too")
    if before.kid:
        yield Message(
            "who signed the first look is not known here: camwarden verify FILE --kid {kid}", {"kid": before.kid}
        )


def _signed_by(path: Path, signer: Signer) -> Message:
    return Message("kept in {file}, signed by {kid}", {"file": printable(str(path)), "kid": signer.kid})


def _say(args: argparse.Namespace, message: Message) -> None:
    if not args.quiet:
        Console(no_color=args.no_color).print(Text(render(message, args.lang)), soft_wrap=True)
