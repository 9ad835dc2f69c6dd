"""A dossier prints what was measured beside what is required, and never one for the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from dossiers import STREAMS, filing_site, looked, page
from sites import NOW

from agent.judge.checks.table import run_checks
from agent.onsite.filing.contents import Dossier, dossier_of
from agent.onsite.filing.kept_footage import KeptFootage, shortest
from agent.onsite.filing.lists import lists
from agent.onsite.filing.wire import content_json
from drivers.model import Recordings, Span
from drivers.picture import PictureSeen

DAY = timedelta(days=1)


def dossier_keeping(days: float, *, opened: bool = True, dated: bool = True) -> Dossier:
    """Return the dossier of a camera whose recorder lists so many days, of which the oldest was opened."""
    a_site = filing_site(in_use_since=datetime(2024, 1, 1, tzinfo=UTC).date())
    oldest = NOW - days * DAY
    seen = (PictureSeen("playback", oldest, "ab" * 32, 640, 360, 90.0, 40.0, dated),) if opened else ()
    values = (STREAMS, Recordings((Span(oldest, NOW),)), *seen)
    checked = looked(a_site, camera_values=values)
    findings = run_checks(a_site, checked.seen.facts, NOW)
    return dossier_of(replace(checked, seen=replace(checked.seen, findings=findings)))


def footage_row(one: Dossier, lang: str = "en") -> dict[str, str]:
    listed = lists(one, lang)[4]
    return dict(zip(listed.headings, map(str, listed.rows[0]), strict=True))


def test_what_was_measured_stands_beside_what_is_required() -> None:
    one = dossier_keeping(21.3)
    row = footage_row(one)
    assert (row["storage period required (days)"], row["opened by us (days)"]) == ("30", "21.3")
    assert "21.3" in row["remark"] and "30" in row["remark"]
    html = page(one)
    assert "<dt>storage period required (days)</dt><dd>30</dd>" in html, "no fact of the site: nobody tells it"
    assert "<dd>21.3 at gate, the shortest of 1 of 1 cameras (seen by us)</dd>" in html
    assert "21.3" in page(one, "zh_CN")


def test_what_only_the_recorder_lists_is_told_and_not_seen() -> None:
    for one in (dossier_keeping(21.3, opened=False), dossier_keeping(21.3, dated=False)):
        row = footage_row(one)
        assert (row["listed by the recorder (days)"], row["opened by us (days)"]) == ("21.3", "")
        assert "(told by the device)</dd>" in page(one)


def test_what_was_not_measured_is_empty_and_never_the_required_figure() -> None:
    one = dossier_of(looked(filing_site()))
    row = footage_row(one)
    assert (row["listed by the recorder (days)"], row["opened by us (days)"]) == ("", "")
    assert "<dt>storage period measured (days)</dt><dd>not measured</dd>" in page(one)
    assert content_json(one)["footage"] == [
        {"camera": "gate", "required_days": 30, "listed_days": None, "opened_days": None, "oldest_at": None,
         "status": "unknown", "message": "how long its footage is kept was not judged in this look"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("listed", "opened", "expected"),
    [(40.0, 21.0, (21.0, "seen")), (21.0, 40.0, (21.0, "told")), (None, 9.0, (9.0, "seen")), (None, None, None)],
)
def test_the_lesser_figure_counts_with_its_own_level(
    listed: float | None, opened: float | None, expected: tuple[float, str] | None
) -> None:
    assert KeptFootage("gate", "", 30, listed, opened).measured == expected


def test_the_shortest_is_named_and_what_is_not_recorded_does_not_count() -> None:
    rows = (
        KeptFootage("a", "", 30, 31.0),
        KeptFootage("b", "", 90, 22.0),
        KeptFootage("c", "", 0, 1.0),
        KeptFootage("d", "", 30),
    )
    found = shortest(rows)
    assert found is not None and found.camera == "b"
