"""Calculates the filing status of a site without a look at its devices, and the operator's next step. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from agent.model.finding import Finding, Message
from agent.observe.facts.facts import Facts
from agent.observe.facts.filed_system import Filing
from agent.onsite.filing.clocks import Deadline, change_findings, deadlines, filing_site, papers_findings, past_breaches
from agent.onsite.filing.papers import Slot, slots
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day
from agent.site.declarations.words import duties_listed

RECEIPTS: Final = {
    "filing-deadline-datong": "filing-datong",
    "filing-deadline-national": "filing-national",
    "filing-legacy": "filing-datong",
}
"""Under which duty the receipt of each clock is declared."""


@dataclass(frozen=True, slots=True)
class FilingStatus:
    """Both deadlines, the five papers, changes since the last filing, and what was late; `day` is the local day.

    `changes` is empty as long as nothing was filed. `last`: the last filing, None where it is not known here.
    """

    day: date
    clocks: tuple[Deadline, ...]
    slots: tuple[Slot, ...]
    papers: tuple[Finding, ...]
    changes: tuple[Finding, ...]
    past: tuple[Finding, ...]
    last: Filing | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings."""
        return (*(clock.finding for clock in self.clocks), *self.papers, *self.changes)


def filing_status(site: Site, last: Filing | None, now: datetime) -> FilingStatus:
    """Calculate the filing status; `last` is the last filing, as `agent/observe/facts/filed_file.py` stores it."""
    day = local_day(site, now)
    wanted = filing_site(site, day)
    running = deadlines(wanted, now)
    was_filed = last is not None or any(clock.filed for clock in running)
    changes = change_findings(wanted, last, now) if was_filed else ()
    return FilingStatus(
        day,
        running,
        slots(wanted, day),
        papers_findings(wanted, now),
        changes,
        past_breaches(wanted, Facts({}), now),
        last,
    )


def next_step(status: FilingStatus) -> Message:
    """Return the one next step: undecidable things first, then papers, then what is due, then changes."""
    unfiled = [clock for clock in status.clocks if clock.filed is None]
    if any(clock.finding.status == "unknown" for clock in unfiled):
        return Message("declare what the deadlines depend on: camwarden declare")
    missing = [slot.duty for slot in status.slots if not slot.is_there]
    if missing:
        return Message(
            "declare the papers that are missing ({duties}): camwarden declare --set DUTY=TITLE --paper FILE "
            "--paper-date DAY",
            {"duties": duties_listed(missing)},
        )
    if unfiled:
        first = min(unfiled, key=lambda clock: clock.due or date.min)
        return Message(
            "camwarden filing export, hand the dossier in, then camwarden declare --set {receipt}=NUMBER --paper FILE "
            "--paper-date DAY",
            {"receipt": RECEIPTS[first.finding.check]},
        )
    if status.last is None:
        return Message("have changes watched: camwarden filing compare DOSSIER.zip with the dossier that was handed in")
    if any(finding.status in ("warn", "fail") for finding in status.changes):
        return Message(
            "file the change: camwarden filing export, hand the dossier in, then camwarden filing compare DOSSIER.zip"
        )
    return Message("nothing is to be done")
