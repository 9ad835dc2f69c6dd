"""A line of progress appears after two seconds, on a terminal alone."""

import argparse
import io
import sys

import pytest
from rich.console import Console

from agent.commands.terminal.progress_line import AFTER_S, ProgressLine, progress_line
from agent.model.finding import Message


@pytest.mark.parametrize(
    ("lang", "told"), [("en", "the report is written, for 3 s"), ("zh_CN", "正在写报告\uff0c已 3 秒")]
)
def test_what_takes_long_is_told_with_its_time_and_what_does_not_is_not(lang: str, told: str) -> None:
    now_s = 10.0
    line = ProgressLine(Message("the report is written"), lang, began_s=10.0, clock=lambda: now_s)
    shown = io.StringIO()
    console = Console(file=shown, width=80)
    console.print(line, end="")
    assert shown.getvalue() == ""
    now_s += AFTER_S + 1
    console.print(line)
    assert shown.getvalue().strip() == told


def test_without_a_terminal_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    args = argparse.Namespace(lang="en", quiet=False, verbose=0, no_color=False)
    with progress_line(args, Message("the report is written")):
        pass
    assert (sys.stdout.isatty(), *capsys.readouterr()) == (False, "", "")
