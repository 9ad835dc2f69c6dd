"""Groups the open findings of a hand-over report by cause, each sentence once, with all who share it. Pure.

Decides what is one cause, which sentences stand with it and which at the camera, and who has the next step.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final, Literal

from agent.judge.checks.papers import declared
from agent.judge.memory.disputes import Contested, contested_words
from agent.model.finding import Finding, Message, Status
from agent.model.matters import WELL, roots, shown
from agent.onsite.handover.places import Places, place, places
from agent.onsite.handover.report import ORDER, GroupPart, OwnFinding, PlacePart, SaidPart
from agent.onsite.handover.report_words import rule_text
from agent.report.check_titles import TITLES
from agent.site.declarations.table import BY_ID
from agent.text.translate import render, together, translate

SAID_MAX: Final = 3
"""So many sentences of one cause stand together; where there are more, each has numbers of its camera."""

Who = Literal["contractor", "operator"]

Group = tuple[Finding, ...]

Say = Callable[[Finding], str]
"""Renders the sentence of a finding: `finding_text` in the reader's language."""


def finding_text(finding: Finding, lang: str, disputed: Callable[[str], Contested | None]) -> str:
    """Return what a report says of a finding, with its cause and at its place alike: the one place where it is made.

    `disputed`: by the key of a finding, what its owner disputes of it; that is part of the sentence.
    """
    word = disputed(finding.key)
    said = (finding.message, *((contested_words(word),) if word is not None else ()))
    return " \u2014 ".join(render(one, lang) for one in said)


def grouped(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Return the findings of each open matter, the worst first; of what follows from it, none."""
    return tuple(one.found for one in shown(findings))


def with_roots(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings with the first cause of each in place of its nearest: what a reader can act on.

    One that nothing explains has none.
    """
    rooted = roots(findings)
    return tuple(replace(one, caused_by="" if rooted[one.key] is one else rooted[one.key].key) for one in findings)


def anchor_of(number: int) -> str:
    """Return the anchor of the group of this number, from 0."""
    return f"f{number + 1}"


def anchors_of(groups: tuple[Group, ...]) -> dict[str, str]:
    """Return the anchor of the group of each finding, by its key."""
    return {finding.key: anchor_of(number) for number, group in enumerate(groups) for finding in group}


def group_parts(
    known: Places, groups: tuple[Group, ...], findings: tuple[Finding, ...], say: Say, lang: str
) -> tuple[GroupPart, ...]:
    """Return the groups as a reader sees them; `findings` are all of the look, with what shares a cause."""
    following: dict[str, list[Finding]] = {}
    for one in findings:
        if one.caused_by and one.status not in WELL:
            following.setdefault(one.caused_by, []).append(one)
    return tuple(_part(known, anchor_of(number), group, following, say, lang) for number, group in enumerate(groups))


def told_with_group(groups: tuple[Group, ...], findings: tuple[Finding, ...], say: Say) -> frozenset[str]:
    """Return the keys of findings whose sentence stands with their group: it is not said again at the camera.

    So it is with what follows from a group and says the same of several places.
    """
    told = {one.key for group in groups for alike in _said(group, say).values() for one in alike}
    causes = {one.key for group in groups for one in group}
    following = [(one.key, say(one)) for one in findings if one.caused_by in causes]
    often = Counter(text for _, text in following)
    return frozenset((*told, *(key for key, text in following if often[text] > 1)))


def own_findings(
    findings: Iterable[Finding], anchors: Mapping[str, str], told: frozenset[str], say: Say, lang: str
) -> tuple[OwnFinding, ...]:
    """Return findings as they stand at their camera or device, the worst first.

    A sentence is left to the group that has it; what follows from one cause and has no sentence of its own is one line.
    """
    lines: dict[tuple[Status, str], list[Finding]] = {}
    for finding in findings:
        follows = finding.caused_by if finding.key in told and finding.caused_by in anchors else ""
        lines.setdefault((finding.status, follows or finding.key), []).append(finding)
    ordered = sorted(lines.items(), key=lambda line: ORDER.index(line[0][0]))
    return tuple(
        OwnFinding(
            status=status,
            title=together(dict.fromkeys(title(one, lang) for one in alike), lang),
            anchor=anchors.get(key, ""),
            text="" if alike[0].key in told else say(alike[0]),
            cause=_title_of(key, lang) if alike[0].caused_by == key else "",
        )
        for (status, key), alike in ordered
    )


def _title_of(key: str, lang: str) -> str:
    check = key.partition(" ")[0]
    return translate(TITLES.get(check, check), lang)


def title(finding: Finding, lang: str) -> str:
    """Return what a finding is about, in a few words."""
    return translate(TITLES.get(finding.check, finding.check), lang)


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


def subjects_of(finding: Finding) -> tuple[str, ...]:
    """Return what a finding is about: one on the site about several cameras is about each of them."""
    cameras = finding.evidence.get("cameras") if finding.subject == "site" else None
    if isinstance(cameras, list | tuple) and cameras:
        return tuple(f"camera:{one}" for one in cameras)
    return (finding.subject,)


def _said(group: Group, say: Say) -> dict[str, list[Finding]]:
    """Return the sentences that are told with a group, each with its findings; the most frequent first."""
    alike: dict[str, list[Finding]] = {}
    for finding in group:
        alike.setdefault(say(finding), []).append(finding)
    first = Counter({text: len(found) for text, found in alike.items()}).most_common(SAID_MAX)
    return {text: alike[text] for text, _ in first}


def _part(
    known: Places, anchor: str, group: Group, following: Mapping[str, list[Finding]], say: Say, lang: str
) -> GroupPart:
    first = group[0]
    said = _said(group, say)
    told = {one.key for alike in said.values() for one in alike}
    shared = dict.fromkeys(
        title(f, lang) for one in group for f in following.get(one.key, ()) if f.check != first.check
    )
    return GroupPart(
        anchor=anchor,
        status=first.status,
        title=title(first, lang),
        rule=rule_text(first.source, lang),
        who=who(first),
        said=tuple(SaidPart(text, _places(known, alike, following, lang)) for text, alike in said.items()),
        rest=tuple(place(known, one.subject, lang) for one in group if one.key not in told),
        shared=together(shared, lang),
        rows=tuple(row for one in group if is_declaration(one) for row in _declarations(one, lang)),
    )


def _places(
    known: Places, alike: list[Finding], following: Mapping[str, list[Finding]], lang: str
) -> tuple[PlacePart, ...]:
    """Return who shares a sentence: each camera by its name where it fails.

    What is told of the site names a few of its cameras; each of them has a finding of the same check that follows.
    """
    told = [(*subjects_of(one), *_of_check(one, following)) for one in alike]
    subjects = [subject for each in told for subject in each]
    if alike[0].status == "fail":
        return tuple(place(known, subject, lang) for subject in subjects)
    return places(known, subjects, lang)


def _of_check(finding: Finding, following: Mapping[str, list[Finding]]) -> tuple[str, ...]:
    if finding.subject != "site" or subjects_of(finding) == (finding.subject,):
        return ()
    return tuple(one.subject for one in following.get(finding.key, ()) if one.check == finding.check)


def _declarations(finding: Finding, lang: str) -> Iterable[tuple[str, str]]:
    """Yield each missing declaration: the question, and of what."""
    rows = finding.evidence.get("open")
    for row in rows if isinstance(rows, list | tuple) else ():
        if isinstance(row, Mapping):
            duty = BY_ID.get(str(row["duty"]))
            question = translate(duty.question, lang) if duty is not None else str(row["duty"])
            cameras = Message("{count} cameras", {"count": int(str(row["cameras"]))})
            yield question, render(cameras, lang) if row["cameras"] else translate("the site", lang)
