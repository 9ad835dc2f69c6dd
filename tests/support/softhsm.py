"""A SoftHSM2 token of a test's own: its folder, its configuration, and ways to lose it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pkcs11
import pytest

from agent.site.config.site import KeyPlace
from drivers.model import Credential

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "482913"
SO_PIN = "99887766"
LABEL = "camwarden"


class Softhsm:
    """Tokens below one folder. `gone` and `back` unplug and plug them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tokens = folder / "tokens"
        self.tokens.mkdir(parents=True)
        self.conf = folder / "softhsm2.conf"
        self.conf.write_text(f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
        monkeypatch.setenv("SOFTHSM2_CONF", str(self.conf))
        finalize()

    def init(self, label: str = "site") -> None:
        """Make a token."""
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", SO_PIN, "--pin", PIN],
            check=True,
            capture_output=True,
        )

    def gone(self) -> None:
        """Take all tokens out."""
        self.tokens.rename(self.tokens.with_name("away"))

    def back(self) -> None:
        """Put them back."""
        self.tokens.with_name("away").rename(self.tokens)


def finalize() -> None:
    """Have the library read its configuration anew: it does so once, when it is initialised."""
    library = pkcs11.lib(str(MODULE))
    if library.initialized:
        library.finalize()


def place(token: str = "site", label: str = LABEL, pin: str = PIN) -> KeyPlace:  # noqa: S107 - a label
    """Return `[key]` for a token."""
    return KeyPlace("token", MODULE, token, label, Credential("token", "token", pin))


def toml(pin: str = PIN) -> tuple[str, str]:
    """Return the lines for site.toml and for secrets.toml."""
    site = f'[key]\nsource = "token"\nmodule = "{MODULE}"\ntoken = "site"\ncredential = "token"\n'
    return site, f'[credential.token]\nuser = "token"\npassword = "{pin}"\n'
