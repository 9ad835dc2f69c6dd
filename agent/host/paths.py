"""Resolves the default paths of files. The service's own folders are in `config.Storage`."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from agent.host.users import is_root, own_id

CONFIG: Final = Path("/etc/camwarden/site.toml")
STATE: Final = Path("/var/lib/camwarden")
RUNTIME: Final = Path("/run/camwarden")
HUB_DATA: Final = Path("/var/lib/camwarden-hub")
HUB_BACKUPS: Final = Path("/var/lib/camwarden-hub-backup")
HUB_ENV: Final = Path("/etc/camwarden-hub/hub.env")
"""Options of the running hub, for its unit; `hub doctor` reads the broker out of it."""
SITE_NAME: Final = "site.toml"
SECRETS_NAME: Final = "secrets.toml"
UPGRADE_OUTCOME: Final = Path("/var/lib/camwarden-upgrade/outcome.json")
"""What root's upgrade leaves for the service: the version that it tried, and why it is not there."""
OF_SERVICE: Final = Path("/run/credentials/camwarden.service")
"""Credentials that systemd passes to the running service; root and the service's user can read them."""
CREDENTIALS_NAME: Final = "credentials.json"
LEDGER_HEADINGS_NAME: Final = "ledger-headings.json"


def default_config() -> Path:
    """Return the service's site.toml; where there is none, the one in the folder that a person stands in.

    One that belongs to somebody else is not taken: who may write into a shared folder would choose what root reads. On
    Windows, where no service runs, it is always the folder's.
    """
    here = Path(SITE_NAME)
    if sys.platform == "win32":
        return here
    try:
        return here if not CONFIG.exists() and here.stat().st_uid in (0, own_id()) else CONFIG
    except OSError:
        return CONFIG


def hub_data(environ: Mapping[str, str]) -> Path:
    """Return where a hub keeps its data: what CAMWARDEN_HUB_DATA names, else the usual folder."""
    return Path(environ.get("CAMWARDEN_HUB_DATA") or HUB_DATA)


def hub_backups(environ: Mapping[str, str]) -> Path:
    """Return the folder of a hub's backups: what CAMWARDEN_HUB_BACKUPS names, else the usual one."""
    return Path(environ.get("CAMWARDEN_HUB_BACKUPS") or HUB_BACKUPS)


def is_of_service(config: Path, environ: Mapping[str, str]) -> bool:
    """Return whether a site that names no folder uses the service's: not where an ordinary user runs it.

    True for the service's own site.toml, for root, for the running service wherever its site.toml is, and for a user
    who may write there, as the service's may.

    Source: systemd.exec(5), STATE_DIRECTORY.
    """
    return config == CONFIG or is_root() or "STATE_DIRECTORY" in environ or os.access(STATE, os.W_OK)


def site_state(site_id: str, environ: Mapping[str, str]) -> Path:
    """Return the folder in the user's state for a site that names none: one per site."""
    return user_state(environ) / "sites" / site_id


def credentials_file(directory: Path, environ: Mapping[str, str]) -> Path:
    """Return the file that remembers refused logins: in the service's folder, or in the user's own.

    A contractor who may not write the service's folder still must not lock a device by trying twice. One file for all
    sites of a user that name no folder: a login refused before a site had its own folder stays refused.
    """
    home = user_state(environ)
    return (home if directory.is_relative_to(home) else own_state(directory, environ)) / CREDENTIALS_NAME


def own_state(directory: Path, environ: Mapping[str, str]) -> Path:
    """Return where a command stores its state: the site's folder where this user may write it, else the user's own."""
    home = user_state(environ)
    return directory if directory.is_relative_to(home) or os.access(directory, os.W_OK) else home


def handover_key_file(site_id: str, environ: Mapping[str, str]) -> Path:
    """Return the key file with which this user signs the hand-over of a site whose own key is out of reach."""
    return user_state(environ) / "handover-keys" / f"{site_id}.pem"


def user_state(environ: Mapping[str, str]) -> Path:
    """Return camwarden's state folder of one user.

    Source: XDG Base Directory Specification 0.8 (XDG_STATE_HOME); Microsoft, FOLDERID_LocalAppData.
    """
    if sys.platform == "win32" and environ.get("LOCALAPPDATA"):
        return Path(environ["LOCALAPPDATA"]) / "camwarden"
    state = environ.get("XDG_STATE_HOME", "")
    home = Path(state) if state.startswith("/") else Path(environ.get("HOME") or Path.home()) / ".local" / "state"
    return home / "camwarden"
