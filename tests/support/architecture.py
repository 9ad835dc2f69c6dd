"""Reads the import rules of the house out of the source with `ast`; `test_architecture.py` holds the tree to them.

Nothing is imported or run: a broken rule in a file that cannot even be imported is found too.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache, lru_cache
from pathlib import Path

from house_rules import (
    APART,
    CONTRACT_VIEWS,
    FLAT,
    HUB_VIEWS,
    IMPORT_TABLES,
    JSON_READERS,
    LOGGING_HOME,
    LOGGING_SET_UP,
    MODULES_MAX,
    OF_MASKING,
    ON_LINUX_ALONE,
    ORDER,
    PACKAGES,
    PASSES_BY_VERDICT,
    POSIX_OS,
    PRIVATE_ALL_THE_SAME,
    PURE_MASKING,
    READS_JSON,
    SQL,
    SQL_READS_JSON,
    VAGUE_STEMS,
    WALLS,
)  # fmt: skip
from hub_ports import around_ports
from uncollected import uncollected


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module: `name` in full, `nested` inside a function."""

    name: str
    line: int
    nested: bool


def sources(root: Path, *folders: str) -> Iterator[tuple[str, Path]]:
    """Yield every Python file below the folders, with its path from the root."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root).as_posix(), path


def imports(tree: ast.Module, name: str) -> Iterator[Import]:
    """Yield what a module imports; `from a import b` counts as `a` and `a.b`, since b may be a module."""
    package = name.split("/")[:-1]
    outside = _outside_functions(tree)
    for node in _nodes(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, id(node) not in outside)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield Import(module, node.lineno, id(node) not in outside)
            for alias in node.names:
                yield Import(f"{module}.{alias.name}", node.lineno, id(node) not in outside)


@lru_cache(maxsize=1)
def _nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    """Return every node of a tree: walked once, though each rule goes through it."""
    return tuple(ast.walk(tree))


def _outside_functions(tree: ast.Module) -> set[int]:
    """Return the imports that stand in no function, by their ids."""
    found: set[int] = set()
    waiting: list[ast.AST] = [*tree.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.add(id(node))
        elif isinstance(node, ast.stmt | ast.excepthandler | ast.match_case) and not isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef
        ):
            waiting += ast.iter_child_nodes(node)
    return found


@cache
def _imported(text: str, name: str) -> tuple[Import, ...]:
    # The same files are behind many starts.
    return tuple(imports(ast.parse(text), name))


def within(name: str, module: str) -> bool:
    """Tell whether a dotted name is a module or lies in it."""
    return name == module or name.startswith(f"{module}.")


@uncollected()
def violations(root: Path) -> list[str]:
    """Return every broken rule as `path:line: what`."""
    found: list[str] = []
    for name, path in sources(root, *PACKAGES):
        tree = ast.parse(path.read_text("utf-8"), name)
        modules = tuple(imports(tree, name))
        found += _import_violations(name, modules)
        found += _call_violations(name, tree)
        found += _posix_violations(name, tree)
        found += _json_violations(name, tree)
        found += _sql_violations(name, tree)
        found += around_ports(name, ((one.name, one.line) for one in modules))
        found += _pass_violations(name, tree)
        found += _private_violations(name, tree)
    for name, path in sources(root, "packaging", "systemd"):
        found += _private_violations(name, ast.parse(path.read_text("utf-8"), name))
    found += _full_folders(root)
    for name, path in sources(root, *PACKAGES, "packaging", "systemd", "tests"):
        if path.stem in VAGUE_STEMS or (path.name == "__init__.py" and path.parent.name in VAGUE_STEMS):
            found.append(f"{name}:1: a name that says nothing")
        if path.name == "__init__.py" and not name.startswith(PACKAGES):
            found.append(f"{name}:1: no package may be here, it would shadow another")
    return found


def _full_folders(root: Path) -> Iterator[str]:
    """Yield the folders that hold more modules than a reader takes in, and what stands in agent/ and in no room."""
    counts = Counter(path.parent for _, path in sources(root, *PACKAGES) if path.name != "__init__.py")
    for folder, count in counts.items():
        if count > MODULES_MAX:
            yield f"{folder.relative_to(root).as_posix()}: {count} modules, more than {MODULES_MAX}"
    for name, path in sources(root, "agent"):
        parts = name.split("/")
        if len(parts) == 2 and path.stem not in (*FLAT, "__init__"):
            yield f"{name}:1: stands in no room"
        if len(parts) > 2 and parts[1] not in ORDER:
            yield f"{name}:1: {parts[1]} is no room"


def _import_violations(name: str, modules: tuple[Import, ...]) -> Iterator[str]:
    for each in modules:
        top = each.name.split(".")[0]
        beside = {one.name for one in modules if one.line == each.line} - {each.name}
        longer = any(within(one, each.name) for one in beside)  # `from masking import geometry` names masking first
        if top in (*PACKAGES, "tests") and not longer and (why := _refused(name, each.name)):
            yield f"{name}:{each.line}: {why}"
        for module, places in WALLS.items():
            if within(each.name, module) and not any(fnmatch(name, place) for place in places):
                yield f"{name}:{each.line}: {module} may not be imported here"
        if top in ("numpy", "cv2") and any(fnmatch(name, f"masking/{pure}.py") for pure in PURE_MASKING):
            yield f"{name}:{each.line}: the daemon uses this module, which must not load {top}"
        if each.nested:
            yield f"{name}:{each.line}: {each.name} is imported inside a function"
        if each.name == "importlib.import_module" and name not in IMPORT_TABLES:
            yield f"{name}:{each.line}: only the tables of commands import by name"


def room_of(module: str) -> str:
    """Return the room of a module of ours, as `ORDER` names it: `agent` for what stands flat in agent/."""
    top, _, rest = module.partition(".")
    room = rest.partition(".")[0]
    return room if top == "agent" and room and room not in FLAT else top


def _refused(name: str, wanted: str) -> str:
    """Return why a file may not import a module of ours, empty where it may."""
    own, other = room_of(name.removesuffix(".py").replace("/", ".")), room_of(wanted)
    if name.startswith("masking/bitstream/") and not within(wanted, "masking.bitstream"):
        return f"masking/bitstream may not import {wanted}"
    if own == "drivers" and other == "masking" and not any(within(wanted, one) for one in OF_MASKING):
        return f"drivers may not import {wanted}"
    if own == other or wanted == "agent.version" or own == "agent" or other == "agent":
        return f"{own} may not import {wanted}" if other == "agent" and own in ("masking", "drivers") else ""
    if other not in ORDER or ORDER.index(other) > ORDER.index(own) or other in APART.get(own, ()):
        return f"{own} may not import {wanted}"
    return ""


def _posix_violations(name: str, tree: ast.Module) -> Iterator[str]:
    if any(fnmatch(name, place) for place in ON_LINUX_ALONE):
        return
    for node in _nodes(tree):
        if isinstance(node, ast.Attribute) and node.attr in POSIX_OS and ast.unparse(node.value) == "os":
            yield f"{name}:{node.lineno}: os.{node.attr} is not there on Windows: agent/host has a way"


def _call_violations(name: str, tree: ast.Module) -> Iterator[str]:
    for node in _nodes(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called == "import_module" and name not in IMPORT_TABLES:
            yield f"{name}:{node.lineno}: only the tables of commands import by name"
        if called in LOGGING_SET_UP and name != LOGGING_HOME:
            yield f"{name}:{node.lineno}: logging is set up in {LOGGING_HOME} only"
        if called in ("__import__", "exec", "eval"):
            yield f"{name}:{node.lineno}: {called} hides what is imported"


def _pass_violations(name: str, tree: ast.Module) -> Iterator[str]:
    """Yield where a check writes a pass itself; to compare a status with it is allowed."""
    if not any(fnmatch(name, place) for place in PASSES_BY_VERDICT):
        return
    asked = {id(one) for node in ast.walk(tree) if isinstance(node, ast.Compare) for one in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) != "Standing" and _writes_not_due(node):
            yield f"{name}:{node.lineno}: only agent/judge/freed.py writes not applicable, by a rule or declaration"
        written = isinstance(node, ast.Constant) and node.value == "pass" and id(node) not in asked
        if written or (isinstance(node, ast.ImportFrom) and any(one.name == "passed" for one in node.names)):
            yield f"{name}:{node.lineno}: only agent/judge/verdict.py writes a pass"


def _writes_not_due(call: ast.Call) -> bool:
    values = (*call.args, *(named.value for named in call.keywords))
    return any(isinstance(one, ast.Constant) and one.value == "not_applicable" for one in values)


def _sql_violations(name: str, tree: ast.Module) -> Iterator[str]:
    """Yield where a module of the hub that is no store has SQL: another store could not take its place."""
    if not name.startswith(("agent/hub/", "agent/commands/hub/")) or name.startswith("agent/hub/stores/"):
        return
    for node in _nodes(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
            yield f"{name}:{node.lineno}: SQL stands in agent/hub/stores"


def _json_violations(name: str, tree: ast.Module) -> Iterator[str]:
    """Yield where a view of the hub reads JSON, in Python or in SQL; to write it is allowed."""
    if not any(fnmatch(name, place) for place in HUB_VIEWS):
        return
    docs = {id(node.value) for node in _nodes(tree) if isinstance(node, ast.Expr)}
    for node in _nodes(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            if name != CONTRACT_VIEWS and SQL_READS_JSON.search(node.value):
                yield f"{name}:{node.lineno}: SQL reads JSON; what views need is a column"
        elif name not in READS_JSON and (what := _reads_json(name, node)):
            yield f"{name}:{node.lineno}: {what} reads JSON; what views need is a column"


def _reads_json(name: str, node: ast.AST) -> str:
    """Return by which name a node gets at a reader of JSON, empty for none."""
    if isinstance(node, ast.Import):
        return next(
            (one.name for one in node.names if within(one.name, "json") and (one.asname or "." in one.name)), ""
        )
    if isinstance(node, ast.ImportFrom):
        of_json = within(node.module or "", "json")
        names = [one.name for one in node.names if (of_json and one.name != "dumps") or one.name in JSON_READERS]
        return next((one for one in names if (name, one) != ("agent/hub/views/changes.py", "plain_findings")), "")
    if isinstance(node, ast.Attribute):
        of_json = isinstance(node.value, ast.Name) and node.value.id == "json" and node.attr != "dumps"
        return node.attr if of_json or node.attr in JSON_READERS else ""
    handed_on = isinstance(node, ast.Call) and any(isinstance(a, ast.Name) and a.id == "json" for a in node.args)
    return "json" if handed_on else ""


def _private_violations(name: str, tree: ast.Module) -> Iterator[str]:
    """Yield where a name with one underscore is used that belongs to somebody else.

    It does where it hangs on an imported module, or where this file gives that name to nothing; `self._x` is its own
    but in a class that stands on a foreign one. A private method of a library that is defined anew looks like our own.
    """
    foreign = {
        (one.asname or one.name).split(".")[0]
        for node in _nodes(tree)
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and not _is_ours(node))
        for one in node.names
    }
    given, of_heirs = _given(tree), _within_heirs(tree, foreign)
    for node in _nodes(tree):
        if isinstance(node, ast.ImportFrom) and not _is_ours(node):
            names = [part for one in node.names for part in (*(node.module or "").split("."), one.name)]
            private = next((one for one in names if _is_private(one) and not _may(name, one)), "")
        elif isinstance(node, ast.Attribute) and _is_private(node.attr) and not _may(name, node.attr):
            on = ast.unparse(node.value)
            ours = node.attr in given and on.split(".")[0] not in foreign and not on.startswith("super(")
            own = on in ("self", "cls") and (node.attr in given or id(node) not in of_heirs)
            private = "" if ours or own else node.attr
        else:
            continue
        if private:
            yield f"{name}:{node.lineno}: {private} is a private name of somebody else"


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


def _may(file: str, private: str) -> bool:
    return any(fnmatch(file, place) for place in PRIVATE_ALL_THE_SAME.get(private, ()))


def _is_ours(node: ast.ImportFrom) -> bool:
    return bool(node.level) or (node.module or "").split(".")[0] in (*PACKAGES, "__future__")


def _given(tree: ast.Module) -> set[str]:
    """Return the names that a file gives: functions, classes, fields, and what it assigns on `self` or `cls`."""
    given = set()
    for node in _nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            given.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            given.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            given |= {node.attr} if ast.unparse(node.value) in ("self", "cls") else set()
    return given


def _within_heirs(tree: ast.Module, foreign: set[str]) -> set[int]:
    """Return the nodes inside classes that stand on a foreign one."""
    heirs = (
        node
        for node in _nodes(tree)
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base).split(".")[0] in foreign for base in node.bases)
    )
    return {id(inner) for heir in heirs for inner in ast.walk(heir)}


@uncollected()
def reached(root: Path, start: str) -> dict[str, str]:
    """Return every module that importing `start` loads from our source -> the file that asks for it first.

    Foreign modules are named, not entered. Imports under TYPE_CHECKING count too: that only makes the answer stricter.
    """
    seen: dict[str, str] = {}
    waiting = [start]
    while waiting:
        module = waiting.pop()
        name = module.replace(".", "/")
        file = next((f for f in (f"{name}.py", f"{name}/__init__.py") if (root / f).exists()), None)
        if file is None:
            continue
        for each in _imported((root / file).read_text("utf-8"), file):
            if each.name not in seen:
                seen[each.name] = file
                waiting.append(each.name)
    return seen
