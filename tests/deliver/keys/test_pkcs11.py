"""The report key in a PKCS#11 token, with a real SoftHSM2: it never leaves, a wrong PIN is tried once, loss is told."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pkcs11
import pytest
from jwcrypto import jwk as jwcrypto_jwk
from pkcs11 import Attribute, ObjectClass, TokenFlag
from softhsm import LABEL, MODULE, PIN, SO_PIN, Softhsm, finalize, place

from agent.contract.envelope import sign_payload, verify
from agent.contract.signing_keys import KeyUnavailable, PublicKey, Signer
from agent.deliver.keys import pin
from agent.deliver.keys.pkcs11 import TokenKeys
from agent.deliver.keys.place import place_of
from agent.model.errors import ConfigurationError
from agent.site.config.site import Site, Storage


@pytest.fixture
def softhsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Softhsm]:
    hsm = Softhsm(tmp_path / "hsm", monkeypatch)
    hsm.init()
    yield hsm
    finalize()


@pytest.fixture
def keys(softhsm: Softhsm, tmp_path: Path) -> Iterator[TokenKeys]:
    keys = TokenKeys(place(), tmp_path / "state")
    yield keys
    keys.close()


def flags() -> TokenFlag:
    return pkcs11.lib(str(MODULE)).get_token(token_label="site").flags


def wrong(tmp_path: Path) -> TokenKeys:
    return TokenKeys(place(pin="000000"), tmp_path / "state")


def test_a_key_is_made_in_the_token_and_cannot_be_taken_out(keys: TokenKeys) -> None:
    assert keys.current() is None
    signer = keys.create()
    keys.close()
    with pkcs11.lib(str(MODULE)).get_token(token_label="site").open(user_pin=PIN) as session:
        (private,) = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: LABEL})
        assert private[Attribute.EXTRACTABLE] is False
        assert private[Attribute.SENSITIVE] is True
        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            _ = private[Attribute.VALUE]
    found = keys.current()
    assert found is not None
    assert found.kid == signer.kid == jwcrypto_jwk.JWK(**signer.jwk).thumbprint()


def test_what_the_token_signs_verifies_as_any_other_es256(keys: TokenKeys) -> None:
    signer = keys.create()
    jws = sign_payload(b'{"a":1}', signer, "vss-report+json")
    assert verify(b'{"a":1}', jws, {signer.kid: signer.public}).kid == signer.kid
    assert len(signer.sign(b"x")) == 64
    assert not signer.public.verifies(b"y", signer.sign(b"x"))


def test_many_threads_sign_with_one_token(keys: TokenKeys) -> None:
    signer = keys.create()
    messages = [hashlib.sha256(bytes([number])).digest() for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        signatures = list(pool.map(signer.sign, messages))
    assert all(signer.public.verifies(m, s) for m, s in zip(messages, signatures, strict=True))


def test_the_key_is_found_again_by_the_next_process(keys: TokenKeys, tmp_path: Path) -> None:
    signer = keys.create()
    keys.close()
    finalize()
    again = TokenKeys(place(), tmp_path / "state")
    found = again.current()
    assert found is not None
    assert (found.kid, found.public) == (signer.kid, signer.public)
    again.close()


def test_a_look_at_the_public_key_needs_no_pin(keys: TokenKeys, tmp_path: Path) -> None:
    signer = keys.create()
    keys.close()
    shown = wrong(tmp_path).shown()
    assert shown == (signer.public, None)
    assert not flags() & TokenFlag.USER_PIN_COUNT_LOW


def test_a_wrong_pin_is_tried_once_and_never_again_by_anybody(softhsm: Softhsm, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"the PIN of \[credential.token\] is refused; correct it") as caught:
        wrong(tmp_path).current()
    assert "000000" not in str(caught.value)
    assert caught.value.exit_code == 78
    assert flags() & TokenFlag.USER_PIN_COUNT_LOW  # the token has counted it
    # The right PIN clears the token's count: it would be set anew if the wrong one were tried once more.
    right = TokenKeys(place(), tmp_path / "elsewhere")
    right.create()
    right.close()
    assert not flags() & TokenFlag.USER_PIN_COUNT_LOW
    for _ in range(3):
        with pytest.raises(ConfigurationError, match="was refused before and is not tried again"):
            wrong(tmp_path).current()
    assert not flags() & TokenFlag.USER_PIN_COUNT_LOW


def test_a_corrected_pin_is_tried_and_works(softhsm: Softhsm, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        wrong(tmp_path).current()
    right = TokenKeys(place(), tmp_path / "state")
    assert right.create().alg == "ES256"
    right.close()


def test_the_refused_pin_is_kept_as_a_digest_that_only_the_owner_reads(softhsm: Softhsm, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        wrong(tmp_path).current()
    path = tmp_path / "state" / pin.NAME
    assert path.stat().st_mode & 0o777 == 0o600
    assert "000000" not in path.read_text()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"token": 1}', '{"token": "site", "salt": "zz", "digest": ""}'])
def test_a_memory_of_refusals_that_is_damaged_counts_as_a_refusal(softhsm: Softhsm, tmp_path: Path, text: str) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / pin.NAME).write_text(text)
    with pytest.raises(ConfigurationError, match="not tried again"):
        TokenKeys(place(), tmp_path / "state").current()


def test_a_token_that_is_not_there_is_no_first_start(softhsm: Softhsm, tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailable, match=r"token 'other'.*there is no such token now") as caught:
        TokenKeys(place(token="other"), tmp_path / "state").current()
    assert caught.value.exit_code == 69


def test_a_token_that_vanishes_is_told_and_used_again_when_it_is_back(keys: TokenKeys, softhsm: Softhsm) -> None:
    signer = keys.create()
    softhsm.gone()
    for _ in range(3):
        with pytest.raises(KeyUnavailable, match=r"the token does not answer|no such token"):
            signer.sign(b"x")
    softhsm.back()
    assert signer.public.verifies(b"x", signer.sign(b"x"))


def test_another_token_of_the_same_name_does_not_sign_for_the_first(keys: TokenKeys, softhsm: Softhsm) -> None:
    signer = keys.create()
    softhsm.gone()
    softhsm.tokens.mkdir()
    softhsm.init()
    with pytest.raises(KeyUnavailable):
        signer.sign(b"x")
    with pytest.raises(KeyUnavailable, match="is not in the token any more"):
        signer.sign(b"x")
    assert keys.current() is None


def test_two_keys_of_one_label_are_refused_and_none_is_chosen(keys: TokenKeys) -> None:
    keys.create()
    with pytest.raises(ConfigurationError, match="2 keys are called 'camwarden'"):
        keys.create()


def test_a_library_that_is_none_gives_one_line(tmp_path: Path) -> None:
    (tmp_path / "lib.so").write_text("no library")
    bad = dataclasses.replace(place(), module=tmp_path / "lib.so")
    with pytest.raises(ConfigurationError, match=r"lib.so: cannot be loaded") as caught:
        TokenKeys(bad, tmp_path).current()
    assert "\n" not in str(caught.value)


def test_neither_pin_nor_token_object_shows_in_a_repr(keys: TokenKeys) -> None:
    signer = keys.create()
    for shown in (repr(keys), repr(signer), keys.where(), repr(place())):
        assert PIN not in shown
        assert SO_PIN not in shown


def kid(key: Signer | PublicKey | None) -> str | None:
    return key.kid if key else None


def test_promotion_destroys_the_old_key_and_keeps_one(keys: TokenKeys) -> None:
    old, new = keys.create(), keys.create_waiting()
    assert keys.create_waiting().kid == new.kid
    assert [kid(key) for key in keys.shown()] == [old.kid, new.kid]
    keys.promote()
    assert (kid(keys.current()), kid(keys.waiting())) == (new.kid, None)
    assert new.public.verifies(b"x", new.sign(b"x"))
    with pytest.raises(KeyUnavailable):
        old.sign(b"x")
    keys.promote()
    assert kid(keys.current()) == new.kid


@pytest.mark.parametrize("step", range(4))
def test_a_promotion_cut_off_at_any_step_is_finished_by_the_next(
    keys: TokenKeys, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four writes reach the token: two halves destroyed, two renamed; the power goes before each in turn."""
    keys.create()
    new = keys.create_waiting()
    left = iter(range(step))
    real = keys._public

    class Cut(BaseException):
        pass

    class Flaky:
        def __init__(self, inner: object) -> None:
            self.inner = inner

        def destroy(self) -> None:
            if next(left, None) is None:
                raise Cut
            self.inner.destroy()  # type: ignore[attr-defined]

        def __getitem__(self, name: Attribute) -> object:
            return self.inner[name]  # type: ignore[index]

        def __setitem__(self, name: Attribute, value: object) -> None:
            if next(left, None) is None:
                raise Cut
            self.inner[name] = value  # type: ignore[index]

    class Session:
        def __init__(self, inner: object) -> None:
            self.inner = inner

        def get_objects(self, wanted: object) -> list[Flaky]:
            return [Flaky(one) for one in self.inner.get_objects(wanted)]  # type: ignore[attr-defined]

    opened = keys._opened
    monkeypatch.setattr(keys, "_opened", lambda: Session(opened()))
    monkeypatch.setattr(keys, "_public", lambda session, label: real(getattr(session, "inner", session), label))
    with pytest.raises(Cut):
        keys.promote()
    monkeypatch.undo()
    assert new.kid in (kid(keys.current()), kid(keys.waiting()))
    keys.promote()
    assert (kid(keys.current()), kid(keys.waiting())) == (new.kid, None)
    again = keys.current()
    assert again is not None
    assert again.public.verifies(b"x", again.sign(b"x"))


def test_without_the_package_one_line_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ModuleNotFoundError(name="pkcs11")

    monkeypatch.setattr(importlib, "import_module", missing)
    site = Site("S1", "datong", "140200", key=place(), storage=Storage(tmp_path))
    with pytest.raises(ConfigurationError, match=r'needs the package python-pkcs11: pip install "camwarden\[pkcs11\]"'):
        place_of(site, {})
