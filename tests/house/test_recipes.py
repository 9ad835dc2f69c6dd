"""What agent/README.md says about adding something is done by it, in a copy of the tree, and works there.

Each recipe needs at most three new files, the test among them, and lines in the tables that its row names. All are
carried out in the same copy of the tree, as making one and holding it to the rules of the house cost most.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from architecture import violations
from devices import HttpDevice, http
from hubside import Peer
from mosquitto import Broker
from recipes import Copy, Line, recipes

from agent.model import exits

NEW_MAX: Final = 3
PO: Final = "agent/text/locale/zh_CN/LC_MESSAGES/camwarden.po"
HOUSE: Final = (
    "tests/house/test_first_lines.py::test_the_first_line_of_each_module_is_a_verb_of_the_field_and_its_object",
    "tests/house/test_documented.py::test_each_command_has_one_row_in_the_page_of_commands",
    "tests/house/test_documented.py::test_each_check_stands_in_the_pages_on_checks",
    "tests/house/test_documented.py::test_each_driver_and_kind_of_store_stands_in_the_page_on_drivers",
    "tests/house/test_documented.py::test_each_folder_of_modules_has_a_page_or_is_named_in_one_above",
    "tests/house/test_checks_table.py::test_every_check_that_is_written_has_a_test",
)
"""What the tests of the whole tree say of something new, as far as it concerns one of these recipes."""

TEXTS: Final = (
    "tests/text/test_text.py::test_every_text_that_people_read_is_translated",
    "tests/text/test_text.py::test_every_text_of_help_is_translated",
    "tests/text/test_text.py::test_no_translation_is_left_over",
)
"""The same of new texts."""


@dataclass(frozen=True, slots=True)
class Addition:
    """What somebody writes who follows a recipe: new files by their source, and lines in tables.

    `generators`: those of `make generated` that have something to write then.
    """

    new: dict[str, str]
    lines: tuple[Line, ...]
    generators: tuple[str, ...] = ()


def texts(*msgids: str) -> Line:
    """Return entries of the `.po`; what they say in Chinese is beside the point."""
    entries = ""
    for one in msgids:
        places = "".join(re.findall(r"\{\w+\}", one))
        flag = "#, python-brace-format\n" if places else ""
        entries += f'\n{flag}msgid "{one}"\nmsgstr "甲{places}"\n'
    return Line(PO, entries)


DRIVER: Final = Addition(
    {
        "drivers/acme/read.py": "acme_read.py",
        "drivers/acme/__init__.py": "",
        "tests/drivers/acme/test_acme.py": "acme_cases.py",
    },
    (
        Line("drivers/registry.py", '    "acme": "drivers.acme.read",\n', '    "onvif": "drivers.onvif.read"'),
        Line("drivers/README.md", "| `acme` (`acme/`) | Acme's cameras | JSON |\n", "| `onvif` | whatever"),
    ),
    ("write_completions", "write_man_pages"),
)
CHECK: Final = Addition(
    {
        "agent/judge/checks/papers/short_name.py": "short_name.py",
        "tests/judge/checks/papers/test_short_name_checks.py": "short_name_cases.py",
    },
    (
        Line("agent/judge/checks/table.py", "    short_name.CHECK,\n", "    unread.CHECK,\n"),
        Line(
            "agent/judge/checks/table.py",
            "from agent.judge.checks.papers import short_name\n",
            "from agent.judge.checks.pictures import",
        ),
        Line(
            "agent/judge/checks/known.py", '    "short-name": EvidenceRule("declared"),\n', '    "camera-lost": _OWN,'
        ),
        Line(
            "agent/judge/obligations.py",
            '    "short-name": _word("short"),\n',
            '    "camera-lost": (Obligation("SUBJECT"',
        ),
        Line("agent/report/check_titles.py", '    "short-name": "Names short",\n', '    "camera-lost": "No'),
        texts(
            "Names short",
            "its name is short enough for the radio",
            "its name of {count} characters is too long for the radio: shorten it",
        ),
    ),
    ("compile_locale", "write_checks_table"),
)
MEMORY: Final = Addition(
    {
        "agent/judge/checks/devices/often_silent.py": "often_silent.py",
        "agent/observe/remembered/areas/silent_looks.py": "silent_looks.py",
        "tests/judge/checks/devices/test_often_silent_checks.py": "often_silent_cases.py",
    },
    (
        Line("agent/judge/checks/table.py", "    often_silent.CHECK,\n", "    unread.CHECK,\n"),
        Line("agent/judge/checks/table.py", "    often_silent,\n", "    online,\n"),
        Line("agent/judge/checks/known.py", '    "often-silent": _OWN,\n', '    "camera-lost": _OWN,'),
        Line(
            "agent/judge/obligations.py",
            '    "often-silent": _own("answers", history="silent_looks"),\n',
            '    "camera-lost": (Obligation("SUBJECT"',
        ),
        Line("agent/report/check_titles.py", '    "often-silent": "Seldom silent",\n', '    "camera-lost": "No'),
        Line("agent/observe/remembered/table.py", "    silent_looks,\n", "    voided,\n"),
        Line("agent/observe/remembered/table.py", '    "silent_looks": silent_looks,\n', '    "outages": outages,'),
        Line(
            "agent/observe/remembered/value.py",
            "    silent_looks: Mapping[str, int] = field(default_factory=dict)\n",
            "    running: Mapping",
        ),
        texts("Seldom silent", "it was silent {count} times", "it was silent {count} times: look at its cable"),
    ),
    ("compile_locale", "write_checks_table"),
)
COMMAND: Final = Addition(
    {"agent/commands/cameras.py": "cameras.py", "tests/commands/test_cameras.py": "cameras_cases.py"},
    (
        Line("agent/cli.py", '    "cameras": ("agent.commands.cameras", "list the cameras"),\n', '    "discover": ('),
        Line("agent/commands/README.md", "| `camwarden cameras` | list the cameras |\n", "| `camwarden discover` |"),
        texts("list the cameras", "print only how many cameras there are", "{count} cameras here"),
    ),
    ("compile_locale", "write_completions", "write_man_pages"),
)
STORE: Final = Addition(
    {"drivers/stores/listed.py": "listed.py", "tests/drivers/stores/test_listed.py": "listed_cases.py"},
    (
        Line("drivers/registry.py", '    "listed": "drivers.stores.listed",\n', '    "segments": "drivers.stores'),
        Line("drivers/README.md", "| `listed` | a table of recordings |\n", "| `segments` | files named"),
    ),
)
ADDITIONS: Final = {
    "driver": DRIVER, "check": CHECK, "check with memory": MEMORY, "command": COMMAND, "store": STORE,
}  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy of the tree in which each recipe is carried out, and what is generated is generated."""
    made = Copy(tmp_path_factory.mktemp("recipes") / "tree")
    for addition in ADDITIONS.values():
        for file, source in addition.new.items():
            made.add(file, source)
        for line in addition.lines:
            made.write(line)
    made.generate(dict.fromkeys(name for addition in ADDITIONS.values() for name in addition.generators))
    return made


@contextmanager
def a_site(folder: Path, driver: str = "uniview", more: str = "", port: int = 1, answer: bytes = b"") -> Iterator[Path]:
    """Write a site of one camera whose device answers the same to everything; nothing comes from it but that."""
    with HttpDevice(lambda asked: http(200, answer) if answer else http(404)) as served:
        config = folder / "site.toml"
        config.write_text(
            f"""
[site]
id = "dt0001"
city = "140200"
division = "140200"
name = "School"

[storage]
directory = "{folder}/state"
runtime = "{folder}/run"

[hub]
host = "127.0.0.1"
port = {port}
tls = false
confirm = "broker"

[[device]]
id = "box"
host = "127.0.0.1"
port = {served.port}
driver = "{driver}"

[[camera]]
id = "a-name-of-many-words"
device = "box"
{more}
"""
        )
        yield config


def of(told: Any, check: str) -> list[tuple[str, str]]:
    """Return subject and status of a check's findings."""
    return [(one["subject"], one["status"]) for one in told["findings"] if one["check"] == check]


@pytest.mark.parametrize("what", ADDITIONS)
def test_a_recipe_needs_three_new_files_at_most_and_the_tables_that_it_names(what: str) -> None:
    row, addition = recipes()[what], ADDITIONS[what]
    assert len(addition.new) <= NEW_MAX
    patterns = [re.sub("NAME|AREA", r"[a-z_]+", re.escape(one)) for one in row.new]
    assert sorted(patterns) == sorted(
        pattern for name in addition.new for pattern in patterns if re.fullmatch(pattern, name)
    )
    assert {line.file for line in addition.lines} == set(row.tables)


def test_a_row_of_the_table_without_a_recipe_here_is_an_option_only() -> None:
    assert recipes().keys() - ADDITIONS.keys() == {"option"}


def test_what_the_recipes_add_is_what_they_say_keeps_the_rules_of_the_house_and_passes_its_own_tests(
    copy: Copy, tmp_path: Path
) -> None:
    new = [name for addition in ADDITIONS.values() for name in addition.new]
    assert copy.new() == set(new)
    assert copy.edited() == {line.file for addition in ADDITIONS.values() for line in addition.lines}
    assert violations(copy.root) == []
    ruff = Path(sys.executable).with_name("ruff")
    for words in (("check", "-q"), ("format", "-q", "--check")):
        ran = subprocess.run([ruff, *words, *new], cwd=copy.root, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    tests = [name for name in new if name.startswith("tests/")]
    # In a folder of its own: in pytest's own it would clean up after others, which takes longer than its tests.
    copy.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", tmp_path / "own", *tests, *HOUSE, *TEXTS)


def test_a_driver_is_added(copy: Copy, tmp_path: Path) -> None:
    with a_site(tmp_path, "acme", answer=b'{"model": "A1", "firmware": "2.1", "serial": "4711"}') as config:
        (device,) = copy.command("check", "--config", config)["devices"]
    assert (device["maker"], device["model"], device["firmware"]) == ("Acme", "A1", "2.1")


def test_a_check_is_added(copy: Copy, tmp_path: Path) -> None:
    with a_site(tmp_path) as config:
        told = copy.command("check", "--config", config)
    assert of(told, "short-name") == [("camera:a-name-of-many-words", "warn")]


def test_a_check_with_memory_is_added(copy: Copy, tmp_path: Path) -> None:
    open_before = []
    with Broker(tmp_path / "broker") as broker, Peer(broker.port), a_site(tmp_path, port=broker.port) as config:
        for _ in range(2):  # two processes: what the second one knows of the first stands in the spool
            copy.run("-m", "agent", "run", "--once", "--config", config, ends=exits.UNCHECKED)
            told = copy.command("status", "--config", config)["open"]
            open_before.append([(one["status"], one["values"]) for one in told if one["check"] == "often-silent"])
    assert open_before == [[], [("warn", {"count": 2})]]


def test_a_command_is_added(copy: Copy, tmp_path: Path) -> None:
    with a_site(tmp_path) as config:
        told = copy.command("cameras", "--config", config, ends=0)
        counted = copy.run("-m", "agent", "cameras", "--count", "--config", config, "--lang", "zh_CN").stdout
    assert told == {"schema": "camwarden-cameras/1", "cameras": ["a-name-of-many-words"]}
    assert counted == "甲1\n"
    assert (copy.root / "packaging/man/camwarden-cameras.1").exists()


def test_a_store_is_added(copy: Copy, tmp_path: Path) -> None:
    begin, end = (datetime.now(UTC) - timedelta(days=days) for days in (9, 1))
    (tmp_path / "list.csv").write_text(f"gate,{begin.isoformat()},{end.isoformat()}\n")
    camera = 'store = "disk"\nstore_name = "gate"\nrecorded = true\n'
    store = f'[[store]]\nid = "disk"\nkind = "listed"\npath = "{tmp_path}/list.csv"\n'
    with a_site(tmp_path, more=f"{camera}\n{store}") as config:
        told = copy.command("check", "--config", config)
    (found,) = [one for one in told["findings"] if one["check"] == "retention-days"]
    assert found["subject"] == "camera:a-name-of-many-words" and found["evidence"]["kept_days"] == pytest.approx(
        9, abs=0.1
    )
