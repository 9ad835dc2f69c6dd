"""Defines one panel of a dashboard: what `write_dashboard.py` makes of the tables of panels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["stat", "timeseries", "table"]


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: `title` in both languages; `queries` are legend and expression; `HERE` names the chosen sites.

    `unit` is Grafana's name of it; `steps` are the values from which a panel is green, orange and red.
    """

    title: tuple[str, str]
    kind: Kind
    unit: str
    queries: tuple[tuple[str, str], ...]
    width: int = 12
    height: int = 8
    steps: tuple[tuple[str, float | None], ...] = (("green", None),)


OK_IF_NONE: Final = (("green", None), ("red", 1.0))
