"""Builds the values of a hand-over report from a check's observations and findings. Pure.

Decides the place of each value, what is an open declaration, and who has the next step.
`agent/onsite/one_look/anonymise.py` has redacted boxes and networks before.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, Literal
from zoneinfo import ZoneInfo

from agent.judge.check import Check
from agent.judge.checks.papers import declared
from agent.judge.checks.table import CHECKS
from agent.judge.memory.disputes import contested_words
from agent.model.finding import Basis, Finding, Json, Message, Status, is_item, is_quiet
from agent.onsite.handover.contents_cameras import camera_parts
from agent.onsite.handover.contents_equipment import clock_rows, device_rows, forecast_rows, stream_rows
from agent.onsite.handover.left_out import left_out_text
from agent.onsite.handover.report import ORDER, DutyPart, FindingPart, HandOver, KeyPart, RowPart, SitePart, TodoPart
from agent.onsite.handover.report_words import DOCUMENTS, TITLES, rule_text
from agent.onsite.one_look.result import CheckResult
from agent.report.basis import bases
from agent.report.levels import LEVEL_WORDS, basis_text, counted, counts_text, passes_by_level
from agent.report.timeline_days import timeline_of
from agent.site.config.site import Site
from agent.site.declarations.table import BY_ID
from agent.site.rules.pack import obligations
from agent.site.rules.read import shipped
from agent.text.translate import render, translate
from agent.version import VERSION

TODO_MAX: Final = {"contractor": 6, "operator": 3}
"""So many next steps of each stand on the first page; more would push its end onto the second."""

PLACES_MAX: Final = 4
"""So many places one next step names."""

Who = Literal["contractor", "operator"]


def contents(checked: CheckResult, key: KeyPart, lang: str, redacted: bool = True) -> HandOver:
    """Build the report's values in `zh_CN` or `en`.

    `checked` has the blackened pictures; the report will be signed with `key`. `redacted`: addresses and serial numbers
    were removed, which the report notes.
    """
    site, facts, findings = checked.site, checked.seen.facts, checked.seen.findings
    causes = [f for f in findings if not f.caused_by]
    open_ones = sorted((f for f in findings if is_item(f)), key=lambda f: ORDER.index(f.status))
    steps = [_todo(site, group, lang) for group in _grouped(open_ones)]
    todo = [step for name, most in TODO_MAX.items() for step in [one for one in steps if one.who == name][:most]]
    totals = Counter(f.status for f in causes)
    known = bases(site, facts, findings, checked.at)
    return HandOver(
        _site(checked, redacted, lang),
        {status: totals[status] for status in ORDER},
        _verdict(totals, sum(is_quiet(f) for f in causes), lang),
        render(without, lang) if (without := left_out_text(site, findings, lang)) is not None else "",
        tuple(todo),
        len(steps) - len(todo),
        tuple(_duties(findings, known, lang)),
        tuple((translate(short, lang), translate(full, lang)) for full, short in DOCUMENTS.items()),
        camera_parts(checked, lang),
        timeline_of(site, facts, findings, checked.at),
        forecast_rows(findings, lang),
        clock_rows(site, facts, findings, lang),
        device_rows(site, facts),
        stream_rows(site, facts, lang),
        tuple(_findings(checked, [f for f in open_ones if not is_declaration(f)], lang)),
        tuple(row for f in open_ones if is_declaration(f) for row in _declarations(f, lang)),
        key,
        tuple((n, translate(LEVEL_WORDS[one], lang)) for one, n in passes_by_level(findings, known).items()),
    )


def is_declaration(finding: Finding) -> bool:
    """Return whether a finding waits for a declaration: a missing one, or one on cameras without any."""
    if finding.check == declared.DECLARATIONS_ID:
        return True
    return finding.subject == "site" and finding.status == "unknown" and bool(finding.evidence.get("cameras"))


def who(finding: Finding) -> Who:
    """Return who has the next step: the operator of declarations and of what reaches the hub, not of devices."""
    if is_declaration(finding) or finding.check in ("hub-delivery", "hub-certificate", "undeclared-camera"):
        return "operator"
    return "contractor"


def duty_text(check: Check, lang: str) -> str:
    """Return a check's duty: from a pack in both languages, from the catalogue where no pack has it."""
    said = (one.says(lang) for _, one in obligations(shipped(), check.id) if one.duty == check.duty)
    return next(said, translate(check.duty, lang))


def places(site: Site, findings: Iterable[Finding], lang: str) -> str:
    """Return where findings are: the names of the first few places, and how many there are besides."""
    names = list(dict.fromkeys(place(site, f.subject, lang) for f in findings))
    listed = ", ".join(names[:PLACES_MAX])
    if len(names) <= PLACES_MAX:
        return listed
    return render(Message("{places} and {count} more", {"places": listed, "count": len(names) - PLACES_MAX}), lang)


def place(site: Site, subject: str, lang: str) -> str:
    """Return the name of a subject for people."""
    if subject == "site":
        return translate("the site", lang)
    kind, _, name = subject.partition(":")
    if kind == "camera":
        return next((c.camera.name for c in site.cameras if c.camera.id == name), "") or name
    return render(Message("device {device}", {"device": name}), lang)


def _grouped(findings: list[Finding]) -> list[list[Finding]]:
    """Group findings by check, status and sentence; worst first, then by how many there are."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.check, finding.status, finding.message.template), []).append(finding)
    return sorted(groups.values(), key=lambda group: (ORDER.index(group[0].status), -len(group)))


def _todo(site: Site, group: list[Finding], lang: str) -> TodoPart:
    first = group[0]
    alike = len({str(f.message) for f in group}) == 1
    title = translate(TITLES.get(first.check, first.check), lang)
    # Of several, each with numbers of its own, the first stands for all; the title says what should be, not what is.
    values = {"title": title, "text": render(first.message, lang)}
    several = Message("not known of \u201c{title}\u201d, for example: {text}", values)
    if first.status in ("fail", "warn"):
        several = Message("not as it should be, \u201c{title}\u201d; for example: {text}", values)
    what = values["text"] if alike else render(several, lang)
    return TodoPart(who(first), first.status, what, places(site, group, lang), len(group))


def _duties(findings: tuple[Finding, ...], known: Mapping[str, Basis], lang: str) -> Iterable[DutyPart]:
    for check in CHECKS:
        counted = Counter(f.status for f in findings if f.check == check.id)
        if counted:
            totals = tuple((status, counted[status]) for status in ORDER if counted[status])
            title = translate(TITLES.get(check.id, check.id), lang)
            passed = [known[f.key] for f in findings if f.check == check.id and f.status == "pass"]
            rule = rule_text(check.source, lang)
            yield DutyPart(title, duty_text(check, lang), rule, totals[0][0], totals, _basis_of_passes(passed, lang))


def _basis_of_passes(passed: list[Basis], lang: str) -> str:
    """Return what the passes of one duty rest on: one level with its greatest age, several with their numbers."""
    totals = counted(one.level for one in passed)
    if len(totals) != 1:
        return counts_text(totals, lang)
    ages = [one.oldest_age_s for one in passed if one.oldest_age_s is not None]
    return basis_text(Basis(next(iter(totals)), max(ages, default=None)), lang)


def _findings(checked: CheckResult, shown: list[Finding], lang: str) -> Iterable[FindingPart]:
    """Yield one part for each sentence, with all the cameras that share it; a dispute is part of the sentence."""
    site, findings = checked.site, checked.seen.findings
    alike: dict[tuple[str, Status, str], list[Finding]] = {}
    for finding in shown:
        word = checked.disputed(finding.key)
        said = [render(one, lang) for one in (finding.message, *([contested_words(word)] if word else []))]
        alike.setdefault((finding.check, finding.status, " — ".join(said)), []).append(finding)
    for (check, status, text), group in alike.items():
        keys = {f.key for f in group}
        same = [f for f in findings if f.caused_by in keys and f.status not in ("pass", "not_applicable")]
        yield FindingPart(
            status,
            ", ".join(place(site, f.subject, lang) for f in group),
            group[0].subject if len(group) == 1 else "",
            translate(TITLES.get(check, check), lang),
            text,
            rule_text(group[0].source, lang),
            who(group[0]),
            ", ".join(dict.fromkeys(translate(TITLES.get(f.check, f.check), lang) for f in same)),
        )


def _declarations(finding: Finding, lang: str) -> Iterable[RowPart]:
    """Yield one row for each missing declaration."""
    rows = _dicts(finding.evidence.get("open"))
    for row in rows:
        duty = BY_ID.get(str(row["duty"]))
        question = translate(duty.question, lang) if duty is not None else str(row["duty"])
        count = render(Message("{count} cameras", {"count": int(str(row["cameras"]))}), lang) if row["cameras"] else ""
        yield RowPart(finding.status, (question, count or translate("the site", lang)))
    if not rows:
        named = finding.evidence["cameras"]
        ids = [str(one) for one in named] if isinstance(named, list | tuple) else []
        yield RowPart(finding.status, (render(finding.message, lang), ", ".join(ids)))


def _dicts(value: Json) -> list[Mapping[str, Json]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


def _verdict(totals: Mapping[Status, int], quiet: int, lang: str) -> str:
    """Return the result in one sentence; nothing unknown is called good.

    `quiet`: how many of the unknown ones only wait, or were accepted by a person.
    """
    unchecked = totals["unknown"] - quiet
    if totals["fail"]:
        text = Message("Not ready for acceptance: {count} findings fail.", {"count": totals["fail"]})
    elif unchecked:
        text = Message("Nothing fails, but {count} points could not be checked.", {"count": unchecked})
    elif totals["warn"]:
        text = Message("Nothing fails; {count} points should be looked after.", {"count": totals["warn"]})
    elif quiet:
        text = Message(
            "Nothing fails; {count} points are accepted, not told, not asked for or not known yet.", {"count": quiet}
        )
    else:
        return translate("Every check that is due passes.", lang)
    return render(text, lang)


def _site(checked: CheckResult, redacted: bool, lang: str) -> SitePart:
    site = checked.site
    local = checked.at.astimezone(ZoneInfo(site.time_zone))
    counted = {"cameras": len(site.cameras), "devices": len(site.devices)}
    floor = {"days": site.policy.retention_floor_days}
    used = site.in_use_since.isoformat() if site.in_use_since else translate("not declared", lang)
    shown = "taken out" if redacted else "included"
    broken_off = Message("broken off; what had not come back is unknown")
    rows = (
        (translate("site id", lang), site.id),
        (translate("checked at", lang), f"{local:%Y-%m-%d %H:%M} ({site.time_zone})"),
        (translate("division code", lang), f"{site.division} (GB/T 2260)"),
        (translate("in use since", lang), used),
        (translate("extent", lang), render(Message("{cameras} cameras, {devices} devices", counted), lang)),
        (translate("footage", lang), render(Message("at least {days} days to be kept", floor), lang)),
        (translate("addresses and serial numbers", lang), translate(shown, lang)),
        (translate("made with", lang), f"camwarden {VERSION}"),
        *(((translate("check", lang), render(broken_off, lang)),) if checked.interrupted else ()),
    )
    return SitePart(site.id, site.name, f"{local:%Y-%m-%d %H:%M}", f"{local:%Y-%m-%d}", rows)
