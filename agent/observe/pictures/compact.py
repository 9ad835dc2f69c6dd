"""Encodes the memory of views and picture quality as compact plain data: 64 cameras write it in every cycle.

The samples that quality is learned from are packed: half-precision numbers, column by column, high and low bytes apart,
as one zlib stream in base 85. Half precision has three digits, far finer than any threshold.

Source: IEEE 754 binary16; RFC 1950.
"""

import base64
import math
import struct
import zlib
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.pictures.view_memory import LOOKS, CameraQuality, CameraView, IndicatorMark, SnapshotMark
from masking.quality.learning import COLUMNS, ROWS_MAX, ModeMemory, QualityMemory
from masking.view.model import LIGHT_MODES, LightMode, Movement, ViewSeen
from masking.view.persistence import CHECKS, ViewMemory

_HALF_MAX: Final = 65_504.0

Row = tuple[float | None, ...]


def view_data(view: CameraView) -> list[Json]:
    """Return a view as plain data."""
    memory = view.memory
    return [
        view.references,
        _seen_data(memory.settled) if memory.settled else None,
        [_seen_data(one) for one in memory.recent],
        memory.unjudged,
        view.held_at.isoformat() if view.held_at else None,
    ]


def view_from(data: Any) -> CameraView:
    """Return the view that `view_data` wrote. Raises ValueError or TypeError for anything else."""
    references, settled, recent, unjudged, held_at = data
    memory = ViewMemory(
        _seen_from(settled) if settled else None,
        tuple(_seen_from(one) for one in recent[-CHECKS:]),
        min(max(int(unjudged), 0), CHECKS),
    )
    return CameraView(str(references), memory, datetime.fromisoformat(held_at) if held_at else None)


def _seen_data(seen: ViewSeen) -> list[Json]:
    move = seen.movement
    return [
        seen.state, seen.reason, seen.light, seen.reference_light, round(seen.agreeing_ratio, 3), seen.quadrants,
        round(seen.aspect, 4),
        [round(number, 3) for number in
         (move.right_percent, move.down_percent, move.rotation_deg, move.zoom_percent, move.largest_percent)]
        if move else None,
    ]  # fmt: skip


def _seen_from(data: Any) -> ViewSeen:
    state, reason, light, reference, agreeing, quadrants, aspect, move = data
    if state not in ("still", "moved", "unknown"):
        raise ValueError("no state of a view")
    return ViewSeen(
        state, str(reason), _light(light), _light(reference) if reference else None, float(agreeing), int(quadrants),
        float(aspect), Movement(*(float(number) for number in move)) if move else None,
    )  # fmt: skip


def quality_data(quality: CameraQuality) -> list[Json]:
    """Return a camera's quality as plain data."""
    return [
        quality.references,
        quality.memory.last_light,
        [
            [mode.light, mode.since.isoformat(), mode.until.isoformat(), mode.stride, mode.passed, *packed(mode.rows)]
            for mode in quality.memory.modes
        ],
        list(quality.shifts),
        _marks_data(quality.marks),
        _snapshot_data(quality.snapshot),
    ]


def quality_from(data: Any) -> CameraQuality:
    """Return what `quality_data` wrote. Raises ValueError or TypeError for anything else."""
    references, last_light, modes, shifts, marks, *snapshot = data  # release 0.1 wrote no snapshot
    memory = QualityMemory(tuple(_mode(*mode) for mode in modes), _light(last_light) if last_light else None)
    newest = _snapshot_from(snapshot[0]) if snapshot and snapshot[0] else None
    moved = tuple(float(shift) for shift in shifts)
    return CameraQuality(str(references), memory, moved, tuple(_marks_from(marks)), newest)


def _snapshot_data(mark: SnapshotMark | None) -> Json:
    return [mark.digest, mark.since.isoformat(), mark.at.isoformat(), mark.looks] if mark else None


def _snapshot_from(data: Any) -> SnapshotMark:
    digest, since, at, looks = data
    first, last = datetime.fromisoformat(since), datetime.fromisoformat(at)
    return SnapshotMark(str(digest), first, last, min(max(int(looks), 1), LOOKS))


def _mode(light: Any, since: str, until: str, stride: Any, passed: Any, width: Any, text: Any) -> ModeMemory:
    first, last = datetime.fromisoformat(since), datetime.fromisoformat(until)
    return ModeMemory(_light(light), first, last, max(int(stride), 1), max(int(passed), 0), unpacked(width, text))


def packed(rows: tuple[Row, ...]) -> tuple[int, str]:
    """Return the width of the longest row, and all rows packed; short rows are padded with NaN."""
    columns = list(zip_longest(*rows))
    halves = b"".join(struct.pack(">e", _half(value)) for column in columns for value in column)
    return len(columns), base64.b85encode(zlib.compress(halves[::2] + halves[1::2], 9)).decode("ascii")


def unpacked(width: Any, text: Any) -> tuple[Row, ...]:
    """Return the rows that `packed` packed. Raises ValueError or TypeError for anything else."""
    columns = int(width)
    if not 0 <= columns <= COLUMNS:
        raise ValueError("too many numbers in a row")
    limit = 2 * columns * ROWS_MAX
    try:
        data = zlib.decompressobj().decompress(base64.b85decode(text), limit + 1)
    except zlib.error:
        raise ValueError("rows that cannot be unpacked") from None
    if len(data) > limit or (columns and len(data) % (2 * columns)) or (data and not columns):
        raise ValueError("rows of another size")
    half = len(data) // 2
    values = [_finite(struct.unpack(">e", bytes(pair))[0]) for pair in zip(data[:half], data[half:], strict=True)]
    count = len(values) // columns if columns else 0
    return tuple(tuple(values[column * count + row] for column in range(columns)) for row in range(count))


def _half(value: float | None) -> float:
    return math.nan if value is None else min(max(value, -_HALF_MAX), _HALF_MAX)


def _finite(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None


def _marks_data(marks: tuple[IndicatorMark, ...]) -> list[Json]:
    """Return marks grouped by their time: those of one picture share it."""
    times: dict[datetime, list[Json]] = {}
    for mark in marks:
        numbers: list[Json] = [mark.bad_looks, mark.value, mark.usual, mark.limit] if mark.bad_looks else []
        times.setdefault(mark.at, []).append([mark.indicator, *numbers] if numbers else mark.indicator)
    return [[at.isoformat(), *ones] for at, ones in times.items()]


def _marks_from(data: Any) -> list[IndicatorMark]:
    marks = []
    for at, *ones in data:
        for one in ones:
            name, looks, *numbers = (one, 0) if isinstance(one, str) else one
            known = (None if number is None else float(number) for number in numbers)
            marks.append(IndicatorMark(str(name), datetime.fromisoformat(at), min(max(int(looks), 0), LOOKS), *known))
    return marks


def _light(value: Any) -> LightMode:
    for mode in LIGHT_MODES:
        if value == mode:
            return mode
    raise ValueError("no light mode")
