"""The daemon as systemd and a power cut see it: ready, status, reload, a quick end, and nothing lost to SIGKILL.

Simulated devices, broker and hub are started once; each test has the site's configuration and state as nobody ran it.
What the hub has counted is only asked where hub and broker are a test's own.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
from exposition_reader import read
from mosquitto import free_port
from patience import PATIENCE_S
from smaller_site import only
from webhook_server import serving

from agent.contract.signing_keys import REPORT_KEY_NAME, load_or_create_signer
from agent.demo.children import command, output_of
from agent.demo.run import FOUND_SOMETHING, Demo, start
from agent.demo.site import SITE_ID
from agent.hub.stores.store import Store
from agent.hub.views.status import write_status
from agent.service.alerts.webhook import SEND_WITHIN_S

WITHIN_S = 2 * PATIENCE_S
"""For a whole cycle, of which each part waits for the processor."""

ENDS_WITHIN_S = 50.0
"""Less than a period, which is a minute."""
SEEN = ("gate", "yard")
"""One camera with all good, and one whose mask is displaced: more would only have more pictures judged each cycle."""


@dataclass
class Stage:
    """The demo's recorder, a hub that trusts the agent, and a tripwire that tells that a cycle is under way."""

    demo: Demo
    log_path: Path
    tripwire: socket.socket
    notifications: socket.socket
    notify_path: Path
    stack: ExitStack

    @contextmanager
    def daemon(self) -> Iterator[subprocess.Popen[bytes]]:
        environment = {**os.environ, "NOTIFY_SOCKET": str(self.notify_path)}
        with self.log_path.open("ab") as log:
            child = subprocess.Popen(
                command("run", "--config", self.demo.config), stdout=log, stderr=log, env=environment
            )
        try:
            yield child
        finally:
            child.kill()
            child.wait()

    def stretch_wire(self, deadline_s: int) -> None:
        """Add the tripwire to the site's devices: it never answers, and each cycle lasts as long as the deadline."""
        text = self.demo.config.read_text().replace("deadline_s = 50", f"deadline_s = {deadline_s}")
        text = text.replace("period_s = 60", f"period_s = {60 + deadline_s}")
        device = f'[[device]]\nid = "tripwire"\nhost = "127.0.0.1"\nport = {self.tripwire.getsockname()[1]}\n\n'
        self.demo.config.write_text(text.replace("[[device]]", device + "[[device]]", 1))

    def mid_cycle(self) -> None:
        """Return when the agent has connected to the tripwire, which never answers."""
        connection, _ = self.tripwire.accept()
        self.stack.enter_context(connection)

    def notified(self, word: str) -> str:
        """Return the first notification that contains `word`."""
        give_up_at = time.monotonic() + WITHIN_S
        while time.monotonic() < give_up_at:
            text = self.notifications.recv(4096).decode()
            if word in text:
                return text
        raise AssertionError(f"no notification with {word}")

    def add(self, text: str) -> None:
        """Add tables to the site's configuration."""
        self.demo.config.write_text(f"{self.demo.config.read_text()}\n{text}")

    def add_digest(self, url: str) -> None:
        """Let the site send its daily digest to a webhook."""
        secrets = self.demo.config.parent / "secrets.toml"
        secrets.write_text(f'{secrets.read_text()}[credential.digest]\nuser = "robot"\npassword = "{url}"\n')
        self.add('[daily_digest]\nkind = "wecom"\ncredential = "digest"\nat = "00:00"\n')

    def add_receiver(self, name: str, kind: str, url: str) -> None:
        """Let the site tell a receiver at once."""
        secrets = self.demo.config.parent / "secrets.toml"
        text = "".join(
            f'[credential.{one}]\nuser = "robot"\npassword = "{word}"\n'
            for one, word in ((name, url), (f"{name}-s", "k"))
        )
        secrets.write_text(secrets.read_text() + text)
        signs = f'sign_credential = "{name}-s"\n' if kind == "webhook" else ""
        self.add(f'[[notify]]\nname = "{name}"\nkind = "{kind}"\ncredential = "{name}"\nlang = "en"\n{signs}')

    def log(self) -> str:
        return self.log_path.read_text()


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """Start devices, broker and a hub that trusts the agent, and write the configuration of a site of two cameras."""
    with ExitStack() as stack:
        demo = start(stack, folder, "mosquitto", lambda: datetime.now(UTC), lambda line: None)
        kid = load_or_create_signer(demo.config.parent / "state" / REPORT_KEY_NAME).kid
        output_of(["hub", "trust", "add", SITE_ID, kid, "--data", demo.hub_data])
        text = demo.config.read_text().replace("deadline_s = 6", "deadline_s = 50")  # nobody hangs, or is hurried
        demo.config.write_text(only(text, ("recorder",), SEEN))
        yield demo


@contextmanager
def staged(demo: Demo, tmp_path: Path) -> Iterator[Stage]:
    with ExitStack() as stack:
        tripwire = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        tripwire.settimeout(WITHIN_S)
        notify_path = tmp_path / "notify"
        notifications = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        notifications.bind(str(notify_path))
        notifications.settimeout(WITHIN_S)
        yield Stage(demo, tmp_path / "daemon.log", tripwire, notifications, notify_path, stack)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Demo, Path]]:
    """The demo of this file, and a copy of the agent's folder before anybody ran it."""
    folder = tmp_path_factory.mktemp("daemon")
    with running_demo(folder / "demo") as demo:
        shutil.copytree(demo.config.parent, folder / "unused")
        yield demo, folder / "unused"


@pytest.fixture
def stage(shared: tuple[Demo, Path], tmp_path: Path) -> Iterator[Stage]:
    demo, unused = shared
    shutil.rmtree(demo.config.parent)
    shutil.copytree(unused, demo.config.parent)
    with staged(demo, tmp_path) as made:
        yield made


@pytest.fixture
def own_stage(tmp_path: Path) -> Iterator[Stage]:
    with running_demo(tmp_path / "demo") as demo, staged(demo, tmp_path) as made:
        yield made


def test_ready_status_a_clear_line_to_a_second_agent_of_the_site_and_a_quick_end(stage: Stage) -> None:
    with stage.daemon() as child:
        stage.notified("READY=1")
        stage.notified("WATCHDOG=1")
        assert "fail" in stage.notified("STATUS=")

        libraries = Path(f"/proc/{child.pid}/maps").read_text()
        assert "_ssl" in libraries
        assert "/cv2/" not in libraries
        assert "/numpy/" not in libraries

        status = json.loads(output_of(["status", "--json", "--config", stage.demo.config], FOUND_SOMETHING))
        assert status["site"] == SITE_ID
        assert status["hub"]["link"] == "connected"
        assert {c["id"]: c["online"] for c in status["cameras"]}["gate"] == "pass"

        second = subprocess.run(
            command("run", "--once", "--config", stage.demo.config), capture_output=True, text=True, check=False
        )
        assert second.returncode == 2
        assert "Traceback" not in second.stderr
        assert len(second.stderr.splitlines()) == 1

        child.terminate()
        assert child.wait(ENDS_WITHIN_S / 2) == 0, "it does not sleep to the end of its period"
        stage.notified("STOPPING=1")


def test_nothing_listens_on_a_running_gateway_but_the_page_on_its_loopback(stage: Stage) -> None:
    port = free_port()
    stage.add(f'[metrics]\nlisten = "127.0.0.1:{port}"\n')
    with stage.daemon() as child:
        stage.notified("STATUS=")  # a cycle has ended, with all that it asked of the network
        own = psutil.Process(child.pid)
        seen = [one for process in (own, *own.children(True)) for one in process.net_connections("inet")]
    waiting = {(one.type.name, *one.laddr) for one in seen if not one.raddr}
    assert waiting == {("SOCK_STREAM", "127.0.0.1", port)}


def test_a_cycle_is_shown_to_prometheus_and_told_to_a_webhook(stage: Stage, tmp_path: Path) -> None:
    port, textfile = free_port(), tmp_path / "camwarden.prom"
    with serving() as hook:
        stage.add(f'[metrics]\nlisten = "127.0.0.1:{port}"\ntextfile = "{textfile}"\n')
        stage.add_digest(hook.url())
        with stage.daemon():
            stage.notified("STATUS=")
            assert hook.asked.wait(WITHIN_S)
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S) as page:
                told = read(page.read().decode())
        written = read(textfile.read_text())
    for numbers in (told, written):
        assert numbers["camwarden_cameras", ("online", "pass")] == len(SEEN)
        assert numbers["camwarden_findings", ("check", "privacy-mask-effective"), ("status", "fail")] > 0
        assert numbers["camwarden_cycle_reports",] > 0
        assert numbers["camwarden_process_resident_memory_bytes",] > 10_000_000
        assert numbers["camwarden_worker_starts_total",] >= 1
    assert told["camwarden_delivery_connected",] == 1
    (message,) = hook.bodies()
    assert "camwarden" in message["text"]["content"]
    assert "privacy-mask" not in message["text"]["content"]
    assert "TOKEN-1" not in stage.log()


def test_what_fails_is_told_at_once_and_a_receiver_that_hangs_holds_up_nobody(stage: Stage) -> None:
    """Of a site of one recorder: the chat gets counts, the webhook names; both in one message, and no second one."""
    with serving() as chat, serving() as own, serving() as stuck:
        stuck.silent = True
        stage.add_receiver("stuck", "webhook", stuck.url())
        stage.add_receiver("chat", "wecom", chat.url())
        stage.add_receiver("own", "webhook", own.url())
        with stage.daemon() as child:
            stage.notified("STATUS=")  # a cycle has ended; what waited before it is read
            for hook in (stuck, chat, own):
                assert hook.asked.wait(WITHIN_S)
            stage.notified("WATCHDOG=1")
            child.terminate()
            assert child.wait(ENDS_WITHIN_S) == 0
        (said,), (told,) = chat.bodies(), own.bodies()
        assert len(stuck.requests) == 1
    checks = {row["check"] for row in told["notices"]}
    assert "privacy-mask-effective" in checks
    assert {row["change"] for row in told["notices"]} == {"new"}
    assert f"new fails: {len(told['notices'])} (" in said["text"]["content"]
    assert not any(check in said["text"]["content"] for check in checks)
    assert "127.0.0.1" not in str(told)
    assert "TOKEN-1" not in stage.log()
    listed = json.loads(output_of(["notify", "list", "--json", "--config", stage.demo.config]))
    rows = {row["name"]: row for row in listed["receivers"]}
    assert rows["own"]["told"] == len(told["notices"])
    assert rows["own"]["waiting"] == 0
    assert rows["stuck"]["waiting"] == len(told["notices"])


def test_a_webhook_that_never_answers_holds_up_neither_watchdog_nor_end(stage: Stage) -> None:
    with serving() as hook:
        hook.silent = True
        stage.add_digest(hook.url())
        with stage.daemon() as child:
            stage.notified("STATUS=")  # a cycle has ended; what waited before it is read
            assert hook.asked.wait(WITHIN_S)
            stage.notified("WATCHDOG=1")
            child.terminate()
            began_at = time.monotonic()
            assert child.wait(ENDS_WITHIN_S) == 0
            assert time.monotonic() - began_at < SEND_WITHIN_S
        assert len(hook.requests) == 1
        assert not hook.ended.is_set()


def test_sigterm_in_the_middle_of_a_cycle_ends_it_at_once(stage: Stage) -> None:
    stage.stretch_wire(2 * int(ENDS_WITHIN_S))
    with stage.daemon() as child:
        stage.mid_cycle()
        child.terminate()
        assert child.wait(ENDS_WITHIN_S) == 0, "long before its devices have had their time"


def test_a_wrong_configuration_is_refused_at_reload_and_the_old_one_goes_on(stage: Stage) -> None:
    with stage.daemon() as child:
        stage.notified("STATUS=")
        good = stage.demo.config.read_text()
        stage.demo.config.write_text(good.replace("period_s = 60", "period_s = 1"))
        child.send_signal(signal.SIGHUP)
        stage.notified("RELOADING=1")
        stage.notified("READY=1")
        stage.demo.config.write_text(good + '\n[key]\nsource = "systemd"\n')
        child.send_signal(signal.SIGHUP)
        stage.notified("RELOADING=1")
        stage.notified("READY=1")
        assert child.poll() is None
    assert "the old one stays in force" in stage.log()
    assert "period_s" in stage.log()
    assert "[key] and [storage] change only with a restart" in stage.log()


def test_nothing_committed_is_lost_to_sigkill_in_mid_cycle(own_stage: Stage) -> None:
    """Killed while probing, while publishing, and again: at the end all is confirmed and the chain closes."""
    stage = own_stage
    stage.stretch_wire(3)
    for wait in (stage.mid_cycle, lambda: stage.notified("STATUS="), stage.mid_cycle):
        with stage.daemon() as child:
            wait()
            child.kill()
            assert child.wait(ENDS_WITHIN_S) == -signal.SIGKILL
        drain(stage.notifications)
    begin, end = (f"{(datetime.now(UTC) + timedelta(days=n)):%Y-%m-%d}" for n in (2, 3))
    plan = ["plan", "--site", "--from", begin, "--until", end, "--by", "王工", "--why", "换硬盘"]
    output_of(["findings", "--config", stage.demo.config, *plan])
    output_of(["run", "--once", "--config", stage.demo.config], FOUND_SOMETHING, timeout_s=90)

    queue = json.loads((stage.demo.runtime / "status.json").read_text())["queue"]
    store = Store(stage.demo.hub_data, read_only=True)
    try:
        site = write_status(store)["sites"][SITE_ID]  # type: ignore[index,call-overload]
        people = store.authors.of_site(SITE_ID)
    finally:
        store.close()
    assert {k: queue[k] for k in ("pending", "sent", "parked", "dropped")} == dict.fromkeys(
        ("pending", "sent", "parked", "dropped"), 0
    )
    assert queue["confirmed"] == site["verified"] == site["confirmed"] >= 4
    assert site["gaps"] == {"missing": [], "explained": [], "lost": [], "accepted": []}
    assert (site["forks"], site["tampered"], site["rejected"]) == (0, 0, {})
    assert [one.name for one in people] == ["王工"], "the hub was told who is behind the ids in these reports"


def drain(notifications: socket.socket) -> None:
    """Throw away what a killed daemon has said."""
    notifications.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            notifications.recv(4096)
    notifications.settimeout(WITHIN_S)
