"""The name in a picture is the one that was filed, else the one that is configured; one unknown is never guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sites import NOW, camera, healthy_camera, healthy_device, observed, site, without

from agent.contract.signing_keys import load_or_create_signer
from agent.judge.checks.pictures.labels import carries
from agent.judge.checks.table import run_checks
from agent.model.finding import Finding
from agent.observe.facts.facts import gather
from agent.observe.facts.filed_file import read_filed, write_filed
from agent.observe.facts.filed_system import Filing
from agent.site.config.site import CameraConfig
from drivers.model import Overlays

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
        (("Gate",), "", None, ("pass", "")),
        (("Gate",), "Gate", None, ("pass", "")),
        (("School 17", "Gate"), "Gate", None, ("pass", "")),
        (("School 17", "Gate"), "School 17 Gate", None, ("pass", "")),
        (("\uff27ate  1",), "Gate 1", None, ("pass", "")),
        (("Gate 2",), "Gate", None, ("warn", "name-differs")),
        (("gate",), "Gate", None, ("warn", "name-differs")),
        (("North gate",), "Gate", FILED, ("pass", "")),
        (("Gate",), "Gate", FILED, ("fail", "name-differs")),
        (("Gate",), "Gate", replace(FILED, names={}), ("pass", "")),
        (("Yard",), "Gate", replace(FILED, names={"yard": "Yard"}), ("warn", "name-differs")),
        ((), "Gate", FILED, ("fail", "name-missing")),
        (("<ChannelName>",), "Gate", FILED, ("pass", "")),
        (("<Date> Gate",), "Gate", None, ("pass", "")),
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
    assert found["camera:gate"].status == "pass"
    assert "site" not in judge("Gate", name="Gate", others=1), "one of them is told by itself"


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
