"""Renders the table of findings of `check` and `demo`. Names from devices are text, never markup."""

from collections.abc import Callable, Mapping

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from agent.commands.terminal.marks import MARK, ORDER, STYLE
from agent.judge.memory.disputes import Contested, contested_words
from agent.judge.wording.broken_rules import places_zh, standing
from agent.model.finding import NOTHING_KNOWN, Basis, Finding, Message, Severity, Source, is_item
from agent.onsite.handover.report_words import rule_text
from agent.report.build import counts
from agent.report.levels import basis_text, counts_text, passes_by_level
from agent.site.config.site import Site
from agent.text.harmless import printable
from agent.text.translate import render, render_apart, together, translate

HARM: tuple[Severity, ...] = ("critical", "major", "minor", "info")

LEGEND = (
    Message("fail: not as it must be. warn: to be watched. pass: as it must be, by evidence."),
    Message("unknown (?): nobody could judge it, so no pass. not applicable (-): not due."),
    Message("told: by the device's own word. seen: measured by us, or in a picture."),
)
"""The words of the tables, for the first screen."""

COLUMNS = (
    ("camera-online", "online"),
    ("privacy-mask-present", "listed"),
    ("privacy-mask-geometry", "placed"),
    ("privacy-mask-effective", "hidden"),
    ("retention-days", "kept"),
    ("recording-completeness", "whole"),
    ("stream-auth-required", "login"),
)
"""The duties of one camera, each with a heading of one word."""


def cameras_table(site: Site, findings: tuple[Finding, ...], lang: str) -> RenderableType:
    """Return one row per camera and one column per duty; `?` is unknown, `-` is not due."""
    by_key = {(f.check, f.subject): f.status for f in findings}
    for finding in findings:  # what nobody declared is one finding on the site, and unknown for each camera it names
        cameras = finding.evidence.get("cameras") if finding.subject == "site" else None
        for name in cameras if isinstance(cameras, list) else ():
            by_key.setdefault((finding.check, f"camera:{name}"), finding.status)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(translate("camera", lang), no_wrap=True)
    for _, heading in COLUMNS:
        table.add_column(translate(heading, lang), no_wrap=True)
    for camera in site.cameras:
        subject = f"camera:{camera.camera.id}"
        statuses = [by_key.get((check, subject), "not_applicable") for check, _ in COLUMNS]
        marks = [Text(translate(MARK[status], lang), style=STYLE[status]) for status in statuses]
        table.add_row(Text(camera.camera.id), *marks)
    return table


def findings_table(
    site: Site,
    findings: tuple[Finding, ...],
    lang: str,
    known: Mapping[str, Basis],
    everything: bool = False,
    disputed: Callable[[str], Contested | None] = lambda key: None,
) -> RenderableType:
    """Return counts, the legend, and findings, worst first; `everything` adds passes and consequences.

    Worst is by status, then what explains the rest, then by severity, then by the order of the configuration. `known`
    has the basis of each finding by its key: a pass is shown with it. `disputed` returns the dispute of a key, if any.
    """
    shown = [f for f in findings if everything or is_item(f)]
    places = {f"camera:{c.camera.id}": i for i, c in enumerate(site.cameras)}
    # What cannot be reached comes first: it explains what else is missing.
    shown.sort(
        key=lambda f: (
            ORDER.index(f.status), f.check != "camera-online", HARM.index(f.severity), places.get(f.subject, -1),
        )
    )  # fmt: skip
    names = {f"camera:{c.camera.id}": c.camera.name for c in site.cameras}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(translate("status", lang), no_wrap=True)
    table.add_column(translate("where", lang), no_wrap=True)
    table.add_column(translate("what was found, and the next step", lang), overflow="fold")
    for finding in shown:
        status = Text(translate(finding.status, lang).replace("_", " "), style=STYLE[finding.status])
        where = Text(printable(names.get(finding.subject) or translate(finding.subject, lang)))
        words, step = render_apart(finding.message, lang)
        what = Text(printable(words))
        if names.get(finding.subject):
            where.append(f"\n{finding.subject}", style="dim")
        what.append(f"\n→ {printable(step)}" if step else "")
        what.append(f"\n{finding.check}: {printable(_rule(finding, lang))}", style="dim")
        stands = standing(finding)
        what.append(f"; {printable(render(stands, lang))}" if stands is not None else "", style="dim")
        basis = basis_text(known.get(finding.key, NOTHING_KNOWN), lang) if finding.status == "pass" else ""
        what.append(f"; {basis}" if basis else "", style="dim")
        if (word := disputed(finding.key)) is not None:
            what.append(f"\n{printable(render(contested_words(word), lang))}", style="magenta")
        table.add_row(status, where, what)
    legend = (Text(render(line, lang), style="dim") for line in LEGEND)
    return Group(Text(counted(findings, lang), style="bold"), *legend, table)


def _rule(finding: Finding, lang: str) -> str:
    """Return the rules that a finding names, in Chinese with the titles of a pack that only this site has."""
    known = places_zh(finding.evidence) if lang == "zh_CN" else {}
    return together((known.get(pair) or rule_text(Source(*pair), lang) for pair in finding.source.pairs()), lang, "; ")


def counted(findings: tuple[Finding, ...], lang: str) -> str:
    """Return how many findings have each status, consequences left out."""
    totals = counts(findings)
    return together((f"{totals[status]} {translate(status, lang).replace('_', ' ')}" for status in ORDER), lang)


def summary(findings: tuple[Finding, ...], lang: str, known: Mapping[str, Basis]) -> RenderableType:
    """Return the counts once more, for whoever sees the end alone, and the passes by their evidence."""
    levels = counts_text(passes_by_level(findings, known), lang)
    rest = f"\n{translate('what the passes rest on', lang)}: {levels}" if levels else ""
    return Text(f"{counted(findings, lang)}{rest}")
