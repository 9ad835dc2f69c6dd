"""Defines the options for a broker's address and login: the same for `hub run` and `verify --topic`."""

import argparse
from pathlib import Path

from agent.deliver.publish.tls import tls_context
from agent.host.files import SECRET_WRONG_BITS
from agent.host.users import wrong_rights
from agent.model.errors import ConfigurationError, Forbidden, UsageError
from agent.site.config.site import Hub
from drivers.model import Credential


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


def broker_of(args: argparse.Namespace) -> Hub:
    """Return the broker of the options; its files have been read once.

    Raises UsageError where options that belong together are not together, and Forbidden or ConfigurationError where a
    file cannot be used.
    """
    number = args.port or (8883 if args.tls else 1883)
    broker = Hub(args.host, number, args.tls, args.ca, args.certificate, args.key, _credential(args))
    tls_context(broker)
    return broker


def port(text: str) -> int:
    """Parse a TCP port; argparse names this function in its message."""
    number = int(text)
    if not 0 < number < 65536:
        raise ValueError
    return number


def _credential(args: argparse.Namespace) -> Credential | None:
    if (args.user is None) != (args.password_file is None):
        raise UsageError("--user and --password-file belong together: give both or neither")
    if args.user is None:
        return None
    path = args.password_file
    try:
        mode = wrong_rights(path.stat(), SECRET_WRONG_BITS)
        lines = path.read_text().splitlines()
    except PermissionError:
        raise Forbidden("{path}: this user may not read it; run as the hub's user", path=path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            "{path}: {why}", path=path, why=getattr(error, "strerror", None) or "not a text file"
        ) from None
    if mode is not None:
        raise Forbidden("{path}: mode {mode:04o} opens the password to others; chmod 600 it", path=path, mode=mode)
    if not lines or not lines[0]:
        raise ConfigurationError("{path}: its first line must be the password", path=path)
    return Credential("hub", args.user, lines[0])
