"""Everything that the soak breaks, as processes and files: broker, hub, agent, link, disk, certificates, clock."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from fleet_parts import HubProcess, environment
from soak_account import read_journal
from soak_agent import SITE

from agent.contract.signing_keys import jwk_set, load_or_create_signer
from agent.hub.stores import signing_key, trust
from tests.support.certificates import Authority
from tests.support.fault_broker import ChangingBroker
from tests.support.fault_proxy import Proxy
from tests.support.mosquitto import free_port

DISK_BYTES: Final = 24 * 1024 * 1024
_OPEN: Final = "topic readwrite #\nuser S1\ntopic readwrite vss/v1/datong/S1/#\n"
_CLOSED: Final = "topic readwrite #\nuser S1\ntopic read vss/v1/datong/S1/ack\ntopic readwrite vss/v1/datong/S1/state\n"


class Stage:
    """One site, one broker, one hub. Use as a context manager; `disk` says that the agent's disk can be filled."""

    def __init__(self, directory: Path, disk: bool) -> None:
        self.directory, self.disk = directory, disk
        self.state, self.hub_data = directory / "site" / "state", directory / "hub"
        self.certificates = directory / "certificates"
        for made in (self.state, self.hub_data):
            made.mkdir(parents=True)
        if disk:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none", str(self.state)], check=True)
        self.journal, self.clock_file = directory / "journal", directory / "clock"
        self.clock_file.write_text("0")
        self.agent_starts = 0
        self.lost_databases: list[Path] = []
        self._authority = Authority(self.certificates)
        self._foreign = Authority(directory / "foreign")
        self._authority.issue("broker", server=True)
        self.certify()
        self._acl = directory / "acl"
        self.permit(True, tell=False)
        self._plain_port = free_port()
        self.broker = ChangingBroker(directory / "broker", self._lines(262_144))
        self.proxy = Proxy(self.broker.port)
        self.hub = HubProcess(self.hub_data, self._plain_port)
        self._agent: subprocess.Popen[str] | None = None
        signer = load_or_create_signer(self.state.parent / "report-key.pem")
        key = load_or_create_signer(self.hub_data / signing_key.KEY_NAME)
        (directory / "hub.jwks.json").write_text(json.dumps(jwk_set({key.kid: key.public})))
        trust.add(self.hub_data, SITE, signer.kid, datetime.now(UTC))

    def __enter__(self) -> Stage:
        self.broker.start()
        self.proxy.__enter__()
        self.hub.start()
        self.start_agent()
        return self

    def __exit__(self, *_: object) -> None:
        self.end_agent(signal.SIGKILL)
        self.hub.stop(signal.SIGKILL)
        self.broker.kill()
        self.proxy.__exit__()
        if self.disk:
            subprocess.run(["umount", "-l", str(self.state)], check=False)

    def start_agent(self) -> None:
        """Start the agent if it does not run, as systemd does."""
        if self._agent is None or self._agent.poll() is not None:
            self._agent = self._started(last=False)

    def end_agent(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it; it stays down until it is started."""
        if self._agent is None:
            return
        self._agent.send_signal(number)
        try:
            self._agent.wait(15)
        except subprocess.TimeoutExpired:
            self._agent.kill()
            self._agent.wait()
        self._agent = None

    def drain(self) -> dict[str, Any]:
        """Run the agent for one last cycle until everything is confirmed; return what it says."""
        self.end_agent()
        child = self._started(last=True)
        try:
            child.wait(150)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        said = (self.directory / "agent.out").read_text().splitlines()
        return json.loads(said[-1]) if said and child.returncode == 0 else {"drained": False, "code": child.returncode}

    def _started(self, last: bool) -> subprocess.Popen[str]:
        self.agent_starts += 1
        asked = {
            "directory": str(self.state),
            "port": self.proxy.port,
            "certificates": str(self.certificates),
            "hub_jwks": str(self.directory / "hub.jwks.json"),
            "journal": str(self.journal),
            "clock_file": str(self.clock_file),
            "last": last,
        }
        with (self.directory / "agent.log").open("ab") as log, (self.directory / "agent.out").open("wb") as out:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "soak_agent"],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=log,
                text=True,
                env=environment(),
            )
        with suppress(BrokenPipeError):
            if child.stdin is not None:
                child.stdin.write(json.dumps(asked))
                child.stdin.close()
        return child

    def committed(self) -> int:
        """Return how many reports the journal has."""
        return len(read_journal(self.journal))

    def limit_packets(self, most_bytes: int) -> None:
        """Restart the broker with another limit."""
        self.broker.stop()
        self.broker.configure(self._lines(most_bytes))
        self.broker.start()

    def permit(self, allowed: bool, tell: bool = True) -> None:
        """Write the access list, and have the broker read it."""
        self._acl.write_text(_OPEN if allowed else _CLOSED)
        self._acl.chmod(0o600)
        if tell:
            self.broker.reload()

    def certify(self, lasts: timedelta = timedelta(days=1)) -> None:
        """Give the agent a certificate that lasts so long, in the same files."""
        self._authority.issue(SITE, lasts=lasts)
        self.authority(True)

    def authority(self, right: bool) -> None:
        """Put the right authority into the agent's file, or a foreign one."""
        source = self._authority if right else self._foreign
        fresh = self.certificates / "ca-used.new"
        shutil.copy(source.ca, fresh)
        fresh.rename(self.certificates / "ca-used.crt")

    def lose_hub_database(self) -> None:
        """Move the hub's database away; the hub must be down."""
        lost = self.hub_data / f"lost-{len(self.lost_databases)}"
        lost.mkdir()
        for path in self.hub_data.glob("hub.db*"):
            if path.suffix != ".lock":
                path.rename(lost / path.name)
        self.lost_databases.append(lost / "hub.db")

    def fill_disk(self) -> Path:
        """Take every byte that is left on the agent's disk; return the file that holds them."""
        filler = self.state / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * 65_536)
        with filler.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * 512)
        return filler

    def _lines(self, packet_max_bytes: int) -> Sequence[str]:
        kept, broker = self.certificates, self.directory / "broker"
        return (
            f"cafile {kept}/ca.crt",
            f"certfile {kept}/broker.crt",
            f"keyfile {kept}/broker.key",
            "require_certificate true",
            "use_identity_as_username true",
            f"listener {self._plain_port} 127.0.0.1",
            "allow_anonymous true",
            f"acl_file {self._acl}",
            f"max_packet_size {packet_max_bytes}",
            "max_inflight_messages 20",
            "max_queued_messages 100000",
            "persistence true",
            f"persistence_location {broker}/",
            "autosave_interval 1",
        )


def can_mount() -> bool:
    """Say whether this process has a mount namespace of its own, in which a small disk can be mounted."""
    return os.environ.get("SOAK_NAMESPACE") == "1"
