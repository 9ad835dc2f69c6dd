"""Packs the dossier as one signed ZIP, and verifies one.

Decides when a dossier is trusted. The manifest shows the key that signed it, so that a change shows even to a reader
without the key; whose key it is, he must know over another way. `contents.py` decides what is in the files,
`agent/verify/manifest.py` what the manifest states of each, `agent/verify/archive.py` which ZIPs are opened at all.

Source: RFC 7515 appendix F, RFC 7797, RFC 7638.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.contract.envelope import read_header, unflatten, verify
from agent.contract.signing_keys import PublicKey, Signer, public_key
from agent.model.errors import ConfigurationError, NotVerified
from agent.model.finding import Json, Message
from agent.verify.archive import FILE_MAX_BYTES, Container, open_container, pack
from agent.verify.judge import Judgement, Trusted, refuse_another_site
from agent.verify.manifest import NAME as MANIFEST
from agent.verify.manifest import ManifestKind, check_files, listed_files, not_trusted, write_manifest

KIND: Final = ManifestKind("camwarden-dossier/1", "vss-dossier+json")
CONTENT: Final = "dossier.json"
"""What is filed, for programs; every dossier has it."""

MEMBER_MAX_BYTES: Final = 64 * 1024 * 1024
"""No paper in a dossier is larger: a scan of some hundred pages stays below."""


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """Who signed a manifest, the site it names, and the SHA-256 (hex) of each file that it lists."""

    key: PublicKey
    site: str
    listed: Mapping[str, str]


def pack_dossier(site: str, at: str, files: Mapping[str, bytes], signer: Signer) -> bytes:
    """Pack files, by their names in the ZIP, with their signed manifest. The same files and key give the same members.

    `at` is when it was made, as `utc_text` writes it. Raises KeyUnavailable where the key is in a token that cannot be
    used now.
    """
    about: dict[str, Json] = {"site": site, "at": at, "jwk": dict(signer.jwk)}
    return pack({**files, MANIFEST: write_manifest(about, files, signer, KIND)})


def is_dossier(path: Path) -> bool:
    """Detect a dossier: by the content of a folder or ZIP, or by the typ of its manifest's signature.

    Raises Forbidden or ConfigurationError, as `open_container`.
    """
    with open_container(path, ".json", MEMBER_MAX_BYTES) as container:
        if CONTENT in container.names:
            return True
        try:
            return MANIFEST in container.names and read_header(_manifest(container)[1]).typ == KIND.typ
        except (NotVerified, ConfigurationError):
            return False


def judge_dossier(container: Container, believed: Trusted) -> list[Judgement]:
    """Return the verdict on the manifest, and one on each file that differs from it.

    A changed dossier fails whoever signed it; a whole one of a key that is not among the trusted is unchecked.
    """
    label = f"{container.path}/{MANIFEST}"
    try:
        signed = read_signed(container)
        known = signed.key.kid in believed.keys
        if known:
            refuse_another_site(believed, signed.site, signed.key.kid)
    except NotVerified as error:
        return [Judgement(label, "failed", error.reason, not_trusted(error), KIND.typ)]
    except ConfigurationError as error:
        return [Judgement(label, "unusable", "unreadable", error.message, KIND.typ)]
    wrong = check_files(container, signed.listed)
    if not wrong and not known:
        why = Message(
            "not changed since it was signed with the key {kid}, but nobody says whose key that is: compare it with "
            "the one on the printed pages, then give it with --kid",
            {"kid": signed.key.kid},
        )
        return [Judgement(label, "unchecked", "unknown-key", why, KIND.typ, kid=signed.key.kid)]
    return [Judgement(label, "verified", typ=KIND.typ, kid=signed.key.kid), *wrong]


def read_signed(container: Container) -> SignedManifest:
    """Return who signed the manifest, if the signature fits the key that it shows.

    Raises:
        NotVerified: There is no manifest, it was changed, or it is of another kind.
        ConfigurationError: It cannot be read.
    """
    payload, jws = _manifest(container)
    try:
        said: dict[str, Any] = json.loads(payload)
        key, site = public_key(said["jwk"]), str(said["site"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NotVerified("payload", "it does not show the key that signed it") from None
    if read_header(jws).kid != key.kid:
        raise NotVerified("kid", "the key that it shows is not the one that its signature names")
    verify(payload, jws, {key.kid: key}, KIND.typ)
    return SignedManifest(key, site, listed_files(payload, KIND))


def _manifest(container: Container) -> tuple[bytes, str]:
    if MANIFEST not in container.names:
        raise NotVerified("missing", "{file} is missing: get the whole dossier again", file=MANIFEST)
    data = container.read(MANIFEST)
    if len(data) > FILE_MAX_BYTES:
        raise NotVerified("malformed", "larger than {bytes_most} bytes", bytes_most=FILE_MAX_BYTES)
    return unflatten(data)
