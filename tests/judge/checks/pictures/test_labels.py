"""The name in a picture is the one that was filed, else the one that is configured; one unknown is never guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sites import NOW, camera, healthy_camera, healthy_device, observed, picture, site, without

from agent.contract.signing_keys import load_or_create_signer
from agent.judge.checks.pictures.labels import carries
from agent.judge.checks.table import CHECKS, run_checks
from agent.judge.wording.held import is_held
from agent.model.finding import Finding
from agent.observe.facts.facts import gather
from agent.observe.facts.filed_file import read_filed, write_filed
from agent.observe.facts.filed_system import Filing
from agent.site.config.site import CameraConfig
from drivers.model import Clock, Overlays
from drivers.picture import PictureSeen

FILED = Filing("dt0001", date(2026, 2, 10), ("gate", "yard"), 30, (), {"gate": "North gate"})


def named(id_: str, name: str) -> CameraConfig:
    one = camera(id_)
    return replace(one, camera=replace(one.camera, name=name))


def judge(*drawn: str, name: str = "", filed: Filing | None = None, others: int = 0) -> dict[str, Finding]:
    """Judge a gate that draws these texts and the time, and so many cameras that all carry a wrong configured name."""
    more = [(f"c{n}", f"Label {n}") for n in range(others)]
    cameras = [named("gate", name), *(named(id_, "Other") for id_, _ in more)]
    seen = healthy_device()
    for id_, texts in (("gate", drawn), *((id_, (text,)) for id_, text in more)):
        seen += without(healthy_camera(id_), Overlays) + observed(f"camera:{id_}", Overlays((*texts, "<DateAndTime>")))
    facts = replace(gather(seen), filed=filed)
    found = run_checks(site(*cameras), facts, NOW)
    return {one.key.removeprefix("osd-compliant "): one for one in found if one.check == "osd-compliant"}


@pytest.mark.parametrize(
    ("drawn", "configured", "filed", "expected"),
    [
        (("Gate",), "", None, ("unknown", "not-read-yet")),
        (("Gate",), "Gate", None, ("unknown", "not-read-yet")),
        (("School 17", "Gate"), "Gate", None, ("unknown", "not-read-yet")),
        (("School 17", "Gate"), "School 17 Gate", None, ("unknown", "not-read-yet")),
        (("\uff27ate  1",), "Gate 1", None, ("unknown", "not-read-yet")),
        (("Gate 2",), "Gate", None, ("warn", "name-differs")),
        (("gate",), "Gate", None, ("warn", "name-differs")),
        (("North gate",), "Gate", FILED, ("unknown", "not-read-yet")),
        (("Gate",), "Gate", FILED, ("fail", "name-differs")),
        (("Gate",), "Gate", replace(FILED, names={}), ("unknown", "not-read-yet")),
        (("Yard",), "Gate", replace(FILED, names={"yard": "Yard"}), ("warn", "name-differs")),
        ((), "Gate", FILED, ("fail", "name-missing")),
        (("<ChannelName>",), "Gate", FILED, ("unknown", "not-read-yet")),
        (("<Date> Gate",), "Gate", None, ("unknown", "not-read-yet")),
    ],
)
def test_the_filed_name_counts_and_without_one_the_configured(
    drawn: tuple[str, ...], configured: str, filed: Filing | None, expected: tuple[str, str]
) -> None:
    one = judge(*drawn, name=configured, filed=filed)["camera:gate"]
    assert (one.status, one.reason) == expected


def test_the_finding_says_which_name_is_due_and_what_to_do_and_repeats_none_of_the_device() -> None:
    one = judge("Somebody's text", name="Gate", filed=FILED)["camera:gate"]
    assert str(one.message) == (
        "its picture carries another name than the filed one (North gate): correct the overlay, or file the change"
    )
    assert one.evidence == {"time": True, "label": True, "named_by": "filing", "named_so": False}
    assert "Somebody" not in str(one.message) + str(one.evidence)


def test_many_pictures_with_other_names_than_the_configuration_are_one_finding() -> None:
    found = judge("Gate", name="Gate", others=40)
    assert (found["site"].status, len(found["site"].evidence["cameras"])) == ("warn", 16)  # type: ignore[arg-type]
    assert "40 cameras" in str(found["site"].message)
    assert {one.caused_by for key, one in found.items() if key.startswith("camera:c")} == {"osd-compliant site"}
    assert found["site"].evidence["not_read"] == 1, "a name that is right stands beside them, unread"
    assert (found["camera:gate"].reason, found["camera:gate"].caused_by) == ("not-read-yet", "osd-compliant site")
    assert judge("Gate", name="Gate", others=1)["camera:c0"].caused_by == "", "one of them is told by itself"


def test_what_no_picture_was_read_for_is_one_open_item_of_the_site() -> None:
    found = run_checks(site(camera("gate"), camera("yard")), gather(healthy_device() + healthy_camera("gate")
                       + healthy_camera("yard")), NOW)  # fmt: skip
    osd = {one.subject: one for one in found if one.check == "osd-compliant"}
    assert {one.reason for one in osd.values()} == {"not-read-yet"}
    assert {one.caused_by for key, one in osd.items() if key != "site"} == {"osd-compliant site"}
    assert (osd["site"].status, osd["site"].caused_by, osd["site"].evidence["not_read"]) == ("unknown", "", 2)
    assert all(is_held(one) for one in osd.values()), "a stricter check is no event of a healthy site"


def timed(off_s: float | None, *, ahead_s: float | None = 0.0, trusted: bool = True) -> Finding:
    """Judge a gate in whose picture a clock was read so far ahead of ours, its device's being `ahead_s` ahead."""
    seen = healthy_device() + without(healthy_camera("gate"), PictureSeen)
    if ahead_s is None:
        seen = without(seen, Clock)
    else:
        seen = tuple(
            replace(one, value=replace(one.value, offset_s=ahead_s)) if isinstance(one.value, Clock) else one
            for one in seen
        )
    seen += observed("camera:gate", replace(picture("main"), clock_off_s=off_s))
    found = run_checks(site(camera("gate")), gather(seen, own_clock_trusted=trusted), NOW)
    (one,) = [one for one in found if one.key == "osd-compliant camera:gate"]
    return one


@pytest.mark.parametrize(("off_s", "ahead_s"), [(0.0, 0.0), (59.0, 0.0), (-59.0, 0.0), (3600.0, 3600.0), (5.0, None)])
def test_a_clock_that_was_read_in_the_picture_and_runs_with_its_device_leaves_the_name_open(
    off_s: float, ahead_s: float | None
) -> None:
    one = timed(off_s, ahead_s=ahead_s)
    assert (one.status, one.reason, one.evidence.get("time_read")) == ("unknown", "not-read-yet", True)
    assert "the time was read in its picture" in str(one.message)
    assert timed(None).evidence.get("time_read") is None


@pytest.mark.parametrize(
    ("off_s", "ahead_s", "words"),
    [
        (-7200.0, 0.0, "is 120.0 min behind its device's"),  # a camera behind a recorder lost its own clock
        (0.0, 3600.0, "is 60.0 min behind its device's"),
        (90.0, None, "is 1.5 min ahead: set it"),
    ],
)
def test_a_clock_in_the_picture_that_does_not_run_with_its_device_fails(
    off_s: float, ahead_s: float | None, words: str
) -> None:
    one = timed(off_s, ahead_s=ahead_s)
    assert (one.status, one.reason) == ("fail", "clock-differs")
    assert words in str(one.message)


def test_each_path_s_clock_is_judged_by_itself_and_the_one_that_differs_is_named() -> None:
    """A snapshot that comes two hours behind while the stream runs with its device."""
    seen = healthy_device() + without(healthy_camera("gate"), PictureSeen)
    for path, off_s in (("main", 0.0), ("snapshot", -7200.0), ("sub", None)):
        seen += observed("camera:gate", replace(picture(path), clock_off_s=off_s))
    found = run_checks(site(camera("gate")), gather(seen, own_clock_trusted=True), NOW)
    (one,) = [one for one in found if one.key == "osd-compliant camera:gate"]
    assert (one.status, one.reason) == ("fail", "clock-differs")
    assert "(snapshot) is 120.0 min behind" in str(one.message)
    assert (one.evidence["clock_path"], one.evidence["clock_apart_s"]) == ("snapshot", -7200)


def test_by_a_clock_of_ours_that_is_not_trusted_no_clock_in_a_picture_is_judged() -> None:
    assert timed(9000.0, ahead_s=None, trusted=False).reason == "not-read-yet"


def test_a_site_without_cameras_is_judged() -> None:
    own = ("osd-", "privacy-mask-", "mask-approval", "camera-moved", "camera-occluded", "video-quality", "audio-")
    found = [
        finding for check in CHECKS if check.id.startswith(own) for finding in check.run(check, site(), gather(()), NOW)
    ]
    assert {one.key: one.status for one in found} == {
        "mask-approval site": "pass",
    }  # fmt: skip


def test_names_that_devices_fill_in_themselves_are_not_known_to_differ() -> None:
    cameras = (named("gate", "Gate"), named("yard", "Yard"))
    seen = healthy_device()
    for one in cameras:
        seen += without(healthy_camera(one.camera.id), Overlays)
        seen += observed(f"camera:{one.camera.id}", Overlays(("<ChannelName>", "<DateAndTime>")))
    found = {one.key: one for one in run_checks(site(*cameras), gather(seen), NOW)}
    assert (found["osd-label-unique site"].status, found["osd-label-unique site"].reason) == ("unknown", "not-all-read")


@pytest.mark.parametrize("text", ["", "<b>", "\u202e", "x" * 300, "<" * 100])
def test_whatever_a_device_draws_is_compared_and_no_more(text: str) -> None:
    assert not carries(Overlays((text,)), "Gate")
    assert judge(text, name="Gate")["camera:gate"].status != "pass"


def test_filed_names_are_kept_and_an_older_filing_has_none(tmp_path: Path) -> None:
    signer = load_or_create_signer(tmp_path / "filing-key.pem")
    write_filed(tmp_path, FILED, signer)
    assert read_filed(tmp_path, "dt0001") == FILED
    for names in ({"gate": "a\nb"}, {"gate": "x" * 300}):
        write_filed(tmp_path, replace(FILED, names=names), signer)
        assert read_filed(tmp_path, "dt0001") is None, "no configuration could hold it"


def test_a_name_that_stands_in_two_pictures_hangs_on_the_camera_whose_filed_name_it_is_not() -> None:
    """Where nothing was filed nobody knows whose name it is, and it is told by itself."""
    cameras = [named("gate", ""), named("yard", "")]
    same = Overlays(("North gate", "<DateAndTime>"))
    seen = healthy_device()
    for one in ("gate", "yard"):
        seen += without(healthy_camera(one), Overlays) + observed(f"camera:{one}", same)
    for names, cause in (
        ({"gate": "North gate", "yard": "Yard"}, "osd-compliant camera:yard"),
        ({"gate": "North gate"}, ""),
        ({}, ""),
    ):
        facts = replace(gather(seen), filed=replace(FILED, names=names))
        found = {one.key: one for one in run_checks(site(*cameras), facts, NOW)}
        one = found["osd-label-unique site"]
        assert (one.status, one.reason, one.caused_by) == ("fail", "doubled", cause)
