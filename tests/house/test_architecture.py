"""The house rules about who may import whom hold, and a broken one is noticed."""

from __future__ import annotations

import importlib
import inspect
import shutil
from collections import Counter
from importlib import metadata
from pathlib import Path

import pytest
import tomli
from architecture import reached, sources, violations
from house_rules import MODULES_MAX, PACKAGES, READS_JSON, VAGUE_STEMS

ROOT = Path(__file__).parents[2]
WEB = {"asyncio", "uvicorn", "starlette", "anyio", "h11", "click", "segno"}
FOREIGN = {"argparse", *metadata.packages_distributions()} - {*PACKAGES}


def test_the_tree_keeps_the_rules() -> None:
    assert violations(ROOT) == []


@pytest.mark.parametrize(
    "start",
    ["agent.service.daemon.loop", "agent.service.cycle.cycle", "agent.commands.run", "agent.commands.status.command"],
)
def test_the_daemon_and_status_load_no_picture_code(start: str) -> None:
    loaded = reached(ROOT, start)
    assert len(loaded) > 10
    assert {name: by for name, by in loaded.items() if name.split(".")[0] in ("numpy", "cv2")} == {}


@pytest.mark.parametrize(
    "start",
    [
        "agent.cli",
        "agent.service.daemon.loop",
        "agent.commands.run",
        "agent.commands.check.command",
        "agent.deliver.publish.client",
    ],
)
def test_no_other_command_and_no_daemon_loads_the_web_server(start: str) -> None:
    loaded = reached(ROOT, start)
    assert len(loaded) > 10
    assert {name: by for name, by in loaded.items() if name.split(".")[0] in WEB} == {}


def test_status_reaches_nothing_heavy() -> None:
    heavy = {"cv2", "numpy", "zeep", "onvif", "rich", "requests", "paho", "jinja2", "cryptography", "lxml", "psutil"}
    loaded = {**reached(ROOT, "agent.cli"), **reached(ROOT, "agent.commands.status.command")}
    assert {name: by for name, by in loaded.items() if name.split(".")[0] in heavy} == {}


def test_a_test_lies_in_a_room_and_its_name_is_there_once() -> None:
    """SECURITY.md and the table of mutants know a test by the bare name of its file."""
    files = [path for path in (ROOT / "tests").rglob("test_*.py") if "fixtures" not in path.parts]
    assert len(files) > 300
    assert [path.name for path in files if path.parent == ROOT / "tests"] == []
    assert [name for name, count in Counter(path.name for path in files).items() if count > 1] == []


def test_the_help_of_masks_loads_none_of_its_actions_and_rules_no_check() -> None:
    loaded = reached(ROOT, "agent.commands.masks.command")
    assert {name for name in loaded if name.split(".")[0] in ("drivers", "masking", "rich")} == set()
    assert {name for name in loaded if name.startswith(("agent.site", "agent.observe", "agent.service"))} == set()
    assert "agent.judge.checks.table" not in reached(ROOT, "agent.commands.rules")


def test_no_private_method_of_a_library_is_defined_anew_but_these() -> None:
    """What `architecture.py` cannot tell from the source: which names a foreign class has."""
    anew = set()
    for name in [name for package in PACKAGES for name in modules(package) if not name.endswith("__main__")]:
        for one in vars(importlib.import_module(name)).values():
            if inspect.isclass(one) and one.__module__ == name:
                foreign = [base for base in one.__mro__[1:] if base.__module__.split(".")[0] in FOREIGN]
                anew |= {(name, one.__name__, own) for own in vars(one) for base in foreign if own in private(base)}
    of_python = ("_abc_impl", "_is_protocol")  # it puts them into each class below an abstract one, or a protocol
    anew = {one for one in anew if one[2] not in of_python}
    assert anew == {
        ("agent.text.cli_words", "ByWidth", "_split_lines"),
        ("agent.text.cli_words", "ByWidth", "_fill_text"),
        ("agent.deliver.publish.client", "Client", "_handle_publish"),
    }


def modules(package: str) -> list[str]:
    return [path.removesuffix(".py").replace("/", ".") for path, _ in sources(ROOT, package) if "__init__" not in path]


def private(one: type) -> set[str]:
    return {name for name in vars(one) if name.startswith("_") and not name.startswith("__")}


PLANTED = [
    ("agent/a.py", "", "stands in no room"),
    ("agent/toolbox/a.py", "", "toolbox is no room"),
    ("agent/model/a.py", "from agent.site.config import site", "model may not import agent.site.config"),
    (
        "agent/contract/a.py",
        "from agent.site.config.site import Site",
        "contract may not import agent.site.config",
    ),
    ("agent/judge/a.py", "import agent.report.build", "judge may not import agent.report.build"),
    (
        "agent/site/a.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import agent.judge.check",
        "site may",
    ),
    ("agent/hub/a.py", "from agent.service.daemon.loop import serve", "hub may not import agent.service.daemon.loop"),
    ("agent/hub/a.py", "from agent.onsite import ledger", "hub may not import agent.onsite"),
    ("agent/onsite/a.py", "from agent.hub.stores.store import Store", "onsite may not import agent.hub.stores.store"),
    ("agent/service/a.py", "from agent.verify import judge", "service may not import agent.verify"),
    ("agent/judge/checks/papers/a.py", "check.finding('site', 'pass', '', {}, message)", "writes a pass"),
    ("agent/judge/checks/service/a.py", "status = 'pass' if well else 'fail'", "writes a pass"),
    ("agent/judge/checks/devices/a.py", "from agent.judge.wording.held import passed", "writes a pass"),
    ("agent/judge/a.py", "import time", "time may not be imported here"),
    ("agent/report/a.py", "from threading import Thread", "threading may not be imported here"),
    ("agent/site/a.py", "import socket", "socket may not be imported here"),
    ("agent/hub/domain/a.py", "import sqlite3", "sqlite3 may not be imported here"),
    ("masking/a.py", "import agent.model.finding", "masking may not import agent.model.finding"),
    ("masking/a.py", "from drivers import model", "masking may not import drivers"),
    ("drivers/a.py", "from masking.zones import raster", "drivers may not import masking.zones.raster"),
    ("drivers/a.py", "from masking.zones.raster import fill", "drivers may not import masking.zones.raster"),
    ("drivers/a.py", "import masking", "drivers may not import masking"),
    ("drivers/a.py", "from agent.site.config.site import Site", "drivers may not import agent.site.config.site"),
    ("drivers/onvif/a.py", "from ...agent import cli", "drivers may not import agent"),
    ("agent/host/a.py", "import tests.fixture", "host may not import tests"),
    ("agent/host/a.py", "import numpy as np", "numpy may not be imported here"),
    ("drivers/a.py", "import cv2", "cv2 may not be imported here"),
    ("masking/geometry.py", "import numpy", "must not load numpy"),
    ("masking/worker/client.py", "from cv2 import imdecode", "must not load cv2"),
    ("masking/bitstream/a.py", "import numpy", "must not load numpy"),
    ("masking/bitstream/a.py", "from masking import model", "masking/bitstream may not import masking"),
    ("agent/host/a.py", "import requests", "requests may not be imported here"),
    ("drivers/onvif/a.py", "import requests.adapters", "requests may not be imported here"),
    ("agent/host/a.py", "from urllib.request import urlopen", "urllib.request may not be imported here"),
    ("drivers/a.py", "from http import client", "http.client may not be imported here"),
    ("agent/host/a.py", "from http.server import HTTPServer", "http.server may not be imported here"),
    ("drivers/a.py", "import zeep", "zeep may not be imported here"),
    ("agent/host/a.py", "from onvif import ONVIFService", "onvif may not be imported here"),
    ("agent/host/a.py", "import paho.mqtt.client", "paho may not be imported here"),
    ("agent/commands/a.py", "from cryptography import x509", "cryptography may not be imported here"),
    ("agent/commands/a.py", "import openpyxl", "openpyxl may not be imported here"),
    ("agent/host/a.py", "from rich.console import Console", "rich may not be imported here"),
    ("agent/host/a.py", "def f():\n    import json", "json is imported inside a function"),
    (
        "agent/host/a.py",
        "class A:\n    def f(self):\n        from json import loads",
        "json is imported inside a function",
    ),
    (
        "agent/host/a.py",
        "import importlib\nimportlib.import_module('numpy')",
        "only the tables of commands import by name",
    ),
    ("agent/host/a.py", "from importlib import import_module", "only the tables of commands import by name"),
    ("agent/host/a.py", "__import__('numpy')", "__import__ hides what is imported"),
    ("agent/host/a.py", "import logging\nlogging.basicConfig()", "logging is set up in agent/cli.py only"),
    ("agent/site/a.py", "import fcntl", "fcntl may not be imported here"),
    ("drivers/a.py", "from resource import getrusage", "resource may not be imported here"),
    ("agent/commands/a.py", "import os\nif os.geteuid() == 0:\n    pass", "os.geteuid is not there on Windows"),
    ("drivers/a.py", "import os\nflags = os.O_NOFOLLOW", "os.O_NOFOLLOW is not there on Windows"),
    ("agent/host/a.py", "import asyncio", "asyncio may not be imported here"),
    ("agent/service/a.py", "import uvicorn", "uvicorn may not be imported here"),
    ("agent/host/web.py", "from starlette.applications import Starlette", "starlette may not be imported here"),
    ("agent/commands/a.py", "import segno", "segno may not be imported here"),
    ("agent/host/a.py", "import pickle", "pickle may not be imported here"),
    ("agent/hub/workers/a.py", "store.all('SELECT 1')", "SQL stands in agent/hub/stores"),
    ("agent/hub/domain/a.py", "store.run(f'UPDATE site SET x = {y}')", "SQL stands in agent/hub/stores"),
    ("agent/hub/views/a.py", "from agent.hub.stores.findings import findings", "is an engine's"),
    ("agent/commands/hub/a.py", "from agent.hub.stores import store", "agent.hub.stores.store is an engine's"),
    ("agent/demo/a.py", "import agent.hub.stores", "agent.hub.stores is an engine's"),
    ("agent/hub/ports/a.py", "import sqlite3", "sqlite3 may not be imported here"),
    ("agent/hub/log/store.py", "log.run('SELECT 1')", "SQL stands in agent/hub/stores"),
    ("packaging/__init__.py", "", "it would shadow another"),
    ("systemd/__init__.py", "", "it would shadow another"),
    ("tests/__init__.py", "", "it would shadow another"),
    ("tests/drivers/__init__.py", "", "it would shadow another"),
    ("agent/hub/stores/reading/queries.py", "import json\njson.loads(payload)", "loads reads JSON"),
    ("agent/hub/case/case.py", "import json\nread = json.load", "load reads JSON"),
    ("agent/hub/case/case.py", "import json as j", "json reads JSON"),
    ("agent/hub/a.py", "import json.decoder", "json.decoder reads JSON"),
    ("agent/hub/views/status.py", "from json import loads", "loads reads JSON"),
    ("agent/hub/views/metrics.py", "from json.decoder import JSONDecoder", "JSONDecoder reads JSON"),
    ("agent/commands/hub/view.py", "from agent.contract.payload_bounds import read_json", "read_json reads JSON"),
    ("agent/hub/case/case.py", "from agent.hub import said\nsaid.data_of(payload)", "data_of reads JSON"),
    ("agent/hub/case/case.py", "from agent.report.plain_findings import plain_findings", "plain_findings reads JSON"),
    (
        "agent/hub/stores/reading/queries.py",
        "store.all(\"SELECT json_extract(payload, '$.ts') FROM report\")",
        "SQL reads JSON",
    ),
    (
        "agent/hub/stores/reading/queries.py",
        "store.all('SELECT value FROM report, json_each(payload)')",
        "SQL reads JSON",
    ),
    ("agent/hub/stores/reading/queries.py", "store.all(f\"SELECT payload ->> '$.ts' FROM {table}\")", "SQL reads JSON"),
    ("agent/hub/stores/store.py", 'store.all("SELECT jsonb(payload) FROM report")', "SQL reads JSON"),
    ("agent/hub/a.py", "import json\ngetattr(json, 'loads')", "json reads JSON"),
    ("agent/commands/hub/view.py", "import json\njson.JSONDecoder()", "JSONDecoder reads JSON"),
    ("agent/host/a.py", "import argparse\nargparse._sys", "_sys is a private name of somebody else"),
    ("agent/host/a.py", "from argparse import _sys", "_sys is a private name of somebody else"),
    ("agent/host/a.py", "from urllib3._collections import HTTPHeaderDict", "_collections is a private name"),
    (
        "drivers/a.py",
        "import argparse\ndef f(p):\n    p._actions",
        "_actions is a private name",
    ),
    ("packaging/a.py", "def f(made):\n    return made()._lines[0]", "_lines is a private name of somebody else"),
    (
        "agent/host/a.py",
        "from threading import Thread\nclass A(Thread):\n    def f(self):\n        return self._target",
        "_target is a private name of somebody else",
    ),
    (
        "agent/host/a.py",
        "from threading import Thread\nclass A(Thread):\n    def _stop(self):\n        super()._stop()",
        "_stop is a private name of somebody else",
    ),
    *[(f"agent/site/{stem}.py", "", "a name that says nothing") for stem in sorted(VAGUE_STEMS)],
    ("drivers/utils/__init__.py", "", "a name that says nothing"),
]


@pytest.mark.parametrize(("name", "text", "what"), PLANTED, ids=[f"{n}-{w}" for n, _, w in PLANTED])
def test_a_broken_rule_is_noticed(name: str, text: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    found = violations(tmp_path)
    assert any(line.startswith(f"{name}:") and what in line for line in found), found


@pytest.mark.parametrize("count", [MODULES_MAX, MODULES_MAX + 1])
def test_a_folder_that_is_too_full_is_noticed(count: int, tmp_path: Path) -> None:
    folder = tmp_path / "drivers/acme"
    folder.mkdir(parents=True)
    for name in ("__init__", *(f"m{number}" for number in range(count))):
        (folder / f"{name}.py").write_text("")
    found = [f"drivers/acme: {count} modules, more than {MODULES_MAX}"] if count > MODULES_MAX else []
    assert violations(tmp_path) == found


ALLOWED = [
    ("agent/host/a.py", "class A:\n    _x = 1\n    def f(self, other):\n        return self._y, other._x, A._x"),
    ("agent/host/a.py", "from threading import Thread\nclass A(Thread):\n    def f(self):\n        self._x = self._x"),
    ("masking/worker/a.py", "import os\nos._exit(0)"),
    ("drivers/a.py", "from masking import geometry\nfrom masking.model import Polygon"),
    ("drivers/http/transport.py", "import requests\nimport http.client"),
    ("drivers/onvif/a.py", "import zeep\nfrom onvif import ONVIFService"),
    ("drivers/registry.py", "from importlib import import_module"),
    ("agent/cli.py", "import importlib\nimport logging\nlogging.getLogger().addHandler(logging.NullHandler())"),
    (
        "agent/host/a.py",
        "import importlib.resources\nfrom importlib import metadata\nfrom masking.worker.client import Worker",
    ),
    ("agent/model/a.py", "from agent.version import VERSION\nfrom masking.geometry import Polygon"),
    ("agent/onsite/a.py", "from agent.verify.judge import judge\nfrom agent.deliver.spool.spool import Spool"),
    ("agent/demo/a.py", "import cv2, numpy, paho, iotcore\nfrom http.server import HTTPServer"),
    ("agent/hub/enroll/a.py", "import cryptography"),
    ("agent/hub/views/a.py", "from agent.hub.stores.engines import open_store"),
    ("agent/hub/workers/a.py", "from agent.hub.stores import engines"),
    ("agent/hub/transport/a.py", "import paho"),
    ("agent/hub/views/status.py", "import json\nfrom json import dumps\njson.dumps({})"),
    ("agent/commands/hub/view.py", "print('from {a} -> {b}')"),
    ("agent/hub/workers/answers.py", "import json\njson.loads(payload)"),
    ("agent/hub/views/changes.py", "from agent.report.plain_findings import plain_findings"),
    ("agent/commands/status/command.py", "import json\njson.loads(payload)"),
    ("masking/zones/mosaic.py", "import cv2, numpy\nfrom masking import model"),
    ("masking/worker/decode.py", "import cv2\nfrom masking.bitstream import h264"),
    ("masking/bitstream/a.py", "from masking.bitstream import bits\nfrom masking.bitstream.bits import Bits"),
    ("packaging/build.py", "import agent.version"),
]


@pytest.mark.parametrize(("name", "text"), ALLOWED, ids=[f"{n}-{i}" for i, (n, _) in enumerate(ALLOWED)])
def test_what_is_allowed_is_not_refused(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert violations(tmp_path) == []


def test_every_module_that_may_read_json_is_there_and_says_what() -> None:
    assert all((ROOT / name).exists() and what for name, what in READS_JSON.items())


def test_a_heavy_module_behind_three_imports_is_noticed(tmp_path: Path) -> None:
    for name, text in {
        "agent/service/daemon/loop.py": "from agent.service.cycle import cycle",
        "agent/service/cycle/cycle.py": "from agent.judge.checks.table import run",
        "agent/judge/checks/table.py": "from agent.judge.checks.pictures import masks",
        "agent/judge/checks/pictures/masks.py": "import numpy",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert reached(tmp_path, "agent.service.daemon.loop")["numpy"] == "agent/judge/checks/pictures/masks.py"


def test_the_wheel_holds_the_three_packages_and_nothing_else() -> None:
    project = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == list(PACKAGES)


def test_the_rules_are_read_from_the_real_packages(tmp_path: Path) -> None:
    """A copy of a real file with one line planted is refused: the test of the tree does not pass for want of files."""
    (tmp_path / "agent/service/daemon").mkdir(parents=True)
    shutil.copy(ROOT / "agent/service/daemon/loop.py", tmp_path / "agent/service/daemon/loop.py")
    with (tmp_path / "agent/service/daemon/loop.py").open("a") as file:
        file.write("\nimport cv2\n")
    assert [line.split(": ", 1)[1] for line in violations(tmp_path)] == ["cv2 may not be imported here"]
