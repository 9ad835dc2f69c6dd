"""Parses `[storage]` of site.toml alone: `status` needs nothing else and must not load the readers of all tables."""

import os
from dataclasses import dataclass
from pathlib import Path

from agent.contract.topics import SITE_ID
from agent.host.paths import CONFIG, RUNTIME, STATE, is_of_service, site_state
from agent.model.finding import Message
from agent.site.toml.document import read_with
from agent.site.toml.table import Table

SPOOL_MIN_BYTES = 1024 * 1024
SPOOL_MAX_BYTES = 1024**4
HISTORY_MIN_BYTES = 1024 * 1024
HISTORY_MAX_BYTES = 1024**4


@dataclass(frozen=True, slots=True)
class Storage:
    """The agent's own files. `directory` holds spool, history, report key and credential state."""

    directory: Path = STATE
    runtime: Path = RUNTIME
    spool_max_bytes: int = 512 * 1024 * 1024
    history_max_bytes: int = 32 * 1024 * 1024


def read_storage(top: Table) -> Storage:
    """Read `[storage]` of a whole site file. The directories need not exist yet."""
    default, table = default_storage(top), top.table("storage", "optional")
    if table is None:
        return default
    table.only("directory", "runtime", "spool_max_bytes", "history_max_bytes")
    directory = table.path_of("directory", default.directory)
    if Path(top.document.file).absolute() == CONFIG and directory.is_relative_to(CONFIG.parent):
        table.note(
            "directory",
            Message("the service can write nothing in {folder}", {"folder": CONFIG.parent}),
            "remove [storage]: a site's own folder is for commands by hand, where the service does not run",
        )
    return Storage(
        directory=directory,
        runtime=table.path_of("runtime", default.runtime),
        spool_max_bytes=table.integer("spool_max_bytes", default.spool_max_bytes, SPOOL_MIN_BYTES, SPOOL_MAX_BYTES),
        history_max_bytes=table.integer(
            "history_max_bytes", default.history_max_bytes, HISTORY_MIN_BYTES, HISTORY_MAX_BYTES
        ),
    )


def default_storage(top: Table) -> Storage:
    """Return the default: the service's folders, or one of the user's own."""
    site = top.data.get("site")
    name = site.get("id") if isinstance(site, dict) else None
    config = Path(top.document.file).absolute()
    if not isinstance(name, str) or not SITE_ID.fullmatch(name) or is_of_service(config, os.environ):
        return Storage()
    own = site_state(name, os.environ)
    return Storage(own, own)


def load_storage(path: Path) -> Storage:
    """Read `[storage]` of a file; needs no secrets file.

    Raises:
        ConfigError: The file cannot be read or is not TOML, or its `[storage]` is wrong.
    """
    return read_with(path, read_storage)[0]
