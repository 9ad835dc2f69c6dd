"""Encodes and parses the framing of a picture: what is known of it, and what the child found. Plain values.

A child's answer is a few numbers, each of a type and in a range; a framing outside of what paths of one camera differ
in is refused as one that the child made up.
"""

import base64
from collections.abc import Sequence
from typing import Any, Final

from masking.model import Judged, Zone
from masking.view.framing import SCALE_MOST, content, framed, is_beside, plausible
from masking.view.model import Bars, Framing, FramingJob, FramingSeen
from masking.worker.wire import WireError, integer, number_in, word
from masking.worker.wire_study import polygons

NOT_SHOWN: Final = "not-shown"
"""Why a zone passes that lies outside of what the picture shows."""

_TURNS: Final = (0, 90, 180, 270)
_FAR: Final = SCALE_MOST + 1
_BARS_MOST: Final = 0.5


def framing_job_message(asked: FramingJob | None) -> dict[str, Any]:
    """The question for a framing in a job's header; empty for None."""
    if asked is None:
        return {}
    return {
        "framing": {
            "references": [base64.b64encode(one).decode() for one in asked.references],
            "excluded": asked.excluded,
            "derived": [base64.b64encode(one).decode() for one in asked.derived],
            "known": None if asked.known is None else _framing_message(asked.known),
            "known_size": asked.known_size,
            "search": asked.search,
        }
    }


def framing_job_of(header: dict[str, Any]) -> FramingJob | None:
    """The question for a framing of a job's header, in the child (which trusts its parent)."""
    said = header.get("framing")
    if said is None:
        return None
    references, derived = (tuple(base64.b64decode(one) for one in said[name]) for name in ("references", "derived"))
    known = None if said["known"] is None else _read_framing(said["known"])
    wide, high = said["known_size"]
    return FramingJob(
        references, polygons(said["excluded"]), derived, known, (int(wide), int(high)), bool(said["search"])
    )


def framing_message(seen: FramingSeen | None) -> dict[str, Any]:
    """A framing in a child's answer; empty for None."""
    if seen is None:
        return {}
    return {
        "framing": {
            "state": seen.state,
            "reason": seen.reason,
            "framing": None if seen.framing is None else _framing_message(seen.framing),
            "bars": [round(one, 6) for one in (seen.bars.left, seen.bars.top, seen.bars.right, seen.bars.bottom)],
            "hinted": seen.hinted,
            "agreeing_ratio": round(seen.agreeing_ratio, 6),
            "tiles": seen.tiles,
            "quadrants": seen.quadrants,
        }
    }


def read_framing_seen(answer: dict[str, Any], asked: FramingJob | None) -> FramingSeen | None:
    """Parse the framing of a child's answer. Raises WireError, also for one that nobody asked for."""
    said = answer.get("framing")
    if asked is None:
        if said is not None:
            raise WireError("a framing that nobody asked for")
        return None
    if not isinstance(said, dict) or not isinstance(said.get("hinted"), bool):
        raise WireError("no framing")
    state, bars = said.get("state"), said.get("bars")
    if state not in ("found", "held", "unknown") or not isinstance(bars, list) or len(bars) != 4:
        raise WireError("an unknown state of a framing")
    edges = Bars(*(number_in(one, 0, _BARS_MOST) for one in bars))
    framing = None if said.get("framing") is None else _read_framing(said["framing"])
    if (framing is None) != (state == "unknown") or (state == "held" and framing != asked.known):
        raise WireError("a framing that does not fit its state")
    if state == "found" and framing is not None and not (asked.references and plausible(framing, edges)):
        raise WireError("a framing that no path has")
    return FramingSeen(
        state=state, reason=word(said.get("reason")), framing=framing, bars=edges, hinted=said["hinted"],
        agreeing_ratio=number_in(said.get("agreeing_ratio"), 0, 1), tiles=integer(said.get("tiles"), 0, 1000),
        quadrants=integer(said.get("quadrants"), 0, 4),
    )  # fmt: skip


def check_not_shown(judged: Judged, zones: Sequence[Zone]) -> None:
    """Raise WireError where a zone is excused as not shown, and the framing of the answer does not say so."""
    seen = judged.framing
    for verdict, zone in zip(judged.verdicts, zones, strict=True):
        if verdict.reason == NOT_SHOWN:
            found = seen.framing if seen is not None and seen.state == "found" else None
            if seen is None or found is None or not is_beside(framed(found, zone.polygon), content(seen.bars)):
                raise WireError("a zone that would be shown is excused as not shown")


def _framing_message(framing: Framing) -> list[float | bool]:
    numbers = (framing.scale_x, framing.scale_y, framing.offset_x, framing.offset_y)
    return [framing.turn_deg, framing.mirrored, *numbers]


def _read_framing(value: object) -> Framing:
    if not isinstance(value, list) or len(value) != 6 or not isinstance(value[1], bool):
        raise WireError("a framing that is none")
    turn = integer(value[0], 0, 270)
    if turn not in _TURNS:
        raise WireError("a turn by no quarters")
    scale_x, scale_y = (number_in(one, 1 / _FAR, _FAR) for one in value[2:4])
    offset_x, offset_y = (number_in(one, -_FAR, _FAR) for one in value[4:])
    return Framing(
        turn_deg=turn, mirrored=value[1], scale_x=scale_x, scale_y=scale_y, offset_x=offset_x, offset_y=offset_y
    )
