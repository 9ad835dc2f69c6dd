"""Signs the files of a paper that a site hands out, and verifies them: a ZIP, or a folder.

Decides when a paper is trusted. The manifest shows the key that signed it, so that a change shows even to a reader
without the key; whose key it is, he must know over another way. Whoever makes a paper decides what is in its files,
`agent/verify/manifest.py` what the manifest states of each, `agent/verify/archive.py` which ZIPs are opened at all.

Source: RFC 7515 appendix F, RFC 7797, RFC 7638.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from agent.contract.envelope import read_header, unflatten, verify
from agent.contract.signing_keys import PublicKey, Signer, public_key
from agent.model.errors import ConfigurationError, NotVerified
from agent.model.finding import Json, Message
from agent.verify.archive import FILE_MAX_BYTES, Container, open_container, pack
from agent.verify.judge import Judgement, Trusted, refuse_another_site, refuse_ended
from agent.verify.manifest import NAME as MANIFEST
from agent.verify.manifest import ManifestKind, check_files, listed_files, not_trusted, write_manifest
from agent.verify.members import time_of


@dataclass(frozen=True, slots=True)
class PaperKind:
    """A kind of paper: that of its manifest, and `content`, the file for programs, which each of the kind has."""

    manifest: ManifestKind
    content: str


DOSSIER: Final = PaperKind(ManifestKind("camwarden-dossier/1", "vss-dossier+json"), "dossier.json")
LINK_TEST: Final = PaperKind(ManifestKind("camwarden-link-paper/1", "vss-link-paper+json"), "link-test.json")
PAPERS: Final = (DOSSIER, LINK_TEST)

MEMBER_MAX_BYTES: Final = 64 * 1024 * 1024
"""No file of a paper is larger: a scan of some hundred pages stays below."""


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """Who signed a manifest, the site and the time that it names, and the SHA-256 (hex) of each file that it lists."""

    key: PublicKey
    site: str
    at: datetime | None
    listed: Mapping[str, str]


def signed_files(
    kind: PaperKind, site: str, at: str, files: Mapping[str, bytes], signer: Signer
) -> Mapping[str, bytes]:
    """Return the files of a paper, by their names, with their signed manifest.

    `at` is when it was made, as `utc_text` writes it. Raises KeyUnavailable where the key is in a token that cannot be
    used now.
    """
    about: dict[str, Json] = {"site": site, "at": at, "jwk": dict(signer.jwk)}
    return {**files, MANIFEST: write_manifest(about, files, signer, kind.manifest)}


def pack_paper(kind: PaperKind, site: str, at: str, files: Mapping[str, bytes], signer: Signer) -> bytes:
    """Return the same as a ZIP. The same files and key give the same members; raises as `signed_files`."""
    return pack(signed_files(kind, site, at, files, signer))


def is_paper(path: Path) -> bool:
    """Detect a paper: by the content of a folder or ZIP, or by the typ of its manifest's signature.

    Raises Forbidden or ConfigurationError, as `open_container`.
    """
    with open_container(path, ".json", MEMBER_MAX_BYTES) as container:
        try:
            return _kind(container) is not None
        except (NotVerified, ConfigurationError):
            return False


def judge_paper(container: Container, believed: Trusted) -> list[Judgement]:
    """Return the verdict on the manifest, and one on each file that differs from it.

    A changed paper fails whoever signed it; a whole one of a key that is not among the trusted is unchecked.
    """
    label, typ = f"{container.path}/{MANIFEST}", ""
    try:
        kind = _kind(container)
        typ = kind.manifest.typ if kind is not None else ""
        signed = read_signed(container)
        known = signed.key.kid in believed.keys
        if known:
            refuse_another_site(believed, signed.site, signed.key.kid)
            refuse_ended(believed, signed.key.kid, signed.at)
    except NotVerified as error:
        return [Judgement(label, "failed", error.reason, not_trusted(error), typ)]
    except ConfigurationError as error:
        return [Judgement(label, "unusable", "unreadable", error.message, typ)]
    wrong = check_files(container, signed.listed)
    if not wrong and not known:
        why = Message(
            "not changed since it was signed with the key {kid}, but nobody says whose key that is: compare it with "
            "the one on the printed pages, then give it with --kid",
            {"kid": signed.key.kid},
        )
        return [Judgement(label, "unchecked", "unknown-key", why, typ, kid=signed.key.kid)]
    return [Judgement(label, "verified", typ=typ, kid=signed.key.kid), *wrong]


def read_signed(container: Container) -> SignedManifest:
    """Return who signed the manifest, if the signature fits the key that it shows.

    Raises:
        NotVerified: There is no manifest, it was changed, or it is of another kind than the content beside it.
        ConfigurationError: It cannot be read.
    """
    kind = _kind(container)
    payload, jws = _manifest(container)
    if kind is None:
        raise NotVerified("typ", "it is the manifest of no paper that is known here")
    try:
        said: dict[str, Any] = json.loads(payload)
        key, site = public_key(said["jwk"]), str(said["site"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NotVerified("payload", "it does not show the key that signed it") from None
    if read_header(jws).kid != key.kid:
        raise NotVerified("kid", "the key that it shows is not the one that its signature names")
    verify(payload, jws, {key.kid: key}, kind.manifest.typ)
    return SignedManifest(key, site, time_of(said.get("at")), listed_files(payload, kind.manifest))


def _kind(container: Container) -> PaperKind | None:
    """Return which kind of paper it claims to be, by its content, else by the typ of its signature; None: none."""
    for kind in PAPERS:
        if kind.content in container.names:
            return kind
    if MANIFEST not in container.names:
        return None
    typ = read_header(_manifest(container)[1]).typ
    return next((kind for kind in PAPERS if kind.manifest.typ == typ), None)


def _manifest(container: Container) -> tuple[bytes, str]:
    if MANIFEST not in container.names:
        raise NotVerified("missing", "{file} is missing: get the whole paper again", file=MANIFEST)
    data = container.read(MANIFEST)
    if len(data) > FILE_MAX_BYTES:
        raise NotVerified("malformed", "larger than {bytes_most} bytes", bytes_most=FILE_MAX_BYTES)
    return unflatten(data)
