"""A whole site in a folder for tests of what people run on a gateway: configuration, keys, broker, one device."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from certificates import Authority
from mosquitto import Broker

from agent.contract.signing_keys import load_or_create_signer
from agent.model.outcome import Outcome
from agent.onsite.doctor import PROBES
from agent.onsite.doctor.survey import examine, survey
from agent.service.alerts.status_file import write
from drivers.model import Credential, Device

CANARY = "c4nary-Pa55"


class Place:
    """A site in a folder, with a broker over TLS that wants a certificate, and one device that takes connections."""

    def __init__(self, folder: Path, device_port: int) -> None:
        self.folder = folder
        self.authority = Authority(folder / "authority", lasts=timedelta(days=365))
        self.authority.issue("broker", server=True, lasts=timedelta(days=90))
        self.authority.issue("S1", lasts=timedelta(days=90))
        directory = self.authority.directory
        self.broker = Broker(
            folder / "broker",
            [
                *(f"cafile {directory}/ca.crt", f"certfile {directory}/broker.crt", f"keyfile {directory}/broker.key"),
                *("require_certificate true", "use_identity_as_username true", "allow_anonymous true"),
            ],
        )
        self.state = folder / "state"
        self.state.mkdir(mode=0o700)
        load_or_create_signer(self.state / "report-key.pem")
        self.config = folder / "site.toml"
        self.text = f"""[site]
id = "S1"
city = "datong"
division = "140200"
[policy]
own_clock = "trusted"
[storage]
directory = "state"
runtime = "run"
[[device]]
id = "gate"
host = "127.0.0.1"
port = {device_port}
credential = "cameras"
[hub]
host = "127.0.0.1"
port = {self.broker.port}
ca = "authority/ca.crt"
certificate = "authority/S1.crt"
key = "authority/S1.key"
confirm = "broker"
"""
        self.write(self.text)
        secrets = folder / "secrets.toml"
        secrets.write_text(f'[credential.cameras]\nuser = "admin"\npassword = "{CANARY}"\n')
        secrets.chmod(0o600)

    def write(self, text: str) -> None:
        self.config.write_text(text)

    def change(self, old: str, new: str) -> None:
        assert old in self.text
        self.write(self.text.replace(old, new))

    def look(self, *only: str) -> dict[str, Outcome]:
        probes = [probe for probe in PROBES if not only or probe.id in only]
        return examine(survey(self.config, datetime.now(UTC), {}), probes)

    def one(self, probe: str) -> Outcome:
        return self.look(probe)[probe]

    def running(self, link: str = "connected", reason: str = "") -> None:
        """Leave the status of a service that works."""
        at = datetime.now(UTC)
        due = (at + timedelta(seconds=900)).isoformat()
        write(self.folder / "run", {"at": at.isoformat(), "next_due_at": due, "hub": {"link": link, "reason": reason}})


def box(password: str = CANARY) -> Device:
    return Device("gate", "127.0.0.1", 80, "onvif", Credential("cameras", "admin", password))


def statuses(outcomes: dict[str, Outcome]) -> dict[str, str]:
    return {name: outcome.status for name, outcome in outcomes.items()}
