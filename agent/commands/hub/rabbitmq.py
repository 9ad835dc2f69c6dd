"""Prints what a RabbitMQ cluster imports to carry sites and workers: `camwarden hub rabbitmq --queues N`."""

import argparse
import json

from agent.commands.hub.enroll import site_folders
from agent.hub.transport.topology import definitions
from agent.model.exits import OK


def run(args: argparse.Namespace) -> int:
    """Print definitions, for `rabbitmqctl import_definitions`; what is there already stays. Raises UsageError."""
    sites = [*args.site, *(site_folders(args.sites) if args.sites is not None else ())]
    print(json.dumps(definitions(args.queues, sites), ensure_ascii=False, indent=2))
    return OK
