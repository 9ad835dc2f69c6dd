"""What a device says is counted and shown apart from what was seen; only what was remembered has an age."""

import pytest

from agent.model.finding import Basis, Finding, Message, Source, Status
from agent.report.levels import LEVEL_WORDS, REMEMBERED_S, basis_of_row, basis_text, counts_text, passes_by_level


def finding(check: str, status: Status = "pass", caused_by: str = "") -> Finding:
    return Finding(check, "site", status, "minor", Message("x"), Source("Order 799", "article 1"), caused_by=caused_by)


def test_passes_are_counted_by_level_and_nothing_else_is() -> None:
    found = finding("a"), finding("b"), finding("c"), finding("d", "fail"), finding("e", caused_by="d site")
    known = {one.key: Basis("told") for one in found} | {"b site": Basis("seen"), "c site": Basis("declared")}
    totals = passes_by_level(found, known)
    assert totals == {"seen": 1, "told": 1, "declared": 1}
    assert counts_text(totals, "en") == "1 seen by us, 1 told by the device, 1 declared"
    assert counts_text(totals, "zh_CN") == "1 我方实测、1 设备自述、1 已登记"


@pytest.mark.parametrize(
    ("age_s", "text"), [(None, "seen by us"), (REMEMBERED_S - 1, "seen by us"), (7200, "seen by us, 2.0 h ago")]
)
def test_what_was_remembered_is_shown_with_its_age(age_s: int | None, text: str) -> None:
    assert basis_text(Basis("seen", age_s), "en") == text


def test_a_row_of_a_report_without_a_level_has_no_basis_and_says_nothing() -> None:
    assert basis_text(basis_of_row({}), "en") == ""
    assert basis_of_row({"level": "rumoured", "oldest_age_s": "9"}) == Basis()
    assert [basis_of_row({"level": level}).level for level in LEVEL_WORDS] == list(LEVEL_WORDS)
