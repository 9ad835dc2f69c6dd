"""The exit code of a set of findings is that of the worst; a login that was refused is told by its cause alone."""

from __future__ import annotations

import pytest

from agent.model import exits
from agent.model.exits import exit_code, refused
from agent.model.finding import Finding, Message, Source, Status


def finding(status: Status, reason: str = "", caused_by: str = "") -> Finding:
    return Finding(
        "clock-offset", "device:box", status, "major", Message("it is"), Source("a", "b"), reason, {}, caused_by
    )


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ((), exits.OK),
        ((finding("pass"), finding("warn"), finding("not_applicable")), exits.OK),
        ((finding("pass"), finding("unknown", "deadline")), exits.UNCHECKED),
        ((finding("unknown", "deadline"), finding("unknown", "refused")), exits.REFUSED),
        ((finding("unknown", "not-tried"),), exits.REFUSED),
        ((finding("fail"), finding("unknown", "refused")), exits.FAILS),
    ],
)
def test_the_worst_finding_decides(found: tuple[Finding, ...], code: int) -> None:
    assert exit_code(found) == code


def test_what_hangs_on_something_else_is_no_refused_login() -> None:
    hangs = finding("unknown", "refused", "camera-online camera:gate")
    assert refused((hangs,)) == ()
    assert exit_code((hangs,)) == exits.UNCHECKED
