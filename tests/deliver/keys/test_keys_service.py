"""The running service takes a new key up between two cycles, and outlives a token that goes away."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from contract_schemas import fits
from patience import waits
from softhsm import PIN, Softhsm, finalize, toml

from agent.cli import main
from agent.contract.envelope import read_header, verify
from agent.contract.key_rotation import read_rotation
from agent.contract.signing_keys import KeyUnavailable, load_or_create_signer, load_signer, public_key
from agent.deliver.keys.findings import OUTAGE_NAME
from agent.deliver.keys.pin import NAME as PIN_REFUSED
from agent.deliver.keys.place import place_of
from agent.deliver.spool.spool import Spool
from agent.host.clock import utc_now
from agent.model.errors import AgentError
from agent.service.daemon.loop import run_once
from agent.site.config.load import load

WITHIN_S = 40.0
SERVICE = (
    "import sys; from dataclasses import replace; from pathlib import Path; from agent.site.config.load import load;"
    "from agent.host.clock import utc_now; from agent.service.daemon.loop import serve; path = Path(sys.argv[1]);"
    "sys.exit(serve(path, replace(load(path), period_s=1), utc_now))"
)
"""`camwarden run` with a period that no configuration may have."""


class Service:
    """A site without devices, and its service."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "site.toml"
        self.state = folder / "state"
        self.log = folder / "log"
        self.status = folder / "run/status.json"
        (folder / "run").mkdir()
        self.config.write_text(
            '[site]\nid = "S1"\ncity = "datong"\ndivision = "140200"\n'
            f'[storage]\ndirectory = "{self.state}"\nruntime = "{folder / "run"}"\n'
        )

    def in_token(self, pin: str = PIN) -> None:
        """Have the key in a token."""
        lines, secrets = toml(pin)
        self.config.write_text(self.config.read_text() + lines)
        path = self.config.with_name("secrets.toml")
        path.write_text(secrets)
        path.chmod(0o600)

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        with self.log.open("ab") as log:
            child = subprocess.Popen([sys.executable, "-c", SERVICE, str(self.config)], stdout=log, stderr=log)
        try:
            yield child
        finally:
            child.kill()
            child.wait()

    def cycles(self, child: subprocess.Popen[bytes], count: int = 1) -> None:
        """Wait for so many more cycles."""
        for _ in range(count):
            before = self.told()
            waits(lambda before=before: child.poll() is not None or self.told() != before, WITHIN_S)  # type: ignore[misc]
            assert child.poll() is None, self.log.read_text()

    def told(self) -> str:
        return self.status.read_text() if self.status.exists() else ""

    def rows(self) -> list[tuple[str, dict[str, Any], bytes, str]]:
        """Return signer, content, payload and signature of each report, in the order of their commits."""
        now = datetime.now(UTC) + timedelta(days=1)
        with closing(Spool.open(self.state / "spool.db", 1 << 26, now=now, seal=lambda *_: pytest.fail())) as spool:
            rows = sorted(spool.pending(10_000, now), key=lambda row: row.id)
        return [(read_header(row.jws).kid, json.loads(row.payload), row.payload, row.jws) for row in rows]


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


@pytest.fixture
def softhsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Softhsm]:
    hsm = Softhsm(tmp_path / "hsm", monkeypatch)
    hsm.init()
    yield hsm
    finalize()


def end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    assert child.wait(WITHIN_S) == 0


def held(service: Service, keys: dict[str, Any]) -> None:
    """Each report verifies with one of the keys, and each stream is one unbroken chain."""
    before: dict[str, tuple[int, str]] = {}
    for _, said, payload, jws in service.rows():
        verify(payload, jws, keys)
        fits(payload)
        assert said["seq"] == before.get(said["stream"], (0, ""))[0] + 1
        before[said["stream"]] = (said["seq"], "")


def test_the_service_takes_a_rotated_key_up_without_a_restart(service: Service) -> None:
    with service.running() as child:
        service.cycles(child)
        old = load_signer(service.state / "report-key.pem")
        assert main(["keys", "rotate", "--config", str(service.config), "--quiet"]) == 0
        waits(lambda: not (service.state / "report-key.next.pem").exists(), WITHIN_S)
        service.cycles(child, 2)
        end(child)
    new = load_signer(service.state / "report-key.pem")
    rows = service.rows()
    (place,) = (n for n, (_, said, *_) in enumerate(rows) if "rotation" in said["body"])
    said = read_rotation(rows[place][1]["body"], "S1", rows[place][1]["epoch"])
    assert (rows[place][0], said.old, said.new.kid) == (old.kid, old.kid, new.kid)
    assert {kid for kid, *_ in rows[:place]} == {old.kid}
    assert {kid for kid, *_ in rows[place + 1 :]} == {new.kid}
    assert len(rows) > place + 1
    held(service, {old.kid: old.public, new.kid: new.public})


def test_a_token_that_goes_away_costs_reports_and_tells_it_when_it_is_back(service: Service, softhsm: Softhsm) -> None:
    service.in_token()
    outage = service.state / OUTAGE_NAME
    with service.running() as child:
        service.cycles(child)
        softhsm.gone()
        waits(outage.exists, WITHIN_S)
        service.cycles(child, 2)
        softhsm.back()
        waits(lambda: not outage.exists(), WITHIN_S)
        service.cycles(child)
        end(child)
    rows = service.rows()
    told = [said for _, said, *_ in rows if said["body"].get("finding", {}).get("reason") == "key-unavailable"]
    assert len(told) == 1
    evidence = told[0]["body"]["finding"]["evidence"]
    assert evidence["since"] <= evidence["until"]
    (kid,) = {kid for kid, *_ in rows}
    with closing(place_of(load(service.config), {})) as keys:
        key, _ = keys.shown()
    assert key is not None
    assert key.kid == kid
    held(service, {kid: public_key(dict(key.jwk))})
    assert PIN not in service.log.read_text()


def test_a_service_without_its_token_ends_with_69_and_tells_it_at_the_next_start(
    service: Service, softhsm: Softhsm
) -> None:
    service.in_token()
    site = load(service.config)
    run_once(site, utc_now)
    softhsm.gone()
    with pytest.raises(KeyUnavailable) as caught:
        run_once(site, utc_now)
    assert caught.value.exit_code == 69
    softhsm.back()
    run_once(site, utc_now)
    reasons = [said["body"].get("finding", {}).get("reason") for _, said, *_ in service.rows()]
    assert reasons.count("key-unavailable") == 1


def test_a_wrong_pin_ends_the_service_with_78_and_shows_nowhere(service: Service, softhsm: Softhsm) -> None:
    service.in_token("555555")
    with service.running() as child:
        assert child.wait(WITHIN_S) != 0
    with pytest.raises(AgentError) as caught:
        run_once(load(service.config), utc_now)
    assert caught.value.exit_code == 78
    assert "was refused before and is not tried again" in str(caught.value)
    assert (service.state / PIN_REFUSED).exists()
    assert "555555" not in service.log.read_text() + str(caught.value)
    assert not (service.state / "spool.db").exists()


def test_a_key_in_a_token_is_rotated_and_shown_without_a_pin(
    service: Service, softhsm: Softhsm, capsys: pytest.CaptureFixture[str]
) -> None:
    service.in_token()
    run_once(load(service.config), utc_now)
    assert main(["keys", "rotate", "--json", "--config", str(service.config)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert main(["keys", "show", "--json", "--config", str(service.config)]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["kid"], shown["waiting"]) == (told["to"], None)
    run_once(load(service.config), utc_now)
    assert [kid for kid, *_ in service.rows()][-1] == told["to"]
    assert not list(service.state.glob("*.pem"))


def test_a_gateway_that_gets_a_new_key_for_its_old_spool_says_so_first(service: Service) -> None:
    site = load(service.config)
    run_once(site, utc_now)
    old = load_signer(service.state / "report-key.pem").kid
    (service.state / "report-key.pem").unlink()
    new = load_or_create_signer(service.state / "report-key.pem").kid
    run_once(site, utc_now)
    first = next(said for kid, said, *_ in service.rows() if kid == new)
    assert first["body"]["finding"]["evidence"] == {"from": old, "to": new}
