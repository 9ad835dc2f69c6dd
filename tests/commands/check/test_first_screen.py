"""The first screen of `check` on a terminal of 80 columns and 24 lines: counts, the legend, and the worst."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console
from sites import camera, site

from agent.commands.terminal.tables import LEGEND, findings_table
from agent.model.finding import Finding, Message, Source
from agent.text.translate import render, translate

CAMERAS = tuple(replace(camera(), camera=replace(camera().camera, id=f"c{number}")) for number in range(60))
HEAD = {
    "en": "2 fail, 0 warn, 1 unknown, 0 pass, 0 not applicable",
    "zh_CN": "2 不合格、0 警告、1 无法判定、0 合格、0 不适用",
}


def finding(number: int, status: str, severity: str, check: str = "recording-completeness") -> Finding:
    said = Message(f"{severity} {status} of {number}")
    return Finding(check, f"camera:c{number}", status, severity, said, Source("x", "1"), "", {}, "")  # type: ignore[arg-type]


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_the_worst_stands_first_with_a_legend_on_one_screen(lang: str) -> None:
    found = [finding(number, "unknown", "critical") for number in range(60)]
    found += [finding(number, "fail", "minor") for number in range(60)]
    found += [finding(59, "fail", "critical", "privacy-mask-present")]
    written = io.StringIO()
    console = Console(file=written, width=80, height=24, force_terminal=True, no_color=True, color_system=None)
    console.print(findings_table(replace(site(), cameras=CAMERAS), tuple(found), lang, {}))
    screen = written.getvalue().splitlines()[:24]
    assert screen[0].strip() == HEAD[lang]
    assert [line.strip() for line in screen[1:4]] == [render(line, lang) for line in LEGEND], "a line each"
    first = next(line for line in screen if "critical fail of 59" in line)
    assert translate("fail", lang) in first
    assert screen.index(first) < screen.index(next(line for line in screen if "minor fail of 0" in line))
    unknown = next(number for number, line in enumerate(screen) if "unknown of 0" in line)
    assert max(number for number, line in enumerate(screen) if "fail of" in line) < unknown, "what fails comes before"
