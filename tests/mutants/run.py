"""Takes one defence after the other out of a copy of the tree, and demands that the test which SECURITY.md names fails.

Run: python tests/mutants/run.py [--rooms] [--only NAME ...] [--json FILE]. As root: some defences show to another user
only. With --rooms it is everyday slips instead, two or three in each room.
A test counts only where it passes in the copy as it is. `killed`: it fails without the defence. `survived`: it does
not. `unsound`: it fails, is skipped or is not found before anything is changed. `hung`: it does not end.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

from mutants.model import Mutant  # noqa: E402
from mutants.rooms import ROOMS  # noqa: E402
from mutants.table import MUTANTS  # noqa: E402

WITHIN_S: Final = 600


def main() -> int:
    """Take them out, and print the table; 1 if one is not killed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rooms", action="store_true", help="the slips in rooms, not the defences")
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[], help="these alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the outcome there too")
    asked = parser.parse_args()
    table: tuple[Mutant, ...] = ROOMS if asked.rooms else MUTANTS
    if unknown := sorted(set(asked.only) - {one.name for one in table}):
        parser.error(f"not in the table: {', '.join(unknown)}")
    chosen = [one for one in table if not asked.only or one.name in asked.only]
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        tree = Path(name) / "tree"
        copy_tree(tree)
        python = environment(Path(name) / "venv", tree)
        demand_copy(tree, python)
        whole = {test: passes(tree, python, test) for test in dict.fromkeys(one.test for one in chosen)}
        rows = [outcome(tree, python, one, whole[one.test]) for one in chosen]
    survivors = [row["name"] for row in rows if row["outcome"] != "killed"]
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps({"mutants": rows, "survivors": survivors}, indent=1) + "\n")
    print(f"{len(rows)} taken out, {len(rows) - len(survivors)} killed, survivors: {', '.join(survivors) or 'none'}")
    return 1 if survivors else 0


def outcome(tree: Path, python: Path, one: Mutant, before: str) -> dict[str, str]:
    """Return the row of one mutant, and put the file back."""
    found = "unsound"
    if before == "passed":
        with mutated(tree, one):
            after = passes(tree, python, one.test)
        found = {"failed": "killed", "passed": "survived"}.get(after, after)
    print(f"{found:9} {one.name:20} {one.test}", flush=True)
    return {"row": one.row, "name": one.name, "file": one.file, "test": one.test, "outcome": found}


def copy_tree(tree: Path) -> None:
    """Copy what git knows of, or would, with the foreign programs of `make peers` beside it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    (tree / "build").mkdir(exist_ok=True)
    if (peers := ROOT / "build" / "peers").exists():
        (tree / "build" / "peers").symlink_to(peers.resolve())


def environment(venv: Path, tree: Path) -> Path:
    """Make an environment with all packages of this one, but the copy in the place of the tree; return its Python.

    Programs that tests start find the copy too, whatever they inherit.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    here, there = Path(sysconfig.get_path("purelib")), next(venv.glob("lib/python*/site-packages"))
    for one in here.iterdir():
        # Of this tree or of another one, as where several share an environment: either would stand before the copy.
        is_ours = one.suffix == ".pth" and any(
            not line.startswith("import ") and Path(line, "agent", "cli.py").is_file()
            for line in one.read_text("utf-8", "replace").splitlines()
        )
        if not is_ours and one.name != "__pycache__" and not (there / one.name).exists():
            (there / one.name).symlink_to(one)
    (there / "tree.pth").write_text(f"{tree}\n")
    for script in Path(sys.executable).parent.iterdir():
        target = venv / "bin" / script.name
        if not target.exists() and script.is_file() and script.read_bytes()[:2] == b"#!":
            first, _, rest = script.read_text("utf-8").partition("\n")
            # Whatever path it had been made by: an environment may be reached by a link.
            target.write_text(f"#!{venv}/bin/python\n{rest}" if "python" in first else f"{first}\n{rest}")
            target.chmod(0o755)
    return venv / "bin" / "python"


def demand_copy(tree: Path, python: Path) -> None:
    """End where the tests would see another tree than the copy: every defence would seem to survive."""
    asked = "import agent, drivers, masking; print(*{m.__path__[0] for m in (agent, drivers, masking)}, sep='\\n')"
    found = subprocess.run([str(python), "-Ic", asked], cwd="/", capture_output=True, check=True, text=True).stdout
    if stranger := [line for line in found.splitlines() if not Path(line).is_relative_to(tree)]:
        raise SystemExit(f"the tests would see {', '.join(stranger)}, not the copy in {tree}")


@contextmanager
def mutated(tree: Path, one: Mutant) -> Iterator[None]:
    """Have a defence taken out while the block runs."""
    path = tree / one.file
    text = path.read_text("utf-8")
    if text.count(one.text) != 1:
        raise SystemExit(f"{one.name}: its text does not stand once in {one.file}")
    _write(path, text.replace(one.text, one.mutated))
    try:
        yield
    finally:
        _write(path, text)


def _write(path: Path, text: str) -> None:
    # Compiled files are known by size and second: both may be the same.
    shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)
    path.write_text(text, "utf-8")


def passes(tree: Path, python: Path, test: str) -> str:
    """Return `passed`, `failed`, `hung`, or `unsound` where nothing was judged."""
    file, _, function = test.partition("::")
    found = [path.relative_to(tree).as_posix() for path in (tree / "tests").rglob(file)]
    if len(found) != 1:
        return "unsound"
    # Else a program that a test starts would be of the tree that stands there, in which nothing is taken out.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(python), "-Im", "pytest", "-x", "-q", "-p", "no:cacheprovider", f"{found[0]}::{function}"]
    try:
        ran = subprocess.run(
            command, cwd=tree, env=environ, capture_output=True, text=True, timeout=WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        return "hung"
    if ran.returncode == 1:
        return "failed"
    return "passed" if ran.returncode == 0 and " passed" in ran.stdout else "unsound"


if __name__ == "__main__":
    sys.exit(main())
