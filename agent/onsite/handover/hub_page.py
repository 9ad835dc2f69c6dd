"""Renders one self-contained HTML page of a config report that a hub has verified. Pure; fetches nothing.

The page has numbers, states and plots, and no picture: none leaves the site. Its style is that of the hand-over report.
A report is in English: what it says is told in the reader's language where it is a sentence of ours.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from agent.judge.wording.picture_words import path_word, zone_reason
from agent.model.finding import ACCEPTED, WAITS_FOR, Message, Source, Status, listed, sentence
from agent.model.matters import counts as matter_counts
from agent.onsite.handover.hub_page_words import COLUMNS, OUTCOMES, WORDS
from agent.onsite.handover.report import VERDICTS
from agent.onsite.handover.report_words import rule_text
from agent.onsite.handover.templates import environment
from agent.onsite.handover.timeline_svg import timeline_svgs
from agent.report.build import parse_finding
from agent.report.check_titles import TITLES
from agent.report.indication import error_rates, indication
from agent.report.levels import LEVEL_WORDS, basis_of_row, basis_text, counted
from agent.report.plain_findings import plain_findings
from agent.report.timeline import Timeline
from agent.report.timeline_compact import parse_timeline
from agent.site.config.site import DEFAULT_TIME_ZONE
from agent.text.codes import CODE_WORDS
from agent.text.recognize import recognize
from agent.text.translate import render, together, translate

Body = Mapping[str, Any]
"""A decoded JSON object: its shape is the config schema's, checked before it comes here."""

Say = Callable[[Message], str]
"""Renders a message in the reader's language."""

ORDER: tuple[Status, ...] = ("fail", "warn", "unknown", "pass", "not_applicable")


@dataclass(frozen=True, slots=True)
class Proof:
    """The origin of the page's data: the signed report, and the hub's answer.

    `time_zone`: by whose clocks the page tells its moments, an IANA name; a report itself names UTC.
    """

    site: str
    city: str
    site_name: str
    kid: str
    epoch: str
    seq: int
    digest: str
    ts: str
    sent: int
    verified: int
    confirmed: int
    time_zone: str = DEFAULT_TIME_ZONE


def render_page(body: Body, proof: Proof, shown: Timeline | None = None, lang: str = "en") -> str:
    """Render the page of a config report in `zh_CN` or `en`; every value from a device or a person is escaped.

    `shown` are days x cameras, None: those of the report itself, if it has them.
    """
    say = partial(render, lang=lang)
    findings: list[Body] = [{**one, "message": _told(one["message"], lang)} for one in plain_findings(body)]
    causes = [f for f in findings if not f["caused_by"]]
    cells = {(f["subject"], f["check"]): f for f in (*_for_each_camera(findings), *findings)}
    shown = shown or parse_timeline(body["cameras"], _opened(findings))
    name = partial(_named, names={f"camera:{c['id']}": c["name"] or c["id"] for c in body["cameras"]}, say=say)
    place = {"site": proof.site, "city": proof.city, "division": body["division"]}
    counts = {"sent": proof.sent, "verified": proof.verified, "confirmed": proof.confirmed}
    return (
        environment("agent.onsite.handover", sanitizing=True, zone=ZoneInfo(proof.time_zone))
        .get_template("hub_page.html.j2")
        .render(
            proof=proof,
            body=body,
            words={key: translate(text, lang) for key, text in WORDS.items()},
            brief=say(Message(WORDS["brief"], {"at": proof.ts, "zone": proof.time_zone})),
            place=say(Message(WORDS["place"], place)),
            counts=say(Message(WORDS["counts"], counts)),
            status={one: translate(one, lang).replace("_", " ") for one in ORDER},
            title=lambda key: translate(TITLES.get(key.partition(" ")[0], key), lang),
            where=lambda rows: together(dict.fromkeys(name(f["subject"]) for f in rows), lang),
            follows=lambda rows: _following(rows, name, lang),
            severity=lambda text: translate(text, lang),
            columns=[(check, translate(heading, lang)) for check, heading in COLUMNS],
            cells=cells,
            totals=matter_counts(map(parse_finding, plain_findings(body))),
            levels=[
                (count, translate(LEVEL_WORDS[one], lang))
                for one, count in counted(basis_of_row(f).level for f in causes if f["status"] == "pass").items()
            ],
            basis=lambda row: basis_text(basis_of_row(row), lang),
            open_groups=_open_groups(causes, findings, _beside(body, say)),
            paths=_paths(findings, say, lang),
            # Escaped where it is made: it is XML of its own.
            plots=[Markup(svg) for svg in timeline_svgs(shown, lang)] if shown else [],  # noqa: S704
            indication=indication(lang),
            error_rates=error_rates((f["check"] for f in findings if f["status"] != "not_applicable"), TITLES, lang),
            rule=lambda source: rule_text(Source(source["document"], source["article"]), lang),
            html_lang=lang.replace("zh_CN", "zh-Hans-CN"),
        )
    )


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """Open findings that say the same of several subjects, what follows from them, and what is said beside each."""

    findings: tuple[Body, ...]
    following: tuple[Body, ...]
    beside: tuple[str, ...]


def _open_groups(causes: list[Body], findings: list[Body], beside: Mapping[str, list[str]]) -> list[OpenGroup]:
    """Return what is open, the worst first, each sentence once."""
    alike: dict[tuple[str, str, str], list[Body]] = {}
    for one in causes:
        if one["status"] not in ("pass", "not_applicable") and not _ends_by_itself(one):
            alike.setdefault((one["check"], one["status"], one["message"]), []).append(one)
    following: dict[str, list[Body]] = {}
    for one in findings:
        if one["caused_by"]:
            following.setdefault(one["caused_by"], []).append(one)
    groups = [
        OpenGroup(
            tuple(group),
            tuple(after for one in group for after in following.get(_key(one), ())),
            tuple(said for one in group for said in beside.get(_key(one), ())),
        )
        for group in alike.values()
    ]
    return sorted(groups, key=lambda group: ORDER.index(group.findings[0]["status"]))


def _following(rows: Iterable[Body], name: Callable[[str], str], lang: str) -> str:
    """Return what follows from a cause: each check and status once, with its places."""
    alike: dict[tuple[str, str], list[str]] = {}
    for one in rows:
        alike.setdefault((one["check"], one["status"]), []).append(name(one["subject"]))
    words = (
        Message(
            "{text} ({named})",
            {"text": translate(TITLES.get(check, check), lang), "named": listed((translate(status, lang), *places))},
        )
        for (check, status), places in alike.items()
    )
    return together(words, lang, "; ")


def _key(finding: Body) -> str:
    return f"{finding['check']} {finding['subject']}"


def _told(text: str, lang: str) -> str:
    """Return what a report says in English as a reader of the language would hear it."""
    return render(recognize(text, lang), lang) if lang != "en" else text


def _named(subject: str, names: Mapping[str, str], say: Say) -> str:
    if subject in names:
        return names[subject]
    kind, _, name = subject.partition(":")
    if kind == "site":
        return say(Message("the site"))
    return say(Message("device {device}", {"device": name})) if kind == "device" else name


def _ends_by_itself(finding: Body) -> bool:
    """Tell whether an unknown finding is no open item: a later look will know it, or a person accepted it."""
    evidence = finding["evidence"] or {}
    return finding["status"] == "unknown" and (evidence.get(WAITS_FOR) == "look" or ACCEPTED in evidence)


def _for_each_camera(findings: list[Body]) -> list[Body]:
    """Split a finding on the site about several cameras into one for each: undeclared is not undue."""
    return [
        {**f, "subject": f"camera:{camera}", "caused_by": f"{f['check']} site"}
        for f in findings
        if f["subject"] == "site"
        for camera in f["evidence"].get("cameras", ())
    ]


def _beside(body: Body, say: Say) -> dict[str, list[str]]:
    """Return what is said beside each finding, by its key: who acknowledged it, who disputes it. It hides nothing."""
    found: dict[str, list[str]] = {}
    for one in body.get("acknowledged", ()):
        known = Message("acknowledged by {by} at {at}, until {until}: {why}", one)
        found.setdefault(f"{one['check']} {one['subject']}", []).append(say(known))
    for one in body.get("disputed", ()):
        found.setdefault(f"{one['check']} {one['subject']}", []).append(say(_disputed(one)))
    return found


def _disputed(one: Body) -> Message:
    values = {name: one[name] for name in ("by", "at", "outcome", "decided_by", "decided_at")}
    if not one["outcome"]:
        return Message("disputed by {by} at {at}; not decided", values)
    values["outcome"] = sentence(OUTCOMES.get(one["outcome"], one["outcome"]))
    return Message("disputed by {by} at {at}; decided by {decided_by} at {decided_at}: {outcome}", values)


def _paths(findings: list[Body], say: Say, lang: str) -> dict[str, list[tuple[str, str, str, str, str]]]:
    """Return per subject tone, path, zone, verdict and reason of each path, from the evidence of the mask verdicts."""
    return {
        f["subject"]: [_path(one, say, lang) for one in f["evidence"].get("paths", ())]
        for f in findings
        if f["check"] == "privacy-mask-effective"
    }


def _path(one: Body, say: Say, lang: str) -> tuple[str, str, str, str, str]:
    tone, verdict = VERDICTS.get(str(one["verdict"]), VERDICTS[""])
    reason = "" if tone == "pass" else str(one.get("reason") or "")
    why = translate(CODE_WORDS[reason], lang) if reason in CODE_WORDS else say(zone_reason(reason))
    return tone, say(path_word(str(one["path"]))), str(one.get("zone") or ""), translate(verdict, lang), why


def _opened(findings: list[Body]) -> dict[str, datetime]:
    """Return the oldest opened moment of each camera, by its id."""
    opened = {
        f["subject"].removeprefix("camera:"): f["evidence"].get("opened_at")
        for f in findings
        if f["check"] == "retention-days"
    }
    return {camera: datetime.fromisoformat(at) for camera, at in opened.items() if at}
