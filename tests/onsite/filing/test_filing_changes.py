"""What changed between the equipment that was filed and the one that is there, and what of it must be filed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from dossiers import DEVICE, STREAMS, dossier, filing_site, looked, word
from sites import ZONE, camera

from agent.model.errors import NotVerified
from agent.onsite.filing.changes import EquipmentChange, changes
from agent.onsite.filing.contents import Inventory, dossier_of, filed_facts
from agent.onsite.filing.wire import content_bytes, read_content
from drivers.footage import Channel, Channels
from drivers.model import Identity, Unavailable

FILED = dossier().inventory


def now(**changed: object) -> Inventory:
    """Return the filed inventory with other values in its one device."""
    return replace(FILED, devices=(replace(FILED.devices[0], **changed),))  # type: ignore[arg-type]


def with_camera(**changed: object) -> Inventory:
    return replace(FILED, cameras=(replace(FILED.cameras[0], **changed),))  # type: ignore[arg-type]


def keys(found: tuple[EquipmentChange, ...]) -> list[tuple[str, str, str, bool]]:
    return [(one.kind, one.subject, one.key, one.due) for one in found]


def test_the_same_site_has_not_changed() -> None:
    assert changes(FILED, dossier().inventory) == ()


def test_it_is_the_same_after_it_was_written_and_read() -> None:
    one = dossier()
    site, day, inventory = read_content(content_bytes(one))
    assert (site, day, inventory) == ("dt0001", one.day, one.inventory)


@pytest.mark.parametrize("key", ["maker", "model", "serial", "kind"])
def test_another_box_must_be_filed(key: str) -> None:
    assert keys(changes(FILED, now(**{key: "other"}))) == [("changed", "device:box", key, True)]


@pytest.mark.parametrize("key", ["firmware", "hardware", "host"])
def test_what_article_14_does_not_name_is_told_and_not_due(key: str) -> None:
    assert keys(changes(FILED, now(**{key: "other"}))) == [("changed", "device:box", key, False)]


@pytest.mark.parametrize(
    ("key", "value", "due"),
    [("name", "Yard", True), ("placement", "roof", True), ("storage_days", 0, True), ("device", "box2", True),
     ("zone", "toilet", True), ("code", "1" * 20, False)],
)  # fmt: skip
def test_where_a_camera_is_and_how_long_it_is_kept_must_be_filed(key: str, value: object, due: bool) -> None:
    assert keys(changes(FILED, with_camera(**{key: value}))) == [("changed", "camera:gate", key, due)]


def test_unit_period_and_counts_are_the_sites() -> None:
    yard = replace(FILED.cameras[0], id="yard")
    later = replace(FILED, unit="School 2", storage_days=90, cameras=(*FILED.cameras, yard))
    assert keys(changes(FILED, later)) == [
        ("changed", "site", "unit", True),
        ("changed", "site", "storage_days", True),
        ("changed", "site", "cameras", True),
        ("added", "camera:yard", "", True),
    ]
    assert [one.kind for one in changes(later, FILED) if one.subject == "camera:yard"] == ["removed"]


def test_a_box_that_is_silent_now_is_not_another_one() -> None:
    silent = looked(filing_site(), Unavailable("identity", "deadline"))
    silent = replace(silent, seen=replace(silent.seen, facts=without_identity(silent)))
    found = changes(FILED, dossier_of(silent).inventory)
    assert keys(found) == [("unread", "device:box", "", False)]
    assert found[0].after == "deadline"


def without_identity(one: Any) -> Any:
    facts = one.seen.facts
    kept = tuple(o for o in facts.by_subject["device:box"] if not isinstance(o.value, Identity))
    return replace(facts, by_subject={**facts.by_subject, "device:box": kept})


def test_a_camera_swapped_behind_a_recorder_is_told_as_that_camera() -> None:
    a_site = filing_site(cameras=(camera(), camera("yard", zones=(ZONE,))))

    def seen(serial: str) -> Inventory:
        channels = Channels(
            (Channel(1, "gate", "online", model="C1", serial=serial), Channel(2, "yard", "online", model="C1"))
        )
        one = a_site
        one = replace(
            one, cameras=(one.cameras[0], replace(one.cameras[1], camera=replace(one.cameras[1].camera, channel=2)))
        )
        return dossier_of(looked(one, *DEVICE, channels)).inventory

    assert seen("A").devices[0].kind == "recorder"
    assert keys(changes(seen("A"), seen("B"))) == [("changed", "camera:gate", "serial", True)]


def test_a_stream_that_is_set_otherwise_is_told_and_a_measurement_never_is() -> None:
    slower = replace(STREAMS.streams[0], frame_rate=12.5)
    other = dossier_of(looked(filing_site(), camera_values=(replace(STREAMS, streams=(slower,)),))).inventory
    assert other.cameras[0].streams[0].measured_s == 0
    found = changes(FILED, other)
    assert keys(found) == [("changed", "camera:gate", "main.frame_rate", False)]
    assert (found[0].before, found[0].after) == (25.0, 12.5)


def test_what_is_kept_of_a_filing_is_what_the_checks_hold_the_site_against() -> None:
    kept = filed_facts("dt0001", dossier().day, FILED)
    assert (kept.cameras, kept.storage_days) == (("gate",), 30)
    assert [(one.id, one.model, one.serial) for one in kept.devices] == [("box", "N8", "SN-0042")]


def test_what_is_declared_of_place_and_use_is_in_it() -> None:
    one = dossier(
        filing_site(word("legal-unit", "School"), word("position", "113.29510, 40.08273"), word("height-m", 3.5))
    )
    row = one.inventory.cameras[0]
    assert (one.inventory.unit, row.position, row.height_m, row.zone) == (
        "School",
        "113.29510, 40.08273",
        "3.5",
        "hall",
    )


@pytest.mark.parametrize(
    "edit",
    [
        lambda said: said.update(schema="camwarden-filing/2"),
        lambda said: said.pop("inventory"),
        lambda said: said["inventory"].update(devices=[{"id": 1}]),
        lambda said: said["inventory"].update(cameras=None),
        lambda said: said["inventory"].update(storage_days="many"),
        lambda said: said.update(day="today"),
        lambda said: said.update(site=[]),
    ],
)
def test_content_of_another_shape_is_refused(edit: Any) -> None:
    said = json.loads(content_bytes(dossier()))
    edit(said)
    with pytest.raises(NotVerified):
        read_content(json.dumps(said).encode())
    with pytest.raises(NotVerified):
        read_content(b"[" * 100_000)
