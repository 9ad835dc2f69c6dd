"""Selects where a site's report key and its successor are stored: a file, systemd, or a token.

When a key changes is decided in `agent/deliver/keys/rotate.py`. Each kind of place has the same interface
(`KeyHolder`). The library for tokens is loaded only where the configuration names one.
"""

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol, cast

from agent.contract.signing_keys import REPORT_KEY_NAME, PublicKey, Signer, create_key, load_signer
from agent.host.files import FROM_SYSTEMD_WRONG_BITS, sync_directory
from agent.model.errors import ConfigurationError, Forbidden, UsageError, os_words
from agent.site.config.site import Site

CREDENTIAL_NAME: Final = "camwarden.report-key"
"""The key's name as a credential of systemd; with `.next`, its successor's."""

NEXT: Final = ".next"
"""Suffix of a waiting key's name."""


class KeyHolder(Protocol):
    """A place that stores a site's key. Every method may raise `AgentError` with one clear line."""

    def current(self) -> Signer | None:
        """Return the key in use, None if there is none yet."""

    def waiting(self) -> Signer | None:
        """Return the key that is to replace it, None if there is none."""

    def shown(self) -> tuple[PublicKey | None, PublicKey | None]:
        """Return the public halves of both without a PIN."""

    def create(self) -> Signer:
        """Make the key at a first start."""

    def create_waiting(self) -> Signer:
        """Make the key that is to replace it, or return the one that waits already."""

    def promote(self) -> None:
        """Replace the key in use, which is removed, by the waiting one. Safe to repeat after a crash."""

    def close(self) -> None:
        """Close what is open."""

    def where(self) -> str:
        """Name the place for people."""


def place_of(site: Site, environ: Mapping[str, str]) -> KeyHolder:
    """Return the configured place. Nothing is read or opened yet.

    Args:
        site: Its `[key]` and state directory.
        environ: For CREDENTIALS_DIRECTORY. Source: systemd.exec(5).

    Raises:
        ConfigurationError: The key is in a token and the package for tokens is not installed.
    """
    if site.key.source == "systemd":
        folder = environ.get("CREDENTIALS_DIRECTORY", "")
        return SystemdKeys(Path(folder) if folder else None)
    if site.key.source == "file":
        return FileKeys(site.storage.directory)
    try:
        module = importlib.import_module("agent.deliver.keys.pkcs11")
    except ModuleNotFoundError as error:
        if error.name != "pkcs11":
            raise
        raise ConfigurationError(
            '[key] source = "token" needs the package python-pkcs11: pip install "camwarden[pkcs11]"'
        ) from None
    return cast(KeyHolder, module.TokenKeys(site.key, site.storage.directory))


class FileKeys:
    """The key as a file of the state directory, mode 0600."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / REPORT_KEY_NAME
        self._next = directory / f"report-key{NEXT}.pem"

    def current(self) -> Signer | None:
        """Return the key in use; see `load_signer`."""
        return load_signer(self._path) if os.path.lexists(self._path) else None

    def waiting(self) -> Signer | None:
        """Return the waiting key; see `load_signer`."""
        return load_signer(self._next) if os.path.lexists(self._next) else None

    def shown(self) -> tuple[PublicKey | None, PublicKey | None]:
        """Return the public halves; the current one must be there."""
        waiting = self.waiting()
        return load_signer(self._path).public, waiting.public if waiting else None

    def create(self) -> Signer:
        """Make the key, mode 0600; concurrent first starts get one key."""
        create_key(self._path)
        return load_signer(self._path)

    def create_waiting(self) -> Signer:
        """Make the waiting key, mode 0600, unless it is there."""
        if not os.path.lexists(self._next):
            create_key(self._next)
        return load_signer(self._next)

    def promote(self) -> None:
        """Rename the waiting key over the one in use: there is always exactly one."""
        try:
            self._next.replace(self._path)
            sync_directory(self._path.parent)
        except FileNotFoundError:
            return
        except PermissionError:
            raise Forbidden(
                "{path}: this user may not replace the key; run as the service's user", path=self._path
            ) from None
        except OSError as error:
            raise ConfigurationError(
                "{path}: the key cannot be replaced: {why}", path=self._path, why=os_words(error)
            ) from None

    def close(self) -> None:
        """Do nothing."""

    def where(self) -> str:
        """Return the path of the key in use."""
        return str(self._path)


class SystemdKeys:
    """The key as a credential of systemd: read-only here, made and replaced on the host.

    The waiting key has the same name with `.next`. It stays there after it has taken over, until a person gives it the
    other's name: `rotate.settle` sees in the chain which one signs.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def current(self) -> Signer | None:
        """Return the key in use. There is always one: a missing credential is an error and no first start."""
        path = self._path(CREDENTIAL_NAME)
        if not os.path.lexists(path):
            raise ConfigurationError(
                "{path}: systemd did not hand the report key over; put it into /etc/credstore.encrypted "
                "under the name {key} (see ImportCredential= in the unit) and restart",
                path=path,
                key=CREDENTIAL_NAME,
            )
        return load_signer(path, FROM_SYSTEMD_WRONG_BITS)

    def waiting(self) -> Signer | None:
        """Return the waiting key; see `load_signer`."""
        path = self._path(CREDENTIAL_NAME + NEXT)
        return load_signer(path, FROM_SYSTEMD_WRONG_BITS) if os.path.lexists(path) else None

    def shown(self) -> tuple[PublicKey | None, PublicKey | None]:
        """Return the public halves."""
        current, waiting = self.current(), self.waiting()
        return current.public if current else None, waiting.public if waiting else None

    def create(self) -> Signer:
        """Refuse: a credential cannot be made from inside the service."""
        raise ConfigurationError("the report key {key} is made on the host, not by camwarden", key=CREDENTIAL_NAME)

    def create_waiting(self) -> Signer:
        """Refuse, with instructions."""
        raise UsageError(
            "this key comes from systemd: make the new one on the host, hand it over as {key}{next} "
            "beside the old one, and restart the service; it takes the new one up. Later give the new "
            "one the old one's name",
            key=CREDENTIAL_NAME,
            next=NEXT,
        )

    def promote(self) -> None:
        """Leave both: the chain shows which one signs."""

    def close(self) -> None:
        """Do nothing."""

    def where(self) -> str:
        """Return the name of the credential."""
        return f"systemd credential {CREDENTIAL_NAME}"

    def _path(self, name: str) -> Path:
        if self._folder is None:
            raise ConfigurationError(
                '[key] source = "systemd": only the service gets the key; CREDENTIALS_DIRECTORY is not set here'
            )
        return self._folder / name
