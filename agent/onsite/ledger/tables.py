"""Converts a site to the tables of its file, for all modules here that compare or extend one. Pure."""

from collections.abc import Mapping

from agent.model.finding import Json

Tables = Mapping[str, Json]
"""A site in the shape of its file, as `site_tables` gives it; empty where there is no file yet."""


def tables_of(site: Tables, name: str) -> tuple[Mapping[str, Json], ...]:
    """Return the tables of an array of tables, none where there is none."""
    found = site.get(name, ())
    return tuple(t for t in found if isinstance(t, Mapping)) if isinstance(found, list | tuple) else ()


def table_of(site: Tables, name: str) -> Mapping[str, Json]:
    """Return a table, an empty one where there is none."""
    found = site.get(name)
    return found if isinstance(found, Mapping) else {}
