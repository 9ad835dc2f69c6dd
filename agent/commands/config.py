"""Validates, shows, compares and describes the site's configuration.

    camwarden config validate [FILE]             every mistake of both files at once
    camwarden config show [--origin] [--no-redact]   what counts, with all defaults
    camwarden config diff [FILE]                 what differs from the defaults, or from another site file
    camwarden config schema                      JSON Schema of site.toml, for editors

Passwords are never printed; only `validate` reads them at all. `show` redacts what identifies the site and its places,
so that its output can be handed on; `--no-redact` shows that too.
"""

import argparse
import dataclasses
import importlib
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.host.paths import CONFIG
from agent.model import exits
from agent.model.finding import Json, Message
from agent.site.config.diff import Change, changes, from_defaults, in_folder
from agent.site.config.json_schema import site_schema
from agent.site.config.load import lines_of, load, load_declared, secrets_path
from agent.site.config.origin import KnownLines, leaves, origin, path_text, with_policy
from agent.site.config.tables import redacted, site_tables, toml_text
from agent.site.toml.problems import ConfigError
from agent.text.translate import render, translate

VALIDATE_SCHEMA = "camwarden-config-validate/1"
SHOW_SCHEMA = "camwarden-config/1"
DIFF_SCHEMA = "camwarden-config-diff/1"

SHOWN_MAX_CHARS = 60

VERIFIES = "agent.service.orders.standing_policy"
"""The module that `show` alone loads: it verifies signatures, and `validate` is to be quick."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    validate = actions.add_parser("validate", help="read both files and tell every mistake")
    validate.add_argument("file", type=Path, nargs="?", metavar="FILE", help="the site file, instead of --config")
    show = actions.add_parser("show", help="print what counts, with all defaults; never a password")
    show.add_argument(
        "--redact",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="hide names, addresses and codes (default: hidden)",
    )
    show.add_argument("--origin", action="store_true", help="say for each value where it comes from")
    diff = actions.add_parser("diff", help="tell what differs from the defaults, or from another site file")
    diff.add_argument("file", type=Path, nargs="?", metavar="FILE", help="the other site file")
    actions.add_parser("schema", help="print the JSON Schema of site.toml, for editors")


def run(args: argparse.Namespace) -> int:
    """Run one action; a wrong configuration ends each with 78."""
    if args.action == "schema":
        _print(site_schema())
        return exits.OK
    return {"validate": _validate, "show": _show, "diff": _diff}[args.action](args)


def _show(args: argparse.Namespace) -> int:
    site = load_declared(args.config)
    standing: Any = importlib.import_module(VERIFIES)
    orders: Mapping[str, Json] = standing.orders_in_force(site, datetime.now(UTC))
    policy, version = _mapping(orders.get("policy")), orders.get("policy_version")
    tables = with_policy(site_tables(site), policy)
    secrets, handed_over = secrets_path(args.config)
    places = KnownLines(
        args.config.name,
        lines_of(args.config) if args.origin else {},
        "secrets.toml handed over by systemd" if handed_over else secrets.name,
        lines_of(secrets, holds_secrets=True) if args.origin else {},
        policy,
        version if isinstance(version, int) else 0,
    )
    shown = redacted(tables) if args.redact else tables
    if args.json:
        answer: dict[str, Json] = {"schema": SHOW_SCHEMA, "file": str(args.config), "digest": site.digest, **shown}
        if args.origin:
            answer["origins"] = {path_text(path): origin(places, path, value) for path, value in leaves(tables)}
        _print(answer)
    elif args.origin:
        given = Message("given with --config") if args.config != CONFIG else Message("the usual place")
        sys.stdout.write(f"# {args.config}: {render(given, args.lang)}\n\n")
        values = dict(leaves(tables))
        sys.stdout.write(toml_text(shown, lambda path: origin(places, path, values.get(path))))
    else:
        sys.stdout.write(toml_text(shown))
    return exits.OK


def _diff(args: argparse.Namespace) -> int:
    own = _tables_of(args.config)
    found = from_defaults(own) if args.file is None else changes(own, _tables_of(args.file))
    if args.json:
        rows = [dataclasses.asdict(change) for change in found]
        other = str(args.file) if args.file is not None else None
        _print({"schema": DIFF_SCHEMA, "file": str(args.config), "other": other, "changes": rows})
    elif not args.quiet:
        sys.stdout.write("".join(f"{_line(change, args.lang)}\n" for change in found))
        if not found:
            sys.stdout.write(translate("nothing differs", args.lang) + "\n")
    return exits.OK


def _tables_of(path: Path) -> dict[str, Json]:
    return in_folder(site_tables(load_declared(path)), path.parent)


def _line(change: Change, lang: str) -> str:
    before, after = _value_text(change.before), _value_text(change.after)
    if change.kind == "changed":
        return f"{change.where}: {before} -> {after}"
    is_row = isinstance(change.before if change.after is None else change.after, Mapping)
    word = translate(change.kind, lang)
    return f"{change.where}: {word}" + ("" if is_row else f" {before if change.after is None else after}")


def _value_text(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_MAX_CHARS else f"{text[: SHOWN_MAX_CHARS - 3]}..."


def _validate(args: argparse.Namespace) -> int:
    config = args.file or args.config
    answer: dict[str, Json] = {"schema": VALIDATE_SCHEMA, "file": str(config), "valid": True, "problems": []}
    try:
        site = load(config)
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
        sys.stdout.write(sentence.format(file=config, site=site.id, **counts) + "\n")
    return exits.OK


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _print(answer: Mapping[str, Json]) -> None:
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
