"""apt itself installs from the folder of a release what is for its system, and nothing that the key did not sign."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from apt_folder import SCRIPT, a_key, a_package, made, run, signed

VERSIONS = {"bookworm": "0.2.0-1~deb12", "noble": "0.2.0-1~ubuntu24.04", "trixie": "0.2.0-1~deb13"}


@pytest.fixture(scope="module", autouse=True)
def _programs() -> None:
    gone = [name for name in ("apt-ftparchive", "apt-get", "gpg", "gpgv", "dpkg-deb") if shutil.which(name) is None]
    assert not gone, "make system-packages installs them"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The key of the release, and somebody else's."""
    folder = tmp_path_factory.mktemp("keys")
    return a_key(folder, "release"), a_key(folder, "stranger")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory, keys: tuple[Path, Path]) -> Path:
    folder = tmp_path_factory.mktemp("release")
    for version in VERSIONS.values():
        a_package(folder, version)
    repository = made(folder, folder / "apt")
    done = signed(repository, keys[0])
    assert done.returncode == 0, done.stderr
    return repository


@pytest.fixture
def repository(release: Path, tmp_path: Path) -> Path:
    """A copy of the signed folder that a test may spoil."""
    return Path(shutil.copytree(release, tmp_path / "apt"))


class Apt:
    """apt with a root of its own: no list, package or key of this machine."""

    def __init__(self, folder: Path, repository: Path, suite: str, key: Path | None = None) -> None:
        self.root = folder / f"root-{suite}"
        for name in (
            "etc/apt/apt.conf.d",
            "var/lib/apt/lists/partial",
            "var/cache/apt/archives/partial",
            "var/lib/dpkg",
        ):
            (self.root / name).mkdir(parents=True)
        (self.root / "var/lib/dpkg/status").touch()
        by = key or repository / "camwarden-archive-keyring.asc"
        (self.root / "etc/apt/sources.list").write_text(f"deb [signed-by={by}] file:{repository} {suite} main\n")
        state = self.root / "var/lib/dpkg/status"
        own = {"Dir": self.root, "Dir::State::status": state, "APT::Sandbox::User": "root"}
        (self.root / "apt.conf").write_text("".join(f'{name} "{value}";\n' for name, value in own.items()))

    def get(self, *words: str) -> subprocess.CompletedProcess[str]:
        return run("apt-get", "-q", "-y", *words, APT_CONFIG=str(self.root / "apt.conf"))


def test_each_system_is_offered_its_own_package_and_the_bytes_of_it(release: Path, tmp_path: Path) -> None:
    for suite, version in VERSIONS.items():
        apt = Apt(tmp_path, release, suite)
        updated = apt.get("update")
        assert updated.returncode == 0 and "W:" not in updated.stderr, updated.stderr
        offered = apt.get("--simulate", "install", "camwarden")
        assert f"Inst camwarden ({version} camwarden:{suite}" in offered.stdout, offered.stdout + offered.stderr
        assert apt.get("--download-only", "install", "camwarden").returncode == 0


def test_lists_that_another_key_has_signed_are_refused(
    repository: Path, tmp_path: Path, keys: tuple[Path, Path]
) -> None:
    ours = shutil.copyfile(repository / "camwarden-archive-keyring.asc", tmp_path / "ours.asc")
    assert signed(repository, keys[1]).returncode == 0
    apt = Apt(tmp_path, repository, "trixie", ours)
    assert_refused(apt, "is not signed")


def test_unsigned_lists_are_refused(repository: Path, tmp_path: Path) -> None:
    for name in ("InRelease", "Release.gpg"):
        (repository / "dists/trixie" / name).unlink()
    assert_refused(Apt(tmp_path, repository, "trixie"), "is not signed")


@pytest.mark.parametrize(
    ("name", "why"), [("InRelease", "is not signed"), ("main/binary-{arch}/Packages", "Hash Sum mismatch")]
)
def test_changed_lists_are_refused(repository: Path, tmp_path: Path, name: str, why: str) -> None:
    path = repository / "dists/trixie" / name.format(arch=run("dpkg", "--print-architecture").stdout.strip())
    text = path.read_text()
    path.write_text(text.replace("camwarden", "camwardem", 1))
    assert path.read_text() != text
    assert_refused(Apt(tmp_path, repository, "trixie"), why)


def test_lists_of_another_suite_are_refused_in_its_place(repository: Path, tmp_path: Path) -> None:
    """Signed by us, but another system's: nobody may put one for the other."""
    shutil.rmtree(repository / "dists/trixie")
    shutil.copytree(repository / "dists/bookworm", repository / "dists/trixie")
    updated = Apt(tmp_path, repository, "trixie").get("update")
    assert "Conflicting distribution" in updated.stdout + updated.stderr


def test_a_changed_package_is_refused(repository: Path, tmp_path: Path) -> None:
    (deb,) = (repository / "pool/trixie").iterdir()
    content = deb.read_bytes()
    deb.unlink()  # a link to the one beside the folder
    deb.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    apt = Apt(tmp_path, repository, "trixie")
    assert apt.get("update").returncode == 0
    done = apt.get("--download-only", "install", "camwarden")
    assert done.returncode != 0 and "Hash Sum mismatch" in done.stdout + done.stderr


def assert_refused(apt: Apt, why: str) -> None:
    done = apt.get("update")
    assert done.returncode != 0 and why in done.stdout + done.stderr, done.stdout + done.stderr
    assert apt.get("--simulate", "install", "camwarden").returncode != 0


def test_the_same_packages_give_the_same_lists(release: Path, tmp_path: Path) -> None:
    again = made(release.parent, tmp_path / "apt")
    for path in again.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (release / path.relative_to(again)).read_bytes(), path


def test_a_package_for_no_system_of_ours_ends_it(tmp_path: Path) -> None:
    a_package(tmp_path, "0.1.0-1+py3.13")
    done = run(sys.executable, SCRIPT, "make", tmp_path, tmp_path / "apt")
    assert done.returncode != 0 and "names none of deb12, ubuntu24.04, deb13" in done.stderr


def test_nothing_secret_is_written_and_an_unfit_key_signs_nothing(
    repository: Path, tmp_path: Path, keys: tuple[Path, Path]
) -> None:
    told = b"".join(path.read_bytes() for path in repository.rglob("*") if path.is_file())
    assert b"PRIVATE KEY" not in told and b"PUBLIC KEY" in told
    for name, text, mode, why in (
        ("open", keys[0].read_text(), 0o644, "chmod 600"),
        ("public", (repository / "camwarden-archive-keyring.asc").read_text(), 0o600, "not one secret key"),
        ("none", "", 0o600, "failed"),
        ("two", keys[0].read_text() + keys[1].read_text(), 0o600, "not one secret key"),
    ):
        key = tmp_path / name
        key.write_text(text)
        key.chmod(mode)
        done = signed(repository, key)
        assert done.returncode == 1 and why in done.stderr, (name, done.stderr)
        assert name == "open" or not list(repository.rglob("InRelease")), name
        assert signed(repository, keys[0]).returncode == 0
