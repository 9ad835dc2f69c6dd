"""A name that speaks of a private place asks a person to look, once, and is never a verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from duty_sites import FACTS, TODAY, declared_site, word
from sites import NOW, camera, observed, site

from agent.judge.checks.papers.zones import hints
from agent.judge.checks.table import run_checks
from agent.model.finding import Finding
from agent.observe.approvals.approvals import Approval
from agent.observe.approvals.past import PastApproval
from agent.observe.facts.facts import Facts, gather
from agent.observe.pictures.view_memory import CameraView
from agent.observe.remembered.value import Remembered
from agent.site.config.site import Site
from agent.site.declarations.standing import Declaration
from drivers.footage import Channel, Channels
from drivers.model import Camera, Overlays
from masking.view.model import Movement, ViewSeen
from masking.view.persistence import ViewMemory

HINT = "forbidden-zone-name-hint"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("二楼女卫生间", ["卫生间"]),
        ("男厕所", ["厕"]),
        ("浴室01", ["浴"]),
        ("更 衣 室", ["更衣"]),
        ("２号宿舍", ["宿舍"]),
        ("客房308", ["客房"]),
        ("母婴室", ["母婴"]),
        ("试衣间", ["试衣"]),
        ("牡丹厅包间", ["包间"]),
        ("Changing Room 2", ["changing room"]),
        ("\uff37\uff23 east", ["wc"]),
        ("Female toilets", ["toilets"]),
        ("Dormitory 3", ["dormitory"]),
        ("教师休息室", ["休息室"]),
        ("二楼女卫", ["女卫"]),
        ("主卧室", ["卧室"]),
        ("產房2", ["產房"]),
        ("妇科检查室", ["检查室", "妇科"]),
        ("诊室 5", ["诊室"]),
        ("女宾部", ["女宾"]),
        ("按摩房", ["按摩"]),
        ("3病房", ["病房"]),
        ("Staff rest room", ["rest room"]),
        ("Crew room", ["crew room"]),
        ("Bedroom 4", ["bedroom"]),
        ("Delivery room", ["delivery room"]),
        ("Examination Room A", ["examination room"]),
        ("Women\u2019s room", ["women\u2019s room"]),
        ("LADIES", ["ladies"]),
        ("Public bath", ["bath"]),
        ("Locker room north", ["locker room"]),
        ("Massage 2", ["massage"]),
        ("Ward 7", ["ward"]),
    ],
)
def test_a_private_place_is_heard_however_it_is_written(name: str, words: list[str]) -> None:
    assert [(hint.word, hint.outside) for hint in hints(name)] == [(one, "") for one in words]


@pytest.mark.parametrize(
    ("name", "outside"),
    [
        ("卫生间外", "外"),
        ("更衣室门口", "门口"),
        ("宿舍走廊", "走廊"),
        ("客房通道东", "通道"),
        ("浴室外墙", "外"),
        ("室外公共厕所", "室外"),
        ("corridor before the toilets", "corridor"),
        ("Guest room entrance", "entrance"),
    ],
)
def test_the_outside_of_such_a_place_is_told_from_the_inside(name: str, outside: str) -> None:
    assert [hint.outside for hint in hints(name)] == [outside]


@pytest.mark.parametrize("name", ["外科更衣室", "更衣室外科", "走廊卫生间", "门口更衣", "外宾客房", "通道旁厕所"])
def test_a_word_before_it_or_in_another_sense_is_no_outside(name: str) -> None:
    assert "" in [hint.outside for hint in hints(name)]


def test_two_places_in_one_name_are_each_judged() -> None:
    assert [(h.word, h.outside) for h in hints("宿舍走廊卫生间")] == [("卫生间", ""), ("宿舍", "走廊")]


@pytest.mark.parametrize(
    "name",
    [
        "生产房间",
        "行李检查室",
        "病房楼东侧",
        "安全检查室",
        "房地产房屋",
        "forward yard",
        "Bathurst",
        "women staff",
        "award",
    ],
)
def test_a_word_that_only_contains_one_says_nothing(name: str) -> None:
    assert [hint.word for hint in hints(name)] == []


@pytest.mark.parametrize("name", ["", "大门", "教室 2", "WCDMA mast", "hallway", "dormant pump", "浏览区", "Gate 1"])
def test_other_names_say_nothing(name: str) -> None:
    assert hints(name) == ()


def named(name: str, *rows: Declaration, facts: Facts = FACTS, **changes: object) -> tuple[Site, Facts]:
    one = camera("gate", camera=Camera("gate", "box", name), **changes)
    return declared_site(*rows, cameras=(one,)), facts


def hint(a_site: Site, facts: Facts = FACTS) -> Finding:
    (finding,) = hints_of(a_site, facts)
    return finding


def hints_of(a_site: Site, facts: Facts = FACTS) -> list[Finding]:
    return [f for f in run_checks(a_site, facts, NOW) if f.check == HINT]


def reviewed(*names: str, **changes: object) -> Declaration:
    return word("name-reviewed", names, cameras=("gate",), **changes)


def test_a_hit_is_a_warning_with_the_word_and_what_to_do_and_never_a_fail() -> None:
    finding = hint(*named("女更衣室"))
    assert (finding.status, finding.reason, finding.severity) == ("warn", "name", "info")
    assert dict(finding.evidence) == {"words": ["更衣"], "outside": []}
    assert "--set name-reviewed=NAME --cameras gate" in str(finding.message)


@pytest.mark.parametrize(("name", "statuses"), [("", ["pass"]), ("大门", ["pass"]), ("更衣室门口", ["pass"])])
def test_no_hit_is_nothing_and_the_outside_is_no_warning(name: str, statuses: list[str]) -> None:
    assert [one.status for one in hints_of(*named(name))] == statuses


def test_a_site_without_rules_or_words_is_looked_at_all_the_same() -> None:
    bare = site(camera("gate", camera=Camera("gate", "box", "浴室")), declarations=())
    assert hint(bare, gather(())).status == "warn"


def test_overlay_and_channel_names_are_read_as_well() -> None:
    overlays = gather(observed("camera:gate", Overlays(("1F 厕所",))))
    channels = gather(observed("device:box", Channels((Channel(1, "客房", "online"), Channel(2, "浴室", "online")))))
    assert hint(*named("gate", facts=overlays)).evidence["words"] == ["厕"]
    assert hint(*named("gate", facts=channels)).evidence["words"] == ["客房"]


def test_names_of_devices_are_never_repeated() -> None:
    facts = gather(observed("camera:gate", Overlays(("\x1b[31m=cmd|浴室",))))
    finding = hint(*named("gate", facts=facts))
    assert "cmd" not in str(finding.message) + str(dict(finding.evidence))


@pytest.mark.parametrize(
    ("name", "row", "status"),
    [
        ("女更衣室", reviewed("女更衣室"), "pass"),
        ("女更衣室", reviewed("男更衣室", "女更衣室"), "pass"),
        ("女更衣室 2", reviewed("女更衣室"), "warn"),
        ("女更衣室", reviewed("女更衣室", until=TODAY - timedelta(days=10)), "pass"),
        ("女更衣室", reviewed("女更衣室", until=TODAY - timedelta(days=31)), "warn"),
        ("女更衣室", reviewed("女更衣室", at=TODAY + timedelta(days=1)), "warn"),
    ],
)
def test_once_looked_into_it_stays_quiet_until_the_name_changes(name: str, row: Declaration, status: str) -> None:
    assert hint(*named(name, row)).status == status


def test_a_text_that_nobody_looked_into_is_told_beside_one_that_somebody_did() -> None:
    facts = gather(observed("camera:gate", Overlays(("浴室",))))
    assert hint(*named("女更衣室", reviewed("女更衣室"), facts=facts)).status == "warn"


def moved_view() -> CameraView:
    moved = ViewSeen("moved", "tiles", "day", "day", 0.9, 4, 16 / 9, Movement(9.0, 0.0, 0.0, 0.0, 9.0))
    return CameraView("r", ViewMemory(settled=moved), held_at=NOW)


def test_once_looked_into_it_is_asked_again_when_the_view_changes() -> None:
    a_site, facts = named("女更衣室", reviewed("女更衣室"))
    assert hint(a_site, replace(facts, remembered=Remembered(views={"gate": moved_view()}))).status == "warn"


@pytest.mark.parametrize(("days", "again", "status"), [(10, True, "warn"), (10, False, "pass"), (400, True, "pass")])
def test_a_view_that_was_approved_anew_since_is_looked_into_again(days: int, again: bool, status: str) -> None:
    at = NOW - timedelta(days=days)
    past = (PastApproval("Li Na", at - timedelta(days=1), "before", "", ""),) if again else ()
    approval = Approval("gate", "Li Na", at, "", (), "", "", history=past)
    a_site, facts = named("女更衣室", reviewed("女更衣室"))
    assert hint(a_site, replace(facts, approvals={"gate": approval})).status == status


def test_where_the_declared_place_fails_already_the_name_is_no_cause_of_its_own() -> None:
    finding = hint(*named("女更衣室", word("zone-type", "dressing-room")))
    assert finding.caused_by == "forbidden-zone-declaration camera:gate"


def test_a_zone_declared_for_the_whole_site_is_no_look_at_this_camera() -> None:
    assert hint(*named("女更衣室", word("zone-type", "hall", at=date(2026, 11, 1)))).status == "warn"
