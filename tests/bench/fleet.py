"""Bench `fleet`: thousands of sites come back after an outage of the broker, each with a backlog, to one hub.

Run: python tests/bench/fleet.py [--quick] [--json]. What each figure means stands in README.md beside this file.

`fleet_peak_behind_ratio` = peak lag / (backlog / rate), where

- lag, at a moment: how long ago the sites had offered as many different reports as the hub has verified and stored by
  now. It is what a report waits between a site and the hub's database if the order is kept, whatever the reason:
  queues, a broker that lost messages, repeats that were not needed;
- backlog: the reports that wait at all sites when the broker comes back;
- rate: what this hub, beside this broker and these sites, takes in a second when all of them are connected and each
  sends at once what is fresh, measured in the same run before the outage.

So backlog / rate is the lag that cannot be avoided where all sites come back at once. 1 means that nothing is done
twice; far more means that the return breaks the hub down; less means that the sites' own pace (full jitter, token
bucket) spreads it out.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from fleet_course import Course, live_delays, lost
from fleet_parts import MOSQUITTO, HubProcess, hub_database, reports_stored, trust_all
from fleet_reports import CITY, PERIOD, Life, bodies, new_signer
from fleet_site import FleetSite, Totals

from agent.contract.signing_keys import PublicKey, load_or_create_signer
from agent.deliver.publish.pace import Pace
from agent.hub.stores import signing_key
from agent.site.config.site import Hub, Site
from measure.figures import Figure, flags, say, show
from tests.support.mosquitto import Broker

SITES: Final = Figure("fleet_sites", "sites", 5_000, "higher")
LOST: Final = Figure("fleet_lost", "reports", 0, "lower")
BEHIND: Final = Figure("fleet_peak_behind_ratio", "x", 1.5, "lower")

_LOOK_S: Final = 0.25
_DRAINED_WITHIN_S: Final = 900.0


@dataclass(frozen=True)
class Amounts:
    """How much is measured. A site with a backlog of so many health reports was cut off for as many periods."""

    sites: int
    connects_per_s: float
    fresh_rounds: int
    health: int
    events: int
    pace: Pace


FULL: Final = Amounts(5_000, 300.0, 3, 96, 4, Pace())
QUICK: Final = Amounts(60, 60.0, 1, 6, 1, replace(Pace(), reconnect_most_s=4.0))


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    amounts = QUICK if asked.quick else FULL
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < amounts.sites * 1.2 + 500:
        raise SystemExit(f"{hard} open files are allowed, too few for {amounts.sites} connections")
    with tempfile.TemporaryDirectory(prefix="fleet-", dir=os.environ.get("BENCH_DIRECTORY")) as folder:
        directory = Path(folder)
        (directory / "hub").mkdir()
        hub_key = load_or_create_signer(directory / "hub" / signing_key.KEY_NAME)
        lines = (*MOSQUITTO, f"persistence_location {directory}/broker/")
        with Broker(directory / "broker", lines) as broker:
            hub = HubProcess(directory / "hub", broker.port)
            figures, conditions = asyncio.run(_Fleet(amounts, broker, hub, hub_key.public).measured())
    show("fleet", asked, figures, conditions)


class _Fleet:
    def __init__(self, amounts: Amounts, broker: Broker, hub: HubProcess, hub_key: PublicKey) -> None:
        self._amounts, self._broker, self._hub, self._hub_key = amounts, broker, hub, hub_key
        self._begun_s = time.monotonic()
        self._totals = Totals()
        self._health, self._event = bodies()
        pinned = Hub("127.0.0.1", broker.port, tls=False)
        epoch = "0123456789abcdef"
        self._sites = [
            FleetSite(
                Life(Site(f"S{number}", CITY, "140200", hub=pinned, digest="c" * 64), new_signer(), epoch),
                amounts.pace,
                (("127.0.0.1", broker.port),),
                self._totals,
                time.monotonic,
            )
            for number in range(amounts.sites)
        ]

    async def measured(self) -> tuple[dict[str, Any], dict[str, Any]]:
        amounts = self._amounts
        trust_all(self._hub.directory, {one.life.site.id: one.life.signer.kid for one in self._sites})
        self._hub.start()
        alive = asyncio.create_task(self._keep_alive())
        try:
            with hub_database(self._hub.directory) as database:
                self._database = database
                say(f"{amounts.sites} sites connect")
                await self._connect_all()
                rates = [await self._fresh() for _ in range(amounts.fresh_rounds)]
                say(f"the hub takes {round(statistics.median(rates))} a second")
                for one in self._sites:
                    one.away = True
                self._broker.kill()
                await self._until(lambda: not self._totals.connected, 60)
                backlog = self._cut_off()
                course, last_s = await self._return()
                cpu_s, live = self._hub.cpu_s(), live_delays(database, self._totals)
                resent, broken = self._totals.resent, self._totals.lost_connections - amounts.sites
                again = await self._restart()
                missing = lost(database, self._sites, self._hub_key)
        finally:
            alive.cancel()
            for one in self._sites:
                one.leave()
            await asyncio.sleep(0.1)
            self._hub.stop()
        peak_s = course.peak_lag_s()
        figures = {
            SITES.name: SITES.of([amounts.sites]),
            LOST.name: LOST.of([missing]),
            BEHIND.name: BEHIND.of([peak_s / (backlog / rate) for rate in rates]),
        }
        conditions = {
            "backlog_reports": backlog,
            "reports": sum(len(one.made) for one in self._sites),
            "hub_rate_per_s": [round(rate) for rate in rates],
            "backlog_over_rate_s": round(backlog / statistics.median(rates), 1),
            "peak_lag_s": round(peak_s, 2),
            "last_site_back_after_s": round(last_s, 1),
            "confirmed_after_s": round(course.took_s(), 1),
            "hub_cpu_s": round(cpu_s, 1),
            "fresh_reports_meanwhile": live,
            "sent_again": resent,
            "connections_broken": broken,
            "refused": self._totals.refused,
            "restart": {
                "confirmed_after_s": round(again.took_s(), 1),
                "peak_lag_s": round(again.peak_lag_s(), 2),
                "sent_again": self._totals.resent - resent,
            },
            "hub_told": dict(self._hub.told),
            "wall_s": round(time.monotonic() - self._begun_s, 1),
        }
        return figures, conditions

    async def _connect_all(self) -> None:
        for number, one in enumerate(self._sites):
            one.connect_after(number / self._amounts.connects_per_s)
        await self._until(lambda: self._totals.connected == len(self._sites), 300)
        await asyncio.sleep(1)  # births are worked off

    async def _fresh(self) -> float:
        """Have every site send a fresh health report and an event at once; return how many the hub took in a second."""
        before = reports_stored(self._database)
        at = datetime.now(UTC)
        for one in self._sites:  # made beforehand: what is measured is the hub, not us
            one.commit([self._event, self._health], at, live=True, now=False)
        begun_s = time.monotonic()
        for one in self._sites:
            one.pump()
        due = before + 2 * len(self._sites)
        await self._until(lambda: reports_stored(self._database) >= due, _DRAINED_WITHIN_S)
        took_s = time.monotonic() - begun_s
        await self._until(lambda: all(one.drained for one in self._sites), _DRAINED_WITHIN_S)
        return 2 * len(self._sites) / took_s

    def _cut_off(self) -> int:
        """Let every site make the reports of the outage."""
        amounts = self._amounts
        say(f"the broker is away; {amounts.sites * (amounts.health + amounts.events)} reports are made")
        first = datetime.now(UTC) - PERIOD * amounts.health
        gc.disable()
        for one in self._sites:
            for number in range(amounts.health):
                drafts = [self._event] * (number < amounts.events) + [self._health]
                one.commit(drafts, first + PERIOD * number, live=False, now=False)
        gc.enable()
        return sum(not one.drained and amounts.health + amounts.events for one in self._sites)

    async def _return(self) -> tuple[Course, float]:
        """Bring the broker back; watch until everything is confirmed. Also says when the last site was back."""
        self._hub.stop()  # by itself it would come back as late as a site: it is started beside its broker
        self._totals.live_offered.clear()
        dice = random.Random(6)
        self._broker.start()
        self._hub.start()
        outage_s = (PERIOD * self._amounts.health).total_seconds()
        last_s = max(one.return_after_outage(outage_s, dice) for one in self._sites)
        self._schedule_cycles(last_s, dice)
        return await self._watched(last_s + 1), last_s

    async def _restart(self) -> Course:
        """Restart the broker in good order while every site has something fresh: all come back at once."""
        say("the broker is restarted; all come back at once")
        self._broker.stop()
        await self._until(lambda: not self._totals.connected, 60)
        at = datetime.now(UTC)
        for one in self._sites:
            one.commit([self._health], at, live=True, now=False)
        self._broker.start()
        return await self._watched(0.0)

    async def _watched(self, at_least_s: float) -> Course:
        course = Course()
        offered, stored = self._totals.offered, reports_stored(self._database)
        begun_s = told_s = time.monotonic()
        while True:
            now_s = time.monotonic()
            course.looks.append((now_s, self._totals.offered - offered, reports_stored(self._database) - stored))
            if now_s - told_s > 20:
                told_s = now_s
                _, so_far, has = course.looks[-1]
                say(f"{now_s - begun_s:.0f} s: {self._totals.connected} back, {so_far} offered, {has} verified")
            if now_s - begun_s > at_least_s and all(one.drained for one in self._sites):
                return course
            if now_s - begun_s > _DRAINED_WITHIN_S or not self._hub.running:
                say("not everything was confirmed in time")
                return course
            await asyncio.sleep(_LOOK_S)

    def _schedule_cycles(self, while_s: float, dice: random.Random) -> None:
        """Let cycles go on: each site's falls into the return with the share of its period that this is."""
        loop = asyncio.get_running_loop()
        for one in self._sites:
            in_s = dice.random() * PERIOD.total_seconds()
            if in_s < while_s:
                loop.call_later(in_s, lambda one=one: one.commit([self._health], datetime.now(UTC), live=True))

    async def _keep_alive(self) -> None:
        while True:
            for start in range(20):
                now_s = time.monotonic()
                for one in self._sites[start::20]:
                    one.keep_alive(now_s)
                await asyncio.sleep(0.25)

    async def _until(self, condition: Callable[[], bool], timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            if not self._hub.running or time.monotonic() > deadline:
                log = (self._hub.directory / "hub.log").read_text()[-1000:]
                raise RuntimeError(f"the hub has ended, or it took too long: {self._totals.connected} connected; {log}")
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    main()
