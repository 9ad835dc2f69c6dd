"""An upgrade goes through a city wave by wave, stops by itself, and takes back what does not run yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from delivery import NOW
from hubdesk import Desk
from hubside import Peer, RunningHub, clock
from mosquitto import Broker
from upgrade_city import NEW, UpgradeCity

from agent.contract.orders import Order
from agent.hub.stores import trust
from agent.hub.stores.orders import upgrades
from agent.hub.workers import orders
from agent.hub.workers.upgrades.order import order_upgrade, resume_upgrade, stop_upgrade
from agent.model.errors import UsageError
from agent.service.orders.desired_policy import PolicyRefused, accept_document
from agent.site.config.site import Hub, Upgrade

DAY = timedelta(hours=24)
SITES = 24


@pytest.fixture
def city(desk: Desk, tmp_path: Path) -> UpgradeCity:
    return UpgradeCity(desk, tmp_path, SITES, NOW)


def order(city: UpgradeCity, version: str = NEW) -> int:
    return order_upgrade(city.desk.store, version, "all", "", DAY, "Li", "fixes", city.at)


def step_of(city: UpgradeCity) -> dict[str, str]:
    return {one.site: one.step for one in upgrades.sites(city.desk.store, city.upgrade().id)}


def test_a_version_goes_through_three_waves_and_ends(city: UpgradeCity) -> None:
    assert order(city) == SITES
    assert city.named() == []
    city.go(0)
    assert (len(city.named()), city.upgrade().wave) == (2, 1)
    city.go(30)
    assert (len(city.named()), city.upgrade().why) == (2, "not-there")
    city.install()
    city.go(1)
    assert city.upgrade().why == "soaks"
    city.go(23)
    assert len(city.named()) == 2
    city.go(2)
    assert (len(city.named()), city.upgrade().wave) == (12, 2)
    city.install()
    city.go(1)
    city.go(25)
    assert (len(city.named()), city.upgrade().wave) == (SITES, 3)
    city.install()
    city.go(1)
    city.go(25)
    assert city.upgrade().state == "done"
    assert [one["state"] for one in city.told] == ["wave", "wave", "wave", "done"]
    acts = [(act, by) for _, act, by, _ in upgrades.words(city.desk.store, city.upgrade().id)]
    assert acts == [("ordered", "Li"), ("wave", ""), ("wave", ""), ("wave", ""), ("done", "")]


def test_it_stops_by_itself_where_a_named_site_goes_silent_and_takes_back_what_does_not_run(city: UpgradeCity) -> None:
    order(city)
    city.go(0)
    first, second = city.named()
    city.install(first)
    city.go(1)
    city.sites[first].silent = True
    city.go(2)
    shown = city.upgrade()
    assert (shown.state, shown.why, shown.number, shown.among) == ("stopped", "silent", 1, 2)
    assert (shown.others_number, shown.others) == (0, SITES - 2)
    assert city.policy(second) == {}
    assert city.policy(first) == {"agent_version": NEW}  # it runs it, and never goes back
    assert step_of(city)[second] == "outside"
    city.go(100)
    assert (city.upgrade().state, len(city.named())) == ("stopped", 1)


def test_a_restart_for_the_upgrade_itself_is_no_silence(city: UpgradeCity) -> None:
    order(city)
    city.go(0)
    first, _ = city.named()
    city.desk.birth(city.sites[first].maker, "e1", status="disconnected", at=city.at)
    city.at += timedelta(minutes=10)
    city.look()
    assert city.upgrade().state == "running"


@pytest.mark.parametrize("status", ["fail", "unknown"])
def test_it_stops_where_more_fails_or_cannot_be_judged_than_before(city: UpgradeCity, status: str) -> None:
    order(city)
    city.go(0)
    city.install()
    first = city.named()[0]
    city.go(1)
    city.fail(first, status)
    city.go(1)
    assert (city.upgrade().state, city.upgrade().why) == ("stopped", "failing")


def test_an_outage_of_the_whole_network_stops_nothing_and_nobody_is_named(city: UpgradeCity) -> None:
    order(city)
    city.go(0)
    city.install()
    city.go(1)
    for one in city.sites.values():
        one.silent = True
    city.go(48)
    assert (city.upgrade().state, city.upgrade().why, len(city.named())) == ("running", "quiet", 2)
    for one in city.sites.values():
        one.silent = False
    city.go(1)
    assert len(city.named()) == 12


def test_a_site_that_does_not_take_it_is_left_out_and_its_policy_stays_free(city: UpgradeCity) -> None:
    order(city)
    city.go(0)
    first, second = city.named()
    city.answer(first, "not-allowed")
    city.install(second)
    city.go(1)
    assert (city.policy(first), step_of(city)[first]) == ({}, "refused")
    city.go(25)
    assert city.upgrade().wave == 2
    assert first not in city.named()


def test_what_root_could_not_install_stops_it(city: UpgradeCity) -> None:
    order(city)
    city.go(0)
    first, _ = city.named()
    city.answer(first, "upgrade-failed")
    city.go(1)
    assert (city.upgrade().state, city.upgrade().why) == ("stopped", "failing")
    assert city.named() == []


def test_a_person_stops_and_resumes_and_what_was_so_then_counts_as_before(city: UpgradeCity) -> None:
    order(city)
    city.go(0)
    first, _ = city.named()
    city.install()
    city.go(1)
    city.sites[first].silent = True
    city.go(2)
    assert city.upgrade().state == "stopped"
    believed = trust.load(city.desk.directory)
    resume_upgrade(city.desk.store, believed, "Wang", "power cut at this gateway", city.at)
    city.go(1)
    assert city.upgrade().state == "running"
    stop_upgrade(city.desk.store, "Wang", "holiday", city.at)
    city.go(50)
    assert (city.upgrade().state, city.upgrade().why, len(city.named())) == ("stopped", "person", 2)
    resume_upgrade(city.desk.store, believed, "Wang", "go on", city.at)
    city.go(0)
    assert len(city.named()) == 12
    acts = [(act, by, why) for _, act, by, why in upgrades.words(city.desk.store, city.upgrade().id)]
    assert ("stopped", "", "silent") in acts
    assert ("resumed", "Wang", "power cut at this gateway") in acts


def test_after_a_week_a_site_that_never_takes_it_stops_the_wave_and_a_person_goes_on_without_it(
    city: UpgradeCity,
) -> None:
    order(city)
    city.go(0)
    first, second = city.named()
    city.install(second)
    city.go(1)
    city.go(24 * 8)
    assert (city.upgrade().state, city.upgrade().why) == ("stopped", "not-taken")
    assert city.named() == [second]
    resume_upgrade(city.desk.store, trust.load(city.desk.directory), "Wang", "its disk is small", city.at)
    city.go(0)
    assert len(city.named()) == 12
    assert first in city.named()  # and gets it all the same, if it ever can


def test_a_hub_that_is_ended_in_the_middle_of_a_wave_goes_on(
    city: UpgradeCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.hub.workers.upgrades.watch.AT_ONCE", 1)
    order(city)
    city.worker.look(city.desk.store, city.at, 1.0, city.told.append)
    city.worker.look(city.desk.store, city.at, 3.0, city.told.append)
    assert len(city.named()) == 1
    city.worker.look_at_s = 0.0
    before = city.policy_version(city.named()[0])
    city.look()
    assert len(city.named()) == 2
    assert city.policy_version(city.named()[0]) == before == 1


def test_what_cannot_be_ordered_is_refused_and_nothing_is_stored(city: UpgradeCity) -> None:
    store = city.desk.store
    for version in ("", "latest", "0.2.0-1~deb13", "0.2.0\n", "1", "../1.2"):
        with pytest.raises(UsageError, match="is no release"):
            order(city, version)
    with pytest.raises(UsageError, match="no site is in this group"):
        order_upgrade(store, NEW, "division", "110000", DAY, "Li", "x", NOW)
    with pytest.raises(UsageError, match="no site is in this group"):
        order_upgrade(store, NEW, "operator", "nobody", DAY, "Li", "x", NOW)
    with pytest.raises(UsageError, match="1 to 100 characters"):
        order_upgrade(store, NEW, "all", "", DAY, " ", "x", NOW)
    with pytest.raises(UsageError, match="soaks for an hour to 30 days"):
        order_upgrade(store, NEW, "all", "", timedelta(minutes=5), "Li", "x", NOW)
    assert upgrades.newest(store) is None
    with pytest.raises(UsageError, match="no upgrade runs"):
        stop_upgrade(store, "Li", "x", NOW)
    with pytest.raises(UsageError, match="no upgrade has stopped"):
        resume_upgrade(store, trust.load(city.desk.directory), "Li", "x", NOW)
    order(city)
    with pytest.raises(UsageError, match="still runs"):
        order(city, "0.3.0")
    city.go(0)
    stop_upgrade(store, "Li", "x", city.at)
    with pytest.raises(UsageError, match="still being taken back"):
        order(city, "0.3.0")
    city.look()
    order(city, "0.3.0")
    assert upgrades.newest(store).version == "0.3.0"  # type: ignore[union-attr]


def test_a_policy_that_is_set_by_hand_meanwhile_carries_the_version_and_keeps_it(city: UpgradeCity) -> None:
    order(city)
    city.go(0)
    first, _ = city.named()
    orders.set_desired(city.desk.store, city.desk.signer, first, {"period_s": 600}, city.at)
    assert city.policy(first) == {"period_s": 600, "agent_version": NEW}
    city.answer(first, "not-allowed")
    city.go(1)
    assert city.policy(first) == {"period_s": 600}


@pytest.mark.parametrize("told", ["", "latest", "0.2.0~git1", 7, None, "0.1.9"])
def test_what_a_report_says_instead_of_the_version_is_never_taken_for_it(city: UpgradeCity, told: object) -> None:
    order(city)
    city.go(0)
    for name in city.named():
        city.sites[name].version = told  # type: ignore[assignment]
    city.go(26)
    assert (city.upgrade().wave, city.upgrade().why) == (1, "not-there")


def test_the_running_hub_names_it_over_the_broker_as_a_site_takes_it(
    desk: Desk, tmp_path: Path, broker: Broker
) -> None:
    city = UpgradeCity(desk, tmp_path, 1, clock())
    order(city)
    desk.store.close()
    with (
        Peer(broker.port) as peer,
        RunningHub(desk.directory, Hub("127.0.0.1", broker.port, tls=False)) as hub,
    ):
        hub.tell.wait(lambda _: bool(hub.tell.of("upgrade")))
        peer.seen.wait(lambda _: bool(peer.of("S000/config/desired")))
        sent = peer.of("S000/config/desired")[0]
    keys = {desk.signer.kid: desk.signer.public}
    named = Order("desired", "", bytes(sent["payload"]), sent["labels"]["jws"])  # type: ignore[arg-type,call-overload,index]
    local = replace(city.sites["S000"].maker.site, upgrade=Upgrade(allow=True))
    taken = accept_document(named, None, local, keys, clock())
    assert taken.desired.policy == {"agent_version": NEW}
    with pytest.raises(PolicyRefused) as refused:
        accept_document(named, None, city.sites["S000"].maker.site, keys, clock())
    assert refused.value.refused.reason == "not-allowed"
