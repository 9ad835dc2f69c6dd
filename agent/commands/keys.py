"""Show the report key of this site.

    camwarden keys show [--json]

The thumbprint is what the hub is told with `camwarden hub trust add SITE THUMBPRINT`, over a way that is not this one.
"""

from __future__ import annotations

import argparse
import json

from agent.config_load import load
from agent.exits import OK
from agent.keys import REPORT_KEY_NAME, load_signer

SCHEMA = "camwarden-keys/1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("show", help="print thumbprint and public key")


def run(args: argparse.Namespace) -> int:
    """Print thumbprint and public JWK of the report key; it is made by `camwarden run`, never here.

    Raises:
        AgentError: No configuration, no key, or a key that cannot be used.
    """
    site = load(args.config)
    path = site.storage.directory / REPORT_KEY_NAME
    signer = load_signer(path)
    if args.json:
        shown = {
            "schema": SCHEMA,
            "site": site.id,
            "kid": signer.kid,
            "alg": signer.alg,
            "jwk": dict(signer.jwk),
            "path": str(path),
        }
        print(json.dumps(shown, ensure_ascii=False))
    else:
        print(f"site        {site.id}")
        print(f"thumbprint  {signer.kid}")
        print(f"algorithm   {signer.alg}")
        print(f"public key  {json.dumps(dict(signer.jwk))}")
        print(f"at the hub  camwarden hub trust add {site.id} {signer.kid} --data DIR")
    return OK
