"""Receives, verifies and confirms the reports of sites, and shows or exports what the hub has stored.

camwarden hub run --data DIR --host HOST [--port PORT] [--tls ...] [--user U --password-file F] [--metrics [HOST:]PORT]
camwarden hub trust add SITE THUMBPRINT [--until DAY] | list | export | revoke THUMBPRINT   --data DIR
camwarden hub enroll init | token | serve | list | revoke SITE   --data DIR   give gateways their certificates
camwarden hub jwks --data DIR      the hub's public key, for `[hub] jwks` of every site
camwarden hub status --data DIR    what came, what was verified, what is missing
camwarden hub silent --data DIR    sites that are late, offline, wedged or never enrolled; exit code 1 if any
camwarden hub orders [SITE] --data DIR                           what was asked of sites, with the results
camwarden hub report-now | check-now | resend | desired SITE     ask something of a site
camwarden hub desired SITE --pack FILE.toml    packs of rules for a site; --no-packs takes them out
camwarden hub accept-loss SITE STREAM FROM TO --by --why --data DIR   go on over reports that are gone for good
camwarden hub disputes [SITE] --data DIR       which findings owners dispute, and until when to decide
camwarden hub decide SITE NUMBER --outcome upheld|overturned|remedied --by --why --data DIR
camwarden hub import BATCH [--ack FILE] --data DIR               reports that were carried here as files
camwarden hub case SITE CHECK --from T --to T --out FILE.zip     evidence that verifies offline
camwarden hub check [--sample N] --data DIR   is what was stored still what was stored?
camwarden hub metrics --data DIR   numbers for Prometheus
camwarden hub report --day D | --month M --by division|maintainer|model [--xlsx FILE]   figures of assessment
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from agent.commands.hub import carry, check, disputes, enroll, orders, report, trust, view
from agent.commands.hub import run as hub_run
from agent.host.paths import hub_data

ACTIONS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "run": hub_run.run,
    "trust": trust.run,
    "enroll": enroll.run,
    "jwks": trust.print_jwks,
    "status": view.status,
    "silent": view.silent,
    "orders": view.orders,
    "metrics": view.metrics,
    "report": report.run,
    "report-now": orders.run,
    "check-now": orders.run,
    "resend": orders.run,
    "desired": orders.desired,
    "accept-loss": orders.accept,
    "disputes": disputes.show,
    "decide": disputes.decide,
    "import": carry.import_batch,
    "case": carry.export_case,
    "check": check.run,
}
"""Every action and what runs it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    data = argparse.ArgumentParser(add_help=False)
    data.add_argument(
        "--data",
        type=Path,
        default=hub_data(os.environ),
        metavar="DIR",
        help="where the hub keeps its data (default $CAMWARDEN_HUB_DATA, else /var/lib/camwarden-hub)",
    )
    for module in (hub_run, trust, enroll, view, report, orders, disputes, carry, check):
        module.add_actions(actions, data)


def run(args: argparse.Namespace) -> int:
    """Run the chosen action. Raises AgentError."""
    return ACTIONS[args.action](args)
