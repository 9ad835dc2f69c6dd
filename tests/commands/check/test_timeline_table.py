"""Days x cameras in the terminal: each day has its character, none is lost when it gets narrow, names are text."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console
from timelines import CLAIMED, HOSTILE, SHORT, WHOLE, many, of_rows, row

from agent.cli import main
from agent.commands.check.timeline_table import TimelineTable
from agent.report.timeline import NOT_DUE, NOT_KNOWN, Cell, Timeline

DISK = Cell(0.0, "disk", 1.0, "segments")
OUTAGE = Cell(0.8, "camera-off", 0.2, "segments")
HICCUP = Cell(0.9999, "unknown", 0.0001, "segments")


def drawn(
    shown: Timeline, width: int = 80, lang: str = "en", encoding: str = "utf-8", color: bool = False
) -> list[str]:
    """Return the lines of a terminal of this width."""
    terminal = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    console = Console(
        width=width,
        file=terminal,
        force_terminal=color,
        no_color=not color,
        color_system="truecolor" if color else None,
    )
    console.print(TimelineTable(shown, lang))
    terminal.flush()
    terminal.seek(0)
    return terminal.read().splitlines()


def days_of(lines: list[str], name: str) -> tuple[str, str]:
    """Return the characters of one camera's days: before the floor line, and after it."""
    (line,) = [one for one in lines if one.startswith(name)]
    for line_mark in ("\u2502", "|"):
        if line_mark in line:
            before, after = line.split(line_mark)
            return before.split()[-1], after[:-6].rstrip(" ") if after[-6:-5] == " " else after
    raise AssertionError(line)


def test_thirty_days_are_one_character_each_in_eighty_columns() -> None:
    cells = (WHOLE, CLAIMED, NOT_KNOWN, OUTAGE, DISK, HICCUP, WHOLE)
    before, after = days_of(drawn(of_rows(row("gate", *cells))), "gate")
    assert before == "\u2588" * 2
    assert after == "\u2588" * 24 + "\u2588\u2592?cD\u2587\u2588"


def test_what_was_not_in_use_is_white_and_what_is_not_kept_is_a_dot() -> None:
    one = replace(row("gate"), cells=(NOT_DUE,) * 10 + (Cell(0.0, "not-kept", 1.0, "day"),) * 3 + (WHOLE,) * 20)
    (line,) = [line for line in drawn(of_rows(one)) if line.startswith("gate")]
    assert line.split("\u2502")[1].startswith(" " * 8 + "\u00b7" * 3 + "\u2588" * 20)


def test_a_day_with_a_gap_shows_however_narrow_it_is() -> None:
    wrong = []
    for width, place in product((16, 24, 40, 60, 80, 120, 200), (*range(0, 93, 7), 1, 2, 3, 91, 92)):
        cells = [WHOLE] * 93
        cells[place] = DISK
        lines = drawn(of_rows(replace(row("g", floor_days=90), cells=tuple(cells))), width)
        (line,) = [one for one in lines if one.startswith("g")]
        is_marked = line.split("10-24")[0].count("D") == 1
        if not is_marked or cell_len(line) > width or not any("disk" in one for one in lines):
            wrong.append((width, place, lines))
    assert wrong == []


@pytest.mark.parametrize("width", [16, 40, 80, 200])
def test_no_width_draws_a_day_that_is_not_known_as_recorded(width: int) -> None:
    every_third = tuple(NOT_KNOWN if place % 3 == 0 else WHOLE for place in range(93))
    before, after = days_of(drawn(of_rows(replace(row("g", floor_days=90), cells=every_third)), width), "g")
    if len(before + after) < 93 / 3:
        assert set(before + after) == {"?"}
    else:
        assert "?" in after
    (line,) = [
        one
        for one in drawn(of_rows(replace(row("g", floor_days=90), cells=(NOT_KNOWN,) * 93)), width)
        if one.startswith("g")
    ]
    assert "\u2588" not in line and "\u2592" not in line


def test_a_narrow_terminal_says_how_many_days_a_character_is() -> None:
    shown = of_rows(row("gate", floor_days=90))
    assert any("one character is 2 days" in one for one in drawn(shown, 72))
    assert not any("one character" in one for one in drawn(shown, 120))


def test_each_floor_has_its_own_dates_and_line() -> None:
    lines = drawn(of_rows(row("long", DISK, floor_days=90), replace(row("short", DISK), cells=(WHOLE,) * 92 + (DISK,))))
    titles = [line for line in lines if "days are due" in line]
    assert [title.split()[0] for title in titles] == ["30", "90"]
    before, after = days_of(lines, "short")
    assert (len(before), len(after)) == (2, 31)
    assert after.endswith("D")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_wide_and_hostile_names_leave_the_days_in_line(width: int) -> None:
    rows = [row(f"c{n}", text=text) for n, text in enumerate(HOSTILE)]
    lines = [line for line in drawn(of_rows(*rows), width) if line[:1] == "c" and "\u2502" in line]
    assert len(lines) == len(HOSTILE)
    assert len({cell_len(line.split("\u2502")[0]) for line in lines}) == 1
    assert all(cell_len(line) <= width for line in lines)
    assert all(character.isprintable() for line in lines for character in line)


def test_hostile_names_are_text_and_no_markup() -> None:
    lines = drawn(of_rows(*(row(f"c{n}", text=text) for n, text in enumerate(HOSTILE))), 120)
    assert any("[bold red]x[/]" in line for line in lines)
    assert not any("\x1b" in line or "\u202e" in line for line in lines)


def test_without_colour_nothing_is_lost() -> None:
    shown = many(6, 30)
    plain = drawn(shown)
    coloured = drawn(shown, color=True)
    assert "\x1b[" not in "".join(plain)
    assert "\x1b[" in "".join(coloured)
    without = [line for line in plain if line.strip()]
    assert [_stripped(line) for line in coloured if _stripped(line).strip()] == without


def _stripped(line: str) -> str:
    parts = line.split("\x1b[")
    return parts[0] + "".join(part.split("m", 1)[1] for part in parts[1:])


def test_a_terminal_without_unicode_gets_ascii() -> None:
    lines = drawn(of_rows(row("gate", CLAIMED, NOT_KNOWN, OUTAGE, DISK, HICCUP)), encoding="ascii")
    assert days_of(lines, "gate") == ("##", "#" * 26 + "=?cD%")


def test_dates_stand_over_their_days() -> None:
    lines = drawn(of_rows(row("gate", DISK)))
    dates, ticks, line = lines[1:4]
    assert line[len(dates.split("11-24")[0]) + 4] == "D"
    for place, tick in enumerate(ticks):
        assert tick != "\u2577" or line[place] in "D\u2588"
    assert ticks.index("\u2502") == line.index("\u2502")
    assert dates.index("10-25") == line.index("\u2502") + 1


def test_the_legend_explains_what_is_drawn_and_nothing_else() -> None:
    legend = " ".join(drawn(of_rows(row("gate", OUTAGE)))[-3:])
    assert "c camera off" in legend
    assert "a-z less than half of the day is missing" in legend
    assert "disk" not in legend
    assert "not known" not in legend


def test_a_forecast_has_its_column_only_where_there_is_one() -> None:
    assert any(line.endswith("12-08") for line in drawn(of_rows(row("gate", short_on=SHORT), row("yard"))))
    assert not any("short on" in line for line in drawn(of_rows(row("gate"))))


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_sixty_four_cameras_of_ninety_days_fit_into_eighty_columns(lang: str) -> None:
    lines = drawn(many(64, 90), lang=lang)
    assert all(cell_len(line) <= 80 for line in lines)
    assert len([line for line in lines if line[:1] == "c" and "\u2502" in line]) == 64


def test_a_site_without_recorded_cameras_says_so() -> None:
    assert drawn(Timeline((), ())) == ["no camera is declared as recorded: there is no timeline"]


HEAD = '[site]\nid = "dt1"\ncity = "datong"\ndivision = "140200"\n[storage]\ndirectory = "{0}"\nruntime = "{0}"\n'
SILENT = (
    '[probe]\ndeadline_s = 2\n[[device]]\nid = "box"\nhost = "127.0.0.1"\nport = 1\nrtsp_port = 1\n'
    '[[camera]]\nid = "gate"\ndevice = "box"\nrecorded = true\n'
)


def test_check_draws_a_silent_recorder_s_days_as_not_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "site.toml"
    path.write_text(HEAD.format(tmp_path) + SILENT)
    main(["check", "--timeline", "--config", str(path)])
    lines = capsys.readouterr().out.splitlines()
    (line,) = [one for one in lines if one.startswith("gate") and "\u2502" in one]
    assert set(line.split()[1]) == {"?", "\u2502"}
    assert any("a single check asks for few days" in one for one in lines)
    main(["check", "--timeline", "--json", "--config", str(path)])
    (told,) = json.loads(capsys.readouterr().out)["timeline"]["cameras"]
    assert (told["id"], told["recorded_ratio"], told["gap"]) == ("gate", [None] * 33, [None] * 33)


def test_check_without_the_option_says_nothing_of_days(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "site.toml"
    path.write_text(HEAD.format(tmp_path))
    main(["check", "--json", "--config", str(path)])
    assert "timeline" not in json.loads(capsys.readouterr().out)
    main(["check", "--timeline", "--config", str(path)])
    assert "there is no timeline" in capsys.readouterr().out
