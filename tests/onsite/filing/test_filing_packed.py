"""A dossier proves itself: every kind of change of its ZIP is found, and nothing of a hostile one is taken apart."""

from __future__ import annotations

import argparse
import io
import json
import stat
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from dossiers import dossier, files_of, members, packed, written
from handed_over import SIGNER

from agent.commands.verify import command
from agent.contract.envelope import CHECK_TYP, flatten, sign_payload, unflatten
from agent.contract.signing_keys import Signer, create_key, load_signer
from agent.hub.stores import trust
from agent.model.errors import AgentError
from agent.verify.archive import pack
from agent.verify.paper import DOSSIER, is_paper

MANIFEST = "manifest.json"


@pytest.fixture(scope="module")
def whole() -> bytes:
    return packed(papers={"papers/1-design.pdf": b"%PDF design"})


def check(path: Path, *words: str) -> tuple[int, list[dict[str, Any]]]:
    """Verify a path as the command does; return its exit code, and what it says of files that are not well."""
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    args = parser.parse_args([str(path), *words])
    checked = command.verify_paths(args.paths, command.trusted_keys(args, args.paths))
    told: Any = command.result_json(checked)["files"]
    return command._exit_code(checked), [one for one in told if one["verdict"] != "verified"]


def other_key(folder: Path) -> Signer:
    create_key(folder / "other.pem")
    return load_signer(folder / "other.pem")


def test_a_whole_dossier_is_verified_with_its_key_and_without_it_only_shown_unchanged(
    whole: bytes, tmp_path: Path
) -> None:
    path = written(tmp_path, whole)
    assert is_paper(path)
    assert check(path, "--kid", SIGNER.kid) == (0, [])
    code, told = check(path)
    assert (code, [(one["verdict"], one["reason"]) for one in told]) == (3, [("unchecked", "unknown-key")])
    assert SIGNER.kid in told[0]["why"] and "--kid" in told[0]["why"]


def test_a_dossier_of_any_name_and_an_unpacked_one_are_verified_too(whole: bytes, tmp_path: Path) -> None:
    assert check(written(tmp_path, whole, "given by mail"), "--kid", SIGNER.kid)[0] == 0
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        archive.extractall(folder)
    assert check(folder, "--kid", SIGNER.kid) == (0, [])
    (folder / "note.json").write_text("{}")
    assert [one["reason"] for one in check(folder, "--kid", SIGNER.kid)[1]] == ["not-listed"]


def test_a_reader_who_knows_other_keys_only_cannot_tell(whole: bytes, tmp_path: Path) -> None:
    path = written(tmp_path, whole)
    jwks = tmp_path / "keys.json"
    jwks.write_text(json.dumps({"keys": [dict(other_key(tmp_path).jwk)]}))
    assert check(path, "--jwks", str(jwks))[0] == 3


def changed(whole: bytes, change: Callable[[dict[str, bytes]], Mapping[str, bytes]]) -> bytes:
    return pack(change(members(whole)))


def resigned(files: dict[str, bytes], edit: Callable[[dict[str, Any]], None], signer: Signer = SIGNER) -> bytes:
    """Return a manifest with an edited payload, signed anew."""
    said = json.loads(unflatten(files[MANIFEST])[0])
    edit(said)
    payload = json.dumps(said).encode()
    return flatten(payload, sign_payload(payload, signer, DOSSIER.manifest.typ))


def rewritten(files: dict[str, bytes]) -> bytes:
    """Return a manifest that lists other digests under the old signature."""
    flat = json.loads(files[MANIFEST])
    flat["payload"] = flat["payload"].replace('"at"', '"AT"')
    return json.dumps(flat).encode()


CHANGES: dict[str, tuple[Callable[[dict[str, bytes]], Mapping[str, bytes]], str]] = {
    "a serial number": (lambda f: {**f, "devices.csv": f["devices.csv"].replace(b"SN-0042", b"SN-0043")}, "changed"),
    "the printed pages": (lambda f: {**f, "dossier.zh_CN.html": f["dossier.zh_CN.html"] + b" "}, "changed"),
    "a paper": (lambda f: {**f, "papers/1-design.pdf": b"%PDF another"}, "changed"),
    "a paper taken out": (lambda f: {n: d for n, d in f.items() if n != "papers/1-design.pdf"}, "missing"),
    "the content taken out": (lambda f: {n: d for n, d in f.items() if n != DOSSIER.content}, "missing"),
    "a file added": (lambda f: {**f, "papers/9-more.pdf": b"x"}, "not-listed"),
    "the manifest taken out": (lambda f: {n: d for n, d in f.items() if n != MANIFEST}, "missing"),
    "the manifest rewritten": (lambda f: {**f, MANIFEST: rewritten(f)}, "signature"),
    "the manifest no JSON": (lambda f: {**f, MANIFEST: b"no"}, "malformed"),
    "no key in the manifest": (lambda f: {**f, MANIFEST: resigned(f, lambda said: said.pop("jwk"))}, "payload"),
    "another schema": (lambda f: {**f, MANIFEST: resigned(f, lambda said: said.update(schema="x/1"))}, "payload"),
    "no digests": (lambda f: {**f, MANIFEST: resigned(f, lambda said: said.update(files={"x": 1}))}, "payload"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_found_whether_the_key_is_known_or_not(name: str, whole: bytes, tmp_path: Path) -> None:
    change, reason = CHANGES[name]
    path = written(tmp_path, changed(whole, change))
    for words in ((), ("--kid", SIGNER.kid)):
        if words and name in ("the manifest taken out", "the manifest no JSON", "no key in the manifest"):
            continue  # nothing shows that key any more: the command says so
        code, told = check(path, *words)
        assert (code, {one["reason"] for one in told}) == (1, {reason})


def test_who_signs_it_anew_is_not_who_signed_it(whole: bytes, tmp_path: Path) -> None:
    other = other_key(tmp_path)
    stolen = changed(whole, lambda f: {**f, MANIFEST: resigned(f, lambda said: None, other)})
    code, told = check(written(tmp_path, stolen))
    assert (code, told[0]["reason"]) == (1, "kid"), "it shows the first key and is signed with the other"
    taken = changed(whole, lambda f: {**f, MANIFEST: resigned(f, lambda s: s.update(jwk=dict(other.jwk)), other)})
    path = written(tmp_path, taken, "taken.zip")
    assert check(path)[0] == 3, "whole, and of a key that nobody here knows"
    with pytest.raises(AgentError, match=SIGNER.kid):
        check(path, "--kid", SIGNER.kid)


def test_a_signature_for_something_else_does_not_pass(whole: bytes, tmp_path: Path) -> None:
    files = members(whole)
    payload, _ = unflatten(files[MANIFEST])
    files[MANIFEST] = flatten(payload, sign_payload(payload, SIGNER, CHECK_TYP))
    code, told = check(written(tmp_path, pack(files)), "--kid", SIGNER.kid)
    assert (code, told[0]["reason"]) == (1, "typ")


def test_a_hubs_trust_names_the_site_of_each_key(whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, whole)
    for site, code in (("dt0001", 0), ("dt0002", 1)):
        believed = command.Trusted({SIGNER.kid: SIGNER.public}, bound(site))
        assert command._exit_code(command.verify_paths([path], believed)) == code


def bound(site: str) -> trust.Trust:
    return trust.Trust({SIGNER.kid: trust.Binding(SIGNER.kid, site, "2026-11-01T00:00:00Z")})


def test_bytes_between_the_files_are_found(whole: bytes, tmp_path: Path) -> None:
    for name, data in (("before", b"#!/bin/sh\n" + whole), ("behind", whole + b"\n<!-- more -->")):
        code, told = check(written(tmp_path, data, f"{name}.zip"), "--kid", SIGNER.kid)
        assert (code, [one["reason"] for one in told]) == (1, ["repacked"]), name
    packed_again = io.BytesIO()
    with zipfile.ZipFile(packed_again, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members(whole).items():
            archive.writestr(name, data)
    code, told = check(written(tmp_path, packed_again.getvalue(), "again.zip"), "--kid", SIGNER.kid)
    assert (code, told[0]["reason"]) == (1, "repacked")


def check_or_refused(path: Path) -> tuple[int, str]:
    try:
        return check(path, "--kid", SIGNER.kid)[0], ""
    except AgentError as error:
        return error.exit_code, str(error)


def zipped(files: Mapping[str, bytes], mode: int = stat.S_IFREG | 0o644, twice: str = "") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (mode if name.startswith("papers/") else stat.S_IFREG | 0o644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
        if twice:
            with pytest.warns(UserWarning):
                archive.writestr(twice, b"twice")
    return made.getvalue()


@pytest.mark.parametrize(
    ("hostile", "said"),
    [
        (lambda f: zipped({**f, "../outside": b"x"}), "leads out of the archive"),
        (lambda f: zipped({**f, "/etc/passwd": b"x"}), "leads out of the archive"),
        (lambda f: zipped({**f, "papers\\..\\x": b"x"}), "leads out of the archive"),
        (lambda f: zipped(f, mode=stat.S_IFLNK | 0o777), "a link or device"),
        (lambda f: zipped(f, twice=DOSSIER.content), "stands in it twice"),
        (lambda f: zipped({**f, "papers/bomb": bytes(64 * 1024 * 1024 + 1)}), "larger than 67108864 bytes"),
    ],
    ids=["up", "absolute", "backslash", "link", "twice", "bomb"],
)
def test_a_hostile_zip_is_not_taken_apart(
    hostile: Callable[[dict[str, bytes]], bytes], said: str, whole: bytes, tmp_path: Path
) -> None:
    code, line = check_or_refused(written(tmp_path, hostile(members(whole))))
    assert code == 78
    assert said in line


def test_cut_off_anywhere_it_is_never_verified(whole: bytes, tmp_path: Path) -> None:
    for length in range(0, len(whole), len(whole) // 16):
        code, _ = check_or_refused(written(tmp_path, whole[:length], "cut.zip"))
        assert code in (1, 3, 78), length


def test_a_paper_larger_than_a_report_is_taken(tmp_path: Path) -> None:
    path = written(tmp_path, packed(papers={"papers/2-contract.pdf": bytes(5 * 1024 * 1024)}))
    assert check(path, "--kid", SIGNER.kid) == (0, [])


def test_the_same_dossier_gives_the_same_files_in_the_same_order_without_a_clock() -> None:
    one, other = packed(), packed()
    first, second = members(one), members(other)
    first.pop(MANIFEST), second.pop(MANIFEST)  # a signature of ES256 is never the same twice
    assert list(first.items()) == list(second.items())
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        assert [info.filename for info in archive.infolist()] == sorted(members(one))
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_it_holds_no_picture_no_password_and_no_address_of_a_stream() -> None:
    for name, data in files_of(dossier()).items():
        assert b"rtsp://" not in data and b"\xff\xd8" not in data and b"<img" not in data, name
