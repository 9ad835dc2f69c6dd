"""Lists rule packs (`list`), the duties of one (`show`), and the rules behind a check (`explain`).

With a site's file it shows also which duties apply there, which rule sets which figure, and the hub's packs; without
one the shipped packs alone.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.contract.signing_keys import load_jwks
from agent.host.clock import utc_now
from agent.host.health import moment
from agent.host.paths import CONFIG
from agent.judge.checks.answered import Answers, answers
from agent.judge.checks.known import KNOWN
from agent.model import exits
from agent.model.errors import NotVerified, UsageError
from agent.model.finding import Json, Message, listed
from agent.service.orders import desired_policy
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.site.declarations.standing import holds, local_day
from agent.site.declarations.table import DECLARABLES, Condition
from agent.site.declarations.words import duty_named
from agent.site.duties.floors import Floor, floors
from agent.site.rules.pack import Obligation, Pack, digest_of, from_hub_json, obligations
from agent.site.rules.read import shipped
from agent.text.harmless import json_text, printable
from agent.text.translate import render, together, translate

LIST_SCHEMA = "camwarden-rules/1"
SHOW_SCHEMA = "camwarden-rules-pack/1"
EXPLAIN_SCHEMA = "camwarden-rules-explain/1"

WRITTEN = frozenset(KNOWN)

NOTES: Final[Mapping[Answers, Message | None]] = {
    "yes": None,
    "in-part": Message("checked in part: it can find a breach, and never passes"),
    "not-yet": Message("not checked yet"),
}
COUNTED = Message(
    "{duties} duties: {by_devices} measured, {by_declaration} declared, {in_part} in part, {not_yet} not checked yet; "
    "{confirmed} confirmed"
)
MEANT = Message(
    "measured: devices, pictures or this gateway are read, beside what is declared; declared: a person's word alone; "
    "in part: a breach can be found, and nothing passes; confirmed: held against the official wording by a person"
)
NOBODY = Message(
    "Nobody has confirmed these summaries by the official wording: what fails by them is a technical indication, no "
    "legal finding. A city's signed pack may hold wording_zh, confirmed_by and confirmed_on."
)
UNCONFIRMED = Message("technical indication: nobody has confirmed this summary by the official wording")

UNREADABLE = Message("what the hub sent cannot be read ({why}): only the site's own files are shown; run it as root")
NOT_IN_FORCE = Message("what the hub sent is kept and not in force ({why}): tell the hub's people")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions of this command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="the packs of rules that count here, with version and digest")
    show = actions.add_parser("show", help="the duties of one pack")
    show.add_argument("pack", metavar="PACK", help="id of a pack, as list shows it")
    explain = actions.add_parser("explain", help="which rules stand behind a check, and what they ask")
    explain.add_argument("check", metavar="CHECK", help="id of a check, such as retention-days")


def run(args: argparse.Namespace) -> int:
    """Show what was asked for."""
    site = None if args.config == CONFIG and not args.config.exists() else _in_force(load(args.config), args.lang)
    packs = site.packs if site else shipped()
    console = Console(no_color=args.no_color, highlight=False)
    if args.action == "list":
        _list(args, console, packs)
    elif args.action == "show":
        _show(args, console, _pack(packs, args.pack))
    else:
        _explain(args, console, packs, site)
    return exits.OK


def _in_force(site: Site, lang: str) -> Site:
    """Return the site under its hub's policy; reports on stderr where that is unknown."""
    if site.hub is None or site.hub.jwks is None:
        return site
    now = moment(utc_now())
    trusted = now.clock_synced or site.policy.own_clock == "trusted"
    try:
        kept = desired_policy.read_stored(
            site.storage.directory / desired_policy.FILE_NAME, load_jwks(site.hub.jwks), site.id
        )
    except NotVerified as error:
        said = Message(UNREADABLE.template, {"why": printable(str(error))})
        sys.stderr.write(render(said, lang) + "\n")
        return site
    standing = desired_policy.in_force(site, kept, now.at if trusted else None)
    if standing.refused is not None:
        said = Message(NOT_IN_FORCE.template, {"why": printable(standing.refused.why)})
        sys.stderr.write(render(said, lang) + "\n")
    return standing.site


def _list(args: argparse.Namespace, console: Console, packs: tuple[Pack, ...]) -> None:
    if args.json:
        rows: list[Json] = [
            {"id": p.id, "version": p.version, "title": p.title, "status": p.status, "digest": p.digest, "file": p.file,
             "obligations": len(p.obligations), **_counted(p), "from_hub": from_hub_json(p)}
            for p in packs
        ]  # fmt: skip
        _print({"schema": LIST_SCHEMA, "digest": digest_of(packs), "packs": rows})
        return
    words = {
        "in-force": "",
        "text-not-available": translate("text not available", args.lang),
        "declared-only": translate("not binding by itself", args.lang),
    }
    for pack in packs:
        line = Text(f"{pack.id}: ", style="bold").append(printable(pack.named(args.lang)), style="not bold")
        if words[pack.status]:
            line.append(f" ({words[pack.status]})", style="dim not bold")
        console.print(line)
        if pack.obligations:
            counted = replace(COUNTED, values={"duties": len(pack.obligations), **_counted(pack)})
            console.print(Text(f"  {render(counted, args.lang)}"))
        about = {"version": pack.version, "digest": pack.digest[:12]}
        console.print(
            Text(f"  {render(Message('version {version}, SHA-256 {digest}', about), args.lang)}", style="dim")
        )
    console.print()
    console.print(Text(render(MEANT, args.lang), style="dim"))
    for pack in packs:
        if pack.signed_by:
            signed = translate("{pack}: from the hub, version {version}, signed by {kid}", args.lang)
            told = signed.format(pack=pack.id, version=pack.hub_version, kid=pack.signed_by)
            console.print(Text(told), soft_wrap=True)
    console.print(Text(translate("digest of all", args.lang) + f": {digest_of(packs)}"))


def _show(args: argparse.Namespace, console: Console, pack: Pack) -> None:
    if args.json:
        rows: list[Json] = [obligation_json(f"{pack.id}/{one.id}", one) for one in pack.obligations]
        head: dict[str, Json] = {"id": pack.id, "version": pack.version, "title": pack.title, "status": pack.status}
        _print({"schema": SHOW_SCHEMA, **head, "digest": pack.digest, "from_hub": from_hub_json(pack),
                "obligations": rows})  # fmt: skip
        return
    console.print(Text(printable(pack.named(args.lang)), style="bold"))
    if pack.status == "text-not-available":
        said = translate(
            "the text of these articles was not available: write a pack of your own for what you know of it, and name "
            "it under [rules] packs",
            args.lang,
        )
        console.print(Text(said))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(translate("article", args.lang), overflow="fold", ratio=2)
    table.add_column(translate("what is owed", args.lang), overflow="fold", ratio=4)
    table.add_column(translate("check", args.lang), overflow="fold", ratio=2)
    document = ""
    for one in pack.obligations:
        where = one.article(args.lang) if one.source.document == document else one.stands_in(args.lang)
        document = one.source.document
        check = Text(one.check)
        if (note := NOTES[answers(one.check)]) is not None:
            check.append("\n" + render(note, args.lang), style="dim")
        owed = Text(printable(one.says(args.lang)))
        for line in _official(one, args.lang):
            owed.append("\n" + printable(line), style="dim")
        table.add_row(Text(printable(where)), owed, check)
    console.print(table)
    if not any(one.confirmed_by for one in pack.obligations):
        console.print(Text(render(NOBODY, args.lang)))


def _official(one: Obligation, lang: str) -> Iterator[str]:
    """Yield the official wording of a duty, and who confirmed the summary by it, where a pack has them."""
    if one.wording_zh:
        yield render(Message("official wording: {wording}", {"wording": one.wording_zh}), lang)
    if one.confirmed_by and one.confirmed_on is not None:
        who = f"{one.confirmed_by}, {one.confirmed_on.isoformat()}"
        yield render(Message("rule confirmed by {who}", {"who": who}), lang)


def _explain(args: argparse.Namespace, console: Console, packs: tuple[Pack, ...], site: Site | None) -> None:
    found = tuple(obligations(packs, args.check))
    if not found and args.check not in WRITTEN:
        known = {one.check for _, one in obligations(packs)} | WRITTEN
        close = get_close_matches(args.check, known, n=1)
        hint = f"did you mean {close[0]}?" if close else "camwarden rules show PACK lists those there are"
        raise UsageError(
            "no rule and no check is known by the name {check}: {hint}", check=printable(args.check), hint=hint
        )
    today = local_day(site, utc_now()) if site else None
    bound = floors(site, today) if site and today else ()
    set_here = [floor for floor in bound if floor.obligation in {name for name, _ in found}]
    asked = [row.id for row in DECLARABLES if row.check == args.check]
    if args.json:
        rows = [{**obligation_json(name, one), "applies": _applies(site, one, today)} for name, one in found]
        _print(
            {
                "schema": EXPLAIN_SCHEMA,
                "check": args.check,
                "written": args.check in WRITTEN,
                "obligations": rows,
                "floors": [{"name": f.name, "value": f.value, "obligation": f.obligation} for f in set_here],
                "declarations": asked,
            }
        )
        return
    for text in _explained(found, set_here, asked, site, today, args):
        console.print(text)


def _explained(
    found: Iterable[tuple[str, Obligation]],
    set_here: list[Floor],
    asked: list[str],
    site: Site | None,
    today: date | None,
    args: argparse.Namespace,
) -> list[Text]:
    lang = args.lang
    head = Text(args.check, style="bold")
    if (note := NOTES[answers(args.check)]) is not None:
        head.append(f" ({render(note, lang)})", style="dim")
    texts = [head]
    words = {
        "primary": translate("from the rule's own text", lang),
        "secondary": translate("as another source tells it", lang),
        "unconfirmed": translate("a default of ours, not confirmed", lang),
    }
    for name, one in found:
        texts.append(Text(f"\n{printable(one.stands_in(lang))}"))
        texts.append(Text(f"  {printable(one.says(lang))}"))
        detail = [name, words[one.confidence], *(f"{key} = {value:g}" for key, value in one.parameters.items())]
        texts.append(Text(f"  {together(detail, lang)}", style="dim"))
        texts += [Text(f"  {printable(line)}") for line in _official(one, lang)]
        if not one.confirmed_by:
            texts.append(Text(f"  {render(UNCONFIRMED, lang)}", style="dim"))
        if one.when:
            texts.append(Text(f"  {_when(one.when, _applies(site, one, today), site is not None, lang)}"))
    if not texts[1:]:
        texts.append(Text(translate("no rule stands behind it: it is a promise of camwarden itself", lang)))
    for floor in set_here:
        line = translate("holds here: {name} = {value}, by {obligation}", lang)
        texts.append(Text(line.format(name=floor.name, value=f"{floor.value:g}", obligation=floor.obligation)))
    if asked:
        line = translate("rests on declarations: {duties}", lang)
        texts.append(Text(line.format(duties=together((duty_named(one, lang) for one in asked), lang))))
    return texts


def _when(when: tuple[Condition, ...], applies: bool | None, has_site: bool, lang: str) -> str:
    either = translate("or", lang)
    shown = together((f"{c.duty} = {f' {either} '.join(str(value).lower() for value in c.values)}" for c in when), lang)
    said = translate("only where {conditions}", lang).format(conditions=shown)
    if not has_site:
        return said
    here = {
        True: translate("that is so here", lang),
        False: translate("that is not so here", lang),
        None: translate("nobody declared that here", lang),
    }
    return f"{said}: {here[applies]}"


def obligation_json(name: str, one: Obligation) -> dict[str, Json]:
    """Encode an obligation for `--json`; `name` is `pack/obligation`."""
    return {
        "obligation": name,
        "source": {"document": one.source.document, "article": one.source.article},
        "document_zh": one.document_zh,
        "article_zh": one.article("zh_CN"),
        "check": one.check,
        "written": one.check in WRITTEN,
        "answers": answers(one.check),
        "severity": one.severity,
        "observed": one.observed,
        "confidence": one.confidence,
        "duty": one.duty,
        "duty_zh": one.duty_zh,
        "wording_zh": one.wording_zh or None,
        "confirmed_by": one.confirmed_by or None,
        "confirmed_on": one.confirmed_on.isoformat() if one.confirmed_on else None,
        "when": {c.duty: list(c.values) for c in one.when},
        "parameters": dict(one.parameters),
        "effective_from": one.effective_from.isoformat() if one.effective_from else None,
        "effective_until": one.effective_until.isoformat() if one.effective_until else None,
    }


def _applies(site: Site | None, one: Obligation, today: date | None) -> bool | None:
    """Return whether an obligation applies at the site; None where that is unknown, or there is no site."""
    return holds(site, one.when, today) if site and today else None


def _counted(pack: Pack) -> dict[str, int]:
    """Return how many duties of a pack are checked, by what, and how many nobody checks yet."""
    by = [(answers(one.check), one.observed == "declared") for one in pack.obligations]
    return {
        "checked": sum(answer == "yes" for answer, _ in by),
        "by_devices": by.count(("yes", False)),
        "by_declaration": by.count(("yes", True)),
        "in_part": sum(answer == "in-part" for answer, _ in by),
        "not_yet": sum(answer == "not-yet" for answer, _ in by),
        "confirmed": sum(bool(one.confirmed_by) for one in pack.obligations),
    }


def _pack(packs: tuple[Pack, ...], name: str) -> Pack:
    for pack in packs:
        if pack.id == name:
            return pack
    values = {"name": printable(name), "known": listed(pack.id for pack in packs)}
    raise UsageError("no pack has the id {name}: use one of {known}", **values)


def _print(answer: Mapping[str, Json]) -> None:
    sys.stdout.write(json_text(answer) + "\n")
