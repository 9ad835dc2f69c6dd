"""Compares two configurations by meaning: order, layout and comments do not count. Pure.

Devices, cameras, stores, zones and the like are matched by name, so that a camera that moved in the file is the same
camera. A value in neither file counts as its default.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from agent.model.finding import Json
from agent.site.config.devices import DEFAULT_DRIVER, DEFAULT_PORT
from agent.site.config.messages import Receiver
from agent.site.config.site import CameraConfig, Hub, Mirror, Site
from agent.site.config.tables import camera_table, site_tables, table_of
from drivers.footage import Store
from drivers.model import Camera, Device

Kind = Literal["added", "removed", "changed"]

_NAMED_BY: Final = ("id", "name", "indicator", "endpoint", "address", "channel")
"""Keys that identify a table in a list: the first of these that it has."""

_DEFAULTS: Final[Mapping[str, Mapping[str, Json]]] = {
    "hub": table_of(Hub(host="")),
    "mirror": table_of(Mirror(name="", host="")),
    "notify": table_of(Receiver(name="")),
    "device": table_of(Device(id="", host="", port=DEFAULT_PORT, driver=DEFAULT_DRIVER)),
    "store": table_of(Store(id="", kind="segments", path=Path())),
    "camera": camera_table(CameraConfig(Camera(id="", device=""))),
    "hold": {},
    "accepted": {},
}
"""Tables that no site has by default, with only their required keys set."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `where` names the value (`camera gate, retention_days`); None: absent on that side."""

    where: str
    kind: Kind
    before: Json = None
    after: Json = None


def changes(before: Mapping[str, Json], after: Mapping[str, Json]) -> tuple[Change, ...]:
    """Return the differences of two sites, as `site_tables` returns them."""
    return tuple(_compare("", before, after))


def from_defaults(site: Mapping[str, Json]) -> tuple[Change, ...]:
    """Return the values of a site that are not the default."""
    plain = site_tables(Site(id="", city="", division=""))
    found: list[Change] = []
    for key, value in site.items():
        if isinstance(value, list):
            for element in value:
                assert isinstance(element, Mapping)  # noqa: S101 - site_tables makes lists of tables
                named = {"id", "name"} & element.keys() if "id" not in element else {"id"}  # said by `where` already
                rest = {inner: plain_value for inner, plain_value in element.items() if inner not in named}
                bare = {inner: plain_value for inner, plain_value in _DEFAULTS[key].items() if inner not in named}
                found += _compare(f"{key} {_name(element)}", bare, rest)
        else:
            found += _compare(key, plain.get(key, _DEFAULTS.get(key)), value)
    return tuple(found)


def in_folder(tables: Mapping[str, Json], folder: Path) -> dict[str, Json]:
    """Return tables with paths relative to the folder of their file: moving all of them together is no change."""
    return {key: _seen_from(value, str(folder.absolute())) for key, value in tables.items()}


def _seen_from(value: Json, folder: str) -> Json:
    if isinstance(value, Mapping):
        return {key: _seen_from(element, folder) for key, element in value.items()}
    if isinstance(value, list):
        return [_seen_from(element, folder) for element in value]
    if value == folder:
        return "."
    return value.removeprefix(f"{folder}/") if isinstance(value, str) else value


def _compare(where: str, before: Json, after: Json) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            yield from _compare(f"{where}, {key}" if where else key, before.get(key), after.get(key))
    elif _is_list_of_tables(before) and _is_list_of_tables(after) and (before or after):
        yield from _compare_lists(where, _by_name(before), _by_name(after))
    elif before is None or after is None:
        yield Change(where, "added" if before is None else "removed", before, after)
    else:
        yield Change(where, "changed", before, after)


def _compare_lists(where: str, before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        if name in before and name in after:
            yield from _compare(f"{where} {name}", before[name], after[name])
        elif name in after:
            yield Change(f"{where} {name}", "added", after=after[name])
        else:
            yield Change(f"{where} {name}", "removed", before=before[name])


def _is_list_of_tables(value: Json) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(element, Mapping) for element in value))


def _by_name(value: Json) -> dict[str, Json]:
    named: dict[str, Json] = {}
    for element in value if isinstance(value, list) else ():
        assert isinstance(element, Mapping)  # noqa: S101 - asked before
        name = _name(element)
        while name in named:  # two holds of one camera and day
            name += "'"
        named[name] = element
    return named


def _name(table: Mapping[str, Json]) -> str:
    for key in _NAMED_BY:
        if table.get(key):
            return str(table[key])
    return " ".join(str(table[key]) for key in ("camera", "from_day", "until_day") if table.get(key)) or "(unnamed)"
