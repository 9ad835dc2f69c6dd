"""Prints the metrics of the hub for Prometheus."""

import argparse
import sys
from datetime import UTC, datetime

from agent.hub.views.metrics import read_metrics
from agent.model.exits import OK


def run(args: argparse.Namespace) -> int:
    """Print the numbers for Prometheus."""
    sys.stdout.write(read_metrics(args.data, datetime.now(UTC), args.backups))
    return OK
