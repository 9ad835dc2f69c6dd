"""A receipt proves to anybody, without the hub, that its log has a report, and nothing else."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import delivery
import pytest
from contract_schemas import fits
from delivery import NOW
from here_run import run_here
from logged_hub import LATER, Logged

from agent.contract.envelope import flatten
from agent.contract.signing_keys import jwk_set, load_or_create_signer, signer_from_jwk
from agent.deliver.publish.messages import Message
from agent.hub.log.messages import messages_of
from agent.hub.log.restored import begin_anew
from agent.hub.log.running import RunningLog
from agent.hub.log.sequencer import append
from agent.model.errors import NotVerified, UnknownKey
from agent.model.finding import Json
from agent.verify.checkpoint import origin_of, read_checkpoint, write_checkpoint
from agent.verify.log_message import read_message
from agent.verify.merkle import EMPTY_ROOT
from agent.verify.receipt import read_receipt, write_proof

VERIFIER = Path(__file__).parents[2] / "support" / "receipt_verifier.mjs"


def test_a_receipt_of_which_anything_was_changed_proves_nothing(logged: Logged) -> None:
    logged.report(5)
    logged.append()
    good = logged.receipt(2)
    assert read_receipt(good, logged.keys).index == 1
    lines = good.split("\n")
    for place, line in enumerate(lines):
        if not line:
            continue
        at = len(line) // 2
        for other in (line[:at] + ("A" if line[at] != "A" else "B") + line[at + 1 :], "", line + line):
            changed = "\n".join([*lines[:place], other, *lines[place + 1 :]])
            with pytest.raises(NotVerified):
                read_receipt(changed, logged.keys)


def test_a_receipt_under_another_key_is_not_believed(logged: Logged, tmp_path: Path) -> None:
    logged.report(1)
    logged.append()
    text = logged.receipt(1)
    other = load_or_create_signer(tmp_path / "other.pem")
    with pytest.raises(UnknownKey):
        read_receipt(text, {other.kid: other.public})
    with pytest.raises(NotVerified) as caught:  # the other key under the hub's name
        read_receipt(text, {logged.desk.signer.kid: other.public})
    assert caught.value.reason == "signature"


def test_an_ed25519_key_signs_checkpoints_too() -> None:
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
           "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}  # fmt: skip
    signer = signer_from_jwk(jwk)
    note = write_checkpoint(origin_of(signer.kid, NOW), 0, EMPTY_ROOT, signer)
    assert read_checkpoint(note, {signer.kid: signer.public}).size == 0
    with pytest.raises(NotVerified):
        read_checkpoint(note.replace("\n0\n", "\n1\n"), {signer.kid: signer.public})


def test_a_cosignature_beside_the_hub_s_own_does_no_harm(logged: Logged) -> None:
    logged.report(1)
    note = logged.append().note
    more = note + "\u2014 witness.example/w1 AAAAAAAA\n"
    assert read_checkpoint(more, logged.keys).size == 1


def test_a_receipt_at_a_thousand_million_reports_has_under_2000_bytes(logged: Logged) -> None:
    signer, size = logged.desk.signer, 2**30
    note = write_checkpoint(origin_of(signer.kid, NOW), size, b"r" * 32, signer)
    path = "".join(f"{base64.b64encode(os.urandom(32)).decode()}\n" for _ in range(30))
    assert len(f"{write_proof(bytes(48), size - 1, path)}{note}".encode()) <= 2000


# The commands, and a verifier in another language.


def files(logged: Logged, folder: Path) -> tuple[Path, Path, Path]:
    """Write receipt 2, the report of it, and a key set of hub and site."""
    receipt, report, jwks = folder / "r.tlog-proof", folder / "report.json", folder / "keys.json"
    receipt.write_text(logged.receipt(2))
    report.write_bytes(flatten(logged.sent[1].report.payload, logged.sent[1].jws))
    keys = {one.kid: one.public for one in (logged.desk.signer, logged.maker.signer)}
    jwks.write_text(json.dumps(jwk_set(keys)))
    return receipt, report, jwks


def test_verify_takes_a_receipt_alone_and_with_its_report(logged: Logged, tmp_path: Path) -> None:
    logged.report(3)
    logged.append()
    receipt, report, jwks = files(logged, tmp_path)
    alone = run_here("verify", "--receipt", receipt, "--jwks", jwks, "--lang", "en", environ={})
    assert (alone.returncode, alone.stderr) == (0, "")
    assert f"report {logged.sent[1].report.digest} is entry 1 of 3" in alone.stdout
    both = run_here("verify", report, "--receipt", receipt, "--jwks", jwks, "--json", environ={})
    assert both.returncode == 0
    (told,) = json.loads(both.stdout)["receipts"]
    assert (told["verdict"], told["index"], told["size"]) == ("verified", 1, 3)
    chinese = run_here("verify", "--receipt", receipt, "--jwks", jwks, "--lang", "zh_CN", environ={})
    assert "entry" not in chinese.stdout


def test_verify_refuses_a_receipt_of_another_report_a_changed_one_and_one_without_a_key(
    logged: Logged, tmp_path: Path
) -> None:
    logged.report(3)
    logged.append()
    receipt, report, jwks = files(logged, tmp_path)
    report.write_bytes(flatten(logged.sent[0].report.payload, logged.sent[0].jws))
    other = run_here("verify", report, "--receipt", receipt, "--jwks", jwks, "--lang", "en", environ={})
    assert other.returncode == 1
    assert "not among the files" in other.stdout
    receipt.write_text(logged.receipt(2).replace("\nindex 1\n", "\nindex 0\n"))
    assert run_here("verify", "--receipt", receipt, "--jwks", jwks, environ={}).returncode == 1
    assert run_here("verify", "--receipt", receipt, environ={}).returncode == 2
    (tmp_path / "site.json").write_text(json.dumps(jwk_set({logged.maker.signer.kid: logged.maker.signer.public})))
    assert run_here("verify", "--receipt", receipt, "--jwks", tmp_path / "site.json", environ={}).returncode == 3
    receipt.write_bytes(os.urandom(300))
    assert run_here("verify", "--receipt", receipt, "--jwks", jwks, environ={}).returncode == 78


def test_hub_log_shows_the_log_and_writes_receipts(logged: Logged, tmp_path: Path) -> None:
    logged.report(3)
    state = logged.append()
    logged.report(1)
    data = str(logged.desk.directory)
    told = json.loads(run_here("hub", "log", "--data", data, "--json", environ={}).stdout)
    assert (told["schema"], told["size"], told["waiting"], told["checkpoint"]) == (
        "camwarden-hub-log/1", 3, 1, state.note
    )  # fmt: skip
    assert state.note.split("\n")[2] == told["root"]
    shown = run_here("hub", "log", "--data", data, "--lang", "en", environ={})
    assert shown.stdout.endswith(f"\n\n{state.note}")
    assert "1 accepted reports are not in it yet" in shown.stdout
    out = tmp_path / "one.tlog-proof"
    made = run_here("hub", "log", "receipt", "S1", "event", "2", "--out", str(out), "--data", data, environ={})
    assert (made.returncode, out.read_text()) == (0, logged.receipt(2))
    assert run_here("hub", "log", "receipt", "S1", "event", "9", "--data", data, environ={}).returncode == 78
    assert run_here("hub", "log", "--data", str(tmp_path / "none"), environ={}).returncode == 78


def node(*arguments: Path) -> dict[str, Json]:
    done = subprocess.run(["node", VERIFIER, *arguments], capture_output=True, text=True, check=False)
    told: dict[str, Json] = json.loads(done.stdout)
    assert done.returncode == (1 if "refused" in told else 0)
    return told


def test_a_verifier_in_another_language_finds_what_ours_finds(logged: Logged, tmp_path: Path) -> None:
    logged.report(3)
    old = logged.append()
    receipt, _, jwks = files(logged, tmp_path)
    assert node(receipt, jwks) == {
        "digest": logged.sent[1].report.digest, "index": 1, "size": 3, "origin": old.origin
    }  # fmt: skip
    logged.report(9)
    logged.append()
    later, proof = tmp_path / "later.tlog-proof", tmp_path / "proof"
    later.write_text(logged.receipt(10))
    proof.write_text("".join(f"{base64.b64encode(one).decode()}\n" for one in logged.log.tree(12).consistency(3)))
    assert node(later, jwks, receipt, proof)["size"] == 12
    proof.write_text("".join(f"{base64.b64encode(one).decode()}\n" for one in logged.log.tree(12).consistency(4)))
    assert node(later, jwks, receipt, proof) == {"refused": "not a continuation"}
    receipt.write_text(logged.receipt(2).replace("\nindex 1\n", "\nindex 2\n"))
    assert node(receipt, jwks) == {"refused": "proof"}


def test_a_day_later_the_log_has_the_same_name(logged: Logged) -> None:
    logged.report(1)
    first = logged.append()
    logged.report(1)
    later, _ = append(logged.log, logged.desk.store, logged.desk.signer, NOW + timedelta(days=1))
    assert later.origin == first.origin == origin_of(logged.desk.signer.kid, NOW)


def test_each_site_with_a_health_report_is_told_from_what_it_said_that_it_holds(logged: Logged) -> None:
    def health(size: int | None) -> None:
        draft = delivery.health()
        body = draft.body if size is None else {"log_size": size, **draft.body}
        (one,), logged.heads = logged.maker.envelopes([replace(draft, body=body)], logged.heads, "e1")
        assert logged.desk.send(one)["event"] == "verified"

    def messages() -> list[Message]:
        state, entries = append(logged.log, logged.desk.store, logged.desk.signer, NOW)
        return list(messages_of(logged.log, state, entries))

    logged.report(3)
    assert messages() == []  # no health report: the next one names the heads of all chains
    health(None)
    (first,) = messages()
    assert (first.topic, first.retain, first.jws) == ("vss/v1/datong/S1/receipt", True, "")
    fits(first.payload)
    held = read_message(first.payload, "S1", "", logged.keys).step.held
    assert held.size == 4
    logged.report(300)
    health(held.size)
    health(held.size)
    (second,) = messages()
    fits(second.payload)
    assert read_message(second.payload, "S1", held.note, logged.keys).step.held.size == 306
    with pytest.raises(NotVerified):
        read_message(second.payload, "S2", held.note, logged.keys)
    begin_anew(logged.log, logged.desk.store, logged.desk.signer, "Li Wei", "disk broke", LATER)
    health(held.size)
    (third,) = messages()
    step = read_message(third.payload, "S1", held.note, logged.keys).step
    assert ([one.by for one in step.restored], step.held.size) == (["Li Wei"], 307)


def test_a_log_that_begins_beside_a_filled_database_tells_no_site_of_old_reports(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.hub.log.running.AT_ONCE", 2)
    monkeypatch.setattr("agent.hub.log.running.append", partial(append, at_once=2))
    for _ in range(5):
        (one,), logged.heads = logged.maker.envelopes([delivery.health()], logged.heads, "e1")
        logged.desk.send(one)
    told: list[object] = []
    running = RunningLog(logged.desk.directory, logged.desk.signer)
    for second in range(3):
        running.look(logged.desk.store, told.append, NOW, second, lambda _: None)
    running.close()
    assert len(told) == 1
    state = logged.log.state()
    assert state is not None and state.size == 5


@pytest.mark.parametrize("said", [None, True, -1, 1.5, "7", [7]])
def test_what_is_no_size_of_a_log_is_none(logged: Logged, said: object) -> None:
    for size, held in ((7, 7), (said, 0)):
        draft = delivery.health()
        (one,), logged.heads = logged.maker.envelopes(
            [replace(draft, body={"log_size": size, **draft.body})],
            logged.heads,
            "e1",  # type: ignore[dict-item]
        )
        assert logged.desk.send(one)["event"] == "verified"
        assert logged.desk.store.all("SELECT site, size FROM log_held") == [("S1", held)]
