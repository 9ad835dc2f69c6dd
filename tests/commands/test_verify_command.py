"""`camwarden verify`: signatures and chains of files, without a hub."""

from __future__ import annotations

import argparse
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted

from agent.commands.verify import command as verify_command
from agent.contract.envelope import COMMAND_TYP, FILING_TYP, RESULT_TYP, STATE_TYP, flatten, sign_payload
from agent.contract.orders import Command, Result
from agent.contract.orders_json import write_command, write_result
from agent.contract.presence import write_state
from agent.hub.workers.answers import write_ack
from agent.model.errors import AgentError, ConfigurationError
from agent.model.finding import Envelope
from agent.observe.facts.filed_file import write_filed
from agent.observe.facts.filed_system import FiledDevice, Filing


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def verify_files(*words: object, as_json: bool = True) -> int:
    parser = argparse.ArgumentParser()
    parser.set_defaults(json=as_json, lang="en")
    verify_command.add_arguments(parser)
    return verify_command.run(parser.parse_args([str(word) for word in words]))


def write_reports(directory: Path, envelopes: list[Envelope]) -> None:
    directory.mkdir(exist_ok=True)
    for e in envelopes:
        (directory / f"{e.report.stream}-{e.report.seq:04}.jws.json").write_bytes(flatten(e.report.payload, e.jws))


def test_verify_reads_files_and_folders_with_a_key_set_or_a_hubs_trust(
    desk: Desk, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = chain_of(maker, 3)
    write_reports(tmp_path / "out", reports)
    keys = tmp_path / "keys"
    keys.write_text(json.dumps({"keys": [dict(maker.signer.jwk)]}))
    assert verify_files(tmp_path / "out", "--jwks", keys) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["schema"] == "camwarden-verify/1"
    assert [file["verdict"] for file in shown["files"]] == ["verified"] * 3
    assert {file["kid"] for file in shown["files"]} == {maker.signer.kid}
    assert shown["chain"] == []
    trusted(desk, maker)
    assert verify_files(tmp_path / "out", "--data", desk.directory) == 0
    capsys.readouterr()
    assert verify_files(tmp_path / "out" / "event-0001.jws.json", "--jwks", keys, as_json=False) == 0
    assert capsys.readouterr().out.splitlines() == [
        "1 of 1 files verified, 0 faults between reports",
        f"signed with the key {maker.signer.kid}, which you believe",
    ]


def test_verify_finds_holes_forks_and_changed_bytes(
    maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = chain_of(maker, 5)
    write_reports(tmp_path / "out", [reports[0], reports[1], reports[4]])
    other, _ = maker.envelopes([delivery.event(77)], {}, "e1")
    (tmp_path / "out" / "fork.json").write_bytes(flatten(other[0].report.payload, other[0].jws))
    bad = flatten(reports[3].report.payload, reports[3].jws).replace(b"no answer", b"an answer")
    (tmp_path / "out" / "bad.json").write_bytes(bad)
    keys = tmp_path / "keys"
    keys.write_text(json.dumps({"keys": [dict(maker.signer.jwk)]}))
    assert verify_files(tmp_path / "out", "--jwks", keys) == 1
    shown = json.loads(capsys.readouterr().out)
    assert [(p["fault"], p["from_seq"], p["to_seq"]) for p in shown["chain"]][:1] == [("fork", 1, 1)] or shown["chain"]
    faults = {(p["fault"], p["from_seq"], p["to_seq"]) for p in shown["chain"]}
    assert ("fork", 1, 1) in faults
    assert ("gap", 3, 4) in faults
    assert {file["reason"] for file in shown["files"]} == {"", "signature"}


def test_verify_of_what_is_no_signed_report_gives_a_line_each_and_78(
    maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = tmp_path / "keys"
    keys.write_text(json.dumps({"keys": [dict(maker.signer.jwk)]}))
    (tmp_path / "note.json").write_text("hello")
    assert verify_files(tmp_path / "note.json", tmp_path / "none.json", "--jwks", keys, as_json=False) == 78
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path}/note.json: unusable: not a flattened JWS: not JSON in UTF-8",
        f"{tmp_path}/none.json: unusable: No such file or directory; check the path",
        "0 of 2 files verified, 0 faults between reports",
    ]
    (tmp_path / "empty").mkdir()
    assert verify_files(tmp_path / "empty", "--jwks", keys, as_json=False) == 78
    with pytest.raises(AgentError, match="the key set cannot be read"):
        verify_files(tmp_path, "--jwks", tmp_path / "no-keys")
    with pytest.raises(ConfigurationError, match="no hub has run here"):
        verify_files(tmp_path, "--data", tmp_path / "no-hub")


def test_verify_with_a_hubs_trust_refuses_the_key_of_another_site(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    trusted(desk, maker)
    thief = Maker(tmp_path / "site", delivery.site("S2"))
    write_reports(tmp_path / "out", chain_of(thief, 1))
    assert verify_files(tmp_path / "out", "--data", desk.directory) == 1


def test_an_ack_verifies_as_a_file_too(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    trusted(desk, maker)
    desk.send(chain_of(maker, 1)[0])
    with desk.store.transaction():
        ack = write_ack(desk.store, desk.signer, "S1", "e1", NOW)
    assert ack is not None
    (tmp_path / "ack.json").write_bytes(flatten(ack.payload, ack.jws))
    keys = tmp_path / "keys"
    keys.write_text(json.dumps({"keys": [dict(desk.signer.jwk)]}))
    assert verify_files(tmp_path / "ack.json", "--jwks", keys) == 0


def test_a_batch_as_a_zip_is_verified_like_its_folder(
    maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = chain_of(maker, 5)
    write_reports(tmp_path / "out", [made[0], made[1], made[4]])
    (tmp_path / "out" / "state.json").write_bytes(birth(maker))
    with zipfile.ZipFile(tmp_path / "batch.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in (tmp_path / "out").iterdir():
            archive.write(file, file.name)
        archive.writestr("note.txt", "not looked at")
    for path in (tmp_path / "out", tmp_path / "batch.zip"):
        assert verify_files(path, "--kid", maker.signer.kid) == 1
        shown = json.loads(capsys.readouterr().out)
        assert {file["verdict"] for file in shown["files"]} == {"verified"}
        assert [(p["fault"], p["from_seq"], p["to_seq"]) for p in shown["chain"]] == [("gap", 3, 4)]


def birth(maker: Maker) -> bytes:
    payload = write_state(
        maker.presence(),
        "ready",
        NOW,
    )
    return flatten(payload, sign_payload(payload, maker.signer, STATE_TYP))


def test_a_thumbprint_believes_no_key_that_only_pretends_to_have_it(maker: Maker, tmp_path: Path) -> None:
    thief = Maker(tmp_path / "thief", key="thief.pem")
    write_reports(tmp_path / "out", chain_of(thief, 1))
    shown = json.dumps({"keys": [{**thief.signer.jwk, "kid": maker.signer.kid}]})
    (tmp_path / "out" / "keys.jwks.json").write_text(shown)
    with pytest.raises(ConfigurationError, match="nothing here shows the key"):
        verify_files(tmp_path / "out", "--kid", maker.signer.kid)


@pytest.mark.parametrize("name", ["../up.json", "/etc/x.json", "a\\b.json"])
def test_a_zip_that_leads_out_of_itself_is_not_verified_at_all(maker: Maker, tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("state.json", birth(maker))
        archive.writestr(name, birth(maker))
    keys = tmp_path / "keys"
    keys.write_text(json.dumps({"keys": [dict(maker.signer.jwk)]}))
    with pytest.raises(ConfigurationError, match="its name leads out of the archive") as caught:
        verify_files(tmp_path / "x.zip", "--jwks", keys)
    assert "\n" not in str(caught.value)


def test_orders_and_answers_verify_as_files_and_with_a_hubs_trust_only_by_their_own_side(
    desk: Desk, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trusted(desk, maker)
    command = Command("c1", "S1", "report-now", NOW, NOW + timedelta(hours=1))
    result = Result("c1", "S1", "datong", "e1", "report-now", "done")
    (tmp_path / "out").mkdir()
    for name, payload, typ, signer in (
        ("cmd", write_command(command), COMMAND_TYP, desk.signer),
        ("result", write_result(result, NOW), RESULT_TYP, maker.signer),
        ("forged", write_result(result, NOW), RESULT_TYP, desk.signer),
        ("none", b"[]", COMMAND_TYP, desk.signer),
    ):
        (tmp_path / "out" / f"{name}.json").write_bytes(flatten(payload, sign_payload(payload, signer, typ)))
    assert verify_files(tmp_path / "out", "--data", desk.directory) == 1
    told = {Path(f["path"]).stem: (f["verdict"], f["reason"]) for f in json.loads(capsys.readouterr().out)["files"]}
    assert told == {
        "cmd": ("verified", ""),
        "result": ("verified", ""),
        "forged": ("failed", "unknown-key"),
        "none": ("failed", "payload"),
    }


def test_what_was_filed_is_verified_only_by_a_key_that_the_reader_knows(
    maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`filing.json` shows its own key: that it is whole proves nothing about who wrote it."""
    kid = maker.signer.kid
    write_filed(
        tmp_path, Filing("S1", date(2026, 11, 20), ("gate",), 30, (FiledDevice("nvr", "m", "s"),)), maker.signer
    )
    path = tmp_path / "filing.json"
    assert verify_files(path, as_json=False) == 3
    said = capsys.readouterr().out
    assert "nobody says whose key that is" in said and kid in said and "0 of 1 files verified" in said
    assert verify_files(path) == 3
    (told,) = json.loads(capsys.readouterr().out)["files"]
    assert (told["verdict"], told["reason"], told["kid"]) == ("unchecked", "unknown-key", kid)

    assert verify_files(path, "--kid", kid, as_json=False) == 0
    assert f"signed with the key {kid}" in capsys.readouterr().out
    other = Maker(tmp_path / "other", key="another.pem")
    keys = tmp_path / "keys"
    keys.write_text(json.dumps({"keys": [dict(other.signer.jwk)]}))
    assert verify_files(path, "--jwks", keys) == 3
    with pytest.raises(ConfigurationError, match="nothing here shows the key"):
        verify_files(path, "--kid", other.signer.kid)
    capsys.readouterr()

    path.write_bytes(path.read_bytes().replace(b"gate", b"gata"))
    assert verify_files(path, "--kid", kid) == 1
    assert verify_files(path) == 1
    for content in (b"{}", b"[" * 100_000, flatten(b"[]", sign_payload(b"[]", maker.signer, FILING_TYP))):
        path.write_bytes(content)
        assert verify_files(path, "--jwks", keys) in (1, 78)
