"""Prints the timeline (days x cameras) of `check --timeline`. Names from devices are text, never markup.

One character is a day, or the worst of some days where the terminal is narrow. Every character has its meaning without
colour; colour only repeats it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from agent.model.finding import Message
from agent.observe.footage.days import MARGIN_DAYS
from agent.report.timeline import (
    GAP_CLASSES,
    GAP_WORDS,
    SMALL_RATIO,
    Cell,
    GapClass,
    Timeline,
    TimelineRow,
    group_spans,
    worst_cell,
)
from agent.text.harmless import printable
from agent.text.translate import render, translate

NAME_CELLS_MAX = 20
NAME_CELLS_NARROW = 8
NAME_CELLS_MIN = 4
CELLS_MIN = 6
LABEL_EVERY = 7
LABEL_CELLS = 5

LETTERS: dict[GapClass, str] = {"camera-off": "C", "recorder-off": "R", "disk": "D", "unknown": "X", "not-planned": "P"}
STYLES: dict[str, str] = {
    "camera-off": "red",
    "recorder-off": "bold red",
    "disk": "bold magenta",
    "unknown": "bold yellow",
    "not-planned": "cyan",
    "not-kept": "dim",
}


@dataclass(frozen=True, slots=True)
class _Glyphs:
    """The characters that are no letters, each one cell wide."""

    whole: str
    claimed: str
    small: str
    not_kept: str
    floor: str
    tick: str
    ellipsis: str


_UNICODE = _Glyphs("\u2588", "\u2592", "\u2587", "\u00b7", "\u2502", "\u2577", "\u2026")
_ASCII = _Glyphs("#", "=", "%", ".", "|", "'", "~")


@dataclass(frozen=True, slots=True)
class TimelineTable:
    """A timeline that fits itself into its terminal; `lang` is the reader's language."""

    timeline: Timeline
    lang: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines: a block per floor under its own dates, and the legend."""
        glyphs = _ASCII if options.ascii_only else _UNICODE
        if not self.timeline.rows:
            yield Text(translate("no camera is declared as recorded: there is no timeline", self.lang))
            return
        drawn: list[Cell] = []
        for floor in sorted({row.floor_days for row in self.timeline.rows}):
            block = _block(self.timeline, floor, options.max_width, glyphs, self.lang)
            drawn += [cell for cells in block.cells for cell in cells]
            yield from block.lines()
            yield Text()
        yield from _legend(drawn, options.max_width, glyphs, self.lang)


@dataclass(frozen=True, slots=True)
class _Block:
    """The cameras of one floor. `cells` are groups of `size` days, `before` of them older than the floor.

    `firsts` is the first day of each group; `name_cells` the width of the names, `notes` the columns at the right.
    """

    floor_days: int
    rows: tuple[TimelineRow, ...]
    cells: tuple[tuple[Cell, ...], ...]
    firsts: tuple[date, ...]
    today: date
    before: int
    size: int
    name_cells: int
    notes: tuple[tuple[str, tuple[str, ...]], ...]
    glyphs: _Glyphs
    lang: str

    def lines(self) -> Iterator[Text]:
        """Yield title, dates, ticks and one line per camera."""
        title = render(Message("{days} days are due: those right of the line", {"days": self.floor_days}), self.lang)
        if self.size > 1:
            shown = Message("one character is {days} days, and shows the worst of them", {"days": self.size})
            title += "; " + render(shown, self.lang)
        yield Text(title)
        labels, ticks = self._dates()
        indent = " " * (self.name_cells + 1)
        yield Text(indent + labels + "".join(f" {self._right(head, 0)}" for head, _ in self.notes), style="dim")
        yield Text(indent + ticks, style="dim")
        for number, row in enumerate(self.rows):
            line = Text(_cut(_label(row), self.name_cells, self.glyphs.ellipsis) + " ")
            for place, cell in enumerate(self.cells[number]):
                if place == self.before:
                    line.append(self.glyphs.floor)
                line.append(*_glyph(cell, self.glyphs))
            for column, (_, values) in enumerate(self.notes):
                line.append(f" {self._right(values[number], column)}")
            line.rstrip()
            yield line

    def _right(self, text: str, column: int) -> str:
        width = max(cell_len(text) for text in (self.notes[column][0], *self.notes[column][1]))
        return text + " " * (width - cell_len(text))

    def _dates(self) -> tuple[str, str]:
        """Return the line of dates and that of ticks: the first day that is due, each week from there, and today."""
        width = len(self.firsts) + 1
        labels, ticks = [" "] * width, [" "] * width
        ticks[self.before] = self.glyphs.floor
        end = max(0, width - LABEL_CELLS)
        labels[end:] = f"{self.today:%m-%d}"[-width:]
        ticks[-1] = self.glyphs.tick
        for place in range(self.before, len(self.firsts), LABEL_EVERY):
            column = place + 1
            if column + LABEL_CELLS < end:
                labels[column : column + LABEL_CELLS] = f"{self.firsts[place]:%m-%d}"
                ticks[column] = self.glyphs.tick
        return "".join(labels), "".join(ticks)


def _block(timeline: Timeline, floor_days: int, width: int, glyphs: _Glyphs, lang: str) -> _Block:
    """Return the cameras of one floor, as many days to a character as the width demands."""
    count = min(len(timeline.days), 1 + floor_days + MARGIN_DAYS)
    days = timeline.days[-count:]
    rows = tuple(replace(r, cells=r.cells[-count:]) for r in timeline.rows if r.floor_days == floor_days)
    first_due = rows[0].first_due
    notes = [(translate("plays from", lang), tuple(f"{r.proven_at:%m-%d}" if r.proven_at else "?" for r in rows))]
    if any(row.short_on for row in timeline.rows):
        short = tuple(f"{row.short_on:%m-%d}" if row.short_on else "" for row in rows)
        notes.append((translate("short on", lang), short))
    notes_cells = sum(1 + max(map(cell_len, (head, *values))) for head, values in notes)
    name_cells = min(NAME_CELLS_MAX, max(NAME_CELLS_NARROW, width // 4), max(cell_len(_label(row)) for row in rows))
    if width - name_cells - notes_cells - 2 < CELLS_MIN:
        notes, notes_cells = [], 0
        name_cells = max(NAME_CELLS_MIN, min(name_cells, width - CELLS_MIN - 2))
    room = max(CELLS_MIN, width - name_cells - notes_cells - 2)
    size = next(
        size for size in range(1, count + 1) if size == count or len(group_spans(count, first_due, size)) <= room
    )
    bounds = group_spans(count, first_due, size)
    return _Block(
        floor_days,
        rows,
        tuple(tuple(worst_cell(row.cells[start:end]) for start, end in bounds) for row in rows),
        tuple(days[start] for start, _ in bounds),
        days[-1],
        sum(end <= first_due for _, end in bounds),
        size,
        name_cells,
        tuple(notes),
        glyphs,
        lang,
    )


def _label(row: TimelineRow) -> str:
    return printable(f"{row.camera_id} {row.name}" if row.name and row.name != row.camera_id else row.camera_id)


def _cut(text: str, width: int, ellipsis: str) -> str:
    """Fit a text into so many cells; wide characters count as two."""
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + ellipsis


def _glyph(cell: Cell, glyphs: _Glyphs) -> tuple[str, str]:
    """Return the character of a cell and its style."""
    if cell.kind != "gap" or cell.gap is None:
        shown = {"whole": (glyphs.whole, "green"), "claimed": (glyphs.claimed, "green"), "not-due": (" ", "")}
        return shown.get(cell.kind, ("?", "magenta"))
    if cell.gap == "not-kept":
        return glyphs.not_kept, STYLES[cell.gap]
    if cell.missing_ratio < SMALL_RATIO:
        return glyphs.small, STYLES[cell.gap]
    letter = LETTERS[cell.gap]
    return letter if cell.missing_ratio >= 0.5 else letter.lower(), STYLES[cell.gap]


def _legend(drawn: Sequence[Cell], width: int, glyphs: _Glyphs, lang: str) -> Iterator[Text]:
    """Yield the legend of the drawn characters, and no others."""
    entries: dict[str, str] = {}
    kinds = {cell.kind for cell in drawn}
    if "whole" in kinds:
        entries[glyphs.whole] = translate("recorded", lang)
    if "claimed" in kinds:
        entries[glyphs.claimed] = translate("recorded, as the recorder sums the day up", lang)
    if "unknown" in kinds:
        entries["?"] = translate("not known", lang)
    gaps = {(cell.gap, _glyph(cell, glyphs)[0]) for cell in drawn if cell.kind == "gap"}
    for gap in GAP_CLASSES:
        shown = sorted(glyph for cause, glyph in gaps if cause == gap and glyph != glyphs.small)
        if shown:
            entries["/".join(shown)] = translate(GAP_WORDS[gap], lang)
    if any(glyph == glyphs.small for _, glyph in gaps):
        entries[glyphs.small] = translate("less than 1 % is missing", lang)
    if any(glyph.islower() for _, glyph in gaps):
        entries["a-z"] = translate("less than half of the day is missing", lang)
    line = ""
    for glyph, meaning in entries.items():
        entry = f"{glyph} {meaning}"
        if line and cell_len(line) + 3 + cell_len(entry) > width:
            yield Text(line, style="dim")
            line = ""
        line = f"{line}   {entry}" if line else entry
    yield Text(line, style="dim")
