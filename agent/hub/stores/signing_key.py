"""Creates the hub's own key at the first start, and never again beside what was signed with another.

A hub without its key file would sign watermarks with a new key, which no site has pinned: every spool would grow
unnoticed.
"""

from contextlib import closing
from pathlib import Path
from typing import Final

from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.hub.stores.engines import files_of, open_store
from agent.model.errors import ConfigurationError

KEY_NAME: Final = "hub-key.pem"


def hub_signer(directory: Path) -> Signer:
    """Return the key of the hub whose data is in a folder; create it where no hub has run yet.

    Raises:
        ConfigurationError: The key is gone, and the database beside it has sites; or it cannot be used.
        Forbidden: This user may not read it.
    """
    path = directory / KEY_NAME
    if not path.exists() and files_of(directory).has_store(directory) and _knows_sites(directory):
        raise ConfigurationError(
            "{path} is missing beside a database that knows sites, which believe that key only: restore it from a "
            "backup, or, if it is lost, move {database} away and give every site the new key",
            path=path,
            database=files_of(directory).where(directory),
        )
    return load_or_create_signer(path)


def _knows_sites(directory: Path) -> bool:
    with closing(open_store(directory, read_only=True)) as store:
        return bool(store.all_epochs())
