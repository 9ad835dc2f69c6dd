"""Defines open findings and what else is queried of the newest reports, as ports hand it out. Pure."""

from dataclasses import astuple, dataclass, fields
from urllib.parse import quote, unquote

from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.scope import EVERYTHING, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which open findings are wanted; empty: any. `division` with zeros at its end stands for all below it.

    `operator`: of sites that it operates, `assignee`: that are assigned to it, both as people at the hub said;
    `since`: those that have been open as they are since this moment or later, RFC 3339 in UTC.
    `scope`: of what the person who asks may see.
    """

    site: str = ""
    division: str = ""
    maintainer: str = ""
    check: str = ""
    status: str = ""
    model: str = ""
    since: str = ""
    operator: str = ""
    assignee: str = ""
    scope: Scope = EVERYTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """An open finding of a site. `since`: the site's time from which on it has this status, as far as the hub saw.

    `seen_at`: the site's time of its newest configuration report. What people at the hub said of it is empty where
    nobody did; `acknowledged_until`, `due_on` and `planned_until` are days.
    """

    site: str
    division: str
    check: str
    subject: str
    status: str
    reason: str
    severity: str
    level: str
    message: str
    caused_by: str
    model: str
    firmware: str
    maintainer: str
    since: str
    seen_at: str
    operator: str
    acknowledged_by: str
    acknowledged_until: str
    assigned_to: str
    due_on: str
    comments: int
    planned_by: str
    planned_until: str

    @property
    def quiet(self) -> str:
        """Why it changes no exit code: empty, as what is stored does not say."""
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRow:
    """A check that fails at boxes of one model and firmware: at so many of the subjects that it judged, at these sites.

    `sites_failing` of `sites`, `failing` of `subjects`: at least one each.
    """

    check: str
    model: str
    firmware: str
    failing: int
    subjects: int
    sites_failing: int
    sites: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch in which a finding was open with one status, the site's times; `to_at` empty: it lasts."""

    check: str
    subject: str
    status: str
    reason: str
    from_at: str
    to_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """A site by its newest configuration report; `made_at` empty: none of its present epoch has come.

    `division`: counts in lists and figures, because `division_said_by` at the hub said so, else because the site told
    it first; `division_told`: that of the report.
    """

    site: str
    division: str
    division_told: str
    division_said_by: str
    made_at: str
    cameras: int
    devices: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding stands in the order of `findings`."""

    status: str
    check: str
    site: str
    subject: str


def place_of(row: FindingRow) -> Place:
    """Return where a finding stands."""
    return Place(row.status, row.check, row.site, row.subject)


def place_text(place: Place) -> str:
    """Encode a place as one word, for the next page."""
    return "/".join(quote(part, safe=":") for part in astuple(place))


def read_place(text: str) -> Place:
    """Parse what `place_text` wrote. Raises ValueError for anything else."""
    parts = [unquote(part, errors="strict") for part in text.split("/")]
    if len(parts) != len(fields(Place)) or parts[0] not in OPEN:
        raise ValueError("no place")
    return Place(*parts)


@dataclass(frozen=True, slots=True)
class Repaired:
    """How long fails of a check lasted that ended, seconds by the sites' own times; `open`: that last until now."""

    check: str
    repaired: int
    mean_s: float
    longest_s: float
    open: int
