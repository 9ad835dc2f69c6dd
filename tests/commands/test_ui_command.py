"""`camwarden ui` as a person starts it: its link, its end, and who may draw from where."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from patience import PATIENCE_S
from ui_client import Client

from agent.cli import main
from agent.model import exits

SITE = """\
[site]
id = "S1"
city = "140200"
division = "140200"

[storage]
directory = "{folder}/state"
runtime = "{folder}/state"

[[device]]
id = "box"
host = "127.0.0.1"
port = 9

[[camera]]
id = "gate"
device = "box"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir(mode=0o700)
    path = tmp_path / "site.toml"
    path.write_text(SITE.format(folder=tmp_path))
    return path


OWN_NETWORK = (
    "unshare", "--net", "--map-root-user",
    "sh", "-c", 'ip link set lo up && ip address add 192.0.2.10/32 dev lo && exec "$@"', "sh",
)  # fmt: skip
"""A network of the test's own, in which this machine has an address: a machine may have none."""


def started(config: Path, *arguments: str, within: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    command = [
        *within,
        sys.executable,
        "-P",
        "-c",
        "import sys; from agent.cli import main; sys.exit(main(sys.argv[1:]))",
    ]
    return subprocess.Popen(
        [*command, "ui", "--config", str(config), "--lang", "en", "--by", "Li Na", *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_the_link_opens_the_page_and_ctrl_c_ends_it(config: Path) -> None:
    with started(config) as running:
        assert running.stdout is not None
        assert "within a minute" in running.stdout.readline()
        link = re.fullmatch(r"http://(127\.\d+\.\d+\.\d+):(\d+)/#k=([\w-]{43})\n", running.stdout.readline())
        assert link is not None
        tunnel = running.stdout.readline()
        assert f"ssh -L {link[2]}:{link[1]}:{link[2]} gateway" in tunnel
        client = Client(link[1], int(link[2]))
        told = client.post("/api/session", {"code": link[3]})
        client.token = told["token"]
        assert (told["by"], told["site"], told["may_edit"], told["lang"]) == ("Li Na", "S1", True, "en")
        assert [one["id"] for one in client.get("/api/wall")["cameras"]] == ["gate"]
        through = {"Host": f"localhost:{link[2]}"}
        assert client.ask("GET", "/api/wall", headers=through)[0] == 200, "through ssh -L"
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=PATIENCE_S)
        assert running.returncode == exits.OK, err
        assert out.endswith("camwarden ui has ended\n")
        assert link[3] not in out + err and client.token not in out + err


def test_nothing_secret_stands_in_the_process_list(config: Path) -> None:
    with started(config) as running:
        assert running.stdout is not None
        running.stdout.readline()
        code = running.stdout.readline().partition("#k=")[2].strip()
        shown = Path(f"/proc/{running.pid}/cmdline").read_bytes() + Path(f"/proc/{running.pid}/environ").read_bytes()
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=PATIENCE_S)
    assert len(code) == 43 and code.encode() not in shown


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--edit", "--by", "Li Na"], "add --lan"),
        (["--lan", "--edit"], "add --by NAME"),
        (["--lan", "127.0.0.1", "--by", "Li Na"], "is no address of this machine in the local network"),
        (["--lan", "0.0.0.0", "--by", "Li Na"], "is no address of this machine in the local network"),  # noqa: S104
        ([], "add --by NAME"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_refused_before_anything_listens(
    config: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["ui", "--config", str(config), "--lang", "en", *arguments])
    assert (code, told in capsys.readouterr().err) == (exits.USAGE, True)


def test_for_another_browser_the_fingerprint_and_a_picture_of_the_link_are_shown(config: Path) -> None:
    with started(config, "--lan", address := "192.0.2.10", within=OWN_NETWORK) as running:
        assert running.stdout is not None
        running.stdout.readline()
        assert running.stdout.readline().startswith(f"https://{address}:")
        shown: list[str] = []
        while not shown or "two hours" not in shown[-1]:
            shown.append(running.stdout.readline())
        assert any(re.search(r" ([0-9A-F]{2}:){31}[0-9A-F]{2}$", line) for line in shown)
        assert sum("\u2588" in line for line in shown) > 10
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=PATIENCE_S)


def test_without_its_libraries_it_says_which_extra_has_them(config: Path) -> None:
    blocked = "import sys; sys.modules['uvicorn'] = None\nfrom agent.cli import main\nsys.exit(main(sys.argv[1:]))"
    words = ["ui", "--config", str(config), "--by", "Li Na", "--lang", "en"]
    ran = subprocess.run([sys.executable, "-P", "-c", blocked, *words], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (exits.UNAVAILABLE, "")
    assert "pip install 'camwarden[ui]'" in ran.stderr
