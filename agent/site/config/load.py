"""Loads site.toml and secrets.toml into a `Site`, or reports every mistake of both at once with its line.

Ranges are decided in `sections.py` and `devices.py`; defaults are in `site.py`.

Passwords come from `$CREDENTIALS_DIRECTORY/secrets.toml` where systemd passes one, else from the file beside site.toml.
Other files that the configuration names must exist here and are read elsewhere.
"""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

from agent.host.files import FROM_SYSTEMD_WRONG_BITS, SECRET_WRONG_BITS
from agent.host.paths import CONFIG, OF_SERVICE, SECRETS_NAME
from agent.model.finding import Message, listed
from agent.site.config.declared import read_accepted, read_declarations, read_groups, read_rules
from agent.site.config.devices import NAME, NAME_RULE, read_cameras, read_devices
from agent.site.config.footage import read_holds, read_quality, read_stores
from agent.site.config.notify import read_notify
from agent.site.config.outlets import read_digest, read_metrics, read_mirrors
from agent.site.config.report_key import TlsPlace, read_key, read_tls_place
from agent.site.config.sections import read_discovery, read_hub, read_policy, read_probe, read_site, read_worker
from agent.site.config.site import Site
from agent.site.config.upgrade import read_upgrade
from agent.site.rules.pack import Pack
from agent.site.rules.read import read_pack, shipped
from agent.site.toml.document import parse_toml, read_file, read_with
from agent.site.toml.lines import KeyPath
from agent.site.toml.problems import ConfigError, ConfigForbidden, Problem
from agent.site.toml.storage import read_storage
from agent.site.toml.table import Document, Table
from drivers.model import Credential

__all__ = [
    "ConfigError", "Problem", "lines_of", "load", "load_declared", "load_text", "load_tls_place",
    "read_tables", "secrets_path",
]  # fmt: skip

_TABLES = (
    "site", "probe", "policy", "quality", "storage", "metrics", "worker", "upgrade", "daily_digest", "notify",
    "discovery", "hub", "mirror", "key", "device", "camera", "store", "hold", "group", "declaration", "accepted",
    "rules",
)  # fmt: skip


def load(path: Path, secrets: Path | None = None) -> Site:
    """Read the configuration of a site.

    Args:
        path: site.toml. Relative paths in it start from its folder.
        secrets: secrets.toml; None: found as described for the module.

    Raises:
        ConfigError: With all mistakes of both files; `ConfigForbidden` where a file may not be read.
    """
    problems: list[Problem] = []
    raw, forbidden = read_file(path, "site", problems)
    document = parse_toml(path, raw, problems, holds_secrets=False)
    secrets, from_systemd = (secrets, False) if secrets is not None else secrets_path(path)
    credentials, secrets_forbidden = _credentials(secrets, from_systemd, document, problems)
    site = Site(id="", city="", division="")
    if document is not None:
        site = read_tables(Table(document, (), "", document.data), credentials)
    if problems:
        order = {str(path): 0}
        problems.sort(key=lambda problem: (order.get(problem.file, 1), problem.line))
        raise (ConfigForbidden if forbidden or secrets_forbidden else ConfigError)(problems)
    return replace(site, digest=hashlib.sha256(raw or b"").hexdigest())


def load_declared(path: Path) -> Site:
    """Read a site file without secrets: each credential has only its name.

    For users who may not read secrets.toml, and for output that must not contain it.

    Raises:
        ConfigError: With all mistakes of the file.
    """

    def read(top: Table) -> Site:
        return read_tables(top, {name: Credential(name, "", "") for name in _credentials_named(top.document)})

    site, raw = read_with(path, read)
    return replace(site, digest=hashlib.sha256(raw).hexdigest())


def load_text(path: Path, raw: bytes) -> Site:
    """Read what is to become a site file, without secrets as `load_declared`; `path` names it, and its folder counts.

    Raises:
        ConfigError: With all mistakes of the text.
    """
    problems: list[Problem] = []
    document = parse_toml(path, raw, problems, holds_secrets=False)
    site = Site(id="", city="", division="")
    if document is not None:
        named = {name: Credential(name, "", "") for name in _credentials_named(document)}
        site = read_tables(Table(document, (), "", document.data), named)
    if problems:
        raise ConfigError(problems)
    return replace(site, digest=hashlib.sha256(raw).hexdigest())


def lines_of(path: Path, *, holds_secrets: bool = False) -> dict[KeyPath, int]:
    """Return the line of every key of a file; empty where it cannot be read, which `load` reports."""
    problems: list[Problem] = []
    raw, _ = read_file(path, "secrets" if holds_secrets else "site", problems)
    document = parse_toml(path, raw, problems, holds_secrets=holds_secrets)
    return dict(document.lines) if document is not None else {}


def load_tls_place(path: Path) -> TlsPlace:
    """Read where the site's certificate for the broker belongs; neither it nor a secrets file need exist yet.

    Raises:
        ConfigError: The file cannot be read or is not TOML, or one of these values is wrong.
    """
    return read_with(path, read_tls_place)[0]


def read_tables(top: Table, credentials: dict[str, Credential] | None) -> Site:
    """Read every table of a site file, noting mistakes in the document. `credentials` None: unusable."""
    _known_tables(top)
    probe = read_probe(top.table("probe", "optional"))
    policy = read_policy(top.table("policy", "optional"))
    site = read_site(top.table("site", "required"), probe)
    devices = read_devices(top, credentials, site.time_zone)
    stores = read_stores(top, site.time_zone, NAME, NAME_RULE)
    cameras = read_cameras(top, devices, stores, policy)
    camera_ids = frozenset(camera.camera.id for camera in cameras)
    groups = read_groups(top, camera_ids)
    rules = read_rules(top.table("rules", "optional"))
    return replace(
        site,
        probe=probe,
        policy=policy,
        quality=read_quality(top.table("quality", "optional")),
        storage=read_storage(top),
        worker=read_worker(top.table("worker", "optional")),
        upgrade=read_upgrade(top.table("upgrade", "optional")),
        metrics=read_metrics(top.table("metrics", "optional")),
        daily_digest=read_digest(top.table("daily_digest", "optional"), credentials),
        notify=read_notify(top, credentials, camera_ids, groups),
        discovery=read_discovery(top.table("discovery", "optional")),
        hub=read_hub(top.table("hub", "optional"), credentials),
        mirrors=read_mirrors(top, credentials),
        key=read_key(top.table("key", "optional"), credentials),
        devices=devices,
        stores=stores,
        cameras=cameras,
        holds=read_holds(top, camera_ids),
        groups=groups,
        declarations=read_declarations(top, camera_ids, groups),
        accepted=read_accepted(top, frozenset(device.id for device in devices)),
        rules=rules,
        packs=(*shipped(), *_own_packs(rules.packs, top.document.problems)),
    )


def _own_packs(paths: tuple[Path, ...], problems: list[Problem]) -> tuple[Pack, ...]:
    """Read the site's own rule packs; ids are unique among all packs."""
    packs: list[Pack] = []
    for path in paths:
        raw, _ = read_file(path, "pack", problems)
        document = parse_toml(path, raw, problems, holds_secrets=False)
        if document is None or raw is None:
            continue
        pack = read_pack(document, raw)
        taken = next((other for other in (*shipped(), *packs) if other.id == pack.id), None)
        if taken is not None:
            document.note(
                ("id",),
                "",
                Message('id "{id}" is already that of {file}', {"id": pack.id, "file": taken.file}),
                "give each pack its own id",
            )
        packs.append(pack)
    return tuple(packs)


def _known_tables(top: Table) -> None:
    """Refuse unknown tables; `[credential]` with its own message, since it belongs into the other file."""
    rest = {key: value for key, value in top.data.items() if key != "credential"}
    if "credential" in top.data:
        top.note(
            "credential",
            "logins do not belong in this file",
            Message("move [credential] into {file}, mode 0600", {"file": SECRETS_NAME}),
        )
    Table(top.document, (), "", rest).only(*_TABLES)


def secrets_path(site: Path) -> tuple[Path, bool]:
    """Return the path of a site file's secrets, and whether systemd put them there.

    The service's file belongs to root; its user reads systemd's copy for the running service.
    """
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if directory:
        handed = Path(directory) / SECRETS_NAME
        if os.access(directory, os.X_OK) and handed.exists():
            return handed, True
    beside, of_service = site.parent / SECRETS_NAME, OF_SERVICE / SECRETS_NAME
    if site == CONFIG and not os.access(beside, os.R_OK) and os.access(of_service, os.R_OK):
        return of_service, True
    return beside, False


def _credentials(
    path: Path, from_systemd: bool, site: Document | None, problems: list[Problem]
) -> tuple[dict[str, Credential] | None, bool]:
    """Return the credentials by name, None where the file is unusable, and whether this user may not read it."""
    wanted = _credentials_named(site)
    if not os.path.lexists(path):
        if not wanted:
            return {}, False
        names = listed(f'"{name}"' for name in wanted)
        fix = Message("create it with mode 0600 and [credential.{name}] user and password", {"name": wanted[0]})
        what = Message("no such file, yet the site names the credential {names}", {"names": names})
        problems.append(Problem(str(path), 0, "", what, fix))
        return None, False
    before = len(problems)
    wrong_bits = FROM_SYSTEMD_WRONG_BITS if from_systemd else SECRET_WRONG_BITS
    raw, forbidden = read_file(path, "secrets", problems, wrong_bits)
    document = parse_toml(path, raw, problems, holds_secrets=True)
    if document is None:
        return None, forbidden
    top = Table(document, (), "", document.data)
    top.only("credential")
    found: dict[str, Credential] = {}
    group = top.table("credential", "optional")
    for name in group.data if group else ():
        table = group.table(name, "optional") if group else None
        if table is None:
            continue
        table = replace(table, where=f"credential {name}")
        table.only("user", "password")
        user = table.text("user", example='"monitor"')
        password = table.data.get("password", "")
        if table.required("password", '"..."') and not isinstance(password, str):
            table.note("password", "password must be a text", "write it in quotes")
        found[name] = Credential(name, user, str(password))
    return (found if len(problems) == before else None), forbidden


def _credentials_named(document: Document | None) -> list[str]:
    """Return the credential names in a site file, in their order."""
    if document is None:
        return []
    names: dict[str, None] = {}
    lists = [document.data.get(name) for name in ("device", "mirror", "notify")]
    many = [table for tables in lists if isinstance(tables, list) for table in tables]
    for table in [*many, *(document.data.get(name) for name in ("hub", "key", "daily_digest"))]:
        for key in ("credential", "sign_credential"):
            name = table.get(key) if isinstance(table, dict) else None
            if isinstance(name, str) and name:
                names[name] = None
    return list(names)
