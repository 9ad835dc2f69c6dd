"""Classifies the checks by whether they can answer: some are in the table, and nothing reads yet what they need. Pure.

A check that is always unknown keeps a duty in sight and checks nothing; whoever counts what is checked has to know it.
"""

from typing import Final, Literal

from agent.judge.checks.known import KNOWN

Answers = Literal["yes", "in-part", "not-yet"]

NOT_YET: Final = frozenset({"export-log-present", "view-library-keepalive"})
"""Checks that are unknown wherever they are due: nothing reads what they ask for."""

IN_PART: Final = frozenset({"access-register-match", "osd-compliant"})
"""Checks that can find a breach and never pass: the rest of what they ask for is read by nothing."""


def answers(check: str) -> Answers:
    """Return whether a check, by its id, answers what it asks; one that is in no table does not."""
    if check not in KNOWN or check in NOT_YET:
        return "not-yet"
    return "in-part" if check in IN_PART else "yes"
