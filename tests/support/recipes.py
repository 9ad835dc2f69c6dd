"""A copy of the tree in which recipes of agent/README.md are carried out, and what was written to do so."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = ROOT / "tests/fixtures/recipes"
COPIED: Final = ("agent", "drivers", "masking", "packaging", "systemd", "tests/house", "tests/support", "tests/text")
PAGES: Final = ("README.md", "pyproject.toml", "tests/conftest.py", "Makefile")
GENERATED: Final = re.compile(
    r"packaging/(completions|man|man\.zh_CN)/.+|agent/text/locale/.+\.mo|agent/judge/checks/README\.md|agent/judge/judging\.md"
)
"""What `make generated` writes after such a change."""

ONE_BY_ONE: Final = """
import runpy, sys
for script in sys.argv[1:]:
    sys.path.insert(0, script.rpartition("/")[0])
    runpy.run_path(script, run_name="__main__")
    del sys.path[0]
"""
"""Runs scripts as `python SCRIPT` does."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One row of the table of recipes, as its page has it; paths from the root of the tree.

    `new` are patterns with NAME and AREA; `tables` the files in which a line or two are written.
    """

    what: str
    new: tuple[str, ...]
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Lines put into a file of the tree, before the one place where `before` stands; at its end where that is empty."""

    file: str
    text: str
    before: str = ""


def recipes() -> dict[str, Recipe]:
    """Read the table of agent/README.md; a row that says "the same" has the files of the one above it too."""
    text = (ROOT / "agent/README.md").read_text("utf-8").partition("## Adding something")[2].partition("\n## ")[0]
    found: dict[str, Recipe] = {}
    above = Recipe("", (), ())
    for what, new, tables, _ in re.findall(r"(?m)^\| ([a-z ]+) \| (.+?) \| (.+?) \| (.+) \|$", text):
        if what == "what":
            continue
        same = above if new.startswith("the same") else Recipe("", (), ())
        above = Recipe(what, (*same.new, *_files(new)), (*same.tables, *_files(tables)))
        found[what] = above
    return found


def _files(cell: str) -> tuple[str, ...]:
    """Return the files that a cell names in backticks or by a link, from the root."""
    named = re.findall(r"`([\w/.]+\.(?:py|md|po))`|\]\(([\w/.]+)\)", cell)
    return tuple(_from_root(code or link) for code, link in named)


def _from_root(name: str) -> str:
    if name.startswith("../"):
        return name.removeprefix("../")
    top = name.partition("/")[0]
    return name if top in ("drivers", "tests", "masking", "packaging") else f"agent/{name}"


class Copy:
    """A tree of its own, in which files are added and lines are written, and programs run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in COPIED:
            shutil.copytree(ROOT / name, root / name)
        for name in PAGES:
            shutil.copyfile(ROOT / name, root / name)
        for path in sorted((ROOT / "tests").rglob("test_*.py")):  # the table of checks names tests by their text
            target = root / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        self._before = self._state()

    def _state(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts and ".mypy_cache" not in path.parts
        }

    def add(self, file: str, source: str) -> None:
        """Write a new file: the text of one of `tests/fixtures/recipes`, or, where it has none, a docstring alone."""
        path = self.root / file
        assert not path.exists(), file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            (SOURCES / source).read_text("utf-8") if source else '"""Reads devices of the maker Acme."""\n', "utf-8"
        )

    def write(self, line: Line) -> None:
        """Write lines into a file that is there."""
        path = self.root / line.file
        text = path.read_text("utf-8")
        assert not line.before or text.count(line.before) == 1, f"{line.file}: {line.before}"
        path.write_text(
            text.replace(line.before, line.text + line.before) if line.before else text + line.text, "utf-8"
        )

    def new(self) -> set[str]:
        """Return the files that were not there before and that nobody generates."""
        return {name for name in self._state().keys() - self._before.keys() if not GENERATED.fullmatch(name)}

    def edited(self) -> set[str]:
        """Return the files that were there and are changed, but for those that are generated."""
        return {
            name
            for name, data in self._state().items()
            if name in self._before and data != self._before[name] and not GENERATED.fullmatch(name)
        }

    def run(self, *words: str | Path, ends: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run this tree's Python with these words, from another folder; `ends` is the exit code that it must have."""
        environ = {**os.environ, "PYTHONPATH": str(self.root)}
        command = [sys.executable, "-P", *map(str, words)]
        ran = subprocess.run(command, cwd=self.root, env=environ, capture_output=True, text=True, check=False)
        assert ends is None or ran.returncode == ends, f"{words}: {ran.returncode}\n{ran.stdout[-4000:]}\n{ran.stderr}"
        return ran

    def command(self, *words: str | Path, ends: int | None = None) -> Any:
        """Run a command of camwarden with `--json`, and return its object."""
        ran = self.run("-m", "agent", *words, "--json", ends=ends)
        assert ran.stdout, ran.stderr
        return json.loads(ran.stdout)

    def generate(self, names: Iterable[str]) -> None:
        """Run these generators of `make generated` in one process: each loads every command."""
        self.run("-c", ONE_BY_ONE, *(self.root / "packaging" / f"{name}.py" for name in names))
