"""What lies in a case, and that a hub put it together: one signed list of files with their SHA-256.

Decides whether a folder or ZIP is still as the hub wrote it. The manifest says nothing about whether the reports in it
are true: each of them carries its site's own signature.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Final

from agent.chain import encode
from agent.envelope import flatten, read_header, sign_payload, unflatten, verify
from agent.errors import ConfigurationError, NotVerified
from agent.hub.archive import Container, pack
from agent.hub.judge import Believed, Judged
from agent.keys import Signer
from agent.model import Json

NAME: Final = "manifest.json"
SCHEMA: Final = "vss-case/1"
CASE_TYP: Final = "vss-case+json"

_SHA256 = re.compile(r"[0-9a-f]{64}")


def write_manifest(about: Mapping[str, Json], files: Mapping[str, bytes], signer: Signer) -> bytes:
    """Return the signed manifest of these files, flattened. `about`: what the case is about."""
    listed: dict[str, Json] = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    payload = encode({"schema": SCHEMA, **about, "files": listed})
    return flatten(payload, sign_payload(payload, signer, CASE_TYP))


def is_case(container: Container) -> bool:
    """Say whether a folder or ZIP has a manifest; whether it is a good one is for `check_manifest`."""
    return NAME in container.names


def check_manifest(container: Container, believed: Believed) -> list[Judged]:
    """Return the verdict on the manifest, and one on each file that is not as it says.

    A ZIP must also be, byte for byte, the one that these files make: else something stands between them.
    """
    label = f"{container.path}/{NAME}"
    try:
        payload, jws = unflatten(container.read(NAME))
        verify(payload, jws, believed.keys, CASE_TYP)
        if believed.sites is not None and read_header(jws).kid in believed.sites.bindings:
            raise NotVerified("signature", "signed by the key of a site, not of a hub")
        listed = _listed(payload)
    except NotVerified as error:
        return [Judged(label, "failed", error.reason, f"the manifest is not to be believed: {error}")]
    except ConfigurationError as error:
        return [Judged(label, "unusable", "unreadable", str(error))]
    files: dict[str, bytes] = {}
    wrong: list[Judged] = []
    for name in sorted(listed.keys() | set(container.names) - {NAME}):
        where = f"{container.path}/{name}"
        if name not in container.names:
            wrong.append(Judged(where, "failed", "missing", "the manifest names it, but it is not here"))
        elif name not in listed:
            wrong.append(Judged(where, "failed", "not-listed", "it is here, but the manifest does not name it"))
        else:
            try:
                files[name] = container.read(name)
            except ConfigurationError as error:
                wrong.append(Judged(where, "failed", "unreadable", str(error)))
                continue
            if hashlib.sha256(files[name]).hexdigest() != listed[name]:
                wrong.append(Judged(where, "failed", "changed", "not the file that the manifest names"))
    if not wrong and container.path.is_file():
        files[NAME] = container.read(NAME)
        if container.path.read_bytes() != pack(files):
            words = "the files are as they were, but the ZIP around them is not: unpack it and verify the folder"
            wrong.append(Judged(str(container.path), "failed", "repacked", words))
    return [Judged(label, "verified", typ=CASE_TYP), *wrong]


def _listed(payload: bytes) -> dict[str, str]:
    try:
        data = json.loads(payload)
        listed = dict(data["files"])
        if data["schema"] != SCHEMA or not all(_SHA256.fullmatch(value) for value in listed.values()):
            raise ValueError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise NotVerified("payload", "signed, but not the manifest of a case") from None
    return listed
