"""What a device listed by name: a list that is cut is not the whole one, and one that stays short is."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sites import NOW, camera, healthy, observed, site

from agent.judge.checks.devices.whole_list import whole_list
from agent.judge.claim import Held, Open
from agent.observe.facts.facts import gather
from agent.observe.inventory.listings import (
    DISK_GONE,
    TIMES_TO_COUNT,
    KnownList,
    Listings,
    from_data,
    names_of,
    to_data,
    update_listings,
)
from agent.observe.remembered.value import Remembered
from drivers.details import Account, Accounts
from drivers.footage import Disk, Disks
from drivers.model import Observation, Provenance, Value

SITE = site(camera())
DEVICE = f"device:{SITE.devices[0].id}"
STEP = timedelta(minutes=15)


def accounts(*names: str) -> Accounts:
    return Accounts(tuple(Account(name, "Administrator") for name in names))


def disks(*names: str) -> Disks:
    return Disks(tuple(Disk(name, "HDD", "ok") for name in names))


def after(*looks: Value, box: str = "one") -> Listings:
    known: Listings = {}
    for number, value in enumerate(looks):
        told = Observation(DEVICE, value, NOW, "test", Provenance(box=box))
        known = update_listings(SITE, (told,), known, NOW + number * STEP)
    return known


def judged(known: Listings, value: Value) -> Held | Open:
    facts = gather(observed(DEVICE, value), remembered=Remembered(listings=known))
    found = whole_list(facts, DEVICE, type(value))
    assert isinstance(found, Held | Open)
    return found


def test_a_list_that_lacks_a_name_is_not_taken_for_the_whole_one() -> None:
    short = accounts("admin")
    found = judged(after(accounts("admin", "guard"), short), short)
    assert isinstance(found, Open)
    assert (found.reason, found.doubted, found.message.plain_values()["count"]) == ("listing-incomplete", True, 1)


def test_a_list_that_stays_short_for_three_looks_is_what_there_is() -> None:
    short = accounts("admin")
    looks = [after(accounts("admin", "guard"), *[short] * count) for count in range(1, TIMES_TO_COUNT + 1)]
    assert [type(judged(known, short)).__name__ for known in looks] == ["Open", "Open", "Held"]


def test_a_list_that_is_whole_again_begins_to_count_anew() -> None:
    whole, short = accounts("admin", "guard"), accounts("admin")
    assert isinstance(judged(after(whole, short, short, whole, short), short), Open)
    assert isinstance(judged(after(whole, short, whole), whole), Held)


def test_a_longer_list_is_whole() -> None:
    longer = accounts("admin", "guard", "eve")
    assert isinstance(judged(after(accounts("admin"), longer), longer), Held)


def test_a_disk_that_is_gone_is_told_for_a_day_however_many_looks() -> None:
    looks = [disks("1", "2"), *[disks("1")] * (int(DISK_GONE / STEP))]
    found = judged(after(*looks), disks("1"))
    assert isinstance(found, Open)
    assert (found.reason, found.doubted) == ("disk-gone", False)
    assert isinstance(judged(after(*looks, disks("1"), disks("1")), disks("1")), Held)


def test_the_list_of_another_box_begins_anew() -> None:
    before = after(accounts("admin", "guard"))
    other = Observation(DEVICE, accounts("root"), NOW, "test", Provenance(box="another"))
    assert isinstance(judged(update_listings(SITE, (other,), before, NOW), accounts("root")), Held)


def test_what_was_not_read_stays_and_what_is_not_configured_goes() -> None:
    known = after(accounts("admin", "guard"))
    assert update_listings(SITE, healthy(), {**known, "device:gone": known[DEVICE]}, NOW)[DEVICE] == known[DEVICE]
    assert "device:gone" not in update_listings(SITE, (), {"device:gone": known[DEVICE]}, NOW)


def test_no_name_of_a_person_is_remembered() -> None:
    known = after(accounts("li.na"), accounts("wang"))
    assert "li.na" not in json.dumps(to_data(known)) and "wang" not in json.dumps(to_data(known))


def test_it_survives_a_restart() -> None:
    known = after(accounts("admin", "guard"), accounts("admin"))
    assert from_data(json.loads(json.dumps(to_data(known)))) == known


@pytest.mark.parametrize("data", [[], {"device:a": []}, {"device:a": {"Accounts": ["b"]}}, {"a": {"b": [1, 2, 3, 4]}}])
def test_damaged_memory_is_refused(data: object) -> None:
    with pytest.raises((ValueError, TypeError, AttributeError)):
        from_data(data)  # type: ignore[arg-type]


def test_a_clock_that_was_set_back_does_not_end_the_wait() -> None:
    names, gone = names_of(disks("1", "2")), names_of(disks("2"))
    assert names is not None and gone is not None
    known: Listings = {DEVICE: {"Disks": KnownList("one", names, gone, NOW + timedelta(days=9), 50)}}
    told = Observation(DEVICE, disks("1"), NOW, "test", Provenance(box="one"))
    assert update_listings(SITE, (told,), known, NOW)[DEVICE]["Disks"].since == NOW
