"""The page's command: where it listens, under which name it answers, what it refuses, and how it ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from city_told import city
from patience import PATIENCE_S
from web_page import free_port

from agent.cli import main

ROOT = Path(__file__).parents[3]


def test_it_answers_on_loopback_under_its_name_until_it_is_told_to_end(tmp_path: Path) -> None:
    hub, port = city(tmp_path / "hub"), free_port()
    words = ["hub", "serve", "--data", str(hub), "--port", str(port), "--url", "https://Hub.Example", "--json"]
    env = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "agent", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    ) as child:
        assert child.stdout is not None and child.stderr is not None
        assert json.loads(child.stdout.readline()) == {"event": "ready", "port": port, "url": "https://hub.example"}
        for host, status in (("hub.example", 200), ("hub.example:443", 200), ("evil.example", 421)):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
            connection.request("GET", "/login", headers={"Host": host})
            assert connection.getresponse().status == status
            connection.close()
        child.send_signal(signal.SIGTERM)
        assert child.wait(PATIENCE_S) == 0
        assert child.stdout.read() == child.stderr.read() == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--url", "http://hub.city.example"), "passwords need https"),
        (("--url", "http://192.0.2.1:8480"), "passwords need https"),
        (("--url", "https://hub.city.example/hub"), "without a path"),
        (("--url", "https://li@hub.city.example"), "without a path"),
        (("--url", "https://hub.city.example:x"), "without a path"),
        (("--url", "ftp://hub.city.example"), "without a path"),
        (("--url", "hub.city.example"), "without a path"),
        (("--url", "https://hub city"), "without a path"),
        (("--trusted-proxy", "proxy.city.example"), "an address, such as"),
        (("--trust-header", "X-Remote-User"), "--trusted-proxy"),
        (("--trust-header", "X Remote", "--trusted-proxy", "127.0.0.1"), "the name of a header"),
        (("--port", "0"), "--port"),
        (("--port", "65536"), "--port"),
    ],
)
def test_a_wrong_option_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert main(["hub", "serve", "--data", str(city(tmp_path / "hub")), *words]) == 2
    assert said in capsys.readouterr().err


def test_a_port_that_is_taken_and_a_hub_that_never_ran_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["hub", "serve", "--data", str(tmp_path)]) == 78
    assert "no hub has run here" in capsys.readouterr().err
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        assert main(["hub", "serve", "--data", str(city(tmp_path / "hub")), "--port", port]) == 78
    assert f"--port 127.0.0.1:{port}: cannot be listened on" in capsys.readouterr().err
