"""A gateway renews by itself the certificate that it was enrolled with; whatever fails leaves the old one."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from enrolling import DAY, NOW, EnrollDesk
from hubside import Recorder
from renewing import DUE, WITHIN_S, Enrolled, enrolled_in

from agent.deliver.keys.tls_certificate import certificate_request
from agent.hub.enroll import desk, server
from agent.hub.enroll.authority import asked_key, new_authority, site_certificate
from agent.model.errors import AgentError
from agent.service.enroll import place
from agent.service.enroll.place import NOTE_NAME, put_certificate
from agent.service.enroll.renewal import TRY_AGAIN_AFTER, Renewals, is_due, renew
from agent.service.enroll.renewed_pair import own_at
from agent.site.config.site import Hub


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Enrolled]:
    with enrolled_in(tmp_path) as enrolled:
        yield enrolled


@pytest.mark.parametrize("left", [timedelta(days=-40), timedelta(0), timedelta(days=121)])
def test_it_is_due_when_a_third_of_its_life_is_left_and_after_its_end(gateway: Enrolled, left: timedelta) -> None:
    own = own_at(gateway.place)
    assert own is not None and own.not_after - own.not_before > timedelta(days=364)
    assert is_due(own, own.not_after - left)
    assert not is_due(own, own.not_after - timedelta(days=122, hours=1))
    assert not is_due(own, datetime(1970, 1, 1, tzinfo=NOW.tzinfo))


@pytest.mark.parametrize("at", [DUE, NOW + 364 * DAY, NOW + 400 * DAY], ids=["a third is left", "last day", "ended"])
def test_it_is_renewed_without_a_person_and_once(gateway: Enrolled, at: datetime) -> None:
    first = gateway.certificate()
    with gateway.desk_runs():
        gateway.cycle(NOW + 200 * DAY)
        assert gateway.told.events == [] and gateway.certificate() == first
        gateway.cycle(at)
        second = gateway.certificate()
        assert second.not_valid_after_utc > at + 364 * DAY
        assert second.public_key() != first.public_key() and second.subject == first.subject
        own = own_at(gateway.place)
        assert own is not None and own.key_fits and gateway.place.key.stat().st_mode & 0o777 == 0o600
        assert not gateway.left_over()
        assert (gateway.place.certificate.stat().st_mode & 0o777, gateway.renewed) == (0o644, 1)
        gateway.cycle(at + 2 * TRY_AGAIN_AFTER)
    assert len(gateway.told.of("enrolled")) == 1
    assert gateway.renewals.trouble is None


def test_a_desk_that_is_down_is_asked_again_each_hour_until_it_is_there(gateway: Enrolled) -> None:
    before = gateway.place.certificate.read_bytes()
    gateway.cycle(DUE)
    assert "cannot be reached" in gateway.why()
    gateway.cycle(DUE + TRY_AGAIN_AFTER)
    trouble = gateway.renewals.trouble
    assert trouble is not None and (trouble.since, trouble.refused) == (DUE, False)
    assert gateway.place.certificate.read_bytes() == before
    with gateway.desk_runs():
        gateway.cycle(DUE + 2 * TRY_AGAIN_AFTER - timedelta(minutes=1))
        assert gateway.told.events == []
        gateway.cycle(DUE + 2 * TRY_AGAIN_AFTER)
    assert gateway.renewals.trouble is None
    assert gateway.certificate().not_valid_after_utc > DUE + 364 * DAY


def test_a_gateway_that_was_revoked_is_told_so_and_keeps_what_it_has(gateway: Enrolled) -> None:
    before = gateway.place.certificate.read_bytes()
    desk.revoke(gateway.desk.place, gateway.desk.store, "S1", NOW + DAY)
    with gateway.desk_runs():
        gateway.cycle(DUE)
    assert "taken back" in gateway.why() and "ask the hub's team" in gateway.why()
    assert gateway.renewals.trouble is not None and gateway.renewals.trouble.refused
    assert gateway.place.certificate.read_bytes() == before and gateway.renewed == 0


@pytest.mark.parametrize("ahead", [timedelta(days=-300), timedelta(days=300), timedelta(minutes=6)], ids=str)
def test_a_clock_that_is_wrong_changes_nothing(gateway: Enrolled, ahead: timedelta) -> None:
    """Ours runs ahead, or the desk's does: either way what would be written could be worth nothing."""
    before = gateway.place.certificate.read_bytes()
    gateway.desk_ahead = ahead
    with gateway.desk_runs():
        gateway.cycle(DUE)
    assert "the clock here says" in gateway.why()
    assert gateway.place.certificate.read_bytes() == before


def test_who_stands_in_the_desk_s_place_gets_nothing_and_is_told_at_once(gateway: Enrolled, tmp_path: Path) -> None:
    other = EnrollDesk(tmp_path / "other", now=NOW)
    told = Recorder()
    serving = server.serving(other.place, other.store, ("127.0.0.1", gateway.port), told, lambda: gateway.now)
    with closing(other.store), serving:
        gateway.cycle(DUE)
    assert "shows another certificate" in gateway.why() and told.events == []
    assert gateway.renewals.trouble is not None and gateway.renewals.trouble.refused


def test_a_certificate_of_another_authority_is_not_replaced(gateway: Enrolled) -> None:
    """Somebody had the city's authority certify the same key: the broker now believes that one."""
    csr = certificate_request(gateway.place.key, "S1")
    before = site_certificate(new_authority("the city's", NOW), "S1", asked_key(csr.decode(), "S1"), NOW)
    put_certificate(gateway.place, before)
    with gateway.desk_runs():
        gateway.cycle(DUE)
    assert "of another authority" in gateway.why()
    assert gateway.place.certificate.read_bytes() == before


def test_a_certificate_that_ends_no_later_is_not_taken(gateway: Enrolled) -> None:
    """A desk that gives what it gave before, as after its data was lost: asked again each hour, nothing is written."""
    before = gateway.place.certificate.stat().st_ino
    with gateway.desk_runs(), pytest.raises(AgentError, match="no later than the one that is there"):
        renew(gateway.at_desk, gateway.place, gateway.signer, NOW)
    assert gateway.place.certificate.stat().st_ino == before


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO], ids=lambda number: errno.errorcode[number])
def test_a_disk_that_refuses_leaves_the_old_certificate_whole(
    gateway: Enrolled, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = gateway.place.certificate.read_bytes()

    def refuses(*_: object) -> None:
        raise OSError(number, "the disk refuses", str(gateway.place.certificate))

    with gateway.desk_runs():
        with monkeypatch.context() as failing:
            failing.setattr(place, "write_atomic", refuses)
            gateway.cycle(DUE)
        assert "site.pem: cannot be written" in gateway.why()
        assert gateway.place.certificate.read_bytes() == before
        gateway.cycle(DUE + TRY_AGAIN_AFTER)
    assert gateway.certificate().not_valid_after_utc > DUE + 364 * DAY
    assert len(gateway.desk.store.certificates("S1")) == 2, "the second try got the certificate of the first"


def test_what_was_never_enrolled_or_has_no_certificate_is_left_to_its_team(gateway: Enrolled) -> None:
    note = gateway.folder / NOTE_NAME
    text = note.read_bytes()
    with gateway.desk_runs():
        note.unlink()
        gateway.cycle(DUE)
        note.write_bytes(text)
        gateway.place.certificate.unlink()
        gateway.cycle(DUE)
        without = replace(gateway.site, hub=Hub("127.0.0.1", tls=False))
        password = Renewals(without, gateway.signer, lambda: DUE)
        password.begin()
    assert gateway.told.events == [] and gateway.renewals.trouble is None and password.trouble is None


def test_a_note_that_is_damaged_is_told_with_the_next_step(gateway: Enrolled) -> None:
    (gateway.folder / NOTE_NAME).write_bytes(b"\xff{")
    gateway.cycle(DUE)
    assert "ask the hub's team for a token" in gateway.why()


def test_a_desk_that_hangs_holds_nobody_up_and_is_asked_by_one_thread(gateway: Enrolled) -> None:
    with socket.create_server(("127.0.0.1", gateway.port)) as silent:
        gateway.now = DUE
        gateway.renewals.begin()
        silent.settimeout(WITHIN_S)
        with silent.accept()[0]:
            gateway.now = DUE + 2 * TRY_AGAIN_AFTER
            gateway.renewals.begin()  # returns, and begins no second one
            silent.settimeout(0.2)
            with pytest.raises(TimeoutError):
                silent.accept()
            assert gateway.renewals.trouble is None
        gateway.renewals.wait(WITHIN_S)
    assert "did not answer" in gateway.why()
