"""Signatures: made so that two other libraries believe them, believed only when everything about them is right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as joserfc_jws
from joserfc.jwk import import_key
from jwcrypto import jwk as jwcrypto_jwk
from jwcrypto import jws as jwcrypto_jws

from agent.contract.envelope import ACK_TYP, REPORT_TYP, flatten, read_header, sign_payload, unflatten, verify
from agent.contract.signing_keys import Signer, b64url, load_or_create_signer, load_signer, signer_from_jwk
from agent.model.errors import NotVerified, UnknownKey

PAYLOAD = '{"site":"S1","name":"门卫.室","n":1}'.encode()

# RFC 7797 section 4: the key of RFC 7515 appendix A.1 and its unencoded payload; HS256 there, so only the
# signing input of section 4.2 is compared.
RFC7797_PROTECTED = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19"


@pytest.fixture(params=["ES256", "Ed25519"])
def signer(request: pytest.FixtureRequest, tmp_path: Path) -> Signer:
    if request.param == "ES256":
        return load_or_create_signer(tmp_path / "key.pem")
    path = tmp_path / "ed.pem"
    path.write_bytes(
        ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    path.chmod(0o600)
    return load_signer(path)


def keys(*signers: Signer) -> dict:
    return {signer.kid: signer.public for signer in signers}


def forge(signer: Signer, header: object, payload: bytes = PAYLOAD) -> str:
    """Sign whatever header is asked for."""
    text = header if isinstance(header, str) else json.dumps(header)
    protected = b64url(text.encode())
    return f"{protected}..{b64url(signer.sign(protected.encode() + b'.' + payload))}"


def good_header(signer: Signer) -> dict[str, object]:
    return {"alg": signer.alg, "kid": signer.kid, "typ": REPORT_TYP, "b64": False, "crit": ["b64"]}


def test_what_we_sign_we_verify(signer: Signer) -> None:
    jws = sign_payload(PAYLOAD, signer, REPORT_TYP)
    header = verify(PAYLOAD, jws, keys(signer))
    assert (header.alg, header.kid, header.typ) == (signer.alg, signer.kid, REPORT_TYP)
    assert len(jws) < 300


def test_jwcrypto_verifies_the_detached_form(signer: Signer) -> None:
    jws = sign_payload(PAYLOAD, signer, REPORT_TYP)
    token = jwcrypto_jws.JWS()
    token.allowed_algs = [signer.alg]
    token.deserialize(jws)
    token.verify(jwcrypto_jwk.JWK(**signer.jwk), detached_payload=PAYLOAD)
    assert token.is_valid


def test_joserfc_verifies_the_detached_form(signer: Signer) -> None:
    jws = sign_payload(PAYLOAD, signer, REPORT_TYP)
    key = import_key(dict(signer.jwk))
    token = joserfc_jws.deserialize_compact(
        jws, key, algorithms=[signer.alg], payload=PAYLOAD, registry=joserfc_jws.JWSRegistry(algorithms=[signer.alg])
    )
    assert token.payload == PAYLOAD


def test_jwcrypto_and_joserfc_verify_the_flattened_form(signer: Signer) -> None:
    flat = flatten(PAYLOAD, sign_payload(PAYLOAD, signer, REPORT_TYP))
    token = jwcrypto_jws.JWS()
    token.allowed_algs = [signer.alg]
    token.deserialize(flat.decode(), jwcrypto_jwk.JWK(**signer.jwk))
    assert token.payload == PAYLOAD.decode()
    other = joserfc_jws.deserialize_json(json.loads(flat), import_key(dict(signer.jwk)), algorithms=[signer.alg])
    assert other.payload == PAYLOAD


def test_we_verify_what_jwcrypto_signs(tmp_path: Path) -> None:
    ours = load_or_create_signer(tmp_path / "key.pem")
    theirs = jwcrypto_jwk.JWK.from_pem((tmp_path / "key.pem").read_bytes())
    token = jwcrypto_jws.JWS(PAYLOAD)
    token.add_signature(theirs, alg="ES256", protected=json.dumps(good_header(ours)))
    token.detach_payload()
    assert verify(PAYLOAD, token.serialize(compact=True), keys(ours)).kid == ours.kid


def test_the_signing_input_is_that_of_rfc_7797() -> None:
    protected = b64url(json.dumps({"alg": "HS256", "b64": False, "crit": ["b64"]}, separators=(",", ":")).encode())
    assert protected == RFC7797_PROTECTED


def test_one_changed_byte_anywhere_is_found(signer: Signer) -> None:
    jws = sign_payload(PAYLOAD, signer, REPORT_TYP)
    for place in range(len(PAYLOAD)):
        changed = bytearray(PAYLOAD)
        changed[place] ^= 1
        with pytest.raises(NotVerified):
            verify(bytes(changed), jws, keys(signer))
    for place in range(len(jws)):
        changed_jws = jws[:place] + ("A" if jws[place] != "A" else "B") + jws[place + 1 :]
        with pytest.raises(NotVerified):
            verify(PAYLOAD, changed_jws, keys(signer))


def test_an_unknown_key_is_told_apart_from_a_bad_signature(signer: Signer, tmp_path: Path) -> None:
    jws = sign_payload(PAYLOAD, signer, REPORT_TYP)
    with pytest.raises(UnknownKey) as caught:
        verify(PAYLOAD, jws, keys(load_or_create_signer(tmp_path / "other.pem")))
    assert caught.value.kid == signer.kid


def test_a_signature_of_another_key_under_a_known_kid_is_refused(tmp_path: Path) -> None:
    ours, theirs = (load_or_create_signer(tmp_path / name) for name in ("a.pem", "b.pem"))
    with pytest.raises(NotVerified) as caught:
        verify(PAYLOAD, forge(theirs, good_header(ours)), keys(ours))
    assert caught.value.reason == "signature"


def test_a_report_does_not_pass_for_a_watermark(signer: Signer) -> None:
    with pytest.raises(NotVerified) as caught:
        verify(PAYLOAD, sign_payload(PAYLOAD, signer, REPORT_TYP), keys(signer), ACK_TYP)
    assert caught.value.reason == "typ"


HEADERS = {
    "no-crit": ({"crit": None}, "header"),
    "crit-more": ({"crit": ["b64", "exp"]}, "header"),
    "crit-twice": ({"crit": ["b64", "b64"]}, "header"),
    "crit-empty": ({"crit": []}, "header"),
    "b64-true": ({"b64": True}, "header"),
    "b64-zero": ({"b64": 0}, "header"),
    "b64-text": ({"b64": "false"}, "header"),
    "alg-none": ({"alg": "none"}, "algorithm"),
    "alg-hs256": ({"alg": "HS256"}, "algorithm"),
    "alg-eddsa": ({"alg": "EdDSA"}, "algorithm"),
    "alg-missing": ({"alg": None}, "header"),
    "kid-number": ({"kid": 7}, "header"),
    "typ-missing": ({"typ": None}, "header"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_bends_the_rules_is_refused_although_the_signature_fits(signer: Signer, name: str) -> None:
    change, reason = HEADERS[name]
    header = {k: v for k, v in {**good_header(signer), **change}.items() if v is not None}
    with pytest.raises(NotVerified) as caught:
        verify(PAYLOAD, forge(signer, header), keys(signer))
    assert caught.value.reason == reason


def test_the_algorithm_is_the_keys_not_the_headers(tmp_path: Path) -> None:
    signer = load_or_create_signer(tmp_path / "key.pem")
    with pytest.raises(NotVerified) as caught:
        verify(PAYLOAD, forge(signer, {**good_header(signer), "alg": "Ed25519"}), keys(signer))
    assert caught.value.reason == "algorithm"


def test_an_embedded_key_is_never_used(tmp_path: Path) -> None:
    ours, theirs = (load_or_create_signer(tmp_path / name) for name in ("a.pem", "b.pem"))
    header = {**good_header(theirs), "jwk": dict(theirs.jwk)}
    with pytest.raises(UnknownKey):
        verify(PAYLOAD, forge(theirs, header), keys(ours))


@pytest.mark.parametrize(
    "jws",
    [
        "",
        ".",
        "..",
        "a..b..c",
        "a.b.c",
        "..AAAA",
        "e30..",
        "W10..AAAA",
        "bm90IGpzb24..AAAA",
        "e30=..AAAA",
        "é..AAAA",
        "A" * 5000 + "..A",
        b64url(b"[" * 3000) + "..AAAA",
        b64url(b'{"alg":' * 400) + "..AAAA",
    ],
)
def test_what_is_no_detached_jws_is_refused(signer: Signer, jws: str) -> None:
    with pytest.raises(NotVerified):
        verify(PAYLOAD, jws, keys(signer))


def test_a_header_with_a_member_twice_is_refused(signer: Signer) -> None:
    text = json.dumps(good_header(signer))[:-1] + f', "kid": "{signer.kid}"}}'
    with pytest.raises(NotVerified, match="not base64url of a JSON object"):
        verify(PAYLOAD, forge(signer, text), keys(signer))


@given(st.text(st.characters(codec="utf-8")))
def test_flattening_keeps_every_byte(text: str) -> None:
    signer = signer_from_jwk(
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        }
    )
    jws = sign_payload(text.encode(), signer, REPORT_TYP)
    assert unflatten(flatten(text.encode(), jws)) == (text.encode(), jws)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"payload": "x", "protected": "a"}',
        b'{"payload": 1, "protected": "a", "signature": "b"}',
        b'{"payload": "x", "protected": "a", "signature": "b", "header": {"kid": "c"}}',
        b'{"payload": "x", "payload": "y", "protected": "a", "signature": "b"}',
        b'{"payload": "\\ud800", "protected": "a", "signature": "b"}',
    ],
)
def test_what_is_no_flattened_jws_is_refused(data: bytes) -> None:
    with pytest.raises(NotVerified) as caught:
        unflatten(data)
    assert caught.value.reason == "malformed"


@given(st.text(max_size=200))
def test_arbitrary_text_in_place_of_a_jws_is_refused_and_nothing_else(text: str) -> None:
    with pytest.raises(NotVerified):
        read_header(text)
