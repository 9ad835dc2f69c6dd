"""`config validate` tells every mistake of the configuration at once; `config show` prints what is in force.

Passwords are never printed. `--redact` also takes out what says where the site is and what hangs there, so that the
rest can be shown to strangers.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Mapping

from agent import exits
from agent.config import CameraConfig, Site
from agent.config_load import load
from agent.config_table import ConfigError
from agent.model import Json
from agent.text import translate
from drivers.model import Credential

VALIDATE_SCHEMA = "camwarden-config-validate/1"
SHOW_SCHEMA = "camwarden-config/1"
HIDDEN = "(redacted)"

_SITE = ("id", "name", "city", "division", "period_s", "time_zone", "in_use_since")
_SINGLE = ("probe", "policy", "quality", "storage", "metrics", "daily_digest", "discovery", "hub", "key", "rules")
_TELLING = frozenset(
    {"name", "host", "code", "placement", "by", "interfaces", "addresses", "ranges", "address", "endpoint", "reason"}
)
"""Keys that tell a place, a person or an address. Ids stay: without them the rest cannot be read."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("validate", help="read both files and tell every mistake")
    show = actions.add_parser("show", help="print the configuration with all defaults; never a password")
    show.add_argument("--redact", action="store_true", help="hide names, addresses and codes too")


def run(args: argparse.Namespace) -> int:
    """Validate or show; a wrong configuration ends both with 78."""
    if args.action == "validate":
        return _validate(args)
    site = load(args.config)
    tables = site_tables(site)
    if args.redact:
        tables = {key: _redacted(key, value) for key, value in tables.items()}
    if args.json:
        _print({"schema": SHOW_SCHEMA, "file": str(args.config), "digest": site.digest, **tables})
    else:
        sys.stdout.write(toml_text(tables))
    return exits.OK


def _validate(args: argparse.Namespace) -> int:
    answer: dict[str, Json] = {"schema": VALIDATE_SCHEMA, "file": str(args.config), "valid": True, "problems": []}
    try:
        site = load(args.config)
    except ConfigError as error:
        if not args.json:
            raise
        problems = [dataclasses.asdict(problem) for problem in error.problems]
        _print({**answer, "valid": False, "problems": problems})
        return error.exit_code
    if args.json:
        _print(answer)
    elif not args.quiet:
        sentence = translate("{file}: valid; site {site}, {devices} devices, {cameras} cameras", args.lang)
        counts = {"devices": len(site.devices), "cameras": len(site.cameras)}
        sys.stdout.write(sentence.format(file=args.config, site=site.id, **counts) + "\n")
    return exits.OK


def site_tables(site: Site) -> dict[str, Json]:
    """Return a site in the shape of its file: defaults filled in, absent options left out, no password."""
    tables: dict[str, Json] = {
        "site": {key: plain for key in _SITE if (plain := _plain(getattr(site, key))) is not None}
    }
    for key in _SINGLE:
        value = getattr(site, key)
        if value is not None:
            tables[key] = _table(value)
    tables["mirror"] = [_table(mirror) for mirror in site.mirrors]
    tables["device"] = [_table(device) for device in site.devices]
    tables["store"] = [_table(store) for store in site.stores]
    tables["camera"] = [_camera(camera) for camera in site.cameras]
    tables["hold"] = [_table(hold) for hold in site.holds]
    tables["group"] = [_table(group) for group in site.groups]
    tables["declaration"] = [_table(declaration) for declaration in site.declarations]
    return tables


def _camera(config: CameraConfig) -> dict[str, Json]:
    table: dict[str, Json] = {
        **_table(config.camera),
        "recorded": config.recorded,
        "retention_days": config.retention_days,
        **({"store": config.store, "store_name": config.store_name} if config.store else {}),
        **({"in_use_since": config.in_use_since.isoformat()} if config.in_use_since else {}),
        "private_zone": [_table(zone) for zone in config.zones],
    }
    if config.overlay_boxes:
        table["overlay_boxes"] = _plain(config.overlay_boxes)
    if config.presets:
        table["preset"] = [
            {"name": preset.name, "private_zone": [_table(zone) for zone in preset.zones]} for preset in config.presets
        ]
    if config.ptz_lock is not None:
        table["ptz"] = _table(config.ptz_lock)
    if config.mutes:
        table["mute"] = [_table(mute) for mute in config.mutes]
    if config.no_private_area is not None:
        table["no_private_area"] = _table(config.no_private_area)
    return table


def _table(value: object) -> dict[str, Json]:
    """Return the fields of a configuration value under the names that they have in the file."""
    if not dataclasses.is_dataclass(value):
        raise TypeError(f"{type(value).__name__} is no table")
    found = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return {key: plain for key, plain in found.items() if plain is not None}


def _plain(value: object) -> Json:
    if isinstance(value, Credential):
        return value.name
    if isinstance(value, tuple):
        return [_plain(element) for element in value]
    if value is None or isinstance(value, str | int | float):
        return value
    if dataclasses.is_dataclass(value):
        return {key: plain for key, plain in _table(value).items() if plain != ""}
    return str(value)


def _redacted(key: str, value: Json) -> Json:
    if isinstance(value, Mapping):
        return {inner: _redacted(inner, element) for inner, element in value.items()}
    if isinstance(value, list) and all(isinstance(element, Mapping) for element in value):
        return [_redacted(key, element) for element in value]
    return HIDDEN if key in _TELLING and value else value


def toml_text(tables: Mapping[str, Json]) -> str:
    """Return tables as TOML, in their order, as site.toml has them."""
    lines: list[str] = []
    for key, value in tables.items():
        _write(lines, key, value)
    return "\n".join(lines).lstrip("\n") + "\n"


def _write(lines: list[str], header: str, value: Json) -> None:
    if isinstance(value, Mapping):
        lines += ["", f"[{header}]"]
        _write_keys(lines, header, value)
    elif isinstance(value, list):
        for element in value:
            lines += ["", f"[[{header}]]"]
            _write_keys(lines, header, element)


def _write_keys(lines: list[str], header: str, table: Mapping[str, Json]) -> None:
    nested: dict[str, Json] = {}
    for key, value in table.items():
        tables_in_list = isinstance(value, list) and any(isinstance(element, Mapping) for element in value)
        if isinstance(value, Mapping) or tables_in_list:
            nested[key] = value
        elif value != [] or key in ("interfaces", "addresses", "ranges"):
            # JSON's texts, numbers, true and false and lists are TOML's too.
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}")
    for key, value in nested.items():
        _write(lines, f"{header}.{key}", value)


def _print(answer: Mapping[str, Json]) -> None:
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
