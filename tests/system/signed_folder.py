"""Makes the folder that a guest's apt installs from, as a release has it, signed by a key that is thrown away."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

SCRIPT: Final = Path(__file__).parents[2] / "packaging" / "apt_repository.py"


def signed_folder(deb: Path, out: Path) -> None:
    """Write the folder with this one package into `out`, signed."""
    with tempfile.TemporaryDirectory(prefix="gpg-") as home:
        gpg = ["gpg", "--homedir", home, "--batch", "--quiet"]
        name = "camwarden guests <guests@camwarden.example>"
        key = Path(home, "secret.asc")
        try:
            subprocess.run([*gpg, "--passphrase", "", "--quick-gen-key", name, "ed25519", "sign"], check=True)
            subprocess.run([*gpg, "--armor", "--output", key, "--export-secret-keys"], check=True)
            key.chmod(0o600)
            packages = Path(home, "packages")
            packages.mkdir()
            (packages / deb.name).symlink_to(deb.resolve())
            subprocess.run([sys.executable, SCRIPT, "make", packages, out], check=True)
            subprocess.run([sys.executable, SCRIPT, "sign", out, "--key", key], check=True, stdin=subprocess.DEVNULL)
        finally:
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, capture_output=True)
