"""Keys are made once, readable by their owner only, and named by their RFC 7638 thumbprint."""

from __future__ import annotations

import argparse
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from jwcrypto import jwk as jwcrypto_jwk

from agent.commands import keys as keys_command
from agent.contract.signing_keys import (
    jwk_set,
    load_jwks,
    load_or_create_signer,
    load_signer,
    public_key,
    signer_from_jwk,
    thumbprint,
    unb64url,
)
from agent.model.errors import AgentError, ConfigurationError, Forbidden

# RFC 7515 appendix A.3.1
RFC7515_A3 = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
}
# RFC 8037 appendix A.1 to A.3
RFC8037_A = {
    "kty": "OKP",
    "crv": "Ed25519",
    "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write_key(path: Path, data: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(data)
    path.chmod(mode)
    return path


def test_the_key_is_made_once_with_mode_0600_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "state" / "report-key.pem"
    first = load_or_create_signer(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create_signer(path).kid == first.kid
    assert [entry.name for entry in path.parent.iterdir()] == ["report-key.pem"]


def test_first_starts_at_the_same_time_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        kids = list(pool.map(lambda _: load_or_create_signer(tmp_path / "key.pem").kid, range(16)))
    assert len(set(kids)) == 1


def test_thumbprint_equals_that_of_jwcrypto_and_of_rfc_8037(tmp_path: Path) -> None:
    signer = load_or_create_signer(tmp_path / "key.pem")
    assert signer.kid == jwcrypto_jwk.JWK(**signer.jwk).thumbprint()
    # RFC 8037 appendix A.3
    assert signer_from_jwk(RFC8037_A).kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_ed25519_signature_is_that_of_rfc_8037() -> None:
    # RFC 8037 appendix A.4; only the key and algorithm are compared, the header there says `EdDSA`
    message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    signature = unb64url("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
    signer = signer_from_jwk(RFC8037_A)
    assert signer.sign(message) == signature
    assert signer.public.verifies(message, signature)


def test_the_es256_signature_of_rfc_7515_verifies() -> None:
    # RFC 7515 appendix A.3.1
    message = (
        b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
        b"Ijp0cnVlfQ"
    )
    signature = unb64url("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")
    public = signer_from_jwk(RFC7515_A3).public
    assert public.verifies(message, signature)
    assert not public.verifies(message + b"x", signature)
    assert not public.verifies(message, signature[:-1])
    assert not public.verifies(message, b"\0" * 64)


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o644, 0o666, 0o601])
def test_a_key_that_others_may_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = write_key(tmp_path / "key.pem", pem(ec.generate_private_key(ec.SECP256R1())), mode)
    with pytest.raises(Forbidden, match=f"mode {mode:04o} opens the private key to others; chmod 600"):
        load_or_create_signer(path)


def test_a_stricter_mode_is_accepted(tmp_path: Path) -> None:
    path = write_key(tmp_path / "key.pem", pem(ec.generate_private_key(ec.SECP256R1())), 0o400)
    assert load_signer(path).alg == "ES256"


def test_an_ed25519_key_signs_with_the_name_of_rfc_9864(tmp_path: Path) -> None:
    path = write_key(tmp_path / "key.pem", pem(ed25519.Ed25519PrivateKey.generate()))
    assert load_signer(path).alg == "Ed25519"


BAD_KEYS = {
    "empty": (b"", "not an unencrypted private key in PEM form"),
    "text": (b"hello", "not an unencrypted private key in PEM form"),
    "encrypted": (
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
        ),
        "not an unencrypted private key in PEM form",
    ),
    "p384": (pem(ec.generate_private_key(ec.SECP384R1())), "only EC P-256 and Ed25519 keys sign reports"),
    "rsa": (pem(rsa.generate_private_key(65537, 2048)), "only EC P-256 and Ed25519 keys sign reports"),
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_a_file_that_is_no_key_of_ours_gives_one_line_and_78(tmp_path: Path, name: str) -> None:
    data, expected = BAD_KEYS[name]
    path = write_key(tmp_path / "key.pem", data)
    with pytest.raises(ConfigurationError) as caught:
        load_or_create_signer(path)
    assert str(caught.value).startswith(f"{path}: {expected}")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 78


def test_a_directory_instead_of_a_key_gives_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="the key cannot be read: Is a directory"):
        load_or_create_signer(tmp_path)


def test_a_key_never_shows_in_a_repr(tmp_path: Path) -> None:
    signer = signer_from_jwk(RFC7515_A3)
    assert RFC7515_A3["d"] not in repr(signer)
    assert "PrivateKey" not in repr(signer)


BAD_JWKS = {
    "not-json": ("{", "not JSON"),
    "nested": ("[" * 100_000, "not JSON"),
    "list": ("[]", "not a JWK set"),
    "empty-set": ('{"keys": []}', "not a JWK set with at least one key"),
    "keys-no-list": ('{"keys": {}}', "not a JWK set"),
    "number": ('{"keys": [1]}', "key 1: a JWK is a JSON object"),
    "private": (json.dumps({"keys": [RFC7515_A3]}), "key 1: it carries a private key"),
    "symmetric": ('{"keys": [{"kty": "oct", "k": "AAAA"}]}', "key 1: only EC P-256 and OKP Ed25519 keys"),
    "short": (
        '{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}]}',
        "key 1: its member x is not base64url of 32",
    ),
    "padded": (
        json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": RFC8037_A["x"] + "="}]}),
        "key 1: its member x is not base64url",
    ),
    "wrong-kid": (
        json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": RFC8037_A["x"], "kid": "other"}]}),
        "key 1: its kid is not its RFC 7638 thumbprint",
    ),
    "wrong-alg": (
        json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": RFC8037_A["x"], "alg": "ES256"}]}),
        "key 1: a key of this type is used with Ed25519",
    ),
}


@pytest.mark.parametrize("name", BAD_JWKS)
def test_a_bad_key_set_gives_one_line_and_78(tmp_path: Path, name: str) -> None:
    text, expected = BAD_JWKS[name]
    path = tmp_path / "hub.jwks.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_jwks(path)
    assert f"{path}: {expected}" in str(caught.value)
    assert caught.value.exit_code == 78


def test_a_point_that_is_not_on_the_curve_is_refused() -> None:
    with pytest.raises(ValueError, match="curve"):
        public_key({"kty": "EC", "crv": "P-256", "x": RFC7515_A3["x"], "y": RFC7515_A3["x"]})


def test_a_missing_key_set_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file or directory; write it with `camwarden hub jwks`"):
        load_jwks(tmp_path / "none.json")


def test_a_key_set_is_read_back_by_jwcrypto_and_by_us(tmp_path: Path) -> None:
    keys = {signer.kid: signer.public for signer in map(signer_from_jwk, (RFC7515_A3, RFC8037_A))}
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(jwk_set(keys)))
    assert load_jwks(path) == keys
    assert {key.thumbprint() for key in jwcrypto_jwk.JWKSet.from_json(path.read_text())} == set(keys)


def arguments(config: Path, as_json: bool) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, default=config)
    parser.add_argument("--json", action="store_true", default=as_json)
    parser.set_defaults(lang="en")
    keys_command.add_arguments(parser)
    return parser.parse_args(["show"])


def site_file(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(
        '[site]\nid = "S1"\nname = "x"\ncity = "datong"\ndivision = "140200"\n\n'
        f'[storage]\ndirectory = "{tmp_path / "state"}"\n'
    )
    return path


def test_keys_show_prints_thumbprint_and_public_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = site_file(tmp_path)
    signer = load_or_create_signer(tmp_path / "state" / "report-key.pem")
    assert keys_command.run(arguments(config, as_json=False)) == 0
    text = capsys.readouterr().out
    assert signer.kid in text
    assert keys_command.run(arguments(config, as_json=True)) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["schema"] == "camwarden-keys/1"
    assert shown["kid"] == thumbprint(shown["jwk"]) == signer.kid
    assert "d" not in shown["jwk"]
    assert shown["site"] == "S1"


def test_keys_show_before_the_first_start_makes_no_key(tmp_path: Path) -> None:
    config = site_file(tmp_path)
    with pytest.raises(AgentError, match="there is no key; `camwarden run` makes it at its first start"):
        keys_command.run(arguments(config, as_json=False))
    assert not (tmp_path / "state").exists()


def test_a_key_of_another_user_gives_77(tmp_path: Path) -> None:
    path = write_key(tmp_path / "key.pem", pem(ec.generate_private_key(ec.SECP256R1())), 0o000)
    root = os.geteuid() == 0
    if root:  # root may read everything
        os.seteuid(65534)
    try:
        with pytest.raises(Forbidden, match="this user may not read the key") as caught:
            load_signer(path)
    finally:
        if root:
            os.seteuid(0)
    assert caught.value.exit_code == 77


def test_a_new_thumbprint_can_be_typed_as_an_argument(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`hub trust add SITE -abc...` would be read as an option."""
    numbers = iter(range(1, 10_000))
    candidates = (ec.derive_private_key(number, ec.SECP256R1()) for number in numbers)
    dashed = next(key for key in candidates if kid_of(key, tmp_path).startswith("-"))
    plain = next(key for key in candidates if not kid_of(key, tmp_path).startswith("-"))
    offered = iter([dashed, dashed, plain])
    monkeypatch.setattr(ec, "generate_private_key", lambda curve: next(offered))
    assert load_or_create_signer(tmp_path / "new.pem").kid == kid_of(plain, tmp_path)


def kid_of(key: ec.EllipticCurvePrivateKey, folder: Path) -> str:
    path = folder / "probe.pem"
    path.unlink(missing_ok=True)
    return load_signer(write_key(path, pem(key))).kid
