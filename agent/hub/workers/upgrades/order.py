"""Orders, stops and resumes an upgrade of the agents of a group, at a person's word.

What is written here, the running hub does (`agent/hub/workers/upgrades/watch.py`); one upgrade is open at a time.
"""

from datetime import datetime, timedelta
from typing import Final

from agent.hub.domain.people_text import NAME_MAX_CHARS, refuse_text
from agent.hub.domain.rows.upgrades import Scope, Upgrade
from agent.hub.domain.upgrades import SETTLED, Verdict
from agent.hub.ports.store import Store
from agent.hub.views.silent import silent_sites
from agent.model.errors import UsageError
from agent.site.duties.agent_version import is_version
from agent.verify.bindings import Trust

SOAK_LEAST: Final = timedelta(hours=1)
SOAK_MOST: Final = timedelta(days=30)


def order_upgrade(
    store: Store, version: str, scope: Scope, name: str, soak: timedelta, by: str, why: str, now: datetime
) -> int:
    """Store that a version is to go through a group, and return how many sites that has now.

    Args:
        store: The hub's.
        version: A release, such as 0.2.0.
        scope: Which group: all, of a division and below it, or of an operator.
        name: The division or operator; of all: empty.
        soak: How long all sites of a wave run it before the next one is named.
        by: Who orders it.
        why: The reason.
        now: The present time.

    Raises:
        UsageError: It is no release, the group is empty, another upgrade runs or is being taken back, or a text is bad.
        StoreFailed: Nothing was ordered.
    """
    refuse_text(by, NAME_MAX_CHARS)
    refuse_text(why)
    if not is_version(version):
        raise UsageError("{version!r} is no release such as 0.2.0", version=version[:64])
    if not SOAK_LEAST <= soak <= SOAK_MOST:
        raise UsageError("an upgrade soaks for an hour to 30 days")
    with store.transaction():
        last = store.upgrades.newest()
        if last is not None and last.state == "running":
            raise UsageError(
                "the upgrade to {version} still runs: stop it first, with `camwarden hub upgrade stop`",
                version=last.version,
            )
        if last is not None and store.upgrades.at_step(last.id, "to-take-back", 1):
            raise UsageError(
                "version {version} is still being taken back: try again in a minute; the hub has to run",
                version=last.version,
            )
        group = store.upgrades.members(scope, name)
        if not group:
            raise UsageError("no site is in this group; see `camwarden hub status`")
        number = store.upgrades.begin(version, scope, name, soak)
        store.upgrades.keep_word(number, "ordered", by, why, now)
    return len(group)


def stop_upgrade(store: Store, by: str, why: str, now: datetime) -> Upgrade:
    """Stop the upgrade that runs. Raises UsageError where none does, or a text is bad."""
    refuse_text(by, NAME_MAX_CHARS)
    refuse_text(why)
    with store.transaction():
        upgrade = store.upgrades.newest()
        if upgrade is None or upgrade.state != "running":
            raise UsageError("no upgrade runs; see `camwarden hub upgrade`")
        stop(store, upgrade, Verdict("stop", "person"), by, why, now)
    return upgrade


def resume_upgrade(store: Store, trust: Trust, by: str, why: str, now: datetime) -> Upgrade:
    """Go on with the upgrade that has stopped: what is silent or fails now counts as so before.

    Raises UsageError where none has stopped, or a text is bad.
    """
    refuse_text(by, NAME_MAX_CHARS)
    refuse_text(why)
    with store.transaction():
        upgrade = store.upgrades.newest()
        if upgrade is None or upgrade.state != "stopped":
            raise UsageError("no upgrade has stopped; see `camwarden hub upgrade`")
        store.upgrades.begin_again(upgrade.id, present(store, trust, now), upgrade.why == "not-taken", now)
        store.upgrades.keep_state(upgrade.id, "running")
        store.upgrades.keep_verdict(upgrade.id, "", (0, 0, 0, 0))
        store.upgrades.keep_word(upgrade.id, "resumed", by, why, now)
    return upgrade


def present(store: Store, trust: Trust, now: datetime) -> dict[str, tuple[bool, int]]:
    """Return whether each site of the hub is silent, and how many findings fail or are not judged: what has lasted."""
    rows = store.sites.rows()
    silent = {one.site for one in silent_sites(rows, (), trust, now) if now - one.since >= SETTLED}
    bad = store.upgrades.bad_counts(now - SETTLED, now)
    return {row.site: (row.site in silent, bad.get(row.site, 0)) for row in rows}


def stop(store: Store, upgrade: Upgrade, verdict: Verdict, by: str, why: str, now: datetime) -> None:
    """Stop an upgrade, and have the version taken back where it does not run yet; `by` empty: by itself."""
    store.upgrades.keep_state(upgrade.id, "stopped")
    store.upgrades.keep_verdict(upgrade.id, verdict.why, numbers(verdict))
    store.upgrades.withdraw(upgrade.id)
    store.upgrades.keep_word(upgrade.id, "stopped", by, why, now)


def numbers(verdict: Verdict) -> tuple[int, int, int, int]:
    """Return the numbers of a verdict, as they are stored."""
    return verdict.number, verdict.of, verdict.others_number, verdict.others
