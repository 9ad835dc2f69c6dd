"""Defines the port of the hub's store: one open database, by area; and of who leads of several hubs on it."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from agent.hub.domain.rows.keeping import ReadFrom
from agent.hub.ports.authors import Authors
from agent.hub.ports.city_map import CityMaps
from agent.hub.ports.findings import Disputes, Findings, Words
from agent.hub.ports.gaps import AcceptedLosses, Epochs, Holes, LostRuns
from agent.hub.ports.intake import Chains, Intake, Refusals
from agent.hub.ports.keeping import Bodies, Disk, Expiry, Holds
from agent.hub.ports.orders import Commands, Policies
from agent.hub.ports.places import Places
from agent.hub.ports.reports import Reports
from agent.hub.ports.seen import Envelopes, Seen
from agent.hub.ports.sites import Figures, Sites
from agent.hub.ports.trust import TrustStore
from agent.hub.ports.upgrades import Upgrades
from agent.hub.ports.webhooks import Webhooks


class Store(Intake, Protocol):
    """The hub's open store. What intake stores stands on it itself, all else by area.

    A change outside a transaction is one of its own. Whatever cannot be read or written raises StoreFailed: StoreWaits
    where somebody holds it, or the disk is full, which passes.
    """

    directory: Path
    """The hub's data: keys and settings; where the rows are is the engine's."""

    def close(self) -> None:
        """Close it; what was committed stays."""

    def is_current(self) -> bool:
        """Return whether what was opened to read is still what stands there, and of this version."""

    def read_from(self) -> ReadFrom | None:
        """Return which of two servers is read from, and how far it is behind; None: there are not two."""

    def transaction(self, sites: Collection[str] = ()) -> AbstractContextManager[None]:
        """Run a block as one transaction; within one, as a part of it.

        What raises in the block leaves nothing of it, and is raised again. Of two that write, the later one waits,
        unless both name the `sites` that they write of, and share none.

        Raises:
            StoreFailed: The block was rolled back.
        """

    @property
    def chains(self) -> Chains:
        """How far chains go."""

    @property
    def trust(self) -> TrustStore:
        """Which key signs for which site."""

    @property
    def findings(self) -> Findings:
        """Queries open findings and their history, by the newest reports of each site."""

    @property
    def words(self) -> Words:
        """Stores and queries what people at the hub said of open findings and sites."""

    @property
    def disputes(self) -> Disputes:
        """Stores the disputes that sites signed, each once by its id, and what was decided on them."""

    @property
    def sites(self) -> Sites:
        """Queries what is known of sites, one by one and together."""

    @property
    def places(self) -> Places:
        """Stores in which division sites lie, as people said, and compares it with what sites tell."""

    @property
    def seen(self) -> Seen:
        """Queries sites and findings within what a person may see."""

    @property
    def envelopes(self) -> Envelopes:
        """Queries which reports said what of one site."""

    @property
    def figures(self) -> Figures:
        """Stores and queries the figures of days that sites reported."""

    @property
    def reports(self) -> Reports:
        """Queries stored reports in the order of their ids: that of their commits."""

    @property
    def epochs(self) -> Epochs:
        """Stores the epochs of sites, and what was decided of each."""

    @property
    def holes(self) -> Holes:
        """Stores the runs of reports that the hub lacks, and finds them."""

    @property
    def accepted(self) -> AcceptedLosses:
        """Stores the runs that a person accepted as lost."""

    @property
    def lost_runs(self) -> LostRuns:
        """Queries runs that a site saw confirmed and this hub has lost."""

    @property
    def refusals(self) -> Refusals:
        """Stores what of a site was refused although it had signed it."""

    @property
    def commands(self) -> Commands:
        """Stores commands to sites, and what became of them."""

    @property
    def policies(self) -> Policies:
        """Stores policies for sites, and what sites report of them."""

    @property
    def upgrades(self) -> Upgrades:
        """Stores which version of the agent is on its way to which sites."""

    @property
    def holds(self) -> Holds:
        """Stores which times of a site are held against deletion."""

    @property
    def bodies(self) -> Bodies:
        """Queries and drops bodies of stored reports."""

    @property
    def expiry(self) -> Expiry:
        """Queries what was stored longest, and deletes it."""

    @property
    def disk(self) -> Disk:
        """Measures how much room the store takes and has."""

    @property
    def city_map(self) -> CityMaps:
        """Stores where sites are and how districts run."""

    @property
    def authors(self) -> Authors:
        """Stores who is behind which id of an author; not within a transaction of the store."""

    @property
    def webhooks(self) -> Webhooks:
        """Stores endpoints of other systems, and what they are told."""


class Leading(Protocol):
    """Whether this hub leads. One thread uses it."""

    def holds(self) -> bool:
        """Return whether this hub leads now, and take the lead where nobody has it; it is lost with its connection."""

    def close(self) -> None:
        """Give the lead away. May be called again."""
