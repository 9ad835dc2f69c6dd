"""The floor's day and the newest footage are opened, as a list is only a word; a picture tells whose footage it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from footage_looks import facts_of, listed
from sites import DAY, NOW, camera, healthy, observed, opened, site, without

from agent.judge.checks.table import run_checks
from agent.model.finding import Finding, utc_text
from agent.observe.footage.openings import drawn_opening, unopened_moments
from agent.observe.pictures.turns import PathResult
from drivers.model import Observations, Recordings, Span, Value
from drivers.picture import FootageOpened, PictureSeen

SITE = site(camera(), in_use_since=date(2020, 1, 1))
RETENTION, COMPLETENESS = "retention-days camera:gate", "recording-completeness camera:gate"
FLOOR, NEWEST = opened()


def judge(observations: Observations) -> dict[str, Finding]:
    return {f.key: f for f in run_checks(SITE, facts_of(SITE, listed(observations)), NOW)}


def with_opened(*values: Value) -> Observations:
    return without(healthy(), FootageOpened) + observed("camera:gate", *values)


def said(finding: Finding) -> tuple[str, str]:
    return finding.status, finding.reason


def test_both_moments_are_part_of_the_evidence_of_a_pass() -> None:
    found = judge(healthy())
    for key in (RETENTION, COMPLETENESS):
        assert found[key].status == "pass"
        assert "FootageOpened" in {one.kind for one in found[key].rests_on}


@pytest.mark.parametrize(
    "floor",
    [
        (),
        (replace(FLOOR, at=None, reason="fault"),),
        (replace(FLOOR, at=FLOOR.asked_at + 3 * timedelta(hours=1)),),
        (replace(FLOOR, asked_at=FLOOR.asked_at - 3 * DAY, at=FLOOR.asked_at - 3 * DAY),),
    ],
    ids=["nothing", "refused", "other moment came", "other moment asked"],
)
def test_the_oldest_moment_alone_proves_no_run_of_footage(floor: tuple[FootageOpened, ...]) -> None:
    assert said(judge(with_opened(*floor, NEWEST))[RETENTION]) == ("unknown", "floor-not-opened")


def test_a_floor_day_in_which_nothing_is_seen_is_not_footage_yet() -> None:
    assert said(judge(with_opened(replace(FLOOR, blank=True), NEWEST))[RETENTION]) == ("unknown", "floor-blank")


DRAWN = replace(FLOOR, name="drawn", asked_at=NOW - 9 * DAY, at=NOW - 9 * DAY)


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (DRAWN, ("pass", "")),
        (replace(DRAWN, at=None, reason="fault"), ("unknown", "drawn-not-opened")),
        (replace(DRAWN, at=DRAWN.asked_at + timedelta(hours=2)), ("unknown", "drawn-not-opened")),
        (replace(DRAWN, blank=True), ("unknown", "drawn-blank")),
        (replace(DRAWN, at=None, reason="deadline"), ("pass", "")),
    ],
    ids=["opened", "refused", "other moment came", "nothing seen", "no time left"],
)
def test_the_moment_drawn_by_lot_has_to_open(drawn: FootageOpened, expected: tuple[str, str]) -> None:
    assert said(judge(with_opened(FLOOR, NEWEST, drawn))[RETENTION]) == expected


AGAIN = replace(FLOOR, name="again", repeats=True)


@pytest.mark.parametrize(
    ("again", "expected", "masks"),
    [
        (AGAIN, ("pass", ""), "pass"),
        (replace(AGAIN, repeats=None), ("pass", ""), "pass"),
        (replace(AGAIN, repeats=False), ("unknown", "not-repeated"), "unknown"),
        (replace(AGAIN, repeats=None, at=None, reason="fault"), ("unknown", "not-opened-again"), "unknown"),
        (replace(AGAIN, repeats=None, at=None, reason="deadline"), ("unknown", "not-opened-again"), "unknown"),
    ],
    ids=["same picture", "not to be told", "two pictures", "refused", "silent"],
)
def test_one_moment_has_to_show_one_picture_and_no_mask_counts_in_what_may_be_live(
    again: FootageOpened, expected: tuple[str, str], masks: str
) -> None:
    """Live pictures of some seconds ago are equal to none that was seen live."""
    found = judge(with_opened(FLOOR, NEWEST, again))
    assert said(found[RETENTION]) == expected
    hidden = found["privacy-mask-effective camera:gate"]
    assert hidden.status == masks
    if masks != "pass":
        assert (hidden.reason, hidden.caused_by) == ("not-its-footage", RETENTION)


@pytest.mark.parametrize("one", [FLOOR, NEWEST, DRAWN], ids=lambda one: one.name)
def test_moments_of_several_days_that_are_one_picture_prove_none_of_them(one: FootageOpened) -> None:
    """A recorder that reads no range plays the beginning of its footage for each of them."""
    others = [other for other in (FLOOR, NEWEST, DRAWN) if other is not one]
    found = judge(with_opened(*others, replace(one, same_as_at=NOW - 31 * DAY)))
    assert said(found[RETENTION]) == ("unknown", "one-for-several")
    assert found[RETENTION].message.values["other"] == utc_text(NOW - 31 * DAY)
    hidden = found["privacy-mask-effective camera:gate"]
    assert (hidden.status, hidden.reason, hidden.caused_by) == ("unknown", "not-its-footage", RETENTION)


@pytest.mark.parametrize("one", [FLOOR, NEWEST, DRAWN], ids=lambda one: one.name)
def test_a_mask_in_footage_of_which_any_moment_is_another_cameras_proves_nothing(one: FootageOpened) -> None:
    others = [other for other in (FLOOR, NEWEST, DRAWN) if other is not one]
    found = judge(with_opened(*others, replace(one, shows="yard")))
    assert said(found[RETENTION]) == ("fail", "other-camera")
    hidden = found["privacy-mask-effective camera:gate"]
    assert (hidden.status, hidden.reason, hidden.caused_by) == ("unknown", "not-its-footage", RETENTION)


def test_another_moment_is_drawn_each_hour_and_one_that_did_not_open_is_asked_for_again() -> None:
    (row,) = SITE.cameras
    drawn = {drawn_opening(SITE, row, None, NOW + hour * timedelta(hours=1)).at for hour in range(24)}
    assert len(drawn) == 24 and all(NOW - 30 * DAY <= at <= NOW for at in drawn)
    assert drawn_opening(SITE, row, None, NOW, NOW - 9 * DAY).at == NOW - 9 * DAY
    assert drawn_opening(SITE, row, None, NOW, NOW - 31 * DAY).at > NOW - 30 * DAY, "it is older than what is due"


@pytest.mark.parametrize(
    ("last", "again"),
    [
        (replace(DRAWN, at=None, reason="fault"), {"gate": DRAWN.asked_at}),
        (replace(DRAWN, blank=True), {"gate": DRAWN.asked_at}),
        (replace(DRAWN, at=DRAWN.asked_at + timedelta(hours=2)), {"gate": DRAWN.asked_at}),
        (replace(DRAWN, at=None, reason="deadline"), {}),
        (DRAWN, {}),
        (replace(FLOOR, at=None, reason="fault"), {}),
    ],
)
def test_only_a_drawn_moment_that_the_recorder_owes_is_asked_for_again(
    last: FootageOpened, again: dict[str, datetime]
) -> None:
    assert unopened_moments(SITE, (PathResult("gate", "playback", NOW, "", "", opened=(last,)),)) == again


@pytest.mark.parametrize(("kept", "status"), [(31, "pass"), (32, "unknown")])
def test_within_a_day_of_the_floor_the_oldest_picture_proves_both(kept: int, status: str) -> None:
    seen = without(healthy(kept=kept * DAY), FootageOpened) + observed("camera:gate", NEWEST)
    assert judge(seen)[RETENTION].status == status


def locked(kept: timedelta, hours: int, *values: Value) -> Finding:
    """Return what is said of footage whose first hours are told to be locked."""
    seen = without(healthy(kept=kept), FootageOpened) + observed("camera:gate", NEWEST, *values)
    changed = tuple(
        replace(one, value=replace(one.value, locked=(Span(start, start + timedelta(hours=hours)),)))
        if isinstance(one.value, Recordings) and (start := one.value.spans[0].start_at) else one
        for one in seen
    )  # fmt: skip
    return judge(changed)[RETENTION]


def test_a_locked_clip_near_the_floor_proves_nothing_of_the_ring_behind_it() -> None:
    near = 30 * DAY + timedelta(hours=10)
    assert said(locked(near, 1)) == ("unknown", "floor-not-opened")
    assert said(locked(near, 1, FLOOR)) == ("pass", "")
    assert said(locked(near, 12, FLOOR)) == ("unknown", "isolated-clip"), "what came is the locked clip itself"
    assert said(locked(near, 24 * 40, FLOOR)) == ("unknown", "isolated-clip"), "all of it is locked"


def test_a_list_that_ends_now_proves_no_recording_that_goes_on() -> None:
    assert said(judge(with_opened(FLOOR))[COMPLETENESS]) == ("unknown", "newest-not-opened")
    refused = replace(NEWEST, at=None, reason="fault")
    assert said(judge(with_opened(FLOOR, refused))[COMPLETENESS]) == ("unknown", "newest-not-opened")


@pytest.mark.parametrize("value", [FLOOR, NEWEST, "oldest"])
def test_footage_that_shows_another_approved_view_fails_once(value: FootageOpened | str) -> None:
    if isinstance(value, FootageOpened):
        rest = tuple(one for one in (FLOOR, NEWEST) if one is not value)
        seen = with_opened(*rest, replace(value, shows="court"))
    else:
        seen = tuple(
            replace(one, value=replace(one.value, shows="court"))
            if isinstance(one.value, PictureSeen) and one.value.path == "playback"
            else one
            for one in healthy()
        )
    found = judge(seen)
    assert said(found[RETENTION]) == ("fail", "other-camera")
    assert found[COMPLETENESS].caused_by == RETENTION


def test_a_picture_proves_whose_footage_it_is_where_a_list_has_an_order_only() -> None:
    guessed = tuple(
        replace(one, value=replace(one.value, owner_guessed=True)) if isinstance(one.value, Recordings) else one
        for one in healthy()
    )
    assert said(judge(guessed)[RETENTION]) == ("unknown", "owner-guessed")
    own = without(guessed, FootageOpened) + observed("camera:gate", replace(FLOOR, shows="gate"), NEWEST)
    assert judge(own)[RETENTION].status == "pass"


@pytest.mark.parametrize(
    ("off_s", "level", "expected"),
    [
        (None, "told", ("pass", "")),
        (2.0, "seen", ("pass", "")),
        (-3000.0, "seen", ("pass", "")),
        (3 * 3600.0, "told", ("pass", "")),
        (86_400.0, "", ("unknown", "other-day-shown")),
        (-86_400.0 * 30, "", ("unknown", "other-day-shown")),
    ],
)
def test_the_clock_in_a_picture_that_the_recorder_did_not_date_proves_its_day_or_denies_it(
    off_s: float | None, level: str, expected: tuple[str, str]
) -> None:
    found = judge(with_opened(replace(FLOOR, dated=False, clock_off_s=off_s), NEWEST))[RETENTION]
    assert said(found) == expected
    if level:
        assert level in {one.level for one in found.rests_on if one.kind == "FootageOpened"}
        assert ("told" in {one.level for one in found.rests_on if one.kind == "FootageOpened"}) == (level == "told")


def test_even_footage_that_the_recorder_dates_is_doubted_where_its_clock_shows_another_day() -> None:
    dated = replace(FLOOR, dated=True, clock_off_s=86_400.0)
    assert said(judge(with_opened(dated, NEWEST))[RETENTION]) == ("unknown", "other-day-shown")


def test_the_oldest_footage_is_doubted_where_its_clock_shows_another_day() -> None:
    turned = tuple(
        replace(one, value=replace(one.value, clock_off_s=29 * 86_400.0))
        if isinstance(one.value, PictureSeen) and one.value.path == "playback"
        else one
        for one in healthy()
    )
    assert said(judge(turned)[RETENTION]) == ("unknown", "other-day-shown")
