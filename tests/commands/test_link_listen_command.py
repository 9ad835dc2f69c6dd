"""`camwarden link listen` beside a recorder and its platform on real sockets: what passed, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from here_run import run_here
from link_person import DEVICE_ID, free_port, link_test

from agent.commands.link import listen
from agent.demo.gb28181.bodies import SECRETS
from agent.demo.gb28181.habits import Habits
from agent.host.users import become_caller
from agent.model import exits

ROOT = Path(__file__).parents[2]
BESIDE = Habits(heartbeat_s=0.5, leaves=False)


def listened(port: int, beside: Callable[[], object], *options: str, is_held_up: bool = False) -> tuple[int, str, str]:
    """Run it on lo while something happens, and end it as a person does; return exit code, output and what it said.

    `is_held_up`: it does not get the processor before it is ended.
    """
    words = [sys.executable, "-P", "-m", "agent", "link", "listen", "--interface", "lo", "--port", str(port)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*words, "--minutes", "5", *options], env=environ, **pipes) as running:
        assert running.stderr is not None
        said = running.stderr.readline()
        if is_held_up:
            running.send_signal(signal.SIGSTOP)
        beside()
        running.send_signal(signal.SIGINT)
        running.send_signal(signal.SIGCONT)
        out, more = running.communicate(timeout=60)
    return running.returncode, out, said + more


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_a_whole_conversation_is_told_by_its_packets(transport: str) -> None:
    port = free_port()
    persons = []
    beside = lambda: persons.append(link_test("--port", str(port), habits=BESIDE, transport=transport)[2])  # noqa: E731
    code, out, said = listened(port, beside, "--json")
    heard = json.loads(out)
    (talk,) = heard["talks"]
    assert (heard["schema"], talk["device_id"], talk["transport"]) == ("camwarden-link-listen/1", DEVICE_ID, transport)
    assert [(step["step"], step["status"]) for step in talk["steps"]] == [("register", "told"), ("heartbeat", "told")]
    assert talk["steps"][0]["evidence"]["expires_s"] == 86400
    assert 0.2 < talk["steps"][1]["evidence"]["interval_s"] < 5
    assert (talk["version"], talk["login"], talk["flaws"], code) == ("3.0", "Digest", [], exits.OK)
    assert "listening on lo" in said and "Traceback" not in said
    (person,) = persons
    secrets = [*SECRETS, person.rows[6], "127.0.0.1", "nonce", "response"]
    assert [one for one in secrets if one in out] == []


def test_what_had_come_is_told_though_nobody_had_read_it_when_a_person_ends_it() -> None:
    port = free_port()
    _, out, _ = listened(port, lambda: link_test("--port", str(port), habits=BESIDE), "--json", is_held_up=True)
    (talk,) = json.loads(out)["talks"]
    assert (talk["device_id"], talk["steps"][0]["status"]) == (DEVICE_ID, "told")
    assert 0.2 < talk["steps"][1]["evidence"]["interval_s"] < 5, "by when they passed, not by when they were read"


def test_a_person_reads_it_in_chinese_and_nobody_there_is_not_known() -> None:
    code, out, said = listened(free_port(), lambda: None, "--lang", "zh_CN")
    assert code == exits.UNCHECKED
    assert "没有设备注册" in out and "镜像" in out and "正在监听" in said


def test_a_refused_registration_fails_and_its_clause_is_named() -> None:
    port = free_port()
    habits = Habits(wrong_password_times=10**6, retry_s=1.0)
    beside = lambda: link_test("--port", str(port), "--minutes", "0.08", habits=habits)  # noqa: E731
    code, out, _ = listened(port, beside, "--lang", "zh_CN", "--no-color")
    assert code == exits.FAILS
    assert "平台拒绝了其注册" in out and "9.1.1 c" in out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--interface", "none0"], "there is no interface 'none0'; give one of "),
        (["--interface", "lo", "--minutes", "0"], "more than 0"),
        (["--interface", "lo", "--minutes", "121"], "at most 120"),
        (["--interface", "lo", "--port", "0"], "1 to 65535"), (["--interface", "lo", "--port", "70000"], "1 to 65535"),
    ],
)  # fmt: skip
def test_what_cannot_begin_is_one_line(options: list[str], says: str) -> None:
    done = run_here("link", "listen", *options, environ={})
    assert done.returncode == exits.USAGE
    assert says in done.stderr and done.stderr.count("\n") == 1


GIVES_UP = """
import os, socket, sys
sys.path[:0] = [sys.argv[1]]
from agent.host.users import become_caller
from drivers.gb28181.tap import Tap
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there, Tap("lo", 5999) as tap:
    become_caller({"SUDO_UID": "65534", "SUDO_GID": "65534"})
    assert os.getresuid() == (65534,) * 3 and os.getresgid() == (65534,) * 3 and os.getgroups() == []
    try:
        os.setresuid(0, 0, 0)
        sys.exit("root came back")
    except PermissionError:
        pass
    there.sendto(b"still heard", ("127.0.0.1", 5999))
    assert b"still heard" in [passed.packet[28:] for _ in range(4) if (passed := tap.next(1.0))]
"""


def test_who_called_sudo_is_all_that_is_left_when_packets_are_read() -> None:
    done = subprocess.run([sys.executable, "-P", "-c", GIVES_UP, str(ROOT)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("environ", [{}, {"SUDO_UID": "0", "SUDO_GID": "0"}, {"SUDO_UID": "x", "SUDO_GID": "1"}])
def test_where_nobody_called_sudo_nothing_changes(environ: dict[str, str]) -> None:
    before = os.getresuid()
    become_caller(environ)
    assert os.getresuid() == before


def test_who_has_no_right_is_told_so_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(interface: str, port: int) -> None:
        raise PermissionError

    monkeypatch.setattr(listen, "Tap", refuse)
    done = run_here("link", "listen", "--interface", "lo", environ={})
    assert (done.returncode, done.stderr.count("\n")) == (exits.PERMISSION, 1)
    assert "needs root" in done.stderr
