"""The level of GB 35114 is declared; a certificate that a self-test saw warns before it ends, and fails after."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from duty_sites import FACTS, declared_site, judged, verdict, word
from sites import DAY, NOW

from agent.observe.facts.facts import Facts
from agent.observe.facts.platform_told import COUNTS_FOR, DeviceTold

CHECK = "secure-device-level"
SITE = declared_site()


def shown(days: float | None, scheme: str = "Capability", age: timedelta = DAY) -> Facts:
    until = None if days is None else NOW + timedelta(days=days)
    told = DeviceTold(site="dt0001", device="box", at=NOW - age, scheme=scheme, certificate_until=until)
    return replace(FACTS, platform_told={"box": told})


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (400, ("pass", "")), (60, ("pass", "")), (59.9, ("warn", "expires-within-60-days")),
        (29, ("warn", "expires-within-30-days")), (6, ("warn", "expires-within-7-days")),
        (0.5, ("warn", "expires-within-7-days")), (-0.5, ("fail", "certificate-ended")), (None, ("pass", "")),
    ],
)  # fmt: skip
def test_a_certificate_warns_before_it_ends(days: float | None, expected: tuple[str, str]) -> None:
    assert verdict(CHECK, SITE, shown(days)) == expected


def test_a_pass_names_how_devices_register_and_whose_key_was_proven() -> None:
    (finding,) = judged(CHECK, SITE, shown(400))
    assert (finding.evidence["by_certificate"], finding.evidence["key_proven"]) == ({"box": "Capability"}, [])
    facts = shown(400)
    proven = {"box": replace(facts.platform_told["box"], key_proven=True)}
    (other,) = judged(CHECK, SITE, replace(facts, platform_told=proven))
    assert (other.status, other.evidence["key_proven"]) == ("pass", ["box"])
    assert {one.level for one in finding.rests_on} == {"told", "declared"}
    (without,) = judged(CHECK, SITE, FACTS)
    assert "key_proven" not in without.evidence and {one.level for one in without.rests_on} == {"declared"}


@pytest.mark.parametrize("facts", [shown(-9, scheme=""), shown(-9, age=COUNTS_FOR + DAY)])
def test_a_password_or_an_old_self_test_says_nothing(facts: Facts) -> None:
    assert verdict(CHECK, SITE, facts) == ("pass", "")


def test_a_certificate_declares_no_level() -> None:
    assert verdict(CHECK, declared_site(without=(CHECK,)), shown(400))[0] == "unknown"
    assert verdict(CHECK, declared_site(word(CHECK, "none")), shown(400)) == ("not_applicable", "none")
