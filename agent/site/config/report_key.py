"""Parses `[key]`: the place of the report key, and of the key and certificate for the broker's TLS."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.model.finding import Message
from agent.site.config.sections import read_credential, read_probe, read_site
from agent.site.config.site import KeyPlace
from agent.site.toml.storage import read_storage
from agent.site.toml.table import Table
from drivers.model import Credential

TLS_KEY_NAME: Final = "site-key.pem"
TLS_CERTIFICATE_NAME: Final = "site.pem"
"""File names in the state directory, where `[hub]` names no others."""

_LABEL_LIKE = r"[ -~]{1,32}"
_LABEL_RULE = "1 to 32 printable characters of ASCII"
_DEFAULT: Final = KeyPlace()
_OF_A_TOKEN: Final = ("module", "token", "label", "credential")
_MODULE = "/usr/lib/softhsm/libsofthsm2.so"

LABEL: Final = "camwarden"
"""The default label of a key in a token."""


@dataclass(frozen=True, slots=True)
class TlsPlace:
    """Paths of a site's key and certificate for the broker, if any; `named`: by `[hub]`, for the connection to use."""

    site_id: str
    directory: Path
    key: Path
    certificate: Path
    named: bool = False


def read_key(table: Table | None, credentials: Mapping[str, Credential] | None) -> KeyPlace:
    """Read `[key]`: by default a file in the state directory. A token need not be present."""
    if table is None:
        return _DEFAULT
    if "pin" in table.data:
        table.note(
            "pin",
            "a PIN does not belong in this file",
            'put it into secrets.toml as the password of a [credential.NAME], and write credential = "NAME" here',
        )
    table.only("source", *_OF_A_TOKEN, *(key for key in table.data if key == "pin"))
    source = table.choice("source", _DEFAULT.source, ("file", "systemd", "token"))
    if source != "token":
        for key in _OF_A_TOKEN:
            if key in table.data and table.data.get("source", source) == source:
                table.note(
                    key,
                    Message('{key} has no use with source = "{source}"', {"key": key, "source": source}),
                    'set source = "token", or remove it',
                )
        return KeyPlace(source)
    for key, example in (("module", f'"{_MODULE}"'), ("token", '"camwarden"'), ("credential", '"token"')):
        table.required(key, example)
    return KeyPlace(
        source,
        module=table.path_of("module", Path(_MODULE)),
        token=table.text("token", "", like=_LABEL_LIKE, rule=_LABEL_RULE, example='"camwarden"'),
        label=table.text("label", LABEL, like=_LABEL_LIKE, rule=_LABEL_RULE, example=f'"{LABEL}"'),
        credential=read_credential(table, credentials),
    )


def read_tls_place(top: Table) -> TlsPlace:
    """Read only the site's id and the paths of its TLS key and certificate."""
    site = read_site(top.table("site", "required"), read_probe(top.table("probe", "optional")))
    storage = read_storage(top)
    hub = top.table("hub", "optional")
    key, certificate = storage.directory / TLS_KEY_NAME, storage.directory / TLS_CERTIFICATE_NAME
    named = hub is not None and {"key", "certificate"} <= set(hub.data)
    if hub is not None:
        key, certificate = hub.path_of("key", key), hub.path_of("certificate", certificate)
    return TlsPlace(site.id, storage.directory, key, certificate, named)
