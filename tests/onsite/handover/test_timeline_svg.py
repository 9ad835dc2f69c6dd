"""Days x cameras on paper: well-formed whatever names say, every gap hatched, nothing unknown filled as recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape

import pytest
from lxml import etree
from sites import NOW, camera, healthy, site
from timelines import CLAIMED, HOSTILE, OPENED, SHORT, TODAY, WHOLE, many, of_rows, row

from agent.judge.checks.table import run_checks
from agent.judge.memory.memory import Memory
from agent.observe.facts.facts import gather
from agent.onsite.handover.hub_page import Proof, render_page
from agent.onsite.handover.timeline_svg import (
    BAR_PX,
    DAYS_PX,
    FILLS,
    GAP_MIN_PX,
    HEAD_PX,
    NAME_PX,
    ROW_PX,
    ROWS_PER_PLOT,
    timeline_svg,
    timeline_svgs,
)
from agent.report.build import build_reports
from agent.report.timeline import GAP_CLASSES, NOT_DUE, NOT_KNOWN, Cell, Timeline
from agent.report.timeline_compact import row_json
from drivers.model import Camera

SVG = "{http://www.w3.org/2000/svg}"
DISK = Cell(0.0, "disk", 1.0, "segments")
MAX_BYTES = 300_000


def parsed(text: str) -> etree._Element:
    return etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False))


def filled(svg: etree._Element, shown: Timeline) -> dict[tuple[int, int], dict[str, int]]:
    """Return for each camera and day how many pixels of its bar are filled as what."""
    cell_px = DAYS_PX // len(shown.days)
    kinds = {fill: kind for kind, fill in FILLS.items()}
    bars: dict[tuple[int, int], dict[str, int]] = {}
    bottom = HEAD_PX + ROW_PX * len(shown.rows)
    for path in svg.findall(f"{SVG}path"):
        kind = kinds.get(path.get("fill", ""))
        for x, y, width, height, back in re.findall(r"M(\d+),(\d+)h(\d+)v(\d+)h-(\d+)z", path.get("d", "")):
            if kind is None or int(y) >= bottom:
                continue
            assert width == back
            first = (int(x) - NAME_PX) // cell_px
            for day in range(first, first + int(width) // cell_px):
                place = (int(y) - HEAD_PX) // ROW_PX, day
                assert kind not in bars.get(place, {})
                bars.setdefault(place, {})[kind] = int(height)
    return bars


def texts(svg: etree._Element) -> list[str]:
    return [str(part) for part in svg.itertext() if part.strip()]


def every_cell(shown: Timeline) -> Iterator[tuple[tuple[int, int], Cell]]:
    for number, one in enumerate(shown.rows):
        for day, cell in enumerate(one.cells):
            yield (number, day), cell


@pytest.mark.parametrize("floor_days", [30, 90])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_gap_is_hatched_and_nothing_unknown_is_filled_as_recorded(floor_days: int, seed: int) -> None:
    shown = many(20, floor_days, seed)
    bars = filled(parsed(timeline_svg(shown, "en")), shown)
    for place, cell in every_cell(shown):
        bar = bars.get(place, {})
        if cell.kind == "gap":
            assert cell.gap is not None
            assert bar[cell.gap] >= GAP_MIN_PX
        if cell.recorded_ratio is None or not cell.due:
            assert not {"whole", "claimed"} & set(bar)
        assert sum(bar.values()) == (BAR_PX if cell.due else 0)


def test_a_day_s_bar_is_its_share() -> None:
    cells = (Cell(0.5, "disk", 0.5, "segments"), WHOLE, CLAIMED, NOT_KNOWN, NOT_DUE, DISK)
    shown = of_rows(row("gate", *cells))
    bars = filled(parsed(timeline_svg(shown, "en")), shown)
    assert [bars.get((0, day), {}) for day in range(27, 33)] == [
        {"disk": 6, "whole": 6}, {"whole": 12}, {"claimed": 12}, {"not-known": 12}, {}, {"disk": 12},
    ]  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_hostile_names_are_text_and_the_plot_is_well_formed(lang: str) -> None:
    shown = of_rows(*(row(f"c{n}", DISK, text=text) for n, text in enumerate(HOSTILE)))
    svg = parsed(timeline_svg(shown, lang))
    assert {str(element.tag).removeprefix(SVG) for element in svg.iter()} == {
        "svg", "defs", "pattern", "rect", "path", "text", "g", "title",
    }  # fmt: skip
    assert {name for element in svg.iter() for name in element.attrib if str(name).startswith("on")} == set()
    assert any("<script>alert" in text for text in texts(svg))


def test_the_floor_is_a_line_before_the_first_day_that_is_due() -> None:
    both = of_rows(row("long", floor_days=90), replace(row("short"), cells=(WHOLE,) * 93))
    svg = parsed(timeline_svg(both, "en"))
    (lines,) = [p.get("d", "") for p in svg.findall(f"{SVG}path") if p.get("stroke-width") == "2"]
    cell_px = DAYS_PX // 93
    assert lines == "".join(
        f"M{NAME_PX + day * cell_px},{HEAD_PX + n * ROW_PX}v{ROW_PX}" for n, day in enumerate((2, 62))
    )
    due = [text for text in texts(svg) if "days are due" in text]
    assert [text.split()[0] for text in due] == ["90", "30"]


def test_each_cause_has_lines_of_its_own_so_that_black_and_white_tells_them_apart() -> None:
    cells = tuple(Cell(0.0, cause, 1.0, "segments") for cause in GAP_CLASSES)
    svg = parsed(timeline_svg(of_rows(row("gate", NOT_KNOWN, *cells)), "en"))
    lines = [pattern.find(f"{SVG}path").get("d") for pattern in svg.iter(f"{SVG}pattern")]  # type: ignore[union-attr]
    assert len(lines) == len(set(lines)) == len(GAP_CLASSES)


def test_the_legend_explains_what_is_drawn_and_nothing_else() -> None:
    said = texts(parsed(timeline_svg(of_rows(row("gate", DISK)), "en")))
    assert {"recorded", "disk"} <= set(said)
    assert not {"camera off", "not known"} & set(said)


def test_a_row_tells_in_words_what_it_shows() -> None:
    told = texts(parsed(timeline_svg(of_rows(row("gate", *[DISK] * 10, text="Bank")), "en")))
    (line,) = [text for text in told if text.startswith("gate Bank;")]
    assert line.endswith("2026-11-24 disk; +2")


def test_the_oldest_opened_moment_and_a_forecast_stand_at_the_end_of_the_row() -> None:
    said = texts(parsed(timeline_svg(of_rows(row("a", short_on=SHORT), replace(row("b"), proven_at=None)), "en")))
    assert {f"{OPENED:%m-%d}", "12-08", "short on", "?"} <= set(said)


def test_a_site_without_recorded_cameras_has_no_plot() -> None:
    assert timeline_svg(Timeline((), ()), "en") == ""
    assert timeline_svgs(Timeline((), ()), "en") == ()


def test_sixty_four_cameras_of_the_widest_window_stay_small_and_on_pages() -> None:
    shown = many(64, 92)
    assert len(shown.days) == 95
    plots = timeline_svgs(shown, "en")
    assert len(plots) == 3
    assert sum(len(plot.encode()) for plot in plots) < MAX_BYTES
    assert len(timeline_svg(shown, "en").encode()) < MAX_BYTES
    for number, plot in enumerate(plots):
        page = replace(shown, rows=shown.rows[number * ROWS_PER_PLOT :][:ROWS_PER_PLOT])
        bars = filled(parsed(plot), page)
        assert {place for place, cell in every_cell(page) if cell.due} == set(bars)


PROOF = Proof("dt0001", "140200", "School", "kid", "epoch", 1, "00" * 32, "2026-11-24T12:00:00.000Z", 2, 2, 2)


def body(name: str = "") -> dict[str, object]:
    a_site = site(replace(camera(), camera=Camera("gate", "box", name=name)))
    facts = gather(healthy())
    drafts, _ = build_reports(a_site, facts, run_checks(a_site, facts, NOW), (), Memory(), NOW, {})
    return dict(drafts[0].body)


def test_the_page_shows_the_timeline_it_is_given_in_the_reader_s_language() -> None:
    shown = of_rows(row("gate", DISK, text=HOSTILE[0]))
    text = render_page(body(), PROOF, shown, "en")
    assert timeline_svg(shown, "en") in text
    assert "<script>" not in text
    assert 'aria-label="retention of gate"' not in text


def test_the_page_takes_the_timeline_from_the_report_where_it_says_one() -> None:
    told = body(HOSTILE[0])
    (one,) = told["cameras"]  # type: ignore[misc]
    one["retention"] = {**one["retention"], "timeline": row_json(row("gate", DISK, short_on=SHORT), TODAY)}
    text = render_page(told, PROOF)
    svg = text[text.index("<svg") : text.index("</svg>") + 6]
    shown = of_rows(row("gate", DISK))
    assert filled(parsed(svg), shown)[(0, 32)] == {"disk": BAR_PX}
    assert HOSTILE[0] in unescape(svg)
    assert "<script>" not in text
