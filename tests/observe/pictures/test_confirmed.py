"""A zone fails once two looks show it bare, and one that has been failing waits for nobody."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sites import NOW, SQUARE, ZONE, camera, observed, picture, site

from agent.observe.pictures.zone_verdicts import CameraVerdicts, confirm_verdicts, from_data, to_data
from agent.site.config.site import Site
from drivers.model import Mask, Masks, Observations
from drivers.picture import PathName, ZoneVerdict

HOUR = timedelta(hours=1)
SITE = site(camera())
MASKS = observed("camera:gate", Masks((Mask("m1", SQUARE, "Color", True),)))
Memory = tuple[CameraVerdicts, ...]


def look(
    verdict: str = "FAIL",
    number: int = 0,
    path: PathName = "sub",
    looks: float = 1.0,
    after: timedelta = 15 * HOUR / 60,
) -> Observations:
    """Return one picture and the verdict in it; each number is other bytes, `after` that of number 0 taken later."""
    reason = {"FAIL": "not-hidden", "PASS": "solid", "UNSURE": "not-clean"}[verdict]
    numbers = (("looks", looks),) if looks > 1 else ()
    at = NOW + number * after
    zone = ZoneVerdict(path, ZONE.name, verdict, reason, numbers)  # type: ignore[arg-type]
    shown = replace(picture(path, at), digest=f"{number:064x}")
    return tuple(replace(one, taken_at=at) for one in observed("camera:gate", shown, zone))


def verdicts(observations: Observations) -> list[tuple[str, str]]:
    return [(o.value.verdict, o.value.reason) for o in observations if isinstance(o.value, ZoneVerdict)]


def stored(memory: Memory) -> Memory:
    """Return the memory as it comes back from the spool."""
    return tuple(from_data(json.loads(json.dumps(to_data(one)))) for one in memory)


def after(
    *looks: Observations, told: Observations = MASKS, a_site: Site = SITE
) -> tuple[list[tuple[str, str]], Memory]:
    """Return the verdicts of the last of several looks, and what is remembered."""
    memory: Memory = ()
    for one in looks:
        found, memory = confirm_verdicts(a_site, told, one, memory, NOW)
        memory = stored(memory)
    return verdicts(found), memory


def test_a_first_picture_that_shows_a_zone_bare_waits() -> None:
    assert after(look())[0] == [("UNSURE", "unconfirmed")]


def test_a_second_picture_with_other_bytes_confirms_it() -> None:
    assert after(look(), look(number=1))[0] == [("FAIL", "not-hidden")]
    assert after(look(), look(number=1, after=timedelta(seconds=2)))[0] == [("FAIL", "not-hidden")]


@pytest.mark.parametrize(
    "second", [look(), look(number=1, after=timedelta(seconds=1.9))], ids=["the same bytes", "too soon after"]
)
def test_the_same_moment_confirms_nothing(second: Observations) -> None:
    assert after(look(), second)[0] == [("UNSURE", "unconfirmed")]
    assert after(look(), second, second)[0] == [("UNSURE", "unconfirmed")]


def test_a_second_path_confirms_it_in_the_same_look() -> None:
    assert after(look() + look(path="main"))[0] == [("FAIL", "not-hidden")] * 2
    assert after(look(), look(path="main", number=1))[0] == [("FAIL", "not-hidden")]
    assert after(look() + look("PASS", path="main"))[0] == [("UNSURE", "unconfirmed"), ("PASS", "solid")]


def test_looks_that_were_judged_together_need_no_other() -> None:
    assert after(look(looks=2.0))[0] == [("FAIL", "not-hidden")]


@pytest.mark.parametrize("before", [(look(),), (look(), look(number=1))], ids=["unconfirmed", "confirmed"])
def test_a_picture_that_shows_a_zone_hidden_again_waits_likewise(before: tuple[Observations, ...]) -> None:
    hidden = look("PASS", 2)
    assert after(*before, hidden)[0] == [("UNSURE", "hidden-again")]
    assert after(*before, hidden, hidden)[0] == [("UNSURE", "hidden-again")], "the same bytes are the same picture"
    assert after(*before, hidden, look("PASS", 3))[0] == [("PASS", "solid")]


def test_a_zone_that_is_bare_by_turns_never_passes() -> None:
    looks = [look("PASS" if number % 2 else "FAIL", number) for number in range(8)]
    said = [after(*looks[:number])[0][0][0] for number in range(1, 9)]
    assert said == ["UNSURE", "UNSURE", "FAIL", "UNSURE", "FAIL", "UNSURE", "FAIL", "UNSURE"]


def said_of(looks: str, after_s: float = 900.0) -> str:
    """Return the verdicts on looks, `F` bare and `P` hidden: F, P, or - for none yet."""
    seen = [look({"F": "FAIL", "P": "PASS"}[one], number, after=timedelta(seconds=after_s))
            for number, one in enumerate(looks)]  # fmt: skip
    letters = {"FAIL": "F", "PASS": "P", "UNSURE": "-"}
    return "".join(letters[after(*seen[: number + 1])[0][0][0]] for number in range(len(looks)))


@pytest.mark.parametrize(
    ("looks", "said"),
    [
        ("FPPPPFPPPPPPPPPP", "--PPP----PPPPPPP"),  # twice within a day: two pictures more
        ("FPPPPFPPPPFPPPPFPPPPF", "--PPP----PF----F----F"),  # in every fifth picture: it passes no more
        ("FPPFPPPPFPPPPPPP", "--P----PF-----PP"),
        ("FFPPPPPFFPPPPPPP", "-F-PPPP-F---PPPP"),  # a repair that does not hold
    ],
)
def test_a_zone_that_is_bare_now_and_then_has_to_be_hidden_longer_each_time_and_fails_the_third(
    looks: str, said: str
) -> None:
    assert said_of(looks) == said


def test_a_day_after_it_was_bare_nothing_of_that_is_left() -> None:
    _, memory = after(look(), look("PASS", 1), look("PASS", 2))
    assert memory[0].failed
    later = look("PASS", 100)
    found, memory = confirm_verdicts(SITE, MASKS, later, memory, later[0].taken_at)
    assert (verdicts(found), memory) == ([("PASS", "solid")], ())


def test_a_zone_that_was_bare_before_confirms_no_other_path() -> None:
    hidden = look("PASS", 1), look("PASS", 2)
    assert after(look(), *hidden, look(path="main", number=3))[0] == [("UNSURE", "unconfirmed")]
    assert after(look(), *hidden[:1], look(path="main", number=3))[0] == [("FAIL", "not-hidden")]


def test_what_is_unsure_in_between_changes_nothing() -> None:
    assert after(look(), look("UNSURE", 1), look(number=2))[0] == [("FAIL", "not-hidden")]


def test_a_zone_that_has_been_failing_waits_for_nobody_also_after_a_restart() -> None:
    _, memory = after(look(), look(number=1))
    assert [one.confirmed for one in memory[0].failed.values()] == [True]
    found, _ = confirm_verdicts(SITE, MASKS, look(number=2), stored(memory), NOW + HOUR)
    assert verdicts(found) == [("FAIL", "not-hidden")]


def test_footage_needs_no_second_look() -> None:
    assert after(look(path="playback"))[0] == [("FAIL", "not-hidden")]


def test_a_day_later_or_by_a_clock_that_was_wrong_it_is_a_first_picture_again() -> None:
    _, memory = after(look(), look(number=1))
    for number in (25, -4):
        found, _ = confirm_verdicts(SITE, MASKS, look(number=number, after=HOUR), memory, NOW + number * HOUR)
        assert verdicts(found) == [("UNSURE", "unconfirmed")], number


def test_nothing_outlives_a_change_of_the_zones_or_the_device_s_masks() -> None:
    _, memory = after(look(), look(number=1))
    other = site(camera(zones=(replace(ZONE, effect="pixelated"),)))
    found, _ = confirm_verdicts(other, MASKS, look(number=2), memory, NOW + HOUR)
    assert verdicts(found) == [("UNSURE", "unconfirmed")]
    repaired = observed("camera:gate", Masks((Mask("m1", SQUARE, "Pixelated", True),)))
    found, _ = confirm_verdicts(SITE, repaired, look(number=2), memory, NOW + HOUR)
    assert verdicts(found) == [("UNSURE", "unconfirmed")]


def test_masks_that_cannot_be_read_for_once_change_nothing() -> None:
    _, memory = after(look(), look(number=1))
    found, memory = confirm_verdicts(SITE, (), look(number=2), memory, NOW + HOUR)
    assert verdicts(found) == [("FAIL", "not-hidden")]
    assert memory[0].masks, "and what it rests on is still known"


def test_what_is_no_verdict_and_who_is_no_camera_of_the_site_pass_untouched() -> None:
    others = observed("camera:stranger", *(o.value for o in look())) + observed("site", Masks(()))
    assert confirm_verdicts(SITE, MASKS, others, (), NOW) == (others, ())


def test_a_zone_that_failed_in_an_earlier_release_has_been_failing() -> None:
    (memory,) = after(look(), look(number=1))[1]
    data: Any = {key: value for key, value in to_data(memory).items() if key != "failed"}
    rows = [[NOW.isoformat(), verdict, "r", 0.01, "color"] for verdict in ("PASS", "FAIL")]
    failing = from_data({**data, "glances": [["sub", ZONE.name, rows]]})
    assert verdicts(confirm_verdicts(SITE, MASKS, look(number=2), (failing,), NOW + HOUR)[0]) == [
        ("FAIL", "not-hidden")
    ]
    hidden = from_data({**data, "glances": [["sub", ZONE.name, rows[::-1]]]})
    assert hidden.failed == {}


@pytest.mark.parametrize(
    "rows", [{}, {"failed": [["sub", "z", "x"]]}, {"failed": [["sub", "z", NOW.isoformat(), "d", 1]]},
             {"glances": [["sub", "z", [[NOW.isoformat(), "MAYBE", "r", None]]]]}],
)  # fmt: skip
def test_what_is_no_text_of_looks_is_an_error(rows: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        from_data({"id": "a", "zones": "", "masks": "", **rows})
