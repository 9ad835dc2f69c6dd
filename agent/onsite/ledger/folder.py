"""Writes a site's folder: site.toml, secrets.toml, the hub's keys. All of them are valid, or none is written.

The loader validates the files first, in their final folder.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final

from agent.host.files import write_atomic
from agent.host.paths import SECRETS_NAME, SITE_NAME
from agent.model.errors import UsageError, os_words
from agent.observe.inventory.site_skeleton import STATE_NAME
from agent.onsite.ledger.changes import changes, new_declarations
from agent.onsite.ledger.site_text import HUB_KEYS, missing_logins, new_text, secrets_text
from agent.onsite.ledger.sites import SitePlan
from agent.onsite.ledger.tables import Tables
from agent.site.config.load import load, load_declared
from agent.site.config.tables import site_tables
from agent.site.toml.edit import Change, marked, merged, unmarked
from agent.site.toml.problems import ConfigError

FOLDER_MODE: Final = 0o755
SITE_MODE: Final = 0o644
SECRETS_MODE: Final = 0o600


@dataclass(frozen=True, slots=True)
class Draft:
    """The planned writes of a folder. `changes` are those of an existing file; `by_hand`: a person changed it.

    `own_state`: a folder for the site's state is made as well.
    """

    folder: Path
    files: dict[str, tuple[bytes, int]] = field(repr=False)
    changes: tuple[Change, ...] = ()
    by_hand: bool = False
    own_state: bool = False


def existing(folder: Path) -> Tables:
    """Return the site that a folder holds, with its defaults; empty where it holds none. Raises ConfigError."""
    path = folder / SITE_NAME
    return site_tables(load_declared(path)) if os.path.lexists(path) else {}


def draft(
    folder: Path,
    plan: SitePlan,
    site: Tables,
    hub_keys: bytes | None,
    by: str = "",
    today: date = date.min,
    passwords: Mapping[str, str] = MappingProxyType({}),
    own_state: bool = False,
) -> Draft:
    """Plan what a ledger makes of a folder.

    `site` is what `existing` gave for the folder. `hub_keys` are the hub's public keys, to lie beside site.toml; None
    where none were given. `by` gives the ledger's declarations on the day `today`; empty: they are left out.
    `passwords` are by login; logins that secrets.toml has already are unchanged. `own_state`: in a new site.toml the
    site's state lies beside it.
    """
    files: dict[str, tuple[bytes, int]] = {}
    has_keys = hub_keys is not None or (folder / HUB_KEYS).is_file()
    declarations = new_declarations(plan, site, by, today) if by else ()
    found: tuple[Change, ...] = ()
    by_hand = False
    if site:
        text, ours = unmarked((folder / SITE_NAME).read_text("utf-8-sig"))
        found = changes(plan, site, has_keys) + declarations
        by_hand = not ours
        if found:
            files[SITE_NAME] = (marked(merged(text, found)).encode(), SITE_MODE)
    else:
        files[SITE_NAME] = (new_text(plan, has_keys, declarations, own_state).encode(), SITE_MODE)
    before = _secrets_before(folder)
    used_by = {name: [str(d["id"]) for d in plan.devices if d.get("credential") == name] for name in plan.logins}
    after = secrets_text(plan.logins, used_by, before, passwords)
    if after != before:
        files[SECRETS_NAME] = (after.encode(), SECRETS_MODE)
    kept = folder / HUB_KEYS
    if hub_keys is not None and not (kept.is_file() and kept.read_bytes() == hub_keys):
        files[HUB_KEYS] = (hub_keys, SITE_MODE)
    return Draft(folder, files, found, by_hand, own_state and not site)


def new_logins(folder: Path, plan: SitePlan) -> tuple[str, ...]:
    """Return the logins that the ledger needs and the folder's secrets.toml does not have yet."""
    return missing_logins(plan.logins, _secrets_before(folder))


def _secrets_before(folder: Path) -> str:
    secrets = folder / SECRETS_NAME
    return secrets.read_text("utf-8-sig") if secrets.exists() else ""


def write(what: Draft) -> None:
    """Write a folder's files once the loader has validated them.

    Raises:
        ConfigError: The files would be refused; nothing was written.
        UsageError: The folder cannot be written.
    """
    try:
        with _folder(what.folder):
            _validate(what)
            if what.own_state:
                (what.folder / STATE_NAME).mkdir(mode=0o700, exist_ok=True)
            # site.toml comes last: it never names a login or file that is not there.
            for name, (data, mode) in sorted(what.files.items(), key=lambda item: item[0] == SITE_NAME):
                write_atomic(what.folder / name, data, mode)
    except PermissionError:
        raise
    except OSError as error:
        raise UsageError("{folder} cannot be written: {why}", folder=what.folder, why=os_words(error)) from None


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """Create a missing folder, and remove it again where nothing was written."""
    is_new = not folder.exists()
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        if is_new:
            with suppress(OSError):
                folder.rmdir()
        raise


def _validate(what: Draft) -> None:
    """Validate the files with the loader in their final folder: relative paths count from there."""
    if SITE_NAME not in what.files:
        return
    tried: dict[str, Path] = {
        name: what.folder / f".{name}.new" for name in (SITE_NAME, SECRETS_NAME) if name in what.files
    }
    if HUB_KEYS in what.files and not (what.folder / HUB_KEYS).exists():
        tried[HUB_KEYS] = what.folder / HUB_KEYS
    try:
        for name, path in tried.items():
            write_atomic(path, what.files[name][0], SECRETS_MODE)
        load(tried[SITE_NAME], tried.get(SECRETS_NAME, what.folder / SECRETS_NAME))
    except ConfigError as error:
        names = {str(path): str(what.folder / name) for name, path in tried.items()}
        raise ConfigError([replace(one, file=names.get(one.file, one.file)) for one in error.problems]) from None
    finally:
        for path in tried.values():
            path.unlink(missing_ok=True)
