"""A key that was here when it was bound verifies reports without the site's retained birth."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of

from agent.cli import main
from agent.contract.signing_keys import load_or_create_signer
from agent.hub.stores import trust
from agent.verify.bindings import file_text, read_file


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def test_reports_of_a_site_whose_key_came_with_its_enrollment_need_no_birth(desk: Desk, maker: Maker) -> None:
    """A hub that lost its database, before a broker that lost what it had retained."""
    trust.add(desk.directory, "S1", maker.signer.kid, NOW, by="enrollment", key=maker.signer.public)
    desk.intake.trust = trust.load(desk.directory)
    assert [desk.send(one)["event"] for one in chain_of(maker, 3)] == ["verified"] * 3
    assert desk.watermark("e1") == {"event": 3}
    assert desk.store.key(maker.signer.kid) == dict(maker.signer.jwk), "for cases and `hub verify`"


def test_a_thumbprint_alone_waits_for_the_birth_as_before(desk: Desk, maker: Maker) -> None:
    trust.add(desk.directory, "S1", maker.signer.kid, NOW)
    desk.intake.trust = trust.load(desk.directory)
    assert [desk.send(one)["event"] for one in chain_of(maker, 2)] == ["untrusted"] * 2


def test_a_key_that_came_earlier_stays_where_it_is_bound_anew_or_revoked(desk: Desk, maker: Maker) -> None:
    kid = maker.signer.kid
    trust.add(desk.directory, "S1", kid, NOW, key=maker.signer.public)
    trust.revoke(desk.directory, kid, NOW)
    trust.add(desk.directory, "S1", kid, NOW)
    assert trust.load(desk.directory).bindings[kid].jwk == dict(maker.signer.jwk)


def test_an_export_has_the_keys_where_an_older_reader_does_not_look(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    bound = trust.add(desk.directory, "S1", maker.signer.kid, NOW, key=maker.signer.public)
    file = tmp_path / "trust.json"
    file.write_text(file_text(bound.bindings.values()))
    assert set(json.loads(file.read_text())["keys"][0]) == {"kid", "site", "added_at", "revoked_at"}
    assert read_file(file).bindings == bound.bindings


def test_the_command_takes_the_output_of_keys_show_and_refuses_another_key(
    desk: Desk, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kid = maker.signer.kid
    file, other = tmp_path / "key.json", load_or_create_signer(tmp_path / "other.pem")
    words = ["hub", "trust", "add", "S1", kid, "--data", str(desk.directory), "--key", str(file)]
    for text, code in (
        (json.dumps({"schema": "camwarden-keys/1", "jwk": dict(other.jwk)}), 2),
        ("[]", 78), ("{", 78), ('{"jwk": 7}', 78), ('{"jwk": {"kty": "EC"}}', 78), ("[" * 9000, 78),
    ):  # fmt: skip
        file.write_text(text)
        assert main(words) == code, text[:40]
        assert capsys.readouterr().err.count("\n") == 1
        assert trust.load(desk.directory).bindings == {}
    file.write_text(json.dumps({"schema": "camwarden-keys/1", "kid": kid, "jwk": dict(maker.signer.jwk)}))
    assert main(words) == 0
    assert trust.load(desk.directory).bindings[kid].jwk == dict(maker.signer.jwk)
    file.unlink()
    assert main(words) == 78


def test_a_binding_with_the_key_of_another_is_no_binding(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    other = load_or_create_signer(tmp_path / "other.pem")
    bound = trust.add(desk.directory, "S1", maker.signer.kid, NOW)
    file = tmp_path / "trust.json"
    forged = [replace(one, jwk=dict(other.jwk)) for one in bound.bindings.values()]
    file.write_text(file_text(forged))
    assert all(not one.jwk for one in read_file(file).bindings.values())
