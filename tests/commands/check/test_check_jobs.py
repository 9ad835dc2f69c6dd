"""`check --open`, `--close` and `--against` on the simulated site: break, look, repair, look again, and prove it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from smaller_site import unhurried
from warm import one_worker

from agent.cli import main
from agent.commands.check import command
from agent.contract.envelope import CHECK_TYP, flatten, sign_payload, unflatten
from agent.contract.signing_keys import load_or_create_signer
from agent.deliver.keys.rotate import SPOOL_NAME
from agent.deliver.spool.spool import Spool
from agent.demo.site import SITE_ID, SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES
from agent.host.health import moment
from agent.judge.memory.memory import EMPTY_MEMORY
from agent.judge.memory.notes import Proof, read_notes
from agent.model.finding import Finding, Message, Source
from agent.observe.facts.facts import gather
from agent.service.cycle import environment
from agent.service.cycle.cycle import CycleResult, tell
from agent.site.config.load import load

GATE_MASKED = "privacy-mask-present camera:gate"


class OnSite:
    """A recorder with a gate and a corridor, the agent's files, and somebody who checks from a laptop."""

    def __init__(self, simulated: SimulatedSite, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.simulated, self.capsys = simulated, capsys
        self.config = unhurried(
            simulated.write_config(folder, {"host": "127.0.0.1", "confirm": "broker", "tls": False})
        )
        self.state = load(self.config).storage.directory

    def run(self, *words: str) -> tuple[int, str, str]:
        self.capsys.readouterr()
        code = main(["--config", str(self.config), *words])
        out, err = self.capsys.readouterr()
        return code, out, err

    def check(self, *words: str) -> tuple[int, str, str]:
        return self.run("check", "--rounds", "1", "--no-color", *words)

    def job(self, name: str) -> Path:
        (path,) = [p for p in self.state.parent.rglob(name) if p.parent.name == "jobs"]
        return path


@pytest.fixture(scope="module", autouse=True)
def warm() -> Iterator[None]:
    with one_worker(command, environment):
        yield


@pytest.fixture
def on_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[OnSite]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own"))
    cameras = [camera for camera in CAMERAS if camera.id in ("gate", "corridor")]
    with SimulatedSite(lambda: datetime.now(UTC), DEVICES[:1], cameras) as simulated:
        yield OnSite(simulated, tmp_path, capsys)


def payload(path: Path) -> dict[str, Any]:
    return dict(json.loads(unflatten(path.read_bytes())[0]))


def outcomes(told: dict[str, Any]) -> dict[str, str]:
    return {f"{row['check']} {row['subject']}": row["outcome"] for row in told["compared"]}


def test_a_repair_is_proved_by_two_signed_looks_side_by_side(on_site: OnSite) -> None:
    on_site.simulated.change("gate", "mask-removed")
    code, out, _ = on_site.check("--open", "2611-gate")
    assert code == 1
    assert "camwarden check --close 2611-gate" in out
    on_site.simulated.change("gate", None)
    code, out, _ = on_site.check("--close", "2611-gate", "--json")
    told = json.loads(out)
    found = outcomes(told)
    assert code == 1, "the corridor's mask is still switched off"
    assert found[GATE_MASKED] == "repaired"
    assert found["privacy-mask-present camera:corridor"] == "still-open"
    (row,) = [row for row in told["compared"] if (row["check"], row["subject"]) == tuple(GATE_MASKED.split())]
    assert (row["before"]["status"], row["after"]["status"]) == ("fail", "pass")
    assert (row["detected_at"], row["repaired_at"], row["verified_at"]) == (told["before_at"], told["at"], told["at"])
    opened, closed = payload(on_site.job("2611-gate.open.json")), payload(on_site.job("2611-gate.close.json"))
    assert (opened["run"], closed["run"], closed["compared"]) == ("open", "close", told["compared"])
    assert [f for f in opened["findings"] if f["status"] in ("pass", "not_applicable")] == []

    kid = told["job"]["kid"]
    for run in ("open", "close"):
        code, out, _ = on_site.run("verify", str(on_site.job(f"2611-gate.{run}.json")), "--kid", kid)
        assert (code, "1 of 1 files verified" in out) == (0, True), out


def test_people_see_before_and_now_side_by_side_in_both_languages(on_site: OnSite) -> None:
    on_site.simulated.change("gate", "mask-removed")
    on_site.check("--open", "工单-7", "--quiet")
    on_site.simulated.change("gate", None)
    _, out, _ = on_site.check("--close", "工单-7")
    assert "repaired" in out
    assert "still open" in out
    assert " 0 new, " in out
    _, out, _ = on_site.check("--close", "工单-7", "--lang", "zh_CN")
    assert "已修复" in out
    assert "仍未修复" in out
    assert "draw one" not in out, "the first look is told in the reader's language too"


def test_what_cannot_be_reached_any_more_is_never_called_repaired(on_site: OnSite) -> None:
    on_site.simulated.change("gate", "mask-removed")
    on_site.check("--open", "a", "--quiet")
    on_site.simulated.stop()
    code, out, _ = on_site.check("--close", "a", "--json")
    told = json.loads(out)
    assert code in (1, 3)
    assert outcomes(told)[GATE_MASKED] == "cannot-be-told"
    assert told["counts"]["repaired"] == 0
    assert [row for row in told["compared"] if row["repaired_at"] or row["verified_at"]] == []


def test_a_look_can_be_held_against_the_json_of_an_earlier_one(on_site: OnSite, tmp_path: Path) -> None:
    _, out, _ = on_site.check("--json")
    (tmp_path / "monday.json").write_text(out)
    on_site.simulated.change("gate", "mask-removed")
    code, out, _ = on_site.check("--against", str(tmp_path / "monday.json"), "--json")
    told = json.loads(out)
    assert code == 1
    assert outcomes(told)[GATE_MASKED] == "new"
    assert outcomes(told)["privacy-mask-present camera:corridor"] == "still-open"
    assert (told["same_configuration"], told["job"]) == (True, None)


def test_a_job_of_somebody_else_is_compared_with_a_remark_about_its_signature(on_site: OnSite, tmp_path: Path) -> None:
    on_site.check("--open", "a", "--quiet")
    signer = load_or_create_signer(tmp_path / "other.pem")
    data, _ = unflatten(on_site.job("a.open.json").read_bytes())
    other = tmp_path / "other.json"
    other.write_bytes(flatten(data, sign_payload(data, signer, CHECK_TYP)))
    _, out, _ = on_site.check("--against", str(other))
    assert f"camwarden verify FILE --kid {signer.kid}" in out


def test_another_configuration_at_the_second_look_is_said(on_site: OnSite) -> None:
    on_site.check("--open", "a", "--quiet")
    on_site.config.write_text(on_site.config.read_text() + "\n# less is due now\n")
    code, out, _ = on_site.check("--close", "a", "--json")
    assert (code, json.loads(out)["same_configuration"]) == (1, False)
    assert "site.toml is another one" in on_site.check("--close", "a")[1]


def test_a_first_look_that_was_changed_or_signed_by_another_is_refused(on_site: OnSite, tmp_path: Path) -> None:
    on_site.check("--open", "a", "--quiet")
    path = on_site.job("a.open.json")
    good = path.read_bytes()
    path.write_bytes(good.replace(b"not-hidden", b"hidden-not"))
    code, _, err = on_site.check("--close", "a")
    assert (code, "the signature does not fit" in err) == (1, True)
    data, _ = unflatten(good)
    path.write_bytes(flatten(data, sign_payload(data, load_or_create_signer(tmp_path / "other.pem"), CHECK_TYP)))
    code, _, err = on_site.check("--close", "a")
    assert (code, "not signed by the key of this host" in err) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--close", "nobody"), "no job 'nobody' is open here; open are: none"),
        (("--open", "../../etc/passwd"), "no name for a job"),
        (("--open", ".hidden"), "no name for a job"),
        (("--against", "/nowhere.json"), "there is no such file"),
        (("--against", "a.json", "--close", "b"), "not allowed with"),
        (("--close", "a", "--csv"), "use --json"),
    ],
)
def test_what_cannot_be_done_is_one_line(on_site: OnSite, words: tuple[str, ...], said: str) -> None:
    code, _, err = on_site.check(*words)
    assert (code, said in err) == (2, True), err


HEAD = '"schema": "camwarden-check/1", "at": "2026-11-25T00:00:00Z"'
ROW = (
    '{"check": "a", "subject": "site", "status": "%s", "severity": "major", "reason": "", "message": "x",'
    ' "source": {"document": "d", "article": "1"}, "evidence": {}, "caused_by": ""}'
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "neither the output"),
        (b"\xff\xfe", "neither the output"),
        (b"[" * 100_000, "neither the output"),
        (b'{"schema": "camwarden-check/1"}', "neither the output"),
        (f'{{{HEAD}, "site": {{"id": "dt0001"}}, "findings": [{ROW % "superb"}]}}'.encode(), "neither the output"),
        (f'{{{HEAD}, "site": {{"id": "other"}}, "findings": []}}'.encode(), "a look at site 'other'"),
        (b'{"schema": "camwarden-status/1", "site": "dt0001"}', "neither the output"),
    ],
)
def test_a_file_that_is_no_earlier_look_at_this_site_is_refused_before_anything_is_asked(
    on_site: OnSite, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "file.json").write_bytes(content)
    code, _, err = on_site.check("--against", str(tmp_path / "file.json"))
    assert (code, said in err) == (2, True), err


def test_a_single_address_needs_no_site_for_a_job_and_is_no_other_address(on_site: OnSite, tmp_path: Path) -> None:
    address = on_site.simulated.devices["recorder"]
    user, password = on_site.simulated.login("recorder")
    (tmp_path / "password").write_text(password)
    (tmp_path / "password").chmod(0o600)
    login = ("--user", user, "--password-file", str(tmp_path / "password"))
    here = ("--host", f"{address.host}:{address.port}", *login)
    on_site.config.unlink()
    on_site.simulated.change("gate", "dark")
    on_site.check("--open", "a", "--quiet", *here)
    code, out, _ = on_site.check("--close", "a", "--json", *here)
    told = json.loads(out)
    assert code in (1, 3)
    assert (told["counts"]["repaired"], told["counts"]["new"]) == (0, 0)
    assert told["counts"]["still-open"] + told["counts"]["cannot-be-told"] == len(told["compared"]) > 0
    code, _, err = on_site.check("--close", "a", "--host", f"{address.host}:{address.port + 1}", *login)
    assert (code, "a look at site" in err) == (2, True)


def test_a_job_is_not_opened_twice(on_site: OnSite) -> None:
    on_site.check("--open", "a", "--quiet")
    code, _, err = on_site.check("--open", "a")
    assert (code, "this job is open already" in err) == (2, True)


Keep = Callable[[Finding], None]


@pytest.fixture
def keep(on_site: OnSite) -> Keep:
    """Lets the service of the host know of one finding, as its cycle would."""
    on_site.state.mkdir(parents=True, exist_ok=True)
    signer = load_or_create_signer(on_site.state / "report-key.pem")
    site = load(on_site.config)

    def run(finding: Finding) -> None:
        now = moment(datetime.now(UTC))
        spool = Spool.open(on_site.state / SPOOL_NAME, 8 * 1024 * 1024, now=now.at, seal=lambda *_: pytest.fail())
        tell(site, CycleResult(gather(()), (finding,), EMPTY_MEMORY), spool, signer, now)
        spool.close()

    return run


def test_on_a_gateway_the_report_key_signs_and_the_service_hears_of_the_proof(on_site: OnSite, keep: Keep) -> None:
    check, subject = GATE_MASKED.split()
    keep(Finding(check, subject, "fail", "critical", Message("x"), Source("rule", "1"), "not-hidden"))
    on_site.simulated.change("gate", "mask-removed")
    _, out, _ = on_site.check("--open", "a", "--json")
    told = json.loads(out)
    assert told["job"]["kid"] == load_or_create_signer(on_site.state / "report-key.pem").kid
    (row,) = [f for f in told["findings"] if f"{f['check']} {f['subject']}" == GATE_MASKED]
    assert row["episode"]["repaired_at"] is None
    on_site.simulated.change("gate", None)
    on_site.check("--close", "a", "--quiet")
    (proof,) = read_notes(on_site.state, SITE_ID)
    assert isinstance(proof, Proof)
    assert (proof.key, proof.job) == (GATE_MASKED, "a")
    assert proof.detected_at.strftime("%Y-%m-%dT%H:%M:%SZ") == row["episode"]["detected_at"]
