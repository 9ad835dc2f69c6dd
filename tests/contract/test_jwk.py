"""A key is one of two kinds whose members agree; a file with another, or open to others, is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agent.contract.jwk import load_jwks, public_key
from agent.contract.signing_keys import Signer, load_or_create_signer, load_signer, signer_from_jwk
from agent.model.errors import ConfigurationError, Forbidden

D1 = "A" * 42 + "E"
"""The number 1, which signs for no site."""


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return load_or_create_signer(tmp_path / "key.pem")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"alg": "Ed25519"}, "is used with ES256"),
        ({"kid": "another"}, "not its RFC 7638 thumbprint"),
        ({"d": D1}, "private key"),
        ({"crv": "P-384"}, "only EC P-256"),
        ({"kty": "OKP"}, "only EC P-256"),
        ({"x": "AAAA"}, "member x"),
        ({"y": None}, "member y"),
    ],
)
def test_a_key_whose_members_disagree_is_none(signer: Signer, change: dict[str, Any], why: str) -> None:
    good = {**signer.jwk, "alg": "ES256", "kid": signer.kid}
    assert public_key(good).kid == signer.kid
    with pytest.raises(ValueError, match=why):
        public_key({**good, **change})


def test_a_signature_of_another_length_is_none(signer: Signer) -> None:
    signature = signer.sign(b"report")
    assert signer.public.verifies(b"report", signature)
    assert not any(signer.public.verifies(b"report", one) for one in (b"", signature[:-1], signature + b"\0"))


def test_halves_that_do_not_belong_together_sign_nothing(signer: Signer) -> None:
    with pytest.raises(ValueError, match="do not belong together"):
        signer_from_jwk({**signer.jwk, "d": D1})


def test_a_key_that_others_can_read_or_of_another_kind_signs_nothing(signer: Signer, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.chmod(0o644)
    with pytest.raises(Forbidden, match="mode 0644 opens the private key to others"):
        load_signer(path)
    path.chmod(0o600)
    other = ec.generate_private_key(ec.SECP384R1())
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ConfigurationError, match="only EC P-256 and Ed25519"):
        load_signer(path)


@pytest.mark.parametrize("document", [[], {"keys": []}, {"keys": {}}, "keys"])
def test_a_set_without_a_key_trusts_nobody_and_says_how_to_write_one(document: object, tmp_path: Path) -> None:
    path = tmp_path / "hub.jwks"
    path.write_text(json.dumps(document))
    with pytest.raises(ConfigurationError, match="camwarden hub jwks"):
        load_jwks(path)
