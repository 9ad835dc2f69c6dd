"""Defines the options for a broker of several nodes: those of `hub run`, and of `hub rabbitmq`."""

import argparse
from pathlib import Path
from typing import Any

from agent.contract.enrollment_token import read_address
from agent.contract.topics import SITE_ID
from agent.hub.transport.topology import QUEUES_MOST, Part


def add(actions: Any, data: argparse.ArgumentParser) -> None:
    """Describe `hub rabbitmq`."""
    parser = actions.add_parser(
        "rabbitmq", parents=[data], help="print queues, users and rights for a RabbitMQ cluster to import"
    )
    parser.add_argument(
        "--queues", type=queues, default=0, metavar="N", help="so many queues, 1 to 64, and the user of the workers"
    )
    parser.add_argument(
        "--site", type=site_id, action="append", default=[], metavar="ID", help="rights for this site; may be repeated"
    )
    parser.add_argument("--sites", type=Path, metavar="DIR", help="for every site of a folder from `ledger render`")


def add_node_options(parser: argparse.ArgumentParser) -> None:
    """Describe how a worker reaches the nodes."""
    parser.add_argument(
        "--also",
        type=node,
        action="append",
        default=[],
        metavar="HOST:PORT",
        help="a further node of the broker, for when one is gone; may be repeated",
    )
    parser.add_argument(
        "--amqp",
        type=part,
        nargs="?",
        const=Part(),
        metavar="N/OF",
        help="take reports from the queues of RabbitMQ, by AMQP (port 5671 with --tls, else 5672); of so many workers "
        "this is number N",
    )


def add_worker_option(parser: argparse.ArgumentParser) -> None:
    """Describe how one of several hubs is named."""
    parser.add_argument(
        "--worker",
        type=worker,
        metavar="NAME",
        help="one of several hubs on data in PostgreSQL: its name, such as a; they share what sites send",
    )


def worker(text: str) -> str:
    """Parse a worker's name; argparse names this function in its message."""
    if not SITE_ID.fullmatch(text):
        raise ValueError
    return text


def node(text: str) -> tuple[str, int]:
    """Parse host and port; argparse names this function in its message."""
    return read_address(text)


def part(text: str) -> Part:
    """Parse a worker's part of the queues, such as 1/4; argparse names this function in its message."""
    number, _, of = text.partition("/")
    if not 1 <= int(number) <= int(of) <= QUEUES_MOST:
        raise ValueError
    return Part(int(number), int(of))


def queues(text: str) -> int:
    """Parse a number of queues; argparse names this function in its message."""
    number = int(text)
    if not 1 <= number <= QUEUES_MOST:
        raise ValueError
    return number


def site_id(text: str) -> str:
    """Parse a site's id; argparse names this function in its message."""
    if not SITE_ID.fullmatch(text):
        raise ValueError
    return text
