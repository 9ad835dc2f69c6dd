"""Shows progress by device on standard error: a live display at a terminal, lines with -v elsewhere.

The first Ctrl-C ends the waiting, and what came back counts; the second ends the command.
"""

import argparse
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from agent.observe.probe.fan_out import Stage, Watch
from agent.service.cycle.rounds import BETWEEN_S
from agent.site.config.site import Site
from agent.text.translate import translate

NAMED_MAX = 8
"""How many devices are named at once; the others are counted."""
STEP_S = 0.1
WORDS: dict[Stage, str] = {
    "reading": "being read",
    "looking": "pictures are judged",
    "waiting": "looked at once more soon",
    "measuring": "streams are measured",
    "done": "done",
}

log = logging.getLogger("camwarden.check")


@dataclass(slots=True)
class Progress:
    """Each device's stage and since when; and whether somebody wants the look to end.

    `measuring_s`: how long the samples of streams take at most, once that is known.
    """

    site: Site
    lang: str = "en"
    clock: Callable[[], float] = time.monotonic
    stages: dict[str, tuple[Stage, float]] = field(default_factory=dict)
    stopped: bool = False
    measuring_s: float = 0.0

    @property
    def watch(self) -> Watch:
        """The callbacks of reading the devices."""
        return Watch(wait=self.wait, stop=lambda: self.stopped, stage=self.stage)

    def stage(self, device_id: str, stage: Stage) -> None:
        """Note a device's stage. Called from several threads: one assignment, and one log line."""
        _, since = self.stages.get(device_id, ("reading", self.clock()))
        self.stages[device_id] = (stage, self.clock())
        log.info("device %s: %s (%.1f s in the step before)", device_id, WORDS[stage], self.clock() - since)

    def wait(self, seconds: float) -> None:
        """Wait for the next look, but not beyond a Ctrl-C."""
        until = self.clock() + seconds
        while not self.stopped and (left := until - self.clock()) > 0:
            time.sleep(min(STEP_S, left))

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Handle a Ctrl-C: once a device was asked, end the waiting only.

        Raises KeyboardInterrupt where nothing was begun, or it is the second one.
        """
        if self.stopped or not self.stages:
            raise KeyboardInterrupt
        self.stopped = True

    def left_s(self, stage: Stage, for_s: float) -> float:
        """Return how many seconds a device's stage, and for a waiting one its next look, can take at most."""
        limit_s = {"reading": self.site.probe.deadline_s, "waiting": BETWEEN_S + self.site.probe.deadline_s}
        limit_s["measuring"] = self.site.probe.deadline_s + self.measuring_s
        return max(0.0, limit_s.get(stage, 0.0) - for_s)

    def __rich__(self) -> RenderableType:
        now, total = self.clock(), len(self.site.devices)
        stages = dict(self.stages)
        busy = sorted(
            ((stage, now - since, name) for name, (stage, since) in stages.items() if stage != "done"),
            key=lambda one: (-self.left_s(one[0], one[1]), one[2]),
        )
        done = sum(stage == "done" for stage, _ in stages.values())
        begun = 0.0 if stages else self.site.probe.deadline_s
        most_s = max((self.left_s(stage, for_s) for stage, for_s, _ in busy), default=begun)
        head = translate("{done} of {total} devices done, at most {seconds} s left", self.lang)
        if self.stopped:
            head = translate("{done} of {total} devices done; ending, what came back is kept", self.lang)
        lines = [Text(head.format(done=done, total=total, seconds=round(most_s)), style="bold")]
        for stage, for_s, name in busy[:NAMED_MAX]:
            words = translate("{device}: {stage}, for {seconds} s", self.lang)
            said = words.format(device=name, stage=translate(WORDS[stage], self.lang), seconds=round(for_s))
            lines.append(Text(f"  {said}", style="dim"))
        if len(busy) > NAMED_MAX:
            more = translate("and {count} more", self.lang).format(count=len(busy) - NAMED_MAX)
            lines.append(Text(f"  {more}", style="dim"))
        return Group(*lines)


@contextmanager
def following(args: argparse.Namespace, site: Site) -> Iterator[Progress]:
    """Show progress while the block runs, and let its first Ctrl-C end the waiting."""
    progress = Progress(site, args.lang)
    console = Console(stderr=True, no_color=args.no_color, quiet=args.quiet)
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, progress.interrupt) if in_main else None
    try:
        if console.is_terminal and not args.verbose and not args.quiet:
            with Live(progress, console=console, transient=True, refresh_per_second=4):
                yield progress
        else:
            yield progress
    finally:
        if in_main:
            signal.signal(signal.SIGINT, before)
