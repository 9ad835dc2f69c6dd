"""Where files lie when nobody says otherwise. The service's own folders are in `config.Storage`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

CONFIG: Final = Path("/etc/camwarden/site.toml")
SECRETS_NAME: Final = "secrets.toml"
OF_SERVICE: Final = Path("/run/credentials/camwarden.service")
"""What systemd keeps for the running service; root and the service's user can read it."""
CREDENTIALS_NAME: Final = "credentials.json"
LEDGER_HEADINGS_NAME: Final = "ledger-headings.json"


def credentials_file(directory: Path, environ: Mapping[str, str]) -> Path:
    """Return where refused logins are remembered: in the service's folder, or in the user's own.

    A contractor who may not write the service's folder still must not lock a device by trying twice.

    Args:
        directory: `Storage.directory`.
        environ: For XDG_STATE_HOME and HOME.
    """
    return own_state(directory, environ) / CREDENTIALS_NAME


def own_state(directory: Path, environ: Mapping[str, str]) -> Path:
    """Return where a command keeps what is to stay: the service's folder where this user may, else the user's own."""
    return directory if os.access(directory, os.W_OK) else user_state(environ)


def handover_key_file(site_id: str, environ: Mapping[str, str]) -> Path:
    """Return where the key is with which this user signs what he hands over of a site whose own key he cannot use."""
    return user_state(environ) / "handover-keys" / f"{site_id}.pem"


def user_state(environ: Mapping[str, str]) -> Path:
    """Return the folder for what camwarden keeps of one user, from XDG_STATE_HOME or HOME.

    Source: XDG Base Directory Specification 0.8.
    """
    state = environ.get("XDG_STATE_HOME", "")
    home = Path(state) if state.startswith("/") else Path(environ.get("HOME") or Path.home()) / ".local" / "state"
    return home / "camwarden"
