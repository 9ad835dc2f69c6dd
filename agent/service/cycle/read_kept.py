"""Reads a cycle's files beside the spool: the only place that does, before any device is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent.judge.memory.history import oldest_stored
from agent.judge.memory.notes import attestations_of, read_notes, settled_changes
from agent.observe.approvals.approvals import Approval, read_approvals
from agent.observe.approvals.attested import Attestation
from agent.observe.facts.factory_logins import LoginTry, known_tries
from agent.observe.facts.filed_file import read_filed
from agent.observe.facts.filed_system import Filing
from agent.observe.facts.link_tests import LinkTest, known_tests
from agent.observe.facts.platform_told import DeviceTold, known_told
from agent.observe.pictures.derived_views import DerivedReference, read_derived
from agent.site.config.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskState:
    """What people approved and noted, what was derived, filed and tried, and how far our own history reaches.

    `approvals` and `derived` by camera id; `acknowledged`: ids of acknowledged changes of footage; `factory`: by device
    id, None where it cannot be read; `link_tests`, `platform_told`: by device id; `own_log_from`: None where there is
    no history.
    """

    approvals: Mapping[str, Approval] = field(default_factory=dict)
    derived: Mapping[str, tuple[DerivedReference, ...]] = field(default_factory=dict)
    acknowledged: frozenset[str] = frozenset()
    filed: Filing | None = None
    factory: Mapping[str, LoginTry] | None = None
    own_log_from: datetime | None = None
    attested: tuple[Attestation, ...] = ()
    link_tests: Mapping[str, LinkTest] = field(default_factory=dict)
    platform_told: Mapping[str, DeviceTold] = field(default_factory=dict)


def read_disk(site: Site) -> DiskState:
    """Read the files; a damaged one is named in the log and counts as missing."""
    directory = site.storage.directory
    approvals, notes = read_approvals(directory, site.id), read_notes(directory, site.id)
    return DiskState(
        approvals=approvals,
        derived=read_derived(directory, site.id, approvals),
        acknowledged=frozenset(settled_changes(notes)),
        filed=read_filed(directory, site.id),
        factory=known_tries(directory, site.id),
        own_log_from=oldest_stored(directory),
        attested=attestations_of(notes),
        link_tests=known_tests(directory, site.id),
        platform_told=known_told(directory, site.id),
    )
