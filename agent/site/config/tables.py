"""Converts a site back to tables: in the shape of its file, with every default and without a password. Pure."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Final

from agent.model.finding import Json
from agent.site.config.site import CameraConfig, Site
from agent.site.toml.lines import KeyPath
from drivers.model import Credential

HIDDEN: Final = "(redacted)"

_SITE = ("id", "name", "city", "division", "period_s", "time_zone", "in_use_since")
_SINGLE = (
    "probe", "policy", "quality", "storage", "worker", "upgrade", "metrics", "daily_digest", "discovery", "hub",
    "key", "rules",
)  # fmt: skip
_REVEALING = frozenset(
    {
        "name",
        "host",
        "code",
        "placement",
        "by",
        "details",
        "interfaces",
        "addresses",
        "ranges",
        "address",
        "endpoint",
        "reason",
        "why",
        "box",
        "sender",
        "to",
    }
)
"""Keys that reveal a place, a person or an address. Ids stay: without them the rest cannot be read."""


def site_tables(site: Site) -> dict[str, Json]:
    """Return a site in the shape of its file: defaults filled in, absent options left out, no password."""
    tables: dict[str, Json] = {
        "site": {key: plain for key in _SITE if (plain := _json_value(getattr(site, key))) is not None}
    }
    for key in _SINGLE:
        value = getattr(site, key)
        if value is not None:
            tables[key] = table_of(value)
    tables["notify"] = [table_of(receiver) for receiver in site.notify]
    tables["mirror"] = [table_of(mirror) for mirror in site.mirrors]
    tables["device"] = [table_of(device) for device in site.devices]
    tables["store"] = [table_of(store) for store in site.stores]
    tables["camera"] = [camera_table(camera) for camera in site.cameras]
    tables["hold"] = [table_of(hold) for hold in site.holds]
    tables["group"] = [table_of(group) for group in site.groups]
    tables["declaration"] = [table_of(declaration) for declaration in site.declarations]
    tables["accepted"] = [table_of(accepted) for accepted in site.accepted]
    return tables


def camera_table(config: CameraConfig) -> dict[str, Json]:
    """Return the table of a camera."""
    learned = {"source"}  # of the device, and in no file
    table: dict[str, Json] = {
        **{key: value for key, value in table_of(config.camera).items() if key not in learned},
        "recorded": config.recorded,
        "retention_days": config.retention_days,
        **({"store": config.store, "store_name": config.store_name} if config.store else {}),
        **({"in_use_since": config.in_use_since.isoformat()} if config.in_use_since else {}),
        "private_zone": [table_of(zone) for zone in config.zones],
    }
    if config.overlay_boxes:
        table["overlay_boxes"] = _json_value(config.overlay_boxes)
    if config.presets:
        table["preset"] = [
            {"name": preset.name, "private_zone": [table_of(zone) for zone in preset.zones]}
            for preset in config.presets
        ]
    if config.ptz_lock is not None:
        table["ptz"] = table_of(config.ptz_lock)
    if config.mutes:
        table["mute"] = [table_of(mute) for mute in config.mutes]
    if config.no_private_area is not None:
        table["no_private_area"] = table_of(config.no_private_area)
    return table


def table_of(value: object) -> dict[str, Json]:
    """Return the fields of a configuration value by their keys in the file."""
    if not dataclasses.is_dataclass(value):
        raise TypeError(f"{type(value).__name__} is no table")
    found = {field.name: _json_value(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return {key: plain for key, plain in found.items() if plain is not None}


def _json_value(value: object) -> Json:
    if isinstance(value, Credential):
        return value.name
    if isinstance(value, tuple):
        return [_json_value(element) for element in value]
    if value is None or isinstance(value, str | int | float):
        return value
    if dataclasses.is_dataclass(value):
        return {key: plain for key, plain in table_of(value).items() if plain != ""}
    return str(value)


def redacted(tables: Mapping[str, Json]) -> dict[str, Json]:
    """Return tables without places, persons and addresses."""
    return {key: _redacted(key, value) for key, value in tables.items()}


def _redacted(key: str, value: Json) -> Json:
    if isinstance(value, Mapping):
        return {inner: _redacted(inner, element) for inner, element in value.items()}
    if isinstance(value, list) and all(isinstance(element, Mapping) for element in value):
        return [_redacted(key, element) for element in value]
    return HIDDEN if key in _REVEALING and value else value


def is_table(value: Json) -> bool:
    """Return whether a value needs its own header: a table, or a list of tables."""
    in_list = isinstance(value, list) and any(isinstance(element, Mapping) for element in value)
    return isinstance(value, Mapping) or in_list


def toml_text(tables: Mapping[str, Json], comment: Callable[[KeyPath], str] = lambda path: "") -> str:
    """Return tables as TOML, in their order; `comment` returns a comment for the value at a path, or nothing."""
    lines: list[str] = []
    for key, value in tables.items():
        _write(lines, (key,), value, comment)
    return "\n".join(lines).lstrip("\n") + "\n"


def _write(lines: list[str], path: KeyPath, value: Json, comment: Callable[[KeyPath], str]) -> None:
    header = ".".join(part for part in path if isinstance(part, str))
    if isinstance(value, Mapping):
        lines += ["", f"[{header}]"]
        _write_keys(lines, path, value, comment)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            lines += ["", f"[[{header}]]"]
            _write_keys(lines, (*path, index), element, comment)


def _write_keys(lines: list[str], path: KeyPath, table: Mapping[str, Json], comment: Callable[[KeyPath], str]) -> None:
    nested: dict[str, Json] = {}
    for key, value in table.items():
        if is_table(value):
            nested[key] = value
        elif value != [] or key in ("interfaces", "addresses", "ranges"):
            # JSON's texts, numbers, true and false and lists are TOML's too.
            said = comment((*path, key))
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}" + (f"  # {said}" if said else ""))
    for key, value in nested.items():
        _write(lines, (*path, key), value, comment)
