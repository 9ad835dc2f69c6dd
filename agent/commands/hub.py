"""Receive, verify and confirm the reports of sites, and take out of the hub what it knows.

camwarden hub run --data DIR --host HOST [--port PORT] [--tls ...] [--user U --password-file F] [--metrics [HOST:]PORT]
camwarden hub trust add SITE THUMBPRINT [--until DAY] | list | export | revoke THUMBPRINT   --data DIR
camwarden hub enroll init | token | serve | list | revoke SITE   --data DIR   give gateways their certificates
camwarden hub jwks --data DIR      the hub's public key, for `[hub] jwks` of every site
camwarden hub status --data DIR    what came, what was verified, what is missing
camwarden hub silent --data DIR    sites that are late, offline, wedged or never enrolled; exit code 1 if any
camwarden hub orders [SITE] --data DIR                           what was asked of sites, and what became of it
camwarden hub report-now | check-now | resend | desired SITE     ask something of a site
camwarden hub desired SITE --pack FILE.toml    packs of rules for a site; --no-packs takes them out
camwarden hub accept-loss SITE STREAM FROM TO --by --why --data DIR   go on over reports that are gone for good
camwarden hub import BATCH [--ack FILE] --data DIR               reports that were carried here as files
camwarden hub case SITE CHECK --from T --to T --out FILE.zip     evidence that verifies offline
camwarden hub check [--sample N] --data DIR   is what was stored still what was stored?
camwarden hub metrics --data DIR   numbers for Prometheus
camwarden hub report --day D | --month M --by division|maintainer|model [--xlsx FILE]   figures of assessment
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

from agent.commands import hub_carry, hub_check, hub_enroll, hub_orders, hub_report, hub_run, hub_trust, hub_view

ACTIONS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "run": hub_run.run,
    "trust": hub_trust.run,
    "enroll": hub_enroll.run,
    "jwks": hub_trust.print_jwks,
    "status": hub_view.status,
    "silent": hub_view.silent,
    "orders": hub_view.orders,
    "metrics": hub_view.metrics,
    "report": hub_report.run,
    "report-now": hub_orders.run,
    "check-now": hub_orders.run,
    "resend": hub_orders.run,
    "desired": hub_orders.desired,
    "accept-loss": hub_orders.accept,
    "import": hub_carry.take,
    "case": hub_carry.case,
    "check": hub_check.run,
}
"""Every action and what runs it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    data = argparse.ArgumentParser(add_help=False)
    data.add_argument("--data", type=Path, required=True, metavar="DIR", help="where the hub keeps its data")
    for module in (hub_run, hub_trust, hub_enroll, hub_view, hub_report, hub_orders, hub_carry, hub_check):
        module.add_actions(actions, data)


def run(args: argparse.Namespace) -> int:
    """Run the chosen action.

    Raises:
        AgentError: One clear line and its exit code.
    """
    return ACTIONS[args.action](args)
