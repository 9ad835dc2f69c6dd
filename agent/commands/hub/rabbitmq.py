"""Prints what a RabbitMQ cluster imports to carry sites and workers: `camwarden hub rabbitmq --queues N`."""

import argparse
import json

from agent.commands.hub.enroll import site_folders
from agent.hub.transport.topology import definitions
from agent.model.errors import UsageError
from agent.model.exits import OK


def run(args: argparse.Namespace) -> int:
    """Print definitions, for `rabbitmqctl import_definitions`. Raises UsageError."""
    sites = [*args.site, *(site_folders(args.sites) if args.sites is not None else ())]
    if not args.queues and not sites:
        raise UsageError("name what is to be printed: --queues, --site or --sites")
    print(json.dumps(definitions(args.queues, sites), ensure_ascii=False, indent=2))
    return OK
