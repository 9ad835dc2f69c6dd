"""Renders one self-contained HTML page of a config report that a hub has verified. Pure; fetches nothing.

The page has numbers, states and plots, and no picture: none leaves the site. Its style is that of the hand-over report.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

from markupsafe import Markup

from agent.model.finding import ACCEPTED, WAITS_FOR, Source, Status
from agent.onsite.handover.report_words import TITLES, rule_text
from agent.onsite.handover.templates import environment
from agent.onsite.handover.timeline_svg import timeline_svgs
from agent.report.indication import error_rates, indication
from agent.report.levels import LEVEL_WORDS, basis_of_row, basis_text, counted
from agent.report.plain_findings import plain_findings
from agent.report.timeline import Timeline
from agent.report.timeline_compact import parse_timeline
from agent.site.config.site import DEFAULT_TIME_ZONE

Body = Mapping[str, Any]
"""A decoded JSON object: its shape is the config schema's, checked before it comes here."""

COLUMNS = (
    ("camera-online", "online"),
    ("privacy-mask-present", "mask listed"),
    ("privacy-mask-geometry", "mask place"),
    ("privacy-mask-effective", "hidden in pictures"),
    ("retention-days", "retention"),
    ("recording-completeness", "complete"),
    ("recording-tamper", "unchanged"),
    ("clock-offset", "clock"),
    ("stream-auth-required", "login"),
)
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
    """Render the page of a config report as HTML; every value from a device or a person is escaped.

    `shown` are days x cameras, None: those of the report itself, if it has them; `lang` is the language of this
    timeline.
    """
    findings: list[Body] = list(plain_findings(body))
    causes = [f for f in findings if not f["caused_by"]]
    cells = {(f["subject"], f["check"]): f for f in (*_for_each_camera(findings), *findings)}
    shown = shown or parse_timeline(body["cameras"], _opened(findings))
    return (
        environment("agent.onsite.handover", sanitizing=True, zone=ZoneInfo(proof.time_zone))
        .get_template("hub_page.html.j2")
        .render(
            proof=proof,
            body=body,
            names={f"camera:{c['id']}": c["name"] or c["id"] for c in body["cameras"]},
            columns=COLUMNS,
            cells=cells,
            totals={status: sum(f["status"] == status for f in causes) for status in ORDER},
            levels=[
                (count, LEVEL_WORDS[one])
                for one, count in counted(basis_of_row(f).level for f in causes if f["status"] == "pass").items()
            ],
            basis=lambda row: basis_text(basis_of_row(row), "en"),
            open_findings=sorted(
                (f for f in causes if f["status"] not in ("pass", "not_applicable") and not _ends_by_itself(f)),
                key=lambda f: ORDER.index(f["status"]),
            ),
            consequences={f["caused_by"]: [g for g in findings if g["caused_by"] == f["caused_by"]] for f in findings},
            known=_acknowledgements(body),
            disputed=_disputes(body),
            paths=_paths(findings),
            # Escaped where it is made: it is XML of its own.
            plots=[Markup(svg) for svg in timeline_svgs(shown, lang)] if shown else [],  # noqa: S704
            indication=indication("en"),
            error_rates=error_rates((f["check"] for f in findings if f["status"] != "not_applicable"), TITLES, "en"),
            rule=lambda source: rule_text(Source(source["document"], source["article"]), "en"),
            statuses=get_args(Status),
        )
    )


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


def _acknowledgements(body: Body) -> dict[str, list[Body]]:
    """Return the acknowledgements of each finding, by its key: an acknowledgement hides nothing."""
    found: dict[str, list[Body]] = {}
    for one in body.get("acknowledged", ()):
        found.setdefault(f"{one['check']} {one['subject']}", []).append(one)
    return found


def _disputes(body: Body) -> dict[str, list[str]]:
    """Return what is said beside each disputed finding, by its key: it changes no status."""
    found: dict[str, list[str]] = {}
    for one in body.get("disputed", ()):
        said = f"disputed by {one['by']} at {one['at']}"
        decided = f"{one['outcome']} by {one['decided_by']} at {one['decided_at']}" if one["outcome"] else "not decided"
        found.setdefault(f"{one['check']} {one['subject']}", []).append(f"{said}; {decided}")
    return found


def _paths(findings: list[Body]) -> dict[str, list[Body]]:
    """Return per subject the results of each path, from the evidence of the mask verdicts."""
    return {
        f["subject"]: list(f["evidence"].get("paths", ())) for f in findings if f["check"] == "privacy-mask-effective"
    }


def _opened(findings: list[Body]) -> dict[str, datetime]:
    """Return the oldest opened moment of each camera, by its id."""
    opened = {
        f["subject"].removeprefix("camera:"): f["evidence"].get("opened_at")
        for f in findings
        if f["check"] == "retention-days"
    }
    return {camera: datetime.fromisoformat(at) for camera, at in opened.items() if at}
