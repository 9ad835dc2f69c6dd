"""Joins a cycle with remembered looks at paths that had no turn, as a cycle does in two steps."""

from __future__ import annotations

from datetime import datetime

from agent.observe.pictures.turns import PathResult, path_results, with_cached
from agent.site.config.site import Site
from drivers.model import Observations


def join(
    site: Site, observations: Observations, looked: tuple[PathResult, ...], now: datetime
) -> tuple[Observations, tuple[PathResult, ...]]:
    """Return the observations with remembered looks in them, and the looks to remember."""
    after = path_results(site, observations, looked, now)
    return with_cached(site, observations, after), after
