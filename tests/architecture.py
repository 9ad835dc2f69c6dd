"""Reads the import rules of the house out of the source with `ast`; `test_architecture.py` holds the tree to them.

Nothing is imported or run: a broken rule in a file that cannot even be imported is found too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

PACKAGES = ("agent", "drivers", "masking")
LINES_MAX = 350

OUTSIDE_OF: dict[str, tuple[str, ...]] = {
    "masking/bitstream": ("masking.bitstream",),
    "masking": ("masking",),
    "drivers": ("drivers", "masking.geometry", "masking.model", "masking.view.model"),
    "agent": PACKAGES,
}
"""What each package may import of ours; of two, the first that a module lies in counts."""

PURE_MASKING = (
    "geometry", "coverage", "model", "wire", "worker", "__init__", "study", "wire_study", "view_model", "view_zones",
    "persistence", "pool", "quality", "quality_learning", "baseline", "positions", "bitstream/*",
)  # fmt: skip
"""What the daemon uses of masking, and what reads foreign bytes there: these must not load numpy or OpenCV."""

WALLS: dict[str, tuple[str, ...]] = {
    "numpy": ("masking/*", "agent/demo/*"),
    "cv2": ("masking/*", "agent/demo/*"),
    "pyseccomp": ("masking/*",),
    "requests": ("drivers/http/connections.py", "drivers/http/transport.py"),
    "urllib3": ("drivers/http/connections.py", "drivers/http/transport.py"),
    "urllib.request": ("drivers/http/transport.py",),
    "http.client": ("drivers/http/transport.py", "agent/service/enroll/channel.py"),
    "http.server": ("agent/host/http_serving.py", "agent/demo/*"),
    "httpx": (),
    "aiohttp": (),
    "asyncio": (),
    "zeep": ("drivers/onvif/*",),
    "onvif": ("drivers/onvif/*",),
    "paho": ("agent/deliver/publish/publisher.py", "agent/publish_*.py", "agent/hub/*", "agent/demo/*"),
    "cryptography": (
        "agent/deliver/keys/own_certificate.py",
        "agent/contract/envelope.py",
        "agent/contract/signing_keys.py",
        "agent/keys_*.py",
        "agent/hub/*",
        "agent/demo/*",
    ),
    "rich": ("agent/commands/*", "agent/demo/*"),
    "iotcore": ("agent/demo/*",),
    "openpyxl": ("agent/ledger/*",),
    "pkcs11": ("agent/deliver/keys/pkcs11.py",),
    "packaging": (),
    "systemd": (),
    "pickle": (),
    "tomllib": (),
}
"""Where a module may be imported; everywhere else it may not."""

IMPORT_TABLES = ("drivers/registry.py", "agent/cli.py", "agent/deliver/keys/place.py")
"""The two tables that import by name, and the one place that loads the library for tokens."""

HUB_VIEWS = ("agent/hub/*", "agent/commands/hub*")
READS_JSON = {
    "agent/verify/message.py": "intake: a message as it comes, and a file that `camwarden verify` is given",
    "agent/hub/workers/intake.py": "intake",
    "agent/hub/workers/imports.py": "intake of what was carried here",
    "agent/hub/workers/refused.py": "intake: what a refused message says that it is",
    "agent/hub/workers/answers.py": "intake: an answer, the order that the hub gave, and the report that it names",
    "agent/hub/domain/view_columns.py": "what it has written itself; and a stored body, once, for `layout`",
    "agent/hub/stores/case_columns.py": "the evidence that it has written itself",
    "agent/hub/stores/day_figures.py": "what it has written itself",
    "agent/hub/stores/schema.py": "fills a database of an older version, once",
    "agent/hub/stores/store.py": "public keys",
    "agent/hub/stores/trust.py": "public keys and who trusts them",
    "agent/verify/bindings.py": "a trust file",
    "agent/hub/workers/orders.py": "the policy that this hub has signed itself, for the one that replaces it",
    "agent/verify/judge.py": "files that `camwarden verify` is given",
    "agent/verify/manifest.py": "files that `camwarden verify` is given",
    "agent/hub/enroll/place.py": "the desk's settings",
    "agent/commands/hub/orders.py": "a policy that a person names",
}
"""Which modules of the hub may read JSON, and what it is: no other one can read what a site has signed."""

JSON_READERS = frozenset({"read_json", "data_of", "read_payload", "read_message", "plain_findings"})
"""Our functions that read a body or a part of one; `hub/views/changes` asks the last one of what `said` has kept."""

SQL_READS_JSON = re.compile(r"\bjsonb?(_\w+)?\s*\(|\bjson_(each|tree)\b|->>?\s*['?:\d]")

LOGGING_HOME = "agent/cli.py"
LOGGING_SET_UP = frozenset({"basicConfig", "dictConfig", "fileConfig", "addHandler"})

VAGUE_STEMS = frozenset({"util", "utils", "helper", "helpers", "common", "manager", "managers", "base", "misc", "core"})


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
    nested = {
        id(inner)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(outer)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, id(node) in nested)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield Import(module, node.lineno, id(node) in nested)
            for alias in node.names:
                yield Import(f"{module}.{alias.name}", node.lineno, id(node) in nested)


def within(name: str, module: str) -> bool:
    """Tell whether a dotted name is a module or lies in it."""
    return name == module or name.startswith(f"{module}.")


def violations(root: Path) -> list[str]:
    """Return every broken rule as `path:line: what`."""
    found: list[str] = []
    for name, path in sources(root, *PACKAGES):
        tree = ast.parse(path.read_text("utf-8"), name)
        found += _import_violations(name, tree)
        found += _call_violations(name, tree)
        found += _json_violations(name, tree)
    for name, path in sources(root, *PACKAGES, "packaging", "systemd", "tests"):
        count = len(path.read_text("utf-8").splitlines())
        if count > LINES_MAX:
            found.append(f"{name}:{count}: longer than {LINES_MAX} lines")
        if path.stem in VAGUE_STEMS or (path.name == "__init__.py" and path.parent.name in VAGUE_STEMS):
            found.append(f"{name}:1: a name that says nothing")
        if path.name == "__init__.py" and not name.startswith(PACKAGES):
            found.append(f"{name}:1: no package may be here, it would shadow another")
    return found


def _import_violations(name: str, tree: ast.Module) -> Iterator[str]:
    package = next(each for each in OUTSIDE_OF if name.startswith(f"{each}/"))
    ours = (*PACKAGES, "tests")
    modules = list(imports(tree, name))
    for each in modules:
        top = each.name.split(".")[0]
        # `from masking import geometry` names masking itself first: what counts is the module behind it.
        longer = any(
            other.line == each.line and within(other.name, f"{each.name}") for other in modules if other != each
        )
        if (
            top in ours
            and not any(within(each.name, allowed) for allowed in OUTSIDE_OF[package])
            and not (longer and each.name in PACKAGES)
        ):
            yield f"{name}:{each.line}: {package} may not import {each.name}"
        for module, places in WALLS.items():
            if within(each.name, module) and not any(fnmatch(name, place) for place in places):
                yield f"{name}:{each.line}: {module} may not be imported here"
        if top in ("numpy", "cv2") and any(fnmatch(name, f"masking/{pure}.py") for pure in PURE_MASKING):
            yield f"{name}:{each.line}: the daemon uses this module, which must not load {top}"
        if each.nested:
            yield f"{name}:{each.line}: {each.name} is imported inside a function"
        if each.name == "importlib.import_module" and name not in IMPORT_TABLES:
            yield f"{name}:{each.line}: only the two tables import by name"


def _call_violations(name: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called == "import_module" and name not in IMPORT_TABLES:
            yield f"{name}:{node.lineno}: only the two tables import by name"
        if called in LOGGING_SET_UP and name != LOGGING_HOME:
            yield f"{name}:{node.lineno}: logging is set up in {LOGGING_HOME} only"
        if called in ("__import__", "exec", "eval"):
            yield f"{name}:{node.lineno}: {called} hides what is imported"


def _json_violations(name: str, tree: ast.Module) -> Iterator[str]:
    """Yield where a view of the hub reads JSON, in Python or in SQL; to write it is allowed."""
    if not any(fnmatch(name, place) for place in HUB_VIEWS):
        return
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            if SQL_READS_JSON.search(node.value):
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
        for each in imports(ast.parse((root / file).read_text("utf-8")), file):
            if each.name not in seen:
                seen[each.name] = file
                waiting.append(each.name)
    return seen
