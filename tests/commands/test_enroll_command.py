"""`camwarden enroll` at a gateway, against a real desk, a real mosquitto that asks for certificates, and a real hub."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from enrolling import City, city_in, clock, contents, enroll, printed, site_file
from patience import PATIENCE_S, waits

from agent.cli import main
from agent.commands import enroll as command
from agent.contract.enrollment_token import Token, write_token
from agent.deliver.keys.own_certificate import read_own
from agent.host.lock import lock
from agent.hub.enroll import desk
from agent.hub.stores import trust
from agent.observe.facts.delivery import OwnCertificate
from agent.site.config.load import load_declared
from agent.site.toml.edit import marked, unmarked


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with city_in(tmp_path) as running:
        yield running


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return site_file(tmp_path / "etc", "S1")


def test_one_command_enrolls_a_fresh_gateway_and_its_first_report_is_confirmed(
    city: City, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert enroll(config, city.token(), "--json") == 0
    told = printed(capsys)
    assert (told["site"], told["report"], told["done"]) == ("S1", "confirmed", True)
    assert trust.load(city.desk.place.data).decide("S1", str(told["kid"])) == "trusted"
    (event,) = [e for e in city.hub.tell.of("verified") if e["stream"] == "event"]
    assert event["site"] == "S1"
    hub = load_declared(config).hub
    assert hub is not None
    assert (hub.host, hub.port, hub.tls, hub.confirm) == ("127.0.0.1", city.broker.port, True, "hub")
    own = read_own(hub)
    assert isinstance(own, OwnCertificate) and own.common_name == "S1" and own.key_fits


def test_files_have_the_modes_that_they_need_and_private_keys_never_leave(
    city: City, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert enroll(config, city.token()) == 0
    modes = {name: (config.parent / name).stat().st_mode & 0o777 for name in contents(config.parent)}
    assert modes["state/site-key.pem"] == modes["state/report-key.pem"] == modes["state/enrollment.json"] == 0o600
    assert modes["state/site.pem"] == modes["hub-ca.pem"] == modes["hub-jwks.json"] == modes["site.toml"] == 0o644
    at_hub = b"".join(contents(city.desk.place.data).values())
    for name in ("site-key.pem", "report-key.pem"):
        assert (config.parent / "state" / name).read_bytes().splitlines()[1] not in at_hub
    assert "PRIVATE" not in capsys.readouterr().out


def test_an_enrolled_gateway_can_only_speak_for_itself(city: City, config: Path) -> None:
    assert enroll(config, city.token(), "--quiet") == 0
    state = config.parent / "state"
    tls = (
        "--cafile",
        str(config.parent / "hub-ca.pem"),
        "--cert",
        str(state / "site.pem"),
        "--key",
        str(state / "site-key.pem"),
    )

    def publish(topic: str) -> bool:
        command = ["mosquitto_pub", "-V", "5", "-q", "1", "-h", "127.0.0.1", "-p", str(city.broker.port), *tls]
        done = subprocess.run([*command, "-t", topic, "-m", "x", "-d"], capture_output=True, text=True, check=False)
        return "RC:135" not in done.stdout and "Not authorized" not in done.stdout + done.stderr

    assert publish("vss/v1/datong/S1/event")
    assert not publish("vss/v1/datong/S2/event")
    assert not publish("vss/v1/datong/S1/ack")


def connects(city: City, config: Path) -> str:
    """Return what mosquitto's own client says when it comes with the site's certificate."""
    state = config.parent / "state"
    tls = ("--cafile", config.parent / "hub-ca.pem", "--cert", state / "site.pem", "--key", state / "site-key.pem")
    words = [
        "mosquitto_pub",
        "-q",
        "1",
        "-h",
        "127.0.0.1",
        "-p",
        city.broker.port,
        *tls,
        "-t",
        "vss/v1/datong/S1/event",
    ]
    done = subprocess.run(
        [*map(str, words), "-m", "x"], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    return done.stderr if done.returncode else "connected"


@pytest.mark.parametrize("how", ["reload", "restart"])
def test_a_revoked_gateway_is_refused_by_the_broker_and_not_believed_by_the_hub(
    city: City, config: Path, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert enroll(config, city.token(), "--quiet") == 0
    assert connects(city, config) == "connected"
    desk.revoke(city.desk.place, city.desk.store, "S1", clock())
    kid = next(iter(trust.load(city.desk.place.data).bindings))
    assert trust.load(city.desk.place.data).decide("S1", kid) == "revoked-key"
    if how == "reload":
        city.broker.reload()
    else:
        city.broker.stop()
        city.broker.start()
    waits(lambda: connects(city, config) != "connected")
    assert main(["doctor", "--config", str(config), "--lang", "en"]) in (1, 3)
    assert "the broker says that our certificate is revoked" in capsys.readouterr().out


def test_a_repeated_enrollment_gives_the_same_certificate_and_changes_no_file(city: City, config: Path) -> None:
    token = city.token()
    assert enroll(config, token, "--quiet") == 0
    keep = ("site.toml", "hub-ca.pem", "hub-jwks.json", "state/site.pem", "state/site-key.pem", "state/report-key.pem")
    before = contents(config.parent)
    assert enroll(config, token, "--quiet") == 0
    after = contents(config.parent)
    assert {name: before[name] for name in keep} == {name: after[name] for name in keep}


def test_the_token_comes_by_pipe_file_or_question_as_well(
    city: City, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    token = city.token()
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{token}\n"))
    assert enroll(config, "-", "--quiet") == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{token}\n"))
    assert enroll(config, "--quiet") == 0
    assert "Enrollment token" in capsys.readouterr().out
    (tmp_path / "token").write_text(token)
    assert enroll(config, "--token-file", tmp_path / "token", "--quiet") == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert enroll(config) == 2
    assert "no token was given" in capsys.readouterr().err


def test_what_a_person_wrote_in_site_toml_stays_and_the_ledger_s_mark_is_kept(city: City, tmp_path: Path) -> None:
    config = site_file(tmp_path / "etc", "S1")
    config.write_text(marked(config.read_text() + "# a word of mine\n"))
    assert enroll(config, city.token(), "--quiet") == 0
    text, ours = unmarked(config.read_text())
    assert ours and "# a word of mine\n" in text and "[hub]\n" in text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as the service's user")
def test_as_root_the_service_s_files_are_the_service_s_and_site_toml_keeps_owner_and_mode(
    city: City, everyones_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "CONFIRM_WITHIN_S", 0.5)  # the hub of this process becomes the service's user with it
    config = site_file(everyones_folder / "etc", "S1")
    state = config.parent / "state"
    state.mkdir(mode=0o700)
    os.chown(state, 65534, 65534)
    os.chown(config, 0, 65534)
    config.chmod(0o640)
    config.parent.chmod(0o755)
    assert enroll(config, city.token(), "--quiet") in (0, 69)
    owned = {path.name for path in state.iterdir() if path.stat().st_uid == 65534}
    assert owned == {path.name for path in state.iterdir()}
    assert {"site-key.pem", "report-key.pem", "site.pem", "enrollment.json", "spool.db"} <= owned
    status = config.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (0, 65534, 0o640)
    assert (config.parent / "hub-jwks.json").stat().st_uid == 0


def test_tables_behind_the_ledger_s_mark_stay_and_count(city: City, tmp_path: Path) -> None:
    config = site_file(tmp_path / "etc", "S1")
    head, _, storage = config.read_text().partition("[storage]")
    config.write_text(marked(head) + "[storage]" + storage)
    assert enroll(config, city.token(), "--quiet") == 0
    assert load_declared(config).storage.directory == config.parent / "state"


def test_a_hub_without_keys_becomes_one_whose_confirmation_counts_under_the_name_that_the_site_uses(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `camwarden init` leaves it."""
    monkeypatch.setattr(command, "CONFIRM_WITHIN_S", 0.5)
    hub = (
        f'\n[hub]\nhost = "localhost" # ours\nport = {city.broker.port}\n# jwks = "hub-jwks.json"\nconfirm = "broker"\n'
    )
    config = site_file(tmp_path / "etc", "S1", hub)
    assert enroll(config, city.token(), "--quiet") == 69  # the broker's certificate is for 127.0.0.1
    text = config.read_text()
    assert 'host = "localhost" # ours' in text and 'confirm = "hub"' in text and "hub-jwks.json" in text


def test_a_dry_run_makes_and_sends_nothing(city: City, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token = city.token()
    assert enroll(config, token, "--dry-run", "--json") == 0
    told = printed(capsys)
    assert told["done"] is False and told["desk"] == f"127.0.0.1:{city.desk.place.settings.port}"
    assert sorted(contents(config.parent)) == ["site.toml"]
    assert city.desk.store.certificates() == []


def test_the_token_is_gone_from_the_process_list_while_the_command_waits(tmp_path: Path, config: Path) -> None:
    """The desk takes the connection and says nothing, so that the command can be looked at."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        token = Token(
            "127.0.0.1", int(silent.getsockname()[1]), "S1", clock() + timedelta(hours=1), b"p" * 32, b"s" * 32
        )
        words = [sys.executable, "-m", "agent", "enroll", write_token(token), "--config", str(config)]
        with subprocess.Popen(words, stderr=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": "."}) as child:
            accepted, _ = silent.accept()
            seen = Path(f"/proc/{child.pid}/cmdline").read_bytes().split(b"\0")
            child.kill()
            accepted.close()
    assert write_token(token).encode() not in seen
    assert seen[3] == b"enroll" and set(seen[4]) == {ord("-")} and str(config).encode() in seen


def test_where_the_token_cannot_be_taken_out_of_the_process_list_it_is_said(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As where /proc is not mounted."""
    token = write_token(Token("127.0.0.1", 1, "S2", clock(), b"p" * 32, b"s" * 32))
    for hidden in (True, False):
        monkeypatch.setattr(command, "hide_argument", lambda secret, hidden=hidden: hidden)
        assert enroll(config, token) == 2
        error = capsys.readouterr().err
        assert ("out of its process list" in error) is not hidden and token not in error


def test_keys_that_are_there_already_are_used_with_a_new_token(city: City, config: Path) -> None:
    assert enroll(config, city.token(), "--quiet") == 0
    state = config.parent / "state"
    before = {name: (state / name).read_bytes() for name in ("site-key.pem", "report-key.pem")}
    assert enroll(config, city.token(), "--quiet") == 0
    assert {name: (state / name).read_bytes() for name in before} == before


def test_beside_a_running_service_everything_is_placed_and_the_report_left_to_it(
    city: City, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (config.parent / "state").mkdir()
    held = lock(config.parent / "state" / "spool.db")
    assert enroll(config, city.token()) == 0
    os.close(held)
    assert "systemctl reload camwarden" in capsys.readouterr().out
    assert load_declared(config).hub is not None


def test_help_and_version_load_no_pictures_no_soap_and_no_spreadsheets(config: Path) -> None:
    for words in (["enroll", "--help"], ["enroll", "--version"], ["enroll", "x"]):
        program = f"import sys\nfrom agent.cli import main\nmain({words!r})\nprint('loaded', *sys.modules)"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        loaded = set(done.stdout.splitlines()[-1].split())
        assert "agent.cli" in loaded and loaded & {"cv2", "numpy", "zeep", "openpyxl"} == set()
