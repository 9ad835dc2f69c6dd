"""Pools several looks at one zone on one path, taken at different times, into one verdict. Pure Python, for the daemon.

One picture may be coded badly, or show people just where a mask ends. The odds of all decidable looks are averaged,
with lower limits than for a single look. Certainty is not voted down: a picture in which the zone plainly shows the
scene has left the camera. Doubts do not add up: looks that are all unsure never become a FAIL.

The odds of a look are those of one effect: the declared one, else that of the judge of its verdict. Odds of a look that
is unsure although they would decide do not count: it was overruled, mostly because another effect than the declared one
was found. Nor do those of an unsure look without another by the same judge: with any effect allowed, "0.94 by a blur"
and "0.94 by a colour" answer two questions.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from masking.model import Effect, Verdict

MOST_LOOKS: Final = 3
"""Only the newest count, so that a mask that was removed or mended shows soon."""

PASS_FROM: Final = 0.92
FAIL_TO: Final = 0.08
"""Pooled probabilities that decide; a single picture needs more (`forest.py`), for it may be the odd one out."""

CERTAIN_FAIL: Final = 0.005
"""A look that fails with a probability as low as this fails alone."""

PROBABILITY: Final = "hidden_probability"

MEASURED_BY: Final[dict[Effect, str]] = {"color": "covered_ratio", "pixelated": "block_px", "blurred": "sigma_px"}
"""A number of each judge (`opinions.py`) that no other one gives: it identifies whose odds they are."""

_SAYS_NOTHING: Final = ("no-texture", "no-border", "too-small", "bad-polygon")
"""Reasons of undecidable looks, which do not affect the others."""

_MOST_ODDS: Final = 5.0
"""No look counts for more than these log odds, nor for less than their negative."""

_FAILED_ODDS: Final = -3.0
_OVERRULED_ODDS: Final = 0.0
"""Log odds at most after a FAIL by a rule; and those after a rule prevented a decision, or without another by the same
judge.
"""

_OTHER_QUESTION: Final = "other-effect"
"""Why one with odds of the declared effect is unsure where another effect is found: hidden is another question."""


def pool(looks: Sequence[Verdict]) -> Verdict:
    """Combine the verdicts on one zone and path, oldest first, into one.

    The last MOST_LOOKS count. The result has the words and numbers of the newest one that agrees, except for
    `hidden_probability`, which is the pooled one, and `looks`, their number. Its reason is `several-looks` where only
    all together pass, and `looks-differ` where single ones decided but all together do not. FAIL needs at least one
    that fails. A single, or the only decidable, verdict stays as it is.

    Raises:
        ValueError: No verdicts, or of different zones.
    """
    if not looks or any(look.zone != looks[0].zone for look in looks):
        raise ValueError("pooled looks must be looks at one zone")
    newest_first = tuple(reversed(looks[-MOST_LOOKS:]))
    telling = [look for look in newest_first if look.reason not in _SAYS_NOTHING and _probability(look) is not None]
    if len(telling) < 2:
        return telling[0] if telling else newest_first[0]
    judges = [look.judge or judge_of(look.numbers) for look in telling]
    odds = sum(
        _odds(look, bool(judge) and judges.count(judge) > 1) for look, judge in zip(telling, judges, strict=True)
    ) / len(telling)
    probability = 1 / (1 + math.exp(-odds))
    failed = [look for look in telling if look.verdict == "FAIL"]
    certain = any((_probability(look) or 0.0) <= CERTAIN_FAIL for look in failed)
    decision: Literal["PASS", "FAIL", "UNSURE"] = "UNSURE"
    if certain or (failed and probability <= FAIL_TO):
        decision = "FAIL"
    elif probability >= PASS_FROM:
        decision = "PASS"
    same = next((look for look in telling if look.verdict == decision), None)
    if same is None:
        reason, text = _words(decision)
        same = replace(telling[0], verdict=decision, reason=reason, explanation=text)
    numbers = tuple((name, value) for name, value in same.numbers if name != PROBABILITY)
    pooled = ((PROBABILITY, round(probability, 6)), ("looks", float(len(telling))))
    return replace(same, numbers=(*pooled, *numbers))


def _words(decision: str) -> tuple[str, str]:
    if decision == "UNSURE":
        return "looks-differ", "Looks at different times differ, and together they do not decide."
    return "several-looks", "No single look is sure, but all together they show that the zone is hidden."


def _probability(look: Verdict) -> float | None:
    return next((value for name, value in look.numbers if name == PROBABILITY), None)


def judge_of(numbers: Sequence[tuple[str, float]]) -> Effect | Literal[""]:
    """Return which effect's judge measured these numbers; empty where they do not show it."""
    names = {name for name, _ in numbers}
    return next((effect for effect, name in MEASURED_BY.items() if name in names), "")


def _odds(look: Verdict, has_company: bool) -> float:
    probability = min(max(_probability(look) or 0.0, 1e-9), 1 - 1e-9)
    odds = min(max(math.log(probability / (1 - probability)), -_MOST_ODDS), _MOST_ODDS)
    if look.verdict == "FAIL":
        return min(odds, _FAILED_ODDS)
    overruled = abs(odds) > _DECIDING_ODDS or look.reason == _OTHER_QUESTION
    if look.verdict == "UNSURE" and (overruled or not has_company):
        return _OVERRULED_ODDS
    return odds


_DECIDING_ODDS: Final = math.log(0.95 / 0.05)
"""Where a single picture passes, and with a minus fails (`forest.PASS_FROM`, `FAIL_TO`, not importable here: that
module loads numpy).
"""
