"""Write SHA256SUMS over all files of a release and sign it with the release key, so that bare Debian can check both.

Decides what a release may look like: plain files with plain names, and one folder, that of apt; a key that lies outside
the tree and that only its owner can read. The signature is ECDSA over P-256 with SHA-256, which every openssl since 1.0
verifies; openssl itself signs, so that it asks for the passphrase of the key, and the key never enters this process.

    python packaging/sign_release.py dist --key /media/release/camwarden-release.key

Source: FIPS 186-5 (ECDSA); coreutils `sha256sum --check`.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SUMS: Final = "SHA256SUMS"
SIGNATURE: Final = "SHA256SUMS.sig"
PUBLIC_KEY: Final = "camwarden-release.pem"
APT: Final = "apt"
"""The one folder that a release has, which `apt_repository.py` makes."""
OURS: Final = frozenset((SUMS, SIGNATURE, PUBLIC_KEY))


class NotSignedError(Exception):
    """The release was not signed: the message says why, and nothing of a signature is left behind."""


def sums(folder: Path) -> str:
    """Return the lines of SHA256SUMS for the files of a folder.

    Raises:
        NotSignedError: it holds no file, or something that a list of checksums cannot cover.
    """
    lines = []
    for path in sorted([*folder.iterdir(), *(folder / APT).rglob("*")]):
        name = path.relative_to(folder).as_posix()
        is_folder = path.is_dir() and not path.is_symlink() and name.split("/")[0] == APT
        if name in OURS or is_folder:
            continue
        # A name is read by a shell and by sha256sum, which escapes some.
        plain = all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+~-]*", part) for part in name.split("/"))
        if not plain or not path.is_file() or path.is_symlink():
            raise NotSignedError(f"{path}: a release has plain files with plain names only; take it away")
        with path.open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n")
    if not lines:
        raise NotSignedError(f"{folder}: nothing to sign; make the packages first")
    return "".join(lines)


def check_key(key: Path) -> None:
    """Hold that the key may be used.

    Raises:
        NotSignedError: it lies in the tree, others can read it, or it is not there.
    """
    if not key.is_file():
        raise NotSignedError(f"{key}: there is no key; packaging/README.md tells how one is made")
    if key.resolve().is_relative_to(ROOT):
        raise NotSignedError(f"{key}: lies in the tree, from where it would be published; keep it elsewhere")
    if key.stat().st_mode & 0o077:
        raise NotSignedError(f"{key}: others can read it; chmod 600 {key}")


def sign(folder: Path, key: Path) -> None:
    """Write SHA256SUMS, its signature and the public key into the folder, and verify them as an operator will.

    Raises:
        NotSignedError: the key or the folder is not fit, or openssl refuses.
    """
    check_key(key)
    for name in OURS:
        (folder / name).unlink(missing_ok=True)
    text = sums(folder)
    try:
        (folder / PUBLIC_KEY).write_bytes(_openssl("pkey", "-in", str(key), "-pubout"))
        if b"prime256v1" not in _openssl("pkey", "-pubin", "-in", str(folder / PUBLIC_KEY), "-noout", "-text"):
            raise NotSignedError(f"{key}: not a key on the curve P-256")
        (folder / SUMS).write_text(text, "ascii")
        (folder / SIGNATURE).write_bytes(_openssl("dgst", "-sha256", "-sign", str(key), str(folder / SUMS)))
        verify = ("-verify", str(folder / PUBLIC_KEY), "-signature", str(folder / SIGNATURE))
        _openssl("dgst", "-sha256", *verify, str(folder / SUMS))
    except NotSignedError:
        for name in OURS:
            (folder / name).unlink(missing_ok=True)
        raise


def _openssl(*arguments: str) -> bytes:
    # Its standard input and error stay the terminal's: it asks for the passphrase there.
    done = subprocess.run(["openssl", *arguments], stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise NotSignedError(f"openssl {arguments[0]} failed with {done.returncode}")
    return done.stdout


def main() -> None:
    """Sign one folder."""
    parser = argparse.ArgumentParser(description="write and sign the checksums of a release")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--key", type=Path, required=True, help="PEM, P-256, outside the tree")
    args = parser.parse_args()
    try:
        sign(args.folder, args.key)
    except (NotSignedError, OSError) as error:
        sys.exit(f"sign_release: {error}")
    digest = hashlib.sha256((args.folder / PUBLIC_KEY).read_bytes()).hexdigest()
    print(f"signed {args.folder / SUMS}; SHA-256 of {PUBLIC_KEY}, to be told by another way: {digest}")


if __name__ == "__main__":
    main()
