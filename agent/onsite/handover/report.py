"""Defines the values of the hand-over report, and renders one self-contained HTML file. Pure; fetches nothing.

Every text in the values is in the reader's language and plain; texts of devices and people are escaped here. The file
holds small pictures of a real place in which everything private is black; it stays on the site with mode 0600.
`agent/onsite/handover/contents.py` builds the values, `agent/verify/html_seal.py` signs the text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from markupsafe import Markup

from agent.model.finding import Status
from agent.onsite.handover.report_words import WORDS
from agent.onsite.handover.templates import environment
from agent.onsite.handover.timeline_svg import timeline_svgs
from agent.report.timeline import Timeline
from agent.text.translate import translate
from agent.verify.html_seal import opening
from drivers.model import Polygon

ORDER: Final[tuple[Status, ...]] = ("fail", "warn", "unknown", "pass", "not_applicable")

VERDICTS: Final[Mapping[str, tuple[str, str]]] = {
    "PASS": ("pass", "hidden"),
    "FAIL": ("fail", "not hidden"),
    "UNSURE": ("unknown", "cannot be told"),
    "": ("unknown", "not looked at"),
}
"""Verdicts of masking, their tone and their words; empty: that path was not looked at."""


@dataclass(frozen=True, slots=True)
class SitePart:
    """The site, and when it was checked. `at` is in the site's own time; `rows` are further label and text."""

    id: str
    name: str
    at: str
    date: str
    rows: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TodoPart:
    """One next step. `who`: `contractor` or `operator`; `where` names at most a few places, `count` all of them."""

    who: str
    status: Status
    what: str
    where: str
    count: int


@dataclass(frozen=True, slots=True)
class DutyPart:
    """A duty of the site, and its findings; `totals` by status, without zeros; `basis`: what its passes rest on."""

    title: str
    duty: str
    rule: str
    status: Status
    totals: tuple[tuple[Status, int], ...]
    basis: str = ""


@dataclass(frozen=True, slots=True)
class PathPart:
    """One zone on one path: `verdict` is a key of VERDICTS; `sure` is the confidence that it is hidden, in words."""

    path: str
    zone: str
    verdict: str
    reason: str
    sure: str = ""


@dataclass(frozen=True, slots=True)
class CameraPart:
    """One camera. Polygons are in 0..1, origin top-left, y down; `why` is the reason for a missing picture.

    `declared`: what must be hidden; `approved`, `observed`: masks as approved, and as the device lists them. `findings`
    are status and text of what is not well, `view` compares its view with the approved one.
    """

    id: str
    name: str
    facts: str
    status: Status
    findings: tuple[tuple[Status, str], ...]
    paths: tuple[PathPart, ...]
    view: str
    approval: str
    picture: str = ""
    jpeg: bytes = field(default=b"", repr=False)
    why: str = ""
    declared: tuple[Polygon, ...] = ()
    approved: tuple[Polygon, ...] = ()
    observed: tuple[Polygon, ...] = ()


@dataclass(frozen=True, slots=True)
class RowPart:
    """One row of a plain table: a status or None, and its cells."""

    status: Status | None
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindingPart:
    """One open finding with the rule behind it, of one place or of many alike.

    `subject` is empty where there are several; `shared` names what follows from the same cause.
    """

    status: Status
    where: str
    subject: str
    title: str
    text: str
    rule: str
    who: str
    shared: str = ""


@dataclass(frozen=True, slots=True)
class KeyPart:
    """The key that signs: its thumbprint, and whether it is the site's own."""

    kid: str
    is_site_key: bool


@dataclass(frozen=True, slots=True)
class HandOver:
    """The report's values. `rules` are short and full names of the rules behind the checks.

    `levels` are the passes by level of evidence: how many, and the level in words.
    """

    site: SitePart
    totals: Mapping[Status, int]
    verdict: str
    left_out: str
    todo: tuple[TodoPart, ...]
    todo_left: int
    duties: tuple[DutyPart, ...]
    rules: tuple[tuple[str, str], ...]
    cameras: tuple[CameraPart, ...]
    timeline: Timeline
    forecasts: tuple[RowPart, ...]
    clocks: tuple[RowPart, ...]
    devices: tuple[RowPart, ...]
    streams: tuple[RowPart, ...]
    findings: tuple[FindingPart, ...]
    declarations: tuple[RowPart, ...]
    key: KeyPart
    levels: tuple[tuple[int, str], ...] = ()


def render_report(report: HandOver, lang: str) -> str:
    """Render the report as HTML in `zh_CN` or `en`, unsigned."""
    templates = environment("agent.onsite.handover", sanitizing=True)
    return templates.get_template("report.html.j2").render(
        # Not from devices or people: the site's id is 0-9, A-Z, a-z by its own rule.
        opening=Markup(opening(report.site.id)),  # noqa: S704
        r=report,
        order=ORDER,
        status={status: translate(status, lang).replace("_", " ") for status in ORDER},
        verdicts={key: (tone, translate(text, lang)) for key, (tone, text) in VERDICTS.items()},
        # Escaped where it is made: it is XML of its own.
        plots=[Markup(svg) for svg in timeline_svgs(report.timeline, lang)],  # noqa: S704
        words={key: translate(text, lang) for key, text in WORDS.items()},
        html_lang=lang.replace("zh_CN", "zh-Hans-CN"),
    )
