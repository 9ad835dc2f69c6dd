"""The command line as a user meets it: flags anywhere, one clear line for each wrong end, nothing heavy loaded."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
import tomli
from here_run import run_here

from agent import cli
from agent.cli import COMMANDS, main
from agent.host.paths import credentials_file
from agent.model import exits
from agent.model.errors import HubUnavailable
from agent.version import VERSION
from drivers.credentials import Credentials
from drivers.model import Credential, Device

ROOT = Path(__file__).parents[2]
CAMWARDEN = Path(sys.executable).parent / "camwarden"
HEAVY = ("cv2", "numpy", "zeep", "onvif", "rich", "requests", "paho", "cryptography", "jinja2", "lxml", "psutil")
HEAVY += ("asyncio", "uvicorn", "starlette", "h11", "anyio", "segno")
PASSWORD = "hunter2"


def camwarden(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **more}
    return subprocess.run(
        [CAMWARDEN, *arguments], capture_output=True, text=True, timeout=60, env=environ, cwd="/", check=False
    )


def here(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What `camwarden` says, for tests that ask nothing of it as a process."""
    return run_here(*arguments, environ={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"})


def site(folder: Path, text: str = "") -> Path:
    path = folder / "site.toml"
    path.write_text(
        f'[site]\nid = "datong017"\ncity = "datong"\ndivision = "140200"\n'
        f'[storage]\ndirectory = "{folder}"\nruntime = "{folder}"\n{text}'
    )
    return path


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Puts a command `status` in place that does what it is told."""

    def put(action: Callable[[], object]) -> None:
        module = ModuleType("agent.commands.status.command")
        module.add_arguments = lambda parser: None  # type: ignore[attr-defined]
        module.run = lambda args: action() or 0  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "agent.commands.status.command", module)

    return put


def raising(error: BaseException) -> Callable[[], object]:
    def action() -> object:
        raise error

    return action


def test_the_version_is_that_of_the_project() -> None:
    project = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["version"] == VERSION
    for arguments in (["--version"], ["status", "--version"]):
        done = camwarden(*arguments)
        assert (done.returncode, done.stdout) == (0, f"camwarden {VERSION}\n")


@pytest.mark.parametrize("arguments", [["--version"], ["status"], ["--help"], ["config", "validate"]])
def test_short_commands_load_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    site(tmp_path)
    program = (
        "import sys\nfrom agent.cli import main\n"
        f"code = main([*{arguments!r}, '--config', {str(tmp_path / 'site.toml')!r}])\n"
        f"print('loaded', sorted(set(sys.modules) & set({HEAVY!r})))\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded []"


def test_an_action_of_the_hub_loads_no_other_ones(tmp_path: Path) -> None:
    """Workbooks are for `report`, a broker for `run`, and certificates for `enroll`."""
    program = (
        "import sys\nfrom agent.cli import main\n"
        f"code = main(['hub', 'trust', 'list', '--data', {str(tmp_path)!r}])\n"
        "others = {'openpyxl', 'paho', 'lxml', 'numpy', 'agent.commands.hub.report', 'agent.commands.hub.enroll'}\n"
        "print('loaded', code, sorted(set(sys.modules) & others))\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded 0 []"


def test_every_command_of_the_table_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    for name, (module, help_line) in COMMANDS.items():
        loaded = importlib.import_module(module)
        assert callable(loaded.add_arguments), name
        assert callable(loaded.run), name
        assert help_line == help_line.strip(".")
        assert main([name, "--help"]) == 0
        assert capsys.readouterr().out.startswith(f"usage: camwarden {name} ")


@pytest.mark.parametrize("arguments", [["--help"], ["--help", "check"]])
def test_help_names_every_command_and_the_promise(arguments: list[str]) -> None:
    shown = camwarden(*arguments).stdout
    assert [name for name in COMMANDS if not re.search(rf"(?m)^    {name} ", shown)] == []
    assert "only reads from devices" in " ".join(shown.split())


def test_a_word_that_is_no_command_is_answered_with_all_that_are() -> None:
    shown = camwarden("statsu").stderr
    assert [name for name in COMMANDS if not re.search(rf"(?m)^  camwarden {name} ", shown)] == []


@pytest.mark.parametrize(
    "arguments",
    [[], ["statsu"], ["status", "--jsno"], ["--lang", "fr", "status"], ["--config"], ["config"], ["status", "more"]],
)
def test_a_wrong_command_line_is_2_with_usage_and_no_traceback(arguments: list[str]) -> None:
    done = camwarden(*arguments)
    assert done.returncode == exits.USAGE
    assert done.stderr.startswith("usage: camwarden")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--config", "FILE", "--json", "config", "validate"],
        ["config", "--config", "FILE", "--json", "validate"],
        ["config", "validate", "--json", "--config", "FILE"],
        ["--json", "config", "validate", "--config=FILE"],
    ],
)
def test_common_flags_count_wherever_they_stand(arguments: list[str], tmp_path: Path) -> None:
    path = str(site(tmp_path))
    done = here(*[argument.replace("FILE", path) for argument in arguments])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "schema": "camwarden-config-validate/1",
        "file": path,
        "valid": True,
        "problems": [],
    }


def test_validate_tells_all_mistakes_and_ends_with_78(tmp_path: Path) -> None:
    path = site(tmp_path, "[polcy]\n[probe]\ndeadline_s = 0\n")
    done = here("config", "validate", "--config", str(path))
    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr.splitlines() == [
        f'camwarden: {path}:8: unknown key "polcy"; did you mean "policy"?',
        f"camwarden: {path}:10: probe: deadline_s must be a number from 1 to 300, not 0; "
        "write for example deadline_s = 20",
    ]
    told = json.loads(here("config", "validate", "--json", "--config", str(path)).stdout)
    assert told["valid"] is False
    assert [problem["line"] for problem in told["problems"]] == [8, 10]


def test_validate_says_in_one_line_what_is_valid(tmp_path: Path) -> None:
    path = site(tmp_path)
    done = here("config", "validate", "--config", str(path))
    assert done.stdout == f"{path}: valid; site datong017, 0 devices, 0 cameras\n"
    assert "有效" in here("config", "validate", "--config", str(path), "--lang", "zh_CN").stdout


def configured(folder: Path) -> Path:
    path = site(
        folder,
        '[[device]]\nid = "nvr"\nhost = "secret-host.example"\ncredential = "cameras"\n'
        '[[camera]]\nid = "gate"\ndevice = "nvr"\nname = "Bank gate"\n',
    )
    (folder / "secrets.toml").write_text(f'[credential.cameras]\nuser = "admin"\npassword = "{PASSWORD}"\n')
    (folder / "secrets.toml").chmod(0o600)
    return path


def test_show_never_prints_a_password_and_redacted_no_place(tmp_path: Path) -> None:
    path = configured(tmp_path)
    for flags in ([], ["--json"], ["--no-redact"], ["--json", "--no-redact"], ["--redact", "--origin"]):
        done = here("config", "show", *flags, "--config", str(path))
        assert done.returncode == 0, done.stderr
        assert PASSWORD not in done.stdout
        assert "cameras" in done.stdout
        assert ("secret-host" in done.stdout, "Bank" in done.stdout) == (("--no-redact" in flags),) * 2
        assert "gate" in done.stdout


def test_show_as_text_is_toml_with_every_default(tmp_path: Path) -> None:
    shown = tomli.loads(here("config", "show", "--config", str(configured(tmp_path))).stdout)
    assert shown["policy"]["retention_floor_days"] == 30
    assert shown["device"][0]["port"] == 80


def test_refused_logins_are_shown_and_released(tmp_path: Path) -> None:
    path = str(configured(tmp_path))
    assert here("credentials", "status", "--config", path).stdout == "no login was tried yet\n"
    device = Device("nvr", "h", 80, "onvif", Credential("cameras", "admin", PASSWORD))
    Credentials(tmp_path / "credentials.json").refused(device, datetime(2026, 1, 31, tzinfo=UTC))
    done = here("credentials", "status", "--config", path)
    assert done.returncode == exits.REFUSED
    assert done.stdout.startswith("nvr  admin  wrong  since 2026-01-31")
    assert "camwarden credentials retry nvr" in done.stdout
    told = json.loads(here("credentials", "status", "--json", "--config", path).stdout)
    assert [entry["state"] for entry in told["credentials"]] == ["wrong"]
    assert "secret" not in told["credentials"][0]

    wrong = here("credentials", "retry", "gate", "--config", path)
    assert wrong.returncode == exits.USAGE
    assert wrong.stderr == (
        "camwarden: no login of a device 'gate' was ever tried; devices with one: nvr; "
        "see camwarden credentials status\n"
    )
    assert here("credentials", "retry", "nvr", "--config", path).returncode == 0
    assert Credentials(tmp_path / "credentials.json").state(device).state == "new"
    assert "nothing to do" in here("credentials", "retry", "nvr", "--config", path).stdout
    other = Device("gate", "h", 80, "onvif", Credential("cameras", "admin", PASSWORD))
    Credentials(tmp_path / "credentials.json").refused(other, datetime(2026, 1, 31, tzinfo=UTC))
    assert "nothing to do" in here("credentials", "retry", "nvr", "--config", path).stdout
    assert Credentials(tmp_path / "credentials.json").state(other).state == "wrong"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (HubUnavailable("hub.example.org:8883: no answer"), 69, "camwarden: hub.example.org:8883: no answer\n"),
        (PermissionError(13, "Permission denied", "/a"), 77, "camwarden: /a: Permission denied; run as root or as the"),
        (KeyboardInterrupt(), 130, ""),
        (
            ValueError("two\nlines"),
            70,
            "camwarden: internal error, please report it: ValueError: two (run again with -v for details)\n",
        ),
        (HubUnavailable("rtsp://admin:hunter2@cam/1"), 69, "camwarden: rtsp://***@cam/1\n"),
        (HubUnavailable("a\n\x1b[31mb"), 69, "camwarden: a\ncamwarden: \\x1b[31mb\n"),
        (
            ValueError(f"password={PASSWORD}"),
            70,
            "camwarden: internal error, please report it: ValueError: password=***",
        ),
        (SystemExit(5), 5, ""),
    ],
)
def test_each_end_has_its_line_and_code(
    error: BaseException,
    code: int,
    said: str,
    command: Callable[[Callable[[], object]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    command(raising(error))
    assert main(["status"]) == code
    shown = capsys.readouterr().err
    assert shown.startswith(said)
    assert "Traceback" not in shown
    assert PASSWORD not in shown


def test_a_traceback_is_for_those_who_ask_and_without_secrets(
    command: Callable[[Callable[[], object]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(raising(ValueError(f"http://admin:{PASSWORD}@cam/onvif")))
    assert main(["status", "-v"]) == exits.BUG
    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert PASSWORD not in shown


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    path = site(tmp_path, "".join(f'[[device]]\nid = "d{i}"\nhost = "h{i}"\n' for i in range(3000)))
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [CAMWARDEN, "config", "show", "--no-redact", "--config", path],
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (exits.PIPE_CLOSED, "")


def test_another_programs_package_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "drivers").mkdir()
    (tmp_path / "drivers/__init__.py").touch()
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from agent.cli import main; sys.exit(main(['status']))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert done.stderr.startswith(
        f"camwarden: the package drivers is taken from {tmp_path}/drivers/__init__.py, not from"
    )
    assert "install camwarden in an environment of its own" in done.stderr


def test_python_m_agent_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "agent", "--version"], capture_output=True, text=True, check=False
    )
    assert done.stdout == f"camwarden {VERSION}\n"


def test_no_color_is_taken_from_flag_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for environ, flags, expected in (({}, [], False), ({"NO_COLOR": "1"}, [], True), ({}, ["--no-color"], True)):
        monkeypatch.delenv("NO_COLOR", raising=False)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        assert cli._parse(["status", *flags], "en")[1].no_color is expected


def test_who_may_not_write_the_services_folder_has_refused_logins_in_the_own_one(tmp_path: Path) -> None:
    assert credentials_file(tmp_path, {}) == tmp_path / "credentials.json"
    missing = tmp_path / "missing"
    assert credentials_file(missing, {"HOME": "/home/a"}) == Path("/home/a/.local/state/camwarden/credentials.json")
    own = {"HOME": "/home/a", "XDG_STATE_HOME": "/state"}
    assert credentials_file(missing, own) == Path("/state/camwarden/credentials.json")
    relative = {"HOME": "/home/a", "XDG_STATE_HOME": "state"}
    assert credentials_file(missing, relative) == Path("/home/a/.local/state/camwarden/credentials.json")
