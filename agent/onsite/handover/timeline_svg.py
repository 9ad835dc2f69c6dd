"""Renders the timeline (days x cameras) as SVG for paper. Pure; every value from a device or a person is escaped.

Readable without colour: what is missing is hatched, each cause with lines of its own, and a line marks the floor.
"""

from collections.abc import Iterator, Mapping
from html import escape
from unicodedata import east_asian_width

from agent.model.finding import Message
from agent.report.timeline import GAP_CLASSES, GAP_WORDS, Cell, Timeline, TimelineRow
from agent.text.harmless import printable
from agent.text.translate import render, together, translate

ROWS_PER_PLOT = 28
"""So many fit on one A4 page across, with dates and legend."""

NAME_PX = 190
DAYS_PX = 700
NOTES_PX = 152
NOTE_AT_PX = 24
NOTE_PX = 66
ROW_PX = 18
BAR_PX = 12
HEAD_PX = 34
GAP_MIN_PX = 6
"""However little of a day is missing, so much of its bar is hatched: with less of it, causes look alike on paper."""
NAME_CELLS = 26
GAPS_TOLD = 8

INK = "#1c2127"
GREY = "#5f6672"
FILLS: Mapping[str, str] = {
    "whole": "#5b7fa8",
    "claimed": "#bccde0",
    "not-known": "url(#tl-not-known)",
    "not-kept": "#ffffff",
    **{cause: f"url(#tl-{cause})" for cause in GAP_CLASSES if cause != "not-kept"},
}
_WORDS: Mapping[str, str] = {
    "whole": "recorded",
    "claimed": "recorded, as the recorder sums the day up",
    **{str(cause): words for cause, words in GAP_WORDS.items()},
    "not-known": "not known",
}
_LINES: Mapping[str, str] = {
    "camera-off": "M-1,7L7,-1M-1,1L1,-1M5,7L7,5",
    "recorder-off": "M-1,-1L7,7M5,-1L7,1M-1,5L1,7",
    "disk": "M0,0L6,6M0,6L6,0",
    "unknown": "M1,0V6M4,0V6",
    "not-planned": "M1,1h1M4,4h1",
    "not-known": "M0,1.5H6M0,4.5H6",
}
_INKS: Mapping[str, str] = {
    "camera-off": "#b3261e",
    "recorder-off": "#7a0f0a",
    "disk": "#6a1b7a",
    "unknown": INK,
    "not-planned": GREY,
    "not-known": "#b4bac4",
}


def timeline_svgs(shown: Timeline, lang: str) -> tuple[str, ...]:
    """Render a timeline as plots of at most `ROWS_PER_PLOT` cameras, each with its dates and legend."""
    starts = range(0, len(shown.rows), ROWS_PER_PLOT)
    return tuple(timeline_svg(Timeline(shown.days, shown.rows[s : s + ROWS_PER_PLOT]), lang) for s in starts)


def timeline_svg(shown: Timeline, lang: str) -> str:
    """Render one plot: days from left to right, today last; empty where there are no cameras."""
    if not shown.rows or not shown.days:
        return ""
    cell_px = max(1, DAYS_PX // len(shown.days))
    right = NAME_PX + cell_px * len(shown.days)
    bottom = HEAD_PX + ROW_PX * len(shown.rows)
    paths = _paths(shown.rows, cell_px)
    legend, legend_px = _legend(tuple(paths), right + NOTES_PX, bottom + 12, lang)
    named = {"from_day": shown.days[0].isoformat(), "until_day": shown.days[-1].isoformat()}
    title = render(Message("footage of each camera from {from_day} to {until_day}", named), lang)
    height = bottom + 12 + legend_px
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right + NOTES_PX} {height}" role="img" '
        f'aria-label="{_escaped(title)}" font-size="11" fill="{INK}" '
        f"font-family=\"system-ui,'Noto Sans CJK SC','WenQuanYi Micro Hei',sans-serif\">",
        *_patterns(paths),
        *_axis(shown, cell_px, bottom, lang),
        *(f'<path d="{d}" fill="{FILLS[kind]}"{_outline(kind)}/>' for kind, d in paths.items()),
        *_rows(shown, right, lang),
        _floor_lines(shown.rows, cell_px),
        *legend,
        "</svg>",
    ]
    return "\n".join(parts)


def _paths(rows: tuple[TimelineRow, ...], cell_px: int) -> dict[str, str]:
    """Return the filled paths by kind: equal days in a row are one rectangle."""
    drawn: dict[str, list[str]] = {kind: [] for kind in _WORDS}
    for number, row in enumerate(rows):
        top = HEAD_PX + number * ROW_PX + (ROW_PX - BAR_PX) // 2
        start = 0
        while start < len(row.cells):
            shape = _shape(row.cells[start])
            end = start + 1
            while end < len(row.cells) and _shape(row.cells[end]) == shape:
                end += 1
            below = top
            for kind, height in shape:
                left, width = NAME_PX + start * cell_px, (end - start) * cell_px
                drawn[kind].append(f"M{left},{below}h{width}v{height}h-{width}z")
                below += height
            start = end
    return {kind: "".join(pieces) for kind, pieces in drawn.items() if pieces}


def _shape(cell: Cell) -> tuple[tuple[str, int], ...]:
    """Return the parts of a day's bar from above: kind and height. The missing part is above the present one."""
    if cell.kind == "not-due":
        return ()
    if cell.gap is None:
        return (("not-known" if cell.kind == "unknown" else cell.kind, BAR_PX),)
    missing = 1.0 - cell.recorded_ratio if cell.recorded_ratio is not None else cell.missing_ratio
    gap_px = min(BAR_PX, max(GAP_MIN_PX, round(BAR_PX * missing)))
    if gap_px == BAR_PX:
        return ((cell.gap, BAR_PX),)
    rest = "not-known" if cell.recorded_ratio is None else "whole" if cell.level == "segments" else "claimed"
    return (cell.gap, gap_px), (rest, BAR_PX - gap_px)


def _outline(kind: str) -> str:
    if kind in ("whole", "claimed", "not-known"):
        return ""
    return f' stroke="{GREY if kind == "not-kept" else INK}" stroke-width="0.5"'


def _patterns(paths: Mapping[str, str]) -> Iterator[str]:
    yield "<defs>"
    for kind, lines in _LINES.items():
        if kind in paths:
            yield (
                f'<pattern id="tl-{kind}" width="6" height="6" patternUnits="userSpaceOnUse">'
                f'<rect width="6" height="6" fill="#ffffff"/><path d="{lines}" stroke="{_INKS[kind]}"/></pattern>'
            )
    yield "</defs>"


def _axis(shown: Timeline, cell_px: int, bottom: int, lang: str) -> Iterator[str]:
    """Yield a date each week, today's last, and above them from where on how much is due."""
    last = len(shown.days) - 1
    for place in range(last, -1, -7):
        x = NAME_PX + place * cell_px + cell_px // 2
        yield f'<path d="M{x},{HEAD_PX - 4}V{bottom}" stroke="#d9dde3"/>'
        yield f'<text x="{x}" y="{HEAD_PX - 8}" text-anchor="middle" fill="{GREY}">{shown.days[place]:%m-%d}</text>'
    label_until = 0
    for row in sorted(shown.rows, key=lambda one: one.first_due):
        x = NAME_PX + row.first_due * cell_px
        if x >= label_until:
            due = render(Message("{days} days are due: those right of the line", {"days": row.floor_days}), lang)
            yield f'<text x="{x}" y="11">{_escaped(due)}</text>'
            label_until = x + 6 * _cells(due) + 12
    x = NAME_PX + len(shown.days) * cell_px + NOTE_AT_PX
    yield f'<text x="{x}" y="{HEAD_PX - 8}" fill="{GREY}">{_escaped(translate("plays from", lang))}</text>'
    if any(row.short_on for row in shown.rows):
        short = _escaped(translate("short on", lang))
        yield f'<text x="{x + NOTE_PX}" y="{HEAD_PX - 8}" fill="{GREY}">{short}</text>'


def _rows(shown: Timeline, right: int, lang: str) -> Iterator[str]:
    for number, row in enumerate(shown.rows):
        y = HEAD_PX + number * ROW_PX + 13
        label = f"{row.camera_id} {row.name}" if row.name and row.name != row.camera_id else row.camera_id
        opened = f"{row.proven_at:%m-%d}" if row.proven_at else "?"
        yield f"<g><title>{_escaped(_description(shown, row, lang))}</title>"
        yield f'<text x="0" y="{y}">{_escaped(_shorten(printable(label)))}</text></g>'
        yield f'<text x="{right + NOTE_AT_PX}" y="{y}">{opened}</text>'
        if row.short_on:
            yield f'<text x="{right + NOTE_AT_PX + NOTE_PX}" y="{y}" font-weight="bold">{row.short_on:%m-%d}</text>'


def _description(shown: Timeline, row: TimelineRow, lang: str) -> str:
    """Describe a row in words, for a reader who points at its name or cannot see it."""
    gaps = [
        f"{day.isoformat()} {translate(GAP_WORDS[cell.gap], lang)}"
        for day, cell in zip(shown.days, row.cells, strict=True)
        if cell.kind == "gap" and cell.gap and cell.gap != "not-kept"
    ]
    more = [f"+{len(gaps) - GAPS_TOLD}"] if len(gaps) > GAPS_TOLD else []
    return together([f"{row.camera_id} {row.name}", *gaps[-GAPS_TOLD:], *more], lang, "; ")


def _floor_lines(rows: tuple[TimelineRow, ...], cell_px: int) -> str:
    places = ((NAME_PX + row.first_due * cell_px, HEAD_PX + n * ROW_PX) for n, row in enumerate(rows))
    lines = "".join(f"M{x},{y}v{ROW_PX}" for x, y in places)
    return f'<path d="{lines}" stroke="{INK}" stroke-width="2"/>'


def _legend(kinds: tuple[str, ...], width: int, top: int, lang: str) -> tuple[list[str], int]:
    """Return the legend of the drawn kinds, and its height."""
    parts: list[str] = []
    x, y = 0, top
    for kind in kinds:
        word = translate(_WORDS[kind], lang)
        entry_px = 24 + 6 * _cells(word) + 18
        if x and x + entry_px > width:
            x, y = 0, y + ROW_PX
        outline = _outline(kind) or f' stroke="{GREY}" stroke-width="0.5"'
        parts.append(f'<path d="M{x + 1},{y}h18v{BAR_PX}h-18z" fill="{FILLS[kind]}"{outline}/>')
        parts.append(f'<text x="{x + 24}" y="{y + 10}">{_escaped(word)}</text>')
        x += entry_px
    return parts, y - top + ROW_PX


def _escaped(text: str) -> str:
    return escape(printable(text))


def _cells(text: str) -> int:
    """Return the width of a text; a wide character takes two. Source: Unicode Standard Annex 11."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _shorten(text: str) -> str:
    if _cells(text) <= NAME_CELLS:
        return text
    kept = ""
    for character in text:
        if _cells(kept + character) > NAME_CELLS - 1:
            break
        kept += character
    return kept + "\u2026"
