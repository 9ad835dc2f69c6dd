"""Make a folder that apt installs the packages from, one suite for each system, and sign it.

Two steps, since whoever builds a release has no key: `make` gives the same bytes for the same packages, so that two
people can compare; `sign` adds what apt believes. What is signed is the Release file of each suite, which names the
hash of the list of packages, which names the hash of each package.

    apt_repository.py make dist dist/apt                          from the packages in dist/
    apt_repository.py sign dist/apt --key /media/release/apt.key  an OpenPGP secret key, outside the tree

Decides which package belongs into which suite (by the system that its version names), and nothing about keys. There is
no day from which apt refuses the lists (Valid-Until): a release may stand for a year, and nobody signs in between.

Source: Debian repository format (wiki.debian.org/DebianRepository/Format); apt-secure(8).
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from email.utils import formatdate
from pathlib import Path
from typing import Final

import build_deb
from sign_release import NotSignedError, check_key

SUITES: Final = {"deb12": "bookworm", "ubuntu24.04": "noble", "deb13": "trixie"}
"""The suite of each system that `build_deb.SYSTEMS` names."""
ARCHITECTURES: Final = ("amd64", "arm64")
COMPONENT: Final = "main"
PUBLIC_KEY: Final = "camwarden-archive-keyring.asc"
INLINE: Final = "InRelease"
DETACHED: Final = "Release.gpg"
SAID: Final = "Packages of camwarden"


def suite_of(deb: Path) -> str:
    """Return the suite that a package belongs to. Raises SystemExit where its version names no system of ours."""
    version = build_deb.said("dpkg-deb", "--field", str(deb.resolve()), "Version")
    system = version.rpartition("~")[2]
    if system not in SUITES:
        raise SystemExit(f"apt_repository: {deb}: its version {version!r} names none of {', '.join(SUITES)}")
    return SUITES[system]


def make(packages: Path, out: Path, epoch: int) -> None:
    """Lay out the folder anew from all packages of another one, unsigned.

    Args:
        packages: The folder with the .deb files.
        out: The folder to be made; what is there goes.
        epoch: The second that the lists carry as their day.
    """
    debs = sorted(packages.glob("*.deb"))
    if not debs:
        raise SystemExit(f"apt_repository: {packages}: no package; make debs first")
    pools = [(deb, Path("pool", suite_of(deb))) for deb in debs]
    shutil.rmtree(out, ignore_errors=True)
    for deb, pool in pools:
        (out / pool).mkdir(parents=True, exist_ok=True)
        _link(deb, out / pool / deb.name)
    for suite in sorted({pool.name for _, pool in pools}):
        for architecture in ARCHITECTURES:
            lists = out / "dists" / suite / COMPONENT / f"binary-{architecture}"
            lists.mkdir(parents=True)
            (lists / "Packages").write_text(_listed(out, "--arch", architecture, "packages", f"pool/{suite}"), "utf-8")
        fields = {
            "Origin": "camwarden", "Label": "camwarden", "Suite": suite, "Codename": suite, "Components": COMPONENT,
            "Architectures": " ".join(ARCHITECTURES), "Date": formatdate(epoch, usegmt=True), "Description": SAID,
        }  # fmt: skip
        options = [
            word for name, value in fields.items() for word in ("-o", f"APT::FTPArchive::Release::{name}={value}")
        ]
        text = _listed(out, *options, "release", f"dists/{suite}")
        (out / "dists" / suite / "Release").write_text(text, "utf-8")


def _link(deb: Path, to: Path) -> None:
    """Put a package into the pool without taking its room twice, where the file system can."""
    try:
        to.hardlink_to(deb.resolve())
    except OSError:
        shutil.copyfile(deb, to)


def _listed(out: Path, *words: str) -> str:
    """Return what apt-ftparchive prints in the folder."""
    hashes = ("-o", "APT::FTPArchive::MD5=false", "-o", "APT::FTPArchive::SHA1=false")
    command = ("apt-ftparchive", *hashes, *words)
    return subprocess.run(command, cwd=out, check=True, stdout=subprocess.PIPE, text=True, env=build_deb.SAME).stdout


def sign(out: Path, key: Path) -> str:
    """Sign each suite, write the public key beside them, verify as apt does, and return the key's fingerprint.

    The key is imported into a folder that is gone afterwards; gpg itself asks for its passphrase on the terminal.

    Raises:
        NotSignedError: The key is not fit, there is no suite, or gpg refuses. No signature is left behind then.
    """
    check_key(key)
    releases = sorted(out.glob("dists/*/Release"))
    if not releases:
        raise NotSignedError(f"{out}: no suite to sign; make the repository first")
    signatures = [release.with_name(name) for release in releases for name in (INLINE, DETACHED)]
    for path in (*signatures, out / PUBLIC_KEY):
        path.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="gpg-") as home:
        try:
            _gpg(home, "--import", str(key))
            secret = _gpg(home, "--with-colons", "--list-secret-keys")
            fingerprints = [line.split(":")[9] for line in secret.splitlines() if line.startswith("fpr:")]
            if not fingerprints or secret.count("\nsec:") + secret.startswith("sec:") != 1:
                raise NotSignedError(f"{key}: holds not one secret key")
            by = ("--local-user", fingerprints[0], "--digest-algo", "SHA512", "--output")
            for release in releases:
                _gpg(home, *by, str(release.with_name(INLINE)), "--clearsign", str(release))
                _gpg(home, *by, str(release.with_name(DETACHED)), "--armor", "--detach-sign", str(release))
            (out / PUBLIC_KEY).write_text(_gpg(home, "--armor", "--export", fingerprints[0]), "ascii")
            _verify(home, out, releases)
        except NotSignedError:
            for path in (*signatures, out / PUBLIC_KEY):
                path.unlink(missing_ok=True)
            raise
        finally:
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, capture_output=True)
    return fingerprints[0]


def _gpg(home: str, *words: str) -> str:
    # Its terminal stays the person's, who types the passphrase there.
    command = [
        "gpg",
        "--homedir",
        home,
        "--quiet",
        "--no-tty" if not sys.stdin.isatty() else "--pinentry-mode=loopback",
    ]
    done = subprocess.run([*command, *words], stdout=subprocess.PIPE, text=True, check=False, env=os.environ)
    if done.returncode != 0:
        raise NotSignedError(f"gpg {' '.join(word for word in words if word.startswith('--'))} failed")
    return done.stdout


def _verify(home: str, out: Path, releases: list[Path]) -> None:
    """Hold each signature against the public key that operators get, with gpg's verifier for apt."""
    keyring = Path(home, "public.gpg")
    _gpg(home, "--output", str(keyring), "--dearmor", str(out / PUBLIC_KEY))
    for release in releases:
        for signed in ([release.with_name(INLINE)], [release.with_name(DETACHED), release]):
            done = subprocess.run(["gpgv", "--keyring", keyring, *signed], check=False, capture_output=True, text=True)
            if done.returncode != 0:
                raise NotSignedError(f"{signed[0]}: {done.stderr.strip()}")


def main() -> None:
    """Make, or sign."""
    parser = argparse.ArgumentParser(description="make a folder for apt from packages, and sign it")
    actions = parser.add_subparsers(dest="action", required=True)
    making = actions.add_parser("make", help="lay out the folder, unsigned")
    making.add_argument("packages", type=Path, help="folder with the packages")
    making.add_argument("out", type=Path, help="folder to be made anew")
    signing = actions.add_parser("sign", help="sign the folder")
    signing.add_argument("out", type=Path)
    signing.add_argument("--key", type=Path, required=True, help="OpenPGP secret key, outside the tree")
    args = parser.parse_args()
    if args.action == "make":
        make(args.packages, args.out, build_deb.built_at())
        return
    try:
        print(f"signed {args.out}; {PUBLIC_KEY}, to be told by another way: {sign(args.out, args.key)}")
    except (NotSignedError, OSError) as error:
        sys.exit(f"apt_repository: {error}")


if __name__ == "__main__":
    main()
