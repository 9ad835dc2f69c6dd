"""`config show` and `config diff`: what counts, where it comes from, what differs; never a secret."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import tomli

from agent.cli import main
from agent.contract.envelope import DESIRED_TYP, flatten, sign_payload
from agent.contract.orders import Desired
from agent.contract.orders_json import write_desired
from agent.contract.signing_keys import Signer, jwk_set, load_or_create_signer
from agent.service.alerts.status_file import write
from agent.site.config.diff import changes, from_defaults, in_folder
from agent.site.config.load import load_declared
from agent.site.config.tables import site_tables
from tests.site.config.test_config import SITE

CANARY = "c4nary-Pa55"
DEVICES = """
[[device]]
id = "nvr"
host = "192.0.2.64"
credential = "cameras"
[[camera]]
id = "gate"
device = "nvr"
name = "Bank gate"
[[camera.private_zone]]
name = "window"
polygon = [[0.1, 0.1], [0.4, 0.1], [0.4, 0.5]]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    policy = "[policy]\nclock_fail_s = 20\n"
    path.write_text(f'{SITE}{policy}[storage]\ndirectory = "."\nruntime = "."\n{DEVICES}')
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(f'# logins\n[credential.cameras]\nuser = "canary-user"\npassword = "{CANARY}"\n')
    secrets.chmod(0o600)
    return path


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    code = main(["config", *map(str, arguments)])
    shown = capsys.readouterr()
    assert (code, shown.err) == (0, "")
    return shown.out


def test_each_value_says_where_it_comes_from(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, "show", "--origin", "--config", config)
    lines = shown.splitlines()
    assert lines[0] == f"# {config}: given with --config"
    assert "clock_fail_s = 20.0  # site.toml:6" in lines
    assert "clock_warn_s = 1.0  # default" in lines
    assert 'credential = "cameras"  # site.toml:14, its login in secrets.toml:2' in lines
    assert 'name = "(redacted)"  # site.toml:18' in lines
    assert tomli.loads(shown)["policy"]["clock_fail_s"] == 20


def test_origins_are_there_for_scripts(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(told(capsys, "show", "--origin", "--json", "--config", config))
    assert answer["origins"]["policy.clock_fail_s"] == "site.toml:6"
    assert answer["origins"]["device[0].port"] == "default"
    assert answer["origins"]["camera[0].private_zone[0].name"] == "site.toml:20"


def test_who_is_told_at_once_is_shown_without_a_mail_address(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mail = '[notify.mail]\nhost = "smtp.example.org"\nsender = "a@example.org"\nto = ["li.na@example.org"]\n'
    config.write_text(f'{config.read_text()}[[notify]]\nname = "li-na"\nkind = "mail"\nseverity = "major"\n{mail}')
    for arguments in (("show",), ("show", "--json"), ("show", "--origin")):
        shown = told(capsys, *arguments, "--redact", "--config", config)
        assert "major" in shown
        assert not any(word in shown for word in ("@", "li-na", "smtp.example"))
    assert "notify li-na, severity" in told(capsys, "diff", "--config", config)


def running(folder: Path, age: timedelta = timedelta(0)) -> None:
    at = datetime.now(UTC) - age
    orders = {"policy_version": 7, "policy": {"clock_fail_s": 5, "period_s": 300, "retention_floor_days": 90}}
    due = (at + timedelta(seconds=900)).isoformat()
    write(folder, {"at": at.isoformat(), "next_due_at": due, "orders": orders})


def test_what_the_hub_set_counts_and_says_so(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    running(config.parent)
    shown = told(capsys, "show", "--origin", "--config", config)
    assert "clock_fail_s = 5  # policy of the hub, version 7" in shown
    assert "period_s = 300  # policy of the hub, version 7" in shown


def test_what_a_stopped_service_said_does_not_count(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    running(config.parent, timedelta(days=1))
    assert "clock_fail_s = 20.0" in told(capsys, "show", "--config", config)


def test_what_the_hub_set_counts_while_the_service_is_stopped_too(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub, stranger = (load_or_create_signer(config.parent / name) for name in ("hub.pem", "other.pem"))
    (config.parent / "jwks.json").write_text(json.dumps(jwk_set({hub.kid: hub.public})))
    config.write_text(config.read_text() + '[hub]\nhost = "hub.example.org"\njwks = "jwks.json"\n')
    desired = Desired("datong017", 7, datetime.now(UTC), {"clock_fail_s": 5})

    def stored(signer: Signer, document: Desired) -> str:
        payload = write_desired(document)
        (config.parent / "desired.json").write_bytes(flatten(payload, sign_payload(payload, signer, DESIRED_TYP)))
        return told(capsys, "show", "--origin", "--config", config)

    assert "clock_fail_s = 5  # policy of the hub, version 7" in stored(hub, desired)
    running(config.parent, timedelta(days=1))  # what it said then does not count, what it stored does
    assert "clock_fail_s = 5  # policy of the hub, version 7" in stored(hub, desired)
    assert "clock_fail_s = 20.0  # site.toml:6" in stored(stranger, desired)
    loose = replace(desired, policy={"clock_fail_s": 900})
    assert "clock_fail_s = 20.0  # site.toml:6" in stored(hub, loose)


def test_no_form_shows_a_secret(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = config.with_name("other.toml")
    other.write_text(config.read_text().replace('"gate"', '"yard"'))
    for arguments in (
        ["show"], ["show", "--no-redact"], ["show", "--origin"], ["show", "--origin", "--json", "--no-redact"],
        ["diff"], ["diff", other], ["diff", other, "--json"], ["schema"], ["validate", "--json"],
    ):  # fmt: skip
        shown = told(capsys, *arguments, "--config", config)
        assert CANARY not in shown
        assert "canary-user" not in shown


def test_show_needs_no_secrets_file(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.with_name("secrets.toml").unlink()
    assert 'credential = "cameras"' in told(capsys, "show", "--config", config)


def test_a_password_in_the_site_file_is_refused_without_being_shown(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(config.read_text().replace('credential = "cameras"', f'password = "{CANARY}"'))
    for action in ("show", "diff", "validate"):
        assert main(["config", action, "--config", str(config)]) == 78
        shown = capsys.readouterr()
        assert "does not belong in site.toml" in shown.err
        assert CANARY not in shown.out + shown.err


def test_what_differs_from_the_defaults(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "diff", "--config", config).splitlines()
    assert "policy, clock_fail_s: 30.0 -> 20.0" in lines
    assert "camera gate, private_zone window: added" in lines
    assert 'device nvr, credential: added "cameras"' in lines
    assert [line for line in lines if "clock_warn_s" in line or "time_zone" in line] == []


def test_two_files_are_compared_by_meaning(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another order, layout and folder are no difference; a camera more, one less and a threshold are."""
    folder = tmp_path / "other"
    folder.mkdir()
    text = config.read_text()
    yard = '[[camera]]\nid = "yard"\ndevice = "nvr"\nchannel = 2\n'
    same = folder / "same.toml"
    head, _, devices = text.partition("[policy]")
    same.write_text(f"# moved\n{head}\n\n{devices[devices.index('[storage]') :]}\n[policy]\nclock_fail_s  =  20.0\n")
    assert told(capsys, "diff", same, "--config", config) == "nothing differs\n"
    other = folder / "other.toml"
    other.write_text(text.replace("clock_fail_s = 20", "clock_fail_s = 25").replace('"gate"', '"door"') + yard)
    shown = told(capsys, "diff", other, "--config", config)
    assert shown.splitlines() == [
        "policy, clock_fail_s: 20.0 -> 25.0",
        "camera gate: removed",
        "camera door: added",
        "camera yard: added",
    ]
    rows = json.loads(told(capsys, "diff", other, "--json", "--config", config))["changes"]
    assert [row["kind"] for row in rows] == ["changed", "removed", "added", "added"]
    assert "移除" in told(capsys, "diff", other, "--lang", "zh_CN", "--config", config)


def test_a_camera_that_moved_in_the_file_is_the_same_camera(tmp_path: Path) -> None:
    cameras = [f'[[camera]]\nid = "c{n}"\ndevice = "nvr"\nchannel = {n}\n' for n in (1, 2, 3)]
    device = '[[device]]\nid = "nvr"\nhost = "h"\n'
    tables = []
    for order in ((0, 1, 2), (2, 0, 1)):
        (tmp_path / "site.toml").write_text(SITE + device + "".join(cameras[n] for n in order))
        tables.append(in_folder(site_tables(load_declared(tmp_path / "site.toml")), tmp_path))
    assert changes(*tables) == ()
    assert [c.where for c in from_defaults(tables[0]) if "camera c2" in c.where] == [
        "camera c2, device",
        "camera c2, channel",
    ]
