"""Reads the trusted keys of `camwarden verify` from its options."""

import argparse
import re
import zipfile
from contextlib import closing, suppress
from pathlib import Path

from agent.contract.jwk import PublicKey, load_jwks, public_key
from agent.contract.signing_keys import load_signer
from agent.hub.stores.engines import open_store, open_trust
from agent.hub.stores.signing_key import KEY_NAME
from agent.model.errors import ConfigurationError, Forbidden, UsageError
from agent.verify.archive import FILE_MAX_BYTES, open_container
from agent.verify.bindings import Trust
from agent.verify.html_seal import MAX_BYTES
from agent.verify.judge import Trusted, is_filing, keys_in
from agent.verify.manifest import NAME as MANIFEST
from agent.verify.paper import MEMBER_MAX_BYTES, is_paper

_THUMBPRINT = re.compile(r"[0-9A-Za-z_-]{43}")
_SHOWN_IN = ("jwks.json", "state.json", MANIFEST)
"""How files end in which a key may be shown: a key set, the birth in a batch, and the manifest of a filing dossier."""
REPORT_SUFFIXES = (".html", ".htm")
"""How hand-over reports end."""


def trusted_keys(args: argparse.Namespace, paths: list[Path]) -> Trusted:
    """Return the trusted keys; none is needed for files that show a change by themselves.

    Those of `--kid` are searched for in the files to verify.

    Raises:
        UsageError: No option names a trusted key.
        ConfigurationError: A file cannot be used, or nothing shows a key of a thumbprint.
    """
    if not (args.kid or args.jwks or args.data) and all(_shows_own_key(path) for path in paths):
        return Trusted({})
    wanted = wanted_kids(args)
    keys = keys_named(args)
    shown = {kid: key for path in paths for kid, key in _keys_shown_in(path).items()} if wanted else {}
    missing = sorted(wanted - keys.keys() - shown.keys())
    if missing:
        raise ConfigurationError("nothing here shows the key {missing}; give it with --jwks", missing=missing[0])
    keys |= {kid: key for kid, key in shown.items() if kid in wanted}
    return Trusted(keys, sites_of(args))


def wanted_kids(args: argparse.Namespace) -> set[str]:
    """Return the thumbprints of `--kid`.

    Raises UsageError where no option names a trusted key, or one is no thumbprint.
    """
    wanted = set(args.kid or ())
    if not wanted and not args.jwks and args.data is None:
        raise UsageError("say whom to believe: --jwks FILE, --kid THUMBPRINT or --data DIR")
    for kid in wanted:
        if not _THUMBPRINT.fullmatch(kid):
            raise UsageError("{kid!r} is not a thumbprint: 43 characters, as `camwarden keys show` prints it", kid=kid)
    return wanted


def keys_named(args: argparse.Namespace) -> dict[str, PublicKey]:
    """Return the keys of `--jwks` and `--data`.

    Raises ConfigurationError where a file cannot be used, or the hub trusts no key that it has seen.
    """
    keys: dict[str, PublicKey] = {}
    for path in args.jwks or ():
        keys |= load_jwks(path)
    if args.data is None:
        return keys
    believed = open_trust(args.data).load()
    with closing(open_store(args.data, read_only=True)) as store:
        shown = {kid: store.key(kid) for kid in believed.bindings}
    of_hub = {kid: public_key(dict(jwk)) for kid, jwk in shown.items() if jwk is not None}
    if not of_hub:
        raise ConfigurationError(
            "{path}: trusts no key that it has seen; see `camwarden hub trust add`", path=args.data
        )
    with suppress(ConfigurationError, Forbidden):  # who may not read it simply cannot judge what the hub signed
        own = load_signer(args.data / KEY_NAME).public
        of_hub[own.kid] = own
    return keys | of_hub


def sites_of(args: argparse.Namespace) -> Trust | None:
    """Return which key speaks for which site, where a hub's data is the only source."""
    return open_trust(args.data).load() if args.data is not None and not args.jwks and not args.kid else None


def _shows_own_key(path: Path) -> bool:
    """Return whether it shows the key that signed it: a hand-over report, a filing dossier, or a stored filing."""
    if path.suffix in REPORT_SUFFIXES:
        return True
    if path.is_dir() or zipfile.is_zipfile(path):
        return is_paper(path)
    with suppress(OSError), path.open("rb") as file:
        return is_filing(file.read(FILE_MAX_BYTES + 1))
    return False


def _keys_shown_in(path: Path) -> dict[str, PublicKey]:
    """Return the keys that a file, folder or ZIP shows; none where it cannot be read, which is reported later."""
    if not path.is_dir() and not zipfile.is_zipfile(path):
        with suppress(OSError), path.open("rb") as file:
            return keys_in(file.read(MAX_BYTES))
        return {}
    keys: dict[str, PublicKey] = {}
    with open_container(path, ".json", MEMBER_MAX_BYTES) as container:
        for name in container.names:
            if name.endswith(_SHOWN_IN):
                keys |= keys_in(container.read(name)[:FILE_MAX_BYTES])
    return keys
