"""What a paper is worth: one sentence with the version, and the error rates that benches measured, none invented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.judge.checks.table import CHECKS
from agent.report.indication import RATES, Rate, error_rates, indication
from agent.version import VERSION

PAGE = Path(__file__).parents[2] / "masking" / "README.md"
MEASURED = {
    name: (float(value), int(count))
    for name, value, count in re.findall(
        r"^\| \w+ \| `(\w+)` \| ([\d.]+)[ ,].*\| (\d+) \|$", PAGE.read_text("utf-8"), re.M
    )
}
"""Each figure of the page: its value, and of how many."""


def _missed(rate: Rate) -> float:
    """Return the share of faults that went through, by the page: some figures count what was found."""
    value, _ = MEASURED[rate.figures[0]]
    return value if rate.figures[0].endswith("_wrong_pass_ratio") else round(1 - value, 4)


def test_the_sentence_names_the_version_in_both_languages() -> None:
    assert indication("en") == f"Technical indication, no legal finding (camwarden {VERSION})."
    assert VERSION in indication("zh_CN") and "\u4e0d\u6784\u6210\u6cd5\u5f8b\u8ba4\u5b9a" in indication("zh_CN")


@pytest.mark.parametrize("check", RATES)
def test_each_rate_is_the_one_that_its_bench_measured(check: str) -> None:
    assert check in {one.id for one in CHECKS}
    for rate in RATES[check]:
        assert (rate.missed_ratio, rate.missed_of) == (_missed(rate), MEASURED[rate.figures[0]][1]), rate.what
        if len(rate.figures) == 1:
            assert rate.false_ratio is None, "no bench measures it alone"
            continue
        value, count = MEASURED[rate.figures[1]]
        per = 1000 if rate.figures[1].endswith("_per_1000") else 1
        assert (rate.false_ratio, rate.false_of) == (value / per, count), rate.what


def test_a_check_that_no_bench_measured_says_so() -> None:
    lines = error_rates(("privacy-mask-effective", "clock-offset", "retention-days"), {}, "en")
    assert lines[0][0] == "privacy-mask-effective"
    solid = RATES["privacy-mask-effective"][0]
    assert lines[0][1].startswith(f"masks of one colour: {100 * solid.missed_ratio:g} % of {solid.missed_of} missed; ")
    assert "wrongly failed" in lines[0][1]
    assert lines[1:] == (("", "2 other checks: error rates not measured"),)
    assert error_rates(("clock-offset",), {}, "en") == (("", "error rates of the checks: not measured"),)
    assert error_rates((), {}, "en") == ()
