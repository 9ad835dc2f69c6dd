"""Each article of the Datong Measures by outcome, through the real cycle: pass, fail, unknown, not due, past breach.

A scene is what is declared, and what devices tell, at a simulated site in order; cells of one scene share its look.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from article_scenes import CASES, NO_SUCH, OUTCOMES, SCENES, STATUS, Found
from breaches import shown
from duties_declared import DECLARED, declaration
from healthy_site import World, healthy_site
from patience import PATIENCE_S

from agent.judge.checks.answered import IN_PART, NOT_YET
from masking.worker.client import Worker


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with (
        pytest.MonkeyPatch.context() as patch,
        Worker(timeout_s=PATIENCE_S) as worker,
        healthy_site(tmp_path_factory.mktemp("articles"), worker, patch, looks=2) as running,
    ):
        running.answered = {}
        yield running


@pytest.fixture(scope="module")
def looks() -> dict[str, Found]:
    """What was found in each scene that was played."""
    return {}


def found(world: World, looks: dict[str, Found], name: str) -> Found:
    if name not in looks:
        scene = SCENES[name]
        world.begin()
        world.edit(('profile = "full"', f'profile = "{scene.profile}"'))
        for duty, word in scene.words.items():
            if duty in DECLARED:
                world.declare(duty, declaration(duty, word) if word else "")
            elif word is not None:
                world.add(duty, word)
        for act in scene.do:
            act(world)
        looks[name] = world.look(scene.looks)
        if shown in scene.do:
            looks[name] = world.look()  # what was reported is read back in the look after it
    return looks[name]


def test_every_article_has_every_outcome_or_a_reason_why_not() -> None:
    articles = dict.fromkeys(article for article, _ in CASES)
    every = {(article, outcome) for article in articles for outcome in OUTCOMES}
    assert CASES.keys() | NO_SUCH.keys() == every
    assert CASES.keys() & NO_SUCH.keys() == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(case))
def test_an_article_has_this_outcome_for_the_right_reason(
    case: tuple[str, str], world: World, looks: dict[str, Found]
) -> None:
    scene, key, reason = CASES[case]
    finding = found(world, looks, scene)[key]
    assert (finding.status, finding.reason) == (STATUS[case[1]], reason), str(finding.message)
    if case[1] == "past breach":
        days = finding.evidence["past_breach"]
        assert isinstance(days, Mapping) and days["happened"] > days["was_due"]
    if case == ("11(2)", "pass"):
        assert {one.level for one in finding.rests_on} == {"told", "declared"}, "nobody saw it work"


def test_what_is_counted_as_not_checked_is_unknown_where_it_is_due_and_the_rest_of_the_link_is_judged(
    world: World, looks: dict[str, Found]
) -> None:
    """`rules list` counts by these two lists what is really checked; here all of them are due at once."""
    seen = found(world, looks, "linked")
    said = {check: {one.status for one in seen.values() if one.check == check} for check in NOT_YET | IN_PART}
    assert said == {check: {"unknown"} for check in NOT_YET | IN_PART}
    link = ("platform-interface-configured site", "platform-registered site")
    assert {key: seen[key].status for key in link} == dict.fromkeys(link, "pass")


@pytest.mark.parametrize(
    ("scene", "status", "reason", "levels"),
    [
        ("self-tested", "pass", "", {"seen", "declared"}),
        ("in order", "pass", "", {"told", "declared"}),
        ("failed", "fail", "no-interface", set()),
        ("tested without a picture", "fail", "test-failed", set()),
        ("tested, not registered", "unknown", "interface-not-told", set()),
        ("an unknown box tested", "unknown", "interface-not-told", set()),
        ("another box tested", "unknown", "interface-not-told", set()),
        ("not told", "unknown", "interface-not-told", set()),
    ],
)
def test_the_interface_passes_as_seen_by_a_self_test_and_as_told_by_the_devices_word(
    scene: str, status: str, reason: str, levels: set[str], world: World, looks: dict[str, Found]
) -> None:
    finding = found(world, looks, scene)["platform-interface-configured site"]
    assert (finding.status, finding.reason) == (status, reason), str(finding.message)
    assert {one.level for one in finding.rests_on} == levels


@pytest.mark.parametrize(
    "article", [article for article, outcome in CASES if outcome == "past breach" and article != "15(2)"]
)
def test_a_note_of_the_authority_ends_a_past_breach_and_is_told(
    article: str, world: World, looks: dict[str, Found]
) -> None:
    finding = found(world, looks, "late, and noted")[CASES[article, "past breach"][1]]
    assert finding.status == "pass", str(finding.message)
    assert "closed by a note of the authority" in str(finding.message)
    assert "letter 31" not in str(finding.message), "what stands in it stays at the site"


def test_what_is_missing_on_papers_is_one_open_item(world: World, looks: dict[str, Found]) -> None:
    seen = found(world, looks, "not told")
    items = [one for one in seen.values() if one.status == "unknown" and not one.caused_by and "declar" in one.check]
    assert [one.check for one in items] == ["declarations"]
    rows = seen["declarations site"].evidence["open"]
    assert isinstance(rows, list) and len(rows) == len(SCENES["not told"].words), (
        "one for each paper, not for each detail"
    )
