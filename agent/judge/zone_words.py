"""Returns the one word that every door shows of a zone on a path: that of the check, never the picture's own. Pure.

A picture's opinion (`ZoneVerdict`) is a reason behind it. What only a person's approval answers, as of a blur that a
pane of glass would show as well, stays unknown until then, at the terminal, in papers and on the local page alike.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from agent.judge.check import Check
from agent.judge.checks.pictures.glass import LIKE_GLASS, may_be_glass
from agent.judge.checks.pictures.hidden import hidden
from agent.judge.claim import Broken, Held, Open, Outcome
from agent.judge.verdict import in_time
from agent.model.finding import Status
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig
from drivers.picture import PathName, ZoneVerdict

Word = Literal["PASS", "FAIL", "UNSURE"]

_STATUSES: Final[Mapping[Word, Status]] = {"PASS": "pass", "FAIL": "fail", "UNSURE": "unknown"}

NOT_JUDGED: Final = "not-judged"


@dataclass(frozen=True, slots=True)
class ZoneWord:
    """The word of the check on a zone in the pictures of a path, its reason, and the picture's own opinion."""

    path: PathName
    zone: str
    verdict: Word
    reason: str
    picture: ZoneVerdict

    @property
    def status(self) -> Status:
        """Return the word as a status."""
        return _STATUSES[self.verdict]


def zone_words(check: Check, facts: Facts, camera: CameraConfig, now: datetime) -> tuple[ZoneWord, ...]:
    """Return the word on each zone and path of which a picture tells, in the order in which they were seen.

    Args:
        check: The check of what is hidden: its obligations say how old evidence may be.
        facts: The facts of a look, as the check is given them.
        camera: A camera, with the zones that are in force.
        now: The time of the look.
    """
    found = hidden(facts, camera, now) if camera.zones else {}
    due: dict[tuple[str, str], Outcome] = dict(zip(found, in_time(replace(check, at=now), found.values()), strict=True))
    return tuple(
        _word(one, due.get((one.zone, one.path))) for one in facts.all(f"camera:{camera.camera.id}", ZoneVerdict)
    )


def drawn_words(facts: Facts, camera: CameraConfig, verdicts: Iterable[ZoneVerdict]) -> tuple[ZoneWord, ...]:
    """Return the words on zones that are only drawn yet, in pictures at hand: what nobody approved is unknown."""
    return tuple(
        ZoneWord(one.path, one.zone, "UNSURE", LIKE_GLASS, one)
        if one.verdict == "PASS" and may_be_glass(facts, camera, one)
        else ZoneWord(one.path, one.zone, one.verdict, one.reason, one)
        for one in verdicts
    )


def _word(one: ZoneVerdict, outcome: Outcome | None) -> ZoneWord:
    match outcome:
        case Held():
            return ZoneWord(one.path, one.zone, "PASS", one.reason, one)
        case Broken(reason=reason):
            return ZoneWord(one.path, one.zone, "FAIL", reason, one)
        case Open(reason=reason):
            return ZoneWord(one.path, one.zone, "UNSURE", reason, one)
    # Of what is not due here, nothing is proven; a bare picture is told all the same.
    return ZoneWord(one.path, one.zone, "FAIL" if one.verdict == "FAIL" else "UNSURE", one.reason or NOT_JUDGED, one)
