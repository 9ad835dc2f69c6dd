"""The machine signature of a hand-over report: it holds for the file as it was signed, and names what else is wrong."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from every_case import holds_for_every
from handed_over import SIGNER, checked, html
from sites import camera, healthy, site

from agent.cli import main
from agent.contract.envelope import REPORT_TYP, sign_payload
from agent.contract.signing_keys import load_or_create_signer
from agent.model import exits
from agent.model.errors import NotVerified
from agent.verify import html_seal as sealing
from agent.verify.html_seal import is_handover, key_in, opening, seal, unseal

BODY = opening("dt0001") + '<html lang="en"><body><p>all is well</p></body>\n</html>\n'
SEALED = seal(BODY, SIGNER)
SIGNATURE = SEALED[len(BODY.encode()) :]


def reason(data: bytes) -> str:
    with pytest.raises(NotVerified) as caught:
        unseal(data)
    return caught.value.reason


def test_an_unchanged_report_verifies_and_says_whose_it_is() -> None:
    sealed = unseal(SEALED)
    assert (sealed.site, sealed.key.kid, sealed.header.kid) == ("dt0001", SIGNER.kid, SIGNER.kid)
    assert key_in(SEALED) == SIGNER.public
    assert SEALED.startswith(BODY.encode()) and SEALED.endswith(b"\n-->\n")


def test_a_whole_report_of_a_site_verifies() -> None:
    assert unseal(seal(html(checked(site(camera()), healthy()), "zh_CN"), SIGNER)).site == "dt0001"


def is_noticed(changed: bytes) -> None:
    with pytest.raises(NotVerified):
        unseal(changed)


def test_no_byte_can_be_changed_dropped_or_added() -> None:
    holds_for_every(
        (f"{what} at {at}", partial(is_noticed, SEALED[:at] + other + SEALED[at + 1 :]))
        for at in range(len(SEALED))
        for what, other in {
            "changed": bytes([SEALED[at] ^ 1]),
            "dropped": b"",
            "added": SEALED[at : at + 1] + b" ",
        }.items()
    )


def test_what_is_wrong_is_named() -> None:
    other = b"<!-- camwarden-signature"
    assert reason(SEALED.replace(b"well", b"Well")) == "signature"
    assert reason(BODY.encode()) == "truncated"
    assert {reason(SEALED[:-cut]) for cut in (2, 30, 200)} == {"truncated"}
    assert reason(SEALED + SIGNATURE) == "two-signatures"
    assert reason(SEALED.replace(b"<p>", other + b"<p>")) == "two-signatures"
    assert reason(SEALED + b"<p>more</p>") == "added"
    assert reason(SEALED.replace(b"\n", b"\r\n")) == "malformed"
    assert reason(BODY.encode() + SIGNATURE.replace(b'"kty":"EC"', b'"kty":"XX"')) == "malformed"


def test_another_key_or_another_kind_of_signature_does_not_pass(tmp_path: Path) -> None:
    stranger = load_or_create_signer(tmp_path / "key.pem")
    shown = json.dumps(dict(sorted(stranger.jwk.items())), separators=(",", ":")).encode()
    mine = json.dumps(dict(sorted(SIGNER.jwk.items())), separators=(",", ":")).encode()
    assert reason(SEALED.replace(mine, shown)) == "kid"
    jws = sign_payload(BODY.encode(), SIGNER, REPORT_TYP)
    block = SIGNATURE.split(b"\n")
    assert reason(BODY.encode() + b"\n".join([*block[:2], jws.encode(), *block[3:]])) == "typ"


def test_what_is_no_report_is_not_signed_as_one() -> None:
    for text in ("<html></html>\n", BODY.rstrip("\n"), SEALED.decode(), BODY.replace("dt0001", "dt-0001")):
        with pytest.raises(ValueError, match="not an unsigned"):
            seal(text, SIGNER)


def test_other_files_are_not_taken_for_reports() -> None:
    assert is_handover(SEALED) and is_handover(BODY.encode()) and is_handover(b"x" + SEALED)
    assert not is_handover(b"<!doctype html>\n<html></html>") and not is_handover(b"{}")
    assert key_in(b"{}") is None and key_in(SEALED.replace(b'"x":"', b'"x":"A')) is None


def verified(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["verify", *arguments, "--json"])
    (file,) = json.loads(capsys.readouterr().out)["files"]
    return code, file


def test_the_command_tells_verified_from_changed_and_from_not_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report, changed = tmp_path / "report.html", tmp_path / "changed.htm"
    report.write_bytes(SEALED)
    changed.write_bytes(SEALED.replace(b"well", b"Well"))
    code, file = verified(capsys, str(report), "--kid", SIGNER.kid)
    assert (code, file["verdict"]) == (exits.OK, "verified")
    code, file = verified(capsys, str(report))
    assert (code, file["verdict"], file["reason"]) == (exits.UNCHECKED, "unchecked", "unknown-key")
    assert SIGNER.kid in file["why"] and "--kid" in file["why"]
    jwks = tmp_path / "jwks.json"
    stranger = load_or_create_signer(tmp_path / "key.pem").public
    jwks.write_text(json.dumps({"keys": [{**stranger.jwk, "kid": stranger.kid}]}))
    code, file = verified(capsys, str(report), "--jwks", str(jwks))
    assert (code, file["reason"]) == (exits.UNCHECKED, "unknown-key")
    for options in ((), ("--jwks", str(jwks))):
        code, file = verified(capsys, str(changed), *options)
        assert (code, file["verdict"], file["reason"]) == (exits.FAILS, "failed", "signature")
        assert "changed after it was signed" in file["why"]


def test_a_file_that_is_no_report_is_unusable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.html"
    other.write_text("<html></html>")
    assert verified(capsys, str(other))[0] == exits.CONFIG
    assert verified(capsys, str(tmp_path / "missing.html"))[0] == exits.CONFIG


def test_a_report_of_many_megabytes_is_verified_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    large = tmp_path / "large.html"
    large.write_bytes(seal(BODY.replace("well", "well" + "x" * 6_000_000), SIGNER))
    assert verified(capsys, str(large), "--kid", SIGNER.kid)[0] == exits.OK
    assert large.stat().st_size < sealing.MAX_BYTES
