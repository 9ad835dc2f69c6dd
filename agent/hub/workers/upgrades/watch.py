"""Orders a new version of the agent from sites wave by wave, observes what becomes of it, and stops by itself.

Works in small steps: how far it has come is stored in the transaction that names, so that a hub that is ended anywhere
goes on from there. The decision is `agent/hub/domain/upgrades.py`. A site's policy carries the version; root's timer at
the site installs it, within the site's own bounds. Once it has stopped, the version is taken back wherever it
does not run yet.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.contract.signing_keys import Signer
from agent.hub.domain.rows.upgrades import Upgrade, UpgradeSite
from agent.hub.domain.upgrades import SiteSeen, Verdict, judge, next_wave
from agent.hub.domain.view_columns import data_of
from agent.hub.ports.store import Store
from agent.hub.workers import orders
from agent.hub.workers.answers import read_refused
from agent.hub.workers.intake import Event
from agent.hub.workers.upgrades.order import numbers, present, stop
from agent.model.errors import UsageError
from agent.site.duties.agent_version import NAME, is_newer, is_version
from agent.verify.bindings import Trust
from agent.verify.members import dict_of

LOG = logging.getLogger("camwarden.hub")

LOOK_S: Final = 30.0
AGAIN_S: Final = 1.0
AT_ONCE: Final = 50
"""Sites that are named, or read, in one step."""

TRIED: Final = frozenset({"upgrade-failed", "not-kept"})
"""Reasons of a site that takes the version and could not install it; with any other it does not take it."""


@dataclass(slots=True)
class Upgrades:
    """When a running hub looks next after an upgrade; `trust`: whom it believes now; `after`: the last site read."""

    signer: Signer
    trust: Callable[[], Trust]
    look_at_s: float = 0.0
    after: str = ""

    def look(self, store: Store, now: datetime, now_s: float, tell: Callable[[Event], None]) -> None:
        """Do the next small step where it is time to; `now_s` is monotonic. Raises StoreFailed."""
        if now_s < self.look_at_s:
            return
        self.look_at_s = now_s + LOOK_S
        if not _is_open(store.upgrades.newest()):
            return
        told = None
        with store.transaction():
            upgrade = store.upgrades.newest()  # a person may have stopped it just now
            if upgrade is not None and _is_open(upgrade):
                told = self._step(store, upgrade, now, now_s)
        if told is not None:
            tell(told)

    def _step(self, store: Store, upgrade: Upgrade, now: datetime, now_s: float) -> Event | None:
        runs = upgrade.state == "running"
        if take_back_some(store, self.signer, upgrade, now) or (runs and name_some(store, self.signer, upgrade, now)):
            self.look_at_s = now_s + AGAIN_S
            return None
        if not runs:
            return None
        take_refusals(store, self.signer, upgrade, now)
        self.after = see_some(store, upgrade, self.after, now)
        told = None if self.after else go_on(store, upgrade, self.trust(), now)
        if self.after or told is not None:
            self.look_at_s = now_s + AGAIN_S
        return told


def _is_open(upgrade: Upgrade | None) -> bool:
    return upgrade is not None and upgrade.state in ("running", "stopped")


def name_some(store: Store, signer: Signer, upgrade: Upgrade, now: datetime) -> int:
    """Name the version to some sites of the wave; return how many."""
    found = store.upgrades.at_step(upgrade.id, "to-name", AT_ONCE)
    for site in found:
        try:
            made = orders.set_desired(store, signer, site, {NAME: upgrade.version}, now)
        except UsageError as error:
            LOG.warning("version %s is not named to site %s: %s", upgrade.version, site, error)
            store.upgrades.mark_refused(upgrade.id, site, "not-named")
            continue
        store.upgrades.mark_named(upgrade.id, site, made.version, now)
    return len(found)


def take_back_some(store: Store, signer: Signer, upgrade: Upgrade, now: datetime) -> int:
    """Take the version back at some sites; return how many."""
    found = store.upgrades.at_step(upgrade.id, "to-take-back", AT_ONCE)
    for site in found:
        _take_back(store, signer, site, now)
        store.upgrades.mark_taken_back(upgrade.id, site)
    return len(found)


def take_refusals(store: Store, signer: Signer, upgrade: Upgrade, now: datetime) -> None:
    """Take up which sites do not take the version, and where root could not install it.

    Where it is not taken it is taken back at once: the thresholds that are sent next would be refused with it.
    """
    for site, policy, told, was_tried in store.upgrades.refusals(upgrade.id):
        refused = dict_of(read_refused(told))
        number, reason = refused.get("version"), str(refused.get("reason", ""))
        is_of_it = isinstance(number, int) and number >= policy
        if is_of_it and reason not in TRIED:
            _take_back(store, signer, site, now)
            store.upgrades.mark_refused(upgrade.id, site, reason)
        elif is_of_it != was_tried:
            store.upgrades.mark_tried(upgrade.id, site, is_of_it)


def see_some(store: Store, upgrade: Upgrade, after: str, now: datetime) -> str:
    """Look which of some sites run the version, by their health reports; return the last one, empty at the end."""
    named = store.upgrades.at_step(upgrade.id, "named", AT_ONCE, after)
    for site in named:
        running = running_at(store, site)
        if running and not is_newer(upgrade.version, running):
            store.upgrades.mark_runs(upgrade.id, site, now)
    return named[-1] if len(named) == AT_ONCE else ""


def running_at(store: Store, site: str) -> str:
    """Return the version that a site's newest health report names, empty where it names none that can be compared."""
    place = store.upgrades.newest_health(site)
    body = store.body_at(site, place[0], "health", place[1]) if place is not None else None
    if body is None:
        return ""
    version = dict_of(dict_of(data_of(body[1]).get("body")).get("agent")).get("version")
    return version if isinstance(version, str) and is_version(version) else ""


def go_on(store: Store, upgrade: Upgrade, trust: Trust, now: datetime) -> Event | None:
    """Judge, and begin the next wave, stop, or end the upgrade; return the event, None where it waits."""
    rows, of_now = store.upgrades.sites(upgrade.id), present(store, trust, now)
    if upgrade.wave:
        verdict = _verdict(rows, of_now, upgrade, now)
        store.upgrades.keep_verdict(upgrade.id, verdict.why, numbers(verdict))
        if verdict.word == "stop":
            stop(store, upgrade, verdict, "", verdict.why, now)
            LOG.warning("the upgrade to %s has stopped by itself: %s", upgrade.version, verdict)
            return {"event": "upgrade", "version": upgrade.version, "state": "stopped", "why": verdict.why}
        if verdict.word == "wait":
            return None
    there = {one.site for one in rows if one.wave}
    group = store.upgrades.members(upgrade.scope, upgrade.name)
    found, number = next_wave(group, there, upgrade.version, upgrade.wave)
    if not found:
        store.upgrades.keep_state(upgrade.id, "done")
        store.upgrades.keep_word(upgrade.id, "done", "", "", now)
        return {"event": "upgrade", "version": upgrade.version, "state": "done"}
    store.upgrades.begin_wave(upgrade.id, number, found, of_now, now)
    store.upgrades.keep_word(upgrade.id, "wave", "", f"{number}: {len(found)}", now)
    return {"event": "upgrade", "version": upgrade.version, "state": "wave", "wave": number, "sites": len(found)}


def _verdict(rows: list[UpgradeSite], of_now: dict[str, tuple[bool, int]], upgrade: Upgrade, now: datetime) -> Verdict:
    known = {one.site: one for one in rows}
    seen = [_seen(site, known.get(site), *told) for site, told in of_now.items()]
    named = [one for one in rows if one.step in ("named", "runs")]
    named_at = max((one.named_at for one in named), default=upgrade.wave_at)
    runs_at = max((one.runs_at for one in named if one.runs_at), default="")
    since = datetime.fromisoformat(runs_at) if runs_at else None
    return judge(seen, datetime.fromisoformat(named_at), since, upgrade.soak, now)


def _seen(site: str, row: UpgradeSite | None, silent: bool, bad: int) -> SiteSeen:
    if row is None:  # it came after the wave began
        return SiteSeen(site=site, was_silent=silent, is_silent=silent, bad_before=bad, bad=bad)
    return SiteSeen(
        site=site, named=row.step in ("named", "runs"), runs=row.step == "runs", excused=row.excused, tried=row.tried,
        was_silent=row.silent, is_silent=silent, bad_before=row.bad, bad=bad,
    )  # fmt: skip


def _take_back(store: Store, signer: Signer, site: str, now: datetime) -> None:
    try:
        orders.set_desired(store, signer, site, {NAME: None}, now)
    except UsageError as error:
        LOG.warning("the version is not taken back at site %s: %s", site, error)
