"""Joins a cycle with remembered looks at paths that had no turn, as a cycle does in two steps."""

from __future__ import annotations

from datetime import datetime

from agent.observe.pictures.turns import Looked, looked_after, recalled
from agent.site.config.site import Site
from drivers.model import Observations


def join(
    site: Site, observations: Observations, looked: tuple[Looked, ...], now: datetime
) -> tuple[Observations, tuple[Looked, ...]]:
    """Return the observations with remembered looks in them, and the looks to remember."""
    after = looked_after(site, observations, looked, now)
    return recalled(site, observations, after), after
