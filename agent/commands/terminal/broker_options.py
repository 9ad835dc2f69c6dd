"""Defines the options for a broker's address and login: the same for `hub run` and `verify --topic`."""

import argparse
from pathlib import Path


def add_broker_options(parser: argparse.ArgumentParser) -> None:
    """Describe them."""
    parser.add_argument("--host", default="127.0.0.1", help="the broker (default %(default)s)")
    parser.add_argument("--port", type=port, default=None, help="its port (default 8883 with --tls, else 1883)")
    parser.add_argument("--tls", action="store_true", help="connect with TLS")
    parser.add_argument("--ca", type=Path, help="PEM file with the certificates that the broker's must lead to")
    parser.add_argument("--certificate", type=Path, help="PEM file with our own certificate")
    parser.add_argument("--key", type=Path, help="PEM file with its private key")
    parser.add_argument("--user", help="login at the broker")
    parser.add_argument("--password-file", type=Path, help="file whose first line is the password")


def port(text: str) -> int:
    """Parse a TCP port; argparse names this function in its message."""
    number = int(text)
    if not 0 < number < 65536:
        raise ValueError
    return number
