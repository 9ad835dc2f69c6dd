"""Encodes a timeline for a config report: two characters per day, so that 64 cameras of 95 days take 12 KB. Pure.

`recorded`, oldest day first: `F` complete by its segments; `f` complete as the recorder reports the day; `+` less than
1 % missing; `1` to `9` tenths recorded; `0` nothing; `?` unknown; `_` camera not in use. `gaps`, the main cause: `c`
camera off, `r` recorder off, `d` disk, `u` unknown, `p` not planned, `k` not retained, `-` nothing known to be missing.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from agent.model.finding import Json
from agent.report.timeline import NOT_DUE, NOT_KNOWN, SMALL_RATIO, Cell, GapClass, Timeline, TimelineRow

CODES: Mapping[str, GapClass] = {
    "c": "camera-off",
    "r": "recorder-off",
    "d": "disk",
    "u": "unknown",
    "p": "not-planned",
    "k": "not-kept",
}
_LETTERS = {cause: code for code, cause in CODES.items()}


def row_json(row: TimelineRow, until: date) -> dict[str, Json]:
    """Return the timeline of one camera for a report; `until` is the day of the last cell."""
    return {
        "until": until.isoformat(),
        "floor_days": row.floor_days,
        "recorded": "".join(map(_share_code, row.cells)),
        "gaps": "".join(_LETTERS[cell.gap] if cell.kind == "gap" and cell.gap else "-" for cell in row.cells),
        "short_on": row.short_on.isoformat() if row.short_on else None,
    }


def parse_timeline(cameras: Iterable[Mapping[str, Any]], proven: Mapping[str, datetime]) -> Timeline | None:
    """Return the timeline of the `cameras` of a config report; None where no camera has `retention.timeline`.

    `proven`: the oldest opened moment by camera id, from the findings.
    """
    told = [(c, c["retention"]["timeline"]) for c in cameras if (c["retention"] or {}).get("timeline")]
    if not told:
        return None
    last = max(date.fromisoformat(line["until"]) for _, line in told)
    count = max(len(line["recorded"]) + (last - date.fromisoformat(line["until"])).days for _, line in told)
    rows = []
    for camera, line in told:
        cells = [_cell(*codes) for codes in zip(line["recorded"], line["gaps"], strict=False)]
        cells += [NOT_KNOWN] * (last - date.fromisoformat(line["until"])).days
        oldest, short_on = camera["retention"]["oldest_at"], line["short_on"]
        rows.append(
            TimelineRow(
                camera["id"],
                camera["name"],
                line["floor_days"],
                (NOT_KNOWN,) * (count - len(cells)) + tuple(cells),
                datetime.fromisoformat(oldest) if oldest else None,
                proven.get(camera["id"]),
                date.fromisoformat(short_on) if short_on else None,
            )
        )
    days = tuple(last - timedelta(days=ago) for ago in reversed(range(count)))
    return Timeline(days, tuple(rows))


def _share_code(cell: Cell) -> str:
    if not cell.due:
        return "_"
    if cell.recorded_ratio is None:
        return "?"
    if cell.kind != "gap":
        return "F" if cell.kind == "whole" else "f"
    if cell.recorded_ratio > 1.0 - SMALL_RATIO:
        return "+"
    return str(max(1, min(9, round(10 * cell.recorded_ratio)))) if cell.recorded_ratio > 0 else "0"


def _cell(share: str, gap: str) -> Cell:
    """Return a day from its two characters; unknown codes are an unknown day."""
    cause = CODES.get(gap)
    if share == "_":
        return NOT_DUE
    if share in ("F", "f"):
        return Cell(1.0, None, 0.0, "segments" if share == "F" else "day")
    if cause is None:
        return NOT_KNOWN
    if share not in "+0123456789":
        return Cell(None, cause, 0.5)
    ratio = 1.0 - SMALL_RATIO / 2 if share == "+" else int(share) / 10
    return Cell(ratio, cause, round(1.0 - ratio, 4), "segments")
