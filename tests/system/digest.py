"""Tells whether anything that the boot test tries has changed since it passed last: one digest over the files below.

    python tests/system/digest.py            prints both digests; exit code 0: the same, 1: the boot test is due
    python tests/system/digest.py --write    after it passed: writes the digest into `tried.txt`, to be committed

A release boots all systems whatever this says (`make test-system`).
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
TRIED: Final = Path(__file__).with_name("tried.txt")
INPUTS: Final = (
    "packaging/**/*", "systemd/*", "requirements.lock", "pyproject.toml", "tests/system/**/*.py",
    "tests/system/guest/*", "agent/__main__.py", "agent/cli.py", "agent/commands/run.py", "agent/service/daemon/*.py",
    "agent/service/enroll/*.py", "agent/deliver/keys/*.py", "agent/host/*.py", "masking/worker/*.py",
)  # fmt: skip
"""The package, its unit, what it depends on, the guests' tests, and what starts the service, locks it down, keeps its
keys and speaks to systemd."""


def files(root: Path) -> list[Path]:
    """Return the files that count, by name."""
    found = {path for pattern in INPUTS for path in root.glob(pattern) if path.is_file()}
    return sorted(path for path in found if "__pycache__" not in path.parts)


def digest(root: Path) -> str:
    """Return SHA-256 over names and contents."""
    lines = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(root)}\n" for path in files(root))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def main() -> int:
    """Compare, or write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="the boot test has passed on these files")
    now = digest(ROOT)
    if parser.parse_args().write:
        TRIED.write_text(f"{now}\n", "utf-8")
    tried = TRIED.read_text("utf-8").strip() if TRIED.exists() else "nothing yet"
    print(f"boot test: {len(files(ROOT))} files, digest {now}; passed last with {tried}")
    print("\n".join(f"  {pattern}" for pattern in INPUTS))
    return 0 if now == tried else 1


if __name__ == "__main__":
    raise SystemExit(main())
