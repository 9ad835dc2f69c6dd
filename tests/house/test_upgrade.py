"""Root installs what the hub has named within its own bounds, with apt itself, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import upgrade
from apt_folder import a_key, a_package, made, run, signed

from agent.service.orders.wanted_version import failure_of, write_wanted
from agent.site.config.messages import in_quiet_hours
from agent.site.config.site import Site
from agent.site.duties.agent_version import FORM, is_newer

NOW = datetime(2026, 11, 29, 18, 30, tzinfo=UTC)  # 02:30 in China
OPEN = upgrade.Bounds(allow=True)
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="dpkg installs as root alone")


@pytest.mark.parametrize(
    ("wanted", "installed", "due"),
    [
        ("0.2.0", "0.1.0-1~deb13", True), ("0.2.0", "0.2.0-1~deb13", False), ("0.2", "0.2.0-3~deb12", False),
        ("0.1.9", "0.2.0-1~deb13", False), ("0.10.0", "0.9.9-1~deb13", True), ("1.0", "0.99-1~deb13", True),
        ("0.2.0", "0.2.0~git20261129000000.abc-1~deb13", False), ("0.2.1", "0.2.0~git2026.a-1~deb13", True),
    ],
)  # fmt: skip
def test_only_a_newer_release_is_due(wanted: str, installed: str, due: bool) -> None:
    assert upgrade.is_due(wanted, installed, OPEN, NOW) is due


@pytest.mark.parametrize(
    "wanted",
    ["", "latest", "0.2.0-1~deb13", "0.2.0\n", "0.2.0 ", "-o", "0.2.0;reboot", "../0.2", "1", "1.2.3.4.5", "1.\u0661"],
)
def test_what_is_no_release_is_refused_and_not_repeated_to_the_hub(wanted: str) -> None:
    with pytest.raises(upgrade.Refused, match="holds no release") as refused:
        upgrade.is_due(wanted, "0.1.0-1~deb13", OPEN, NOW)
    assert not refused.value.is_told
    assert FORM.fullmatch(wanted) is None  # the service holds the same form


def test_without_roots_word_nothing_is_due() -> None:
    with pytest.raises(upgrade.Refused, match="allow is false"):
        upgrade.is_due("0.2.0", "0.1.0-1~deb13", upgrade.Bounds(), NOW)
    with pytest.raises(upgrade.Refused, match="is no release of ours"):
        upgrade.is_due("0.2.0", "", OPEN, NOW)


def test_the_hours_are_those_of_the_site_and_may_span_midnight() -> None:
    for hours in ("01:00-05:00", "22:00-03:00", "02:30-02:31", "02:31-02:30", "00:00-00:00", ""):
        bounds = upgrade.Bounds(True, hours)
        at = NOW
        for _ in range(96):
            time = (at + timedelta(hours=8)).strftime("%H:%M")
            assert upgrade.is_time(bounds, at) is (not hours or in_quiet_hours(hours, time)), (hours, time)
            at += timedelta(minutes=15)
    assert not upgrade.is_due("0.2.0", "0.1.0-1~deb13", upgrade.Bounds(True, "03:00-05:00"), NOW)
    with pytest.raises(upgrade.Refused, match="time zone 'Nowhere/X' is not known here"):
        upgrade.is_time(upgrade.Bounds(True, "01:00-02:00", "Nowhere/X"), NOW)


def test_the_bounds_are_read_as_the_program_reads_them() -> None:
    assert upgrade.bounds_of("") == upgrade.Bounds()
    assert Site("", "", "").time_zone == upgrade.TIME_ZONE
    assert not Site("", "", "").upgrade.allow
    text = '[site]\ntime_zone = "Asia/Urumqi"\n[upgrade]\nallow = true\nhours = "01:00-05:00"\n'
    assert upgrade.bounds_of(text) == upgrade.Bounds(True, "01:00-05:00", "Asia/Urumqi")
    for wrong in ("[upgrade]\nallow = 1", '[upgrade]\nallow = "true"', '[upgrade]\nallow = true\nhours = "1-5"',
                  "upgrade = true", "[upgrade", "[upgrade]\nallow = true\nhours = 5", "a = " + "[" * 3000):  # fmt: skip
        with pytest.raises(upgrade.Refused, match=r"site\.toml"):
            upgrade.bounds_of(wrong)


def test_the_highest_revision_of_exactly_this_release_is_taken() -> None:
    offered = (
        "0.2.0-1~deb13",
        "0.2.0-10~deb13",
        "0.2.0-9~deb13",
        "0.2.1-1~deb13",
        "0.2.0~git1.a-99~deb13",
        "0.1.0-1~deb13",
    )
    assert upgrade.best("0.2.0", offered) == "0.2.0-10~deb13"
    with pytest.raises(upgrade.Refused, match=r"offers no 0\.3\.0"):
        upgrade.best("0.3.0", offered)


def test_both_sides_agree_which_release_is_newer() -> None:
    releases = ("0.1.0", "0.1", "0.1.1", "0.10", "0.9.9.9", "1.0", "1.0.0.0", "10.0", "2.0")
    for one in releases:
        for other in releases:
            assert is_newer(one, other) is (upgrade.numbers(one) > upgrade.numbers(other)), (one, other)


def test_a_file_is_taken_only_as_its_owners_own_regular_one(tmp_path: Path) -> None:
    path, uid = tmp_path / "wanted-version", os.geteuid()
    write_wanted(tmp_path, "0.2.0")
    assert upgrade.read_bounded(path, uid, 64) == "0.2.0\n"
    with pytest.raises(upgrade.Refused, match="must be a file of user"):
        upgrade.read_bounded(path, uid + 1, 64)
    path.chmod(0o622)
    with pytest.raises(upgrade.Refused, match="nobody else may write"):
        upgrade.read_bounded(path, uid, 64)
    path.chmod(0o600)
    path.write_text("1" * 65)
    with pytest.raises(upgrade.Refused, match="too large"):
        upgrade.read_bounded(path, uid, 64)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(upgrade.Refused, match="no text"):
        upgrade.read_bounded(path, uid, 64)
    link = tmp_path / "link"
    link.symlink_to(path)
    path.write_text("0.2.0\n")
    with pytest.raises(upgrade.Refused, match="symbolic links"):
        upgrade.read_bounded(link, uid, 64)
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "."):
        with pytest.raises(upgrade.Refused):
            upgrade.read_bounded(tmp_path / name, uid, 64)
    with pytest.raises(FileNotFoundError):
        upgrade.read_bounded(tmp_path / "none", uid, 64)


@dataclass
class Gateway:
    """A root folder with dpkg's and apt's own files, into which packages without content are installed."""

    root: Path
    repository: Path
    packages: Path
    key: Path

    def offer(self, version: str, **more: str) -> None:
        """Put a further release into the folder, and sign it."""
        a_package(self.packages, version, **more)
        made(self.packages, self.repository)
        assert signed(self.repository, self.key).returncode == 0

    def site(self, text: str) -> None:
        (self.root / "site.toml").write_text(text)

    def name(self, version: str) -> None:
        write_wanted(self.root, version)

    @property
    def state(self) -> str:
        return " ".join(upgrade.installed_version())

    @property
    def outcome(self) -> dict[str, str]:
        path = self.root / "state/outcome.json"
        found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        return found


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_key(tmp_path_factory.mktemp("keys"), "release")


@pytest.fixture
def gateway(tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """A gateway with release 0.1.0, on which the hub has named nothing."""
    root, packages = tmp_path / "root", tmp_path / "packages"
    for name in ("etc/apt/apt.conf.d", "etc/apt/sources.list.d", "var/lib/dpkg/info", "var/lib/dpkg/updates",
                 "var/lib/apt", "var/cache/apt", "var/log/apt", "state"):  # fmt: skip
        (root / name).mkdir(parents=True)
    packages.mkdir()
    for name in ("status", "available"):
        (root / "var/lib/dpkg" / name).touch()
    found = Gateway(root, tmp_path / "apt", packages, key)
    found.offer("0.1.0-1~deb13")
    own = [f'Dir "{root}";', f'Dir::State::status "{root}/var/lib/dpkg/status";', 'APT::Sandbox::User "root";']
    own += [
        f'Dpkg::Options {{"--root={root}"; "--force-script-chrootless"; "--log=/dev/null";}};',
        'Dir::Bin::dpkg "/usr/bin/dpkg";',
    ]
    (root / "apt.conf").write_text("\n".join(own) + "\n")
    sources = root / "etc/apt/sources.list.d/camwarden.sources"
    key_file = found.repository / "camwarden-archive-keyring.asc"
    sources.write_text(
        f"Types: deb\nURIs: file:{found.repository}\nSuites: trixie\nComponents: main\nSigned-By: {key_file}\n"
    )
    monkeypatch.setenv("APT_CONFIG", str(root / "apt.conf"))
    monkeypatch.setenv("DPKG_ADMINDIR", str(root / "var/lib/dpkg"))
    places = {
        "SOURCES": sources,
        "STATE": root / "state",
        "WANTED": root / "wanted-version",
        "SITE": root / "site.toml",
    }
    for name, path in places.items():
        monkeypatch.setattr(upgrade, name, path)
    monkeypatch.setattr(upgrade, "USER", "root")
    (deb,) = found.packages.glob("*.deb")
    done = run("dpkg", f"--root={root}", "--log=/dev/null", "--install", deb)
    assert done.returncode == 0, done.stderr
    found.site("[upgrade]\nallow = true\n")
    assert found.state == "ii 0.1.0-1~deb13"
    return found


@only_root
def test_what_is_named_and_offered_is_installed_and_said(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.offer("0.2.0-1~deb13")
    gateway.offer("0.3.0-1~deb13")  # newer, and nobody named it
    assert upgrade.main() == 0  # nothing is named yet
    assert gateway.state == "ii 0.1.0-1~deb13"
    gateway.name("0.2.0")
    assert upgrade.main() == 0, capsys.readouterr()
    assert gateway.state == "ii 0.2.0-1~deb13"
    assert (gateway.outcome["version"], gateway.outcome["why"]) == ("0.2.0", "")
    assert "0.1.0-1~deb13 -> 0.2.0-1~deb13" in capsys.readouterr().out
    assert upgrade.main() == 0
    gateway.name("0.1.0")
    assert (upgrade.main(), gateway.state) == (0, "ii 0.2.0-1~deb13")


@only_root
@pytest.mark.parametrize("text", ["", "[upgrade]\nallow = false\n", "[upgrade]\n", "[upgrade"])
def test_nothing_is_installed_where_roots_file_does_not_allow_it(gateway: Gateway, text: str) -> None:
    gateway.offer("0.2.0-1~deb13")
    gateway.name("0.2.0")
    gateway.site(text)
    assert (upgrade.main(), gateway.state) == (1, "ii 0.1.0-1~deb13")
    assert not (gateway.root / "state/lists").exists()  # nor is anything fetched


@only_root
def test_a_site_file_that_others_may_write_allows_nothing(gateway: Gateway) -> None:
    gateway.offer("0.2.0-1~deb13")
    gateway.name("0.2.0")
    for mode in (0o660, 0o646):
        (gateway.root / "site.toml").chmod(mode)
        assert (upgrade.main(), gateway.state) == (1, "ii 0.1.0-1~deb13")


@only_root
def test_another_key_no_signature_and_another_source_install_nothing(gateway: Gateway, tmp_path: Path) -> None:
    stranger = a_key(tmp_path, "stranger")
    ours = shutil.copyfile(gateway.repository / "camwarden-archive-keyring.asc", tmp_path / "ours.asc")
    sources = upgrade.SOURCES
    sources.write_text(
        sources.read_text().replace(str(gateway.repository / "camwarden-archive-keyring.asc"), str(ours))
    )
    gateway.key = stranger
    gateway.offer("0.2.0-1~deb13")
    gateway.name("0.2.0")
    (gateway.root / "etc/apt/sources.list").write_text(f"deb [trusted=yes] file:{gateway.repository} trixie main\n")
    assert (upgrade.main(), gateway.state) == (1, "ii 0.1.0-1~deb13")
    assert "are not taken" in gateway.outcome["why"]
    for name in ("InRelease", "Release.gpg"):
        (gateway.repository / "dists/trixie" / name).unlink()
    assert (upgrade.main(), gateway.state) == (1, "ii 0.1.0-1~deb13")
    assert failure_of(gateway.root / "state/outcome.json", "0.2.0") == gateway.outcome["why"][:400]


@only_root
def test_a_release_that_is_not_there_or_needs_what_is_not_there_is_told(gateway: Gateway) -> None:
    gateway.name("0.9.0")
    named = upgrade.SOURCES.rename(upgrade.SOURCES.with_suffix(".off"))
    assert upgrade.main() == 1
    assert "camwarden.sources is not there" in gateway.outcome["why"]
    named.rename(upgrade.SOURCES)
    assert upgrade.main() == 1
    assert "offers no 0.9.0 for this system" in gateway.outcome["why"]
    gateway.offer("0.9.0-1~deb13", depends="libnothere1")
    assert (upgrade.main(), gateway.state) == (1, "ii 0.1.0-1~deb13")
    assert gateway.outcome["why"].startswith("0.9.0-1~deb13 is not installed: E: ")
    assert gateway.outcome["why"].endswith("dpkg has 0.1.0-1~deb13 (ii); nothing was changed")


@only_root
def test_a_package_that_breaks_leaves_the_one_before_and_says_the_state(gateway: Gateway) -> None:
    gateway.offer("0.2.0-1~deb13", preinst="exit 1")
    gateway.name("0.2.0")
    assert upgrade.main() == 1
    assert gateway.state.endswith("0.1.0-1~deb13")
    assert "0.2.0-1~deb13 is not installed" in gateway.outcome["why"]
    gateway.offer("0.2.0-2~deb13")  # mended
    assert (upgrade.main(), gateway.state, gateway.outcome["why"]) == (0, "ii 0.2.0-2~deb13", "")


@only_root
def test_hostile_words_in_the_file_reach_no_program_and_no_hub(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.offer("0.2.0-1~deb13")
    for text in ("0.2.0 -o APT::x=y", "--allow-downgrades", "$(reboot)", "0.2.0\n0.3.0\n", "\x1b[2J0.2.0"):
        upgrade.WANTED.write_text(text)
        upgrade.WANTED.chmod(0o600)
        assert (upgrade.main(), gateway.state, gateway.outcome) == (1, "ii 0.1.0-1~deb13", {})
        assert text not in capsys.readouterr().err
    assert not (gateway.root / "state/lists").exists()


def test_the_program_needs_the_standard_library_alone() -> None:
    text = "import sys; sys.path.insert(0, 'packaging'); import upgrade; print(len(sys.modules))"
    done = subprocess.run(
        ["/usr/bin/python3", "-ISBc", text], cwd=Path(upgrade.__file__).parents[1], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
