"""Parses `[[mirror]]`: further brokers that get the same signed reports, best effort."""

from __future__ import annotations

from collections.abc import Mapping

from agent.model.finding import Message
from agent.site.config.devices import NAME, NAME_RULE
from agent.site.config.sections import note_tls_files, read_credential, read_host
from agent.site.config.site import Mirror
from agent.site.toml.table import Table
from drivers.model import Credential

MIRRORS_MAX = 4
"""Each has a thread, a connection and a queue of its own."""

_DEFAULT = Mirror(name="", host="")


def read_mirrors(top: Table, credentials: Mapping[str, Credential] | None) -> tuple[Mirror, ...]:
    """Read every `[[mirror]]`; a mirror confirms nothing, so it has neither `jwks` nor `confirm`."""
    mirrors = [_mirror(table, credentials) for table in top.tables("mirror", "mirror")]
    names = [mirror.name for mirror in mirrors]
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        top.note("mirror", Message('two mirrors have the name "{name}"', {"name": name}), "give each its own name")
    if len(mirrors) > MIRRORS_MAX:
        top.note(
            "mirror",
            Message(
                "there are {count} mirrors, more than {most}",
                {"count": len(mirrors), "most": MIRRORS_MAX},
            ),
            "remove some of them",
        )
    return tuple(mirrors)


def _mirror(table: Table, credentials: Mapping[str, Credential] | None) -> Mirror:
    table.only("name", "host", "port", "tls", "ca", "certificate", "key", "credential")
    tls = table.flag("tls", _DEFAULT.tls)
    mirror = Mirror(
        name=table.text("name", like=NAME, rule=NAME_RULE, example='"district"'),
        host=read_host(table, '"mirror.example.org"'),
        port=table.integer("port", _DEFAULT.port, 1, 65535),
        tls=tls,
        ca=table.file("ca", "mirror-ca.pem"),
        certificate=table.file("certificate", "mirror-site.pem"),
        key=table.file("key", "mirror-site-key.pem"),
        credential=read_credential(table, credentials),
    )
    note_tls_files(table, tls)
    return mirror
