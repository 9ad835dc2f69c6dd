"""Shows on a terminal what takes longer than two seconds, and for how long; elsewhere and with --quiet nothing."""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from agent.model.finding import Message
from agent.text.translate import render

AFTER_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class ProgressLine:
    """What is being done since `began_s`, as one line; none before it has taken `AFTER_S`.

    `what`: a sentence, or what returns the present one.
    """

    what: Message | Callable[[], Message]
    lang: str
    began_s: float
    clock: Callable[[], float] = time.monotonic

    def __rich__(self) -> RenderableType:
        passed_s = self.clock() - self.began_s
        if passed_s < AFTER_S:
            return Group()
        what = self.what() if callable(self.what) else self.what
        line = Message("{what}, for {seconds} s", {"what": what, "seconds": round(passed_s)})
        return Text(render(line, self.lang), style="dim", no_wrap=True, overflow="ellipsis")


@contextmanager
def progress_line(
    args: argparse.Namespace, what: Message | Callable[[], Message], console: Console | None = None
) -> Iterator[None]:
    """Show what the block does while it runs; `console` is the one that the block prints to, where it prints."""
    console = console or Console(stderr=True, no_color=args.no_color, quiet=args.quiet)
    if not console.is_terminal or console.quiet or args.verbose:
        yield
        return
    line = ProgressLine(what, args.lang, time.monotonic())
    with Live(line, console=console, transient=True, refresh_per_second=2):
        yield
