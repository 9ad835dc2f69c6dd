"""An upgrade of agents: one at a time, in waves, and each site at one step of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from portside import BEGIN, DAY, HOUR, Sender, config, finding, health

from agent.contract.orders import Reported
from agent.hub.domain.rows.upgrades import Upgrade, UpgradeSite
from agent.hub.ports.store import Store
from agent.verify.members import time_of

SOAK = timedelta(hours=24)
NAMES = ("S1", "S2", "S3", "S4")
STEPS = ("outside", "to-name", "named", "runs", "refused", "to-take-back")


@pytest.fixture
def number(store: Store) -> int:
    """An upgrade of four sites whose first wave names two of them."""
    for name in NAMES:
        Sender(name).meet(store)
    with store.transaction():
        begun = store.upgrades.begin("0.9.1", "division", "140200", SOAK)
        before = {name: (name == "S3", index) for index, name in enumerate(NAMES)}
        store.upgrades.begin_wave(begun, 1, ["S2", "S1"], before, BEGIN)
    return begun


def steps(store: Store, number: int) -> dict[str, str]:
    """Return the step of each site; by step they are found page by page as well."""
    found = {one.site: one.step for one in store.upgrades.sites(number)}
    for step in STEPS:
        at_step = [site for site, its in found.items() if its == step]
        paged: list[str] = []
        while page := store.upgrades.at_step(number, step, 1, paged[-1] if paged else ""):  # type: ignore[arg-type]
            paged += page
            assert len(paged) <= len(found), "a page comes again"
        assert store.upgrades.step_counts(number).get(step, 0) == len(at_step)  # type: ignore[call-overload]
        assert paged == at_step == store.upgrades.at_step(number, step, 9)  # type: ignore[arg-type]
    return found


def newest(store: Store) -> Upgrade:
    found = store.upgrades.newest()
    assert found is not None
    return found


def test_a_hub_that_never_ordered_one_has_none(store: Store) -> None:
    assert store.upgrades.newest() is None


def test_the_newest_counts_and_one_that_was_stopped_is_replaced(store: Store) -> None:
    with store.transaction():
        first = store.upgrades.begin("0.9.0", "all", "", SOAK)
        store.upgrades.keep_state(first, "stopped")
        store.upgrades.keep_verdict(first, "fails", (2, 5, 1, 90))
    one = newest(store)
    assert (one.id, one.version, one.scope, one.name, one.soak, one.state) == (
        first,
        "0.9.0",
        "all",
        "",
        SOAK,
        "stopped",
    )
    assert (one.wave, one.wave_at, one.why) == (0, "", "fails")
    assert (one.number, one.among, one.others_number, one.others) == (2, 5, 1, 90)
    with store.transaction():
        second = store.upgrades.begin("0.9.1", "operator", "School 4", HOUR)
    assert second > first
    assert (newest(store).id, newest(store).state, newest(store).name) == (second, "running", "School 4")


def test_what_fails_in_a_transaction_leaves_nothing_of_an_upgrade(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt), store.transaction():
        store.upgrades.begin("0.9.0", "all", "", SOAK)
        raise KeyboardInterrupt
    assert store.upgrades.newest() is None


def test_what_was_done_is_kept_with_author_and_reason_oldest_first(store: Store, number: int) -> None:
    with store.transaction():
        store.upgrades.keep_word(number, "stop", "Li", "a strike", BEGIN + HOUR)
        store.upgrades.keep_word(number, "stop", "", "fails", BEGIN)
        store.upgrades.keep_word(number + 1, "stop", "Wang", "of another", BEGIN)
    assert [(time_of(at), *word) for at, *word in store.upgrades.words(number)] == [
        (BEGIN + HOUR, "stop", "Li", "a strike"), (BEGIN, "stop", "", "fails"),
    ]  # fmt: skip


def test_a_wave_names_its_sites_and_keeps_what_each_one_was_as_it_began(store: Store, number: int) -> None:
    assert steps(store, number) == {"S1": "to-name", "S2": "to-name", "S3": "outside", "S4": "outside"}
    assert store.upgrades.sites(number)[2] == UpgradeSite(
        site="S3", wave=0, step="outside", policy=0, named_at="", runs_at="", refused="", tried=False, excused=False,
        silent=True, bad=2,
    )  # fmt: skip
    assert [one.wave for one in store.upgrades.sites(number)] == [1, 1, 0, 0]
    assert (newest(store).wave, time_of(newest(store).wave_at)) == (1, BEGIN)
    with store.transaction():
        store.upgrades.mark_runs(number, "S1", BEGIN + HOUR)
        store.upgrades.begin_wave(number, 2, ["S3"], {"S1": (True, 7), "S3": (False, 0)}, BEGIN + DAY)
    assert steps(store, number) == {"S1": "runs", "S2": "to-name", "S3": "to-name", "S4": "outside"}
    assert [(one.wave, one.silent, one.bad) for one in store.upgrades.sites(number)] == [
        (1, True, 7), (1, False, 1), (2, False, 0), (0, False, 3),
    ]  # fmt: skip
    assert store.upgrades.sites(number + 1) == []


def test_a_site_goes_its_way_step_by_step(store: Store, number: int) -> None:
    with store.transaction():
        store.upgrades.mark_named(number, "S1", 7, BEGIN + HOUR)
        store.upgrades.mark_tried(number, "S1", True)
    (first, *_) = store.upgrades.sites(number)
    assert (first.step, first.policy, time_of(first.named_at), first.tried) == ("named", 7, BEGIN + HOUR, True)
    with store.transaction():
        store.upgrades.mark_runs(number, "S1", BEGIN + 2 * HOUR)
        store.upgrades.mark_refused(number, "S2", "not-allowed")
    first, second, *_ = store.upgrades.sites(number)
    assert (first.step, time_of(first.runs_at), first.tried) == ("runs", BEGIN + 2 * HOUR, False)
    assert (second.step, second.refused) == ("refused", "not-allowed")


def test_what_is_withdrawn_is_taken_back_where_it_was_named_and_not_where_it_runs(store: Store, number: int) -> None:
    with store.transaction():
        store.upgrades.begin_wave(number, 2, ["S3", "S4"], {}, BEGIN)
        store.upgrades.mark_named(number, "S1", 1, BEGIN)
        store.upgrades.mark_runs(number, "S2", BEGIN)
        store.upgrades.mark_refused(number, "S4", "no")
        store.upgrades.withdraw(number)
    assert steps(store, number) == {"S1": "to-take-back", "S2": "runs", "S3": "outside", "S4": "refused"}
    with store.transaction():
        store.upgrades.mark_taken_back(number, "S1")
    assert steps(store, number)["S1"] == "outside"


@pytest.mark.parametrize("excuse", [False, True])
def test_who_lacks_it_is_named_again_where_a_wave_goes_on(store: Store, number: int, excuse: bool) -> None:
    with store.transaction():
        store.upgrades.mark_named(number, "S1", 1, BEGIN)
        store.upgrades.mark_tried(number, "S1", True)
        store.upgrades.mark_runs(number, "S2", BEGIN)
        store.upgrades.withdraw(number)
        store.upgrades.begin_again(number, {"S1": (False, 9)}, excuse, BEGIN + DAY)
    assert steps(store, number) == {"S1": "to-name", "S2": "runs", "S3": "outside", "S4": "outside"}, "no wave had S3"
    first, second, *_ = store.upgrades.sites(number)
    assert (first.tried, first.excused, first.bad, second.excused) == (False, excuse, 9, False)
    assert (newest(store).wave, time_of(newest(store).wave_at)) == (1, BEGIN + DAY)
    with store.transaction():
        store.upgrades.begin_again(number, {}, False, BEGIN + 2 * DAY)
    assert store.upgrades.sites(number)[0].excused is excuse, "who was excused once stays so"


def test_a_group_is_of_all_of_a_division_or_of_an_operator_without_sites_that_no_order_reaches(store: Store) -> None:
    for name, division in (("S1", "140202"), ("S2", "140300"), ("S3", "140213"), ("S4", "140202")):
        Sender(name).meet(store).send(store, "config", 1, config(division=division), BEGIN)
    with store.transaction():
        store.keep_birth("S4", "k", "file")
    for name in ("S2", "S4"):
        store.words.keep_operator(name, "School 4", "Li", BEGIN)
    assert store.upgrades.members("all", "") == ["S1", "S2", "S3"]
    assert store.upgrades.members("division", "140200") == ["S1", "S3"]
    assert store.upgrades.members("division", "150000") == []
    assert store.upgrades.members("operator", "School 4") == ["S2"]
    assert store.upgrades.members("operator", "") == []


def test_bad_is_what_has_failed_or_could_not_be_judged_for_long_or_since_the_future(store: Store) -> None:
    site = Sender().meet(store)
    old = finding("camera-online", "camera:c0", "fail"), finding("privacy-mask-present", "camera:c1", "unknown")
    site.send(store, "config", 1, config(*old, finding("clock-offset", "camera:c0", "warn")), BEGIN)
    site.send(store, "config", 2, config(*old, finding("clock-offset", "camera:c0", "fail")), BEGIN + 2 * HOUR)
    Sender("S2").meet(store).send(store, "config", 1, config(), BEGIN)
    assert store.upgrades.bad_counts(BEGIN, BEGIN + 3 * HOUR) == {"S1": 2}
    assert store.upgrades.bad_counts(BEGIN + 2 * HOUR, BEGIN + 3 * HOUR) == {"S1": 3}
    assert store.upgrades.bad_counts(BEGIN - DAY, BEGIN + HOUR) == {"S1": 1}, "what is said of the future counts"
    assert store.upgrades.bad_counts(BEGIN - DAY, BEGIN + 3 * HOUR) == {}


def test_the_newest_health_report_is_that_of_the_present_epoch(store: Store) -> None:
    assert store.upgrades.newest_health("S1") is None
    site = Sender().meet(store)
    for seq in (1, 2):
        site.send(store, "health", seq, health(BEGIN), BEGIN)
    assert store.upgrades.newest_health("S1") == ("e1", 2)
    later = Sender(epoch="e2").meet(store, BEGIN + DAY)
    assert store.upgrades.newest_health("S1") is None
    later.send(store, "health", 1, health(BEGIN), BEGIN + DAY)
    assert store.upgrades.newest_health("S1") == ("e2", 1)


def test_refusals_are_of_sites_to_which_it_was_named_and_that_do_not_run_it(store: Store, number: int) -> None:
    refused = '{"version": 7}'
    with store.transaction():
        for site in ("S1", "S2"):
            store.upgrades.mark_named(number, site, 7, BEGIN)
        for site in ("S1", "S3"):
            report = Reported(site, "datong", "e1", 6, {}, "c")
            store.policies.keep_reported(report, refused, b"p", "h..s", BEGIN)
    assert store.upgrades.refusals(number) == [("S1", 7, refused, False)]
    with store.transaction():
        store.upgrades.mark_tried(number, "S2", True)
    assert store.upgrades.refusals(number) == [("S1", 7, refused, False), ("S2", 7, "", True)]
    with store.transaction():
        store.upgrades.mark_runs(number, "S1", BEGIN)
    assert store.upgrades.refusals(number) == [("S2", 7, "", True)]
