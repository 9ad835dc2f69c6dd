"""Shows open findings with their acknowledgements, and closed ones with their repair times."""

import argparse
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.commands.terminal.marks import STYLE
from agent.commands.terminal.service_memory import read_memory
from agent.contract.repair_counts import CLASSES, Repairs, summed
from agent.judge.memory.disputes import Contested, beside, contested_json, contested_words
from agent.judge.memory.episodes import Episode, by_class, open_episodes, repairs, times_json, valid_acknowledgement
from agent.judge.memory.history import read_history
from agent.judge.memory.hub_words import pinned_keys
from agent.judge.memory.notes import Plan, active_notes, contested_of, is_in_force, planned_subjects, read_notes
from agent.model import exits
from agent.model.finding import Json, Message, utc_text
from agent.site.config.site import Site
from agent.text.duration import duration_text
from agent.text.harmless import json_text, printable
from agent.text.site_time import local
from agent.text.translate import render, translate

SCHEMA = "camwarden-findings/1"


def show_open(args: argparse.Namespace, site: Site, now: datetime, since: datetime | None) -> int:
    """Show what is open; return 1 where something fails, 3 where something is unknown, else 0."""
    found = [one for one in open_episodes(read_memory(site.storage.directory).known) if _is_selected(args, one)]
    notes = read_notes(site.storage.directory, site.id)
    noted = active_notes(site, notes, now, keys=pinned_keys(site))  # what was said since the last look counts already
    found = [replace(one, acknowledged=valid_acknowledgement(one, noted.acknowledged.get(one.key))) for one in found]
    found = [one for one in found if since is None or one.detected_at >= since]
    plans = sorted((n for n in notes if isinstance(n, Plan) and now < n.until), key=lambda plan: plan.start_at)
    if args.camera:
        plans = [plan for plan in plans if f"camera:{args.camera}" in planned_subjects(site, plan)]
    if args.json:
        told: dict[str, Json] = {
            **_head(site, now),
            "open": [
                {**_row(one), "planned": one.subject in noted.planned, "disputed": _contested(one, noted.contested)}
                for one in found
            ],
            "plans": [_plan_row(plan, now) for plan in plans],
        }
        sys.stdout.write(json_text(told) + "\n")
    elif not args.quiet:
        console = Console(no_color=args.no_color)
        if found:
            console.print(_open_table(site, found, noted.contested, args.lang))
        for line in _summary(site, found, plans, now):
            console.print(Text(render(line, args.lang)))
    return exits.worst(
        fails=any(one.status == "fail" for one in found),
        refused=False,
        unchecked=any(one.status == "unknown" for one in found),
    )


def show_history(args: argparse.Namespace, site: Site, now: datetime, since: datetime | None) -> int:
    """Show what is over, newest last, and the mean time to repair by check."""
    subject = f"camera:{args.camera}" if args.camera else ""
    past = read_history(site.storage.directory, since, subject)
    closed = [one.episode for one in past if one.closes and one.episode is not None]
    known = contested_of(read_notes(site.storage.directory, site.id), site.id, pinned_keys(site))
    figures, classes = repairs(closed), summed([repairs(closed, by_class)])
    if args.json:
        told: dict[str, Json] = {
            **_head(site, now),
            "closed": [{**_row(one), "disputed": _contested(one, known)} for one in closed],
            "changes": [
                {"at": utc_text(p.at), "check": p.check, "subject": p.subject, "from": p.before, "to": p.after,
                 "told": p.told}
                for p in past
            ],
            "repairs": _repairs_rows(figures),
            "repairs_by_class": _repairs_rows(classes),
        }  # fmt: skip
        sys.stdout.write(json_text(told) + "\n")
    elif not args.quiet:
        console = Console(no_color=args.no_color)
        if not closed:
            console.print(Text(translate("nothing that was not well is over yet", args.lang)))
        else:
            console.print(_closed_table(site, closed, known, args.lang))
        if figures:
            words = {name: translate(CLASSES[name], args.lang) for name in classes}
            console.print(_repairs_table("class of fault", classes, words, args.lang))
            console.print(_repairs_table("check", figures, {}, args.lang))
    return exits.OK


def _is_selected(args: argparse.Namespace, episode: Episode) -> bool:
    return not args.camera or episode.subject == f"camera:{args.camera}"


def _head(site: Site, now: datetime) -> dict[str, Json]:
    return {"schema": SCHEMA, "site": site.id, "at": utc_text(now)}


def _row(one: Episode) -> dict[str, Json]:
    return {
        "check": one.check, "subject": one.subject, "status": one.status, "worst": one.worst,
        "severity": one.severity, "reason": one.reason, "message": str(one.message), "fault_class": by_class(one),
        **times_json(one),
    }  # fmt: skip


def _plan_row(plan: Plan, now: datetime) -> dict[str, Json]:
    return {
        "subject": plan.subject, "from": utc_text(plan.start_at), "until": utc_text(plan.until),
        "by": plan.by, "why": plan.why, "in_force": is_in_force(plan, now),
    }  # fmt: skip


def _where(site: Site, subject: str, lang: str) -> Text:
    names = {f"camera:{c.camera.id}": c.camera.name for c in site.cameras}
    where = Text(printable(names.get(subject) or translate(subject, lang)))
    if names.get(subject):
        where.append(f"\n{subject}", style="dim")
    return where


def _contested(one: Episode, known: Iterable[Contested]) -> dict[str, Json] | None:
    there = beside(known, one.key, one.detected_at)
    return contested_json(there) if there else None


def _open_table(site: Site, found: Iterable[Episode], known: tuple[Contested, ...], lang: str) -> Table:
    zone = ZoneInfo(site.time_zone)
    table = _table(lang, "status", "where", "since", "what was found, and the next step")
    for one in found:
        what = Text(printable(render(one.message, lang)))
        what.append(f"\n{one.check}", style="dim")
        if one.flapping:
            line = Message("it comes and goes: {count} times; nothing more is told of it", {"count": one.count})
            what.append(f"\n{render(line, lang)}", style="yellow")
        if one.repaired_at is not None:
            line = Message("seen well since {time}, not for long enough yet", {"time": local(one.repaired_at, zone)})
            what.append(f"\n{render(line, lang)}", style="green")
        if one.acknowledged is not None:
            what.append(f"\n{_acknowledgement_line(one, zone, lang)}", style="cyan")
        if (word := beside(known, one.key, one.detected_at)) is not None:
            what.append(f"\n{printable(render(contested_words(word), lang))}", style="magenta")
        status = Text(translate(one.status, lang), style=STYLE[one.status])
        table.add_row(status, _where(site, one.subject, lang), Text(local(one.detected_at, zone)), what)
    return table


def _acknowledgement_line(one: Episode, zone: ZoneInfo, lang: str) -> str:
    noted = one.acknowledged
    assert noted is not None  # noqa: S101 - the caller asked
    values = {"by": noted.by, "until": local(noted.until, zone), "why": noted.why}
    return printable(render(Message("acknowledged by {by} until {until}: {why}", values), lang))


def _closed_table(site: Site, closed: Iterable[Episode], known: tuple[Contested, ...], lang: str) -> Table:
    zone = ZoneInfo(site.time_zone)
    table = _table(lang, "status", "where", "when", "took", "what was found")
    for one in closed:
        took = "-"
        when = [(one.detected_at, "detected")]
        what = Text(printable(render(one.message, lang)))
        what.append(f"\n{one.check}", style="dim")
        if one.repaired_at is not None and one.verified_at is not None:
            took = duration_text((one.repaired_at - one.detected_at).total_seconds(), lang)
            when += [(one.repaired_at, "repaired"), (one.verified_at, "verified")]
        else:
            what.append(f"\n{translate('ended without being seen well', lang)}", style="dim")
        if one.acknowledged is not None:
            what.append(f"\n{_acknowledgement_line(one, zone, lang)}", style="cyan")
        if (word := beside(known, one.key, one.detected_at)) is not None:
            what.append(f"\n{printable(render(contested_words(word), lang))}", style="magenta")
        table.add_row(
            Text(translate(one.worst, lang), style=STYLE[one.worst]),
            _where(site, one.subject, lang),
            Text("\n".join(f"{local(at, zone)} {translate(word, lang)}" for at, word in when)),
            Text(took),
            what,
        )
    return table


def _repairs_rows(figures: Mapping[str, Repairs]) -> dict[str, Json]:
    return {
        name: {"repaired": one.repaired, "mean_s": round(one.mean_s), "flapped": one.flapped}
        for name, one in figures.items()
    }


def _repairs_table(heading: str, figures: Mapping[str, Repairs], words: Mapping[str, str], lang: str) -> Table:
    table = _table(lang, heading, "repaired", "mean time to repair", "came and went")
    for name, one in figures.items():
        took = Text(duration_text(one.mean_s, lang))
        table.add_row(Text(words.get(name, name)), Text(str(one.repaired)), took, Text(str(one.flapped)))
    return table


def _summary(site: Site, found: list[Episode], plans: list[Plan], now: datetime) -> Iterable[Message]:
    zone = ZoneInfo(site.time_zone)
    known_of = sum(one.acknowledged is not None for one in found)
    if found:
        yield Message("{count} open, {known} of them acknowledged", {"count": len(found), "known": known_of})
    else:
        yield Message("nothing is open")
    for plan in plans:
        values = {
            "subject": plan.subject, "from": local(plan.start_at, zone), "until": local(plan.until, zone),
            "by": printable(plan.by), "why": printable(plan.why),
        }  # fmt: skip
        if is_in_force(plan, now):
            yield Message("planned work on {subject} now, until {until} ({by}: {why}); outages are not told", values)
        else:
            yield Message("planned work on {subject} from {from} until {until} ({by}: {why})", values)


def _table(lang: str, *headings: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings[:-1]:
        table.add_column(translate(heading, lang), no_wrap=heading in ("status", "since", "when", "took"))
    table.add_column(translate(headings[-1], lang), overflow="fold")
    return table
