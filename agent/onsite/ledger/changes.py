"""Compares a site's file with a ledger. Pure.

An empty cell changes nothing. What is in the file and not in the ledger is reported and stays.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from agent.model.finding import Json
from agent.onsite.ledger.columns import COLUMNS, Column
from agent.onsite.ledger.declared import answer_of, in_force
from agent.onsite.ledger.site_text import HUB_KEYS
from agent.onsite.ledger.sites import SitePlan
from agent.onsite.ledger.tables import Tables, table_of, tables_of
from agent.onsite.ledger.values import Refused
from agent.site.toml.edit import Change


def changes(plan: SitePlan, site: Tables, has_hub_keys: bool = False) -> tuple[Change, ...]:
    """List what importing a ledger changes in a site's file, in the order of the file.

    `site` is the site as configured, with its defaults. `has_hub_keys`: the hub's keys lie beside the file, so that a
    hub may be written into it.
    """
    found = list(_differing("site", ("site",), "site", table_of(site, "site"), plan.site))
    hub = table_of(site, "hub")
    if plan.hub_host and hub and hub.get("host") != plan.hub_host:
        found.append(Change(("hub", "host"), "site", "host", hub.get("host", ""), plan.hub_host))
    elif plan.hub_host and not hub and has_hub_keys:
        found.append(Change(("hub",), "site", "hub", None, {"host": plan.hub_host, "jwks": HUB_KEYS}))
    wanted: dict[str, list[Mapping[str, Json]]] = {
        "device": list(plan.devices),
        "camera": [camera.table for camera in plan.cameras],
    }
    for name, tables in wanted.items():
        known = tables_of(site, name)
        places = {str(table["id"]): number for number, table in enumerate(known)}
        added = len(known)
        for table in tables:
            id_ = str(table["id"])
            if id_ in places:
                path = (name, places[id_])
                found += _differing(name, path, f"{name}:{id_}", known[places[id_]], table)
            else:
                found.append(Change((name, added), f"{name}:{id_}", name, None, table))
                added += 1
    return tuple(found)


def new_declarations(plan: SitePlan, site: Tables, by: str, today: date) -> tuple[Change, ...]:
    """List the declarations that a ledger adds to the configured `site`: one row for each answer, with its cameras.

    The answers are given `by` a person on the day `today`.
    """
    words = in_force(tables_of(site, "declaration"), tables_of(site, "group"), today)
    fresh: dict[tuple[str, str], tuple[Json, list[str]]] = {}
    for camera in plan.cameras:
        for duty, answer in camera.declared.items():
            if answer_of(words, camera.id, duty) != answer:
                fresh.setdefault((duty, repr(answer)), (answer, []))[1].append(camera.id)
    number = len(tables_of(site, "declaration"))
    return tuple(
        Change(
            ("declaration", number + index),
            f"camera:{cameras[0]}" if len(cameras) == 1 else f"{len(cameras)} cameras",
            duty,
            None,
            {"duty": duty, "value": answer, "by": by, "at": today.isoformat(), "cameras": cameras},
        )
        for index, ((duty, _), (answer, cameras)) in enumerate(fresh.items())
    )


def left_over(plan: SitePlan, site: Tables) -> tuple[str, ...]:
    """Return the ids of cameras that are in the site's file and in no row of the ledger."""
    wanted = {camera.id for camera in plan.cameras}
    return tuple(id_ for camera in tables_of(site, "camera") if (id_ := str(camera["id"])) not in wanted)


def option(table: Mapping[str, Json], column: Column) -> Json:
    """Return the value of a column in a table of the site's file, else its default."""
    inner: Json = table
    for part in column.option.split("."):
        inner = inner.get(part) if isinstance(inner, Mapping) else None
    return column.default if inner is None else inner


def _differing(
    name: str, path: tuple[str | int, ...], subject: str, known: Mapping[str, Json], wanted: Mapping[str, Json]
) -> Iterator[Change]:
    rows = [(column.option, column) for column in COLUMNS if column.table == name]
    rows += [("device", None)] if name == "camera" else []  # type: ignore[list-item]
    for key, column in rows:
        if key not in wanted:
            continue
        before = known.get(key) if column is None else option(known, column)
        if wanted[key] != before and (column is None or wanted[key] != _as_read(column, before)):
            yield Change((*path, *key.split(".")), subject, key, before, wanted[key])


def _as_read(column: Column, value: Json) -> Json:
    """Parse a configured value as a ledger's cell: blanks at its ends, for example, are no difference."""
    try:
        return column.parse(value if isinstance(value, str | int | float | bool) else "")
    except Refused:
        return None
