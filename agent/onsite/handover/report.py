"""Defines the values of the hand-over report, and renders one self-contained HTML file. Pure; fetches nothing.

Every text in the values is in the reader's language and plain; texts of devices and people are escaped here, and every
moment in them is told by the clocks on site. The file may hold small pictures of a real place in which everything
private is black; it stays on the site with mode 0600. `agent/onsite/handover/contents.py` builds the values,
`agent/verify/html_seal.py` signs the text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

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

VERDICTS: Final[Mapping[str, tuple[Status, str]]] = {
    "PASS": ("pass", "hidden"),
    "FAIL": ("fail", "not hidden"),
    "UNSURE": ("unknown", "cannot be told"),
    "": ("unknown", "not looked at"),
}
"""Verdicts of masking, their tone and their words; empty: that path was not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePart:
    """The site, and when it was checked.

    `at` is in the site's own time; `brief` are the few words below the name; `rows` are further label and text.
    """

    id: str
    name: str
    time_zone: str
    at: str
    brief: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PlacePart:
    """A camera, a device or the site by its name; `anchor` is its own place in the report, empty where it has none."""

    name: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class SaidPart:
    """One sentence, and the places that share it."""

    text: str
    places: tuple[PlacePart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPart:
    """Open findings of one cause: one check, one status, one kind of sentence.

    `said` are the sentences that are told here; `rest` are places whose sentences, with numbers of their own, stand at
    the places. `shared` names what follows from the same cause. `who`: `contractor` or `operator`. `rows` are what is
    to be declared, and of which cameras.
    """

    anchor: str
    status: Status
    title: str
    rule: str
    who: str
    said: tuple[SaidPart, ...]
    rest: tuple[PlacePart, ...] = ()
    shared: str = ""
    rows: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PastPart:
    """What was late or out of order: the day on which it happened, and the one until which it was due."""

    text: str
    happened: str
    was_due: str
    rule: str


@dataclass(frozen=True, slots=True)
class CellPart:
    """One check of one camera: a sign, its tone (a status), and the words that the sign stands for."""

    sign: str
    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """Cameras that were found alike, and a cell for each column."""

    places: tuple[PlacePart, ...]
    cells: tuple[CellPart, ...]


@dataclass(frozen=True, slots=True)
class MatrixPart:
    """Cameras by checks: `columns` are titles, `legend` the signs in use."""

    columns: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    legend: tuple[CellPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyPart:
    """A duty of the site, and its findings; `totals` by status, without zeros; `basis`: what its passes rest on."""

    title: str
    duty: str
    rule: str
    status: Status
    totals: tuple[tuple[Status, int], ...]
    basis: str = ""


@dataclass(frozen=True, slots=True)
class PathsPart:
    """The paths on which one zone was found alike: `verdict` is a key of VERDICTS.

    `paths` has the confidence that it is hidden with each path; `reason` says why it is not, or cannot be told.
    """

    zone: str
    verdict: str
    paths: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFinding:
    """What is not well with one camera: `anchor` is its group.

    `text` is empty where the group says it. `cause` is the title of the group that it follows from, empty: of its own.
    `device` names the device whose finding it is, empty: the camera's own.
    """

    status: Status
    title: str
    anchor: str
    text: str = ""
    cause: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPart:
    """One camera. Polygons are in 0..1, origin top-left, y down; `why` is the reason for a missing picture.

    `declared`: what must be hidden; `approved`, `observed`: masks as approved, and as the device lists them. `findings`
    are what is not well, `view` compares its view with the approved one, `kept` says how far its footage goes back.
    `pictured` False: nobody asked for its picture.
    """

    anchor: str
    id: str
    name: str
    facts: str
    device: PlacePart
    status: Status
    findings: tuple[OwnFinding, ...]
    paths: tuple[PathsPart, ...]
    view: str
    approval: str
    kept: str = ""
    pictured: bool = False
    picture: str = ""
    jpeg: bytes = field(default=b"", repr=False)
    why: str = ""
    declared: tuple[Polygon, ...] = ()
    approved: tuple[Polygon, ...] = ()
    observed: tuple[Polygon, ...] = ()

    @property
    def is_brief(self) -> bool:
        """Tell whether a few lines are enough: neither a picture was asked for nor does anything fail."""
        return not self.pictured and self.status not in ("fail", "warn")


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePart:
    """One device: what it is, its clock, how long its disks will do, and what is not well with it.

    `link`: what is known of its interface for the police platform.
    """

    anchor: str
    id: str
    model: str
    firmware: str
    serial: str
    address: str
    clock: str
    outlook: str
    link: str
    status: Status
    findings: tuple[OwnFinding, ...]


@dataclass(frozen=True, slots=True)
class StreamPart:
    """One stream of one or several cameras: as configured, and as a sample measured it."""

    places: tuple[PlacePart, ...]
    path: str
    configured: str
    measured: str


@dataclass(frozen=True, slots=True)
class KeyPart:
    """The key that signs: its thumbprint, and whether it is the site's own."""

    kid: str
    is_site_key: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """The report's values, in the order of the report. `rules` are short and full names of the rules behind the checks.

    `groups` are the open matters, the worst first; `past` is what was late or out of order, which nobody can undo.
    `levels` are the passes by level of evidence: how many, and the
    level in words. `not_due` are titles by the reason for which they are not due. `keeping`: who holds the file, on
    what ground, and until when. `indication`: what such a report is worth; `error_rates`: title and rates.
    """

    site: SitePart
    totals: Mapping[Status, int]
    verdict: str
    groups: tuple[GroupPart, ...]
    matrix: MatrixPart
    levels: tuple[tuple[int, str], ...]
    cameras: tuple[CameraPart, ...]
    pictured: str
    timeline: Timeline
    devices: tuple[DevicePart, ...]
    streams: tuple[StreamPart, ...]
    past: tuple[PastPart, ...]
    duties: tuple[DutyPart, ...]
    not_due: tuple[tuple[str, tuple[str, ...]], ...]
    left_out: str
    rules: tuple[tuple[str, str], ...]
    keeping: tuple[tuple[str, str], ...]
    indication: str
    error_rates: tuple[tuple[str, str], ...]
    key: KeyPart


def render_report(report: HandOver, lang: str) -> str:
    """Render the report as HTML in `zh_CN` or `en`, unsigned."""
    zone = ZoneInfo(report.site.time_zone)
    templates = environment("agent.onsite.handover", sanitizing=True, zone=zone)
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
