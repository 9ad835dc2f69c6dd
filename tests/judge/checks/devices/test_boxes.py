"""Boxes that are missing, doubled, exchanged, moved or replaced are told apart, each as one finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from sites import DAY, NOW, camera, gateway, healthy, healthy_camera, healthy_device, observed, site, without

from agent.judge.checks.table import run_checks
from agent.model.finding import Finding, Status, is_waiting
from agent.observe.facts.facts import NetworkFacts, gather
from agent.observe.facts.sightings import BoxMark, KnownBox, Sighting, digest, mark_behind, mark_of
from agent.observe.inventory.device_identity import attribute_misplaced, misplaced_boxes
from agent.site.config.site import Discovery, Site
from drivers.details import Interface, Interfaces
from drivers.footage import Channel, Channels
from drivers.model import Identity, Observation, Overlays, Unavailable
from drivers.picture import ZoneVerdict

MAC = "44:19:b6:00:00:0"
SILENT = ""
"""In the place of a serial number: the device does not answer."""


def boxes(**seen: str) -> tuple[Observation, ...]:
    """Return devices by their ids, each with the serial number (and MAC) of the box that answers there."""
    told: list[Observation] = []
    for id_, serial in seen.items():
        subject = f"device:{id_}"
        if serial == SILENT:
            told += observed(subject, *(Unavailable(fact, "unreachable") for fact in ("identity", "services")))  # type: ignore[arg-type]
            told += observed(f"camera:{id_}", Unavailable("streams", "unreachable"))
            continue
        mac = Interfaces((Interface("eth0", f"{MAC}{serial[-1]}", ()),))
        told += observed(subject, Identity("ACME", "N8", "1.0", serial.rstrip("?")), *(() if "?" in serial else (mac,)))
    return tuple(told)


def remembered(**known: str) -> dict[str, KnownBox]:
    return {
        id_: KnownBox(BoxMark("ACME N8", digest(serial), (digest(f"{MAC}{serial[-1]}"),)), seen_at=NOW - 2 * DAY)
        for id_, serial in known.items()
    }


KNOWN = remembered(a="s1", b="s2", c="s3")


def a_site(*names: str) -> Site:
    built = site(*(camera(name, name) for name in names), discovery=Discovery(interfaces=("192.0.2.9",)))
    hosts = {name: f"192.0.2.{number}" for number, name in enumerate(names, 1)}
    return replace(built, devices=tuple(replace(one, host=hosts[one.id]) for one in built.devices))


def told(around: NetworkFacts, *seen: Observation, names: tuple[str, ...] = ("a", "b", "c")) -> dict[str, Finding]:
    return {f.key: f for f in run_checks(a_site(*names), gather(gateway() + seen, around), NOW)}


def drift(findings: Mapping[str, Finding]) -> dict[str, tuple[str, str]]:
    """Return reason and cause of each device's finding that is not well."""
    prefix = "inventory-drift device:"
    return {
        key.removeprefix(prefix): (one.reason, one.caused_by.removeprefix(prefix))
        for key, one in findings.items()
        if key.startswith(prefix) and one.status not in ("pass", "not_applicable") and not is_waiting(one)
    }


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"a": "s1", "b": "s2", "c": "s3"}, {}),
        ({"a": "s1", "b": "s1", "c": "s3"}, {"a": ("duplicate", ""), "b": ("duplicate", "a")}),
        ({"a": "s1", "b": "s1?", "c": "s3"}, {"a": ("duplicate", ""), "b": ("duplicate", "a")}),
        ({"a": "s2", "b": "s1", "c": "s3"}, {"a": ("swapped", ""), "b": ("swapped", "a")}),
        ({"a": "s2", "b": "s3", "c": "s1"}, {"a": ("swapped", ""), "b": ("swapped", "a"), "c": ("swapped", "a")}),
        ({"a": "s1", "b": "s9", "c": "s3"}, {"b": ("replaced", "")}),
        ({"a": "s8", "b": "s9", "c": "s3"}, {"a": ("replaced", ""), "b": ("replaced", "")}),
        ({"a": SILENT, "b": "s1", "c": "s3"}, {"a": ("moved", ""), "b": ("moved", "a")}),
        ({"a": "s2", "b": "s9", "c": "s3"}, {"a": ("moved", ""), "b": ("moved", "a")}),
        ({"a": "s1", "b": SILENT, "c": "s3"}, {"b": ("missing", "camera-online camera:b")}),
    ],
)  # fmt: skip
def test_what_happened_to_boxes_is_named_and_told_once(
    seen: dict[str, str], expected: dict[str, tuple[str, str]]
) -> None:
    assert drift(told(NetworkFacts(remembered=KNOWN), *boxes(**seen))) == expected


def test_a_serial_number_that_makers_give_twice_makes_no_duplicate() -> None:
    """Two boxes of one serial number, each with its own MAC address; the third names neither."""
    twin = observed("device:b", Identity("ACME", "N8", "1.0", "s1"), Interfaces((Interface("eth0", f"{MAC}2", ()),)))
    bare = observed("device:c", Identity("ACME", "N8", "1.0", ""))
    facts = gather(boxes(a="s1") + twin + bare, NetworkFacts())
    assert misplaced_boxes(a_site("a", "b", "c"), facts) == {}


def test_a_box_that_was_never_seen_before_is_neither_swapped_nor_replaced() -> None:
    assert drift(told(NetworkFacts(remembered=remembered(a="s1")), *boxes(a="s1", b="s7", c="s8"))) == {}


def test_a_silent_box_is_missing_after_a_day_and_only_silent_before() -> None:
    for ago, reason in ((timedelta(hours=23), "unreachable"), (DAY, "missing")):
        known = {"a": replace(KNOWN["a"], seen_at=NOW - ago)}
        finding = told(NetworkFacts(remembered=known), *boxes(a=SILENT), names=("a",))["inventory-drift device:a"]
        assert (finding.reason, finding.caused_by) == (reason, "camera-online camera:a")
    assert finding.evidence["last_seen_at"] == "2026-11-23T12:00:00Z"
    assert "not been seen since 2026-11-23T12:00:00Z" in str(finding.message)
    old = {"a": replace(KNOWN["a"], seen_at=None)}
    assert drift(told(NetworkFacts(remembered=old), *boxes(a=SILENT), names=("a",)))["a"][0] == "unreachable"


@pytest.mark.parametrize("times", [1, 3])
def test_a_box_that_announces_itself_at_another_address_has_moved_and_is_no_stranger(times: int) -> None:
    one = Sighting("192.0.2.77:80", "", digest(f"{MAC}1"), NOW, tuple(NOW for _ in range(times)))
    around = NetworkFacts(remembered=KNOWN, **{"strangers" if times == 3 else "newcomers": (one,)})
    findings = told(around, *boxes(a=SILENT, b="s2", c="s3"))
    moved = findings["inventory-drift device:a"]
    assert (moved.reason, moved.status, moved.evidence["address"]) == ("moved", "fail", "192.0.2.77:80")
    assert "192.0.2.77:80" in str(moved.message)
    assert findings["undeclared-camera site"].caused_by == "inventory-drift device:a"
    assert findings["camera-online camera:a"].caused_by == "inventory-drift device:a"
    both = replace(around, strangers=(one, replace(one, address="192.0.2.78:80", mac="")))
    assert told(both, *boxes(a=SILENT))["undeclared-camera site"].caused_by == "", "a real stranger is told"


BARE = (ZoneVerdict("main", "window", "FAIL", "visible"), ZoneVerdict("snapshot", "window", "FAIL", "visible"))


def with_bare_mask(name: str) -> tuple[Observation, ...]:
    return without(healthy_camera(name), ZoneVerdict) + observed(f"camera:{name}", *BARE)


def test_what_a_wrong_box_explains_hangs_on_it_and_makes_it_as_bad() -> None:
    """Two cameras have exchanged their addresses, and the mask of one is not where the other's zone is."""
    seen = boxes(a="s2", b="s1", c="s3") + with_bare_mask("a") + healthy_camera("b") + with_bare_mask("c")
    findings = told(NetworkFacts(remembered=KNOWN), *seen)
    mask = findings["privacy-mask-effective camera:a"]
    root = findings["inventory-drift device:a"]
    assert (mask.status, mask.caused_by) == ("fail", root.key)
    assert (root.reason, root.status, root.severity) == ("swapped", "fail", "critical")
    assert str(root.message).startswith("the boxes of a, b have exchanged their addresses: ")
    rows = root.evidence["boxes"]
    assert [row["subject"] for row in rows] == ["device:a", "device:b"]  # type: ignore[index, union-attr]
    assert rows[0]["seen"] == rows[1]["remembered"]  # type: ignore[index]
    assert findings["privacy-mask-effective camera:c"].caused_by == "", "its own box is in its place"


def test_what_a_wrong_box_does_not_explain_is_told_by_itself() -> None:
    """Sound is switched on in the box that answers: no place of a box excuses that."""
    seen = boxes(a="s9") + without(healthy_camera("a"), Overlays) + observed("camera:a", Unavailable("audio", "fault"))
    findings = told(NetworkFacts(remembered=KNOWN), *seen, names=("a",))
    root = findings["inventory-drift device:a"]
    assert (root.reason, root.status, root.severity) == ("replaced", "warn", "major"), "nothing fails for it"
    assert not [f.key for f in findings.values() if f.caused_by == root.key and f.check == "audio-undeclared"]


def test_one_box_behind_two_ids_shows_one_name_twice_and_that_is_the_same_finding() -> None:
    same = [observed(f"camera:{name}", Overlays(("School gate", "<DateAndTime>"))) for name in ("a", "b")]
    seen = boxes(a="s1", b="s1") + tuple(one for row in same for one in row)
    findings = told(NetworkFacts(), *seen, names=("a", "b"))
    assert findings["osd-label-unique site"].caused_by == "inventory-drift device:a"
    others = told(NetworkFacts(), *(boxes(a="s1", b="s2") + same[0] + same[1]), names=("a", "b"))
    assert others["osd-label-unique site"].caused_by == ""


def test_a_box_in_its_place_explains_nothing() -> None:
    findings = told(NetworkFacts(remembered=remembered(box="42")), *healthy(), names=("gate",))
    assert not [f for f in findings.values() if f.caused_by.startswith("inventory-drift")]


def test_a_channel_is_known_by_serial_number_or_mac_in_any_spelling() -> None:
    rows = (Channel(1, "", "online", mac="44-19-B6-00-00-01"), Channel(2, "", "online", mac="4419b6000001"))
    one, other = (mark_behind(Channels(rows), number) for number in (1, 2))
    assert one == other is not None
    assert one == BoxMark("", "", (digest("44:19:b6:00:00:01"),))
    for empty in (Channel(1, "", "online"), Channel(1, "", "online", mac="00:00:00:00:00:00", model="X")):
        assert mark_behind(Channels((empty,)), 1) is None
    assert mark_behind(Channels(rows), 3) is None


def recorder(**serials: str) -> tuple[Observation, ...]:
    """Return a recorder that tells of its channels, each by camera id and the serial number of what is on it."""
    rows = []
    for number, (_, serial) in enumerate(serials.items(), 1):
        state = "offline" if serial == SILENT else "online"
        mac = f"44-19-B6-00-00-0{serial[-1]}" if serial.isdigit() else ""
        rows.append(Channel(number, f"ch{number}", state, serial=serial, mac=mac, model=f"CAM-{serial}"))  # type: ignore[arg-type]
    return healthy_device() + observed("device:box", Channels(tuple(rows)))


def behind(*observations: Observation, known: dict[str, KnownBox] | None = None) -> dict[str, Finding]:
    cameras = [replace(camera(name), camera=replace(camera(name).camera, channel=n))
               for n, name in enumerate(("a", "b", "c"), 1)]  # fmt: skip
    own = {f"camera:{name}": one for name, one in (known or {}).items()}
    around = NetworkFacts(remembered={**own, "box": KnownBox(mark_of(Identity("ACME", "N8", "1.0", "42")))})
    pictures = tuple(one for name in ("a", "b", "c") for one in healthy_camera(name))
    return {f.key: f for f in run_checks(site(*cameras), gather(observations + pictures, around), NOW)}


ON_CHANNELS = {name: KnownBox(BoxMark(f"CAM-{serial}", digest(serial))) for name, serial in
               {"a": "s1", "b": "s2", "c": "s3"}.items()}  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"a": "s1", "b": "s2", "c": "s3"}, {}),
        ({"a": "s2", "b": "s1", "c": "s3"}, {"a": ("swapped", ""), "b": ("swapped", "a")}),
        ({"a": "s1", "b": "s9", "c": "s3"}, {"b": ("replaced", "")}),
        ({"a": "s9", "b": "s9", "c": "s3"}, {"a": ("replaced", ""), "b": ("replaced", "a")}),
        ({"a": "s2", "b": SILENT, "c": "s3"}, {"a": ("moved", ""), "b": ("moved", "a")}),
        ({"a": "s1", "b": SILENT, "c": "s3"}, {}),
    ],
)
def test_cameras_behind_a_recorder_are_held_against_what_it_said_before(
    seen: dict[str, str], expected: dict[str, tuple[str, str]]
) -> None:
    found = behind(*recorder(**seen), known=ON_CHANNELS)
    prefix = "inventory-drift camera:"
    wrong = {
        key.removeprefix(prefix): (one.reason, one.caused_by.removeprefix(prefix))
        for key, one in found.items()
        if key.startswith(prefix) and one.status == "warn"
    }
    assert wrong == expected
    others = {(one.status, one.reason) for key, one in found.items() if key.startswith(prefix)}
    quiet = {one for one in others if one[0] not in ("warn", "pass", "not_applicable")}
    assert quiet <= {("unknown", "not-told"), ("unknown", "nothing-remembered")}


def test_a_camera_of_several_lenses_stands_on_several_channels_and_is_no_duplicate() -> None:
    lenses = {name: replace(ON_CHANNELS["a"]) for name in ("a", "b", "c")}
    found = behind(*recorder(a="s1", b="s1", c="s1"), known=lenses)
    assert {found[f"inventory-drift camera:{name}"].status for name in ("a", "b", "c")} == {"pass"}


def test_what_a_recorder_does_not_say_of_its_cameras_is_not_told() -> None:
    bare = healthy_device() + observed("device:box", Channels((Channel(1, "ch1", "online"),)))
    assert not [key for key in behind(*bare) if key.startswith("inventory-drift camera:")]
    no_more = behind(*bare, known=ON_CHANNELS)["inventory-drift camera:a"]
    assert (no_more.status, no_more.reason) == ("unknown", "not-told")
    first = behind(*recorder(a="s1", b="s2", c="s3"))["inventory-drift camera:a"]
    assert (first.status, first.reason) == ("unknown", "nothing-remembered") and is_waiting(first)
    silent = behind(*boxes(box=SILENT), known=ON_CHANNELS)["inventory-drift camera:a"]
    assert (silent.status, silent.reason) == ("unknown", "unreachable")


def test_a_camera_on_the_wrong_channel_explains_its_view_and_says_what_to_do() -> None:
    seen = recorder(a="s2", b="s1", c="s3")
    cameras = tuple(one for one in with_bare_mask("a"))
    around = NetworkFacts(remembered={f"camera:{name}": one for name, one in ON_CHANNELS.items()})
    two = [replace(camera(name), camera=replace(camera(name).camera, channel=n)) for n, name in ((1, "a"), (2, "b"))]
    found = {f.key: f for f in run_checks(site(*two), gather(seen + cameras + healthy_camera("b"), around), NOW)}
    root = found["inventory-drift camera:a"]
    assert (root.status, root.severity, root.caused_by) == ("fail", "critical", "")
    assert str(root.message) == (
        "the cameras a, b have exchanged their channels: exchange them back, in the recorder or in the configuration"
    )
    assert found["privacy-mask-effective camera:a"].caused_by == root.key


@pytest.mark.parametrize(
    ("check_id", "status", "hangs"),
    [
        ("device-password-changed", "fail", False),
        ("retention-days", "fail", False),
        ("clock-offset", "warn", False),
        ("retention-days", "unknown", True),
        ("firmware-drift", "fail", True),
    ],
)
def test_what_any_box_must_have_is_not_explained_by_another_box_in_its_place(
    check_id: str, status: Status, hangs: bool
) -> None:
    """A factory login of the new box would else be told by nobody for a day."""
    around = NetworkFacts(remembered=KNOWN)
    seen = boxes(a="s1", b="s9", c="s3")
    root = told(around, *seen)["inventory-drift device:b"]
    one = replace(root, check=check_id, subject="device:b", status=status, reason="seen", caused_by="")
    after = attribute_misplaced(a_site("a", "b", "c"), gather(gateway() + seen, around), (root, one))[1]
    assert after.caused_by == (root.key if hangs else "")
