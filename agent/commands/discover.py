"""Ask the configured networks which devices are there, by WS-Discovery."""

from __future__ import annotations

import argparse
import json
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent import exits
from agent.config_load import load
from agent.inventory import undeclared_addresses
from agent.probe import discover


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""


def run(args: argparse.Namespace) -> int:
    """Print what answered, and which of it stands in no configuration."""
    site = load(args.config)
    if not site.discovery.interfaces and not site.discovery.addresses:
        sys.stderr.write("nothing was sent: name networks under [discovery] interfaces or addresses in site.toml\n")
        return exits.UNCHECKED
    found = discover(site)
    undeclared = undeclared_addresses(site, found)
    if args.json:
        answer = {
            "schema": "camwarden-discover/1",
            "found": [{"address": d.address, "xaddrs": list(d.xaddrs), "scopes": list(d.scopes)} for d in found],
            "undeclared": list(undeclared),
        }
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
        return exits.OK
    table = Table("address", "service", "scopes", title=f"{len(found)} devices answered")
    for device in found:
        table.add_row(Text(device.address), Text("\n".join(device.xaddrs)), Text("\n".join(device.scopes)))
    console = Console(no_color=args.no_color)
    console.print(table)
    for address in undeclared:
        console.print(Text(f"{address} stands in no configuration: add it as a [[device]], or find out what it is"))
    return exits.OK
