"""A release is checked with openssl and sha256sum alone, and one changed byte anywhere is seen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERIFY = "openssl dgst -sha256 -verify camwarden-release.pem -signature SHA256SUMS.sig SHA256SUMS"
CHECK = "sha256sum --check --quiet SHA256SUMS"


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def a_key(folder: Path, curve: str = "prime256v1", name: str = "release.key") -> Path:
    key = folder / name
    done = run(f"openssl ecparam -name {curve} -genkey -noout -out {key}", folder)
    assert done.returncode == 0, done.stderr
    key.chmod(0o600)
    return key


def signed(folder: Path, key: Path) -> subprocess.CompletedProcess[str]:
    told = [sys.executable, str(ROOT / "packaging/sign_release.py"), str(folder), "--key", str(key)]
    return subprocess.run(told, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    folder.mkdir()
    (folder / "camwarden_0.2.0-1~deb13_amd64.deb").write_bytes(b"package")
    (folder / "camwarden_0.1.0~git1_amd64.cdx.json").write_bytes(b"{}")
    return folder


def test_what_is_signed_verifies_with_the_two_commands_of_the_readme(release: Path, tmp_path: Path) -> None:
    done = signed(release, a_key(tmp_path))
    assert done.returncode == 0, done.stderr
    assert run(VERIFY, release).stdout == "Verified OK\n"
    assert run(CHECK, release).returncode == 0
    readme = (ROOT / "packaging/README.md").read_text("utf-8")
    assert VERIFY in readme and "sha256sum --check" in readme
    assert len((release / "SHA256SUMS").read_text().splitlines()) == 2
    assert b"PRIVATE" not in b"".join(path.read_bytes() for path in release.iterdir())


def test_a_changed_byte_of_a_file_is_seen(release: Path, tmp_path: Path) -> None:
    signed(release, a_key(tmp_path))
    (release / "camwarden_0.2.0-1~deb13_amd64.deb").write_bytes(b"packagE")
    assert "camwarden_0.2.0-1~deb13_amd64.deb: FAILED" in run(CHECK, release).stdout


def test_a_changed_byte_of_the_sums_or_of_the_signature_is_seen(release: Path, tmp_path: Path) -> None:
    signed(release, a_key(tmp_path))
    for name in ("SHA256SUMS", "SHA256SUMS.sig"):
        content = (release / name).read_bytes()
        (release / name).write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
        done = run(VERIFY, release)
        assert done.returncode != 0 and "Verified OK" not in done.stdout
        (release / name).write_bytes(content)
    assert run(VERIFY, release).returncode == 0


def test_the_signature_of_another_key_is_refused(release: Path, tmp_path: Path) -> None:
    signed(release, a_key(tmp_path))
    right = (release / "camwarden-release.pem").read_bytes()
    signed(release, a_key(tmp_path, name="other.key"))
    (release / "camwarden-release.pem").write_bytes(right)
    assert run(VERIFY, release).returncode != 0


def test_signing_again_covers_what_has_come_since(release: Path, tmp_path: Path) -> None:
    key = a_key(tmp_path)
    signed(release, key)
    (release / "rootfs.tar.zst").write_bytes(b"more")
    assert signed(release, key).returncode == 0
    assert "rootfs.tar.zst" in (release / "SHA256SUMS").read_text()
    assert run(VERIFY, release).returncode == run(CHECK, release).returncode == 0


def test_the_folder_for_apt_is_covered_file_by_file_and_may_hold_plain_files_only(
    release: Path, tmp_path: Path
) -> None:
    key, lists = a_key(tmp_path), release / "apt/dists/trixie"
    lists.mkdir(parents=True)
    (lists / "InRelease").write_bytes(b"signed")
    assert signed(release, key).returncode == 0
    assert "  apt/dists/trixie/InRelease\n" in (release / "SHA256SUMS").read_text()
    (lists / "InRelease").write_bytes(b"signeD")
    assert "apt/dists/trixie/InRelease: FAILED" in run(CHECK, release).stdout
    (lists / "folder").symlink_to(tmp_path)
    assert "plain files" in signed(release, key).stderr


@pytest.mark.parametrize("name", ["a b.deb", "-rf", "x\ny", "a\\b"])
def test_names_that_a_shell_or_sha256sum_reads_otherwise_are_refused(release: Path, tmp_path: Path, name: str) -> None:
    (release / name).write_bytes(b"")
    done = signed(release, a_key(tmp_path))
    assert done.returncode == 1 and "plain files with plain names" in done.stderr
    assert not (release / "SHA256SUMS").exists()


def test_links_folders_and_nothing_at_all_are_refused(release: Path, tmp_path: Path) -> None:
    key = a_key(tmp_path)
    (release / "link").symlink_to("/etc/hostname")
    assert "plain files" in signed(release, key).stderr
    (release / "link").unlink()
    (release / "folder").mkdir()
    assert "plain files" in signed(release, key).stderr
    (tmp_path / "empty").mkdir()
    assert "nothing to sign" in signed(tmp_path / "empty", key).stderr


def test_a_key_that_others_can_read_or_of_another_kind_signs_nothing(release: Path, tmp_path: Path) -> None:
    key = a_key(tmp_path)
    key.chmod(0o640)
    assert "chmod 600" in signed(release, key).stderr
    assert "P-256" in signed(release, a_key(tmp_path, "secp384r1", "p384.key")).stderr
    assert "there is no key" in signed(release, tmp_path / "none.key").stderr
    assert not any((release / name).exists() for name in ("SHA256SUMS", "SHA256SUMS.sig", "camwarden-release.pem"))


def test_a_key_in_the_tree_signs_nothing(release: Path) -> None:
    """The check comes before anything is read: any file of the tree will do."""
    done = signed(release, ROOT / "packaging/README.md")
    assert done.returncode == 1 and "lies in the tree" in done.stderr
