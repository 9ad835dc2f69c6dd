"""`camwarden enroll` where something is wrong: one line, the next step, nothing changed; and how it is repeated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from enrolling import City, EnrollDesk, city_in, clock, contents, enroll, printed, site_file
from mosquitto import free_port
from patience import PATIENCE_S, waits

from agent.cli import main
from agent.commands import enroll as command
from agent.contract.enrollment_token import Token, read_token, write_token
from agent.hub.enroll import desk as enrollment
from agent.hub.enroll.place import CRL_NAME
from agent.hub.enroll.server import serving
from agent.service.enroll import renewal
from agent.service.enroll.place import NOTE_NAME, DeskAddress, read_desk, store_desk
from agent.site.config.load import load_declared, load_tls_place
from tests.service.enroll.test_enroll_revoked import connected


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with city_in(tmp_path) as running:
        yield running


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return site_file(tmp_path / "etc", "S1")


@pytest.mark.parametrize("at", ["plan_installation", "install", "store_desk", "send_first"])
def test_an_enrollment_that_was_killed_at_any_step_is_repeated_with_the_same_token(
    city: City, config: Path, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = city.token()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(command, at, killed)
        assert enroll(config, token, "--quiet") == 130
    load_declared(config)
    assert enroll(config, token, "--quiet") == 0
    assert len(city.desk.store.certificates()) == 1


def test_another_gateway_with_the_same_token_is_told_what_that_means(
    city: City, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = city.token()
    assert enroll(config, token, "--quiet") == 0
    other = site_file(tmp_path / "other", "S1")
    before = other.read_bytes()
    assert enroll(other, token) == 4
    assert "used before, with other keys" in capsys.readouterr().err
    assert other.read_bytes() == before and not (other.parent / "hub-ca.pem").exists()


def test_one_command_takes_back_all_that_a_thief_of_tokens_got_and_the_site_is_let_in_again(
    city: City, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """He was faster with one token, and holds another that nobody has used; the desk and the hub go on meanwhile."""
    used = city.token()
    assert enroll(config, used, "--quiet") == 0
    unused, desk = city.token(), city.desk
    with connected(load_declared(config)) as (report, publisher):
        report()
        assert publisher.drained(PATIENCE_S)
        assert main(["hub", "enroll", "revoke", "S1", "--data", str(desk.place.data), "--quiet"]) == 0
        report()
        city.hub.tell.wait(lambda events: any(e.get("reason") == "revoked-key" for e in events))
        assert not publisher.drained(0), "what he signs is believed no more"
    serials = {int(one.serial, 16) for one in desk.store.certificates("S1")}
    listed = x509.load_pem_x509_crl(desk.place.path(CRL_NAME).read_bytes())
    assert {one.serial_number for one in listed} == serials != set(), "the broker's list names his certificate"
    assert {bool(one.revoked_at) for one in desk.store.certificates("S1")} == {True}
    for place, token in ((config, used), (site_file(tmp_path / "second", "S1"), unused)):
        capsys.readouterr()
        assert enroll(place, token) == 4
        assert "taken back" in capsys.readouterr().err
    assert enroll(site_file(tmp_path / "rightful", "S1"), city.token(), "--quiet") == 0


def test_a_token_lives_for_a_day_unless_somebody_says_otherwise(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    made = clock()
    assert main(["hub", "enroll", "token", "--site", "S1", "--data", str(city.desk.place.data), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["tokens"]
    assert timedelta(hours=23) < read_token(row["token"]).expires_at - made < timedelta(hours=24, minutes=5)


def test_another_hub_takes_the_place_of_the_one_that_a_site_relies_on_only_when_told(
    city: City, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = EnrollDesk(tmp_path / "other", free_port(), 1)
    with serving(other.place, other.store, ("127.0.0.1", other.place.settings.port), lambda event: None, clock):
        assert enroll(config, city.token(), "--quiet") == 0
        before = contents(config.parent)
        token = write_token(other.token("S1", clock()))
        assert enroll(config, token) == 2
        assert "relies on another hub" in capsys.readouterr().err
        after = contents(config.parent)
        assert {name: data for name, data in before.items() if "state" not in name} == {
            name: data for name, data in after.items() if "state" not in name
        }
        assert after["state/site.pem"] == before["state/site.pem"]
    assert enroll(config, city.token(), "--replace", "--quiet") == 0
    other.store.close()


def wrong_tokens(city: City) -> dict[str, tuple[str, int, str]]:
    good = city.desk.token("S1", clock())
    moved = Token(good.host, free_port(), good.site, good.expires_at, good.pin, good.secret)
    forged = Token(good.host, good.port, good.site, good.expires_at, b"x" * 32, good.secret)
    unknown = Token(good.host, good.port, good.site, good.expires_at, good.pin, b"x" * 32)
    other = Token(good.host, good.port, "S2", good.expires_at, good.pin, good.secret)
    return {
        "unreachable": (write_token(moved), 69, "cannot be reached"),
        "man in the middle": (write_token(forged), 69, "shows another certificate"),
        "unknown": (write_token(unknown), 4, "does not know this token"),
        "another site": (write_token(other), 2, "the token is for site S2"),
        "cut": (write_token(good)[:-3], 2, "not whole"),
        "something else": ("password1", 2, "not an enrollment token"),
    }


@pytest.mark.parametrize(
    "name", ["unreachable", "man in the middle", "unknown", "another site", "cut", "something else"]
)
def test_a_token_that_is_no_good_is_one_line_with_the_next_step_and_changes_no_file(
    city: City, config: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    token, code, said = wrong_tokens(city)[name]
    before = config.read_bytes()
    assert enroll(config, token) == code
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and token not in error
    assert config.read_bytes() == before and sorted(path.name for path in config.parent.iterdir())[-1] != "hub-ca.pem"


def test_expired_and_revoked_are_told_apart(city: City, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = city.desk.token("S1", clock() - timedelta(days=2))
    assert enroll(config, write_token(old)) == 4
    assert "the time of this token is over" in capsys.readouterr().err
    revoked = city.token()
    city.token()
    assert enroll(config, revoked) == 4
    assert "taken back" in capsys.readouterr().err


@pytest.mark.parametrize("off", [timedelta(days=-20_000), timedelta(minutes=-6), timedelta(days=4000)])
def test_a_wrong_clock_is_told_with_both_times_and_the_token_is_good_after_it_is_set(
    city: City, config: Path, off: timedelta, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    token = city.token()

    class Off(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return clock() + off

    with monkeypatch.context() as patched:
        patched.setattr(command, "datetime", Off)
        assert enroll(config, token) == 2
    assert "the clock here says" in capsys.readouterr().err
    assert "[hub]" not in config.read_text()
    assert enroll(config, token, "--quiet") == 0


def test_without_a_site_file_the_next_step_is_told(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert enroll(tmp_path / "site.toml", city.token()) == 78
    assert "camwarden init" in capsys.readouterr().err


def test_a_broker_that_is_away_leaves_the_report_in_the_spool_and_says_so(
    city: City, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "CONFIRM_WITHIN_S", 0.5)
    city.broker.stop()
    assert enroll(config, city.token()) == 69
    assert "not confirmed the first report yet" in capsys.readouterr().out
    city.broker.start()
    assert main(["queue", "flush", "--within", "60", "--config", str(config), "--quiet"]) == 0


def test_a_certificate_is_renewed_when_a_third_of_its_life_is_left_and_not_before(
    city: City, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert enroll(config, city.token(), "--quiet") == 0
    path = config.parent / "state" / "site.pem"
    first = x509.load_pem_x509_certificate(path.read_bytes())
    assert enroll(config, "--renew") == 0
    assert "nothing to renew yet" in capsys.readouterr().out
    monkeypatch.setattr(renewal, "RENEW_AT_RATIO", 2)
    monkeypatch.setattr(enrollment, "RENEWED_LATELY", timedelta())
    assert enroll(config, "--renew", "--json") == 0
    assert printed(capsys)["done"] is True
    second = x509.load_pem_x509_certificate(path.read_bytes())
    assert second.serial_number != first.serial_number and second.public_key() != first.public_key()
    waits(lambda: enroll(config, city.token(), "--quiet") == 0)


def test_a_run_renews_before_it_looks_and_tells_what_keeps_it_from_that(
    city: City, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert enroll(config, city.token(), "--quiet") == 0
    path, state = config.parent / "state" / "site.pem", config.parent / "state" / "status.json"
    first = x509.load_pem_x509_certificate(path.read_bytes())
    monkeypatch.setattr(renewal, "RENEW_AT_RATIO", 2)
    monkeypatch.setattr(enrollment, "RENEWED_LATELY", timedelta(days=-1))
    main(["run", "--once", "--config", str(config)])
    second = x509.load_pem_x509_certificate(path.read_bytes())
    assert second.serial_number != first.serial_number
    enrollment.revoke(city.desk.place, city.desk.store, "S1", clock())
    main(["run", "--once", "--config", str(config)])
    assert path.read_bytes() == second.public_bytes(Encoding.PEM)
    assert "taken back" in state.read_text() and "hub-certificate" in state.read_text()


def test_renewal_of_a_gateway_that_was_never_enrolled_or_was_revoked_is_refused(
    city: City, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(renewal, "RENEW_AT_RATIO", 2)
    assert enroll(config, "--renew") == 2
    assert "never enrolled" in capsys.readouterr().err
    assert enroll(config, city.token(), "--quiet") == 0
    enrollment.revoke(city.desk.place, city.desk.store, "S1", clock())
    assert enroll(config, "--renew") == 4
    assert "taken back" in capsys.readouterr().err
    assert enroll(config, city.token(), "--renew") == 2


def test_a_token_that_is_no_text_is_one_line(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a shell hands over bytes that are not UTF-8."""
    assert enroll(config, "camwarden1.\udcff\udcfe") == 2
    assert "not whole" in capsys.readouterr().err
    assert enroll(config, "") == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_what_the_message_says_of_a_token_is_not_taken_for_one(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert enroll(config, "password1") == 2
    assert "not an enrollment token, which begins with camwarden1.;" in capsys.readouterr().err


def test_a_site_that_spoke_without_tls_speaks_with_it_once_it_is_enrolled(city: City, tmp_path: Path) -> None:
    hub = f'\n[hub]\nhost = "127.0.0.1"\nport = {city.broker.port}\ntls = false\nconfirm = "broker"\n'
    config = site_file(tmp_path / "etc", "S1", hub)
    assert enroll(config, city.token(), "--quiet") == 0
    made = load_declared(config).hub
    assert made is not None and made.tls and made.ca is not None


@pytest.mark.parametrize(
    "members",
    [{"host": "a" * 70}, {"host": 7}, {"port": 70_000}, {"port": "x"}, {"pin": "00"}, {"schema": "x"}],
    ids=str,
)
def test_a_note_of_the_desk_that_was_spoiled_is_one_line(
    config: Path, members: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    place = load_tls_place(config)
    place.directory.mkdir()
    store_desk(place, DeskAddress("127.0.0.1", 1, b"p" * 32), clock())
    assert read_desk(place).host == "127.0.0.1"
    note = place.directory / NOTE_NAME
    note.write_text(json.dumps({**json.loads(note.read_bytes()), **members}))
    assert enroll(config, "--renew") == 2
    assert "never enrolled" in capsys.readouterr().err
