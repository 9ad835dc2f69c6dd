"""Defines callbacks that follow the probing of a site and may stop it; by default they do nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["reading", "looking", "waiting", "measuring", "done"]
"""Where a device stands: its time runs; its pictures are judged; it is asked once more soon; its streams are sampled;
nothing more is asked."""


def _go_on() -> None:
    pass


def _nobody_told(device_id: str, stage: Stage) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Watch:
    """Callbacks while devices are read.

    `progress` is called at least every `TICK_S` of `fan_out`; it may raise to end the cycle. `wait` is called with the
    seconds until the next look, where nothing else is running. `stop` true: no device is waited for any more, what
    arrived is used. `stage` is called with the stage of each device, also from the reading threads.
    """

    progress: Callable[[], None] = _go_on
    wait: Callable[[float], None] = lambda seconds: None
    stop: Callable[[], bool] = lambda: False
    stage: Callable[[str, Stage], None] = _nobody_told


NOBODY_WATCHES = Watch()
