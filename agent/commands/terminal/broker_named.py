"""Reads the broker that the options of `broker_options.py` name, with its files.

A module of its own: every `camwarden hub` knows the options, and few commands connect.
"""

import argparse
from typing import Final

from agent.deliver.publish.tls import tls_context
from agent.host.files import SECRET_WRONG_BITS
from agent.host.users import wrong_rights
from agent.model.errors import ConfigurationError, Forbidden, UsageError
from agent.site.config.site import Hub
from drivers.model import Credential

_PORTS: Final = {(False, False): 1883, (False, True): 8883, (True, False): 5672, (True, True): 5671}
"""By AMQP, else MQTT; with TLS. Source: IANA's names mqtt, secure-mqtt, amqp, amqps."""


def broker_of(args: argparse.Namespace) -> Hub:
    """Return the broker of the options; its files have been read once.

    Raises UsageError where options that belong together are not together, and Forbidden or ConfigurationError where a
    file cannot be used.
    """
    number = args.port or _PORTS[getattr(args, "amqp", None) is not None, args.tls]
    broker = Hub(args.host, number, args.tls, args.ca, args.certificate, args.key, _credential(args))
    tls_context(broker)
    return broker


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
