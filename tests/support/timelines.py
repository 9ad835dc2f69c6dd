"""Timelines with every kind of day for tests of what draws them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from agent.report.timeline import GAP_CLASSES, NOT_DUE, NOT_KNOWN, Cell, Timeline, TimelineRow

TODAY = date(2026, 11, 24)
OPENED = datetime(2026, 10, 24, 6, 0, tzinfo=UTC)
SHORT = date(2026, 12, 8)
WHOLE = Cell(1.0, None, 0.0, "segments")
CLAIMED = Cell(1.0, None, 0.0, "day")
HOSTILE = (
    "<script>alert(1)</script>",
    "[bold red]x[/]",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202egpj.exe",
    'a" onload="x',
    "</title></svg>&amp;",
    "{days}{0}%s",
    "\ufffe\x00\ud800",
    "大门\u3000一号摄像机东侧入口处的半球",
    "e\u0301" * 40,
)


def row(name: str, *cells: Cell, floor_days: int = 30, text: str = "", short_on: date | None = None) -> TimelineRow:
    """Return a row with the given cells as its last days, and whole days before them."""
    count = floor_days + 3
    filled = (WHOLE,) * (count - len(cells)) + cells
    return TimelineRow(name, text, floor_days, filled, OPENED, OPENED, short_on)


def of_rows(*rows: TimelineRow) -> Timeline:
    """Return a timeline that ends today, as wide as its rows."""
    count = max(len(one.cells) for one in rows)
    return Timeline(tuple(TODAY - timedelta(days=ago) for ago in reversed(range(count))), rows)


def any_cell(chance: random.Random) -> Cell:
    """Return a day of any kind."""
    share = chance.choice((0.0, 0.3, 0.6, 0.9999))
    return chance.choice(
        (
            WHOLE,
            CLAIMED,
            NOT_KNOWN,
            NOT_DUE,
            Cell(None, "disk", 0.2),
            Cell(share, chance.choice(GAP_CLASSES), 1.0 - share, "segments"),
        )
    )


def many(cameras: int, floor_days: int, seed: int = 1) -> Timeline:
    """Return a timeline in which any day may be of any kind: the worst that there is to draw."""
    chance = random.Random(seed)
    count = min(floor_days + 3, 95)
    cells = [tuple(any_cell(chance) for _ in range(count)) for _ in range(cameras)]
    return of_rows(
        *(
            TimelineRow(f"c{n:02}", HOSTILE[n % len(HOSTILE)], floor_days, one, OPENED, OPENED, SHORT)
            for n, one in enumerate(cells)
        )
    )
