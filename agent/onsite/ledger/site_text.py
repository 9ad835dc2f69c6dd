"""Edits the text of a site.toml and of its secrets.toml to match a ledger. Pure.

Every comment, zone and option that the ledger does not know stays (`agent/site/toml/edit.py`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import tomli

from agent.model.finding import Json
from agent.observe.inventory.site_skeleton import OWN_STORAGE
from agent.onsite.ledger.sites import SitePlan
from agent.site.config.tables import toml_text
from agent.site.toml.edit import Change, marked
from agent.text.harmless import toml_string

HUB_KEYS: Final = "hub-jwks.json"
_HEAD: Final = """\
# Written by camwarden ledger. All options, with their comments, stand in site.toml.sample; what stands here beside the
# ledger's columns (private zones, holds, comments) stays when the ledger is imported again.
"""
_SECRETS_HEAD: Final = """\
# camwarden: the passwords. Mode 0600: a wider mode is refused. Give camwarden a login with viewing rights only.
# Fill in each password: a login without one is never sent, and its devices cannot be looked at.
"""


def new_text(plan: SitePlan, has_hub_keys: bool, declarations: Sequence[Change] = (), own_state: bool = False) -> str:
    """Render a new site.toml.

    `has_hub_keys`: the hub's keys lie beside the file; without them the hub is only a comment. `declarations` are rows
    to add. `own_state`: the site's state lies in a folder beside the file.
    """
    tables: dict[str, Json] = {"site": plan.site}
    if plan.hub_host and has_hub_keys:
        tables["hub"] = {"host": plan.hub_host, "jwks": HUB_KEYS}
    tables |= {"device": list(plan.devices), "camera": [camera.table for camera in plan.cameras]}
    tables["declaration"] = [change.after for change in declarations]
    text = f"{_HEAD}\n{toml_text(tables)}"
    if plan.hub_host and not has_hub_keys:
        text += (
            "\n# Nothing is delivered until the public keys that the hub confirms with lie beside this file:\n"
            f'# [hub]\n# host = {toml_string(plan.hub_host)}\n# jwks = "{HUB_KEYS}"\n'
        )
    return marked(text + OWN_STORAGE if own_state else text)


def missing_logins(logins: Iterable[str], existing: str) -> tuple[str, ...]:
    """Return the logins that a secrets.toml does not have yet."""
    known = tomli.loads(existing).get("credential", {})
    return tuple(name for name in logins if name not in known)


def secrets_text(
    logins: Mapping[str, str],
    used_by: Mapping[str, Iterable[str]],
    existing: str = "",
    passwords: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Add each missing login to a secrets.toml; its present text stays.

    `passwords` are those that were given, by login; the others are empty.
    """
    text = existing or _SECRETS_HEAD
    for name in missing_logins(logins, existing):
        devices = list(used_by.get(name, ()))
        shown = ", ".join(devices[:8]) + (f" and {len(devices) - 8} more" if len(devices) > 8 else "")
        text = text.rstrip("\n") + f"\n\n# For {shown}.\n[credential.{_key(name)}]\n"
        text += f"user = {toml_string(logins[name])}\npassword = {toml_string(passwords.get(name, ''))}\n"
    return text


def _key(name: str) -> str:
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else toml_string(name)
