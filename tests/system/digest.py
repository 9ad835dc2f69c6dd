"""Tells whether anything that a run outside `make test` tries has changed since it passed last: a digest of its files.

    python tests/system/digest.py [RUN]    prints both digests; exit code 0: the same, 1: the run is due
    python tests/system/digest.py [RUN] --write    after it passed: writes what is to be committed

RUN: boot, benches or hub-313.

A release runs all of them whatever this says (`make release`).
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Run:
    """The patterns of the files that count, and the file with the digest of those on which it passed last."""

    inputs: tuple[str, ...]
    tried: str


RUNS: Final = {
    # The package, its unit, what it depends on, the guests' tests, and what starts the service, locks it down, keeps
    # its keys and speaks to systemd.
    "boot": Run(
        (
            "packaging/**/*", "systemd/*", "requirements.lock", "pyproject.toml", "tests/system/**/*.py",
            "tests/system/guest/*", "agent/__main__.py", "agent/cli.py", "agent/commands/run.py",
            "agent/service/daemon/*.py", "agent/service/enroll/*.py", "agent/deliver/keys/*.py", "agent/host/*.py",
            "masking/worker/*.py",
        ),
        "tests/system/tried.txt",
    ),
    # What of the hub meets the interpreter: databases, locks, TLS, sockets, threads, processes and commands.
    "hub-313": Run(
        (
            "agent/hub/**/*.py", "agent/commands/hub/**/*.py", "agent/contract/*", "agent/verify/**/*.py",
            "agent/host/*.py", "agent/deliver/publish/*.py", "requirements.lock", "pyproject.toml",
            "tests/hub/**/*.py", "tests/contract/*.py", "tests/verify/*.py", "tests/commands/hub/*.py",
        ),
        "tests/system/tried_hub_313.txt",
    ),
    # That they load with the product as it is, and name their figures, is tried at each change.
    "benches": Run(("tests/bench/**/*.py", "tests/support/bench_figures.py"), "tests/bench/tried.txt"),
}  # fmt: skip


def files(root: Path, inputs: Sequence[str]) -> list[Path]:
    """Return the files that count, by name."""
    found = {path for pattern in inputs for path in root.glob(pattern) if path.is_file()}
    return sorted(path for path in found if "__pycache__" not in path.parts)


def digest(root: Path, inputs: Sequence[str]) -> str:
    """Return SHA-256 over names and contents."""
    lines = (
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(root)}\n" for path in files(root, inputs)
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def main() -> int:
    """Compare, or write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", nargs="?", choices=RUNS, default="boot")
    parser.add_argument("--write", action="store_true", help="it has passed on these files")
    asked = parser.parse_args()
    run = RUNS[asked.run]
    now, kept = digest(ROOT, run.inputs), ROOT / run.tried
    if asked.write:
        kept.write_text(f"{now}\n", "utf-8")
    tried = kept.read_text("utf-8").strip() if kept.exists() else "nothing yet"
    print(f"{asked.run}: {len(files(ROOT, run.inputs))} files, digest {now}; passed last with {tried}")
    print("\n".join(f"  {pattern}" for pattern in run.inputs))
    return 0 if now == tried else 1


if __name__ == "__main__":
    raise SystemExit(main())
