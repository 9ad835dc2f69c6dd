"""Writes and verifies the manifest of a case or a filing dossier: one signed list of files with their SHA-256.

Decides whether a folder or ZIP is unchanged, and of a case whether a hub wrote it. The manifest of a case does not show
that its reports are true: each carries its site's own signature. The signer of a dossier is judged in
`agent/verify/paper.py`.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from agent.contract.chain import encode
from agent.contract.envelope import flatten, read_header, sign_payload, unflatten, verify
from agent.contract.signing_keys import Signer
from agent.model.errors import ConfigurationError, NotVerified
from agent.model.finding import Json, Message
from agent.verify.archive import Container, pack
from agent.verify.judge import Judgement, Trusted

NAME: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class ManifestKind:
    """A kind of manifest: `schema` of its payload, `typ` of its signature, so that one never passes for another."""

    schema: str
    typ: str


CASE: Final = ManifestKind("vss-case/1", "vss-case+json")

_SHA256 = re.compile(r"[0-9a-f]{64}")


def write_manifest(
    about: Mapping[str, Json], files: Mapping[str, bytes], signer: Signer, kind: ManifestKind = CASE
) -> bytes:
    """Return the signed manifest of these files, flattened. `about`: further members."""
    listed: dict[str, Json] = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    payload = encode({"schema": kind.schema, **about, "files": listed})
    return flatten(payload, sign_payload(payload, signer, kind.typ))


def is_case(container: Container) -> bool:
    """Return whether a folder or ZIP has a manifest, unverified."""
    return NAME in container.names


def check_manifest(container: Container, believed: Trusted) -> list[Judgement]:
    """Return the verdict on the manifest of a case, and one on each file that differs from it."""
    label = f"{container.path}/{NAME}"
    try:
        payload, jws = unflatten(container.read(NAME))
        verify(payload, jws, believed.keys, CASE.typ)
        if believed.sites is not None and read_header(jws).kid in believed.sites.bindings:
            raise NotVerified("signature", "signed by the key of a site, not of a hub")
        listed = listed_files(payload, CASE)
    except NotVerified as error:
        return [Judgement(label, "failed", error.reason, not_trusted(error))]
    except ConfigurationError as error:
        return [Judgement(label, "unusable", "unreadable", error.message)]
    return [Judgement(label, "verified", typ=CASE.typ, kid=read_header(jws).kid), *check_files(container, listed)]


def not_trusted(error: NotVerified) -> Message:
    """Return why nothing of an archive is trusted."""
    return Message("the manifest is not to be believed: {error}", {"error": error})


def listed_files(payload: bytes, kind: ManifestKind) -> dict[str, str]:
    """Return the SHA-256 (hex) of each file by its name, from a verified manifest.

    Raises:
        NotVerified: It is no manifest of this kind.
    """
    try:
        data = json.loads(payload)
        listed = dict(data["files"])
        if data["schema"] != kind.schema or not all(_SHA256.fullmatch(value) for value in listed.values()):
            raise ValueError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise NotVerified("payload", "signed, but not a manifest {schema}", schema=kind.schema) from None
    return listed


def check_files(container: Container, listed: Mapping[str, str]) -> list[Judgement]:
    """Return a verdict on each changed, missing or unlisted file, and on a ZIP that differs from the files packed."""
    wrong = list(_wrong(container, listed))
    if not wrong and container.path.is_file():
        files = {name: container.read(name) for name in (*listed, NAME)}
        if container.path.read_bytes() != pack(files):
            words = Message("the files are as they were, but the ZIP is not: unpack it and verify the folder")
            wrong.append(Judgement(str(container.path), "failed", "repacked", words))
    return wrong


def _wrong(container: Container, listed: Mapping[str, str]) -> Iterator[Judgement]:
    for name in sorted(listed.keys() | set(container.names) - {NAME}):
        where = f"{container.path}/{name}"
        if name not in container.names:
            yield Judgement(where, "failed", "missing", Message("the manifest names it, but it is not here"))
        elif name not in listed:
            yield Judgement(where, "failed", "not-listed", Message("it is here, but the manifest does not name it"))
        else:
            try:
                digest = hashlib.sha256(container.read(name)).hexdigest()
            except ConfigurationError as error:
                yield Judgement(where, "failed", "unreadable", error.message)
                continue
            if digest != listed[name]:
                yield Judgement(where, "failed", "changed", Message("not the file that the manifest names"))
