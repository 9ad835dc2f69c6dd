"""Compiles the translations when the wheel is built or the checkout is installed: each `.po` into the `.mo` beside it.

GNU msgfmt checks headers and format strings on the way; what it refuses ends the build. The `.mo` is never committed.
`make generated` and `make setup` do the same after a change of a `.po`.

Source: GNU gettext manual, section 10.1 (msgfmt); Hatch, "Custom build hook".
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent.parent


def compile_locale(root: Path) -> None:
    """Write the `.mo` beside each `.po` below a checkout, atomically: other processes may be reading it.

    Raises:
        RuntimeError: msgfmt is missing, or refuses a `.po`; its own lines name file and line.
    """
    if shutil.which("msgfmt") is None:
        raise RuntimeError("msgfmt is missing, which compiles the translations: install the package gettext")
    for source in sorted((root / "agent/text/locale").glob("*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo.new")
        command = ["msgfmt", "--check", "--no-hash", f"--output-file={compiled}", source]
        english = {**os.environ, "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=english)
        if done.returncode:
            raise RuntimeError(f"msgfmt refuses {source}:\n{done.stderr.rstrip()}")
        compiled.replace(source.with_suffix(".mo"))


class CompileLocale(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before hatchling collects the files of a wheel, or installs a checkout for editing."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile below the folder that is built."""
        if self.target_name == "wheel":
            compile_locale(Path(self.root))


if __name__ == "__main__":
    try:
        compile_locale(ROOT)
    except RuntimeError as error:
        sys.exit(str(error))
