"""The log's checkpoint gets a time stamp of a real authority (OpenSSL over HTTP), and only what is one is believed."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted
from mosquitto import free_port
from tsa import DAY, StampAuthority, StampServer
from unloaded import unload

from agent.cli import main
from agent.contract.signing_keys import jwk_set
from agent.hub.domain.rows.log import State
from agent.hub.log.sequencer import append
from agent.hub.log.stamping import ask_over_http, stamp
from agent.hub.stores.log import LogStore
from agent.model.errors import HubUnavailable, NotVerified, UsageError
from agent.verify.stamp import STAMP_MAX_BYTES, new_request, read_roots, read_stamp

DATA = b"some bytes"


@pytest.fixture
def authority(tmp_path: Path) -> StampAuthority:
    return StampAuthority(tmp_path / "tsa")


def reason(response: bytes, authority: StampAuthority, data: bytes = DATA, nonce: int | None = None) -> str:
    with pytest.raises(NotVerified) as refused:
        read_stamp(response, data, read_roots(authority.ca.read_bytes()), nonce)
    return refused.value.reason


@pytest.mark.parametrize("chain", [False, True], ids=["its own certificate", "with its root"])
def test_a_stamp_proves_when_bytes_existed_and_by_whom(tmp_path: Path, chain: bool) -> None:
    for number in range(3):  # keys are drawn: with its root, the certificates come in either order
        authority = StampAuthority(tmp_path / f"tsa{number}", chain=chain)
        request = new_request(DATA)
        response = authority.answer(request.data)
        found = read_stamp(response, DATA, read_roots(authority.ca.read_bytes()), request.nonce)
        assert abs(found.at - datetime.now(UTC)) < timedelta(minutes=1)
        assert found.authority == "CN=test time stamps"


def test_a_stamp_of_other_bytes_another_request_or_another_authority_is_refused(
    authority: StampAuthority, tmp_path: Path
) -> None:
    request = new_request(DATA)
    response = authority.answer(request.data)
    assert reason(response, authority, b"other bytes") == "stamp-other"
    assert reason(response, authority, nonce=request.nonce + 1) == "stamp-other"
    assert reason(response, StampAuthority(tmp_path / "other")) == "stamp-authority"
    assert new_request(DATA).nonce != request.nonce


def test_a_certificate_that_is_not_for_time_stamps_or_was_not_valid_then_stamps_nothing(tmp_path: Path) -> None:
    late = StampAuthority(tmp_path / "late", lasts=(-20 * DAY, -10 * DAY))
    early = StampAuthority(tmp_path / "early", lasts=(10 * DAY, 20 * DAY))
    for authority in (late, early):
        assert reason(authority.answer(new_request(DATA).data), authority) == "stamp-authority"
    server = StampAuthority(tmp_path / "server", usage=ExtendedKeyUsageOID.SERVER_AUTH)
    genuine = StampAuthority(tmp_path / "genuine")
    with pytest.raises(subprocess.CalledProcessError):  # OpenSSL stamps nothing with it either
        server.answer(new_request(DATA).data)
    assert reason(genuine.answer(new_request(DATA).data), server) == "stamp-authority"


def test_no_byte_of_a_stamp_can_be_changed_to_another_time_or_name(authority: StampAuthority) -> None:
    response, roots = authority.answer(new_request(DATA).data), read_roots(authority.ca.read_bytes())
    honest = read_stamp(response, DATA, roots)
    refused = 0
    for place in range(len(response)):
        for bit in (0x01, 0x80):
            changed = response[:place] + bytes([response[place] ^ bit]) + response[place + 1 :]
            try:
                assert read_stamp(changed, DATA, roots) == honest  # what is not signed, such as a parameter
            except NotVerified:
                refused += 1
    assert refused > 1.9 * len(response)


@pytest.mark.parametrize(
    "junk",
    [b"", b"\x30", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x30\x00", b"x" * STAMP_MAX_BYTES,
     b"\x30\x82\x00\x02\x30\x00", b"\x30\xff" + b"\xff" * 200],
    ids=range(8),
)  # fmt: skip
def test_junk_is_no_stamp(authority: StampAuthority, junk: bytes) -> None:
    assert reason(junk, authority) == "malformed"


def test_a_cut_stamp_is_none_and_a_refusal_is_told_as_one(authority: StampAuthority) -> None:
    response = authority.answer(new_request(DATA).data)
    for end in range(0, len(response), 3):
        assert reason(response[:end], authority) == "malformed"
    refusal = authority.answer(b"\x30\x03\x02\x01\x01")
    assert reason(refusal, authority) in ("malformed", "stamp-refused")


@pytest.fixture
def state(desk: Desk, tmp_path: Path) -> State:
    maker = Maker(tmp_path / "site")
    trusted(desk, maker)
    for one in chain_of(maker, 3):
        desk.send(one)
    with closing(LogStore(desk.directory)) as log:
        return append(log, desk.store, desk.signer, NOW)[0]


def test_a_stamped_checkpoint_is_written_once_and_openssl_verifies_it(
    state: State, authority: StampAuthority, tmp_path: Path
) -> None:
    roots, folder = read_roots(authority.ca.read_bytes()), tmp_path / "stamps"
    with StampServer(authority.answer) as server:
        done = stamp(state, folder, roots, lambda request: ask_over_http(server.url, request))
        again = stamp(state, folder, roots, lambda request: ask_over_http(server.url, request))
    assert (done.is_new, again.is_new, again.stamp) == (True, False, done.stamp)
    assert len(authority.asked) == 1 and state.note.encode() not in authority.asked[0]
    assert {path.name for path in folder.iterdir()} == {"3.checkpoint", "3.tsr"}
    words = ["openssl", "ts", "-verify", "-in", str(done.response), "-data", str(done.checkpoint)]
    assert subprocess.run([*words, "-CAfile", str(authority.ca)], capture_output=True, check=False).returncode == 0


def test_nothing_is_written_for_an_answer_that_is_no_stamp_of_this(
    state: State, authority: StampAuthority, tmp_path: Path
) -> None:
    roots, folder = read_roots(authority.ca.read_bytes()), tmp_path / "stamps"
    other = StampAuthority(tmp_path / "other")
    older = authority.answer(new_request(state.note.encode()).data)
    answers: list[Callable[[bytes], bytes]] = [
        lambda request: b"junk",
        lambda request: older,
        other.answer,
        lambda request: authority.answer(new_request(b"else").data),
    ]
    for answer in answers:
        with pytest.raises(NotVerified):
            stamp(state, folder, roots, answer)
    assert not folder.exists()


def test_a_folder_with_the_stamps_of_another_log_is_told(
    state: State, authority: StampAuthority, tmp_path: Path
) -> None:
    folder = tmp_path / "stamps"
    folder.mkdir()
    (folder / "3.checkpoint").write_text("of another")
    (folder / "3.tsr").write_bytes(b"stamp")
    with pytest.raises(UsageError, match="of another log"):
        stamp(state, folder, read_roots(authority.ca.read_bytes()), authority.answer)


@pytest.mark.parametrize(
    "head",
    [(404, "application/timestamp-reply"), (200, "text/html"), (302, "application/timestamp-reply")],
    ids=["not found", "a page", "elsewhere"],
)
def test_an_answer_that_is_none_is_told_and_no_redirect_is_followed(
    authority: StampAuthority, head: tuple[int, str]
) -> None:
    with StampServer(authority.answer, head) as server, pytest.raises(HubUnavailable, match="no time stamp"):
        ask_over_http(server.url, new_request(DATA).data)


def test_an_authority_that_is_away_hangs_or_floods_ends_in_time(authority: StampAuthority) -> None:
    with pytest.raises(HubUnavailable):
        ask_over_http(f"http://127.0.0.1:{free_port()}/", b"x")
    with StampServer(lambda request: b"x" * (STAMP_MAX_BYTES + 1)) as server, pytest.raises(HubUnavailable):
        ask_over_http(server.url, b"x")
    goes_on = threading.Event()

    def hangs(request: bytes) -> bytes:
        goes_on.wait(30)
        return b""

    with StampServer(hangs) as server:
        with pytest.raises(HubUnavailable):
            ask_over_http(server.url, b"x", within_s=0.3)
        goes_on.set()


@pytest.mark.parametrize("url", ["ftp://a/", "a", "http://", "http://u:p@a/", "http://a:x/", "file:///etc/passwd", ""])
def test_what_is_no_address_of_an_authority_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="name the authority"):
        ask_over_http(url, b"x")


def test_a_receipt_is_verified_with_its_time_from_the_command_line(
    desk: Desk, state: State, authority: StampAuthority, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.store.close()
    folder, receipt, keys = tmp_path / "stamps", str(tmp_path / "receipt"), tmp_path / "hub.jwks.json"
    keys.write_text(json.dumps(jwk_set({desk.signer.kid: desk.signer.public})))
    of_hub, ca = ["--data", str(desk.directory)], ["--tsa-ca", str(authority.ca)]
    with StampServer(authority.answer) as server:
        for is_new in (True, False):
            words = ["hub", "log", "stamp", str(folder), "--tsa", server.url, *ca, *of_hub]
            assert main([*words, "--json"]) == 0
            told = json.loads(capsys.readouterr().out)
            assert (told["new"], told["size"], told["origin"]) == (is_new, 3, state.origin)
        assert main([*words, "--lang", "zh_CN"]) == 0
        assert "test time stamps" in capsys.readouterr().out
    words = ["hub", "log", "receipt", "S1", "event", "2", "--checkpoint", told["checkpoint"], "--out", receipt]
    assert main([*words, *of_hub]) == 0
    verify = ["verify", "--receipt", receipt, "--stamp", told["stamp"], "--jwks", str(keys)]
    capsys.readouterr()
    assert main([*verify, *ca, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["stamps"]
    assert [(one["verdict"], one["at"], one["authority"]) for one in found] == [
        ("verified", told["at"], "CN=test time stamps")
    ]
    for lang, word in (("en", "the checkpoint existed at"), ("zh_CN", "\u65f6\u95f4\u6233")):
        assert main([*verify, *ca, "--lang", lang]) == 0
        assert word in capsys.readouterr().out
    other = StampAuthority(tmp_path / "other")
    assert main([*verify, "--tsa-ca", str(other.ca)]) == 1
    (folder / "3.tsr").write_bytes(authority.answer(new_request(b"another checkpoint").data))
    assert main([*verify, *ca]) == 1
    (folder / "3.tsr").write_bytes(b"junk")
    assert main([*verify, *ca]) == 78
    assert main(verify) == 2
    assert main(["verify", "--stamp", told["stamp"], *ca, str(folder)]) == 2
    (tmp_path / "no.pem").write_text("none")
    assert main([*verify, "--tsa-ca", str(tmp_path / "no.pem")]) == 78
    err = capsys.readouterr().err.splitlines()
    assert len(err) == 3


def test_without_the_extra_one_line_says_what_to_install_and_all_else_works(
    desk: Desk,
    state: State,
    authority: StampAuthority,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    those = ("verify.stamp", "commands.verify.stamps", "hub.log.stamping", "commands.hub.log_stamp")
    unload(monkeypatch, *(f"agent.{name}" for name in those))
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    receipt, of_hub, ca = str(tmp_path / "receipt"), ["--data", str(desk.directory)], ["--tsa-ca", str(authority.ca)]
    assert main(["hub", "log", *of_hub]) == 0
    assert main(["hub", "log", "receipt", "S1", "event", "2", "--out", receipt, *of_hub]) == 0
    assert main(["verify", "--receipt", receipt, *of_hub]) == 0
    for words in (
        ["hub", "log", "stamp", "x", "--tsa", "http://a/", *ca, *of_hub],
        ["verify", "--receipt", receipt, "--stamp", receipt, *ca, *of_hub],
    ):
        capsys.readouterr()
        assert main(words) == 69
        assert "camwarden[stamps]" in capsys.readouterr().err
