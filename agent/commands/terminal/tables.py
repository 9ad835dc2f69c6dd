"""Renders the table of findings of `check` and `demo`. Names from devices are text, never markup."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from agent.commands.terminal.marks import MARK, ORDER, STYLE
from agent.judge.memory.disputes import Contested, contested_words
from agent.judge.wording.broken_rules import places_zh, standing
from agent.model.finding import NOTHING_KNOWN, Basis, Finding, Message, Source
from agent.model.matters import Matter, counts, matters, shown
from agent.onsite.handover.report_words import rule_text
from agent.report.levels import basis_text, counts_text, passes_by_level
from agent.site.config.site import Site
from agent.text.harmless import printable
from agent.text.translate import render, render_apart, together, translate

LEGEND = (
    Message("fail: not as it must be. warn: to be watched. pass: as it must be, by evidence."),
    Message("unknown (?): nobody could judge it, so no pass. not applicable (-): not due."),
    Message("told: by the device's own word. seen: measured by us, or in a picture."),
)
"""The words of the tables, for the first screen."""

NAMED_MOST: Final = 4
"""Subjects of a matter that are named in a row."""

SENTENCES_MOST: Final = 3
"""Different sentences of a matter that a row has: more than a person reads at once."""

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
    """Return counts, the legend, and one row for each open matter, the worst first.

    `everything`: instead a row for each finding, passes and consequences too. `known` has the basis of each finding by
    its key: a pass is shown with it. `disputed` returns the dispute of a key, if any.
    """
    names = {f"camera:{c.camera.id}": c.camera.name for c in site.cameras}
    say = _Row(names, lang, known, disputed)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(translate("status", lang), no_wrap=True)
    table.add_column(translate("where", lang), no_wrap=True)
    table.add_column(translate("what was found, and the next step", lang), overflow="fold")
    for one in _opened(findings) if everything else shown(findings):
        status = one.found[0].status
        word = Text(translate(status, lang).replace("_", " "), style=STYLE[status])
        table.add_row(word, say.where(one.found), say.what(one))
    legend = (Text(render(line, lang), style="dim") for line in LEGEND)
    return Group(Text(counted(findings, lang), style="bold"), *legend, table)


def _opened(findings: Iterable[Finding]) -> list[Matter[Finding]]:
    """Return each finding as a matter of its own, those of one matter together."""
    return [
        Matter(id=one.key, status=one.status, quiet=one.quiet, found=(one,))
        for matter in matters(findings)
        for one in (*matter.found, *matter.following)
    ]


@dataclass(frozen=True, slots=True)
class _Row:
    """Renders the row of a matter; `names` has the cameras' names by subject, the others are those of the table."""

    names: Mapping[str, str]
    lang: str
    known: Mapping[str, Basis]
    disputed: Callable[[str], Contested | None]

    def where(self, found: Sequence[Finding]) -> Text:
        """Return whom a matter concerns: each by its name, and by its id."""
        said = Text()
        for one in found[:NAMED_MOST]:
            name = self.names.get(one.subject)
            said.append("\n" if said.plain else "")
            said.append(printable(name or translate(one.subject, self.lang)))
            said.append(f"\n{one.subject}" if name else "", style="dim")
        if (more := len(found) - NAMED_MOST) > 0:
            said.append(f"\n{render(Message('and {count} more', {'count': more}), self.lang)}", style="dim")
        return said

    def what(self, one: Matter[Finding]) -> Text:
        """Return what was found: each sentence once, with whose it is where there are several."""
        first, said, steps = one.found[0], Text(), dict[str, None]()
        alike: dict[str, list[Finding]] = {}
        for finding in one.found:
            alike.setdefault(render_apart(finding.message, self.lang)[0], []).append(finding)
        for words, whose in list(alike.items())[:SENTENCES_MOST]:
            named = (printable(self.names.get(f.subject) or f.subject) for f in whose[:NAMED_MOST])
            said.append("\n" if said.plain else "")
            said.append(f"{together(named, self.lang)}{translate(': ', self.lang)}" if len(alike) > 1 else "", "dim")
            said.append(printable(words))
            steps[render_apart(whose[0].message, self.lang)[1]] = None
        if (more := len(alike) - SENTENCES_MOST) > 0:
            message = Message("{count} further sentences, with --all", {"count": more})
            said.append(f"\n{render(message, self.lang)}", style="dim")
        for step in filter(None, steps):
            said.append(f"\n→ {printable(step)}")
        if one.following:
            message = Message("{count} other findings follow from it, with --all", {"count": len(one.following)})
            said.append(f"\n{render(message, self.lang)}", style="dim")
        said.append(f"\n{first.check}: {printable(_rule(first, self.lang))}", style="dim")
        stands = standing(first)
        said.append(f"; {printable(render(stands, self.lang))}" if stands is not None else "", style="dim")
        basis = basis_text(self.known.get(first.key, NOTHING_KNOWN), self.lang) if first.status == "pass" else ""
        said.append(f"; {basis}" if basis else "", style="dim")
        for word in filter(None, (self.disputed(finding.key) for finding in one.found)):
            said.append(f"\n{printable(render(contested_words(word), self.lang))}", style="magenta")
        return said


def _rule(finding: Finding, lang: str) -> str:
    """Return the rules that a finding names, in Chinese with the titles of a pack that only this site has."""
    known = places_zh(finding.evidence) if lang == "zh_CN" else {}
    return together((known.get(pair) or rule_text(Source(*pair), lang) for pair in finding.source.pairs()), lang, "; ")


def counted(findings: tuple[Finding, ...], lang: str) -> str:
    """Return how many matters have each status."""
    totals = counts(findings)
    return together((f"{totals[status]} {translate(status, lang).replace('_', ' ')}" for status in ORDER), lang)


def summary(findings: tuple[Finding, ...], lang: str, known: Mapping[str, Basis]) -> RenderableType:
    """Return the counts once more, for whoever sees the end alone, and the passes by their evidence."""
    levels = counts_text(passes_by_level(findings, known), lang)
    rest = f"\n{translate('what the passes rest on', lang)}: {levels}" if levels else ""
    return Text(f"{counted(findings, lang)}{rest}")
