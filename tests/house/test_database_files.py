"""No module that uses SQLite opens a database as a file: to close it again ends the locks of its whole process."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

CLOSES_AT_ONCE = re.compile(r"^(os\.)?close\(.*\bopen\(|\bopen\([^()]*\)\.close\(\)$")
ROOT = Path(__file__).parents[2]


def opened_as_files(source: str) -> Iterator[int]:
    """Yield the lines where a module that imports sqlite3 opens a file only to close it; to make one is allowed."""
    nodes = list(ast.walk(ast.parse(source)))
    if not any(alias.name == "sqlite3" for node in nodes if isinstance(node, ast.Import) for alias in node.names):
        return
    for node in nodes:
        text = ast.unparse(node) if isinstance(node, ast.Call) else ""
        if CLOSES_AT_ONCE.search(text) and "O_EXCL" not in text:
            yield node.lineno


def test_no_database_is_opened_as_a_file() -> None:
    found = {
        str(path.relative_to(ROOT)): lines
        for path in sorted((ROOT / "agent").rglob("*.py"))
        if (lines := list(opened_as_files(path.read_text("utf-8"))))
    }
    assert found == {}, "use create_empty or require_access of agent/host/files.py"


@pytest.mark.parametrize(
    "line",
    ["os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))", 'path.open("rb").close()'],
)
def test_a_file_that_is_opened_and_closed_beside_sqlite_is_noticed(line: str) -> None:
    assert list(opened_as_files(f"import os\nimport sqlite3\n{line}\n")) == [3]
    assert list(opened_as_files(f"import os\n{line}\n")) == []
    assert list(opened_as_files("import os\nimport sqlite3\nos.close(os.open(p, os.O_CREAT | os.O_EXCL))\n")) == []
